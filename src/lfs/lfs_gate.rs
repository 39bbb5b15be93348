//! Brings LFS objects to the destination before the refs that need them.
//!
//! ```text
//!  before a pack:  in use? ─► scan of the small blobs ─► copies ─► repair, once ─► the pack
//!  in the stream:  a scanner sees what goes through, where no scan has told
//!  at its end:     what only the stream showed is copied within 20 s, else the push ends and comes again
//! ```

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::attributes::Attributes;
use super::copies::{Copies, LfsReport, Need};
use super::first_look::FirstLook;
use super::need::Found;
use super::policy::Extent;
use super::scan;
use super::scan::{Read, Scanned};
use super::stream::Stream;
use crate::clock;
use crate::error::{Error, ErrorKind, LfsProblem, Phase, RemoteLabel};
use crate::mirror::gate::{Gate, PackSummary, TrailerGate};
use crate::mirror::ports::{Filters, Mode, Source};
use crate::protocol::fetch::{FetchRequest, ThinPack};
use crate::protocol::object_id::ObjectId;

/// The time for which a destination waits for the end of a pack. Servers end a request that stands still for 60 s.
const LONGEST_HOLD: Duration = Duration::from_secs(20);

/// A gate that holds refs back until their LFS objects are there.
#[derive(Debug)]
pub struct LfsGate {
    extent: Extent,
    source: RemoteLabel,
    /// The tips of the selected refs.
    tips: Vec<ObjectId>,
    /// Held by the thread that copies beside a push: whoever asks for them waits until it is done.
    copies: Arc<Mutex<Copies>>,
    beside: Option<CopyBeside>,
    first_look: FirstLook,
    /// The knowledge of the source's use of Git LFS, once it was looked at.
    finding: Option<Finding>,
    /// The files that the attributes at the source's root send through Git LFS.
    attributes: Attributes,
    /// The use of scans at this source.
    scans: Scans,
    repair: Repair,
    /// The deltas of the packs that are looked at. A thin one can hide a pointer, and is asked for anew then. It is asked for
    /// at first, since servers exist that want a client to know thin packs (dulwich).
    thin_pack: ThinPack,
    watched: Option<WatchedPack>,
    /// The error of copies that went on beside a push, which ended without its trailer.
    failed: Option<Error>,
    longest_hold: Duration,
}

/// A copy that goes on beside a push.
#[derive(Debug)]
struct CopyBeside {
    thread: JoinHandle<Result<(), Error>>,
    found: Found,
}

/// A pack that is looked at as it goes by.
#[derive(Debug)]
struct WatchedPack {
    stream: Stream,
    thin_pack: ThinPack,
    /// A commit that the destination has, if it has any.
    there: Option<ObjectId>,
}

/// The knowledge of a source's use of Git LFS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Finding {
    InUse,
    NotSeen,
    /// Every object of every selected ref is there.
    Checked,
}

/// The use of scans, which a source can refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scans {
    Possible,
    Refused,
}

/// The repair of a destination that was mirrored without LFS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Repair {
    ToDo,
    Done,
}

impl LfsGate {
    /// Begins with nothing known of the source of this name, of which these tips are selected.
    pub fn new(extent: Extent, source: RemoteLabel, tips: Vec<ObjectId>, copies: Copies) -> Self {
        Self {
            extent,
            source,
            tips,
            copies: Arc::new(Mutex::new(copies)),
            beside: None,
            first_look: FirstLook::BeforePack,
            finding: None,
            attributes: Attributes::default(),
            scans: Scans::Possible,
            repair: Repair::ToDo,
            thin_pack: ThinPack::Allowed,
            watched: None,
            failed: None,
            longest_hold: LONGEST_HOLD,
        }
    }

    /// Returns the gate for a source of so many bytes, as far as its host has told.
    #[must_use]
    pub fn at_source_of(self, bytes: Option<u64>) -> Self {
        Self { first_look: FirstLook::at_source_of(bytes), ..self }
    }

    /// Returns what was copied, and what was not. Waits for copies that are still under way.
    pub fn into_report(mut self) -> LfsReport {
        if let Err(error) = self.join() {
            log::debug!("{error}");
        }
        self.copies().take_report()
    }

