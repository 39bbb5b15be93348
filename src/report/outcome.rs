//! The end of a step, as plain data.

use std::sync::Arc;
use std::time::Duration;

use crate::cancel::CancelReason;
use crate::config::mirror_spec::MirrorSpec;
use crate::error::Error;
use crate::lfs::copies::LfsReport;
use crate::mirror::report::Report;
use crate::report::connection_test::ConnectionTest;

/// The end of a step.
#[derive(Debug)]
pub struct StepOutcome {
    /// Its mirrors, in the order of the step; those included whose turn did not come.
    pub mirrors: Vec<Arc<MirrorOutcome>>,
    /// The reason for which the step was cancelled, if it was.
    pub cancelled: Option<CancelReason>,
    /// The time that it took.
    pub elapsed: Duration,
}

/// The end of one mirror of a step.
#[derive(Debug)]
pub struct MirrorOutcome {
    /// The mirror.
    pub mirror: Arc<MirrorSpec>,
    /// The report, or the errors that prevented a plan; none where the step was cancelled first.
    pub result: Result<Report, Vec<Error>>,
    /// The number of attempts that began; 0 if its turn did not come.
    pub attempts: u32,
    /// True once a push began, so that the destination may have changed.
    pub push_started: bool,
    /// The reason for which the step was cancelled before this mirror ended, if it was.
    pub cancelled: Option<CancelReason>,
    /// The address at which the source was read, if its server redirected to another.
    pub redirected: Option<Box<str>>,
    /// The connection test of a dry run, once both sides have answered or failed.
    pub connection_test: Option<ConnectionTest>,
    /// The LFS objects that were copied to the destination, and those that were not.
    pub lfs: LfsReport,
    /// The time that the mirror took.
    pub elapsed: Duration,
}

impl MirrorOutcome {
    /// Returns what was done, as far as that is known.
    pub fn report(&self) -> Option<&Report> {
        self.result.as_ref().ok()
    }
}
