//! The report of a run, as plain data.

use std::collections::HashSet;
use std::fmt;
use std::ops::Add;
use std::sync::Arc;
use std::time::Duration;

use super::plan::{Difference, Kept, KeptReason, Plan, UnsupportedRef};
use super::push_size::{Limit, PushSize};
use super::ref_rule::RefRuleViolation;
use super::taken::tip::TakenTip;
use crate::error::RejectReason;
use crate::error::{Error, ErrorKind, Failure, Phase, RemoteLabel};
use crate::protocol::object_id::ObjectId;
use crate::protocol::receive_pack::RefUpdate;
use crate::protocol::ref_list::RefList;
use crate::protocol::ref_name::RefName;
use crate::wording;

/// The outcome of a run. Each planned update has exactly one outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The planned updates in the order of the plan, then what somebody else changed meanwhile.
    pub outcomes: Vec<RefOutcome>,
    /// Selected refs that were equal already.
    pub unchanged: usize,
    /// Refs that differ and were left as they are.
    pub kept: Vec<Kept>,
    /// Tips that the plan took away from refs, or left there for that reason; none where the policy does not ask for them.
    pub taken: Vec<TakenTip>,
    /// Refs that stand as they should although the destination reported them as refused.
    pub contradicted: usize,
    /// Bytes of pack that were relayed.
    pub pack_bytes: u64,
    /// The time that they took, without the wait for reports.
    pub pack_time: Duration,
    /// The size of a push that the destination takes, as far as this run has learned it.
    pub push_size: PushSize,
    /// The limit for which pushes went in parts, if some did.
    pub divided: Option<Limit>,
    /// The error that broke the push off, if that kept a ref from its place.
    pub interruption: Option<Error>,
}

/// One ref and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefOutcome {
    /// The planned update.
    pub update: RefUpdate,
    /// Its outcome.
    pub outcome: Outcome,
}

/// The outcome of one ref.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing was tried: a dry run.
    Planned,
    /// The destination lists it as it should be.
    Done,
    /// The destination refused, and lists it as before.
    Rejected(Refusal),
    /// The destination's host cannot take it, for this reason, so that it was not sent.
    Unsupported(RefRuleViolation),
    /// Somebody else changed it during the run.
    ChangedConcurrently,
    /// The destination reported success and lists it as before.
    ReportedButUnchanged,
    /// A push was made, but the destination could not be listed after it.
    Unknown,
    /// The run broke off before the destination took it, or no report came; it is listed as before.
    NotPushed,
    /// Its history came in parts, and the last ones did not come: it stands at this object, from which the next run goes on.
    InPart(ObjectId),
}

impl From<UnsupportedRef> for RefOutcome {
    fn from(UnsupportedRef { update, reason }: UnsupportedRef) -> Self {
        Self { update, outcome: Outcome::Unsupported(reason) }
    }
}

/// The reason of a refusal; from outside and not sanitized.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The reason that the report gives.
    pub reason: Reason,
    /// Text that the server sent to people during that push.
    pub remote: Arc<str>,
    /// The kind of error that the whole push failed by, where that is known by other means than words.
    pub kind: Option<ErrorKind>,
}

/// The reason that a report gives for one ref.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The words of a server; from outside and not sanitized.
    Said(String),
    /// The event that ended a push which was refused before any report.
    NoReport(String),
    /// That of this program, which was the receiver itself.
    Own {
        /// The reason.
        reason: RejectReason,
        /// More about it, for people; can be empty.
        detail: String,
    },
}

impl From<String> for Reason {
    fn from(said: String) -> Self {
        Self::Said(said)
    }
}

impl From<&str> for Reason {
    fn from(said: &str) -> Self {
        Self::Said(said.to_owned())
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Said(said) => f.write_str(said),
            Self::NoReport(message) => wording::write(f, self, message),
            Self::Own { reason, detail } if detail.is_empty() => reason.fmt(f),
            Self::Own { reason, detail } => write!(f, "{reason} ({detail})"),
        }
    }
}

/// The result of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every selected ref stands as it should (or would, after a dry run).
    Succeeded,
    /// Some ref was refused, and that was allowed for; or one stays that is not as at the source.
    SucceededWithIssues,
    /// Some ref does not.
    Failed,
}

