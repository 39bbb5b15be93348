//! The verdict of a run for a heading: a sign and a few words. No text from outside is in them.

use crate::agent::command::TaskResult;
use crate::cancel::CancelReason;
use crate::error::{Asked, Error, ErrorKind, Phase};
use crate::mirror::ports::Mode;
use crate::mirror::report::{Counts, Outcome, Report};
use crate::report::ending::Ending;
use crate::report::ending::troubles::Fate;
use crate::report::lfs_issues;
use crate::report::outcome::{DefaultBranchEnd, MirrorOutcome};
use crate::report::units::Count;

/// The sign of a verdict, which is seen before a word is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// All is as it should be.
    Good,
    /// It was a dry run.
    Trial,
    /// Something is not, and that was allowed for.
    Issues,
    /// It was cancelled.
    Stopped,
    /// It failed.
    Bad,
}

impl Sign {
    /// Returns the character that shows it.
    pub(super) fn mark(self) -> &'static str {
        match self {
            Self::Good => "✅",
            Self::Trial => "🔍",
            Self::Issues => "⚠️",
            Self::Stopped => "⏹️",
            Self::Bad => "❌",
        }
    }
}

/// A sign and a few words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) sign: Sign,
    pub(super) words: String,
}

impl Verdict {
    pub(super) fn new(sign: Sign, words: impl Into<String>) -> Self {
        Self { sign, words: words.into() }
    }

    /// Returns the verdict of a mirror.
    pub(super) fn of_mirror(ending: &Ending<'_>, mode: Mode) -> Self {
        let outcome = ending.outcome;
        match (ending.fate(), outcome.cancelled, &outcome.result) {
            (Fate::HalfWay | Fate::NotBegun, Some(reason), _) => Self::stopped(reason),
            (_, _, Ok(report)) => Self::of_report(ending.result, outcome, report, mode),
            (_, _, Err(errors)) => match errors.first() {
                Some(error) => Self::of_error(error, mode),
                None => Self::new(Sign::Bad, "Failed"),
            },
        }
    }

    /// Returns the verdict of what was ended before it was done.
    pub(super) fn stopped(reason: CancelReason) -> Self {
        let words = match reason {
            CancelReason::Cancelled => "Cancelled",
            CancelReason::TimeLimit => "Ended at its time limit",
        };
        Self::new(Sign::Stopped, words)
    }

    /// Returns the verdict of what this error ended.
    pub(super) fn of_error(error: &Error, mode: Mode) -> Self {
        let (words, before) = match (refusal(error.failure.kind), mode) {
            (Some(words), Mode::Mirror) => (words.to_owned(), "Refused to run"),
            (Some(words), Mode::DryRun) => (words.to_owned(), "The mirror would be refused"),
            (None, Mode::Mirror) => (fault(error), "Failed"),
            (None, Mode::DryRun) => (fault(error), "Dry run failed"),
        };
        Self::new(Sign::Bad, format!("{before}: {words}"))
    }

    fn of_report(result: TaskResult, outcome: &MirrorOutcome, report: &Report, mode: Mode) -> Self {
        match (result, mode, &report.interruption) {
            (TaskResult::Failed, _, Some(error)) => Self::of_error(error, mode),
            (TaskResult::Failed, _, None) => Self::new(Sign::Bad, format!("Failed: {}", undone(report))),
            (_, Mode::DryRun, _) => Self::new(Sign::Trial, planned(report)),
            (TaskResult::SucceededWithIssues, Mode::Mirror, _) => {
                Self::new(Sign::Issues, format!("In sync except {}", exceptions(outcome, report)))
            }
            (TaskResult::Succeeded, Mode::Mirror, _) if selected(report) == 0 => {
                Self::new(Sign::Good, "Nothing to mirror")
            }
            (TaskResult::Succeeded, Mode::Mirror, _) => Self::new(Sign::Good, "In sync"),
        }
    }
}

