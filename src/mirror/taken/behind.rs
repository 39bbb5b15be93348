//! Lists the commits behind tips that are taken away: those that no ref that stays holds. A side is asked for commits alone.

use std::collections::HashSet;

use super::commit_reader;
use super::hold::Staying;
use super::tip::{AtSource, CommitsBehind, Holder, Others, TakenTip};
use crate::cancel::CancelToken;
use crate::error::Error;
use crate::mirror::ancestry;
use crate::mirror::plan::Plan;
use crate::mirror::ports::{Destination, Fetched, Filters, Source};
use crate::protocol::object_id::ObjectId;

/// The most tips whose commits are asked for.
const MOST_TIPS: usize = 20;

/// The most commits that are listed of one tip.
const MOST_COMMITS: usize = 20;

/// Lists them for the tips of a plan; of many, for the first.
pub(crate) fn list(
    plan: &mut Plan,
    source: &mut dyn Source,
    destination: &mut dyn Destination,
    cancel: &CancelToken,
) {
    // What is kept since it has diverged is told, too, as if it went.
    let names: Vec<_> = plan.taken.iter().map(|taken| &taken.name).collect();
    let staying = Staying::beside(names, &destination.info().refs, std::iter::empty());
    let lost = plan.taken.iter_mut().filter(|taken| taken.holder != Holder::OtherRefs);
    for taken in lost.take(MOST_TIPS) {
        if cancel.reason().is_some() {
            return;
        }
        let haves = haves(taken, source, &staying);
        let commits = match taken.at_source {
            AtSource::Known => of_source(taken.tip, &haves, source),
            AtSource::Unknown => of_destination(taken.tip, &haves, source, destination),
        };
        match commits {
            Ok(commits) => taken.commits = commits,
            Err(error) => log::debug!("the commits behind {} are not listed: {error}", taken.tip),
        }
    }
}

/// Returns what holds commits beside the ref: its value at the source, and refs that stay.
fn haves(taken: &TakenTip, source: &dyn Source, staying: &Staying) -> Vec<ObjectId> {
    let new = source.info().refs.get(&taken.name);
    new.into_iter().chain(staying.ids.iter().copied()).collect()
}

/// Lists commits that the source has, too.
fn of_source(tip: ObjectId, haves: &[ObjectId], source: &mut dyn Source) -> Result<CommitsBehind, Error> {
    if source.info().filters == Filters::NotOffered {
        return Ok(CommitsBehind::default());
    }
    let format = source.info().format;
    let Fetched { mut pack, .. } = source.fetch(&ancestry::history(Filters::Offered, &[tip], haves))?;
    Ok(shortened(commit_reader::read(&mut *pack, format)?, Others::None))
}

/// Lists commits that the destination has, without those that the source knows: the destination does not know of all that
/// the source has in common with it.
fn of_destination(
    tip: ObjectId,
    haves: &[ObjectId],
    source: &mut dyn Source,
    destination: &mut dyn Destination,
) -> Result<CommitsBehind, Error> {
    let format = destination.info().format;
    let request = ancestry::history(Filters::Offered, &[tip], haves);
    let ids = {
        let Fetched { mut pack, .. } = destination.fetch(&request)?;
        commit_reader::read(&mut *pack, format)?
    };
    let known: HashSet<_> = ancestry::known(source, &ids)?;
    let is_cut = ids.len() >= commit_reader::MOST_ENTRIES && known.is_empty();
    let lost = ids.into_iter().filter(|id| !known.contains(id)).collect();
    Ok(shortened(lost, if is_cut { Others::Some } else { Others::None }))
}

fn shortened(mut ids: Vec<ObjectId>, others: Others) -> CommitsBehind {
    let others = if ids.len() > MOST_COMMITS { Others::Some } else { others };
    ids.truncate(MOST_COMMITS);
    CommitsBehind { ids, others }
}