/// Number of updates of each kind that were done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Refs that are new at the destination.
    pub created: usize,
    /// Refs that moved.
    pub updated: usize,
    /// Refs that are gone.
    pub deleted: usize,
    /// Refs that the destination refused, or whose host cannot take them.
    pub rejected: usize,
    /// Other refs that do not stand as they should.
    pub not_done: usize,
}

impl Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            created: self.created + other.created,
            updated: self.updated + other.updated,
            deleted: self.deleted + other.deleted,
            rejected: self.rejected + other.rejected,
            not_done: self.not_done + other.not_done,
        }
    }
}

impl Report {
    /// Reports a plan that was not carried out: nothing to do, or a dry run.
    pub fn without_push(plan: Plan) -> Self {
        let planned = |update| RefOutcome { update, outcome: Outcome::Planned };
        let unsupported = plan.unsupported.into_iter().map(RefOutcome::from);
        let changes = plan.pushes.into_iter().flatten().chain(plan.expired);
        Self {
            outcomes: changes.map(planned).chain(unsupported).collect(),
            unchanged: plan.unchanged,
            kept: plan.kept,
            taken: plan.taken,
            contradicted: 0,
            pack_bytes: 0,
            pack_time: Duration::ZERO,
            push_size: PushSize::default(),
            divided: None,
            interruption: None,
        }
    }

    /// Returns the report of a run that took two attempts, the later of which ended with this list of the
    /// destination's refs: what the earlier did, or a push of its that was applied after all, stays done.
    #[must_use]
    pub fn after(self, earlier: &Self, destination: &RefList) -> Self {
        let again: HashSet<&RefName> = self.outcomes.iter().map(|ref_| ref_.update.name()).collect();
        let stands = |update: &RefUpdate| destination.get(update.name()) == update.new_id();
        // What somebody else moved into place is not this run's work; what the source has dropped meanwhile is none.
        let is_ours =
            |ref_: &&RefOutcome| ref_.outcome != Outcome::ChangedConcurrently && stands(&ref_.update);
        let earlier_outcomes = earlier.outcomes.iter().filter(|ref_| !again.contains(ref_.update.name()));
        let mut taken: Vec<_> =
            earlier.taken.iter().filter(|taken| !again.contains(&taken.name)).cloned().collect();
        let named: HashSet<RefName> = self.taken.iter().map(|taken| taken.name.clone()).collect();
        taken.retain(|taken| !named.contains(&taken.name));
        let mut outcomes: Vec<_> = earlier_outcomes
            .filter(is_ours)
            .map(|ref_| RefOutcome { update: ref_.update.clone(), outcome: Outcome::Done })
            .collect();
        outcomes.extend(self.outcomes);
        taken.extend(self.taken);
        let pack_bytes = earlier.pack_bytes + self.pack_bytes;
        let pack_time = earlier.pack_time + self.pack_time;
        // What the first attempt did is equal already to the second.
        let divided = self.divided.or(earlier.divided);
        Self { outcomes, taken, unchanged: earlier.unchanged, pack_bytes, pack_time, divided, ..self }
    }

    /// Returns the report of a run whose later attempt did not get as far as a plan.
    #[must_use]
    pub fn interrupted_again(self, errors: Vec<Error>) -> Self {
        let interruption = errors.into_iter().next().or(self.interruption);
        Self { interruption, ..self }
    }

    /// Requires that every ref stands as it should, where a part is of no use.
    ///
    /// # Errors
    /// The error that broke the push off, or else one that names the first ref which does not, with [`Phase::Push`].
    pub fn require_all(self, label: &RemoteLabel) -> Result<(), Error> {
        let is_open = |ref_: &&RefOutcome| !matches!(ref_.outcome, Outcome::Done | Outcome::Planned);
        let Some(first) = self.outcomes.iter().find(is_open) else {
            // A dry run leaves no ref open, and yet can find what would end the mirror.
            return self.interruption.map_or(Ok(()), Err);
        };
        let name = first.update.name();
        let refused = |why: &dyn fmt::Display| format!("it refused '{name}': {why}");
        let failure = match &first.outcome {
            Outcome::Rejected(Refusal { reason, kind, .. }) => match reason {
                Reason::Said(text) => {
                    let failure = Failure::new(ErrorKind::Refused, format!("it refused '{name}'"));
                    failure.with_remote(Some(text.clone()))
                }
                Reason::NoReport(_) => Failure::new(kind.unwrap_or(ErrorKind::Refused), refused(reason)),
                Reason::Own { reason: own, .. } => Failure::new(ErrorKind::Rejected(*own), refused(reason)),
            },
            Outcome::Unsupported(violation) => Failure::new(ErrorKind::Refused, refused(violation)),
            _ => Failure::new(ErrorKind::Stale, format!("'{name}' is not done")),
        };
        Err(self.interruption.unwrap_or_else(|| label.error(Phase::Push, failure)))
    }

