//! The copies of one mirror: what is known to be at the destination, and what came of the rest.

use std::collections::HashSet;
use std::sync::Arc;

use super::need::Found;
use super::oid::Oid;
use super::pointer::Pointer;
use super::policy::MissingObjects;
use super::store::{ObjectDestination, ObjectSource};
use super::transfer::{AtOnce, Transfer, Transferred};
use crate::cancel::CancelToken;
use crate::error::{Error, ErrorKind, Failure, LfsProblem, Phase, RemoteLabel, Side};
use crate::mirror::events::Events;
use crate::mirror::ports::Mode;

/// The most sizes of one object that are tried beside the first. Whoever may push can write as many pointers as they like.
const MOST_OTHER_SIZES: usize = 3;

/// The objects that were copied, and those that were not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LfsReport {
    /// The number of objects that were copied; after a dry run, of those that would be.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The objects that the source does not have.
    pub missing: Vec<Pointer>,
    /// The side that has no Git LFS, and the number of objects that are needed there.
    pub without_service: Option<(Side, usize)>,
    /// The knowledge of what an earlier mirror left out.
    pub earlier: Earlier,
    /// The number of deltas in packs that may be pointers and could not be read.
    pub unread: u64,
}

/// The knowledge of what an earlier mirror left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Earlier {
    /// It was looked for, or there was no reason to.
    #[default]
    Settled,
    /// The source gives too little to look for it at small cost.
    NotChecked,
}

impl LfsReport {
    /// Takes what a later attempt did.
    pub fn add(&mut self, later: &Self) {
        self.objects += later.objects;
        self.bytes = self.bytes.saturating_add(later.bytes);
        self.unread += later.unread;
        if later.earlier == Earlier::NotChecked {
            self.earlier = Earlier::NotChecked;
        }
        self.without_service = later.without_service.or(self.without_service);
        self.add_missing(&later.missing);
    }

    /// Takes what a mirror to the clone directory lacks, which counts for the run; what it got does not.
    pub fn add_gaps_of_clone(&mut self, clone: &Self) {
        self.add(&Self { objects: 0, bytes: 0, ..clone.clone() });
    }

    fn add_missing(&mut self, missing: &[Pointer]) {
        let known: HashSet<_> = self.missing.iter().map(|object| object.oid).collect();
        self.missing.extend(missing.iter().filter(|object| !known.contains(&object.oid)));
    }
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

/// Connects the two ends when the first object is needed. It gets the source's `.lfsconfig`, if there is one.
///
/// # Errors
///
/// [`LfsProblem::NoService`] of the side that is known to have no Git LFS, and whatever keeps an end away.
pub type Connect = Box<dyn FnMut(Option<&[u8]>) -> Result<Ends, Error> + Send>;

/// The conditions of the copies of one mirror.
#[derive(Clone, Debug)]
pub struct CopyJob {
    /// The meaning of an object that the source does not have.
    pub missing: MissingObjects,
    /// The decision whether objects are copied, or only asked for.
    pub mode: Mode,
    /// The number of objects that are copied at the same time.
    pub at_once: AtOnce,
    /// Told of what happens.
    pub events: Arc<dyn Events>,
    /// Ends the copies early.
    pub cancel: CancelToken,
}

/// The copies of one mirror.
pub struct Copies {
    connect: Connect,
    settings: Option<Vec<u8>>,
    ends: Option<Ends>,
    job: CopyJob,
    /// The objects that are known to be at the destination, or to be missing where that is no error.
    settled: HashSet<Oid>,
    report: LfsReport,
}

impl Copies {
    /// Begins with nothing copied.
    pub fn new(connect: Connect, job: CopyJob) -> Self {
        Self {
            connect,
            settings: None,
            ends: None,
            job,
            settled: HashSet::new(),
            report: LfsReport::default(),
        }
    }

    /// Takes what was done.
    pub fn take_report(&mut self) -> LfsReport {
        std::mem::take(&mut self.report)
    }

    /// Takes the source's `.lfsconfig`.
    pub fn take_settings(&mut self, settings: Option<Vec<u8>>) {
        self.settings = settings;
    }

    /// Notes that a side has no Git LFS, where these objects are needed. From now on what would be copied is only counted.
    pub fn note_no_service(&mut self, side: Side, found: &Found) {
        let (_, objects) = self.report.without_service.get_or_insert((side, 0));
        *objects += found.objects.len();
        self.settled.extend(found.objects.iter().map(|object| object.oid));
    }

    /// Returns the side that is known to have no Git LFS.
    pub fn without_service(&self) -> Option<Side> {
        self.report.without_service.map(|(side, _)| side)
    }

    /// Notes that what an earlier mirror left out was not looked for.
    pub fn note_earlier_unchecked(&mut self) {
        self.report.earlier = Earlier::NotChecked;
    }

    /// Notes that so many deltas of a pack may be pointers, and could not be read.
    pub fn note_unread(&mut self, deltas: u64) {
        self.report.unread += deltas;
    }

