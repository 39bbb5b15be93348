//! Ends a step early: the agent cancels it, or its time is up.
//!
//! Work under way registers its own end. A connection is shut down, so that whoever waits for it wakes
//! with an error; a push that breaks off there has not sent its trailer, and the destination applies nothing.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// Interval at which a wait for something that nothing can end looks for the cancel.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// The reason why a step ends early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelReason {
    /// The agent, or a person, ended it.
    Cancelled,
    /// It took longer than it may.
    TimeLimit,
}

/// A token that cancels a step. All that takes part in it shares one.
#[derive(Clone, Default)]
pub struct CancelToken(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    cancelled: Condvar,
}

#[derive(Default)]
struct State {
    reason: Option<CancelReason>,
    endings: BTreeMap<u64, Box<dyn FnOnce() + Send>>,
    registered: u64,
}

/// The registration of an ending, until it is dropped: then there is nothing to end any more.
#[must_use = "what is under way can be ended for as long as this is kept"]
pub struct Ending {
    number: u64,
    of: CancelToken,
}

impl Drop for Ending {
    fn drop(&mut self) {
        // Without the lock: an ending may hold what registered others.
        let ending = self.of.state().endings.remove(&self.number);
        drop(ending);
    }
}

impl fmt::Debug for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Ending").field(&self.number).finish()
    }
}

impl CancelToken {
    /// Cancels; the first reason counts.
    pub fn now(&self, reason: CancelReason) {
        let endings = {
            let mut state = self.state();
            state.reason.get_or_insert(reason);
            std::mem::take(&mut state.endings)
        };
        self.0.cancelled.notify_all();
        // Without the lock: an ending may take a moment.
        for end in endings.into_values() {
            end();
        }
    }

    /// Returns why the step was cancelled, if it was.
    pub fn reason(&self) -> Option<CancelReason> {
        self.state().reason
    }

    /// Registers what ends something that is under way; it is called at once if the step is cancelled already. Whatever `end`
    /// holds is kept until the registration is dropped.
    pub fn on_cancel(&self, end: impl FnOnce() + Send + 'static) -> Ending {
        let mut state = self.state();
        state.registered += 1;
        let number = state.registered;
        if state.reason.is_none() {
            state.endings.insert(number, Box::new(end));
        } else {
            drop(state);
            end();
        }
        Ending { number, of: self.clone() }
    }

    /// Waits until the step is cancelled, at most so long; returns the reason if it was.
    pub fn wait(&self, time: Duration) -> Option<CancelReason> {
        let running = |state: &mut State| state.reason.is_none();
        let waited = self.0.cancelled.wait_timeout_while(self.state(), time, running);
        waited.unwrap_or_else(PoisonError::into_inner).0.reason
    }

    /// Does on a thread of its own what nothing can end, and leaves it alone there once the step is
    /// cancelled: then there is no outcome. What begins after that is waited for.
    pub fn run_interruptible<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let begun_after = self.reason();
        let (done, outcome) = mpsc::channel();
        thread::spawn(move || drop(done.send(work())));
        loop {
            match outcome.recv_timeout(POLL_INTERVAL) {
                Ok(outcome) => return Some(outcome),
                Err(RecvTimeoutError::Timeout) if self.reason() == begun_after => {}
                Err(_) => return None,
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for CancelToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CancelToken").field(&self.reason()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::clock;

    #[test]
    fn all_under_way_is_ended_once_and_later_work_at_once() {
        let cancel = CancelToken::default();
        let ended = Arc::new(AtomicUsize::new(0));
        let count = || {
            let ended = Arc::clone(&ended);
            move || {
                ended.fetch_add(1, Ordering::Relaxed);
            }
        };
        let registered = [cancel.on_cancel(count()), cancel.on_cancel(count())];
        drop(cancel.on_cancel(count()));
        assert_eq!((ended.load(Ordering::Relaxed), cancel.reason()), (0, None));
        cancel.now(CancelReason::TimeLimit);
        cancel.now(CancelReason::Cancelled);
        assert_eq!((ended.load(Ordering::Relaxed), cancel.reason()), (2, Some(CancelReason::TimeLimit)));
        let late = cancel.on_cancel(count());
        assert_eq!(ended.load(Ordering::Relaxed), 3);
        drop((registered, late));
        assert_eq!(ended.load(Ordering::Relaxed), 3);
    }

    #[test]
    fn what_is_over_is_not_kept_for_its_ending() {
        let (cancel, held) = (CancelToken::default(), Arc::new(()));
        let end = Arc::clone(&held);
        let registered = cancel.on_cancel(move || drop(end));
        assert_eq!(Arc::strong_count(&held), 2);
        drop(registered);
        assert_eq!(Arc::strong_count(&held), 1);
    }

    #[test]
    fn a_stop_wakes_who_waits() {
        let cancel = CancelToken::default();
        assert_eq!(cancel.wait(Duration::ZERO), None);
        let other = cancel.clone();
        let waiting = thread::spawn(move || other.wait(Duration::from_secs(600)));
        cancel.now(CancelReason::Cancelled);
        assert_eq!(waiting.join().unwrap(), Some(CancelReason::Cancelled));
    }

    #[test]
    fn work_that_cannot_be_ended_is_left_and_later_work_waited_for() {
        let cancel = CancelToken::default();
        assert_eq!(cancel.run_interruptible(|| 7), Some(7));
        let ((start, started), (silent, never)) = (mpsc::channel(), mpsc::channel::<()>());
        let other = cancel.clone();
        let work = move || {
            start.send(()).unwrap();
            never.recv()
        };
        let waiting = thread::spawn(move || other.run_interruptible(work));
        started.recv().unwrap();
        cancel.now(CancelReason::Cancelled);
        assert_eq!(waiting.join().unwrap(), None);
        drop(silent);
        assert_eq!(cancel.run_interruptible(|| clock::wait(2 * POLL_INTERVAL)), Some(()));
    }
}
