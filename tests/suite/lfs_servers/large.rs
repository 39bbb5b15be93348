//! Many objects and a large one: what they take of this machine. `scripts/lfs-large` runs these.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::git::output;
use crate::support::lfs::{Object, objects};
use crate::support::lfs_oracle::verify_lfs;
use crate::support::lfs_pair::{DESTINATION, LfsPair, moved};
use crate::support::task::{Outcome, Task};

/// The most memory of a run, in bytes.
const MOST_MEMORY: u64 = 32 << 20;

/// The most that a run writes to a disk: its page for the agent.
const MOST_WRITTEN: u64 = 64 << 10;

/// The servers may take so long.
const PATIENCE: Duration = Duration::from_secs(1800);

/// Runs the task within its bounds, and tells what it took.
fn run(what: &str, task: &Task) -> Outcome {
    let started = Instant::now();
    let outcome = task.start().end_within(PATIENCE);
    let elapsed = started.elapsed();
    eprintln!(
        "{what}: {:.2} s, {:.2} s of CPU, {} KiB, {} bytes written",
        elapsed.as_secs_f64(),
        outcome.cpu.as_secs_f64(),
        outcome.peak >> 10,
        outcome.written
    );
    outcome.succeeded();
    assert!(outcome.peak < MOST_MEMORY, "{} bytes of memory", outcome.peak);
    assert!(outcome.written < MOST_WRITTEN, "{} bytes written", outcome.written);
    outcome
}

/// Mirrors, and again: then nothing is sent, and little time taken.
fn mirror_twice(what: &str, pair: &LfsPair, count: usize) {
    let first = run(what, &pair.task());
    assert_eq!(first.output("lfsObjects"), count.to_string());
    // That of a run which ends at once is not always seen.
    assert!(first.peak > 0, "no memory was measured");
    pair.requests();
    for (how, task) in [("again", pair.task()), ("again, with full", pair.task().input("lfs", "full"))] {
        let outcome = run(&format!("{what}, {how}"), &task);
        assert_eq!(outcome.output("lfsObjects"), "0");
        assert_eq!(moved("PUT", &pair.requests()), Vec::<String>::new());
        assert!(outcome.cpu < Duration::from_secs(1), "{:?} of CPU", outcome.cpu);
    }
}

#[test]
#[ignore = "takes minutes: scripts/lfs-large runs it"]
fn ten_thousand_objects_take_little_memory_and_no_disk() {
    let pair = LfsPair::new();
    let objects = objects(51, 10_005, 100..4800);
    for part in objects.chunks(1001) {
        pair.commit("main", part);
    }
    mirror_twice("10,005 objects", &pair, objects.len());
    assert_eq!(verify_lfs(&pair).len(), objects.len());
}

#[test]
#[ignore = "takes gigabytes: scripts/lfs-large runs it"]
fn an_object_of_a_gibibyte_takes_little_memory_and_no_disk() {
    let pair = LfsPair::new();
    let object = Object::zeros(1 << 30);
    pair.commit("main", std::slice::from_ref(&object));
    mirror_twice("1 GiB", &pair, 1);
    let arrived = pair.giftless.objects(DESTINATION).join(&object.oid);
    let sum = output(Command::new("sha256sum").arg(arrived), b"");
    assert!(sum.starts_with(object.oid.as_bytes()));
}
