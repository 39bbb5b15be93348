//! What ends a run from outside: the agent's signals, the death of the launcher, and the time limit.

use std::io;
use std::thread;
use std::time::Duration;

use super::environment::Starter;
use super::exit_status::exit_status;
use super::log::Log;
use crate::cancel::{Stop, StopReason};
use crate::clock;
use crate::mirror::report::Verdict;

/// How long a stopped run may take to see what holds and to say so. The agent gives it 7.5 s.
const LAST_WORDS: Duration = Duration::from_millis(4200);

/// How long the last words may take where it has not.
const PARTING: Duration = Duration::from_millis(500);

/// Stops the run when the agent cancels it (SIGINT, SIGTERM, SIGHUP; Ctrl+C, Ctrl+Break), when the launcher has
/// died, or when it has taken `limit`. What does not end by then is ended, with `last_words`.
pub fn watch(
    stop: &Stop,
    limit: Duration,
    starter: Starter,
    log: &Log,
    last_words: impl FnOnce() -> Verdict + Send + 'static,
) {
    let signalled = stop.clone();
    if let Err(error) = ctrlc::set_handler(move || signalled.now(StopReason::Cancelled)) {
        log.debug(&format!("signals end this run without a word: {error}"));
    }
    if starter == Starter::Launcher {
        let abandoned = stop.clone();
        thread::spawn(move || {
            // The launcher writes nothing; the end comes when it has gone, however it went.
            io::copy(&mut io::stdin(), &mut io::sink()).ok();
            abandoned.now(StopReason::Cancelled);
        });
    }
    let (stop, log) = (stop.clone(), log.clone());
    thread::spawn(move || {
        stop.now(wait_for_an_end(&stop, limit));
        thread::spawn(move || end_at_last(&stop, starter, &log, last_words));
    });
}

fn wait_for_an_end(stop: &Stop, limit: Duration) -> StopReason {
    stop.wait(limit).unwrap_or(StopReason::TimeLimit)
}

#[expect(
    clippy::exit,
    clippy::disallowed_methods,
    reason = "the last resort of a run that does not end by itself"
)]
fn end_at_last(
    stop: &Stop,
    starter: Starter,
    log: &Log,
    last_words: impl FnOnce() -> Verdict + Send + 'static,
) {
    clock::wait(LAST_WORDS);
    let stop = stop.clone();
    // On threads of their own: whoever should read the log may have stopped reading, and a disk can hang.
    let (words, removal) = (thread::spawn(last_words), thread::spawn(move || stop.remove_temporary()));
    clock::wait_for(PARTING, || (words.is_finished() && removal.is_finished()).then_some(()));
    std::process::exit(exit_status(Verdict::Failed, starter, log.said()).into());
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
