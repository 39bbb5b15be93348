//! Asks the source for what the updates of a push name and the destination lacks.

use std::collections::HashSet;

use super::{PackBase, Push};
use crate::mirror::ports::Destination;
use crate::protocol::advertisement::History;
use crate::protocol::fetch::{FetchRequest, ThinPack};
use crate::protocol::object_id::ObjectId;
use crate::protocol::receive_pack::RefUpdate;

/// The most haves of one request: about 1 MiB of it. Leaving some out only makes the pack larger.
const MAX_HAVES: usize = 20_000;

/// Returns the request for a push; none if the destination lacks nothing, or has it from an earlier pack. `arrived` are
/// objects that came since its refs were listed.
pub(crate) fn for_push(
    destination: &dyn Destination,
    push: &Push,
    arrived: &[ObjectId],
) -> Option<FetchRequest> {
    let Push { updates, base, .. } = push;
    let haves = match (destination.info().history, base) {
        (History::Complete, PackBase::ThinPack | PackBase::SharedHistory) => {
            haves(destination, updates, arrived)
        }
        // The tips of a shallow repository promise history that it does not have.
        (History::Shallow, _) | (_, PackBase::SelfContained) => Vec::new(),
        (_, PackBase::EarlierPack) => return None,
    };
    let thin_pack = match base {
        PackBase::ThinPack if !haves.is_empty() => destination.info().thin_pack,
        _ => ThinPack::Forbidden,
    };
    // Each want once, and none that the destination has.
    let mut known: HashSet<ObjectId> = haves.iter().copied().collect();
    let wants = push.new_ids().chain(push.for_later.iter().copied()).filter(|id| known.insert(*id)).collect();
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
        .filter_map(RefUpdate::old_id)
        .chain(arrived.iter().copied())
        .chain(tips)
        .chain(refs.haves().iter().copied())
        .filter(|id| seen.insert(*id))
        .collect()
}