    /// Tells whether the destination's default branch was kept, which the source does not have.
    pub fn keeps_default_branch(&self) -> bool {
        self.kept.iter().any(|kept| {
            kept.difference == Difference::Extra && matches!(kept.reason, KeptReason::DefaultBranch)
        })
    }

    /// Tells whether a part of the history of some ref came, from which the next attempt goes on.
    pub fn came_in_part(&self) -> bool {
        self.outcomes.iter().any(|ref_| matches!(ref_.outcome, Outcome::InPart(_)))
    }

    /// Counts what was done; planned updates of a dry run count as not done.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for RefOutcome { update, outcome } in &self.outcomes {
            match (outcome, update) {
                (Outcome::Planned, _) => {}
                (Outcome::Done, RefUpdate::Create { .. }) => counts.created += 1,
                (Outcome::Done, RefUpdate::Update { .. }) => counts.updated += 1,
                (Outcome::Done, RefUpdate::Delete { .. }) => counts.deleted += 1,
                (Outcome::Rejected(_) | Outcome::Unsupported(_), _) => counts.rejected += 1,
                (
                    Outcome::ChangedConcurrently
                    | Outcome::ReportedButUnchanged
                    | Outcome::Unknown
                    | Outcome::NotPushed
                    | Outcome::InPart(_),
                    _,
                ) => counts.not_done += 1,
            }
        }
        counts
    }

    /// Tells how the run ended.
    pub fn verdict(&self, refused: RejectedRefs) -> Verdict {
        let Counts { rejected, not_done, .. } = self.counts();
        match (rejected, not_done, refused) {
            // In a dry run nothing is left undone, and yet the mirror would end with it.
            (0, 0, _) if self.interruption.is_some() => Verdict::Failed,
            (0, 0, _) if !self.kept.is_empty() => Verdict::SucceededWithIssues,
            (0, 0, _) => Verdict::Succeeded,
            (_, 0, RejectedRefs::Warn) if self.interruption.is_none() => Verdict::SucceededWithIssues,
            _ => Verdict::Failed,
        }
    }
}

