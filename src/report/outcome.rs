//! How a step ended, as plain data.

use std::sync::Arc;
use std::time::Duration;

use crate::cancel::CancelReason;
use crate::config::mirror_spec::MirrorSpec;
use crate::error::Error;
use crate::mirror::report::Report;

/// How a step ended.
#[derive(Debug)]
pub struct StepOutcome {
    /// Its mirrors, in the order of the step; those included whose turn did not come.
    pub mirrors: Vec<Arc<MirrorOutcome>>,
    /// Why the step was cancelled, if it was.
    pub cancelled: Option<CancelReason>,
    /// How long it took.
    pub elapsed: Duration,
}

/// How one mirror of a step ended, and what it took.
#[derive(Debug)]
pub struct MirrorOutcome {
    /// What was to be done.
    pub mirror: Arc<MirrorSpec>,
    /// What was done, or what prevented that anything was. No error where the step was cancelled first.
    pub result: Result<Report, Vec<Error>>,
    /// How many attempts began; 0 if its turn did not come.
    pub attempts: u32,
    /// True once a push began, so that the destination may have changed.
    pub push_started: bool,
    /// Why the step was cancelled before this mirror ended, if it was.
    pub cancelled: Option<CancelReason>,
    /// How long packs were relayed to the destination.
    pub transfer: Duration,
    /// Where the source was read, if its server redirected to another.
    pub redirected: Option<Box<str>>,
    /// How long the mirror took.
    pub elapsed: Duration,
}

impl MirrorOutcome {
    /// Returns what was done, as far as that is known.
    pub fn report(&self) -> Option<&Report> {
        self.result.as_ref().ok()
    }
}
