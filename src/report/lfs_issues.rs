//! LFS objects that did not get to the destination, in words.

use super::advice;
use super::plan_lines::print_first;
use super::problems::Problem;
use super::units::{Bytes, Count};
use crate::agent::log::Log;
use crate::config::step::Step;
use crate::error::{ErrorKind, Failure, LfsProblem, Phase, RemoteLabel, Side};
use crate::lfs::copies::{Earlier, LfsReport};
use crate::lfs::pointer::Pointer;
use crate::report::outcome::MirrorOutcome;

/// The most objects that are named one by one.
pub(crate) const SHOWN: usize = super::list_cap::LISTED;

/// Returns true if some objects did not get to the destination and that was allowed for, or if nobody knows.
pub(crate) fn exist(lfs: &LfsReport) -> bool {
    lfs.without_service.is_some() || !lfs.missing.is_empty() || lfs.unread > 0
}

/// Warns of a side without Git LFS, of objects that the source does not have, and of pointers that may have been missed.
pub(crate) fn warn(log: &Log, step: &Step, outcome: &MirrorOutcome) {
    for Problem { what, advice } in problems(step, outcome) {
        log.warning(&format!("{what}. {advice}"));
    }
}

/// Returns the problems that did not end the mirror: one of each kind at most, whatever the number of objects.
pub(crate) fn problems(step: &Step, outcome: &MirrorOutcome) -> Vec<Problem> {
    let MirrorOutcome { mirror, lfs, .. } = outcome;
    let problem = |side: Side, problem: LfsProblem, what: String| {
        let label = RemoteLabel::new(side, mirror.endpoint(side).url.to_string());
        let error = label.error(Phase::Lfs, Failure::new(ErrorKind::Lfs(problem), what));
        Problem { what: error.to_string(), advice: advice::for_error(&error, mirror, step.caller) }
    };
    let without_service = lfs.without_service.map(|(side, objects)| {
        let objects = Count(objects as u64, "object");
        problem(side, LfsProblem::NoService, format!("it has no Git LFS, so that {objects} are not copied"))
    });
    let is_told = lfs.missing.is_empty() || ended_by(outcome, LfsProblem::Missing);
    let missing = (!is_told).then(|| {
        let objects = Count(lfs.missing.len() as u64, "LFS object");
        problem(Side::Source, LfsProblem::Missing, format!("it does not have {objects}"))
    });
    let unread = (lfs.unread > 0).then(|| {
        let deltas = Count(lfs.unread, "delta");
        problem(
            Side::Source,
            LfsProblem::Unread,
            format!("{deltas} of its pack may be pointers and could not be read"),
        )
    });
    without_service.into_iter().chain(missing).chain(unread).collect()
}

/// Names the objects that the source does not have, and says what was not looked at.
pub(crate) fn list(log: &Log, lfs: &LfsReport) {
    let line = |Pointer { oid, size }: &Pointer| format!("  missing: {oid}, {}", Bytes(*size));
    print_first(log, SHOWN, "object", lfs.missing.iter().map(line));
    if lfs.earlier == Earlier::NotChecked {
        log.line(
            "LFS objects that an earlier mirror left out were not looked for, which costs much at this source; a run with \
             'lfs: full' does that",
        );
    }
}

fn ended_by(outcome: &MirrorOutcome, problem: LfsProblem) -> bool {
    let errors = match &outcome.result {
        Ok(report) => report.interruption.as_slice(),
        Err(errors) => errors,
    };
    errors.iter().any(|error| error.failure.kind == ErrorKind::Lfs(problem))
}

#[cfg(test)]
mod tests;
