//! The tally of a copy of LFS objects: how many of them, and of their bytes, are over.

use std::io::{self, Read};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::pointer::Pointer;
use crate::clock::Stopwatch;
use crate::mirror::events::{CopyProgress, Event, Events};

/// A tally that is told of as it grows. Nothing is told before there is something to copy.
pub(super) struct Tally<'a> {
    events: &'a dyn Events,
    counts: Mutex<Counts>,
}

/// Whoever writes pointers chooses the sizes, so their sums take more than 64 bits.
#[derive(Debug, Default)]
struct Counts {
    /// Started with the first object.
    watch: Option<Stopwatch>,
    unasked: u64,
    needed: u64,
    needed_bytes: u128,
    copied: u64,
    copied_bytes: u128,
    /// The bytes of those that are under way.
    passing: u128,
}

impl Counts {
    fn progress(&self) -> CopyProgress {
        let moved = self.copied_bytes + self.passing;
        CopyProgress {
            copied: self.copied,
            needed: self.needed,
            unasked: self.unasked,
            moved: saturated(moved),
            left: saturated(self.needed_bytes.saturating_sub(moved)),
            took: self.watch.map(|watch| watch.elapsed()).unwrap_or_default(),
        }
    }
}

fn saturated(bytes: u128) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

impl<'a> Tally<'a> {
    /// Begins a copy of those of these objects that turn out to need it.
    pub(super) fn new(objects: &[Pointer], events: &'a dyn Events) -> Self {
        let count = objects.len() as u64;
        let needed_bytes = objects.iter().map(|object| u128::from(object.size)).sum();
        let counts = Counts { unasked: count, needed: count, needed_bytes, ..Counts::default() };
        Self { events, counts: Mutex::new(counts) }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that so many objects were asked for.
    pub(super) fn asked(&self, count: usize) {
        let mut counts = self.counts();
        counts.unasked = counts.unasked.saturating_sub(count as u64);
    }

    /// Notes that an object is not copied: it is there, or nowhere.
    pub(super) fn spare(&self, object: Pointer) {
        let mut counts = self.counts();
        counts.needed = counts.needed.saturating_sub(1);
        counts.needed_bytes = counts.needed_bytes.saturating_sub(u128::from(object.size));
    }

    /// Begins to copy an object.
    pub(super) fn begin(&self, object: Pointer) -> Passing<'_> {
        let passing = Passing { tally: self, object, read: AtomicU64::new(0) };
        self.change(|counts| {
            counts.watch.get_or_insert_with(Stopwatch::start);
        });
        passing
    }

    /// Tells of the end, if there was a beginning.
    pub(super) fn end(&self) {
        let counts = self.counts();
        if counts.watch.is_some() {
            self.events.on(Event::ObjectsCopied(counts.progress()));
        }
    }

    /// Changes the counts, and tells of it before the next change, so that what is told never goes back.
    fn change(&self, change: impl FnOnce(&mut Counts)) {
        let mut counts = self.counts();
        change(&mut counts);
        self.events.on(Event::CopyingObjects(counts.progress()));
    }
}

/// An object under way. Its bytes count no more when it is dropped, unless it arrived: a second try reads them again.
pub(super) struct Passing<'a> {
    tally: &'a Tally<'a>,
    object: Pointer,
    /// The number of bytes that were read of it.
    read: AtomicU64,
}

impl Passing<'_> {
    /// Counts the bytes that are read from there.
    pub(super) fn metered<'b>(&'b self, from: Box<dyn Read + Send + 'b>) -> Box<dyn Read + Send + 'b> {
        Box::new(Metered { from, passing: self })
    }

    /// Counts the object as one that arrived.
    pub(super) fn arrived(self) {
        self.tally.change(|counts| {
            self.forget(counts);
            counts.copied += 1;
            counts.copied_bytes += u128::from(self.object.size);
        });
    }

    fn note_read(&self, bytes: usize) {
        self.tally.change(|counts| {
            // A server can send more than there should be.
            let before = self.read.load(Ordering::Relaxed);
            let after = before.saturating_add(bytes as u64).min(self.object.size);
            self.read.store(after, Ordering::Relaxed);
            counts.passing += u128::from(after - before);
        });
    }

    fn forget(&self, counts: &mut Counts) {
        let read = self.read.swap(0, Ordering::Relaxed);
        counts.passing = counts.passing.saturating_sub(u128::from(read));
    }
}

