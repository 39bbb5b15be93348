//! The work: make the destination's selected refs equal to the source's.
//!
//! ```text
//!  source.refs ─┐
//!               ├─► guards::plan ─► push::queue (pure) ◄─► relay: source.fetch ─► pack ─► destination.push
//!  destination ─┘   (pure)                                  held back to its end, and the gate before it
//!                                                                         │
//!  report ◄─ verify (pure: planning again must be empty) ◄─ destination.refresh ◄┘
//! ```

pub mod events;
pub mod ports;
pub mod ref_rule;

mod aliases;
mod ancestry;
mod cut;
mod failure;
mod first_mirror;
pub mod gate;
pub mod guards;
pub mod head;
mod host_rules;
mod leftovers;
pub mod listing;
pub mod mapped_refs;
pub mod mapped_source;
mod pack;
mod pack_header;
pub mod plan;
pub mod policy;
pub(crate) mod push;
pub mod push_size;
pub mod push_started;
mod pushes;
pub(crate) mod read_back;
pub mod ref_map;
pub mod ref_retry;
pub mod related;
mod relay;
mod relied_on;
pub mod report;
mod reserved;
pub mod retry;
pub mod selection;
mod short_name;
mod spool;
pub mod taken;
mod verified_pack;
mod verify;

use std::collections::HashSet;

use crate::error::{Error, ErrorKind, Failure, Phase, RepositoryProblem};
use crate::protocol::receive_pack::RefUpdate;
use events::{Event, Events};
use gate::{OpenGate, TrailerGate};
use guards::PlanError;
use plan::Plan;
use policy::Policy;
use ports::{Destination, DestinationInfo, Job, Mode, Refresh, Source};
use push::Task;
use push::first::FirstMirror;
use push::queue::PushQueue;
use push::request;
use push::results::PushResults;
use push_size::PushSize;
use relay::Relay;
use report::Report;

/// Makes the destination hold the selected refs of the source, and proves it by listing again.
///
/// A refused ref, a push that broke off, and a destination that could not be listed again
/// after a push, are part of the report.
///
/// # Errors
/// The error that prevents the mirror before anything is sent, with [`Phase::List`] or [`Phase::Plan`].
pub fn mirror(
    source: &mut dyn Source,
    destination: &mut dyn Destination,
    job: &Job<'_>,
    events: &dyn Events,
) -> Result<Report, Error> {
    mirror_with_gate(source, destination, job, &mut OpenGate, events)
}

/// Mirrors, and asks the gate before each pack is completed.
///
/// # Errors
/// Those of [`mirror()`].
pub fn mirror_with_gate(
    source: &mut dyn Source,
    destination: &mut dyn Destination,
    job: &Job<'_>,
    gate: &mut dyn TrailerGate,
    events: &dyn Events,
) -> Result<Report, Error> {
    let Job { policy, mode, .. } = *job;
    events.on(Event::MirrorStarted { destination: &destination.info().label });
    require_same_format(source, destination)?;
    let mut plan = make_plan(source, destination, policy, events)?;
    if plan.needs_symrefs(&destination.info().refs) && job.cancel.reason().is_none() {
        learn_symrefs(destination, events)?;
        plan = make_plan(source, destination, policy, events)?;
    }
    taken::judge(&mut plan, source, destination, job, events)?;
    guards::limit_deletions(&plan, &source.info().refs, &destination.info().refs, policy)
        .map_err(|error| show_disallowed(&error, source, destination, policy, events))?;
    host_rules::remove_unsupported(&mut plan, source, destination);
    taken::prepare(&mut plan, source, destination, job);
    plan.leftovers = leftovers::plan(&destination.info().refs);
    events.on(Event::Planned(&plan));
    let prepared = gate.before_pushes(source);
    if mode == Mode::DryRun {
        let interruption = prepared.and_then(|()| preview(&plan, source, destination, gate)).err();
        return Ok(Report { interruption, ..Report::without_push(plan) });
    }
    prepared?;
    if plan.is_empty() {
        return Ok(Report::without_push(plan));
    }
    events.on(Event::Started(Phase::Fetch));
    let relay = Relay { source, destination, job, gate, events };
    let mut results = taken::pushes::make(&mut plan, relay, &carry_out);
    let expired = taken::expiry::carry_out(&plan.expired, destination, job, &mut results);
    leftovers::delete(&plan, destination, job, &results);
    if let Some(error) = &results.interruption {
        tell(Event::Interrupted(error), job, events);
    }
    tell(Event::Started(Phase::Verify), job, events);
    let interruption = results.interruption.clone();
    let remaining = match listing::list_until_shown(source, destination, &mut results, job, events) {
        Ok(remaining) => remaining,
        Err(error) => {
            tell(Event::Interrupted(&error), job, events);
            let report = verify::report_unlisted(plan, results, error);
            return Ok(taken::expiry::add(report, expired, interruption));
        }
    };
    let mut remaining = with_own_effects(source, destination, &plan, remaining, job);
    taken::withhold_as_before(&mut remaining, &plan);
    let report = verify::report(plan, results, &remaining);
    let report = taken::expiry::add(report, expired, interruption);
    // A cancel after the end of the work changes nothing of what the listing shows.
    match &report.interruption {
        None => events.on(Event::Verified(&report)),
        Some(_) => tell(Event::Verified(&report), job, events),
    }
    Ok(report)
}

