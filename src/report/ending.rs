//! The end of one mirror in words: what changed, what did not and why, and its result.

pub(crate) mod troubles;
mod verdict;

use self::verdict::{Words, is_unknown};
use super::connection_test::ConnectionTest;
use super::problems::Problem;
use super::units::{Count, Elapsed, capitalised};
use super::{counts, destination, issues, lfs_issues};
use crate::agent::command::TaskResult;
use crate::agent::log::Log;
use crate::cancel::CancelReason;
use crate::config::step::Step;
use crate::error::Error;
use crate::lfs::policy::LfsPolicy;
use crate::mirror::ports::Mode;
use crate::mirror::report::{Outcome, Report, Verdict};
use crate::report::outcome::{Created, DefaultBranchEnd, MirrorOutcome};

const UNCHANGED: &str = "nothing was changed at the destination";

/// One mirror and how it ended, in words.
#[derive(Debug)]
pub(crate) struct Ending<'a> {
    pub(crate) outcome: &'a MirrorOutcome,
    pub(crate) result: TaskResult,
    /// The end in a few words.
    pub(crate) words: String,
    /// The same with what it took, or with what went wrong.
    pub(crate) summary: String,
    /// The errors that ended it.
    pub(crate) problems: Vec<Problem>,
    step: &'a Step,
    told_as: ToldAs,
}

/// The kind of end that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ToldAs {
    /// The step was cancelled before the mirror was done.
    Cancelled,
    /// A plan was made, and this came of it.
    Reported,
    /// No plan could be made.
    Prevented,
}

impl<'a> Ending<'a> {
    pub(crate) fn of(step: &'a Step, outcome: &'a MirrorOutcome) -> Self {
        match (&outcome.result, outcome.cancelled) {
            (Ok(report), Some(reason)) if report.interruption.is_some() => {
                Self::cancelled(step, outcome, reason)
            }
            (Err(_), Some(reason)) => Self::cancelled(step, outcome, reason),
            (Ok(report), _) => Self::reported(step, outcome, report),
            (Err(errors), None) => Self::prevented(step, outcome, errors),
        }
    }

    fn cancelled(step: &'a Step, outcome: &'a MirrorOutcome, reason: CancelReason) -> Self {
        let is_begun = outcome.attempts > 0;
        let changed = changed_before_the_end(step, outcome);
        let words = match reason {
            CancelReason::Cancelled if is_begun => format!("cancelled: {changed}"),
            CancelReason::Cancelled => format!("not begun, cancelled: {changed}"),
            CancelReason::TimeLimit if is_begun => format!("{}; {changed}", why(reason, step)),
            CancelReason::TimeLimit => format!("not begun: {}; {changed}", why(reason, step)),
        };
        Self {
            outcome,
            result: TaskResult::Failed,
            summary: words.clone(),
            words,
            problems: Vec::new(),
            step,
            told_as: ToldAs::Cancelled,
        }
    }

    fn reported(step: &'a Step, outcome: &'a MirrorOutcome, report: &Report) -> Self {
        let verdict = match report.verdict(step.rejected_refs) {
            Verdict::Succeeded if has_issues_beside_refs(outcome) => Verdict::SucceededWithIssues,
            verdict => verdict,
        };
        let Words { short, whole } = Words::of(step, outcome, report, verdict);
        let problem = |error| Problem::of_error(error, &outcome.mirror, step.caller);
        Self {
            outcome,
            result: task_result(verdict),
            summary: whole,
            words: short,
            problems: report.interruption.iter().map(problem).collect(),
            step,
            told_as: ToldAs::Reported,
        }
    }

    fn prevented(step: &'a Step, outcome: &'a MirrorOutcome, errors: &[Error]) -> Self {
        let problem = |error| Problem::of_error(error, &outcome.mirror, step.caller);
        Self {
            outcome,
            result: TaskResult::Failed,
            words: format!("not mirrored; {}", unchanged(step, outcome)),
            summary: errors.first().map(ToString::to_string).unwrap_or_default(),
            problems: errors.iter().map(problem).collect(),
            step,
            told_as: ToldAs::Prevented,
        }
    }

    /// Raises an issue for each ref that did not change as planned: what the plan says of the others came so. Of one mirror of a
    /// container these are lines: it gets one issue, at the end of the step.
    pub(crate) fn tell_refs(&self, log: &Log) {
        lfs_issues::list(log, &self.outcome.lfs);
        let Some(report) = self.outcome.report() else { return };
        if self.outcome.mirror.member().is_some() {
            self.tell_troubles(log, report);
        } else if self.told_as == ToldAs::Reported {
            for Problem { what, advice } in &self.problems {
                let attempts = self.after_attempts();
                let changed = changed(self.step, self.outcome, report);
                let text = format!("{what}{attempts}; {changed}. {advice}");
                issues::raise_one(log, self.result, &text);
            }
            lfs_issues::warn(log, self.step, self.outcome);
            issues::raise(log, &self.outcome.mirror, self.step.caller, report, self.result);
            if let Some((_, problem)) = destination::default_branch_problem(self.step, self.outcome) {
                log.warning(&problem.in_sentences());
            }
        }
        self.tell_default_branch(log);
    }

