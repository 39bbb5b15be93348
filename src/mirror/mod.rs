//! The work: make the destination's selected refs equal to the source's.
//!
//! ```text
//!  source.refs ─┐                 ┌─ updates ──────────────┐
//!               ├─► plan::plan ───┤                        ├─► relay ─► destination.push
//!  destination ─┘   (pure)        └─ wants, haves ─► source.fetch ─► pack, held back to its end
//!                                                                         │
//!  report ◄─ verify (pure: planning again must be empty) ◄─ destination.list ◄┘
//! ```

mod aliases;
pub mod guards;
pub mod held_pack;
pub mod listing;
pub mod plan;
pub mod policy;
pub(crate) mod refusal;
pub mod relay;
pub mod report;
mod request;
pub mod retry;
mod search;
mod spool;
mod unfit;
pub mod verify;

use std::collections::HashSet;
use std::fmt;
use std::io::Read;
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Duration;

use crate::error::{Error, Failure, Fault, Peer, Phase, Side};
use crate::protocol::advertisement::History;
use crate::protocol::fetch::{Deltas, FetchRequest, ThinPack};
use crate::protocol::object_id::{ObjectFormat, ObjectId};
use crate::protocol::receive_pack::RefUpdate;
use crate::protocol::ref_list::RefList;
use crate::protocol::report_status::ReportStatus;
use crate::remote::RefRule;
use crate::stop::Stop;
use guards::PlanError;
use plan::Plan;
use policy::Policy;
use report::Report;

/// The repository that is read. A value exists once its refs are listed.
pub trait Source: Send {
    /// Returns how errors name it.
    fn peer(&self) -> &Peer;
    /// Returns its object format.
    fn format(&self) -> ObjectFormat;
    /// Returns its refs as they were when it was opened.
    fn refs(&self) -> &RefList;
    /// Returns those of some tips that are commits or tags of commits; none where it cannot tell.
    fn commits(&mut self, _ids: &[ObjectId]) -> Option<HashSet<ObjectId>> {
        None
    }
    /// Asks for one pack.
    ///
    /// # Errors
    /// Those of the transport, and a refusal of the server, with [`Phase::Fetch`].
    fn fetch<'a>(
        &'a mut self,
        request: &FetchRequest,
        observer: &'a dyn Observer,
    ) -> Result<Box<dyn Pack + 'a>, Error>;
}

/// A pack on its way from the source.
pub trait Pack {
    /// Reads at least one byte, or 0 once the source has certified that this was all.
    ///
    /// # Errors
    /// Whatever broke the stream, with [`Phase::Fetch`]; the bytes read so far are then no pack.
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, Error>;
}

/// A pack on its way to the destination.
pub struct OutgoingPack<'a> {
    /// Its bytes, as they come.
    pub bytes: &'a mut dyn Read,
    /// How many they are, if that is known before.
    pub length: Option<u64>,
}

impl<'a> OutgoingPack<'a> {
    /// Returns a pack that ends where it ends.
    pub fn of_unknown_length(bytes: &'a mut dyn Read) -> Self {
        Self { bytes, length: None }
    }
}

impl fmt::Debug for OutgoingPack<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutgoingPack").field("length", &self.length).finish_non_exhaustive()
    }
}

/// The repository that is written. A value exists once its refs are listed with the right to write.
pub trait Destination: Send {
    /// Returns how errors name it.
    fn peer(&self) -> &Peer;
    /// Returns its object format.
    fn format(&self) -> ObjectFormat;
    /// Returns its refs as they were when they were last listed.
    fn refs(&self) -> &RefList;
    /// Returns whether its tips have all their history.
    fn history(&self) -> History;
    /// Returns whether it completes thin packs.
    fn thin_pack(&self) -> ThinPack;
    /// Returns which deltas it understands.
    fn deltas(&self) -> Deltas;
    /// Returns how many updates it takes in one push.
    fn max_updates(&self) -> NonZeroUsize {
        NonZeroUsize::MAX
    }
    /// Returns which refs its host does not take.
    fn ref_rules(&self) -> &[RefRule] {
        &[]
    }
    /// Lists the refs again.
    ///
    /// # Errors
    /// Those of the transport, with [`Phase::Verify`].
    fn list_again(&mut self) -> Result<(), Error>;
    /// Learns which refs are symbolic, as far as the server tells.
    ///
    /// # Errors
    /// Those of the transport, with [`Phase::List`].
    fn learn_symrefs(&mut self) -> Result<(), Error>;
    /// Sends updates, followed by the pack where one must follow; reads the report, if one is given.
    ///
    /// An error of `pack` ends the push such that nothing is applied. Any error leaves open what the server
    /// did: only [`Destination::list_again`] tells.
    ///
    /// # Errors
    /// Those of the transport, and a report that is cut or garbled, with [`Phase::Push`].
    fn push(
        &mut self,
        updates: &[RefUpdate],
        pack: Option<OutgoingPack<'_>>,
        observer: &dyn Observer,
    ) -> Result<Option<ReportStatus>, Error>;
}

