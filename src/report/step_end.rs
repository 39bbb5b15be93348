//! The end of a step: the ends of its mirrors, and what failed it beside them.

use super::ending::troubles::Fate;
use super::ending::{Ending, why};
use super::problems::Problem;
use super::units::{Count, Elapsed};
use super::unnamed;
use crate::agent::command::TaskResult;
use crate::agent::exit_status::RunEnd;
use crate::agent::log::Log;
use crate::cancel::CancelReason;
use crate::config::step::Step;
use crate::containers::expansion::ListCounts;
use crate::containers::slice::Slice;
use crate::error::{ContainerProblem, Error, ErrorKind, Failure, Phase};
use crate::mirror::policy::EmptySource;
use crate::report::outcome::{Extent, ListedContainer, StepOutcome};

/// A step and how it ended, in words.
#[derive(Debug)]
pub(crate) struct StepEnd<'a> {
    pub(crate) step: &'a Step,
    pub(crate) outcome: &'a StepOutcome,
    /// The ends of its mirrors, in the order of the step.
    pub(crate) endings: Vec<Ending<'a>>,
    /// The errors that failed the step beside its mirrors.
    pub(crate) errors: Vec<Error>,
    pub(crate) result: TaskResult,
    /// The end in a few words.
    pub(crate) summary: String,
}

impl<'a> StepEnd<'a> {
    pub(crate) fn of(step: &'a Step, outcome: &'a StepOutcome) -> Self {
        let endings: Vec<_> = outcome.mirrors.iter().map(|mirror| Ending::of(step, mirror)).collect();
        let errors = match (&*outcome.extent, outcome.cancelled) {
            (Extent::Prevented(errors), None) => errors.clone(),
            (Extent::Container(listed), _) => nothing_to_mirror(step, listed).into_iter().collect(),
            _ => Vec::new(),
        };
        let unnamed = listed(&outcome.extent).map_or(0, |listed| listed.expansion.unnamed.len());
        let has_no_mirrors = matches!(*outcome.extent, Extent::Prevented(_) | Extent::Unknown);
        let is_failed = !errors.is_empty()
            || unnamed > 0
            || (has_no_mirrors && endings.is_empty() && outcome.cancelled.is_some());
        let worst = endings.iter().map(|ending| ending.result).max().unwrap_or(TaskResult::Succeeded);
        let result = if is_failed { TaskResult::Failed } else { worst };
        let end = Self { step, outcome, endings, errors, result, summary: String::new() };
        Self { summary: end.in_words(), ..end }
    }

