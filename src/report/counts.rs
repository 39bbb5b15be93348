//! Counts the refs of a plan, and those of a report.

use std::time::Duration;

use super::units::{Bytes, Count, Elapsed};
use crate::lfs::copies::LfsReport;
use crate::mirror::plan::Plan;
use crate::mirror::ports::Mode;
use crate::mirror::report::{Counts, Outcome, RefOutcome, Report};
use crate::protocol::receive_pack::RefUpdate;

/// Counts what a plan would do: `1 to create, 2 to delete, 10 unchanged`. Nothing is told of what there is none of.
pub(crate) fn of_plan(plan: &Plan) -> String {
    let rest = [
        (plan.unsupported.len(), "left out"),
        (plan.kept.len(), "kept"),
        (plan.unchanged, "unchanged"),
        (plan.not_pruned, "only at the destination"),
    ];
    or_no_refs(told(planned(plan.updates()).into_iter().chain(rest)))
}

/// Counts what became of a plan: `1 created, 2 deleted, 1 refused, 10 unchanged`; after a dry run, what would.
pub(crate) fn of_report(report: &Report, mode: Mode) -> String {
    of_reports(&[report], mode)
}

/// Counts the same of several plans together.
pub(crate) fn of_reports(reports: &[&Report], mode: Mode) -> String {
    let unchanged = [(unchanged(reports), "unchanged")];
    or_no_refs(told(changes(reports, mode).into_iter().chain(exceptions(reports)).chain(unchanged)))
}

/// Counts what was changed and what was as it should be, and not what is an exception; none where that is nothing.
pub(crate) fn without_exceptions(report: &Report, mode: Mode) -> Option<String> {
    let reports = &[report];
    told(changes(reports, mode).into_iter().chain([(unchanged(reports), "unchanged")]))
}

/// Counts what is not as at the source; none where that is nothing.
pub(crate) fn exceptions_of(report: &Report) -> Option<String> {
    told(exceptions(&[report]))
}

/// Counts all of a report, with what was sent and how long it took.
pub(crate) fn totals(report: &Report, lfs: &LfsReport, mode: Mode, elapsed: Duration) -> String {
    format!("{}; {}", of_report(report, mode), sent(report.pack_bytes, lfs, mode, elapsed))
}