    fn copies(&self) -> MutexGuard<'_, Copies> {
        self.copies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Checks every object that the selected refs need, whether one moves or not.
    fn check_all(&mut self, source: &mut dyn Source) -> Result<(), Error> {
        self.first_look(source, &self.tips.clone())?;
        let request = FetchRequest::new(self.tips.clone());
        let found = self.find_all(source, &request)?;
        self.copy(found, Need::MovedRef)?;
        self.finding = Some(Finding::Checked);
        Ok(())
    }

    /// Scans for what a request would bring, if the source takes a filter for it.
    fn scan(&mut self, source: &mut dyn Source, request: &FetchRequest) -> Result<Option<Found>, Error> {
        if self.scans == Scans::Refused {
            return Ok(None);
        }
        match scan::scan(source, request)? {
            Scanned::Exactly(objects) => Ok(Some(objects.finish())),
            Scanned::NotHere => {
                self.scans = Scans::Refused;
                Ok(None)
            }
        }
    }

    /// Finds the same by the pack itself, if need be.
    fn find_all(&mut self, source: &mut dyn Source, request: &FetchRequest) -> Result<Found, Error> {
        match self.scan(source, request)? {
            Some(found) => Ok(found),
            None => self.read_pack(source, request),
        }
    }

    /// Finds the same for a push that is not made, so that no stream shows it. Where the look said that Git LFS is not in use,
    /// that is believed before a whole pack is read for it.
    fn find_in_dry_run(
        &mut self,
        source: &mut dyn Source,
        request: &FetchRequest,
    ) -> Result<Option<Found>, Error> {
        let is_answered = source.info().filters == Filters::Offered && self.finding == Some(Finding::NotSeen);
        if is_answered { self.scan(source, request) } else { self.find_all(source, request).map(Some) }
    }

    /// Notes that Git LFS is in use where there are pointers.
    fn note_use(&mut self, found: &Found) {
        if !found.objects.is_empty() && self.finding == Some(Finding::NotSeen) {
            self.finding = Some(Finding::InUse);
        }
    }

    /// Reads the pack itself, and sends it nowhere.
    fn read_pack(&mut self, source: &mut dyn Source, request: &FetchRequest) -> Result<Found, Error> {
        let Read { objects, unresolved } = scan::read(source, request)?;
        self.copies().note_unread(unresolved);
        Ok(objects.finish())
    }

    fn lacks_any(&self, found: &Found) -> Result<bool, Error> {
        let lacks = self.copies().lacks_any(&found.objects);
        lacks.or_else(|error| self.judged(Err(error), found).map(|()| false))
    }

    /// Copies what is not known to be there. In `auto`, a side that has no Git LFS at all keeps no ref back.
    fn copy(&self, found: Found, need: Need) -> Result<(), Error> {
        let found = self.copies().unsettled(found);
        if found.objects.is_empty() {
            return Ok(());
        }
        let outcome = self.copies().copy(&found, need);
        self.judged(outcome, &found)
    }

    fn judged(&self, outcome: Result<(), Error>, found: &Found) -> Result<(), Error> {
        match outcome {
            Err(error)
                if self.extent == Extent::Auto
                    && error.failure.kind == ErrorKind::Lfs(LfsProblem::NoService) =>
            {
                log::debug!("{error}");
                self.copies().note_no_service(error.label.side, found);
                Ok(())
            }
            other => other,
        }
    }

    /// Waits for copies that go on beside the run.
    fn join(&mut self) -> Result<(), Error> {
        let Some(CopyBeside { thread, found }) = self.beside.take() else { return Ok(()) };
        let outcome = thread.join().unwrap_or_else(|bug| std::panic::resume_unwind(bug));
        self.judged(outcome, &found)
    }

    /// Copies what the stream showed, for as long as a destination waits.
    fn copy_beside(&mut self, found: Found) -> Gate {
        let (copies, to_copy) = (Arc::clone(&self.copies), found.clone());
        let thread = thread::spawn(move || {
            let mut copies = copies.lock().unwrap_or_else(PoisonError::into_inner);
            copies.copy(&to_copy, Need::MovedRef)
        });
        let ended = clock::wait_for(self.longest_hold, || thread.is_finished().then_some(()));
        self.beside = Some(CopyBeside { thread, found });
        match ended.map(|()| self.join()) {
            Some(Ok(())) => Gate::Release,
            Some(Err(error)) => self.abort_with(error),
            None => Gate::Abort,
        }
    }

    /// Waits for the copies of the push before, and fails as they did.
    fn settle(&mut self) -> Result<(), Error> {
        self.watched = None;
        self.join()?;
        self.failed.take().map_or(Ok(()), Err)
    }

