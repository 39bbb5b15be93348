//! Brings LFS objects to the destination before the refs that need them.
//!
//! ```text
//!  before a pack:  in use? ─► scan of the small blobs ─► copies ─► the pack
//!  in the stream:  a scanner sees what goes through, where no scan has told
//!  at its end:     what only the stream showed is copied within 20 s, else the push ends and comes again
//! ```

use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::copies::{Copies, LfsReport, Need};
use super::in_use;
use super::in_use::InUse;
use super::need::Objects;
use super::pointer_scan::PointerScanner;
use super::scan;
use super::scan::{Scanned, id_length};
use crate::clock;
use crate::error::{Error, ErrorKind, LfsProblem};
use crate::mirror::gate::{Gate, PackSummary, TrailerGate};
use crate::mirror::ports::Source;
use crate::protocol::fetch::FetchRequest;
use crate::protocol::object_id::ObjectId;
use crate::protocol::pack_entry::IdLength;

/// The time for which a destination waits for the end of a pack. Servers end a request that stands still for 60 s.
const LONGEST_HOLD: Duration = Duration::from_secs(20);

/// The extent of what is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// What the refs need that move, and what an earlier mirror left out.
    Auto,
    /// What every selected ref needs.
    Full,
}

/// A gate that holds refs back until their LFS objects are there.
#[derive(Debug)]
pub struct LfsGate {
    extent: Extent,
    state: State,
    /// The finding of the first look, once that was made.
    in_use: Option<Finding>,
    stream: Option<Stream>,
    /// The error of copies that went on beside a push, which ended without its trailer.
    failed: Option<Error>,
}

/// The copies are here, or busy on a thread of their own.
#[derive(Debug)]
enum State {
    Idle(Box<Copies>),
    Busy(JoinHandle<(Box<Copies>, Result<(), Error>, usize)>),
    /// Taken for a moment.
    Taken,
}

/// The finding of the first look at a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Finding {
    InUse,
    NotSeen,
    /// A side has no Git LFS at all: nothing is copied.
    WithoutService,
}

/// The pack that passes.
#[derive(Debug)]
struct Stream {
    scanner: Option<PointerScanner>,
    objects: Objects,
}

impl LfsGate {
    /// Begins with nothing known of the source.
    pub fn new(extent: Extent, copies: Copies) -> Self {
        Self { extent, state: State::Idle(Box::new(copies)), in_use: None, stream: None, failed: None }
    }

    /// Returns what was copied, and what was not.
    pub fn into_report(self) -> LfsReport {
        match self.state {
            State::Idle(copies) => copies.into_report(),
            State::Busy(thread) => thread.join().map(|(copies, ..)| copies.into_report()).unwrap_or_default(),
            State::Taken => LfsReport::default(),
        }
    }

    /// Checks every object that these tips need, whether a ref moves or not.
    ///
    /// # Errors
    ///
    /// Whatever keeps one of them away. A side without Git LFS is an error here.
    pub fn check_all(&mut self, source: &mut dyn Source, tips: Vec<ObjectId>) -> Result<(), Error> {
        if self.extent != Extent::Full || tips.is_empty() {
            return Ok(());
        }
        match scan::scan(source, &FetchRequest::new(tips))? {
            Scanned::Exactly(objects) => self.copy(objects, Need::MovedRef),
            // Then the pack itself is read, and not sent on.
            Scanned::NotHere => Ok(()),
        }
    }

    /// Looks once at the source's default branch, and mends what an earlier mirror left out.
    fn first_look(&mut self, source: &mut dyn Source, request: &FetchRequest) -> Result<Finding, Error> {
        if let Some(finding) = self.in_use {
            return Ok(finding);
        }
        let tip = default_tip(source).or_else(|| request.wants.first().copied());
        let looked = tip.map(|tip| in_use::look(source, tip));
        let finding = match looked {
            Some(Ok(InUse::Yes { .. })) => Finding::InUse,
            Some(Ok(InUse::NotAtRoot)) | None => Finding::NotSeen,
            Some(Err(error)) => {
                log::debug!("{error}; whether Git LFS is in use is seen in the pack");
                Finding::NotSeen
            }
        };
        self.in_use = Some(finding);
        Ok(finding)
    }

