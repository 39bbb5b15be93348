//! A plan, told in the log.

use super::counts;
use super::units::Count;
use crate::agent::log::Log;
use crate::mirror::plan::{HostRejected, Kept, KeptReason, Plan};
use crate::mirror::ports::Mode;
use crate::protocol::receive_pack::RefUpdate;

/// How many refs are named. A dry run is made to see them, so it names all.
const SHOWN: usize = 20;

/// Tells what a plan does and what it leaves.
pub(crate) fn tell(log: &Log, plan: &Plan, mode: Mode) {
    let counts = counts::of_plan(plan);
    match mode {
        Mode::Mirror if !plan.is_empty() => {
            // The agent's log can fold it.
            log.group(&counts);
            some(log, SHOWN, plan.updates().map(|update| format!("  {update}")));
            log.end_group();
        }
        Mode::Mirror => log.line(&counts),
        Mode::DryRun => {
            log.line(&counts);
            some(log, usize::MAX, plan.updates().map(|update| format!("  would {update}")));
        }
    }
    first_push(log, plan);
    some(
        log,
        SHOWN,
        plan.host_rejected
            .iter()
            .map(|HostRejected { update, reason }| format!("  leave out {}: {reason}", update.name())),
    );
    plan.kept.iter().for_each(|kept| tell_kept(log, kept));
}

/// Prints so many lines, and counts the others.
pub(crate) fn some(log: &Log, most: usize, mut lines: impl Iterator<Item = String>) {
    lines.by_ref().take(most).for_each(|line| log.line(&line));
    let rest = lines.count();
    if rest > 0 {
        log.line(&format!("  and {}", Count(rest as u64, "more ref")));
    }
}

fn first_push(log: &Log, plan: &Plan) {
    if let [first, _, ..] = plan.pushes.as_slice()
        && let [RefUpdate::Create { name, .. }] = first.as_slice()
    {
        log.line(&format!("  {name} goes first, alone: a host takes its first branch as the default"));
    }
}

fn tell_kept(log: &Log, Kept { name, reason, .. }: &Kept) {
    match reason {
        KeptReason::SymbolicFor(target) => log.line(&format!(
            "  keep {name}: it is a symbolic ref, and whatever is done to it happens to {target}"
        )),
        KeptReason::TargetOf(alias) => {
            log.line(&format!("  keep {name}: {alias} is a symbolic ref there, which stands for it"));
        }
        KeptReason::DefaultBranch => {
            log.line(&format!(
                "  keep {name}: it is the default branch there, which the source does not have"
            ));
        }
    }
}
