//! Counts the refs of a plan, and those of a report.

use std::time::Duration;

use super::units::{Bytes, Count, Elapsed};
use crate::lfs::copies::LfsReport;
use crate::mirror::plan::Plan;
use crate::mirror::ports::Mode;
use crate::mirror::report::{Counts, Outcome, RefOutcome, Report};
use crate::protocol::receive_pack::RefUpdate;

/// Counts what a plan would do: `1 to create, 0 to update, 2 to delete, 10 unchanged`.
pub(crate) fn of_plan(plan: &Plan) -> String {
    let not_pruned = match plan.not_pruned {
        0 => String::new(),
        count => format!(", {count} only at the destination"),
    };
    let left_out = (plan.unsupported.len(), "left out");
    planned(plan.updates()) + &rest([left_out], plan.unchanged, plan.kept.len()) + &not_pruned
}

/// Counts what became of a plan: `1 created, 0 updated, 2 deleted, 1 refused, 10 unchanged`; after a
/// dry run, what would.
pub(crate) fn of_report(report: &Report, mode: Mode) -> String {
    of_reports(&[report], mode)
}

/// Counts the same of several plans together.
pub(crate) fn of_reports(reports: &[&Report], mode: Mode) -> String {
    let outcomes = || reports.iter().flat_map(|report| &report.outcomes);
    let of = |is_such: fn(&Outcome) -> bool| outcomes().filter(|ref_| is_such(&ref_.outcome)).count();
    let left_out = (of(|outcome| matches!(outcome, Outcome::Unsupported(_))), "left out");
    let unchanged = reports.iter().map(|report| report.unchanged).sum();
    let kept = reports.iter().map(|report| report.kept.len()).sum();
    match mode {
        Mode::DryRun => {
            let is_planned = |ref_: &&RefOutcome| ref_.outcome == Outcome::Planned;
            planned(outcomes().filter(is_planned).map(|ref_| &ref_.update))
                + &rest([left_out], unchanged, kept)
        }
        Mode::Mirror => {
            let refused = (of(|outcome| matches!(outcome, Outcome::Rejected(_))), "refused");
            let counts = reports.iter().fold(Counts::default(), |sum, report| sum + report.counts());
            format!("{} created, {} updated, {} deleted", counts.created, counts.updated, counts.deleted)
                + &rest([refused, left_out, (counts.not_done, "not done")], unchanged, kept)
        }
    }
}

/// Counts the same, with what was relayed and how long it took.
pub(crate) fn totals(report: &Report, lfs: &LfsReport, mode: Mode, elapsed: Duration) -> String {
    let moved = moved(report.pack_bytes, lfs.objects, lfs.bytes, mode);
    let moved = if moved.is_empty() { ",".to_owned() } else { format!("; {moved}") };
    format!("{}{moved} in {}", of_report(report, mode), Elapsed(elapsed))
}

/// Counts what was relayed and copied; nothing where that is nothing.
pub(crate) fn moved(pack_bytes: u64, objects: u64, bytes: u64, mode: Mode) -> String {
    let pack = (pack_bytes > 0).then(|| format!("{} of pack", Bytes(pack_bytes)));
    let to_copy = if mode == Mode::DryRun { " to copy" } else { "" };
    let objects = objects_in_words(objects, bytes).map(|objects| format!("{objects}{to_copy}"));
    pack.into_iter().chain(objects).collect::<Vec<_>>().join(", ")
}

/// Counts the LFS objects that were copied, if any were; after a dry run, those that would be.
pub(crate) fn objects_of(lfs: &LfsReport) -> Option<String> {
    objects_in_words(lfs.objects, lfs.bytes)
}

/// Counts so many LFS objects of so many bytes in all, if there are any.
pub(crate) fn objects_in_words(objects: u64, bytes: u64) -> Option<String> {
    (objects > 0).then(|| format!("{} of {}", Count(objects, "LFS object"), Bytes(bytes)))
}

fn planned<'a>(updates: impl Iterator<Item = &'a RefUpdate>) -> String {
    let (mut create, mut update, mut delete) = (0, 0, 0);
    for planned in updates {
        match planned {
            RefUpdate::Create { .. } => create += 1,
            RefUpdate::Update { .. } => update += 1,
            RefUpdate::Delete { .. } => delete += 1,
        }
    }
    format!("{create} to create, {update} to update, {delete} to delete")
}

/// Counts that are told only if there is some, and the unchanged.
fn rest<const N: usize>(exceptions: [(usize, &str); N], unchanged: usize, kept: usize) -> String {
    let told = |(count, what): (usize, &str)| match count {
        0 => String::new(),
        count => format!(", {count} {what}"),
    };
    format!("{}, {unchanged} unchanged{}", exceptions.map(told).concat(), told((kept, "kept")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::plan::{Difference, Kept, KeptReason};
    use crate::mirror::ref_rule::RefRuleViolation;
    use crate::mirror::report::Refusal;
    use crate::mirror::testing::name;
    use crate::report::testing::report;

    #[test]
    fn what_is_not_as_it_should_be_is_counted_by_its_kind() {
        let refused = Outcome::Rejected(Refusal { reason: "no".into(), remote: "".into(), kind: None });
        let outcomes = [
            Outcome::Done,
            refused,
            Outcome::Unsupported(RefRuleViolation::HexName),
            Outcome::NotPushed,
            Outcome::Unknown,
        ];
        assert_eq!(
            of_report(&report(&outcomes), Mode::Mirror),
            "1 created, 0 updated, 0 deleted, 1 refused, 1 left out, 2 not done, 3 unchanged"
        );
    }

    #[test]
    fn a_dry_run_counts_as_its_plan_does_also_with_nothing_to_do() {
        let (reason, difference) = (KeptReason::DefaultBranch, Difference::Extra);
        let kept = Kept { name: name("refs/heads/main"), reason, difference };
        let empty = Plan { unchanged: 3, kept: vec![kept.clone()], ..Plan::default() };
        let told = "0 to create, 0 to update, 0 to delete, 3 unchanged, 1 kept";
        assert_eq!(of_plan(&empty), told);
        assert!(of_plan(&Plan { not_pruned: 2, ..empty }).ends_with(", 1 kept, 2 only at the destination"));
        assert_eq!(of_report(&Report { kept: vec![kept], ..report(&[]) }, Mode::DryRun), told);
        let planned = report(&[Outcome::Planned]);
        assert_eq!(of_report(&planned, Mode::DryRun), "1 to create, 0 to update, 0 to delete, 3 unchanged");
    }
}