    /// Says that the default branch is another than the source's. That of one mirror of a container is a line: there can be
    /// many, and nothing is wrong with what was mirrored.
    fn tell_default_branch(&self, log: &Log) {
        let Some(difference) = destination::default_branch_difference(self.step, self.outcome) else {
            return;
        };
        match self.outcome.mirror.member() {
            Some(_) => log.line(&difference.in_sentences()),
            None => log.warning(&difference.in_sentences()),
        }
    }

    /// Says how the only mirror of a step ended.
    pub(crate) fn tell_end(&self, log: &Log) {
        if let Some(test) = self.connection_test() {
            log.line(&test.verdict());
        }
        match self.told_as {
            ToldAs::Cancelled => log.error(&self.summary),
            ToldAs::Reported => log.line(&capitalised(&self.summary)),
            ToldAs::Prevented => self.raise_what_prevented(log),
        }
    }

    /// Says how one of several mirrors ended, in one line; what cancels the step is not told for each.
    pub(crate) fn tell_end_by_name(&self, log: &Log) {
        if self.told_as == ToldAs::Prevented {
            self.raise_what_prevented(log);
        }
        log.line(&self.by_name());
        if let Some(test) = self.connection_test() {
            log.line(&format!("{}: {}", self.outcome.mirror.name(), test.verdict()));
        }
    }

    /// Returns the end in one line, after the name of the mirror.
    pub(crate) fn by_name(&self) -> String {
        let text = match self.told_as {
            ToldAs::Cancelled | ToldAs::Reported => &self.summary,
            ToldAs::Prevented => &self.words,
        };
        format!("{}: {text}", self.outcome.mirror.name())
    }

    /// Returns the connection test of a dry run that came to its end.
    pub(crate) fn connection_test(&self) -> Option<&ConnectionTest> {
        self.outcome.connection_test.as_ref().filter(|_| self.told_as != ToldAs::Cancelled)
    }

    fn raise_what_prevented(&self, log: &Log) {
        for Problem { what, advice } in &self.problems {
            let unchanged = unchanged(self.step, self.outcome);
            log.error(&format!("{what}{}; {unchanged}. {advice}", self.after_attempts()));
        }
    }

    fn after_attempts(&self) -> String {
        match self.outcome.attempts {
            0 | 1 => String::new(),
            made => format!(", after {made} attempts"),
        }
    }
}

/// Says why a step was cancelled.
pub(crate) fn why(reason: CancelReason, step: &Step) -> String {
    match reason {
        CancelReason::Cancelled => "the run was cancelled".to_owned(),
        CancelReason::TimeLimit => {
            format!("the run took longer than {}, its time limit", Elapsed(step.limits.time))
        }
    }
}

fn task_result(verdict: Verdict) -> TaskResult {
    match verdict {
        Verdict::Succeeded => TaskResult::Succeeded,
        Verdict::SucceededWithIssues => TaskResult::SucceededWithIssues,
        Verdict::Failed => TaskResult::Failed,
    }
}

/// Tells whether something is not as it should be that does not fail the mirror, beside its refs.
fn has_issues_beside_refs(outcome: &MirrorOutcome) -> bool {
    lfs_issues::exist(&outcome.lfs) || matches!(outcome.default_branch, DefaultBranchEnd::NotSet(..))
}

/// Says what a mirror changed before it was cancelled. Without a push it is nothing, even where that could not be seen.
fn changed_before_the_end(step: &Step, outcome: &MirrorOutcome) -> String {
    match outcome.report() {
        _ if !outcome.push_started => unchanged(step, outcome),
        Some(report) => changed(step, outcome, report),
        None => "what it changed at the destination is not known".to_owned(),
    }
}

/// Says of a mirror that pushed nothing what it left at the destination all the same: LFS objects come before the refs.
fn unchanged(step: &Step, outcome: &MirrorOutcome) -> String {
    let no_ref = match outcome.created {
        Created::Yes => "the destination was created, and no ref was written to it",
        Created::No | Created::Planned => "no ref was changed at the destination",
    };
    match (landed(step, outcome), &outcome.result) {
        (Some(landed), _) => format!("{no_ref}; {landed}"),
        // It did not come to its end, and may have copied some.
        (None, Err(errors))
            if errors.is_empty() && outcome.attempts > 0 && step.lfs != LfsPolicy::NotCopied =>
        {
            no_ref.to_owned()
        }
        (None, _) if outcome.created == Created::Yes => no_ref.to_owned(),
        (None, _) => UNCHANGED.to_owned(),
    }
}

/// Says how many LFS objects got to the destination.
fn landed(step: &Step, outcome: &MirrorOutcome) -> Option<String> {
    let objects = counts::objects_of(&outcome.lfs).filter(|_| step.mode == Mode::Mirror)?;
    Some(format!("{objects} arrived there, and the next run goes on from them"))
}

/// Says what an interrupted mirror did change.
fn changed(step: &Step, outcome: &MirrorOutcome, report: &Report) -> String {
    // Of an interrupted run the last listing may have been too early.
    let is_contradicted = report.outcomes.iter().any(|ref_| ref_.outcome == Outcome::ReportedButUnchanged);
    if is_unknown(report) || is_contradicted {
        return "what the push changed is not known".to_owned();
    }
    let counts = report.counts();
    match (counts.created + counts.updated + counts.deleted, landed(step, outcome)) {
        (0, None) => "no ref was changed".to_owned(),
        (0, Some(landed)) => format!("no ref was changed; {landed}"),
        (done, _) => format!("{} of {} were changed", done, Count(report.outcomes.len() as u64, "ref")),
    }
}
