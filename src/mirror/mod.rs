//! The work: make the destination's selected refs equal to the source's.
//!
//! ```text
//!  source.refs ─┐                 ┌─ updates ──────────────┐
//!               ├─► plan::plan ───┤                        ├─► relay ─► destination.push
//!  destination ─┘   (pure)        └─ wants, haves ─► source.fetch ─► pack, held back to its end
//!                                                                         │
//!  report ◄─ verify (pure: planning again must be empty) ◄─ destination.list ◄┘
//! ```

pub mod held_pack;
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
use std::io::Read;
use std::num::NonZeroUsize;
use std::path::Path;

use crate::error::{Error, Failure, Fault, Peer, Phase, Side};
use crate::protocol::advertisement::History;
use crate::protocol::fetch::{Deltas, FetchRequest, ThinPack};
use crate::protocol::object_id::{ObjectFormat, ObjectId};
use crate::protocol::receive_pack::RefUpdate;
use crate::protocol::ref_list::RefList;
use crate::protocol::report_status::ReportStatus;
use crate::remote::RefRule;
use crate::stop::Stop;
use plan::{Plan, PlanError};
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
        pack: Option<&mut dyn Read>,
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
    /// So many bytes of pack have been relayed in all.
    fn relayed(&self, bytes: u64);
    /// The whole pack is sent; what follows is the destination's report.
    fn sent(&self) {}
    /// The destination refused a whole push of so many updates, which are sent again in parts.
    fn split(&self, _updates: usize) {}
    /// This broke the pushes off, or the listing after them.
    fn interrupted(&self, _error: &Error) {}
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
        destination.learn_symrefs()?;
        plan = compare(source, destination, policy, observer)?;
    }
    unfit::take_out(&mut plan, source, destination);
    observer.planned(&plan);
    if plan.is_empty() || mode == Mode::DryRun {
        return Ok(Report::without_push(plan));
    }
    observer.phase(Phase::Fetch);
    let relayed = relay::relay(source, destination, &plan, job, observer);
    if let Some(error) = &relayed.interruption {
        observer.interrupted(error);
    }
    observer.phase(Phase::Verify);
    if let Err(error) = destination.list_again() {
        observer.interrupted(&error);
        return Ok(verify::unknown(plan, relayed, error));
    }
    // Without the policy's limits: what remains is a finding now, not a proposal.
    let remaining = plan::difference(source.refs(), destination.refs(), policy);
    let report = verify::settle(plan, relayed, &remaining);
    observer.verified(&report);
    Ok(report)
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
    plan::plan(source.refs(), destination.refs(), policy).map_err(|error| {
        observer.disallowed(&plan::difference(source.refs(), destination.refs(), policy));
        let peer = match error {
            PlanError::NothingSelected => source.peer(),
            PlanError::NothingSelectedAndDeletions(_) | PlanError::TooManyDeletions { .. } => {
                destination.peer()
            }
        };
        peer.error(Phase::Plan, Failure::new(Fault::Input, error.to_string()))
    })
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
