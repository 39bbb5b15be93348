//! Sends a plan's pushes, each with a pack that comes straight from the source.

use std::collections::HashSet;

use super::held_pack::HeldPack;
use super::plan::Plan;
use super::{Destination, Observer, Source};
use crate::error::{Error, Phase};
use crate::protocol::advertisement::History;
use crate::protocol::fetch::{Deltas, FetchRequest, ThinPack};
use crate::protocol::object_id::ObjectId;
use crate::protocol::receive_pack::{PackNeed, RefUpdate, empty_pack, pack_need};
use crate::protocol::ref_name::RefName;
use crate::protocol::report_status::{RefStatus, ReportStatus};

/// The most haves of one request: about 1 MiB of it. Leaving some out only makes the pack larger.
const MAX_HAVES: usize = 20_000;

/// What came of a plan's pushes, as the destination told it.
#[derive(Debug, Default)]
pub struct Relayed {
    /// The reports, one a push that was answered with one.
    pub reports: Vec<ReportStatus>,
    /// Bytes of pack that went through.
    pub pack_bytes: u64,
    /// What broke the relay off; the pushes after it were not made.
    pub interruption: Option<Error>,
}

impl Relayed {
    /// Returns what the destination said of a ref, if anything.
    pub fn status(&self, name: &RefName) -> Option<&RefStatus> {
        self.reports.iter().find_map(|report| report.get(name))
    }
}

/// Makes the plan's pushes, until one breaks off.
pub fn relay(
    source: &mut dyn Source,
    destination: &mut dyn Destination,
    plan: &Plan,
    observer: &dyn Observer,
) -> Relayed {
    let mut relayed = Relayed::default();
    let mut arrived = Vec::new();
    for updates in &plan.pushes {
        match push(source, destination, updates, &arrived, &mut relayed, observer) {
            Ok(Some(report)) => {
                let accepted =
                    updates.iter().filter(|update| report.get(update.name()) == Some(&RefStatus::Ok));
                arrived.extend(accepted.filter_map(RefUpdate::new_id));
                relayed.reports.push(report);
            }
            Ok(None) => {}
            Err(error) => {
                relayed.interruption = Some(error);
                break;
            }
        }
    }
    relayed
}

/// Makes one push: with no pack, with the empty one, or with what the destination lacks.
fn push(
    source: &mut dyn Source,
    destination: &mut dyn Destination,
    updates: &[RefUpdate],
    arrived: &[ObjectId],
    relayed: &mut Relayed,
    observer: &dyn Observer,
) -> Result<Option<ReportStatus>, Error> {
    if pack_need(updates) == PackNeed::Forbidden {
        return destination.push(updates, None, observer);
    }
    let Some(request) = fetch_request(destination, updates, arrived) else {
        let pack = empty_pack(destination.format());
        relayed.pack_bytes += pack.len() as u64;
        return destination.push(updates, Some(&mut pack.as_slice()), observer);
    };
    let (peer, format) = (source.peer().clone(), source.format());
    let pack = source.fetch(&request, observer)?;
    observer.phase(Phase::Push);
    let mut held = HeldPack::new(pack, format, peer, observer, relayed.pack_bytes);
    let outcome = destination.push(updates, Some(&mut held), observer);
    relayed.pack_bytes += held.given();
    // Where the source failed, the push failed only because of that.
    held.into_failure().map_or(outcome, Err)
}

/// Asks for what the updates name and the destination lacks; none if it lacks nothing.
fn fetch_request(
    destination: &dyn Destination,
    updates: &[RefUpdate],
    arrived: &[ObjectId],
) -> Option<FetchRequest> {
    let haves = match destination.history() {
        History::Complete => haves(destination, updates, arrived),
        // Tips of a shallow repository promise history that it does not have.
        History::Shallow => Vec::new(),
    };
    let mut known: HashSet<ObjectId> = haves.iter().copied().collect();
    let wants: Vec<_> = updates.iter().filter_map(RefUpdate::new_id).filter(|id| known.insert(*id)).collect();
    let thin_pack = match destination.history() {
        History::Complete => destination.thin_pack(),
        History::Shallow => ThinPack::Refused,
    };
    let deltas: Deltas = destination.deltas();
    let haves = haves.into_iter().take(MAX_HAVES).collect();
    (!wants.is_empty()).then_some(FetchRequest { wants, haves, thin_pack, deltas })
}

/// Returns what the destination has, the likeliest bases first: what is being replaced, what has just
/// arrived, branches, everything else.
fn haves(destination: &dyn Destination, updates: &[RefUpdate], arrived: &[ObjectId]) -> Vec<ObjectId> {
    let refs = destination.refs();
    let (branches, others): (Vec<_>, Vec<_>) = refs.refs().iter().partition(|listed| listed.name.is_branch());
    let tips = branches.into_iter().chain(others).map(|listed| listed.id);
    let mut seen = HashSet::new();
    updates
        .iter()
        .filter_map(RefUpdate::old)
        .chain(arrived.iter().copied())
        .chain(tips)
        .chain(refs.haves().iter().copied())
        .filter(|id| seen.insert(*id))
        .collect()
}
