//! Pieces of work that are done several at the same time, each in its turn.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Does the work of each place from 0 to `count`, at most `at_once` at the same time, while `may_begin` says so. Each
/// thread but this one is started from a `builder`; where one cannot be started, fewer work.
///
/// # Panics
///
/// A bug in the work is one here, with what the first one said: after it no other piece begins, and those under way come
/// to their end before.
pub(crate) fn take(
    count: usize,
    at_once: usize,
    builder: impl Fn() -> thread::Builder,
    may_begin: impl Fn() -> bool + Sync,
    work: impl Fn(usize) + Sync,
) {
    let next = AtomicUsize::new(0);
    let first_bug: Mutex<Option<Box<dyn Any + Send>>> = Mutex::new(None);
    let take_turns = || {
        let turns = || {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                if at >= count || !may_begin() {
                    break;
                }
                work(at);
            }
        };
        // What a bug left half done is not looked at again.
        if let Err(bug) = panic::catch_unwind(AssertUnwindSafe(turns)) {
            next.fetch_max(count, Ordering::Relaxed);
            first_bug.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(bug);
        }
    };
    thread::scope(|scope| {
        for _ in 1..at_once.min(count) {
            if let Err(error) = builder().spawn_scoped(scope, take_turns) {
                log::debug!("a thread cannot be started, so fewer mirrors are made at once: {error}");
                break;
            }
        }
        take_turns();
    });
    if let Some(bug) = first_bug.into_inner().unwrap_or_else(PoisonError::into_inner) {
        panic::resume_unwind(bug);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::AtomicBool;
    use std::thread::Builder;

    use super::*;

    /// The places whose work was done, in their order.
    #[derive(Default)]
    struct Done(Mutex<Vec<usize>>);

    impl Done {
        fn note(&self, at: usize) {
            self.0.lock().unwrap().push(at);
        }

        fn places(&self) -> Vec<usize> {
            let mut places = self.0.lock().unwrap().clone();
            places.sort_unstable();
            places
        }
    }

    #[test]
    fn each_piece_is_done_once_and_as_many_at_once_as_may_be() {
        let (done, together) = (Done::default(), Barrier::new(3));
        take(
            9,
            3,
            Builder::new,
            || true,
            |at| {
                together.wait();
                done.note(at);
            },
        );
        assert_eq!(done.places(), (0..9).collect::<Vec<_>>());
    }

    #[test]
    fn nothing_begins_any_more_once_it_may_not() {
        let (done, is_cancelled) = (Done::default(), AtomicBool::new(false));
        take(
            9,
            1,
            Builder::new,
            || !is_cancelled.load(Ordering::Relaxed),
            |at| {
                done.note(at);
                is_cancelled.store(at == 3, Ordering::Relaxed);
            },
        );
        assert_eq!(done.places(), [0, 1, 2, 3]);
    }

    #[test]
    fn a_bug_is_told_as_it_was_after_what_is_under_way_and_before_anything_else() {
        let (done, together) = (Done::default(), Barrier::new(2));
        let bug = panic::catch_unwind(AssertUnwindSafe(|| {
            take(
                9,
                2,
                Builder::new,
                || true,
                |at| {
                    together.wait();
                    if at == 0 {
                        panic::resume_unwind(Box::new("the first"));
                    }
                    // Long enough for the other to have ended.
                    crate::clock::wait(std::time::Duration::from_millis(100));
                    done.note(at);
                },
            );
        }));
        assert_eq!(bug.unwrap_err().downcast_ref::<&str>(), Some(&"the first"));
        assert_eq!(done.places(), [1]);
    }

    #[test]
    fn a_thread_that_cannot_be_started_is_done_without() {
        let done = Done::default();
        let beyond_memory = || Builder::new().stack_size(1 << 60);
        take(4, 4, beyond_memory, || true, |at| done.note(at));
        assert_eq!(done.places(), [0, 1, 2, 3]);
    }
}
