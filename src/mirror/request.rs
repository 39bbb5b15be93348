//! Which objects to ask the source for: what the updates name and the destination lacks.

use std::collections::HashSet;
use std::fmt;

use super::ports::Destination;
use crate::protocol::advertisement::History;
use crate::protocol::fetch::{FetchRequest, ThinPack};
use crate::protocol::object_id::ObjectId;
use crate::protocol::receive_pack::RefUpdate;

/// The most haves of one request: about 1 MiB of it. Leaving some out only makes the pack larger.
const MAX_HAVES: usize = 20_000;

/// How much a pack leans on objects that the destination should have. By Git's rules it has them; a broken
/// repository, or one that shares a pool of objects, may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leaning {
    /// Deltas against them, if the destination completes such packs.
    ThinPack,
    /// They are left out, but nothing is a delta against them.
    Haves,
    /// Everything that the wanted objects reach is sent.
    Nothing,
}

impl fmt::Display for Leaning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ThinPack => "the bases of deltas for granted there",
            Self::Haves => "history for granted there, but no bases of deltas",
            Self::Nothing => "nothing for granted there",
        })
    }
}

impl Leaning {
    /// Returns the next safer one.
    pub(super) fn less(self) -> Option<Self> {
        match self {
            Self::ThinPack => Some(Self::Haves),
            Self::Haves => Some(Self::Nothing),
            Self::Nothing => None,
        }
    }
}

/// Makes the request for some updates; none if the destination lacks nothing. `arrived` are objects that
/// came since its refs were listed.
pub(super) fn make(
    destination: &dyn Destination,
    updates: &[RefUpdate],
    arrived: &[ObjectId],
    leaning: Leaning,
) -> Option<FetchRequest> {
    let haves = match (destination.info().history, leaning) {
        (History::Complete, Leaning::ThinPack | Leaning::Haves) => haves(destination, updates, arrived),
        // The tips of a shallow repository promise history that it does not have.
        (History::Shallow, _) | (_, Leaning::Nothing) => Vec::new(),
    };
    let thin_pack = match leaning {
        Leaning::ThinPack if !haves.is_empty() => destination.info().thin_pack,
        _ => ThinPack::Forbidden,
    };
    let mut known: HashSet<ObjectId> = haves.iter().copied().collect();
    let wants: Vec<_> = updates.iter().filter_map(RefUpdate::new_id).filter(|id| known.insert(*id)).collect();
    let haves = haves.into_iter().take(MAX_HAVES).collect();
    let delta_base = destination.info().delta_base;
    let request = FetchRequest { haves, thin_pack, delta_base, ..FetchRequest::new(wants) };
    (!request.wants.is_empty()).then_some(request)
}

/// Returns what the destination has, the likeliest bases first: what is being replaced, what has just
/// arrived, branches, everything else.
fn haves(destination: &dyn Destination, updates: &[RefUpdate], arrived: &[ObjectId]) -> Vec<ObjectId> {
    let refs = &destination.info().refs;
    let (branches, others): (Vec<_>, Vec<_>) = refs.refs().iter().partition(|listed| listed.name.is_branch());
    let tips = branches.into_iter().chain(others).map(|listed| listed.id);
    let mut seen = HashSet::new();
    updates
        .iter()
        .filter_map(RefUpdate::old)
        .chain(arrived.iter().copied())
        .chain(tips)
        .chain(refs.haves().iter().copied())
        .filter(|id| seen.insert(*id))
        .collect()
}
