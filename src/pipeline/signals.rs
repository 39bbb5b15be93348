//! What ends a run from outside: the agent's signals, the death of whoever started it, and the time limit.

use std::thread;
use std::time::Duration;

use super::Log;
use crate::clock;
use crate::stop::{Stop, StopReason};

/// How long a stopped run may take to see what holds and to say so. The agent gives it 7.5 s.
const LAST_WORDS: Duration = Duration::from_millis(4200);

/// How long the log may take for that.
const PARTING: Duration = Duration::from_millis(200);

/// How often the parent is looked for.
const LOOK: Duration = Duration::from_secs(1);

/// Stops the run when the agent cancels it (SIGINT, SIGTERM, SIGHUP; Ctrl+C, Ctrl+Break), when the program
/// that started it has died, or when it has taken `limit`. What does not end by then is ended.
pub fn watch(stop: &Stop, limit: Duration, log: &Log) {
    let signalled = stop.clone();
    if let Err(error) = ctrlc::set_handler(move || signalled.now(StopReason::Cancelled)) {
        log.debug(&format!("signals end this run without a word: {error}"));
    }
    let (stop, log) = (stop.clone(), log.clone());
    thread::spawn(move || {
        let reason = wait_for_an_end(&stop, limit);
        stop.now(reason);
        thread::spawn(move || end_at_last(&log));
    });
}

/// Waits until something ends the run, and says what.
fn wait_for_an_end(stop: &Stop, limit: Duration) -> StopReason {
    let parent = Parent::now();
    let mut left = limit;
    while !left.is_zero() {
        let time = left.min(LOOK);
        if let Some(reason) = stop.wait(time) {
            return reason;
        }
        if parent != Parent::now() {
            return StopReason::Cancelled;
        }
        left = left.saturating_sub(time);
    }
    StopReason::TimeLimit
}

#[expect(
    clippy::exit,
    clippy::disallowed_methods,
    reason = "the last resort of a run that does not end by itself"
)]
fn end_at_last(log: &Log) {
    clock::wait(LAST_WORDS);
    let log = log.clone();
    // On a thread of its own: whoever should read the log may have stopped reading.
    thread::spawn(move || {
        log.error(
            "the run was stopped and did not end in time; what it changed at the destination is not known",
        );
        log.complete(super::TaskResult::Failed, "stopped");
    });
    clock::wait(PARTING);
    std::process::exit(1);
}

/// The process that started this one; on Windows it is not watched.
#[derive(Debug, PartialEq, Eq)]
struct Parent(Option<u32>);

impl Parent {
    fn now() -> Self {
        #[cfg(unix)]
        let parent = Some(std::os::unix::process::parent_id());
        #[cfg(not(unix))]
        let parent = None;
        Self(parent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_ends_when_its_time_is_up_or_when_it_is_told_to() {
        let stop = Stop::default();
        assert_eq!(wait_for_an_end(&stop, Duration::from_millis(50)), StopReason::TimeLimit);
        stop.now(StopReason::Cancelled);
        assert_eq!(wait_for_an_end(&stop, Duration::from_secs(600)), StopReason::Cancelled);
    }
}
