//! What ends a run from outside: the agent's signals, the death of the launcher, and the time limit.

use std::io;
use std::thread;
use std::time::Duration;

use super::{Log, Starter, TaskResult, exit_status};
use crate::clock;
use crate::mirror::report::Verdict;
use crate::stop::{Stop, StopReason};

/// How long a stopped run may take to see what holds and to say so. The agent gives it 7.5 s.
const LAST_WORDS: Duration = Duration::from_millis(4200);

/// How long the log may take for that.
const PARTING: Duration = Duration::from_millis(200);

/// Stops the run when the agent cancels it (SIGINT, SIGTERM, SIGHUP; Ctrl+C, Ctrl+Break), when the launcher has
/// died, or when it has taken `limit`. What does not end by then is ended.
pub fn watch(stop: &Stop, limit: Duration, starter: Starter, log: &Log) {
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
        stop.now(stop.wait(limit).unwrap_or(StopReason::TimeLimit));
        thread::spawn(move || end_at_last(starter, &log));
    });
}

#[expect(
    clippy::exit,
    clippy::disallowed_methods,
    reason = "the last resort of a run that does not end by itself"
)]
fn end_at_last(starter: Starter, log: &Log) {
    clock::wait(LAST_WORDS);
    let last = log.clone();
    // On a thread of its own: whoever should read the log may have stopped reading.
    thread::spawn(move || {
        last.error(
            "the run was stopped and did not end in time; what it changed at the destination is not known",
        );
        last.complete(TaskResult::Failed, "stopped");
    });
    clock::wait_for(PARTING, || log.said());
    std::process::exit(exit_status(Verdict::Failed, starter, log.said()).into());
}