/// Hears what happens during a run, as it happens; may be called from two threads.
pub trait Observer: Sync {
    /// A step begins.
    fn phase(&self, phase: Phase);
    /// A server sent text for people; possibly cut anywhere.
    fn remote(&self, side: Side, text: &[u8]);
    /// The plan is made.
    fn planned(&self, plan: &Plan);
    /// The policy does not allow this plan, which is not carried out.
    fn disallowed(&self, _plan: &Plan) {}
    /// Which refs of the destination are symbolic is not known, since it may not be read.
    fn symrefs_unknown(&self, _error: &Error) {}
    /// The destination is a folder with these hooks, which Git would run at a push.
    fn hooks_not_run(&self, _destination: &Peer, _hooks: &[&str]) {}
    /// So many bytes of pack have been relayed in all.
    fn relayed(&self, bytes: u64);
    /// The whole pack is sent; what follows is the destination's report.
    fn sent(&self) {}
    /// The destination refused a whole push of so many updates, which are sent again in parts.
    fn split(&self, _updates: usize) {}
    /// This broke the pushes off, or the listing after them.
    fn interrupted(&self, _error: &Error) {}
    /// So many refs that were reported as done are not listed so; the listing is made again for at most so long.
    fn lagging(&self, _refs: usize, _longest: Duration) {}
    /// The destination was listed again, and this is what it shows.
    fn verified(&self, _report: &Report) {}
}

/// Whether refs may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Mirror.
    Mirror,
    /// Only say what would change.
    DryRun,
}

/// What is to be done.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// Which refs, and what may be deleted.
    pub policy: &'a Policy,
    /// Whether to do it.
    pub mode: Mode,
    /// The folder for a pack that must wait on disk, since the destination does not wait for the source.
    pub spool: &'a Path,
    /// How long the destination's listing may lag behind what it reported as done.
    pub lag: Duration,
    /// What ends the work early; the destination is then only listed again.
    pub stop: &'a Stop,
}

/// Makes the destination hold the selected refs of the source, and proves it by listing again.
///
/// What the destination refuses, a push that broke off, and that the destination could not be listed again
/// after a push, is part of the report.
///
/// # Errors
/// What prevents the mirror before anything is sent, with [`Phase::List`] or [`Phase::Plan`].
pub fn mirror(
    source: &mut dyn Source,
    destination: &mut dyn Destination,
    job: &Job<'_>,
    observer: &dyn Observer,
) -> Result<Report, Error> {
    let Job { policy, mode, .. } = *job;
    require_equal_formats(source, destination)?;
    let mut plan = compare(source, destination, policy, observer)?;
    if plan.needs_symrefs(destination.refs()) && job.stop.reason().is_none() {
        learn_symrefs(destination, observer)?;
        plan = compare(source, destination, policy, observer)?;
    }
    guards::limit_deletions(&plan, source.refs(), destination.refs(), policy)
        .map_err(|error| disallowed(&error, source, destination, policy, observer))?;
    unfit::take_out(&mut plan, source, destination);
    observer.planned(&plan);
    if plan.is_empty() || mode == Mode::DryRun {
        return Ok(Report::without_push(plan));
    }
    observer.phase(Phase::Fetch);
    let mut relayed = relay::relay(source, destination, &plan, job, observer);
    if let Some(error) = &relayed.interruption {
        observer.interrupted(error);
    }
    observer.phase(Phase::Verify);
    let remaining = match listing::list_until_shown(source, destination, &mut relayed, job, observer) {
        Ok(remaining) => remaining,
        Err(error) => {
            observer.interrupted(&error);
            return Ok(verify::unknown(plan, relayed, error));
        }
    };
    let remaining = with_own_effects(source, destination, &plan, remaining, job);
    let report = verify::settle(plan, relayed, &remaining);
    observer.verified(&report);
    Ok(report)
}

/// Goes on without an answer where the destination may be written and not read. Nothing then keeps a symbolic ref or the
/// default branch from being deleted but the host itself, as with `git push`.
fn learn_symrefs(destination: &mut dyn Destination, observer: &dyn Observer) -> Result<(), Error> {
    match destination.learn_symrefs() {
        Err(error) if error.failure.fault.is_lack_of_rights() => {
            observer.symrefs_unknown(&error);
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
    let unfit = plan.unfit.iter().map(|unfit| &unfit.update);
    let known: HashSet<_> = plan.updates().chain(unfit).map(RefUpdate::name).collect();
    let is_news = |update: &RefUpdate| !known.contains(update.name());
    if job.stop.reason().is_some() || !remaining.updates().any(is_news) {
        return remaining;
    }
    match destination.learn_symrefs() {
        Ok(()) => plan::difference(source.refs(), destination.refs(), job.policy),
        Err(error) => {
            log::debug!("{error}");
            remaining
        }
    }
}

fn require_equal_formats(source: &dyn Source, destination: &dyn Destination) -> Result<(), Error> {
    let (from, to) = (source.format(), destination.format());
    if from == to {
        return Ok(());
    }
    let message = format!("its object format is {to} and that of {} is {from}", source.peer());
    Err(destination.peer().error(Phase::Plan, Failure::new(Fault::Input, message)))
}

fn compare(
    source: &dyn Source,
    destination: &dyn Destination,
    policy: &Policy,
    observer: &dyn Observer,
) -> Result<Plan, Error> {
    plan::plan(source.refs(), destination.refs(), policy)
        .map_err(|error| disallowed(&error, source, destination, policy, observer))
}

/// Says why a plan is not carried out, after it was shown.
fn disallowed(
    error: &PlanError,
    source: &dyn Source,
    destination: &dyn Destination,
    policy: &Policy,
    observer: &dyn Observer,
) -> Error {
    observer.disallowed(&plan::difference(source.refs(), destination.refs(), policy));
    let (peer, fault) = match error {
        PlanError::NothingSelected => (source.peer(), Fault::EmptySource),
        PlanError::NothingSelectedAndDeletions(_) => (destination.peer(), Fault::EmptySource),
        PlanError::NoBranchSelected(_) => (source.peer(), Fault::NoBranches),
        PlanError::TooManyDeletions { .. } => (destination.peer(), Fault::TooManyDeletions),
    };
    peer.error(Phase::Plan, Failure::new(fault, error.to_string()))
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
