//! A report as the step's output variables.

use crate::agent::log::Log;
use crate::mirror::report::Report;

/// Sets the output variables.
pub(crate) fn set(log: &Log, report: &Report) {
    for (name, value) in variables(report) {
        log.variable(name, &value);
    }
}

/// Returns each variable's name, as task.json declares it, and its value.
fn variables(report: &Report) -> [(&'static str, String); 7] {
    let counts = report.counts();
    let changed = counts.created + counts.updated + counts.deleted > 0;
    [
        ("refsCreated", counts.created.to_string()),
        ("refsUpdated", counts.updated.to_string()),
        ("refsDeleted", counts.deleted.to_string()),
        ("refsRejected", counts.rejected.to_string()),
        ("refsUnchanged", report.unchanged.to_string()),
        ("packBytes", report.pack_bytes.to_string()),
        ("changed", changed.to_string()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::report::{Outcome, RefOutcome, Refusal};
    use crate::mirror::testing::{id, name};
    use crate::protocol::receive_pack::RefUpdate;

    #[test]
    fn only_what_was_done_counts_as_changed_and_only_what_was_refused_as_rejected() {
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
            variables(report).into_iter().find(|(name, _)| *name == wanted).map(|(_, value)| value).unwrap()
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