/// Says what was sent in what time: `1.6 KiB sent in 0.3 s`; where that is nothing, the time alone.
pub(crate) fn sent(pack_bytes: u64, lfs: &LfsReport, mode: Mode, elapsed: Duration) -> String {
    let (objects, elapsed) = (objects_of(lfs), Elapsed(elapsed));
    let pack = (pack_bytes > 0).then(|| Bytes(pack_bytes).to_string());
    match (mode, pack, objects) {
        (Mode::DryRun, _, Some(objects)) => format!("{objects} to copy; took {elapsed}"),
        (Mode::DryRun, _, None) | (Mode::Mirror, None, None) => format!("took {elapsed}"),
        (Mode::Mirror, Some(one), None) | (Mode::Mirror, None, Some(one)) => {
            format!("{one} sent in {elapsed}")
        }
        (Mode::Mirror, Some(pack), Some(objects)) => format!("{pack} and {objects} sent in {elapsed}"),
    }
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

/// So many refs of one kind.
type Counted = (usize, &'static str);

fn changes(reports: &[&Report], mode: Mode) -> [Counted; 3] {
    let outcomes = reports.iter().flat_map(|report| &report.outcomes);
    match mode {
        Mode::DryRun => {
            let to_do = outcomes.filter(|ref_| ref_.outcome == Outcome::Planned);
            planned(to_do.map(|RefOutcome { update, .. }| update))
        }
        Mode::Mirror => {
            let counts = reports.iter().fold(Counts::default(), |sum, report| sum + report.counts());
            [(counts.created, "created"), (counts.updated, "updated"), (counts.deleted, "deleted")]
        }
    }
}

fn planned<'a>(updates: impl Iterator<Item = &'a RefUpdate>) -> [Counted; 3] {
    let (mut create, mut update, mut delete) = (0, 0, 0);
    for planned in updates {
        match planned {
            RefUpdate::Create { .. } => create += 1,
            RefUpdate::Update { .. } => update += 1,
            RefUpdate::Delete { .. } => delete += 1,
        }
    }
    [(create, "to create"), (update, "to update"), (delete, "to delete")]
}

fn exceptions(reports: &[&Report]) -> [Counted; 4] {
    let of = |is_such: fn(&Outcome) -> bool| {
        let outcomes = reports.iter().flat_map(|report| &report.outcomes);
        outcomes.filter(|ref_| is_such(&ref_.outcome)).count()
    };
    [
        (of(|outcome| matches!(outcome, Outcome::Rejected(_))), "refused"),
        (of(|outcome| matches!(outcome, Outcome::Unsupported(_))), "left out"),
        (reports.iter().map(|report| report.counts().not_done).sum(), "not done"),
        (reports.iter().map(|report| report.kept.len()).sum(), "kept"),
    ]
}

fn unchanged(reports: &[&Report]) -> usize {
    reports.iter().map(|report| report.unchanged).sum()
}

/// Tells each count that is not 0; none where all are.
fn told(counts: impl IntoIterator<Item = Counted>) -> Option<String> {
    let counts = counts.into_iter().filter(|(count, _)| *count > 0);
    let told: Vec<_> = counts.map(|(count, what)| format!("{count} {what}")).collect();
    (!told.is_empty()).then(|| told.join(", "))
}

fn or_no_refs(told: Option<String>) -> String {
    told.unwrap_or_else(|| "no refs".to_owned())
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
    fn what_is_not_as_it_should_be_is_counted_by_its_kind_in_words() {
        let refused = Outcome::Rejected(Refusal { reason: "no".into(), remote: "".into(), kind: None });
        let outcomes = [
            Outcome::Done,
            refused,
            Outcome::Unsupported(RefRuleViolation::HexName),
            Outcome::NotPushed,
            Outcome::Unknown,
        ];
        let report = report(&outcomes);
        let told = "1 created, 1 refused, 1 left out, 2 not done, 3 unchanged";
        assert_eq!(of_report(&report, Mode::Mirror), told);
        assert_eq!(without_exceptions(&report, Mode::Mirror).unwrap(), "1 created, 3 unchanged");
        assert_eq!(exceptions_of(&report).unwrap(), "1 refused, 1 left out, 2 not done");
    }

    #[test]
    fn a_dry_run_counts_as_its_plan_does_also_with_nothing_to_do_in_words() {
        let (reason, difference) = (KeptReason::DefaultBranch, Difference::Extra);
        let kept = Kept { name: name("refs/heads/main"), reason, difference };
        let empty = Plan { unchanged: 3, kept: vec![kept.clone()], ..Plan::default() };
        let told = "1 kept, 3 unchanged";
        assert_eq!(of_plan(&empty), told);
        assert_eq!(of_plan(&Plan { not_pruned: 2, ..empty }), format!("{told}, 2 only at the destination"));
        assert_eq!(of_report(&Report { kept: vec![kept], ..report(&[]) }, Mode::DryRun), told);
        let planned = report(&[Outcome::Planned]);
        assert_eq!(of_report(&planned, Mode::DryRun), "1 to create, 3 unchanged");
        assert_eq!(of_plan(&Plan::default()), "no refs");
    }

    #[test]
    fn what_was_sent_is_told_with_its_time_in_words() {
        let of = |pack, objects, mode| {
            let lfs = LfsReport { objects, bytes: objects * 1024, ..LfsReport::default() };
            sent(pack, &lfs, mode, Duration::from_secs(2))
        };
        assert_eq!(of(0, 0, Mode::Mirror), "took 2.0 s");
        assert_eq!(of(1700, 0, Mode::Mirror), "1.6 KiB sent in 2.0 s");
        assert_eq!(of(0, 1, Mode::Mirror), "1 LFS object of 1.0 KiB sent in 2.0 s");
        assert_eq!(of(1700, 2, Mode::Mirror), "1.6 KiB and 2 LFS objects of 2.0 KiB sent in 2.0 s");
        assert_eq!(of(0, 2, Mode::DryRun), "2 LFS objects of 2.0 KiB to copy; took 2.0 s");
    }
}
