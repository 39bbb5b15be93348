//! One mirror of a step: its attempts, and what they come to.

use std::sync::Arc;
use std::time::Duration;

use super::attempt::Attempt;
use super::mirror_run::MirrorRun;
use super::server_pauses;
use crate::clock;
use crate::clock::Stopwatch;
use crate::error::Error;
use crate::mirror::events::Event;
use crate::mirror::ref_retry;
use crate::mirror::report::Report;
use crate::mirror::retry;
use crate::mirror::retry::{Brought, Decision, FailedAttempt, Retry};
use crate::report::announce;
use crate::report::outcome::{DefaultBranchEnd, MirrorOutcome};

impl MirrorRun<'_> {
    /// Mirrors, and begins again from the listing where what went wrong can pass.
    pub(crate) fn run(&self) -> MirrorOutcome {
        let (watch, mut attempts) = (Stopwatch::start(), 0);
        let result = self.run_attempts(&mut attempts);
        MirrorOutcome {
            mirror: Arc::clone(self.spec),
            result,
            attempts,
            push_started: self.push_started.get(),
            cancelled: self.services.cancel.reason(),
            redirected: self.redirected.take(),
            connection_test: self.connection_test.take(),
            created: self.created.get(),
            default_branch: self.default_branch.replace(DefaultBranchEnd::Left),
            lfs: self.lfs.take(),
            verified_at: self.verified_at.get(),
            elapsed: watch.elapsed(),
            course: self.course.course(),
        }
    }

    fn run_attempts(&self, attempts: &mut u32) -> Result<Report, Vec<Error>> {
        let mut retry = Retry::new(self.step.limits.attempts);
        let mut earlier: Option<Report> = None;
        loop {
            *attempts += 1;
            let attempt = self.attempt(earlier.as_ref());
            self.context.events.on(Event::AttemptEnded);
            let errors = errors(&attempt);
            for error in &errors {
                server_pauses::note(self.spec, &self.context, error);
            }
            // What broke a push off was told when it did.
            let untold = attempt.as_ref().err().cloned().unwrap_or_default();
            let brought = attempt.as_ref().map_or(Brought::Nothing, |attempt| attempt.brought);
            let outcome = with_earlier(attempt, earlier.take());
            let transient_refs = match &outcome {
                Ok(report) if errors.is_empty() => ref_retry::transient_refs(report).len(),
                _ => 0,
            };
            if (errors.is_empty() && transient_refs == 0) || self.services.cancel.reason().is_some() {
                return outcome;
            }
            let failed = FailedAttempt { errors: &errors, transient_refs, brought, left: self.time_left() };
            let Decision::Retry(wait) = retry.decide(failed, clock::jitter()) else { return outcome };
            if let (Ok(report), true) = (&outcome, errors.is_empty()) {
                announce::transient_refs(self.log, self.step, self.spec, report);
            }
            announce::retry(self.log, &untold, retry.made(), wait);
            if self.services.cancel.wait(wait).is_some() {
                return outcome;
            }
            earlier = outcome.ok();
        }
    }

    fn time_left(&self) -> Duration {
        self.step.limits.time.saturating_sub(self.services.states.elapsed())
    }
}

/// Returns what went wrong in one attempt.
fn errors(attempt: &Result<Attempt, Vec<Error>>) -> Vec<Error> {
    match attempt {
        Ok(attempt) => attempt.report.interruption.iter().cloned().collect(),
        Err(errors) => errors.clone(),
    }
}

/// Returns what the attempts came to: what the earlier ones did stays done.
fn with_earlier(attempt: Result<Attempt, Vec<Error>>, earlier: Option<Report>) -> Result<Report, Vec<Error>> {
    match (attempt, earlier) {
        (Ok(attempt), _) => Ok(attempt.report),
        (Err(mut errors), Some(before)) => {
            // The report names one: what cannot pass, if there is such.
            errors.sort_by_key(retry::is_transient);
            Ok(before.interrupted_again(errors))
        }
        (Err(errors), None) => Err(errors),
    }
}

#[cfg(test)]
mod tests;
