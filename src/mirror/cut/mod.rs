//! Asks the source how large a push is, and where the history of its ref can be cut. No object is read: the answers are
//! numbers of objects, from the header of a pack, and the commits at which a depth cuts history.

mod search;

use super::ports::{DepthSupport, Destination, Filters, Source};
use super::push::chain::{Cut, Step, Way};
use super::push::{Cuts, Extent, Push, request};
use super::relay::Relay;
use super::reserved::TEMPORARY_BRANCHES;
use crate::error::Indivisible;
use crate::protocol::fetch::filter::Filter;
use crate::protocol::fetch::{FetchRequest, ProgressText, ThinPack};
use crate::protocol::object_id::ObjectId;
use crate::protocol::receive_pack::RefUpdate;
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
    ask_count(source, request.wants, request.haves)
}

/// Looks for the commits at which the history of a push's one new value is cut.
pub(super) fn cut(relay: &mut Relay<'_>, push: &Push, arrived: &[ObjectId], cuts: Cuts) -> Cut {
    let Relay { source, destination, job, .. } = relay;
    let (source, destination, cancel) = (&mut **source, &**destination, job.cancel);
    let Some(request) = request::for_push(destination, push, arrived) else {
        return Cut::Nowhere(Indivisible::OneCommit);
    };
    let Some(update) = push.updates.iter().find(|update| update.new_id().is_some()) else {
        return Cut::Nowhere(Indivisible::NoCuts);
    };
    let (Some(way), Some(tip)) = (way(source, destination, update, arrived), update.new_id()) else {
        return Cut::Nowhere(Indivisible::NoCuts);
    };
    let total = match push.extent {
        Extent::Commits(commits) => Some(commits),
        Extent::NotTold => None,
        _ => commits(source, destination, push, arrived),
    };
    let reason = match source.info().depth {
        DepthSupport::None => Indivisible::NoCuts,
        DepthSupport::Commits | DepthSupport::CommitsAndTime => Indivisible::OneCommit,
    };
    let mut search = Search::new(source, request.haves, cancel);
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

/// Returns the ref that takes the steps; none where no ref could.
fn way(
    source: &mut dyn Source,
    destination: &dyn Destination,
    update: &RefUpdate,
    arrived: &[ObjectId],
) -> Option<Way> {
    let moves_on = match update {
        _ if !update.name().is_branch() => false,
        RefUpdate::Create { .. } => true,
        RefUpdate::Update { old, new, .. } => ask_count(source, vec![*old], vec![*new]) == Some(0),
        RefUpdate::Delete { .. } => return None,
    };
    if moves_on {
        return Some(Way::Itself);
    }
    // An empty repository would take the temporary branch as its default one.
    let refs = &destination.info().refs;
    let has_branch = refs.refs().iter().any(|listed| listed.name.is_branch()) || !arrived.is_empty();
    let name = |number| RefName::new(format!("{TEMPORARY_BRANCHES}{number}").as_bytes());
    let is_free = |name: &RefName| refs.get(name).is_none() && source.info().refs.get(name).is_none();
    let free = || (1..MOST_TEMPORARY).find_map(|number| name(number).filter(is_free));
    has_branch.then(free).flatten().map(Way::Temporary)
}

/// Asks how many commits and annotated tags some objects reach and others do not. What goes wrong is no answer.
fn ask_count(source: &mut dyn Source, wants: Vec<ObjectId>, haves: Vec<ObjectId>) -> Option<u32> {
    let request = FetchRequest { haves, ..commits_of(source, wants) };
    source.count(&request).inspect_err(|error| log::debug!("no answer: {error}")).ok()
}

/// Returns a request for commits without their files, as far as the source leaves them out.
fn commits_of(source: &dyn Source, wants: Vec<ObjectId>) -> FetchRequest {
    let filter = (source.info().filters == Filters::Offered).then_some(Filter::TreeDepth(0));
    FetchRequest {
        filter,
        progress: ProgressText::Unwanted,
        thin_pack: ThinPack::Forbidden,
        ..FetchRequest::new(wants)
    }
}
