//! What a run did, as plain data.

use super::plan::Plan;
use crate::error::Error;
use crate::protocol::receive_pack::RefUpdate;
use crate::protocol::ref_list::Symref;

/// The outcome of a run. Each planned update has exactly one outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The planned updates in the order of the plan, then what somebody else changed meanwhile.
    pub outcomes: Vec<RefOutcome>,
    /// Selected refs that were equal already.
    pub unchanged: usize,
    /// Symbolic refs of the destination that were left alone.
    pub kept: Vec<Symref>,
    /// Bytes of pack that were relayed.
    pub pack_bytes: u64,
    /// What broke the push off, if that kept a ref from its place.
    pub interruption: Option<Error>,
}

/// One ref and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefOutcome {
    /// What was to be done.
    pub update: RefUpdate,
    /// What was done.
    pub outcome: Outcome,
}

/// What became of one ref.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing was tried: a dry run.
    Planned,
    /// The destination lists it as it should be.
    Done,
    /// The destination refused, and lists it as before.
    Rejected(Refusal),
    /// Somebody else changed it during the run.
    MovedMeanwhile,
    /// The destination reported success and lists it as before.
    Contradicted,
    /// The run broke off before the destination took it, or no report came; it is listed as before.
    NotSent,
}

/// Why a ref was refused; from outside and not neutralised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The reason that the report gives.
    pub reason: String,
    /// What the server said to people during that push.
    pub remote: String,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every selected ref stands as it should (or would, after a dry run).
    Succeeded,
    /// Some ref does not.
    Failed,
}

/// How many updates of each kind were done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Refs that are new at the destination.
    pub created: usize,
    /// Refs that moved.
    pub updated: usize,
    /// Refs that are gone.
    pub deleted: usize,
    /// Refs that do not stand as they should.
    pub rejected: usize,
}

impl Report {
    /// Reports a plan that was not carried out: nothing to do, or a dry run.
    pub fn without_push(plan: Plan) -> Self {
        let planned = |update| RefOutcome { update, outcome: Outcome::Planned };
        Self {
            outcomes: plan.pushes.into_iter().flatten().map(planned).collect(),
            unchanged: plan.unchanged,
            kept: plan.kept,
            pack_bytes: 0,
            interruption: None,
        }
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
                _ => counts.rejected += 1,
            }
        }
        counts
    }

    /// Tells how the run ended.
    pub fn verdict(&self) -> Verdict {
        if self.counts().rejected == 0 { Verdict::Succeeded } else { Verdict::Failed }
    }
}
