//! The gate of a push: it is told of each pack before it is asked for, sees its bytes, and has the last word before its
//! trailer, the last moment to keep a push from being applied.

use super::ports::Source;
use crate::error::Error;
use crate::protocol::fetch::FetchRequest;
use crate::protocol::object_id::ObjectId;

/// A gate that decides whether a pack may be completed. The objects that a push brings can need something that goes
/// by another way and must be there before the refs that need it.
pub trait TrailerGate {
    /// Does what comes before all pushes, once it is known what would change; also where nothing would.
    ///
    /// # Errors
    /// The error that ends the run: no ref moves.
    fn before_pushes(&mut self, _source: &mut dyn Source) -> Result<(), Error> {
        Ok(())
    }

    /// Prepares for the pack that is asked for next; in a dry run for each that would be. The source can be asked for what the
    /// gate needs to know, and the gate can forbid deltas whose base is not in the pack, which it could not read.
    ///
    /// # Errors
    /// The error that ends the pushes: no ref of this one moves.
    fn before_pack(&mut self, _source: &mut dyn Source, _request: &mut FetchRequest) -> Result<(), Error> {
        Ok(())
    }

    /// Prepares for refs that move without a pack, one of them to this object, which the destination has.
    ///
    /// # Errors
    /// The error that ends the pushes: no ref of this one moves.
    fn before_refs_alone(&mut self, _source: &mut dyn Source, _there: ObjectId) -> Result<(), Error> {
        Ok(())
    }

    /// Sees bytes of the pack as they go out; the last ones before the trailer, too.
    fn on_bytes(&mut self, _bytes: &[u8]) {}

    /// Returns how many objects of the pack it has not seen yet; none where it does not count them.
    fn objects_left(&self) -> Option<u32> {
        None
    }

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