/// Tells an event, unless the run was cancelled. A cancel breaks connections, which is no fault of a server; the end of the
/// run tells what changed.
fn tell(event: Event<'_>, job: &Job<'_>, events: &dyn Events) {
    if job.cancel.reason().is_none() {
        events.on(event);
    }
}

/// Makes the pushes of a plan, and confirms what they relied on.
fn carry_out(plan: &Plan, mut relay: Relay<'_>) -> PushResults {
    let way = first_mirror::way(plan, relay.destination);
    let max_updates = relay.destination.info().max_updates;
    let queue = PushQueue::new(&plan.pushes, way, max_updates, relay.job.push_size);
    let mut results = pushes::make(queue, first_mirror::default_branch(plan), &mut relay);
    relied_on::confirm(&mut relay, &mut results);
    results
}

/// Lets the gate look at each pack that a push would ask for. What it asks of servers are questions only: the batch request
/// of an upload reserves nothing.
fn preview(
    plan: &Plan,
    source: &mut dyn Source,
    destination: &dyn Destination,
    gate: &mut dyn TrailerGate,
) -> Result<(), Error> {
    // Where one push would be enough, what it brings is that of all.
    let DestinationInfo { max_updates, .. } = *destination.info();
    let mut queue = PushQueue::new(&plan.pushes, FirstMirror::TwoPacks, max_updates, PushSize::default());
    while let Some(Task::Push(push)) = queue.next() {
        if let Some(mut request) = request::for_push(destination, &push, &[]) {
            gate.before_pack(source, &mut request)?;
        } else if let Some(there) = push.updates.iter().find_map(RefUpdate::new_id) {
            gate.before_refs_alone(source, there)?;
        }
    }
    Ok(())
}

/// Goes on without an answer where the destination may be written and not read. Nothing then keeps a symbolic ref or the
/// default branch from being deleted but the host itself, as with `git push`.
fn learn_symrefs(destination: &mut dyn Destination, events: &dyn Events) -> Result<(), Error> {
    match destination.refresh(Refresh::Symrefs) {
        Err(error) if error.failure.kind.is_lack_of_rights() => {
            events.on(Event::SymrefsUnknown(&error));
            Ok(())
        }
        outcome => outcome,
    }
}

/// Looks again at what was not planned: a push to a symbolic ref that led nowhere creates what it stands for, and no
/// server lists such a ref before.
fn with_own_effects(
    source: &dyn Source,
    destination: &mut dyn Destination,
    plan: &Plan,
    remaining: Plan,
    job: &Job<'_>,
) -> Plan {
    let unsupported = plan.unsupported.iter().map(|unsupported| &unsupported.update);
    let planned = plan.updates().chain(unsupported).map(RefUpdate::name);
    let known: HashSet<_> = planned.chain(plan.kept_as_diverged()).collect();
    let is_news = |update: &RefUpdate| !known.contains(update.name());
    if job.cancel.reason().is_some() || !remaining.updates().any(is_news) {
        return remaining;
    }
    match destination.refresh(Refresh::Symrefs) {
        Ok(()) => plan::difference(&source.info().refs, &destination.info().refs, job.policy),
        Err(error) => {
            log::debug!("{error}");
            remaining
        }
    }
}

fn require_same_format(source: &dyn Source, destination: &dyn Destination) -> Result<(), Error> {
    let (from, to) = (source.info().format, destination.info().format);
    if from == to {
        return Ok(());
    }
    let message = format!("its object format is {to} and that of {} is {from}", source.info().label);
    Err(destination
        .info()
        .label
        .error(Phase::Plan, Failure::new(ErrorKind::Repository(RepositoryProblem::FormatsDiffer), message)))
}

fn make_plan(
    source: &dyn Source,
    destination: &dyn Destination,
    policy: &Policy,
    events: &dyn Events,
) -> Result<Plan, Error> {
    guards::plan(&source.info().refs, &destination.info().refs, policy)
        .map_err(|error| show_disallowed(&error, source, destination, policy, events))
}

/// Shows a plan that the policy does not allow, and returns why it is not carried out.
fn show_disallowed(
    error: &PlanError,
    source: &dyn Source,
    destination: &dyn Destination,
    policy: &Policy,
    events: &dyn Events,
) -> Error {
    let plan = plan::difference(&source.info().refs, &destination.info().refs, policy);
    events.on(Event::PlanRefused(&plan));
    let (label, kind) = match error {
        PlanError::NothingSelected => (&source.info().label, ErrorKind::EmptySource),
        PlanError::NothingSelectedAndDeletions(_) => (&destination.info().label, ErrorKind::EmptySource),
        PlanError::NoBranchSelected(_) => (&source.info().label, ErrorKind::NoBranches),
        PlanError::TooManyDeletions { .. } => (&destination.info().label, ErrorKind::TooManyDeletions),
    };
    label.error(Phase::Plan, Failure::new(kind, error.to_string()))
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
