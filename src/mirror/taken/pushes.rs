//! Makes the pushes of a plan that takes tips away: each such tip is held by a tag that the destination lists before.

use std::collections::HashMap;

use super::hold;
use super::phases::Phases;
use super::tip::{Holder, TakenTip};
use crate::clock::Stopwatch;
use crate::error::{Error, ErrorKind, Failure, Phase};
use crate::mirror::plan::Plan;
use crate::mirror::ports::{Destination, Job, OutgoingPack, Refresh};
use crate::mirror::push::queue::PushQueue;
use crate::mirror::push::results::PushResults;
use crate::mirror::push::{Push, PushEnd, PushOutcome, SentPack, Task};
use crate::mirror::push_size::PushSize;
use crate::mirror::relay::Relay;
use crate::protocol::receive_pack::{PackNeed, RefUpdate, empty_pack, pack_need};
use crate::protocol::ref_list::RefList;
use crate::protocol::ref_name::RefName;
use crate::protocol::report_status::{RefStatus, ReportStatus, Unpack};
use std::time::Duration;

/// The wait between two listings, until the destination shows what it reported as done.
const WAIT: Duration = Duration::from_secs(1);

/// Makes the pushes of one phase.
pub(crate) type MakePushes<'m> = &'m dyn Fn(&Plan, Relay<'_>) -> PushResults;

/// Makes the pushes of a plan, in phases where it takes tips away that must be held.
pub(crate) fn make(plan: &mut Plan, mut relay: Relay<'_>, make_pushes: MakePushes<'_>) -> PushResults {
    if !plan.taken.iter().any(|taken| taken.is_taken() && taken.holder != Holder::Nobody) {
        return make_pushes(plan, relay);
    }
    let Phases { first, then } = Phases::of(plan);
    let mut results = phase(first.clone(), &mut relay, make_pushes);
    if results.interruption.is_none() {
        let held = hold_tips(plan, &first, &mut relay, &mut results);
        if let (Some(unheld), None) = (held, &results.interruption) {
            let rest = without(then, &unheld);
            results.reports.extend(unheld.into_values());
            results.add(phase(rest, &mut relay, make_pushes));
        }
    }
    results
}

fn phase(pushes: Vec<Vec<RefUpdate>>, relay: &mut Relay<'_>, make_pushes: MakePushes<'_>) -> PushResults {
    if pushes.is_empty() {
        return PushResults::default();
    }
    make_pushes(&Plan { pushes, ..Plan::default() }, relay.again())
}

/// Pushes the tags. Returns the refs whose tips nothing holds, each with the report that says why; none if that is not known.
fn hold_tips(
    plan: &mut Plan,
    first: &[Vec<RefUpdate>],
    relay: &mut Relay<'_>,
    results: &mut PushResults,
) -> Option<HashMap<RefName, ReportStatus>> {
    if !first.is_empty() {
        list(relay.destination, results)?;
        let refs = &relay.destination.info().refs;
        let stands = |update: &RefUpdate| refs.get(update.name()) == update.new_id();
        if !first.iter().flatten().all(stands) {
            hold::decide(&mut plan.taken, relay.source, refs, &[], relay.job);
        }
    }
    let tags: Vec<_> = plan.taken.iter().filter_map(new_tag).collect();
    let mut told = PushResults::default();
    if !tags.is_empty() {
        told = push_alone(&tags, relay.destination, relay.job);
        results.interruption = told.interruption.take();
        list(relay.destination, results)?;
        list_until(relay.destination, relay.job, |refs| {
            let is_shown = |tag: &RefUpdate| refs.get(tag.name()) == tag.new_id() || !is_ok(&told, tag);
            tags.iter().all(is_shown)
        });
    }
    let refs = &relay.destination.info().refs;
    let unheld = plan.taken.iter().filter(|taken| taken.is_taken() && !is_held(taken, refs));
    Some(unheld.map(|taken| (taken.name.clone(), why_unheld(taken, &told))).collect())
}

/// Returns the creation of the tag for a tip, if it needs a new one.
pub(super) fn new_tag(taken: &TakenTip) -> Option<RefUpdate> {
    match &taken.holder {
        Holder::NewTag(name) => Some(RefUpdate::Create { name: name.clone(), new: taken.tip }),
        _ => None,
    }
}

/// Tells whether a tip stays when its ref moves. What holds it must be listed.
fn is_held(taken: &TakenTip, refs: &RefList) -> bool {
    match &taken.holder {
        Holder::NewTag(tag) | Holder::Tag(tag) => refs.get(tag) == Some(taken.tip),
        Holder::OtherRefs | Holder::TheRef => true,
        Holder::Nobody => false,
    }
}

/// Says that a ref keeps its tip, in the words with which the destination refused the tag.
fn why_unheld(taken: &TakenTip, told: &PushResults) -> ReportStatus {
    let Holder::NewTag(tag) = &taken.holder else {
        return refused(
            taken,
            "it keeps its tip, since no tag can be made for a name that is so long".to_owned(),
        );
    };
    match told.status(tag) {
        Some((report, RefStatus::Rejected(words) | RefStatus::NoReport(words))) => {
            let why = format!("it keeps its tip, since the tag '{tag}' was refused: {words}");
            let status = refused(taken, why).with_remote(&report.remote);
            report.kind.map_or(status.clone(), |kind| status.with_kind(kind))
        }
        Some((_, RefStatus::Declined { reason, detail })) => {
            let detail = format!("of the tag '{tag}', without which the ref keeps its tip; {detail}");
            let declined = RefStatus::Declined { reason: *reason, detail };
            ReportStatus::new(Unpack::Ok, [(taken.name.clone(), declined)])
        }
        Some((_, RefStatus::Ok)) | None => {
            refused(taken, format!("it keeps its tip, since the tag '{tag}' is not listed"))
        }
    }
}

fn refused(taken: &TakenTip, why: String) -> ReportStatus {
    ReportStatus::new(Unpack::Ok, [(taken.name.clone(), RefStatus::Rejected(why))])
}

fn without(mut pushes: Vec<Vec<RefUpdate>>, refs: &HashMap<RefName, ReportStatus>) -> Vec<Vec<RefUpdate>> {
    for push in &mut pushes {
        push.retain(|update| !refs.contains_key(update.name()));
    }
    pushes.retain(|push| !push.is_empty());
    pushes
}

/// Pushes updates for which the destination lacks no object.
pub(in crate::mirror) fn push_alone(
    updates: &[RefUpdate],
    destination: &mut dyn Destination,
    job: &Job<'_>,
) -> PushResults {
    let label = destination.info().label.clone();
    let pushes = vec![Push::new(updates.to_vec())];
    let mut queue = PushQueue::of(pushes, destination.info().max_updates, PushSize::default());
    while let Some(Task::Push(push)) = queue.next() {
        if job.cancel.reason().is_some() {
            let stopped = Failure::new(ErrorKind::Interrupted, "the run was stopped");
            return queue.into_results(Some(label.error(Phase::Push, stopped)));
        }
        let ended = send(destination, &push.updates);
        if let Err(give_up) = queue.record(&push, PushOutcome { ended, pack: SentPack::NONE }) {
            return queue.into_results(Some(give_up.into_error(&label)));
        }
    }
    queue.into_results(None)
}

fn send(destination: &mut dyn Destination, updates: &[RefUpdate]) -> PushEnd {
    if pack_need(updates) == PackNeed::Forbidden {
        return destination.push(updates, None).into();
    }
    let pack = empty_pack(destination.info().format);
    let pack = OutgoingPack { length: Some(pack.len() as u64), bytes: &mut pack.as_slice() };
    destination.push(updates, Some(pack)).into()
}

/// Lists the destination; where that fails, nothing more may be pushed.
pub(super) fn list(destination: &mut dyn Destination, results: &mut PushResults) -> Option<()> {
    let listed: Result<(), Error> = destination.refresh(Refresh::Refs);
    match listed {
        Ok(()) => Some(()),
        Err(error) => {
            results.interruption.get_or_insert(error);
            None
        }
    }
}

/// Lists the destination again until it shows what it reported as done, as long as a listing may lag.
pub(super) fn list_until(
    destination: &mut dyn Destination,
    job: &Job<'_>,
    is_shown: impl Fn(&RefList) -> bool,
) {
    let watch = Stopwatch::start();
    while !is_shown(&destination.info().refs) && watch.elapsed() < job.lag && job.cancel.wait(WAIT).is_none()
    {
        if let Err(error) = destination.refresh(Refresh::Refs) {
            log::debug!("{error}");
        }
    }
}

/// Tells whether the destination reported an update as done.
pub(super) fn is_ok(told: &PushResults, update: &RefUpdate) -> bool {
    matches!(told.status(update.name()), Some((_, RefStatus::Ok)))
}
