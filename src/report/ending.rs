//! The end of one mirror in words: what changed, what did not and why, and its result.

pub(crate) mod troubles;

use super::connection_test::ConnectionTest;
use super::issues::{self, SHOWN};
use super::lfs_issues;
use super::plan_lines::{REF, print_first};
use super::problems::Problem;
use super::units::{Count, Elapsed};
use super::{counts, destination};
use crate::agent::command::TaskResult;
use crate::agent::log::Log;
use crate::cancel::CancelReason;
use crate::config::step::Step;
use crate::error::Error;
use crate::lfs::policy::LfsPolicy;
use crate::mirror::ports::Mode;
use crate::mirror::report::{Counts, Outcome, RefOutcome, Report, Verdict};
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
        let begun = if outcome.attempts == 0 { "not begun: " } else { "" };
        let words = format!("{begun}{}; {}", why(reason, step), changed_before_the_end(step, outcome));
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
        let words = in_words(outcome, report, verdict, step.mode);
        let problem = |error| Problem::of_error(error, &outcome.mirror, step.caller);
        let totals = counts::totals(report, &outcome.lfs, step.mode, outcome.elapsed);
        Self {
            outcome,
            result: task_result(verdict),
            summary: format!(
                "{words}: {}",
                [vec![totals], destination::notes(step, outcome)].concat().join("; ")
            ),
            words,
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

    /// Names the refs that changed, and raises an issue for each that did not. Of one mirror of a container these are lines:
    /// it gets one issue, at the end of the step.
    pub(crate) fn tell_refs(&self, log: &Log) {
        lfs_issues::list(log, &self.outcome.lfs);
        let Some(report) = self.outcome.report() else { return };
        let done = report.outcomes.iter().filter(|ref_| ref_.outcome == Outcome::Done);
        print_first(log, SHOWN, REF, done.map(|RefOutcome { update, .. }| format!("  done: {update}")));
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
        match self.told_as {
            ToldAs::Cancelled => {
                if let Some(report) = self.outcome.report() {
                    log.line(&counts::of_report(report, self.step.mode));
                }
                log.error(&self.summary);
            }
            ToldAs::Reported => log.line(&self.summary),
            ToldAs::Prevented => self.raise_what_prevented(log),
        }
        if let Some(test) = self.connection_test() {
            log.line(&test.verdict());
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

/// Says in a few words how a mirror ended that has a report.
fn in_words(outcome: &MirrorOutcome, report: &Report, verdict: Verdict, mode: Mode) -> String {
    let Counts { created, updated, deleted, .. } = report.counts();
    let words = match (mode, verdict) {
        (Mode::DryRun, _) => "dry run, nothing was changed",
        (Mode::Mirror, Verdict::Succeeded) if has_no_ref(report) => {
            "nothing to mirror: the source is empty, or none of its refs is selected"
        }
        (Mode::Mirror, Verdict::Succeeded) if is_idle(outcome, report) => "up to date, nothing was sent",
        (Mode::Mirror, Verdict::Succeeded) => "mirrored",
        (Mode::Mirror, Verdict::SucceededWithIssues) => return exceptions(outcome, report),
        (Mode::Mirror, Verdict::Failed) if is_unknown(report) => "what was mirrored is not known",
        (Mode::Mirror, Verdict::Failed) if created + updated + deleted == 0 => "not mirrored",
        (Mode::Mirror, Verdict::Failed) => "partly mirrored",
    };
    words.to_owned()
}

/// Says what is not as at the source, where that was allowed for.
fn exceptions(outcome: &MirrorOutcome, report: &Report) -> String {
    let refs = if report.counts().rejected == 0 { "refs that are kept" } else { "refused refs" };
    let refs = (report.counts().rejected > 0 || !report.kept.is_empty()).then_some(refs);
    let objects = lfs_issues::exist(&outcome.lfs).then_some("LFS objects");
    let default_branch =
        matches!(outcome.default_branch, DefaultBranchEnd::NotSet(..)).then_some("the default branch");
    let exceptions: Vec<_> = refs.into_iter().chain(objects).chain(default_branch).collect();
    format!("mirrored, except for {}", exceptions.join(" and "))
}

/// Tells whether something is not as it should be that does not fail the mirror, beside its refs.
fn has_issues_beside_refs(outcome: &MirrorOutcome) -> bool {
    lfs_issues::exist(&outcome.lfs) || matches!(outcome.default_branch, DefaultBranchEnd::NotSet(..))
}

/// Tells whether nothing was to be done.
fn is_idle(outcome: &MirrorOutcome, report: &Report) -> bool {
    report.outcomes.is_empty()
        && outcome.lfs.objects == 0
        && outcome.created == Created::No
        && matches!(outcome.default_branch, DefaultBranchEnd::Left | DefaultBranchEnd::Same)
}

/// Tells whether the source has no selected ref, and the destination none that was to go.
fn has_no_ref(report: &Report) -> bool {
    report.outcomes.is_empty() && report.unchanged == 0 && report.kept.is_empty()
}

fn is_unknown(report: &Report) -> bool {
    report.outcomes.iter().any(|ref_| ref_.outcome == Outcome::Unknown)
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
