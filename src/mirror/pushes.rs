//! Makes pushes: does what their queue says next, and tells it what came of that.

use super::cut;
use super::events::Event;
use super::head;
use super::ports::{Destination, Job};
use super::push::queue::{AfterPush, PushQueue};
use super::push::results::PushResults;
use super::push::{Push, PushEnd, Task};
use super::push_size::PushSize;
use super::relay;
use super::relay::Relay;
use crate::error::{Error, ErrorKind, Failure, Phase, RemoteLabel};
use crate::protocol::receive_pack::RefUpdate;
use crate::protocol::ref_name::RefName;

/// Makes the pushes of a queue, until one breaks off or the run is stopped. Behind the push of `default`, a branch that is new,
/// it is waited for that the destination's host makes it the default one.
pub(super) fn make(mut queue: PushQueue, default: Option<&RefName>, relay: &mut Relay<'_>) -> PushResults {
    let label = relay.destination.info().label.clone();
    while let Some(task) = queue.next() {
        if relay.job.cancel.reason().is_some() {
            return queue.into_results(Some(stopped(&label, Phase::Push)));
        }
        let push = match task {
            Task::Push(push) => push,
            Task::Measure(push) => {
                let commits = cut::commits(relay.source, relay.destination, &push, queue.arrived());
                queue.measured(push, commits);
                continue;
            }
            Task::Cut(push, cuts) => {
                let cut = cut::cut(relay, &push, &queue, cuts);
                queue.cut(push, cut);
                continue;
            }
        };
        if let Some(limit) = queue.take_division() {
            relay.events.on(Event::Divided(limit));
        }
        let outcome = relay.push(&push, queue.arrived());
        if let PushEnd::Failed(error) = &outcome.ended {
            log::debug!("{push}: {error}");
        }
        match queue.record(&push, outcome) {
            Ok(AfterPush::Continue) => {}
            Ok(AfterPush::Repeat) => log::debug!("{push}: what it did not bring is pushed again"),
            Ok(AfterPush::Split { cause, updates }) => relay.events.on(Event::Split { cause, updates }),
            Err(give_up) => return queue.into_results(Some(give_up.into_error(&label))),
        }
        if let (Some(default), [RefUpdate::Create { name, new }]) = (default, push.updates.as_slice())
            && name == default
            && queue.arrived().contains(new)
        {
            head::wait_until_default(relay.destination, default, relay.job);
        }
    }
    queue.into_results(None)
}

/// Says that the run was stopped at a step.
pub(super) fn stopped(label: &RemoteLabel, phase: Phase) -> Error {
    label.error(phase, Failure::new(ErrorKind::Interrupted, "the run was stopped"))
}

/// Pushes updates for which the destination lacks no object.
pub(super) fn make_without_objects(
    updates: &[RefUpdate],
    destination: &mut dyn Destination,
    job: &Job<'_>,
) -> PushResults {
    let label = destination.info().label.clone();
    let pushes = vec![Push::new(updates.to_vec())];
    let mut queue = PushQueue::of(pushes, destination.info().max_updates, PushSize::default());
    while let Some(Task::Push(push)) = queue.next() {
        if job.cancel.reason().is_some() {
            return queue.into_results(Some(stopped(&label, Phase::Push)));
        }
        let outcome = relay::without_objects(destination, &push.updates);
        if let Err(give_up) = queue.record(&push, outcome) {
            return queue.into_results(Some(give_up.into_error(&label)));
        }
    }
    queue.into_results(None)
}