impl Drop for Passing<'_> {
    fn drop(&mut self) {
        self.forget(&mut self.tally.counts());
    }
}

struct Metered<'a> {
    from: Box<dyn Read + Send + 'a>,
    passing: &'a Passing<'a>,
}

impl Read for Metered<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(buf)?;
        self.passing.note_read(count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lfs::testing::pointer_to;

    /// Keeps what it is told, and the end apart.
    #[derive(Default)]
    struct Told(Mutex<Vec<CopyProgress>>, Mutex<Option<CopyProgress>>);

    impl Told {
        /// Returns the objects that arrived, those that are needed, the bytes that moved, and those that are left.
        fn last(&self) -> (u64, u64, u64, u64) {
            let CopyProgress { copied, needed, moved, left, .. } = *self.0.lock().unwrap().last().unwrap();
            (copied, needed, moved, left)
        }
    }

    impl Events for Told {
        fn on(&self, event: Event<'_>) {
            match event {
                Event::CopyingObjects(progress) => self.0.lock().unwrap().push(progress),
                Event::ObjectsCopied(progress) => *self.1.lock().unwrap() = Some(progress),
                _ => panic!("{event:?}"),
            }
        }
    }

    fn objects() -> [Pointer; 3] {
        [&[1_u8; 10][..], &[2; 20], &[3; 30]].map(pointer_to)
    }

    fn read(passing: &Passing<'_>, bytes: &[u8]) {
        io::copy(&mut passing.metered(Box::new(bytes)), &mut io::sink()).unwrap();
    }

    #[test]
    fn nothing_is_told_where_there_is_nothing_to_copy() {
        let told = Told::default();
        let tally = Tally::new(&objects(), &told);
        tally.asked(3);
        objects().into_iter().for_each(|object| tally.spare(object));
        tally.end();
        assert!(told.0.lock().unwrap().is_empty() && told.1.lock().unwrap().is_none());
    }

    #[test]
    fn bytes_move_within_an_object_and_count_once() {
        let (told, [there, first, second]) = (Told::default(), objects());
        let tally = Tally::new(&objects(), &told);
        tally.asked(1);
        tally.spare(there);
        let passing = tally.begin(first);
        assert_eq!(told.last(), (0, 2, 0, 50));
        read(&passing, &[2; 15]);
        assert_eq!(told.last(), (0, 2, 15, 35));
        passing.arrived();
        assert_eq!((told.last(), told.0.lock().unwrap().last().unwrap().unasked), ((1, 2, 20, 30), 2));
        tally.begin(second).arrived();
        tally.end();
        assert_eq!((told.last(), told.1.lock().unwrap().unwrap().copied), ((2, 2, 50, 0), 2));
    }

    #[test]
    fn bytes_of_a_second_try_do_not_run_over() {
        let (told, [first, ..]) = (Told::default(), objects());
        let tally = Tally::new(&objects(), &told);
        for _ in 0..3 {
            let passing = tally.begin(first);
            // More than its size.
            read(&passing, &[1; 25]);
            assert_eq!(told.last(), (0, 3, 10, 50));
        }
        tally.begin(first).arrived();
        assert_eq!(told.last(), (1, 3, 10, 50));
    }

    #[test]
    fn sizes_that_lie_add_up() {
        let huge = Pointer { size: i64::MAX as u64, ..pointer_to(b"x") };
        let told = Told::default();
        let tally = Tally::new(&[huge; 5], &told);
        for _ in 0..3 {
            tally.spare(huge);
        }
        tally.begin(huge).arrived();
        assert_eq!(told.last(), (1, 2, huge.size, huge.size));
    }
}