    /// Looks at the pack of a request as it goes by.
    fn watch(&mut self, source: &dyn Source, request: &mut FetchRequest) {
        if self.thin_pack == ThinPack::Forbidden {
            request.thin_pack = ThinPack::Forbidden;
        }
        let stream = Stream::new(source.info().format, source.info().pack_order);
        let there = request.haves.first().copied();
        self.watched = Some(WatchedPack { stream, thin_pack: request.thin_pack, there });
    }

    /// Ends the push, and tells why when it is made again.
    fn abort_with(&mut self, error: Error) -> Gate {
        self.failed = Some(error);
        Gate::Abort
    }
}

impl TrailerGate for LfsGate {
    fn before_pushes(&mut self, source: &mut dyn Source) -> Result<(), Error> {
        match self.extent {
            Extent::Full if !self.tips.is_empty() => self.check_all(source),
            Extent::Full | Extent::Auto => Ok(()),
        }
    }

    fn before_pack(&mut self, source: &mut dyn Source, request: &mut FetchRequest) -> Result<(), Error> {
        self.settle()?;
        let mode = self.copies().mode();
        if self.finding.is_none()
            && self.first_look != FirstLook::BeforePack
            && mode == Mode::Mirror
            && request.haves.is_empty()
        {
            self.watch(source, request);
            return Ok(());
        }
        let finding = self.first_look(source, &request.wants)?;
        if finding == Finding::Checked && request.wants.iter().all(|want| self.tips.contains(want)) {
            return Ok(());
        }
        let found = match (mode, finding) {
            // All of a history is looked at as it goes by: a scan would make the source count it twice. Of what is new the
            // scan is small, and the pack may be thin after it.
            (Mode::Mirror, Finding::NotSeen) if request.haves.is_empty() => None,
            (Mode::Mirror, _) => self.scan(source, request)?,
            // No stream comes that would show it.
            (Mode::DryRun, _) => self.find_in_dry_run(source, request)?,
        };
        let is_known = found.is_some();
        if let Some(found) = found {
            self.note_use(&found);
            self.copy(found, Need::MovedRef)?;
        }
        if self.finding != Some(Finding::NotSeen) {
            self.repair(source, request.haves.first().copied())?;
        }
        if is_known {
            return Ok(());
        }
        self.watch(source, request);
        Ok(())
    }

    fn before_refs_alone(&mut self, source: &mut dyn Source, there: ObjectId) -> Result<(), Error> {
        self.settle()?;
        if self.finding.is_none() && self.first_look == FirstLook::NotNeeded {
            return Ok(());
        }
        match self.first_look(source, &[there])? {
            Finding::InUse | Finding::Checked => self.repair(source, Some(there)),
            Finding::NotSeen => Ok(()),
        }
    }

    fn on_bytes(&mut self, bytes: &[u8]) {
        if let Some(watched) = &mut self.watched {
            watched.stream.push(bytes);
        }
    }

    fn objects_left(&self) -> Option<u32> {
        self.watched.as_ref().and_then(|watched| watched.stream.objects_left())
    }

    fn before_trailer(&mut self, _: PackSummary) -> Gate {
        let Some(WatchedPack { stream, thin_pack, there }) = self.watched.take() else {
            return Gate::Release;
        };
        let (found, unread) = match stream.finish() {
            Ok(read) => read,
            Err(failure) => return self.abort_with(self.source.error(Phase::Fetch, failure)),
        };
        if unread > 0 && thin_pack == ThinPack::Allowed {
            log::debug!(
                "{unread} deltas of a thin pack may be pointers: it is asked for without such deltas"
            );
            self.thin_pack = ThinPack::Forbidden;
            return Gate::Abort;
        }
        if self.finding.is_none() && self.first_look != FirstLook::BeforePack {
            return self.after_unseen(&found);
        }
        self.copies().note_unread(unread);
        if !found.objects.is_empty() && self.finding == Some(Finding::NotSeen) && there.is_some() {
            self.copies().note_earlier_unchecked();
        }
        self.note_use(&found);
        let found = self.copies().unsettled(found);
        if found.objects.is_empty() { Gate::Release } else { self.copy_beside(found) }
    }
}

/// Returns the tip of the source's default branch.
fn default_tip(source: &dyn Source) -> Option<ObjectId> {
    let refs = source.own_refs();
    refs.get(refs.head()?)
}

mod look;
mod repair;
#[cfg(test)]
mod tests;
