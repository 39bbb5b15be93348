//! The copies of one mirror: what is known to be at the destination, and what came of the rest.

use std::collections::HashSet;
use std::sync::Arc;

use super::oid::Oid;
use super::pointer::Pointer;
use super::store::{ObjectDestination, ObjectSource};
use super::transfer::{Transfer, Transferred};
use crate::cancel::CancelToken;
use crate::error::{Error, ErrorKind, Failure, LfsProblem, Phase, RemoteLabel, Side};

/// What was copied, and what was not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LfsReport {
    /// The number of objects that were copied.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The objects that the source does not have.
    pub missing: Vec<Pointer>,
    /// The side that has no Git LFS, and the number of objects that are needed there.
    pub without_service: Option<(Side, usize)>,
}

/// The meaning of an object that the source does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingObjects {
    /// The mirror fails, before a ref that needs it moves.
    Fail,
    /// The mirror goes on, and says so.
    Warn,
}

/// The reason for which objects are copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// A ref that is about to move needs them.
    MovedRef,
    /// Refs that moved in an earlier run need them.
    Repair,
}

/// The two ends.
#[derive(Clone)]
pub struct Ends {
    /// The place that objects come from, and its name.
    pub source: (Arc<dyn ObjectSource + Send + Sync>, RemoteLabel),
    /// The place that they go to, and its name.
    pub destination: (Arc<dyn ObjectDestination + Send + Sync>, RemoteLabel),
}

impl std::fmt::Debug for Ends {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ends")
            .field("source", &self.source.1)
            .field("destination", &self.destination.1)
            .finish()
    }
}

/// The copies of one mirror.
#[derive(Debug)]
pub struct Copies {
    ends: Ends,
    missing: MissingObjects,
    cancel: CancelToken,
    /// The objects that need no further look: they are at the destination, or nobody has them.
    settled: HashSet<Oid>,
    report: LfsReport,
}

impl Copies {
    /// Begins with nothing copied.
    pub fn new(ends: Ends, missing: MissingObjects, cancel: &CancelToken) -> Self {
        Self { ends, missing, cancel: cancel.clone(), settled: HashSet::new(), report: LfsReport::default() }
    }

    /// Returns what was done.
    pub fn into_report(self) -> LfsReport {
        self.report
    }

    /// Notes that a side has no Git LFS, where so many objects are needed.
    pub fn note_no_service(&mut self, side: Side, objects: usize) {
        self.report.without_service = Some((side, objects));
    }

    /// Returns the objects that are not settled.
    pub fn unsettled(&self, objects: Vec<Pointer>) -> Vec<Pointer> {
        objects.into_iter().filter(|object| !self.settled.contains(&object.oid)).collect()
    }

    /// Copies those of the objects that the destination lacks.
    ///
    /// # Errors
    ///
    /// Whatever kept one of them from getting there, with [`Phase::Lfs`]. What arrived stays.
    pub fn copy(&mut self, objects: &[Pointer], need: Need) -> Result<(), Error> {
        let (source, from) = &self.ends.source;
        let (destination, to) = &self.ends.destination;
        let transfer = Transfer {
            source: (&**source, from),
            destination: (&**destination, to),
            on_copied: &|object| log::debug!("LFS object {} of {} bytes is there", object.oid, object.size),
            cancel: &self.cancel,
        };
        let done = transfer.run(objects);
        self.record(objects, done, need)
    }

    fn record(&mut self, objects: &[Pointer], done: Transferred, need: Need) -> Result<(), Error> {
        let Transferred { objects: copied, bytes, missing, failed, interrupted, .. } = done;
        self.report.objects += copied;
        self.report.bytes += bytes;
        if let Some(error) = interrupted {
            return Err(error);
        }
        if self.cancel.reason().is_some() {
            let stopped = Failure::new(ErrorKind::Interrupted, "the run was stopped");
            return Err(self.ends.destination.1.error(Phase::Lfs, stopped));
        }
        if let Some((_, error)) = failed.into_iter().next() {
            return Err(error);
        }
        if need == Need::MovedRef && self.missing == MissingObjects::Fail && !missing.is_empty() {
            let failure = missing_objects(&missing);
            self.report.missing.extend(missing);
            return Err(self.ends.source.1.error(Phase::Lfs, failure));
        }
        self.report.missing.extend(missing);
        self.settled.extend(objects.iter().map(|object| object.oid));
        Ok(())
    }
}

/// Says which objects the source does not have; of many, the first ones.
fn missing_objects(missing: &[Pointer]) -> Failure {
    const SHOWN: usize = 5;
    let shown: Vec<_> =
        missing.iter().take(SHOWN).map(|object| format!("{} ({} bytes)", object.oid, object.size)).collect();
    let more = if missing.len() > SHOWN { ", …" } else { "" };
    let message = format!("it does not have {} LFS objects: {}{more}", missing.len(), shown.join(", "));
    Failure::new(ErrorKind::Lfs(LfsProblem::Missing), message)
}
