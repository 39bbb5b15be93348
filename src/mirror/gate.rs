//! The gate before a pack's trailer: the last moment to keep a push from being applied.

/// A gate that decides whether a pack may be completed. The objects that a push brings can need something that goes
/// by another way and must be there before the refs that need it.
pub trait TrailerGate {
    /// Decides when everything of a pack went through but its trailer, and what went through is known to be right. The
    /// destination waits meanwhile, and servers are seen to wait no longer than 60 s; where the pack goes through a
    /// temporary file, nothing has been sent yet.
    fn before_trailer(&mut self, _pack: PackSummary) -> Gate {
        Gate::Release
    }
}

/// A pack, as far as it is known before its trailer goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackSummary {
    /// Its bytes, the trailer included.
    pub bytes: u64,
}

/// The decision on a trailer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// The pack is completed, and the destination applies the push.
    Release,
    /// The push is ended, such that nothing is applied, and made again with a pack of its own.
    Abort,
}

/// A gate that lets every trailer go.
#[derive(Clone, Copy, Debug, Default)]
pub struct OpenGate;

impl TrailerGate for OpenGate {}