/// Returns the number of refs that a mirror is about.
fn selected(report: &Report) -> usize {
    report.outcomes.len() + report.unchanged + report.kept.len()
}

/// Says how many refs a mirror is about.
fn of_all(off: usize, report: &Report) -> String {
    format!("{off} of {}", Count(selected(report) as u64, "ref"))
}

fn undone(report: &Report) -> String {
    let Counts { rejected, not_done, .. } = report.counts();
    let is_unknown = report.outcomes.iter().any(|ref_| ref_.outcome == Outcome::Unknown);
    let left_out = report.outcomes.iter().filter(|ref_| matches!(ref_.outcome, Outcome::Unsupported(_)));
    match (rejected, not_done) {
        _ if is_unknown => "it is not known what was mirrored".to_owned(),
        (_, 0) if rejected == left_out.count() => format!("{} left out", of_all(rejected, report)),
        (_, 0) => format!("{} refused", of_all(rejected, report)),
        _ => format!("{} not in sync", of_all(rejected + not_done + report.kept.len(), report)),
    }
}

fn exceptions(outcome: &MirrorOutcome, report: &Report) -> String {
    let off = report.counts().rejected + report.kept.len();
    let refs = (off > 0).then(|| of_all(off, report));
    let objects = lfs_issues::exist(&outcome.lfs).then(|| "Git LFS objects".to_owned());
    let default_branch = matches!(outcome.default_branch, DefaultBranchEnd::NotSet(..))
        .then(|| "the default branch".to_owned());
    refs.into_iter().chain(objects).chain(default_branch).collect::<Vec<_>>().join(" and ")
}

fn planned(report: &Report) -> String {
    match report.outcomes.iter().filter(|ref_| ref_.outcome == Outcome::Planned).count() {
        0 => "Dry run: no ref would change".to_owned(),
        count => format!("Dry run: {} would change", Count(count as u64, "ref")),
    }
}

/// Says why this program itself did not go on, if it was that.
fn refusal(kind: ErrorKind) -> Option<&'static str> {
    match kind {
        ErrorKind::TooManyDeletions => Some("too many refs would be deleted"),
        ErrorKind::EmptySource => Some("the source has no ref that is selected"),
        ErrorKind::NoBranches => Some("the source has no branch that is selected"),
        ErrorKind::Diverged => Some("refs have diverged"),
        ErrorKind::Unrelated => Some("the destination is no mirror of this source"),
        ErrorKind::NamesCollide => Some("names of refs collide"),
        _ => None,
    }
}

/// Says what went wrong, and on which side.
fn fault(error: &Error) -> String {
    let role = error.label.purpose.role(error.label.side);
    match (error.failure.kind, error.failure.asked) {
        (_, Asked::TokenService) | (ErrorKind::NoToken(_), _) => format!("no token for the {role}"),
        (ErrorKind::Unauthorized, _) => format!("cannot sign in to the {role}"),
        (ErrorKind::Forbidden, _) => format!("access to the {role} is denied"),
        (ErrorKind::NotFound, _) => format!("the {role} was not found"),
        (ErrorKind::Unreachable(_), _) => format!("the {role} cannot be reached"),
        (ErrorKind::Certificate(_), _) => format!("the certificate of the {role} is not trusted"),
        _ => match error.phase {
            Phase::List => format!("cannot list the {role}"),
            Phase::Plan => format!("cannot mirror the {role}"),
            Phase::Fetch => format!("cannot read the {role}"),
            Phase::Push => format!("cannot push to the {role}"),
            Phase::Verify => format!("cannot list the {role} again"),
            Phase::Lfs => "cannot copy Git LFS objects".to_owned(),
            Phase::ListRepositories => format!("cannot list the repositories of the {role}"),
            Phase::Create => format!("cannot create the {role}"),
            Phase::SetDefaultBranch => format!("cannot set the default branch of the {role}"),
        },
    }
}
