//! Transfers LFS objects from one place to another: what the destination lacks, eight at a time, each straight from its
//! download into its upload.
//!
//! ```text
//!  pointers ─► a batch ─► destination.lacking ─► source.missing ─► queue ─► 8 threads: open ─► VerifiedObject ─► put
//! ```

use std::collections::HashSet;
use std::io::{self, Read};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::oid::Oid;
use super::pointer::Pointer;
use super::store::{ObjectDestination, ObjectSource};
use super::tally::Tally;
use super::verified_object::VerifiedObject;
use crate::cancel::CancelToken;
use crate::clock;
use crate::error::{Error, ErrorKind, Failure, Phase, RemoteLabel, Side};
use crate::mirror::events::Events;

/// The number of objects of a step that are under way at the same time; that of the client of Git LFS.
const AT_ONCE: usize = 8;

/// The number of objects that are asked for at once; that of the client of Git LFS. Answers hold links that expire, so no
/// more than these and those in the queue are known ahead.
pub const BATCH: usize = 100;

/// The tries of a transfer, and the waits in between: the numbers of the client of Git LFS.
const TRIES: u32 = 8;
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// The most objects that fail before no more are tried: the others would hardly fare better.
const MOST_FAILED: usize = 100;

/// The longest wait that a server may ask for.
const LONGEST_ASKED_WAIT: Duration = Duration::from_secs(5 * 60);

/// The number of objects of one mirror that are under way at the same time. Each takes a connection to either side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AtOnce(usize);

impl AtOnce {
    /// Returns the share of one of so many mirrors that run at the same time, at least one object.
    pub fn shared_by(mirrors: usize) -> Self {
        Self((AT_ONCE / mirrors.max(1)).max(1))
    }
}

/// The two places of a transfer, and those who follow it.
pub struct Transfer<'a> {
    /// The place that objects come from, and its name.
    pub source: (&'a dyn ObjectSource, &'a RemoteLabel),
    /// The place that they go to, and its name.
    pub destination: (&'a dyn ObjectDestination, &'a RemoteLabel),
    /// The number of objects under way at the same time.
    pub at_once: AtOnce,
    /// Told of its progress.
    pub events: &'a dyn Events,
    /// Ends it early.
    pub cancel: &'a CancelToken,
}

/// The state of a transfer at its end.
#[derive(Debug, Default)]
pub struct Transferred {
    /// The number of objects that arrived.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The number of objects that were there before.
    pub there: u64,
    /// The objects that the source does not have.
    pub missing: Vec<Pointer>,
    /// The objects that did not get through, each with its reason. No more are tried once one of them means that none will.
    pub failed: Vec<(Pointer, Error)>,
    /// The reason why not all were tried.
    pub interrupted: Option<Error>,
}

impl Transferred {
    /// Returns the objects that did not arrive, though they were tried.
    pub fn lacking(&self) -> HashSet<Oid> {
        self.missing
            .iter()
            .chain(self.failed.iter().map(|(object, _)| object))
            .map(|object| object.oid)
            .collect()
    }

    fn count(&mut self, pointer: Pointer) {
        self.objects += 1;
        // Whoever writes pointers chooses their sizes, which count without a copy in a dry run.
        self.bytes = self.bytes.saturating_add(pointer.size);
    }

    /// Takes what came of another try for these objects.
    pub fn retry(&mut self, other: Self, tried: &[Pointer]) {
        let tried: HashSet<_> = tried.iter().map(|object| object.oid).collect();
        let is_tried = |object: &Pointer| tried.contains(&object.oid);
        self.missing.retain(|object| !is_tried(object));
        self.failed.retain(|(object, _)| !is_tried(object));
        self.objects += other.objects;
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.there += other.there;
        self.missing.extend(other.missing);
        self.failed.extend(other.failed);
        self.interrupted = other.interrupted;
    }
}

