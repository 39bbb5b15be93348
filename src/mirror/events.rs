//! The events of a run, told as they happen. This is the only way by which the text of a server reaches the log.

use std::fmt;
use std::time::Duration;

use super::plan::Plan;
use super::push_size::Limit;
use super::report::Report;
use crate::error::{Error, Phase, RemoteLabel, Side};

/// Takes the events of a run. Nothing goes back: no step waits for an answer, or reads what was made of an event.
pub trait Events: Send + Sync {
    /// Takes one event; may be called from several threads at once.
    fn on(&self, event: Event<'_>);
}

impl fmt::Debug for dyn Events + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Events")
    }
}

/// The state of a copy of LFS objects; in a dry run, of the copy that would be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CopyProgress {
    /// The objects that arrived.
    pub copied: u64,
    /// The objects that need to be copied, together with those.
    pub needed: u64,
    /// The number of objects of which it is not known yet, and that count as needed.
    pub unasked: u64,
    /// The bytes of the objects that arrived, and those that went through of others.
    pub moved: u64,
    /// The bytes that are left.
    pub left: u64,
    /// The time since the first object began.
    pub took: Duration,
}

/// Something that happened.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// The source is mirrored to this destination from now on. The events up to the next of this kind are about it.
    MirrorStarted {
        /// The repository that is written.
        destination: &'a RemoteLabel,
    },
    /// A step begins.
    Started(Phase),
    /// A side has listed its refs, or failed.
    Answered(Side),
    /// A server, or a program between it and this one, sent text for people.
    ServerText {
        /// The repository that it is about.
        side: Side,
        /// The text, not sanitized and possibly cut anywhere.
        text: &'a [u8],
    },
    /// The plan is made.
    Planned(&'a Plan),
    /// The policy does not allow this plan, which is not carried out.
    PlanRefused(&'a Plan),
    /// The symbolic refs of the destination are not known, since it may not be read.
    SymrefsUnknown(&'a Error),
    /// The destination is a folder with hooks, which Git would run at a push.
    HooksNotRun {
        /// The destination.
        destination: &'a RemoteLabel,
        /// The names of the hooks.
        hooks: &'a [&'a str],
    },
    /// The source is asked for a pack. The one before it, if any, is over, whether or not it was sent to its end.
    PackRequested,
    /// The source is waited for, to begin the pack or to send more of it.
    PackAwaited,
    /// A pack begins to come.
    PackBegun {
        /// The number of its objects, as its header tells.
        objects: u32,
    },
    /// More of a pack went through.
    Relayed {
        /// Its bytes, without those of earlier events.
        bytes: u64,
        /// The number of its objects that are still to come, where they are counted.
        objects_left: Option<u32>,
        /// The time since the piece before it, or since the source began to answer.
        took: Duration,
    },
    /// LFS objects are on their way. Told as they come, and within each.
    CopyingObjects(CopyProgress),
    /// That is over: all of them arrived, or what ended it follows.
    ObjectsCopied(CopyProgress),
    /// The whole pack is sent; the destination's report follows.
    Sent,
    /// A push did not go through as a whole, and is sent again in parts.
    Split {
        /// Side of the cause: a source that cannot give all of the pack, or a destination that refused it.
        cause: Side,
        /// Number of updates that the push held.
        updates: usize,
    },
    /// A push is divided, since the destination takes no larger ones. Told again when that limit turns out to be another.
    Divided(Limit),
    /// This broke the pushes off, or the listing after them.
    Interrupted(&'a Error),
    /// The destination does not list yet what it reported as done, and is listed again.
    Lagging {
        /// Number of refs that are not listed as reported.
        refs: usize,
        /// The longest time for which it is listed again.
        longest: Duration,
    },
    /// The destination was listed again, and this is what it shows.
    Verified(&'a Report),
    /// An attempt is over: no server is waited for.
    AttemptEnded,
}
