//! Reports as the step's output variables.

use crate::agent::log::Log;
use crate::lfs::copies::LfsReport;
use crate::mirror::report::{Counts, Report};

/// Sets the output variables: the sums of all mirrors of a step.
pub(crate) fn set(log: &Log, reports: &[&Report], lfs: &[&LfsReport]) {
    for (name, value) in variables(reports).into_iter().chain(of_lfs(lfs)) {
        log.variable(name, &value);
    }
}

/// Returns each variable's name, as task.json declares it, and its value.
fn variables(reports: &[&Report]) -> [(&'static str, String); 7] {
    let counts = reports.iter().map(|report| report.counts()).fold(Counts::default(), |sum, counts| Counts {
        created: sum.created + counts.created,
        updated: sum.updated + counts.updated,
        deleted: sum.deleted + counts.deleted,
        rejected: sum.rejected + counts.rejected,
        not_done: sum.not_done + counts.not_done,
    });
    let unchanged: usize = reports.iter().map(|report| report.unchanged).sum();
    let pack_bytes: u64 = reports.iter().map(|report| report.pack_bytes).sum();
    let changed = counts.created + counts.updated + counts.deleted > 0;
    [
        ("refsCreated", counts.created.to_string()),
        ("refsUpdated", counts.updated.to_string()),
        ("refsDeleted", counts.deleted.to_string()),
        ("refsRejected", counts.rejected.to_string()),
        ("refsUnchanged", unchanged.to_string()),
        ("packBytes", pack_bytes.to_string()),
        ("changed", changed.to_string()),
    ]
}

fn of_lfs(reports: &[&LfsReport]) -> [(&'static str, String); 3] {
    let objects: u64 = reports.iter().map(|report| report.objects).sum();
    let bytes = reports.iter().fold(0_u64, |sum, report| sum.saturating_add(report.bytes));
    let missing: usize = reports.iter().map(|report| report.missing.len()).sum();
    [
        ("lfsObjects", objects.to_string()),
        ("lfsBytes", bytes.to_string()),
        ("lfsObjectsMissing", missing.to_string()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::report::{Outcome, RefOutcome, Refusal};
    use crate::mirror::testing::{id, name};
    use crate::protocol::receive_pack::RefUpdate;

    #[test]
    fn done_counts_as_changed_and_refused_as_rejected() {
        let of = |outcome| RefOutcome {
            update: RefUpdate::Create { name: name("refs/heads/a"), new: id(1) },
            outcome,
        };
        let refusal = Refusal { reason: "hook declined".into(), remote: "".into(), kind: None };
        let mut report = Report {
            outcomes: vec![of(Outcome::Rejected(refusal)), of(Outcome::NotPushed)],
            unchanged: 3,
            kept: vec![],
            contradicted: 0,
            pack_bytes: 32,
            pack_time: std::time::Duration::ZERO,
            interruption: None,
        };
        let value = |report: &Report, wanted: &str| {
            variables(&[report])
                .into_iter()
                .find(|(name, _)| *name == wanted)
                .map(|(_, value)| value)
                .unwrap()
        };
        assert_eq!((value(&report, "refsRejected"), value(&report, "changed")), ("1".into(), "false".into()));
        let done = RefOutcome {
            update: RefUpdate::Delete { name: name("refs/heads/b"), old: id(1) },
            outcome: Outcome::Done,
        };
        report.outcomes.push(done);
        assert_eq!((value(&report, "refsDeleted"), value(&report, "changed")), ("1".into(), "true".into()));
    }
}