    /// Returns the container whose repositories were mirrored, if it was one.
    pub(crate) fn listed(&self) -> Option<&'a ListedContainer> {
        listed(&self.outcome.extent)
    }

    /// Returns the mirrors with this fate.
    pub(crate) fn with_fate(&self, fate: Fate) -> impl Iterator<Item = &Ending<'a>> {
        self.endings.iter().filter(move |ending| ending.fate() == fate)
    }

    /// Returns the number of mirrors with this fate.
    pub(crate) fn count(&self, fate: Fate) -> usize {
        self.with_fate(fate).count()
    }

    /// Returns the number of mirrors of a container that have no name.
    pub(crate) fn unnamed(&self) -> usize {
        self.listed().map_or(0, |listed| listed.expansion.unnamed.len())
    }

    /// Returns the number of mirrors that did not come to a good end, those without a name among them.
    pub(crate) fn failed(&self) -> usize {
        self.endings.iter().filter(|ending| ending.result == TaskResult::Failed).count() + self.unnamed()
    }

    /// Returns the end as whoever started this program learns it.
    pub(crate) fn run_end(&self) -> RunEnd {
        match self.result {
            TaskResult::Succeeded => RunEnd::Succeeded,
            TaskResult::SucceededWithIssues => RunEnd::SucceededWithIssues,
            TaskResult::Failed if self.cut_short_by() == Some(CancelReason::Cancelled) => RunEnd::Cancelled,
            TaskResult::Failed if self.is_failed_by_refusals_alone() => RunEnd::RefsRefused,
            TaskResult::Failed => RunEnd::Failed,
        }
    }

    fn is_failed_by_refusals_alone(&self) -> bool {
        let mut failed = self.endings.iter().filter(|ending| ending.result == TaskResult::Failed).peekable();
        self.errors.is_empty()
            && self.unnamed() == 0
            && failed.peek().is_some()
            && failed.all(Ending::is_done_but_for_refused_refs)
    }

    /// Returns the errors beside the mirrors, with advice.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let problem = |error| Problem::of_error(error, &self.step.given, self.step.caller);
        self.errors.iter().map(problem).collect()
    }

    /// Returns why mirrors of a container have no name, with advice.
    pub(crate) fn unnamed_problems(&self) -> Vec<Problem> {
        let problems =
            |listed: &ListedContainer| unnamed::problems(&listed.expansion.unnamed, self.step.caller);
        self.listed().map(problems).unwrap_or_default()
    }

    /// Says how the step ended in all; where it was cut short, as an error.
    pub(crate) fn tell_summary(&self, log: &Log) {
        match self.cut_short_by() {
            Some(_) => log.error(&self.summary),
            None => log.line(&self.summary),
        }
    }

    fn in_words(&self) -> String {
        match (&*self.outcome.extent, self.endings.as_slice()) {
            (Extent::OfOtherJob(slice), _) => {
                format!("{}: the first job mirrors this one repository", job(*slice))
            }
            (Extent::Prevented(_) | Extent::Unknown, []) => self.without_mirrors(),
            (Extent::Container(listed), _) => match self.errors.first() {
                Some(error) => error.to_string(),
                None if listed.slice.is_whole() => self.of_many(),
                None => format!("{}: {}", job(listed.slice), self.of_many()),
            },
            (_, [ending]) => ending.summary.clone(),
            _ => self.of_many(),
        }
    }

    fn without_mirrors(&self) -> String {
        match (self.outcome.cancelled, self.errors.first()) {
            (Some(reason), _) => {
                let known = "before it was known what there is to mirror";
                format!("{} {known}; nothing was changed at the destination", why(reason, self.step))
            }
            (None, Some(error)) => error.to_string(),
            (None, None) => "nothing was to be mirrored".to_owned(),
        }
    }

    fn of_many(&self) -> String {
        let count = self.endings.len() + self.unnamed();
        match (self.failed(), self.outcome.cancelled) {
            (failed, Some(reason)) if self.is_cut_short() => {
                format!("{}; {failed} of {count} mirrors were not done", why(reason, self.step))
            }
            (0, _) => format!("{} in {}", Count(count as u64, "mirror"), Elapsed(self.outcome.elapsed)),
            (failed, _) => {
                format!("{failed} of {count} mirrors failed in {}", Elapsed(self.outcome.elapsed))
            }
        }
    }

    /// Tells whether mirrors were not done because the step was ended.
    pub(crate) fn is_cut_short(&self) -> bool {
        self.endings.iter().any(|ending| matches!(ending.fate(), Fate::HalfWay | Fate::NotBegun))
    }

    /// Says why the step was ended before its mirrors were done, if it was.
    pub(crate) fn cut_short_by(&self) -> Option<CancelReason> {
        self.outcome.cancelled.filter(|_| self.endings.is_empty() || self.is_cut_short())
    }
}

fn listed(extent: &Extent) -> Option<&ListedContainer> {
    match extent {
        Extent::Container(listed) => Some(listed),
        _ => None,
    }
}

/// Names one of several parallel jobs.
pub(crate) fn job(slice: Slice) -> String {
    let (position, jobs) = slice.position();
    format!("job {position} of {jobs}")
}

/// Returns the error of a selection that selects nothing. It is an empty source: one that lists nothing at all may be
/// allowed for.
fn nothing_to_mirror(step: &Step, listed: &ListedContainer) -> Option<Error> {
    let (problem, message) = match listed.expansion.counts {
        ListCounts { listed: 0, .. } if step.policy.empty_source == EmptySource::Allow => return None,
        ListCounts { listed: 0, .. } => {
            (ContainerProblem::NothingListed, "its list of repositories is empty".to_owned())
        }
        ListCounts { listed, selected: 0, .. } => {
            let message = format!("no repository is selected, of {listed} in its list");
            (ContainerProblem::NothingSelected, message)
        }
        _ => return None,
    };
    Some(listed.source.error(Phase::Plan, Failure::new(ErrorKind::Container(problem), message)))
}
