//! Asks a source for the objects that it knows, and for those that it reaches from others. Nothing is cloned for that.

use std::collections::HashSet;
use std::num::NonZeroU32;

use crate::error::Error;
use crate::mirror::ports::{Filters, MOST_ASKED, Source};
use crate::protocol::fetch::filter::Filter;
use crate::protocol::fetch::{Depth, FetchRequest, ProgressText};
use crate::protocol::object_id::ObjectId;
use crate::protocol::ref_list::RefList;

/// The most questions about one lot of objects. What is not answered by then counts as unknown.
const MOST_ROUNDS: usize = 32;

/// The most haves of one question: about 1 MiB of it. Leaving some out only makes it look as if less were reached.
const MOST_HAVES: usize = 20_000;

/// The depth of a history that is not to be cut. Git takes one more for another question.
const ALMOST_ENDLESS: NonZeroU32 = match NonZeroU32::new(0x7fff_fffe) {
    Some(depth) => depth,
    None => NonZeroU32::MIN,
};

/// Returns those of some objects that the source knows. What it lists, or lists as what a tag is of, needs no question.
///
/// # Errors
/// Those of [`Source::knows`].
pub(crate) fn known(source: &mut dyn Source, ids: &[ObjectId]) -> Result<HashSet<ObjectId>, Error> {
    let listed = listed(&source.info().refs);
    let mut seen = HashSet::new();
    let distinct = ids.iter().copied().filter(|id| seen.insert(*id));
    let (mut known, open): (HashSet<_>, HashSet<_>) = distinct.partition(|id| listed.contains(id));
    let mut open: Vec<_> = open.into_iter().collect();
    open.sort_unstable();
    for lot in open.chunks(MOST_ASKED) {
        known.extend(known_by_rounds(source, lot.to_vec())?);
    }
    Ok(known)
}

/// Returns all that a source lists, the objects that tags are of among it.
fn listed(refs: &RefList) -> HashSet<ObjectId> {
    refs.refs().iter().flat_map(|listed| [listed.id, refs.peeled(listed.id)]).collect()
}

/// Asks until a round acknowledges nothing: of several objects, one that is the parent of another gets no answer.
fn known_by_rounds(source: &mut dyn Source, mut open: Vec<ObjectId>) -> Result<HashSet<ObjectId>, Error> {
    let mut known = HashSet::new();
    for _ in 0..MOST_ROUNDS {
        if open.is_empty() {
            break;
        }
        let asked: HashSet<_> = open.iter().copied().collect();
        let told: HashSet<_> = source.knows(&open)?.into_iter().filter(|id| asked.contains(id)).collect();
        if told.is_empty() {
            break;
        }
        open.retain(|id| !told.contains(id));
        known.extend(told);
    }
    Ok(known)
}

/// Tells whether everything that some objects reach is reached from others, too. Git answers so that the pack of the one
/// without the others is empty. No answer, or a refusal, counts as no.
pub(crate) fn is_reached(source: &mut dyn Source, ids: &[ObjectId], from: &[ObjectId]) -> bool {
    if ids.iter().all(|id| from.contains(id)) {
        return true;
    }
    match source.count(&history(source.info().filters, ids, from)) {
        Ok(objects) => objects == 0,
        Err(error) => {
            log::debug!("no answer, so another question is asked: {error}");
            is_within_depth(source, ids, from)
        }
    }
}

/// Asks the same where the source gives nothing that it does not list, as git before v2 over SSH does not: as if the history
/// here ended at these commits, and was to be deepened to its end. Git then names those that it reaches.
fn is_within_depth(source: &mut dyn Source, ids: &[ObjectId], from: &[ObjectId]) -> bool {
    let listed = listed(&source.info().refs);
    let wants: Vec<_> = from.iter().copied().filter(|id| listed.contains(id)).take(MOST_ASKED).collect();
    if wants.is_empty() {
        return false;
    }
    let request = FetchRequest {
        // The pack is empty.
        haves: wants.clone(),
        shallow: ids.to_vec(),
        depth: Some(Depth::Commits(ALMOST_ENDLESS)),
        progress: ProgressText::Unwanted,
        ..FetchRequest::new(wants)
    };
    match source.fetch(&request) {
        Ok(fetched) => {
            let reached: HashSet<_> = fetched.head.unshallow.into_iter().collect();
            ids.iter().all(|id| reached.contains(id))
        }
        Err(error) => {
            log::debug!("no answer, so it counts as not reached: {error}");
            false
        }
    }
}

/// Returns those of some objects that are reached from others. In halves, since mostly all are.
pub(crate) fn reached(source: &mut dyn Source, ids: &[ObjectId], from: &[ObjectId]) -> HashSet<ObjectId> {
    if ids.is_empty() || from.is_empty() {
        return HashSet::new();
    }
    if is_reached(source, ids, from) {
        return ids.iter().copied().collect();
    }
    match ids.split_at_checked(ids.len() / 2) {
        Some((first, second)) if !first.is_empty() => {
            let first = reached(source, first, from);
            first.into_iter().chain(reached(source, second, from)).collect()
        }
        _ => HashSet::new(),
    }
}

/// Asks how many commits and annotated tags some objects reach and others do not; of how many objects, where there is no filter.
/// What goes wrong is no answer.
pub(crate) fn count(source: &mut dyn Source, ids: &[ObjectId], beside: &[ObjectId]) -> Option<u32> {
    let count = source.count(&history(source.info().filters, ids, beside));
    count.inspect_err(|error| log::debug!("no answer: {error}")).ok()
}

/// Returns the request for the commits that some objects reach and others do not; for all objects where there is no filter.
pub(crate) fn history(filters: Filters, wants: &[ObjectId], haves: &[ObjectId]) -> FetchRequest {
    FetchRequest {
        haves: haves.iter().copied().take(MOST_HAVES).collect(),
        filter: (filters == Filters::Offered).then_some(Filter::TreeDepth(0)),
        progress: ProgressText::Unwanted,
        ..FetchRequest::new(wants.to_vec())
    }
}
