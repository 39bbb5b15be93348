//! Describes pushes: the updates of each, its form, and its outcome.
//!
//! ```text
//!  plan.pushes ─► queue ─► Push ─► relay (moves the bytes)
//!                   ▲                 │
//!                   └── PushOutcome ◄─┘
//! ```
//!
//! The queue decides and does no I/O, so that each of its rules is a test without repositories.

pub(super) mod queue;
pub(crate) mod rejection;
pub(super) mod request;
pub(super) mod results;
pub(super) mod transient;

mod bisect_budget;
mod damage;
mod give_up;
mod parts;
mod repository_refusal;

use std::fmt;
use std::time::Duration;

use crate::error::Error;
use crate::protocol::fetch::ThinPack;
use crate::protocol::receive_pack::RefUpdate;
use crate::protocol::report_status::ReportStatus;

/// Some updates, and the form in which their pack goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Push {
    pub(super) updates: Vec<RefUpdate>,
    pub(super) base: PackBase,
    pub(super) delivery: Delivery,
}

/// The objects that a pack leaves out since the destination should have them. By Git's rules it has them; a broken
/// repository, or one that shares a pool of objects, may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PackBase {
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
        Self { updates, base: PackBase::ThinPack, delivery: Delivery::Streamed }
    }

    /// Returns the same form with other updates.
    pub(super) fn with(&self, updates: Vec<RefUpdate>) -> Self {
        Self { updates, ..*self }
    }
}

impl fmt::Display for Push {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { updates, base, delivery } = self;
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
}

/// The pack of a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SentPack {
    /// The number of its bytes that came through.
    pub(super) bytes: u64,
    /// The time that they took.
    pub(super) took: Duration,
    /// The permission for deltas against objects that it lacks.
    pub(super) thin: ThinPack,
    pub(super) progress: PackProgress,
}

impl SentPack {
    /// The pack of a push that needs none from the source.
    pub(super) const NONE: Self =
        Self { bytes: 0, took: Duration::ZERO, thin: ThinPack::Forbidden, progress: PackProgress::Complete };

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
