//! A run as it goes on, told in the log.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Log;
use super::units::{Bytes, Count, Elapsed, rate};
use crate::clock::Stopwatch;
use crate::error::{Phase, Side};
use crate::mirror::Observer;
use crate::mirror::plan::{Kept, KeptReason, Plan};
use crate::protocol::receive_pack::RefUpdate;

/// How many planned updates are named.
const SHOWN: usize = 20;

/// How often a relay under way is reported.
const EVERY: Duration = Duration::from_secs(5);

/// A relay of fewer bytes is not under way yet: the source sends the start of a pack before it has packed.
const FIRST: u64 = 16 << 10;

/// Where the bar stands when a step begins, in percent.
const PLANNED: u8 = 10;
const RELAYING: u8 = 20;
const VERIFYING: u8 = 90;

/// Writes what happens into the log.
#[derive(Debug)]
pub struct Progress<'a> {
    log: &'a Log,
    told: Mutex<Told>,
}

#[derive(Debug)]
struct Told {
    relay: Stopwatch,
    next: Duration,
    /// What came through, and what of it the log has said.
    bytes: u64,
    shown: u64,
    percent: u8,
}

impl Told {
    fn at(percent: u8) -> Self {
        Self { relay: Stopwatch::start(), next: EVERY, bytes: 0, shown: 0, percent }
    }
}

impl<'a> Progress<'a> {
    /// Starts to watch a run.
    pub fn new(log: &'a Log) -> Self {
        Self { log, told: Mutex::new(Told::at(0)) }
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn show(&self, told: &mut Told) {
        let (bytes, elapsed) = (told.bytes, told.relay.elapsed());
        let rate = rate(bytes, elapsed).map(|rate| format!(", {rate}")).unwrap_or_default();
        self.log.line(&format!("relayed {} in {}{rate}", Bytes(bytes), Elapsed(elapsed)));
        told.shown = bytes;
    }

    /// Moves the bar, which never goes back: not for another attempt, nor for the clone before the mirror.
    fn advance(&self, told: &mut Told, percent: u8, doing: &str) {
        if percent > told.percent {
            told.percent = percent;
            self.log.progress(percent, doing);
        }
    }
}

impl Progress<'_> {
    /// Names the first updates, in a group that the agent's log can fold.
    fn list(&self, title: &str, plan: &Plan) {
        self.log.group(title);
        for update in plan.updates().take(SHOWN) {
            self.log.line(&format!("  {update}"));
        }
        let rest = plan.updates().count().saturating_sub(SHOWN);
        if rest > 0 {
            self.log.line(&format!("  and {} more", Count(rest, "ref")));
        }
        self.log.end_group();
    }
}

impl Observer for Progress<'_> {
    fn phase(&self, phase: Phase) {
        match phase {
            Phase::List => self.log.section("Connect"),
            Phase::Plan => self.log.section("Plan"),
            Phase::Fetch => {
                self.log.section("Relay");
                let mut told = self.told();
                *told = Told::at(told.percent);
                self.advance(&mut told, RELAYING, "relaying");
            }
            Phase::Push => {}
            Phase::Verify => {
                self.log.end_remotes();
                let mut told = self.told();
                if told.bytes > told.shown {
                    self.show(&mut told);
                }
                self.log.section("Verify");
                self.log.line("listing the destination again");
                self.advance(&mut told, VERIFYING, "listing the destination again");
            }
        }
    }

    fn remote(&self, side: Side, text: &[u8]) {
        self.log.remote(&side.to_string(), text);
    }

    fn planned(&self, plan: &Plan) {
        self.log.section("Plan");
        self.advance(&mut self.told(), PLANNED, "planning");
        let count = |is_kind: fn(&RefUpdate) -> bool| plan.updates().filter(|update| is_kind(update)).count();
        let counts = format!(
            "{} to create, {} to update, {} to delete, {} equal already",
            count(|update| matches!(update, RefUpdate::Create { .. })),
            count(|update| matches!(update, RefUpdate::Update { .. })),
            count(|update| matches!(update, RefUpdate::Delete { .. })),
            plan.unchanged
        );
        if plan.is_empty() {
            self.log.line(&counts);
        } else {
            self.list(&counts, plan);
        }
        if !plan.unfit.is_empty() {
            let count = Count(plan.unfit.len(), "ref");
            self.log.line(&format!("  {count} left out, since the destination's host takes no such names"));
        }
        for Kept { name, reason } in &plan.kept {
            match reason {
                KeptReason::SymbolicFor(target) => self.log.line(&format!(
                    "  keep {name}: it is a symbolic ref, and whatever is done to it happens to {target}"
                )),
                KeptReason::DefaultBranch => self.log.warning(&format!(
                    "'{name}' is the destination's default branch and stays, although the source does not have it. \
                     Make another branch the default there, and the next run deletes it."
                )),
            }
        }
    }

    fn relayed(&self, bytes: u64) {
        let mut told = self.told();
        told.bytes = bytes;
        let elapsed = told.relay.elapsed();
        if elapsed < told.next || bytes == told.shown || bytes < FIRST {
            return;
        }
        told.next = elapsed + EVERY;
        self.show(&mut told);
        self.advance(&mut told, relayed_percent(bytes), "relaying");
    }
}

