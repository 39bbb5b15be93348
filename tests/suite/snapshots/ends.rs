//! Runs that are ended from outside.

use std::sync::{Mutex, mpsc};
use std::time::Duration;

use rustix::process::Signal;

use super::{Scenario, compare};
use crate::support::git_server::Protocol;
use crate::support::recorded::Recorded;
use crate::support::scripted::Scripted;
use crate::support::task::{Outcome, Task};

pub(super) const SCENARIOS: &[Scenario] = &[
    ("end_cancelled_before_the_push", cancelled_before_push),
    ("end_cancelled_before_the_push_by_hand", cancelled_by_hand),
    ("end_cancelled_without_a_report", cancelled_without_report),
    ("end_time_limit", time_limit),
];

#[test]
fn runs_that_are_ended_are_told_as_before() {
    compare(SCENARIOS);
}

/// A source that says nothing, and the news that it was asked.
fn silent() -> (Scripted, mpsc::Receiver<()>) {
    let (here, reached) = mpsc::channel();
    let here = Mutex::new(here);
    let source = Scripted::start(move |exchange| {
        here.lock().unwrap().send(()).ok();
        exchange.wait_for_end()
    });
    (source, reached)
}

/// Starts a run and cancels it where the server has come to the point.
fn cancel(task: &Task, reached: &mpsc::Receiver<()>) -> Outcome {
    let running = task.start();
    reached.recv_timeout(Duration::from_secs(60)).expect("the run comes to the point");
    running.signal(Signal::INT);
    running.end()
}

fn cancelled_before_push() -> Outcome {
    let (source, reached) = silent();
    let pair = Recorded::start(Protocol::V2);
    cancel(&Task::new(&source.url("app"), &pair.destination_url()), &reached)
}

fn cancelled_by_hand() -> Outcome {
    let (source, reached) = silent();
    let pair = Recorded::start(Protocol::V2);
    let flags = ["--source", &source.url("app"), "--destination", &pair.destination_url()];
    cancel(&Task::by_hand(&flags), &reached)
}

/// Cancels a run whose destination has got everything, does nothing and says nothing.
fn cancelled_without_report() -> Outcome {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 3);
    let repository = pair.destination.clone();
    let (here, reached) = mpsc::channel();
    let here = Mutex::new(here);
    let destination = Scripted::start(move |exchange| {
        if !exchange.is("POST", "/git-receive-pack") {
            return exchange.as_git(&repository, 2, |_, answer| answer);
        }
        exchange.body()?;
        here.lock().unwrap().send(()).ok();
        exchange.wait_for_end()
    });
    cancel(&Task::new(&pair.source_url(), &destination.url("app")), &reached)
}

/// The shortest limit that can be given is a minute.
fn time_limit() -> Outcome {
    let (source, _reached) = silent();
    let pair = Recorded::start(Protocol::V2);
    let task = Task::new(&source.url("app"), &pair.destination_url());
    task.input("runTimeoutMinutes", "1").input("stallTimeoutSeconds", "300").run()
}
