//! Confirms refs that were pushed with the empty pack, since an earlier pack brought what they name. If the destination did
//! not keep it, they are pushed whole; and what is still not there is deleted: no ref is left that points to nothing.

use super::cancel_error;
use super::make_pushes;
use super::push::queue::PushQueue;
use super::push::results::PushResults;
use super::push::{PackBase, Push};
use super::read_back;
use super::read_back::Held;
use super::relay::Relay;
use crate::error::{Error, ErrorKind, Failure, Phase};
use crate::protocol::object_id::ObjectId;
use crate::protocol::receive_pack::RefUpdate;

/// Number of times that the destination is asked, where no answer comes.
const TRIES: usize = 3;

/// Reads back the tips of the refs that relied on an earlier pack.
pub(super) fn confirm(relay: &mut Relay<'_>, results: &mut PushResults) {
    let relied_on = std::mem::take(&mut results.relied_on);
    if relied_on.is_empty() || holds(relay, &relied_on) == Held::All {
        return;
    }
    log::debug!(
        "what an earlier pack brought for {} refs is not there: they are pushed whole",
        relied_on.len()
    );
    push_whole(relay, &relied_on, results);
    if results.interruption.is_none() && holds(relay, &relied_on) == Held::All {
        return;
    }
    push(relay, vec![deletions(&relied_on)], results);
    results.interruption = Some(not_kept(relay, relied_on.len()));
}

/// Asks whether all tips are there, branches first. Without an answer they count as not there.
fn holds(relay: &mut Relay<'_>, refs: &[RefUpdate]) -> Held {
    let (branches, others): (Vec<_>, Vec<_>) = refs.iter().partition(|update| update.name().is_branch());
    let tips: Vec<ObjectId> = branches.into_iter().chain(others).filter_map(RefUpdate::new_id).collect();
    for _ in 0..TRIES {
        match read_back::holds(relay.destination, &tips) {
            Ok(held) => return held,
            Err(error) => log::debug!("{error}"),
        }
        if relay.job.cancel.reason().is_some() {
            break;
        }
    }
    Held::NotAll
}

/// Deletes the refs first, so that none points to nothing while their pack is on its way.
fn push_whole(relay: &mut Relay<'_>, refs: &[RefUpdate], results: &mut PushResults) {
    let create =
        |update: &RefUpdate| Some(RefUpdate::Create { name: update.name().clone(), new: update.new_id()? });
    let whole = Push { base: PackBase::SelfContained, ..Push::new(refs.iter().filter_map(create).collect()) };
    push(relay, vec![deletions(refs), whole], results);
}

fn deletions(refs: &[RefUpdate]) -> Push {
    let delete =
        |update: &RefUpdate| Some(RefUpdate::Delete { name: update.name().clone(), old: update.new_id()? });
    Push::new(refs.iter().filter_map(delete).collect())
}

fn push(relay: &mut Relay<'_>, pushes: Vec<Push>, results: &mut PushResults) {
    let max_updates = relay.destination.info().max_updates;
    let queue = PushQueue::of(pushes, max_updates, results.push_size);
    results.add(make_pushes(queue, None, relay));
}

fn not_kept(relay: &Relay<'_>, refs: usize) -> Error {
    let label = &relay.destination.info().label;
    if relay.job.cancel.reason().is_some() {
        return cancel_error(label, Phase::Verify);
    }
    let message =
        format!("it reported {refs} refs as done whose objects it does not have; they are deleted again");
    label.error(Phase::Verify, Failure::new(ErrorKind::ObjectsNotKept, message))
}
