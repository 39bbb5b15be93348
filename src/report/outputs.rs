//! The step's output variables: the sums of its mirrors.

use super::step_end::StepEnd;
use crate::agent::log::Log;
use crate::lfs::copies::LfsReport;
use crate::mirror::report::{Counts, Report};
use crate::report::outcome::Extent;

/// The sums of what became of the refs and objects of all mirrors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) refs: Counts,
    pub(crate) unchanged: usize,
    pub(crate) pack_bytes: u64,
    pub(crate) lfs_objects: u64,
    pub(crate) lfs_bytes: u64,
    pub(crate) lfs_missing: usize,
}

impl Sums {
    fn of<'a>(mirrors: impl Iterator<Item = (Option<&'a Report>, &'a LfsReport)>) -> Self {
        mirrors.fold(Self::default(), |mut sums, (report, lfs)| {
            if let Some(report) = report {
                sums.refs = sums.refs + report.counts();
                sums.unchanged += report.unchanged;
                sums.pack_bytes = sums.pack_bytes.saturating_add(report.pack_bytes);
            }
            sums.lfs_objects = sums.lfs_objects.saturating_add(lfs.objects);
            sums.lfs_bytes = sums.lfs_bytes.saturating_add(lfs.bytes);
            sums.lfs_missing += lfs.missing.len();
            sums
        })
    }

    /// Tells whether a ref was changed.
    pub(crate) fn is_change(&self) -> bool {
        self.refs.created + self.refs.updated + self.refs.deleted > 0
    }

    /// Returns each variable's name, as task.json declares it, and its value.
    fn variables(&self) -> [(&'static str, String); 10] {
        [
            ("refsCreated", self.refs.created.to_string()),
            ("refsUpdated", self.refs.updated.to_string()),
            ("refsDeleted", self.refs.deleted.to_string()),
            ("refsRejected", self.refs.rejected.to_string()),
            ("refsUnchanged", self.unchanged.to_string()),
            ("packBytes", self.pack_bytes.to_string()),
            ("changed", self.is_change().to_string()),
            ("lfsObjects", self.lfs_objects.to_string()),
            ("lfsBytes", self.lfs_bytes.to_string()),
            ("lfsObjectsMissing", self.lfs_missing.to_string()),
        ]
    }
}

/// Returns the sums of a step.
pub(crate) fn sums(end: &StepEnd<'_>) -> Sums {
    Sums::of(end.endings.iter().map(|ending| (ending.outcome.report(), &ending.outcome.lfs)))
}

/// Returns the number of mirrors whose refs all stand as they should.
pub(crate) fn mirrored(end: &StepEnd<'_>) -> usize {
    end.endings.iter().filter(|ending| ending.all_refs_stand()).count()
}

/// Sets the output variables: those of repositories once it is known which there are, and the sums once there is a plan.
pub(crate) fn set(log: &Log, end: &StepEnd<'_>) {
    let has_plan = end.endings.iter().any(|ending| ending.outcome.report().is_some());
    let has_sums = has_plan || matches!(*end.outcome.extent, Extent::Container(_) | Extent::OfOtherJob(_));
    if has_sums {
        for (name, value) in sums(end).variables() {
            log.variable(name, &value);
        }
    }
    if has_sums || !end.endings.is_empty() {
        log.variable("repositoriesMirrored", &mirrored(end).to_string());
        log.variable("repositoriesFailed", &end.failed().to_string());
    }
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
            taken: Vec::new(),
            contradicted: 0,
            pack_bytes: 32,
            pack_time: std::time::Duration::ZERO,
            push_size: crate::mirror::push_size::PushSize::default(),
            divided: None,
            interruption: None,
        };
        let value = |report: &Report, wanted: &str| {
            Sums::of([(Some(report), &LfsReport::default())].into_iter())
                .variables()
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
