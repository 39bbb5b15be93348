//! A plan, told in the log.

use super::counts;
use super::taken_lines;
use super::units::more;
use crate::agent::log::Log;
use crate::mirror::plan::{Kept, KeptReason, Plan, UnsupportedRef};
use crate::mirror::ports::Mode;
use crate::protocol::receive_pack::RefUpdate;

/// Number of refs that are named.
const SHOWN: usize = 20;

/// Number of refs that a dry run names, which is made to see them. The agent keeps logs, and servers choose their size.
const SHOWN_BY_DRY_RUN: usize = 10_000;

/// Tells what a plan does and what it leaves.
pub(crate) fn tell(log: &Log, plan: &Plan, mode: Mode) {
    let counts = counts::of_plan(plan);
    match mode {
        Mode::Mirror if plan.updates().next().is_some() => {
            // The agent's log can fold it.
            log.group(&counts);
            print_first(log, SHOWN, REF, plan.updates().map(|update| format!("  {update}")));
            log.end_group();
        }
        Mode::Mirror => log.line(&counts),
        Mode::DryRun => {
            log.line(&counts);
            print_first(log, SHOWN_BY_DRY_RUN, REF, plan.updates().map(|update| format!("  would {update}")));
        }
    }
    first_push(log, plan);
    print_first(
        log,
        SHOWN,
        REF,
        plan.unsupported
            .iter()
            .map(|UnsupportedRef { update, reason }| format!("  leave out {}: {reason}", update.name())),
    );
    print_first(log, SHOWN, REF, plan.kept.iter().map(kept_line));
    let taken = if mode == Mode::DryRun { SHOWN_BY_DRY_RUN } else { SHOWN };
    print_first(log, taken, REF, plan.taken.iter().map(taken_lines::line));
    let expired = plan.expired.iter().map(|tag| format!("  {tag}, which is past its days"));
    print_first(log, SHOWN, "tag", expired);
}

/// The name of what most lists are of.
pub(crate) const REF: &str = "ref";

/// Prints so many lines, and counts the others, which are called so.
pub(crate) fn print_first(log: &Log, most: usize, of: &str, mut lines: impl Iterator<Item = String>) {
    lines.by_ref().take(most).for_each(|line| log.line(&line));
    let rest = lines.count();
    if rest > 0 {
        log.line(&format!("  and {}", more(rest, of)));
    }
}

fn first_push(log: &Log, plan: &Plan) {
    if let [first, _, ..] = plan.pushes.as_slice()
        && let [RefUpdate::Create { name, .. }] = first.as_slice()
    {
        log.line(&format!("  {name} is pushed first, so that the host makes it the default branch"));
    }
}

fn kept_line(Kept { name, reason, .. }: &Kept) -> String {
    match reason {
        KeptReason::SymbolicFor(target) => {
            format!("  keep {name}: it is a symbolic ref, and whatever is done to it happens to {target}")
        }
        KeptReason::TargetOf(alias) => {
            format!("  keep {name}: {alias} is a symbolic ref there, which stands for it")
        }
        KeptReason::DefaultBranch => {
            format!("  keep {name}: it is the default branch there, which the source does not have")
        }
        KeptReason::Diverged(tip) => format!("  keep {name}: it has diverged from the source, at {tip}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::recorder::Recorder;
    use crate::mirror::plan::Difference;
    use crate::mirror::testing::{id, name};

    fn told(plan: &Plan, mode: Mode) -> String {
        let recorder = Recorder::terminal();
        tell(&recorder.log, plan, mode);
        recorder.output()
    }

    #[test]
    fn a_plan_names_a_bounded_number_of_refs_and_counts_the_rest() {
        let of = |number: usize| name(&format!("refs/heads/{number}"));
        let creates = (0..10_500).map(|number| RefUpdate::Create { name: of(number), new: id(1) }).collect();
        let symbolic = |number| Kept {
            name: of(number),
            reason: KeptReason::SymbolicFor(of(0)),
            difference: Difference::Value,
        };
        let plan = Plan { pushes: vec![creates], kept: (0..50).map(symbolic).collect(), ..Plan::default() };
        for (mode, named, rest) in [(Mode::DryRun, 10_000, 500), (Mode::Mirror, 20, 10_480)] {
            let told = told(&plan, mode);
            assert_eq!(told.matches("create refs/").count(), named);
            assert_eq!(told.matches("symbolic").count(), 20);
            assert!(
                told.contains(&format!("  and {rest} more refs\n")) && told.contains("  and 30 more refs\n")
            );
        }
    }
}
