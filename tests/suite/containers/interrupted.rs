//! A run that is killed in the middle, and the next one.

use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::{Folder, empty_host, expect_mirror, from_host, host_with, hosted, to_host};
use crate::support::host_double::Kind;
use crate::support::task::Task;

const NAMES: [&str; 10] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];

/// Kills a run as soon as this many of its mirrors have begun.
#[track_caller]
fn kill(task: &Task, begun: impl Fn() -> usize) {
    let run = task.start();
    let started = Instant::now();
    while begun() < 4 {
        assert!(started.elapsed() < Duration::from_secs(60), "nothing begins");
        thread::sleep(Duration::from_millis(2));
    }
    run.signal(Signal::KILL);
    let outcome = run.end();
    assert_eq!(outcome.status, None, "it was killed, not done:\n{}", outcome.text);
}

#[test]
fn the_run_after_a_killed_one_makes_all_equal_in_a_folder() {
    let host = host_with(Kind::GitHub, &NAMES);
    let folder = Folder::new(&[]);
    let task = from_host(&host, &folder);
    kill(&task, || folder.names().len());
    let outcome = task.run();
    assert_ne!(outcome.result(), "Failed", "{}", outcome.text);
    for name in NAMES {
        expect_mirror(&hosted(&host, name), &folder.repository(name));
    }
}

#[test]
fn the_run_after_a_killed_one_makes_all_equal_at_a_host() {
    for kind in [Kind::GitHub, Kind::AzureServer] {
        let (folder, host) = (Folder::new(&NAMES), empty_host(kind));
        let task = to_host(&folder, &host).input("defaultBranch", "follow");
        kill(&task, || host.paths().len());
        task.run().succeeded();
        assert_eq!(host.paths().len(), NAMES.len(), "{:?}", host.paths());
        for name in NAMES {
            expect_mirror(&folder.repository(name), &hosted(&host, name));
        }
    }
}
