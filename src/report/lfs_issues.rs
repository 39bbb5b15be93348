//! Warnings about LFS objects that did not get to the destination.

use super::advice;
use super::issues::SHOWN;
use super::plan_lines::print_first;
use super::units::{Bytes, Count};
use crate::agent::log::Log;
use crate::config::step::Step;
use crate::error::{ErrorKind, Failure, LfsProblem, Phase, RemoteLabel, Side};
use crate::lfs::copies::LfsReport;
use crate::lfs::pointer::Pointer;
use crate::report::outcome::MirrorOutcome;

/// Returns true if some objects did not get to the destination, and that was allowed for.
pub(crate) fn exist(lfs: &LfsReport) -> bool {
    lfs.without_service.is_some() || !lfs.missing.is_empty()
}

/// Warns of a side without Git LFS, and of objects that the source does not have; each of these is named in the log.
pub(crate) fn warn(log: &Log, step: &Step, outcome: &MirrorOutcome) {
    let MirrorOutcome { mirror, lfs, .. } = outcome;
    let warn = |side: Side, problem: LfsProblem, what: String| {
        let label = RemoteLabel::new(side, mirror.endpoint(side).url.to_string());
        let error = label.error(Phase::Lfs, Failure::new(ErrorKind::Lfs(problem), what));
        let advice = advice::for_error(&error, mirror, step.caller);
        log.warning(&format!("{error}. {advice}"));
    };
    if let Some((side, objects)) = lfs.without_service {
        let objects = Count(objects as u64, "object");
        warn(side, LfsProblem::NoService, format!("it has no Git LFS, so that {objects} were not copied"));
    }
    if !lfs.missing.is_empty() {
        let objects = Count(lfs.missing.len() as u64, "LFS object");
        warn(Side::Source, LfsProblem::Missing, format!("it does not have {objects}"));
        let line = |Pointer { oid, size }: &Pointer| format!("  missing: {oid}, {}", Bytes(*size));
        print_first(log, SHOWN, lfs.missing.iter().map(line));
    }
}
