//! One run: the attempts, and what each consists of.

use std::cell::RefCell;
use std::panic;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::connect;
use crate::agent::log::Log;
use crate::cancel::CancelToken;
use crate::clock;
use crate::clock::Stopwatch;
use crate::config::step::Step;
use crate::error::{Error, Phase, RemoteLabel};
use crate::local::{LocalDestination, Session};
use crate::mirror;
use crate::mirror::events::{Event, Events};
use crate::mirror::ports::{Destination, Job, Source};
use crate::mirror::push_started::PushStarted;
use crate::mirror::ref_rule::RefRule;
use crate::mirror::report::Report;
use crate::mirror::retry;
use crate::mirror::retry::{Brought, Decision, Failed, Retry};
use crate::protocol::ls_refs::Peel;
use crate::report::finish;
use crate::report::finish::Ended;
use crate::report::idle_patterns;
use crate::report::progress::Progress;
use crate::temp_dirs::TempDirs;
use crate::transport::Context;

/// A run under way.
pub(crate) struct Run<'a> {
    step: &'a Step,
    log: &'a Log,
    context: Context,
    temp_dirs: TempDirs,
    push_started: PushStarted,
    watch: Stopwatch,
    /// Where the source was read last, if its server redirected to another.
    redirected: RefCell<Option<Box<str>>>,
}

/// The repositories of a run, their refs listed.
struct Repositories {
    source: Box<dyn Source>,
    destination: Box<dyn Destination>,
    clone: Option<LocalDestination>,
}

/// What came of an attempt that made a plan.
struct Attempt {
    /// With what earlier attempts did.
    report: Report,
    brought: Brought,
}

impl<'a> Run<'a> {
    pub(crate) fn new(
        step: &'a Step,
        log: &'a Log,
        cancel: &CancelToken,
        temp_dirs: &TempDirs,
        push_started: &PushStarted,
    ) -> Self {
        let events: Arc<dyn Events> = Arc::new(Progress::new(log, step.mode));
        let context = Context {
            ssh: step.ssh.clone(),
            environment: step.child_environment.clone(),
            timeouts: step.timeouts,
            cancel: cancel.clone(),
            events,
        };
        Self {
            step,
            log,
            context,
            temp_dirs: temp_dirs.clone(),
            push_started: push_started.clone(),
            watch: Stopwatch::start(),
            redirected: RefCell::default(),
        }
    }

    /// Mirrors, and begins again from the listing where what went wrong can pass.
    pub(crate) fn until_settled(&self) -> Ended {
        let mut retry = Retry::new(self.step.attempts);
        let outcome = self.repeated(&mut retry);
        Ended {
            outcome,
            attempts: retry.made(),
            push_started: self.push_started.get(),
            redirected: self.redirected.take(),
        }
    }

    fn repeated(&self, retry: &mut Retry) -> Result<Report, Vec<Error>> {
        let mut earlier: Option<Report> = None;
        loop {
            let attempt = self.attempt(earlier.as_ref());
            let errors = errors(&attempt);
            // What broke a push off was told when it did.
            let untold = attempt.as_ref().err().cloned().unwrap_or_default();
            let brought = attempt.as_ref().map_or(Brought::Nothing, |attempt| attempt.brought);
            let outcome = joined(attempt, earlier.take());
            if errors.is_empty() || self.context.cancel.reason().is_some() {
                return outcome;
            }
            let failed = Failed { errors: &errors, brought, left: self.time_left() };
            let Decision::Retry(wait) = retry.decide(failed, clock::jitter()) else { return outcome };
            finish::announce_retry(self.log, &untold, retry.made(), wait);
            if self.context.cancel.wait(wait).is_some() {
                return outcome;
            }
            earlier = outcome.ok();
        }
    }

    fn session(&self, push_started: &PushStarted) -> Session {
        Session {
            cancel: self.context.cancel.clone(),
            temp_dirs: self.temp_dirs.clone(),
            push_started: push_started.clone(),
        }
    }

    fn time_left(&self) -> Duration {
        self.step.time_limit.saturating_sub(self.watch.elapsed())
    }

