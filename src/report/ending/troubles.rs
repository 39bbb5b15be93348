//! One mirror among many in short: what became of it, and why it is not as it should be.

use super::verdict::is_idle;
use super::{Ending, ToldAs, changed, unchanged};
use crate::agent::command::TaskResult;
use crate::agent::log::Log;
use crate::error::ErrorKind;
use crate::mirror::report::{Outcome, Report};
use crate::report::problems::Problem;
use crate::report::units::Count;
use crate::report::{destination, issues, lfs_issues};

/// The fate of one mirror among many, in the order in which people look for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fate {
    /// It failed.
    Failed,
    /// The step was ended while it was under way.
    HalfWay,
    /// The step was ended before its turn.
    NotBegun,
    /// It is not all as it should be, and that was allowed for.
    WithIssues,
    /// It was changed, or would be in a dry run.
    Changed,
    /// It was as it should be.
    UpToDate,
}

/// One reason why a mirror is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// The subject.
    pub(crate) about: Subject,
    /// It in words.
    pub(crate) problem: Problem,
}

/// The subject of a trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// An error that ended the mirror, or kept its default branch from being set.
    Error(ErrorKind),
    /// Refs that do not stand as they should.
    Refs,
    /// LFS objects that are not there.
    LfsObjects,
    /// Refs that stay and are not as at the source.
    Kept,
}

impl Ending<'_> {
    /// Returns what became of it, for a step of many.
    pub(crate) fn fate(&self) -> Fate {
        match (self.told_as, self.result) {
            (ToldAs::Cancelled, _) if self.outcome.attempts == 0 => Fate::NotBegun,
            (ToldAs::Cancelled, _) => Fate::HalfWay,
            (_, TaskResult::Failed) => Fate::Failed,
            (_, TaskResult::SucceededWithIssues) => Fate::WithIssues,
            (_, TaskResult::Succeeded) => match self.outcome.report() {
                Some(report) if is_idle(self.outcome, report) => Fate::UpToDate,
                _ => Fate::Changed,
            },
        }
    }

    /// Tells whether every selected ref of the destination stands as it should.
    pub(crate) fn all_refs_stand(&self) -> bool {
        self.outcome.report().is_some_and(|report| {
            report.interruption.is_none()
                && report.kept.is_empty()
                && report.outcomes.iter().all(|ref_| ref_.outcome == Outcome::Done)
        })
    }

    /// Tells whether nothing but refusals of the destination keeps refs from standing as they should.
    pub(crate) fn is_done_but_for_refused_refs(&self) -> bool {
        let is_refused = |report: &Report| {
            let counts = report.counts();
            report.interruption.is_none() && counts.not_done == 0 && counts.rejected > 0
        };
        self.told_as == ToldAs::Reported && self.outcome.report().is_some_and(is_refused)
    }

    /// Returns all that is not as it should be, the worst first; refs in short.
    pub(crate) fn troubles(&self) -> Vec<Trouble> {
        let (outcome, step) = (self.outcome, self.step);
        let report = outcome.report();
        let errors = match &outcome.result {
            Ok(report) => report.interruption.as_slice(),
            Err(errors) => errors,
        };
        let trouble = |about| move |problem| Trouble { about, problem };
        let of_errors = errors
            .iter()
            .zip(&self.problems)
            .map(|(error, problem)| trouble(Subject::Error(error.failure.kind))(problem.clone()));
        let refs = report.and_then(|report| issues::in_short(&outcome.mirror, step.caller, report));
        let default_branch = destination::default_branch_problem(step, outcome)
            .map(|(kind, problem)| trouble(Subject::Error(kind))(problem));
        let kept = report.and_then(|report| issues::kept_in_short(step.caller, &report.kept));
        of_errors
            .chain(refs.map(trouble(Subject::Refs)))
            .chain(lfs_issues::problems(step, outcome).into_iter().map(trouble(Subject::LfsObjects)))
            .chain(default_branch)
            .chain(kept.map(trouble(Subject::Kept)))
            .collect()
    }

    /// Says in lines what is not as it should be, each ref by its name.
    pub(super) fn tell_troubles(&self, log: &Log, report: &Report) {
        for Trouble { problem, about } in self.troubles() {
            if about != Subject::Refs {
                log.line(&problem.in_sentences());
            }
        }
        issues::list(log, &self.outcome.mirror, self.step.caller, report);
    }

    /// Says all that the one issue of a mirror among many says.
    pub(crate) fn in_one_issue(&self) -> String {
        let name = self.outcome.mirror.name();
        let troubles = self.troubles();
        let Some((Trouble { problem, about }, rest)) = troubles.split_first() else {
            return format!("'{name}': {}", self.words);
        };
        let end = match (about, self.outcome.report()) {
            (Subject::Error(_), _) if self.problems.is_empty() => String::new(),
            (Subject::Error(_), None) => {
                format!("{}; {}", self.after_attempts(), unchanged(self.step, self.outcome))
            }
            (Subject::Error(_), Some(report)) => {
                format!("{}; {}", self.after_attempts(), changed(self.step, self.outcome, report))
            }
            (Subject::Refs | Subject::LfsObjects | Subject::Kept, _) => String::new(),
        };
        let what = problem.what.trim_end_matches('.');
        let problem = Problem { what: format!("'{name}': {what}{end}"), advice: problem.advice.clone() };
        match rest.len() {
            0 => problem.in_sentences(),
            more => format!("{} {} in the log.", problem.in_sentences(), Count(more, "more problem")),
        }
    }
}
