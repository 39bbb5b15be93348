//! Chooses the way of a first mirror: the fewest packs by which the destination's default branch becomes the source's.

use super::plan::Plan;
use super::ports::{Destination, Refresh, Unreferenced};
use super::push::first::FirstMirror;
use crate::protocol::receive_pack::RefUpdate;
use crate::protocol::ref_name::RefName;

/// Branches that Gitea makes the default one wherever they stand in a push.
const PREFERRED: [&[u8]; 2] = [b"refs/heads/main", b"refs/heads/master"];

/// Returns the branch that a plan creates before all others, so that a host takes it as its default one.
pub(super) fn default_branch(plan: &Plan) -> Option<&RefName> {
    let [first, _] = plan.pushes.as_slice() else { return None };
    let [RefUpdate::Create { name, .. }] = first.as_slice() else { return None };
    name.is_branch().then_some(name)
}

/// Chooses the way of a plan that has such a branch. The destination is asked for its own, which costs one request.
pub(super) fn way(plan: &Plan, destination: &mut dyn Destination) -> FirstMirror {
    let Some(default) = default_branch(plan) else { return FirstMirror::TwoPacks };
    if destination.info().refs.refs().iter().any(|listed| listed.name.is_branch()) {
        return FirstMirror::TwoPacks;
    }
    if let Err(error) = destination.refresh(Refresh::Head) {
        // What cannot be read cannot be read back either.
        log::debug!("its default branch is not known: {error}");
        return FirstMirror::TwoPacks;
    }
    let info = destination.info();
    let is_preferred = |name: &RefName| name != default && PREFERRED.contains(&name.as_bytes());
    if info.refs.head() == Some(default) && !plan.updates().map(RefUpdate::name).any(is_preferred) {
        return FirstMirror::OnePush;
    }
    match info.unreferenced {
        Unreferenced::KeptAndChecked => FirstMirror::OnePack,
        Unreferenced::Unknown => FirstMirror::TwoPacks,
    }
}