    fn attempt(&self, earlier: Option<&Report>) -> Result<Attempt, Vec<Error>> {
        self.context.events.on(Event::Started(Phase::List));
        self.log.line(&format!("source: {}", self.step.source.url));
        self.log.line(&format!("destination: {}", self.step.destination.url));
        let Repositories { mut source, mut destination, clone } = self.connect()?;
        self.note_redirect(&source.info().label);
        let unusable = source.info().refs.unusable();
        if unusable > 0 {
            let (label, rule) =
                (&source.info().label, "their names break Git's rules or are longer than 4,096 bytes");
            self.log.warning(&format!("{label} lists refs that are not mirrored, {unusable} in all: {rule}"));
        }
        if earlier.is_none() {
            let selection = &self.step.policy.selection;
            idle_patterns::tell(self.log, selection, &source.info().refs, &destination.info().refs);
        }
        if let Some(clone) = clone {
            self.keep_clone(source.as_mut(), clone).map_err(|error| vec![error])?;
        }
        let report = self.mirror(source.as_mut(), destination.as_mut()).map_err(|error| vec![error])?;
        let counts = report.counts();
        let has_brought = counts.created + counts.updated + counts.deleted > 0;
        Ok(Attempt {
            brought: if has_brought { Brought::Refs } else { Brought::Nothing },
            report: match earlier {
                Some(earlier) => report.after(earlier, &destination.info().refs),
                None => report,
            },
        })
    }

    /// Warns once of a source that is read at another server than the user named.
    fn note_redirect(&self, source: &RemoteLabel) {
        let before = self.redirected.replace(source.redirected.clone());
        if source.redirected.is_some() && source.redirected != before {
            finish::announce_redirect(self.log, self.step, source);
        }
    }

    fn mirror(&self, source: &mut dyn Source, destination: &mut dyn Destination) -> Result<Report, Error> {
        let Step { policy, mode, spool_folder, .. } = self.step;
        let (lag, cancel) = (mirror::listing::LONGEST_LAG, &self.context.cancel);
        let job = Job { policy, mode: *mode, spool: spool_folder, lag, cancel };
        mirror::mirror(source, destination, &job, &*self.context.events)
    }

    /// Makes the clone directory a mirror of the source too: the same relay, with a local destination. It
    /// comes first, so that a clone which is not complete leaves the destination as it is.
    fn keep_clone(&self, source: &mut dyn Source, mut clone: LocalDestination) -> Result<(), Error> {
        let watch = Stopwatch::start();
        let report = self.mirror(source, &mut clone)?;
        finish::note_clone(self.log, self.step, &clone.info().label, &report, watch.elapsed());
        report.require_all(&clone.info().label)
    }

    /// Lists both sides at the same time, and the clone if one is kept; reports what is wrong with any.
    fn connect(&self) -> Result<Repositories, Vec<Error>> {
        let Step { source, destination, policy, clone_directory, .. } = self.step;
        let (context, address) = (&self.context, source);
        let prefixes: Vec<String> = policy.selection.prefixes().into_iter().map(str::to_owned).collect();
        let peeled = if destination.may_have(RefRule::TagsMustPeelToCommits) { Peel::Yes } else { Peel::No };
        let (source, destination) = at_once(
            || connect::open_source(source, &prefixes, peeled, context),
            || connect::open_destination(destination, context, &self.session(&self.push_started)),
        );
        // A clone is not what the run is judged by.
        let of_clone = self.session(&PushStarted::default());
        let open_clone = |folder| connect::open_clone(folder, address, &of_clone, context);
        let clone = clone_directory.as_ref().map(open_clone);
        match (source, destination, clone.transpose()) {
            (Ok(source), Ok(destination), Ok(clone)) => Ok(Repositories { source, destination, clone }),
            (source, destination, clone) => {
                Err(source.err().into_iter().chain(destination.err()).chain(clone.err()).collect())
            }
        }
    }
}

/// What went wrong in one attempt.
fn errors(attempt: &Result<Attempt, Vec<Error>>) -> Vec<Error> {
    match attempt {
        Ok(attempt) => attempt.report.interruption.iter().cloned().collect(),
        Err(errors) => errors.clone(),
    }
}

/// Returns what the attempts came to: what the earlier ones did stays done.
fn joined(attempt: Result<Attempt, Vec<Error>>, earlier: Option<Report>) -> Result<Report, Vec<Error>> {
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

/// Does both at the same time, the first on a thread of its own; a bug there is one here, too.
pub(crate) fn at_once<A: Send, B>(first: impl FnOnce() -> A + Send, second: impl FnOnce() -> B) -> (A, B) {
    thread::scope(|scope| {
        let first = scope.spawn(first);
        let second = second();
        (first.join().unwrap_or_else(|bug| panic::resume_unwind(bug)), second)
    })
}