/// The state that all threads share.
struct Shared<'a> {
    copy: &'a Transfer<'a>,
    copied: Mutex<Transferred>,
    tally: Tally<'a>,
}

impl std::fmt::Debug for Transfer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transfer")
            .field("source", self.source.1)
            .field("destination", self.destination.1)
            .finish()
    }
}

impl Transfer<'_> {
    /// Copies those of the objects that the destination lacks.
    pub fn run(&self, pointers: &[Pointer]) -> Transferred {
        let shared = self.shared(pointers);
        let (queue, objects) = mpsc::sync_channel(BATCH);
        let objects = Mutex::new(objects);
        thread::scope(|scope| {
            for _ in 0..self.at_once.0 {
                scope.spawn(|| shared.transfer_all(&objects));
            }
            // Whoever takes them is gone only after the end of this.
            shared.ask_for_all(pointers, &mut |pointer| queue.send(pointer).unwrap_or_default());
            drop(queue);
        });
        shared.tally.end();
        shared.copied.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for the same, copies nothing, and returns what a copy would come to.
    pub fn preview(&self, pointers: &[Pointer]) -> Transferred {
        let shared = self.shared(pointers);
        shared.ask_for_all(pointers, &mut |pointer| {
            shared.copied().count(pointer);
            shared.tally.begin(pointer).arrived();
        });
        shared.tally.end();
        shared.copied.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells whether the destination lacks one of these objects.
    ///
    /// # Errors
    ///
    /// All that keeps the answer away.
    pub fn lacks_any(&self, pointers: &[Pointer]) -> Result<bool, Error> {
        let shared = self.shared(pointers);
        for batch in pointers.chunks(BATCH) {
            let lacking =
                shared.repeated(|| self.destination.0.lacking(batch).map_err(at(Side::Destination)))?;
            if !lacking.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn shared(&self, pointers: &[Pointer]) -> Shared<'_> {
        Shared { copy: self, copied: Mutex::default(), tally: Tally::new(pointers, self.events) }
    }
}

impl Shared<'_> {
    fn copied(&self) -> MutexGuard<'_, Transferred> {
        self.copied.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_over(&self) -> bool {
        self.copied().interrupted.is_some() || self.copy.cancel.reason().is_some()
    }

    /// Asks both places for all objects, batch by batch, until something means that it is over.
    fn ask_for_all(&self, pointers: &[Pointer], to_copy: &mut dyn FnMut(Pointer)) {
        for batch in pointers.chunks(BATCH) {
            if let Err(error) = self.ask(batch, to_copy) {
                self.copied().interrupted.get_or_insert(error);
            }
            if self.is_over() {
                break;
            }
        }
    }

    /// Asks both places for a batch, and hands on what one lacks and the other has.
    fn ask(&self, batch: &[Pointer], to_copy: &mut dyn FnMut(Pointer)) -> Result<(), Error> {
        let Transfer { source: (source, _), destination: (destination, _), .. } = *self.copy;
        let lacking = self.repeated(|| destination.lacking(batch).map_err(at(Side::Destination)))?;
        let is_lacking: HashSet<_> = lacking.iter().map(|pointer| pointer.oid).collect();
        let there = batch.iter().filter(|pointer| !is_lacking.contains(&pointer.oid));
        for pointer in there {
            self.tally.spare(*pointer);
        }
        self.tally.asked(batch.len());
        self.copied().there += (batch.len() - lacking.len()) as u64;
        if lacking.is_empty() {
            return Ok(());
        }
        // Servers say that they lack the object without content, which needs none.
        let asked: Vec<_> = lacking.iter().copied().filter(|pointer| !is_empty(*pointer)).collect();
        let missing = match asked.as_slice() {
            [] => Vec::new(),
            asked => self.repeated(|| source.missing(asked).map_err(at(Side::Source)))?,
        };
        for pointer in &missing {
            self.tally.spare(*pointer);
        }
        lacking.into_iter().filter(|pointer| !missing.contains(pointer)).for_each(to_copy);
        self.copied().missing.extend(missing);
        Ok(())
    }

    fn transfer_all(&self, objects: &Mutex<Receiver<Pointer>>) {
        loop {
            let next = objects.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(pointer) = next else { return };
            // The queue is emptied also when it is over: whoever fills it would wait for room.
            if self.is_over() {
                continue;
            }
            match self.transfer(pointer) {
                Ok(()) => {
                    self.copied().count(pointer);
                    log::debug!("LFS object {} of {} bytes is there", pointer.oid, pointer.size);
                }
                Err(error) => self.fail(pointer, error),
            }
        }
    }

    fn fail(&self, pointer: Pointer, error: Error) {
        let mut copied = self.copied();
        if is_of_one_object(error.failure.kind) && copied.failed.len() < MOST_FAILED {
            copied.failed.push((pointer, error));
        } else {
            copied.interrupted.get_or_insert(error);
        }
    }

    /// Brings one object over, from its start again where what went wrong can pass.
    fn transfer(&self, pointer: Pointer) -> Result<(), Error> {
        let Transfer { source: (source, _), destination: (destination, _), .. } = *self.copy;
        self.repeated(|| {
            let passing = self.tally.begin(pointer);
            let bytes = if is_empty(pointer) { Ok(nothing()) } else { source.open(pointer) };
            let opened = bytes.and_then(|bytes| VerifiedObject::open(pointer, passing.metered(bytes)));
            let mut object = opened.map_err(at(Side::Source))?;
            let sent = destination.put(pointer, &mut object).map_err(|failure| match object.into_failure() {
                // The destination only saw that the object broke off.
                Some(of_source) => (Side::Source, of_source),
                None => (Side::Destination, failure),
            });
            sent.map(|()| passing.arrived())
        })
    }

    /// Does something again, after a wait, where what went wrong can pass.
    fn repeated<T>(&self, mut work: impl FnMut() -> Result<T, (Side, Failure)>) -> Result<T, Error> {
        let mut tries = 0;
        loop {
            tries += 1;
            let (side, failure) = match work() {
                Ok(done) => return Ok(done),
                Err(failed) => failed,
            };
            let wait = wait_after(failure.kind, tries).filter(|_| self.copy.cancel.reason().is_none());
            if let Some(wait) = wait {
                log::debug!("{failure}; again in {} ms", wait.as_millis());
                if self.copy.cancel.wait(wait).is_none() {
                    continue;
                }
            }
            let label = match side {
                Side::Source => self.copy.source.1,
                Side::Destination => self.copy.destination.1,
            };
            return Err(label.error(Phase::Lfs, failure));
        }
    }
}

fn is_empty(pointer: Pointer) -> bool {
    pointer == Pointer { oid: Oid::EMPTY, size: 0 }
}

fn nothing() -> Box<dyn Read + Send> {
    Box::new(io::empty())
}

fn at(side: Side) -> impl Fn(Failure) -> (Side, Failure) {
    move |failure| (side, failure)
}

/// Returns the time to wait before another try, if there is to be one.
fn wait_after(kind: ErrorKind, tries: u32) -> Option<Duration> {
    if can_pass(kind) && tries < TRIES { pause_after(kind, tries) } else { None }
}

/// Tells the failures that say nothing of another try.
pub(super) fn can_pass(kind: ErrorKind) -> bool {
    use ErrorKind::{Interrupted, RequestTimeout, Unavailable, Unreachable};
    matches!(kind, Unavailable { .. } | Interrupted | RequestTimeout | Unreachable(_))
}

/// Returns the time to wait after a failure, longer after each, unless the server asks for one that is too long.
pub(super) fn pause_after(kind: ErrorKind, tries: u32) -> Option<Duration> {
    let asked = match kind {
        ErrorKind::Unavailable { retry_after } => retry_after.unwrap_or_default(),
        _ => Duration::ZERO,
    };
    if asked > LONGEST_ASKED_WAIT {
        return None;
    }
    let doubled = FIRST_WAIT.saturating_mul(1 << (tries - 1).min(10)).min(LONGEST_WAIT);
    Some(asked.max(doubled.mul_f64(0.5 + 0.5 * clock::jitter())))
}

/// Tells the failures that say nothing of other objects.
fn is_of_one_object(kind: ErrorKind) -> bool {
    use crate::error::LfsProblem::{Missing, Refused, WrongContent};
    matches!(kind, ErrorKind::Lfs(Missing | Refused | WrongContent))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cancel::CancelReason;
    use crate::error::LfsProblem;
    use crate::lfs::testing::memory::Memory;
    use crate::lfs::testing::pointer_to;
    use crate::mirror::testing::Silent;

    fn contents(count: u32) -> Vec<Vec<u8>> {
        (0..count).map(|number| format!("object {number}").into_bytes()).collect()
    }

    fn pointers(contents: &[Vec<u8>]) -> Vec<Pointer> {
        contents.iter().map(|content| pointer_to(content)).collect()
    }

    fn copy(source: &Memory, destination: &Memory, pointers: &[Pointer]) -> Transferred {
        copy_until(source, destination, pointers, &CancelToken::default())
    }

    fn copy_until(
        source: &Memory,
        destination: &Memory,
        pointers: &[Pointer],
        cancel: &CancelToken,
    ) -> Transferred {
        let [from, to] =
            [Side::Source, Side::Destination].map(|side| RemoteLabel::new(side, "https://git.example.org/r"));
        let copy = Transfer {
            source: (source, &from),
            destination: (destination, &to),
            at_once: AtOnce::shared_by(1),
            events: &Silent,
            cancel,
        };
        copy.run(pointers)
    }

    #[test]
    fn what_the_destination_lacks_is_copied() {
        let contents = contents(250);
        let (source, destination) = (Memory::with(&contents), Memory::with(&contents[..40]));
        let copied = copy(&source, &destination, &pointers(&contents));
        assert_eq!((copied.objects, copied.there, copied.missing.len()), (210, 40, 0));
        assert_eq!(*destination.objects.lock().unwrap(), *source.objects.lock().unwrap());
        assert_eq!((destination.asked(), source.asked()), (3, 3));
        assert!(destination.most_under_way() <= AT_ONCE);
    }

    #[test]
    fn a_source_is_not_asked_for_what_is_there() {
        let contents = contents(150);
        let (source, destination) = (Memory::default(), Memory::with(&contents));
        let copied = copy(&source, &destination, &pointers(&contents));
        assert_eq!((copied.objects, copied.there, source.asked()), (0, 150, 0));
    }

    #[test]
    fn what_the_source_lacks_is_told_and_the_rest_is_copied() {
        let contents = contents(10);
        let (source, destination) = (Memory::with(&contents[..8]), Memory::default());
        let copied = copy(&source, &destination, &pointers(&contents));
        assert_eq!((copied.objects, copied.missing), (8, pointers(&contents[8..])));
    }

    #[test]
    fn what_can_pass_is_tried_again() {
        let contents = contents(3);
        let (source, destination) = (Memory::with(&contents), Memory::default());
        source.fail(ErrorKind::Interrupted, 2);
        destination.fail(ErrorKind::Unavailable { retry_after: None }, 2);
        let copied = copy(&source, &destination, &pointers(&contents));
        assert_eq!((copied.objects, copied.failed.len()), (3, 0));
        assert!(copied.interrupted.is_none());
    }

    #[test]
    fn a_wrong_object_keeps_none_of_the_others() {
        let contents = contents(20);
        let (source, destination) = (Memory::with(&contents), Memory::default());
        source.objects.lock().unwrap().insert(pointer_to(&contents[4]).oid, b"object X".to_vec());
        let copied = copy(&source, &destination, &pointers(&contents));
        assert_eq!(copied.objects, 19);
        let [(pointer, error)] = &copied.failed[..] else { panic!("{copied:?}") };
        assert_eq!(pointer.oid, pointer_to(&contents[4]).oid);
        assert_eq!(
            (error.label.side, error.failure.kind),
            (Side::Source, ErrorKind::Lfs(LfsProblem::WrongContent))
        );
    }

    #[test]
    fn a_server_that_takes_no_object_is_not_tried_with_all() {
        let contents = contents(500);
        let (source, destination) = (Memory::with(&contents), Memory::default());
        destination.fail(ErrorKind::Lfs(LfsProblem::Refused), 500);
        let copied = copy(&source, &destination, &pointers(&contents));
        assert_eq!((copied.objects, copied.failed.len()), (0, MOST_FAILED));
        assert!(copied.interrupted.is_some());
    }

    #[test]
    fn a_full_destination_ends_the_copy() {
        let contents = contents(500);
        let (source, destination) = (Memory::with(&contents), Memory::default());
        destination.fail(ErrorKind::Lfs(LfsProblem::Storage), 1);
        let copied = copy(&source, &destination, &pointers(&contents));
        assert_eq!(copied.interrupted.unwrap().label.side, Side::Destination);
        assert!(copied.objects < 250, "{}", copied.objects);
    }

    #[test]
    fn mirrors_at_the_same_time_share_the_connections() {
        for (mirrors, objects) in [(0, 8), (1, 8), (2, 4), (4, 2), (5, 1), (16, 1)] {
            assert_eq!(AtOnce::shared_by(mirrors), AtOnce(objects), "{mirrors}");
        }
    }

    #[test]
    fn a_cancelled_copy_ends_at_once() {
        let contents = contents(500);
        let (source, destination) = (Memory::with(&contents), Memory::default());
        source.fail(ErrorKind::Unavailable { retry_after: Some(Duration::from_secs(60)) }, 500);
        let cancel = CancelToken::default();
        let watch = clock::Stopwatch::start();
        thread::scope(|scope| {
            scope.spawn(|| {
                clock::wait(Duration::from_millis(100));
                cancel.now(CancelReason::Cancelled);
            });
            copy_until(&source, &destination, &pointers(&contents), &cancel);
        });
        assert!(watch.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn a_dry_run_adds_up_sizes_that_lie() {
        let contents = contents(3);
        let (source, destination) = (Memory::with(&contents), Memory::default());
        let huge: Vec<_> =
            pointers(&contents).iter().map(|object| Pointer { size: i64::MAX as u64, ..*object }).collect();
        let label = RemoteLabel::new(Side::Source, "https://git.example.org/r");
        let (source, destination) = ((&source as _, &label), (&destination as _, &label));
        let copy = Transfer {
            source,
            destination,
            at_once: AtOnce::shared_by(1),
            events: &Silent,
            cancel: &CancelToken::default(),
        };
        let copied = copy.preview(&huge);
        assert_eq!((copied.objects, copied.bytes), (3, u64::MAX));
    }

    #[test]
    fn waits_double_and_a_server_is_believed_within_bounds() {
        let asked = |seconds| ErrorKind::Unavailable { retry_after: Some(Duration::from_secs(seconds)) };
        assert!(wait_after(ErrorKind::Interrupted, 1).unwrap() <= FIRST_WAIT);
        assert!(wait_after(ErrorKind::Interrupted, 7).unwrap() <= LONGEST_WAIT);
        assert_eq!(wait_after(asked(20), 1).unwrap(), Duration::from_secs(20));
        for (kind, tries) in [(ErrorKind::Interrupted, 8), (asked(3600), 1), (ErrorKind::Forbidden, 1)] {
            assert_eq!(wait_after(kind, tries), None, "{kind:?}");
        }
    }
}
