//! The verdict on a mirror in words: what it came to, in one line.

use crate::config::step::Step;
use crate::mirror::ports::Mode;
use crate::mirror::report::{Counts, Outcome, Report, Verdict};
use crate::report::outcome::{Created, DefaultBranchEnd, MirrorOutcome};
use crate::report::units::{Count, TimeOfDay};
use crate::report::{counts, destination, lfs_issues};

/// A verdict in words.
#[derive(Debug)]
pub(super) struct Words {
    /// The verdict alone, as it stands in a list of mirrors.
    pub(super) short: String,
    /// The same with what was done, when that was verified, and what it took.
    pub(super) whole: String,
}

impl Words {
    /// Says how a mirror ended that has a report.
    pub(super) fn of(step: &Step, outcome: &MirrorOutcome, report: &Report, verdict: Verdict) -> Self {
        let mode = step.mode;
        let head = head(outcome, report, verdict, mode);
        let (short, counts) = match (mode, verdict) {
            (Mode::Mirror, Verdict::SucceededWithIssues) => {
                (head.clone(), counts::without_exceptions(report, mode))
            }
            (Mode::Mirror, Verdict::Failed) if !is_unknown(report) => {
                let exceptions = counts::exceptions_of(report).map(|exceptions| format!(": {exceptions}"));
                (head.clone() + &exceptions.unwrap_or_default(), Some(counts::of_report(report, mode)))
            }
            _ if has_no_ref(report) || is_unknown(report) => (head.clone(), None),
            _ => (head.clone(), Some(counts::of_report(report, mode))),
        };
        let first = counts.map_or(head.clone(), |counts| format!("{head}: {counts}"));
        let verified = verified(outcome, report, verdict, mode);
        let notes = destination::notes(step, outcome);
        let sent = counts::sent(report.pack_bytes, &outcome.lfs, mode, outcome.elapsed);
        let parts = [first].into_iter().chain(verified).chain(notes).chain([sent]);
        Self { short, whole: parts.collect::<Vec<_>>().join("; ") }
    }
}

/// Says in a few words how a mirror ended that has a report.
fn head(outcome: &MirrorOutcome, report: &Report, verdict: Verdict, mode: Mode) -> String {
    let Counts { created, updated, deleted, .. } = report.counts();
    let words = match (mode, verdict) {
        (Mode::DryRun, _) => "dry run, nothing was changed",
        (Mode::Mirror, Verdict::Succeeded) if has_no_ref(report) => {
            "nothing to mirror: the source is empty, or none of its refs is selected"
        }
        (Mode::Mirror, Verdict::Succeeded) if is_idle(outcome, report) => "up to date",
        (Mode::Mirror, Verdict::Succeeded) => "mirrored",
        (Mode::Mirror, Verdict::SucceededWithIssues) => return exceptions(outcome, report),
        (Mode::Mirror, Verdict::Failed) if is_unknown(report) => "what was mirrored is not known",
        (Mode::Mirror, Verdict::Failed) if created + updated + deleted == 0 => "not mirrored",
        (Mode::Mirror, Verdict::Failed) => "mirrored partly",
    };
    words.to_owned()
}

/// Says what is not as at the source, where that was allowed for.
fn exceptions(outcome: &MirrorOutcome, report: &Report) -> String {
    let count = |is_such: fn(&Outcome) -> bool| {
        report.outcomes.iter().filter(|ref_| is_such(&ref_.outcome)).count() as u64
    };
    let refused = count(|outcome| matches!(outcome, Outcome::Rejected(_)));
    let left_out = count(|outcome| matches!(outcome, Outcome::Unsupported(_)));
    let kept = report.kept.len() as u64;
    let refs = [
        (refused, Count(refused, "refused ref").to_string()),
        (left_out, format!("{} left out", Count(left_out, "ref"))),
        (kept, Count(kept, "kept ref").to_string()),
    ];
    let refs = refs.into_iter().filter(|(count, _)| *count > 0).map(|(_, words)| words);
    let objects = lfs_issues::exist(&outcome.lfs).then(|| "LFS objects".to_owned());
    let is_not_set = matches!(outcome.default_branch, DefaultBranchEnd::NotSet(..));
    let default_branch = is_not_set.then(|| "the default branch".to_owned());
    let exceptions: Vec<_> = refs.chain(objects).chain(default_branch).collect();
    format!("mirrored, except for {}", exceptions.join(" and "))
}

/// Says when the destination was listed and shown to be so.
fn verified(outcome: &MirrorOutcome, report: &Report, verdict: Verdict, mode: Mode) -> Option<String> {
    let Counts { created, updated, deleted, .. } = report.counts();
    let is_mirror = verdict != Verdict::Failed || created + updated + deleted > 0;
    let time = outcome.verified_at.filter(|_| mode == Mode::Mirror && is_mirror && !is_unknown(report))?;
    Some(format!("verified at {}", TimeOfDay(time)))
}