    /// Returns what is not settled of the objects that were found.
    pub fn unsettled(&self, found: Found) -> Found {
        let Found { mut objects, mut other_sizes } = found;
        objects.retain(|object| !self.settled.contains(&object.oid));
        other_sizes.retain(|object| !self.settled.contains(&object.oid));
        Found { objects, other_sizes }
    }

    /// Tells whether the destination lacks one of these objects.
    ///
    /// # Errors
    ///
    /// All that keeps the answer away, with [`Phase::Lfs`].
    pub fn lacks_any(&mut self, objects: &[Pointer]) -> Result<bool, Error> {
        self.with_transfer(|transfer| transfer.lacks_any(objects))?
    }

    /// Returns the decision whether objects are copied.
    pub fn mode(&self) -> Mode {
        self.job.mode
    }

    /// Copies those of the objects that the destination lacks; in a dry run only asks for them.
    ///
    /// # Errors
    ///
    /// All that kept one of them from getting there, with [`Phase::Lfs`]. What arrived stays.
    pub fn copy(&mut self, found: &Found, need: Need) -> Result<(), Error> {
        if let Some(side) = self.without_service() {
            self.note_no_service(side, found);
            return Ok(());
        }
        let mode = self.job.mode;
        let done = self.with_transfer(|transfer| {
            in_each_size(found, |objects| match mode {
                Mode::Mirror => transfer.run(objects),
                Mode::DryRun => transfer.preview(objects),
            })
        })?;
        self.record(found, done, need)
    }

    fn ends(&mut self) -> Result<Ends, Error> {
        if let Some(ends) = &self.ends {
            return Ok(ends.clone());
        }
        let ends = (self.connect)(self.settings.as_deref())?;
        self.ends = Some(ends.clone());
        Ok(ends)
    }

    fn with_transfer<T>(&mut self, work: impl FnOnce(&Transfer<'_>) -> T) -> Result<T, Error> {
        let Ends { source: (source, from), destination: (destination, to) } = self.ends()?;
        Ok(work(&Transfer {
            at_once: self.job.at_once,
            source: (&*source, &from),
            destination: (&*destination, &to),
            events: &*self.job.events,
            cancel: &self.job.cancel,
        }))
    }

    fn record(&mut self, found: &Found, done: Transferred, need: Need) -> Result<(), Error> {
        let Transferred { objects: copied, bytes, missing, failed, interrupted, .. } = done;
        self.report.objects += copied;
        self.report.bytes = self.report.bytes.saturating_add(bytes);
        if let Some(error) = interrupted {
            return Err(error);
        }
        let Ends { source: (_, source), destination: (_, destination) } = self.ends()?;
        if self.job.cancel.reason().is_some() {
            let stopped = Failure::new(ErrorKind::Interrupted, "the run was stopped");
            return Err(destination.error(Phase::Lfs, stopped));
        }
        self.report.add_missing(&missing);
        if let Some((_, error)) = failed.into_iter().next() {
            return Err(error);
        }
        if need == Need::MovedRef && self.job.missing == MissingObjects::Fail && !missing.is_empty() {
            return Err(source.error(Phase::Lfs, missing_objects(&missing)));
        }
        self.settled.extend(found.objects.iter().map(|object| object.oid));
        if self.job.missing == MissingObjects::Fail {
            // What a repair misses still keeps a ref back that needs it.
            for object in &missing {
                self.settled.remove(&object.oid);
            }
        }
        Ok(())
    }
}

impl std::fmt::Debug for Copies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Copies")
            .field("ends", &self.ends)
            .field("report", &self.report)
            .finish_non_exhaustive()
    }
}

/// Copies objects. Of one that pointers give several sizes, all but one of which lie, another size is tried where the first
/// leads to nothing.
fn in_each_size(found: &Found, copy: impl Fn(&[Pointer]) -> Transferred) -> Transferred {
    let mut done = copy(&found.objects);
    let mut others = found.other_sizes.clone();
    for _ in 0..MOST_OTHER_SIZES {
        let lacking = done.lacking();
        others.retain(|object| lacking.contains(&object.oid));
        // They are sorted by their ids.
        let (mut next, mut rest) = (Vec::<Pointer>::new(), Vec::new());
        for object in others {
            let is_next = next.last().is_none_or(|last| last.oid != object.oid);
            if is_next { &mut next } else { &mut rest }.push(object);
        }
        if next.is_empty() || done.interrupted.is_some() {
            break;
        }
        done.retry(copy(&next), &next);
        others = rest;
    }
    done
}

/// Says which objects the source does not have; of many, the first ones.
fn missing_objects(missing: &[Pointer]) -> Failure {
    const SHOWN: usize = 5;
    let shown: Vec<_> =
        missing.iter().take(SHOWN).map(|object| format!("{} ({} bytes)", object.oid, object.size)).collect();
    let more = if missing.len() > SHOWN { ", …" } else { "" };
    let objects = if missing.len() == 1 { "LFS object" } else { "LFS objects" };
    let message = format!("it does not have {} {objects}: {}{more}", missing.len(), shown.join(", "));
    Failure::new(ErrorKind::Lfs(LfsProblem::Missing), message)
}
