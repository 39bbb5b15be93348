//! Reads the outcome of one push.

use super::give_up::GiveUp;
use super::rejection;
use super::repository_refusal;
use super::{PackProgress, Push, PushEnd};
use crate::error::{Error, ErrorKind, Failure, Phase};
use crate::protocol::receive_pack::RefUpdate;
use crate::protocol::report_status::{RefStatus, ReportStatus, Unpack};

/// Gives up where the server's words are about the repository: no part of the push would fare better.
pub(super) fn require_open_repository(push: &Push, report: &ReportStatus) -> Result<(), GiveUp> {
    let Some(kind) = repository_refusal::in_report(&push.updates, report) else { return Ok(()) };
    let reason = push.updates.first().and_then(|update| report.get(update.name()));
    let said = match reason {
        _ if !report.remote.is_empty() => report.remote.to_string(),
        Some(RefStatus::Rejected(reason)) => reason.clone(),
        _ => String::new(),
    };
    Err(GiveUp::repository_refused(kind, said))
}

/// Makes the report of a single ref of which the destination said no by other means than a report.
pub(super) fn refused_alone(push: &Push, failure: &Failure) -> ReportStatus {
    let status = |update: &RefUpdate| (update.name().clone(), RefStatus::NoReport(failure.message.clone()));
    ReportStatus::new(Unpack::Ok, push.updates.iter().map(status))
        .with_remote(failure.remote.as_deref().unwrap_or_default())
        .with_kind(failure.kind)
}

/// Tells whether the destination has taken all of a push.
pub(super) fn is_accepted(push: &Push, ended: &PushEnd) -> bool {
    let is_done = |report: &ReportStatus| {
        push.updates.iter().all(|update| report.get(update.name()) == Some(&RefStatus::Ok))
    };
    matches!(ended, PushEnd::Reported(report) if is_done(report))
}

/// Tells whether a push was refused, for a reason that what its pack brings can be.
pub(super) fn is_refused(ended: &PushEnd) -> bool {
    match ended {
        PushEnd::Reported(report) => rejection::fault_of_unpack(report) != Some(ErrorKind::Storage),
        PushEnd::Failed(Error { phase: Phase::Push, failure, .. }) => {
            matches!(failure.kind, ErrorKind::TooLarge | ErrorKind::Refused)
                || rejection::is_about_size(failure)
        }
        PushEnd::Failed(Error { failure, .. }) => failure.kind == ErrorKind::Damaged,
        _ => false,
    }
}

/// Tells whether a pack that waits on this machine can help against such an error.
pub(super) fn wants_spooling(kind: ErrorKind, progress: PackProgress) -> bool {
    match progress {
        _ if kind == ErrorKind::LengthRequired => true,
        PackProgress::Complete | PackProgress::SourceFailed => false,
        PackProgress::Partial => kind == ErrorKind::RequestTimeout,
        PackProgress::SourceStalled | PackProgress::DestinationStalled => {
            matches!(kind, ErrorKind::RequestTimeout | ErrorKind::Interrupted | ErrorKind::TokenExpired)
        }
    }
}