/// Tells whether nothing was to be done.
pub(super) fn is_idle(outcome: &MirrorOutcome, report: &Report) -> bool {
    report.outcomes.is_empty()
        && outcome.lfs.objects == 0
        && outcome.created == Created::No
        && matches!(outcome.default_branch, DefaultBranchEnd::Left | DefaultBranchEnd::Same)
}

/// Tells whether the source has no selected ref, and the destination none that was to go.
fn has_no_ref(report: &Report) -> bool {
    report.outcomes.is_empty() && report.unchanged == 0 && report.kept.is_empty()
}

pub(super) fn is_unknown(report: &Report) -> bool {
    report.outcomes.iter().any(|ref_| ref_.outcome == Outcome::Unknown)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::lfs::copies::LfsReport;
    use crate::mirror::plan::{Difference, Kept, KeptReason};
    use crate::mirror::report::{Refusal, RejectedRefs};
    use crate::mirror::testing::name;
    use crate::report::testing::{ended, report, step};

    fn refused() -> Outcome {
        Outcome::Rejected(Refusal { reason: "no".into(), remote: "".into(), kind: None })
    }

    /// Returns the verdict on a mirror with this report, refused refs being allowed for or not.
    fn words(report: Report, refused: RejectedRefs) -> [String; 2] {
        let step = step("https://a.example/r", "https://b.example/r", &[]);
        let verdict = report.verdict(refused);
        let outcome = MirrorOutcome { verified_at: Some(61_456), ..ended(&step.given, Ok(report)) };
        let Words { short, whole } = Words::of(&step, &outcome, outcome.report().unwrap(), verdict);
        [short, whole]
    }

    #[test]
    fn a_verdict_is_one_line_that_says_all_in_words() {
        let end = "; verified at 17:04:16 UTC; 7 bytes sent in 5.0 s";
        let [short, whole] = words(report(&[Outcome::Done]), RejectedRefs::Fail);
        assert_eq!((short.as_str(), whole), ("mirrored", format!("mirrored: 1 created, 3 unchanged{end}")));
        let [short, whole] = words(report(&[]), RejectedRefs::Fail);
        assert_eq!((short.as_str(), whole), ("up to date", format!("up to date: 3 unchanged{end}")));
        let partly = || report(&[Outcome::Done, refused(), refused()]);
        let [short, whole] = words(partly(), RejectedRefs::Fail);
        assert_eq!(short, "mirrored partly: 2 refused");
        assert_eq!(whole, format!("mirrored partly: 1 created, 2 refused, 3 unchanged{end}"));
        let [short, whole] = words(partly(), RejectedRefs::Warn);
        assert_eq!(short, "mirrored, except for 2 refused refs");
        assert_eq!(whole, format!("mirrored, except for 2 refused refs: 1 created, 3 unchanged{end}"));
    }

    #[test]
    fn what_was_not_mirrored_is_not_verified_in_words() {
        let [short, whole] = words(report(&[Outcome::NotPushed]), RejectedRefs::Fail);
        assert_eq!(short, "not mirrored: 1 not done");
        assert_eq!(whole, "not mirrored: 1 not done, 3 unchanged; 7 bytes sent in 5.0 s");
        let [short, whole] = words(report(&[Outcome::Unknown]), RejectedRefs::Fail);
        assert_eq!(short, "what was mirrored is not known");
        assert_eq!(whole, "what was mirrored is not known; 7 bytes sent in 5.0 s");
    }

    #[test]
    fn each_kind_of_exception_is_counted_in_words() {
        let (reason, difference) = (KeptReason::DefaultBranch, Difference::Extra);
        let kept = Kept { name: name("refs/heads/main"), reason, difference };
        let report = Report { kept: vec![kept], pack_bytes: 0, ..report(&[refused()]) };
        let [short, _] = words(report, RejectedRefs::Warn);
        assert_eq!(short, "mirrored, except for 1 refused ref and 1 kept ref");
    }

    #[test]
    fn a_dry_run_tells_what_would_be_and_verifies_nothing_in_words() {
        let step = step("https://a.example/r", "https://b.example/r", &[("INPUT_DRYRUN", "true")]);
        let report = Report { pack_bytes: 0, ..report(&[Outcome::Planned]) };
        let lfs = LfsReport { objects: 2, bytes: 10, ..LfsReport::default() };
        let elapsed = Duration::from_secs(2);
        let ended = ended(&step.given, Ok(report));
        let outcome = MirrorOutcome { verified_at: Some(1), lfs, elapsed, ..ended };
        let words = Words::of(&step, &outcome, outcome.report().unwrap(), Verdict::Succeeded);
        assert_eq!(
            words.whole,
            "dry run, nothing was changed: 1 to create, 3 unchanged; 2 LFS objects of 10 bytes to copy; took 2.0 s"
        );
    }
}
