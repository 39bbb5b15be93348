//! Describes pushes: the updates of each, its form, and its outcome.
//!
//! ```text
//!  plan.pushes ─► queue ─► Task::Push    ─► relay (moves the bytes)  ─► PushOutcome ─┐
//!                   ▲      Task::Measure ─► source.count             ─► commits     ─┤
//!                   │      Task::Cut     ─► cut (asks the source)    ─► commits     ─┤
//!                   └────────────────────────────────────────────────────────────────┘
//! ```
//!
//! The queue decides and does no I/O, so that each of its rules is a test without repositories.

pub(super) mod queue;
pub(crate) mod rejection;
pub(super) mod request;
pub(super) mod results;
pub(super) mod transient;

pub(super) mod chain;
pub(super) mod first;

mod bisect_budget;
mod damage;
mod division;
mod give_up;
mod outcomes;
mod parts;
mod repository_refusal;
mod size_order;
mod sizes;
mod steps;

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use crate::error::{Error, Indivisible};
use crate::protocol::fetch::ThinPack;
use crate::protocol::object_id::ObjectId;
use crate::protocol::receive_pack::RefUpdate;
use crate::protocol::ref_name::RefName;
use crate::protocol::report_status::ReportStatus;

/// The next thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Task {
    /// Ask the source how many commits a push brings.
    Measure(Push),
    /// Look for commits at which the history of its one ref is cut.
    Cut(Push, Cuts),
    /// Make a push.
    Push(Push),
}

/// The commits to look for, of a history that is to come in about so many parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cuts {
    /// The one that ends the oldest part: the others follow when it is known what that weighs.
    Oldest(NonZeroU32),
    /// Each of them.
    Each(NonZeroU32),
}

/// Some updates, and the form in which their pack goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Push {
    pub(super) updates: Vec<RefUpdate>,
    /// Objects that its pack brings for a later push, beside those of its own updates.
    pub(super) for_later: Vec<ObjectId>,
    pub(super) base: PackBase,
    pub(super) delivery: Delivery,
    pub(super) extent: Extent,
    pub(super) bound: Bound,
    /// The ref of the plan towards which it is a step; none where it is no step.
    pub(super) step_of: Option<RefName>,
}

/// The extent of a push, as far as it is known before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// Nobody has asked.
    Unknown,
    /// It brings so many commits and annotated tags.
    Commits(u32),
    /// The push before it and this one bring so many.
    CommitsWithPrevious(u32),
    /// It brings about so many, by its share of refs. The header of its pack tells.
    Estimated(u32),
    /// The source does not tell: only its pack does.
    NotTold,
    /// It was looked at, and cannot be cut, for this reason.
    Indivisible(Indivisible),
}

/// The most that a push may be. One that turns out to be more is ended, such that nothing is applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bound {
    /// The bytes of its pack.
    pub(super) bytes: Option<u64>,
    /// The objects of its pack: with more it is not begun.
    pub(super) objects: Option<u32>,
}

/// The objects that a pack leaves out since the destination should have them. By Git's rules it has them; a broken
/// repository, or one that shares a pool of objects, may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PackBase {
    /// All that its updates name: an earlier pack brought it. The pack is empty.
    EarlierPack,
    /// Those that the destination's refs reach, also as bases of deltas, if it completes such packs.
    ThinPack,
    /// The same, but nothing is a delta against them.
    SharedHistory,
    /// None: everything that the wanted objects reach is sent.
    SelfContained,
}

impl PackBase {
    /// Returns the next one that takes less for granted.
    pub(super) fn weaker(self) -> Option<Self> {
        match self {
            Self::EarlierPack => Some(Self::ThinPack),
            Self::ThinPack => Some(Self::SharedHistory),
            Self::SharedHistory => Some(Self::SelfContained),
            Self::SelfContained => None,
        }
    }
}

/// The way of a pack to the destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Delivery {
    /// As it comes.
    Streamed,
    /// Through a temporary file: at the source's pace first, then at full speed and with its length.
    Spooled,
}

impl Push {
    /// Returns the push that is tried first.
    pub(super) fn new(updates: Vec<RefUpdate>) -> Self {
        Self {
            updates,
            for_later: Vec::new(),
            base: PackBase::ThinPack,
            delivery: Delivery::Streamed,
            extent: Extent::Unknown,
            bound: Bound::default(),
            step_of: None,
        }
    }

    /// Returns the same form with other updates, of an extent that is not known.
    pub(super) fn with(&self, updates: Vec<RefUpdate>) -> Self {
        let Self { base, delivery, bound, .. } = *self;
        Self { base, delivery, bound, step_of: self.step_of.clone(), ..Self::new(updates) }
    }

    /// Returns the objects that its refs shall name.
    pub(super) fn new_ids(&self) -> impl Iterator<Item = ObjectId> {
        self.updates.iter().filter_map(RefUpdate::new_id)
    }
}

impl fmt::Display for Push {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { updates, base, delivery, .. } = self;
        write!(f, "push of {} refs ({base:?}, {delivery:?})", updates.len())
    }
}

/// The outcome of one push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PushOutcome {
    pub(super) ended: PushEnd,
    pub(super) pack: SentPack,
}

/// The end of a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PushEnd {
    /// The destination reported what it did.
    Reported(ReportStatus),
    /// It gives no reports; only the listing tells what it did.
    Unreported,
    /// One of the two sides broke it off.
    Failed(Error),
    /// The gate kept the pack's trailer back: nothing was applied, and neither side is the cause.
    Aborted,
    /// The pack has more objects than its bound: nothing was sent.
    TooManyObjects,
    /// The pack reached the bytes of its bound, and was ended there: nothing was applied.
    BoundReached,
}

/// The pack of a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SentPack {
    /// The number of its bytes that came through.
    pub(super) bytes: u64,
    /// The number of its objects, as its header tells; 0 where none came.
    pub(super) objects: u32,
    /// The time that they took.
    pub(super) took: Duration,
    /// The permission for deltas against objects that it lacks.
    pub(super) thin: ThinPack,
    pub(super) progress: PackProgress,
}

impl SentPack {
    /// The pack of a push that needs none from the source.
    pub(super) const NONE: Self = Self {
        bytes: 0,
        objects: 0,
        took: Duration::ZERO,
        thin: ThinPack::Forbidden,
        progress: PackProgress::Complete,
    };

    /// The pack that the source did not give.
    pub(super) const SOURCE_FAILED: Self = Self { progress: PackProgress::SourceFailed, ..Self::NONE };
}

/// The progress of a pack when its push ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PackProgress {
    /// All of it went out, or none was needed.
    Complete,
    /// The source did not give all of it.
    SourceFailed,
    /// The destination ended the push before that.
    Partial,
    /// It did, and had been kept waiting for the source.
    SourceStalled,
    /// It took nothing for a while, and then one of the two ended the exchange.
    DestinationStalled,
}