/// The meaning of refs that the destination refused, after everything else was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RejectedRefs {
    /// The run failed.
    Fail,
    /// The run succeeded with issues.
    Warn,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::testing::{id, list, name};

    fn report(outcomes: &[(&str, Outcome)], unchanged: usize) -> Report {
        let outcome = |(ref_name, outcome): &(&str, Outcome)| RefOutcome {
            update: RefUpdate::Create { name: name(ref_name), new: id(1) },
            outcome: outcome.clone(),
        };
        let outcomes = outcomes.iter().map(outcome).collect();
        Report {
            outcomes,
            unchanged,
            kept: Vec::new(),
            taken: Vec::new(),
            contradicted: 0,
            pack_bytes: 100,
            pack_time: Duration::from_secs(1),
            push_size: PushSize::default(),
            divided: None,
            interruption: None,
        }
    }

    #[test]
    fn the_first_missing_ref_is_the_error_where_all_are_needed() {
        let label = RemoteLabel::clone_directory("/srv/app.git");
        let refused = Outcome::Rejected(Refusal { reason: "no".into(), remote: "".into(), kind: None });
        assert_eq!(report(&[("refs/heads/a", Outcome::Done)], 1).require_all(&label), Ok(()));
        let some = report(&[("refs/heads/a", Outcome::Done), ("refs/heads/b", refused)], 0);
        let error = some.require_all(&label).unwrap_err();
        assert_eq!((error.failure.kind, error.failure.remote.as_deref()), (ErrorKind::Refused, Some("no")));
        let own = Reason::Own { reason: RejectReason::CheckedOut, detail: String::new() };
        let refused = Outcome::Rejected(Refusal { reason: own, remote: "".into(), kind: None });
        let failure = report(&[("refs/heads/b", refused)], 0).require_all(&label).unwrap_err().failure;
        assert_eq!((failure.kind, failure.remote), (ErrorKind::Rejected(RejectReason::CheckedOut), None));
    }

    #[test]
    fn a_ref_that_is_missing_is_named_in_words() {
        let label = RemoteLabel::clone_directory("/srv/app.git");
        let refused = Outcome::Rejected(Refusal { reason: "no".into(), remote: "".into(), kind: None });
        let error = report(&[("refs/heads/b", refused)], 0).require_all(&label).unwrap_err();
        assert!(error.to_string().ends_with("it refused 'refs/heads/b'"), "{error}");
    }

    #[test]
    fn refused_refs_alone_can_be_allowed_for() {
        let refused = Outcome::Rejected(Refusal { reason: "no".into(), remote: "".into(), kind: None });
        let only_refused = report(&[("refs/heads/a", Outcome::Done), ("refs/heads/b", refused.clone())], 0);
        assert_eq!(only_refused.verdict(RejectedRefs::Warn), Verdict::SucceededWithIssues);
        assert_eq!(only_refused.verdict(RejectedRefs::Fail), Verdict::Failed);
        let not_sent = report(&[("refs/heads/a", Outcome::NotPushed), ("refs/heads/b", refused)], 0);
        assert_eq!(not_sent.verdict(RejectedRefs::Warn), Verdict::Failed);
        assert_eq!(not_sent.counts(), Counts { rejected: 1, not_done: 1, ..Counts::default() });
    }

    #[test]
    fn a_dry_run_fails_where_the_mirror_would() {
        let label = RemoteLabel::clone_directory("/srv/app.git");
        let lost = label.error(Phase::Lfs, Failure::new(ErrorKind::Interrupted, "lost"));
        let planned = report(&[("refs/heads/a", Outcome::Planned)], 0);
        assert_eq!(planned.verdict(RejectedRefs::Fail), Verdict::Succeeded);
        let failed = Report { interruption: Some(lost.clone()), ..planned };
        assert_eq!(failed.verdict(RejectedRefs::Warn), Verdict::Failed);
        assert_eq!(failed.require_all(&label), Err(lost));
    }

    #[test]
    fn a_push_that_was_applied_after_its_listing_counts_as_done() {
        let first = report(&[("refs/heads/a", Outcome::NotPushed), ("refs/heads/b", Outcome::Unknown)], 0);
        let both = report(&[], 2).after(&first, &list(&[("refs/heads/a", 1), ("refs/heads/b", 1)]));
        assert_eq!(both.counts(), Counts { created: 2, ..Counts::default() });
        assert_eq!((both.unchanged, both.verdict(RejectedRefs::Fail)), (0, Verdict::Succeeded));
    }

    #[test]
    fn a_ref_dropped_between_attempts_is_not_done() {
        let first = report(&[("refs/heads/a", Outcome::Done), ("refs/heads/gone", Outcome::NotPushed)], 0);
        let both = report(&[], 1).after(&first, &list(&[("refs/heads/a", 1)]));
        assert_eq!(both.counts(), Counts { created: 1, ..Counts::default() });
        assert_eq!(both.verdict(RejectedRefs::Fail), Verdict::Succeeded);
    }

    #[test]
    fn what_somebody_else_moved_into_place_is_not_counted_as_done() {
        let moved = report(&[("refs/heads/a", Outcome::ChangedConcurrently)], 0);
        let both = report(&[], 1).after(&moved, &list(&[("refs/heads/a", 1)]));
        assert_eq!(both.counts(), Counts::default());
    }

    #[test]
    fn an_earlier_attempt_keeps_what_it_did() {
        let first = report(&[("refs/heads/a", Outcome::Done), ("refs/heads/b", Outcome::NotPushed)], 5);
        let second = report(&[("refs/heads/b", Outcome::Done)], 6);
        let both = second.after(&first, &list(&[("refs/heads/a", 1), ("refs/heads/b", 1)]));
        assert_eq!(both.counts(), Counts { created: 2, ..Counts::default() });
        assert_eq!(
            (both.unchanged, both.pack_bytes, both.verdict(RejectedRefs::Fail)),
            (5, 200, Verdict::Succeeded)
        );
    }
}
