//! A plan, told in the log.

use super::counts;
use super::list_cap::LISTED;
use super::taken_lines;
use super::units::more;
use crate::agent::log::Log;
use crate::mirror::plan::{Kept, KeptReason, Plan, UnsupportedRef};
use crate::mirror::ports::Mode;
use crate::protocol::receive_pack::RefUpdate;

/// The name of what most lists are of.
pub(crate) const REF: &str = "ref";

/// A test for one kind of update.
type IsOfKind = fn(&&RefUpdate) -> bool;

/// The order in which people read updates: refs that move first, then those that are new, then those that go.
const ORDER: [IsOfKind; 3] = [
    |update| matches!(update, RefUpdate::Update { .. }),
    |update| matches!(update, RefUpdate::Create { .. }),
    |update| matches!(update, RefUpdate::Delete { .. }),
];

/// Tells what a plan does and what it leaves. The agent's log can fold it, but not that of a dry run, which is made to see it.
pub(crate) fn tell(log: &Log, plan: &Plan, mode: Mode) {
    let counts = counts::of_plan(plan);
    let title = if plan.updates().next().is_none() { format!("nothing to do: {counts}") } else { counts };
    if mode == Mode::DryRun || is_told_by_its_counts(plan) {
        log.line(&title);
        tell_refs(log, plan, mode);
    } else {
        log.group(&title);
        tell_refs(log, plan, mode);
        log.end_group();
    }
}

/// Tells a plan that is refused: its refs are the reason, and stand where nobody has to look for them.
pub(crate) fn tell_refused(log: &Log, plan: &Plan) {
    log.line(&counts::of_plan(plan));
    tell_refs(log, plan, Mode::DryRun);
}

/// Prints so many lines, and counts the others, which are called so.
pub(crate) fn print_first(log: &Log, most: usize, of: &str, lines: impl Iterator<Item = String>) {
    print_each(most, of, lines, |line| log.line(line));
}

/// Prints as many lines as a list of refs has, of refs with which something is wrong.
pub(crate) fn print_wrong_refs(log: &Log, lines: impl Iterator<Item = String>) {
    print_each(LISTED, REF, lines, |line| log.attention(line));
}

fn print_each(most: usize, of: &str, mut lines: impl Iterator<Item = String>, print: impl Fn(&str)) {
    lines.by_ref().take(most).for_each(|line| print(&line));
    let rest = lines.count();
    if rest > 0 {
        print(&format!("  and {}", more(rest, of)));
    }
}

fn is_told_by_its_counts(plan: &Plan) -> bool {
    plan.updates().next().is_none()
        && plan.unsupported.is_empty()
        && plan.kept.is_empty()
        && plan.taken.is_empty()
        && plan.expired.is_empty()
}

fn tell_refs(log: &Log, plan: &Plan, mode: Mode) {
    let would = if mode == Mode::DryRun { "would " } else { "" };
    let updates = ORDER.iter().flat_map(|is_of_kind| plan.updates().filter(is_of_kind));
    list(log, updates.map(|update| format!("  {would}{update}")));
    first_push(log, plan);
    let unsupported = plan.unsupported.iter();
    list(
        log,
        unsupported
            .map(|UnsupportedRef { update, reason }| format!("  leave out {}: {reason}", update.name())),
    );
    list(log, plan.kept.iter().map(kept_line));
    list(log, plan.taken.iter().filter_map(taken_lines::line));
    list(log, plan.expired.iter().map(|update| format!("  {update}: its days are over")));
}

fn list(log: &Log, lines: impl Iterator<Item = String>) {
    print_first(log, LISTED, REF, lines);
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
        let creates = (0..1_000).map(|number| RefUpdate::Create { name: of(number), new: id(1) }).collect();
        let symbolic = |number| Kept {
            name: of(number),
            reason: KeptReason::SymbolicFor(of(0)),
            difference: Difference::Value,
        };
        let plan = Plan { pushes: vec![creates], kept: (0..250).map(symbolic).collect(), ..Plan::default() };
        for mode in [Mode::DryRun, Mode::Mirror] {
            let told = told(&plan, mode);
            assert_eq!(told.matches("create refs/").count(), LISTED);
            assert_eq!(told.matches("symbolic").count(), LISTED);
            assert!(
                told.contains("  and 800 more refs\n") && told.contains("  and 50 more refs\n"),
                "{told}"
            );
        }
    }

    /// A plan that deletes, creates and updates a ref, in this order.
    fn mixed() -> Plan {
        let [old, new] = [id(1), id(2)];
        let push = vec![
            RefUpdate::Delete { name: name("refs/heads/gone"), old },
            RefUpdate::Create { name: name("refs/heads/new"), new },
            RefUpdate::Update { name: name("refs/heads/main"), old, new },
        ];
        Plan { pushes: vec![push], unchanged: 7, ..Plan::default() }
    }

    #[test]
    fn updates_come_before_what_is_new_and_deletions_last() {
        let told = told(&mixed(), Mode::Mirror);
        let places = ["  update ", "  create ", "  delete "].map(|verb| told.find(verb).unwrap());
        assert!(places.is_sorted(), "{told}");
    }

    #[test]
    fn a_refused_plan_stands_in_no_group() {
        let recorder = Recorder::new(&[("TF_BUILD", "True")]);
        tell_refused(&recorder.log, &mixed());
        let output = recorder.output();
        assert!(
            !output.contains("##[group]") && output.contains("\n  would delete refs/heads/gone"),
            "{output}"
        );
        tell(&recorder.log, &mixed(), Mode::Mirror);
        assert!(recorder.output().contains("##[group]"));
    }

    #[test]
    fn a_plan_without_changes_is_one_line_in_words() {
        let idle = Plan { unchanged: 3, ..Plan::default() };
        assert_eq!(told(&idle, Mode::Mirror), "nothing to do: 3 unchanged\n");
    }
}
