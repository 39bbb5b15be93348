//! Ends a step from outside: on the agent's signals, the death of the launcher, and the time limit.

use std::io;
use std::thread;
use std::time::Duration;

use super::environment::StartedBy;
use super::exit_status::{RunEnd, exit_status};
use super::log::Log;
use crate::cancel::{CancelReason, CancelToken};
use crate::clock;
use crate::temp_dirs::TempDirs;

/// Time that a stopped run has to see what holds and to say so. The agent gives it 7.5 s.
const LAST_WORDS: Duration = Duration::from_millis(4200);

/// Time for the last words of a run that did not end in that.
const PARTING: Duration = Duration::from_millis(500);

/// Cancels the step when the agent cancels it (SIGINT, SIGTERM, SIGHUP; Ctrl+C, Ctrl+Break), when the launcher has
/// died, or when it has taken `limit`. What does not end by then is ended, with `last_words`.
pub fn watch(
    cancel: &CancelToken,
    temp_dirs: &TempDirs,
    limit: Duration,
    started_by: StartedBy,
    log: &Log,
    last_words: impl FnOnce() -> RunEnd + Send + 'static,
) {
    let signalled = cancel.clone();
    if let Err(error) = ctrlc::set_handler(move || signalled.now(CancelReason::Cancelled)) {
        log.debug(&format!("signals end this run without a word: {error}"));
    }
    if started_by == StartedBy::Launcher {
        let abandoned = cancel.clone();
        thread::spawn(move || {
            // The launcher writes nothing; the end comes when it has gone, however it went.
            io::copy(&mut io::stdin(), &mut io::sink()).ok();
            abandoned.now(CancelReason::Cancelled);
        });
    }
    let (cancel, temp_dirs, log) = (cancel.clone(), temp_dirs.clone(), log.clone());
    thread::spawn(move || {
        cancel.now(wait_for_an_end(&cancel, limit));
        let end = match cancel.reason() {
            Some(CancelReason::Cancelled) => RunEnd::Cancelled,
            Some(CancelReason::TimeLimit) | None => RunEnd::Failed,
        };
        thread::spawn(move || end_at_last(end, temp_dirs, started_by, &log, last_words));
    });
}

fn wait_for_an_end(cancel: &CancelToken, limit: Duration) -> CancelReason {
    cancel.wait(limit).unwrap_or(CancelReason::TimeLimit)
}

#[expect(
    clippy::exit,
    clippy::disallowed_methods,
    reason = "the last resort of a run that does not end by itself"
)]
fn end_at_last(
    end: RunEnd,
    temp_dirs: TempDirs,
    started_by: StartedBy,
    log: &Log,
    last_words: impl FnOnce() -> RunEnd + Send + 'static,
) {
    clock::wait(LAST_WORDS);
    // On threads of their own: whoever should read the log may have stopped reading, and a disk can hang.
    let (words, removal) = (thread::spawn(last_words), thread::spawn(move || temp_dirs.remove_all()));
    clock::wait_for(PARTING, || (words.is_finished() && removal.is_finished()).then_some(()));
    // The words know best how it ended, if they came to their end.
    let end = if words.is_finished() { words.join().unwrap_or(end) } else { end };
    std::process::exit(exit_status(end, started_by, log.said()).into());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_ends_when_its_time_is_up_or_when_it_is_told_to() {
        let cancel = CancelToken::default();
        assert_eq!(wait_for_an_end(&cancel, Duration::from_millis(50)), CancelReason::TimeLimit);
        cancel.now(CancelReason::Cancelled);
        assert_eq!(wait_for_an_end(&cancel, Duration::from_secs(600)), CancelReason::Cancelled);
    }
}