    /// Copies what is not known to be there. In `auto`, a side that has no Git LFS at all keeps no ref back.
    fn copy(&mut self, objects: Objects, need: Need) -> Result<(), Error> {
        self.join()?;
        let State::Idle(copies) = &mut self.state else { return Ok(()) };
        let objects = copies.unsettled(objects.finish().objects);
        if objects.is_empty() {
            return Ok(());
        }
        let copied = copies.copy(&objects, need);
        self.judged(copied, objects.len())
    }

    fn judged(&mut self, copied: Result<(), Error>, objects: usize) -> Result<(), Error> {
        match copied {
            Err(error)
                if self.extent == Extent::Auto
                    && error.failure.kind == ErrorKind::Lfs(LfsProblem::NoService) =>
            {
                log::debug!("{error}");
                self.in_use = Some(Finding::WithoutService);
                if let State::Idle(copies) = &mut self.state {
                    copies.note_no_service(error.label.side, objects);
                }
                Ok(())
            }
            other => other,
        }
    }

    /// Waits for copies that go on beside the run.
    fn join(&mut self) -> Result<(), Error> {
        match std::mem::replace(&mut self.state, State::Taken) {
            State::Busy(thread) => {
                let (copies, outcome, count) = match thread.join() {
                    Ok(done) => done,
                    Err(bug) => std::panic::resume_unwind(bug),
                };
                self.state = State::Idle(copies);
                self.judged(outcome, count)
            }
            other => {
                self.state = other;
                Ok(())
            }
        }
    }
}

impl TrailerGate for LfsGate {
    fn before_pack(&mut self, source: &mut dyn Source, request: &FetchRequest) -> Result<(), Error> {
        self.join()?;
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        self.stream = None;
        let finding = self.first_look(source, request)?;
        if finding == Finding::WithoutService {
            return Ok(());
        }
        if finding == Finding::InUse
            && let Scanned::Exactly(objects) = scan::scan(source, request)?
        {
            return self.copy(objects, Need::MovedRef);
        }
        self.stream = Some(Stream::new(id_length(source.info().format)));
        Ok(())
    }

    fn on_bytes(&mut self, bytes: &[u8]) {
        if let Some(stream) = &mut self.stream {
            stream.push(bytes);
        }
    }

    fn before_trailer(&mut self, _: PackSummary) -> Gate {
        let Some(stream) = &mut self.stream else { return Gate::Release };
        let found = std::mem::take(&mut stream.objects).finish().objects;
        let State::Idle(copies) = std::mem::replace(&mut self.state, State::Taken) else {
            return Gate::Abort;
        };
        let objects = copies.unsettled(found);
        if objects.is_empty() {
            self.state = State::Idle(copies);
            return Gate::Release;
        }
        let mut copies = copies;
        let thread = thread::spawn(move || {
            let outcome = copies.copy(&objects, Need::MovedRef);
            (copies, outcome, objects.len())
        });
        let ended = clock::wait_for(LONGEST_HOLD, || thread.is_finished().then_some(()));
        self.state = State::Busy(thread);
        if ended.is_none() {
            return Gate::Abort;
        }
        match self.join() {
            Ok(()) => Gate::Release,
            // It is told when the push is made again.
            Err(error) => {
                self.failed = Some(error);
                Gate::Abort
            }
        }
    }
}

impl Stream {
    fn new(ids: IdLength) -> Self {
        Self { scanner: Some(PointerScanner::new(ids)), objects: Objects::default() }
    }

    /// Looks at more of the pack. Of bytes that are no pack nothing is found; they are for others to refuse.
    fn push(&mut self, bytes: &[u8]) {
        let Some(scanner) = &mut self.scanner else { return };
        let objects = &mut self.objects;
        let mut too_many = false;
        let read = scanner.push(bytes, &mut |pointer| too_many |= objects.add(pointer).is_err());
        if read.is_err() || too_many {
            log::debug!("no more is looked for in this pack");
            self.scanner = None;
        }
    }
}

/// Returns the tip of the source's default branch.
fn default_tip(source: &dyn Source) -> Option<ObjectId> {
    let refs = &source.info().refs;
    refs.get(refs.head()?)
}
