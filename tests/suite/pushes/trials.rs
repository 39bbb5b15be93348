//! Mirrors through a limit on pushes, whole or killed on their way, and what they take.

use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::dice::Dice;
use crate::support::metered::{Metered, Traffic};
use crate::support::task::{Outcome, Task};

/// The most that a run writes to a disk: its page for the agent.
const MOST_WRITTEN: u64 = 64 << 10;

/// The bytes of a push beside its pack: the header of the request, its framing, commands.
const BESIDE: u64 = 64 << 10;

/// The outcome of a whole run.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) outcome: Outcome,
    pub(super) traffic: Traffic,
    pub(super) elapsed: Duration,
}

/// The outcome of runs in a row, of which all but the last were killed.
#[derive(Debug)]
pub(super) struct Killed {
    /// What each of those that were killed pushed.
    pub(super) killed: Vec<Traffic>,
    pub(super) last: Run,
}

/// Mirrors into an empty destination, and expects that all is there and that nothing was written to a disk.
#[track_caller]
pub(super) fn mirror(metered: &mut Metered, task: &Task, patience: Duration) -> Run {
    metered.traffic();
    let started = Instant::now();
    let outcome = task.start().end_within(patience);
    let elapsed = started.elapsed();
    outcome.succeeded();
    assert!(outcome.written < MOST_WRITTEN, "{} bytes written", outcome.written);
    metered.pair.expect_equal();
    Run { outcome, traffic: metered.traffic(), elapsed }
}

/// Mirrors with runs that are killed at points by chance, and then once more, to the end. `whole`: the time that an undisturbed
/// run takes, which is longer than all of them together, so that each has something left to do.
#[track_caller]
pub(super) fn mirror_killed(
    metered: &mut Metered,
    task: &Task,
    kills: u32,
    dice: &mut Dice,
    whole: Duration,
    patience: Duration,
) -> Killed {
    metered.traffic();
    let longest = u64::try_from((whole / kills).as_micros()).unwrap();
    let kill = |_| {
        let run = task.start();
        thread::sleep(Duration::from_micros(dice.below(longest)));
        run.signal(Signal::KILL);
        let outcome = run.end();
        assert_eq!(outcome.status, None, "it was killed, not done:\n{}", outcome.text);
        assert!(outcome.written < MOST_WRITTEN, "{} bytes written", outcome.written);
        metered.traffic()
    };
    let killed = (0..kills).map(kill).collect();
    let last = mirror(metered, task, patience);
    Killed { killed, last }
}

impl Run {
    /// The bytes that were sent. A server which has answered early drops what comes after, and does not count it.
    pub(super) fn sent(&self) -> u64 {
        self.outcome.output("packBytes").parse::<u64>().unwrap().max(self.traffic.pushed())
    }

    /// The bytes sent in vain.
    pub(super) fn in_vain(&self) -> u64 {
        self.sent().saturating_sub(self.traffic.landed)
    }

    /// Expects that no push was larger than this.
    #[track_caller]
    pub(super) fn expect_pushes_below(&self, part: u64) {
        let largest = self.traffic.pushes().map(|push| push.received).max().unwrap();
        assert!(largest <= part + BESIDE, "a push of {largest} bytes:\n{}", self.outcome.text);
    }
}

impl Killed {
    /// The bytes of all packs that the destination has taken.
    pub(super) fn landed(&self) -> u64 {
        self.traffic().map(|traffic| traffic.landed).sum()
    }

    /// The bytes that were sent in vain by all runs.
    pub(super) fn in_vain(&self) -> u64 {
        self.traffic().map(Traffic::in_vain).sum()
    }

    fn traffic(&self) -> impl Iterator<Item = &Traffic> {
        self.killed.iter().chain([&self.last.traffic])
    }

    /// Expects that each kill has cost at most the part that was on its way, beside what an `undisturbed` run sends in vain.
    #[track_caller]
    pub(super) fn expect_to_cost_a_part_each(&self, part: u64, undisturbed: &Run) {
        for (number, killed) in self.killed.iter().enumerate() {
            let cost = killed.in_vain();
            assert!(cost <= part + BESIDE, "{cost} bytes by kill {number}");
        }
        let pushes = self.traffic().flat_map(Traffic::pushes).count() as u64;
        let most = undisturbed.in_vain() + self.killed.len() as u64 * part + pushes * 1024;
        assert!(self.in_vain() <= most, "{} bytes in vain, {most} are allowed", self.in_vain());
    }
}

#[expect(clippy::cast_precision_loss, reason = "no count here is as large")]
pub(super) fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

/// Mebibytes, for a reader.
pub(super) fn mib(bytes: u64) -> f64 {
    ratio(bytes, 1 << 20)
}
