//! A run as it goes on, told in the log.

use std::sync::Mutex;
use std::sync::PoisonError;
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
    bytes: u64,
}

impl<'a> Progress<'a> {
    /// Starts to watch a run.
    pub fn new(log: &'a Log) -> Self {
        Self { log, told: Mutex::new(Told { relay: Stopwatch::start(), next: EVERY, bytes: 0 }) }
    }
}

impl Observer for Progress<'_> {
    fn phase(&self, phase: Phase) {
        match phase {
            Phase::List => self.log.section("Connect"),
            Phase::Plan => self.log.section("Plan"),
            Phase::Fetch => {
                self.log.section("Relay");
                let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
                *told = Told { relay: Stopwatch::start(), next: EVERY, bytes: 0 };
            }
            Phase::Push => {}
            Phase::Verify => {
                self.log.end_remotes();
                self.log.section("Verify");
            }
        }
    }

    fn remote(&self, side: Side, text: &[u8]) {
        self.log.remote(&side.to_string(), text);
    }

    fn planned(&self, plan: &Plan) {
        self.log.section("Plan");
        let count = |is_kind: fn(&RefUpdate) -> bool| plan.updates().filter(|update| is_kind(update)).count();
        self.log.line(&format!(
            "{} to create, {} to update, {} to delete, {} equal already",
            count(|update| matches!(update, RefUpdate::Create { .. })),
            count(|update| matches!(update, RefUpdate::Update { .. })),
            count(|update| matches!(update, RefUpdate::Delete { .. })),
            plan.unchanged
        ));
        for update in plan.updates().take(SHOWN) {
            self.log.line(&format!("  {update}"));
        }
        let rest = plan.updates().count().saturating_sub(SHOWN);
        if rest > 0 {
            self.log.line(&format!("  and {} more", Count(rest, "ref")));
        }
        for Kept { name, reason } in &plan.kept {
            match reason {
                KeptReason::SymbolicFor(target) => self.log.line(&format!(
                    "  keep {name}: it is a symbolic ref, and deleting it would delete {target}"
                )),
                KeptReason::DefaultBranch => self.log.warning(&format!(
                    "'{name}' is the destination's default branch and stays, although the source does not have it. \
                     Make another branch the default there, and the next run deletes it."
                )),
            }
        }
    }

    fn relayed(&self, bytes: u64) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let elapsed = told.relay.elapsed();
        if elapsed < told.next || bytes == told.bytes {
            return;
        }
        told.next = elapsed + EVERY;
        told.bytes = bytes;
        let rate = rate(bytes, elapsed).map(|rate| format!(", {rate}")).unwrap_or_default();
        self.log.line(&format!("relayed {} in {}{rate}", Bytes(bytes), Elapsed(elapsed)));
    }
}