/// How far the bar is after so many bytes of a pack. No server says how many there will be, so each MiB
/// counts less than the one before, and the end is never reached.
fn relayed_percent(bytes: u64) -> u8 {
    const HALF: u64 = 64 << 20;
    let (bytes, span) = (u128::from(bytes), u128::from(VERIFYING - RELAYING));
    let moved = span * bytes / (bytes + u128::from(HALF));
    RELAYING + u8::try_from(moved).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::{Environment, agent};
    use std::io::{self, Write};
    use std::sync::Arc;

    #[derive(Clone, Default)]
    struct Output(Arc<Mutex<Vec<u8>>>);

    impl Write for Output {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What the agent reads of a run that is told so.
    fn output_of(tell: impl Fn(&Progress<'_>)) -> String {
        let output = Output::default();
        let variables = vec![("TF_BUILD".into(), "True".into())];
        let environment = Environment { variables, arguments: Vec::new() };
        let log = Log::new(Box::new(output.clone()), &environment);
        tell(&Progress::new(&log));
        let written = output.0.lock().unwrap().clone();
        String::from_utf8(written).unwrap()
    }

    /// Says that so much went through, however short ago the last line was.
    fn relay(progress: &Progress<'_>, bytes: u64) {
        progress.told().next = Duration::ZERO;
        progress.relayed(bytes);
    }

    #[test]
    fn the_bar_never_goes_back_even_when_a_run_begins_again() {
        let output = output_of(|progress| {
            for _ in 0..2 {
                progress.phase(Phase::List);
                progress.planned(&Plan::default());
                progress.phase(Phase::Fetch);
                for mib in [1, 64, 640] {
                    relay(progress, mib << 20);
                }
                progress.phase(Phase::Verify);
            }
        });
        let bars = agent::lines(&output).into_iter().filter_map(agent::parse);
        let bars: Vec<_> = bars.filter(|command| command.event == "setprogress").collect();
        let percents: Vec<u8> =
            bars.iter().map(|bar| bar.property("value").unwrap().parse().unwrap()).collect();
        assert_eq!(percents, [PLANNED, RELAYING, 21, 55, 83, VERIFYING]);
    }

    #[test]
    fn the_bar_of_a_relay_stays_below_the_next_step() {
        assert_eq!((relayed_percent(0), relayed_percent(u64::MAX)), (RELAYING, VERIFYING - 1));
    }

    #[test]
    fn what_a_relay_came_to_is_said_at_its_end() {
        let output = output_of(|progress| {
            progress.phase(Phase::Fetch);
            progress.relayed(39);
            progress.phase(Phase::Verify);
        });
        assert_eq!(output.matches("relayed 39 bytes in 0.0 s").count(), 1, "{output}");
    }

    #[test]
    fn a_relay_under_way_is_not_reported_by_its_first_bytes() {
        let output = output_of(|progress| {
            relay(progress, 39);
            relay(progress, FIRST);
            relay(progress, FIRST);
        });
        assert_eq!(output.matches("relayed ").count(), 1, "{output}");
        assert!(output.contains("relayed 16.0 KiB in "), "{output}");
    }
}
