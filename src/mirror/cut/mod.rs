//! Asks the source how large a push is, and where the history of its ref can be cut. No object is read: the answers are
//! numbers of objects, from the header of a pack, and the commits at which a depth cuts history.

mod search;

use super::ancestry;
use super::ports::{DepthSupport, Destination, Filters, Source};
use super::push::chain::{Cut, Step, Way};
use super::push::queue::PushQueue;
use super::push::{Cuts, Extent, Push, request};
use super::relay::Relay;
use super::reserved::TEMPORARY_BRANCHES;
use crate::error::Indivisible;
use crate::protocol::object_id::ObjectId;
use crate::protocol::receive_pack::RefUpdate;
use crate::protocol::ref_list::AdvertisedRef;
use crate::protocol::ref_name::RefName;
use search::Search;

/// The most temporary branches of which a free name is looked for.
const MOST_TEMPORARY: u32 = 10_000;

/// Returns the number of commits and annotated tags that a push brings; none where the source does not tell.
pub(super) fn commits(
    source: &mut dyn Source,
    destination: &dyn Destination,
    push: &Push,
    arrived: &[ObjectId],
) -> Option<u32> {
    let Some(request) = request::for_push(destination, push, arrived) else { return Some(0) };
    if source.info().filters == Filters::NotOffered {
        return None;
    }
    ancestry::count(source, &request.wants, &request.haves)
}

/// Looks for the commits at which the history of a push's one new value is cut.
pub(super) fn cut(relay: &mut Relay<'_>, push: &Push, queue: &PushQueue, cuts: Cuts) -> Cut {
    let arrived = queue.arrived();
    let Relay { source, destination, job, .. } = relay;
    let (source, destination, cancel) = (&mut **source, &**destination, job.cancel);
    let Some(request) = request::for_push(destination, push, arrived) else {
        return Cut::Nowhere(Indivisible::OneCommit);
    };
    let Some(update) = push.updates.iter().find(|update| update.new_id().is_some()) else {
        return Cut::Nowhere(Indivisible::NoCuts);
    };
    let Some(tip) = update.new_id() else { return Cut::Nowhere(Indivisible::NoCuts) };
    let (way, other) = match ways(source, destination, push, update, queue)[..] {
        [] => return Cut::Nowhere(Indivisible::NoCuts),
        [ref way] => (way.clone(), Indivisible::OneCommit),
        // Whole it may be small enough, and needs no branch.
        [ref itself, ref temporary, ..] => match push.extent {
            Extent::Indivisible(Indivisible::Merge) => (temporary.clone(), Indivisible::OneCommit),
            _ => (itself.clone(), Indivisible::Merge),
        },
    };
    let total = match push.extent {
        Extent::Commits(commits) => Some(commits),
        Extent::NotTold => None,
        _ => commits(source, destination, push, arrived),
    };
    let reason = match source.info().depth {
        DepthSupport::None => Indivisible::NoCuts,
        // Nothing is beside it, so it is not tried twice.
        _ if total == Some(1) => Indivisible::OneCommit,
        DepthSupport::Commits | DepthSupport::CommitsAndTime => other,
    };
    // The ref itself must only move forward. What a merge brings beside has no place that holds its value.
    let held = update.old_id().filter(|_| way == Way::Itself);
    let mut search = Search::new(source, request.haves, held, cancel);
    let steps = match (total, cuts) {
        (None, _) => {
            search.middle(tip).map(|commit| (vec![Step { commit, extent: Extent::NotTold }], Extent::NotTold))
        }
        (Some(total), Cuts::Oldest(parts)) => search.oldest(tip, total, parts),
        (Some(total), Cuts::Each(parts)) => search.each(tip, total, parts),
    };
    let cut = steps.map_or(Cut::Nowhere(reason), |(steps, rest)| Cut::At { steps, rest, way });
    log::debug!("{push}: {cut:?}");
    cut
}

/// Returns the refs that could take the steps, the best first.
fn ways(
    source: &mut dyn Source,
    destination: &dyn Destination,
    push: &Push,
    update: &RefUpdate,
    queue: &PushQueue,
) -> Vec<Way> {
    let itself = match update {
        _ if !update.name().is_branch() => None,
        // It leaves nothing behind, wherever it goes.
        RefUpdate::Create { .. } => return vec![Way::Itself],
        RefUpdate::Update { old, new, .. } => {
            ancestry::is_reached(source, &[*old], &[*new]).then_some(Way::Itself)
        }
        RefUpdate::Delete { .. } => return Vec::new(),
    };
    itself.into_iter().chain(temporary(&*source, destination, push, queue)).collect()
}

/// Returns a temporary branch that nobody has, if the repository has a branch: an empty one would take it as its default one.
fn temporary(
    source: &dyn Source,
    destination: &dyn Destination,
    push: &Push,
    queue: &PushQueue,
) -> Option<Way> {
    let refs = &destination.info().refs;
    let of_source = &source.info().refs;
    let has_arrived =
        |listed: &AdvertisedRef| listed.name.is_branch() && queue.arrived().contains(&listed.id);
    let has_step = |update: &RefUpdate| update.name().is_branch() && update.old_id().is_some();
    let has_branch = refs.refs().iter().any(|listed| listed.name.is_branch())
        || of_source.refs().iter().any(has_arrived)
        || push.updates.iter().any(has_step);
    let name = |number| RefName::new(format!("{TEMPORARY_BRANCHES}{number}").as_bytes());
    // Others go in the same push, are still to come, or stand there since what followed was refused.
    let is_used =
        |name: &RefName| push.updates.iter().any(|update| update.name() == name) || queue.uses(name);
    let is_free =
        |name: &RefName| refs.get(name).is_none() && of_source.get(name).is_none() && !is_used(name);
    let free = || (1..MOST_TEMPORARY).find_map(|number| name(number).filter(is_free));
    has_branch.then(free).flatten().map(Way::Temporary)
}
