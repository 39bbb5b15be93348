//! Runs the mirrors of a step, several at the same time.

use std::sync::Arc;
use std::thread;

use super::attempts::MirrorRun;
use super::services::Services;
use super::turns;
use crate::agent::log::Log;
use crate::config::mirror_spec::MirrorSpec;
use crate::config::step::Step;
use crate::report::progress::Share;

/// Runs mirrors, at most so many at the same time as the step allows, each in its turn. One that fails does not keep the
/// others from their turn; once the step is cancelled, no other begins.
pub(crate) fn run(step: &Step, mirrors: &[Arc<MirrorSpec>], services: &Services, log: &Log) {
    let mirror_at = |at: usize| {
        let Some(mirror) = mirrors.get(at) else { return };
        let share = Share { at, of: mirrors.len() };
        services.states.track(at, |push_started| {
            MirrorRun::new(step, mirror, services, log, share, push_started).run()
        });
    };
    let may_begin = || services.cancel.reason().is_none();
    turns::take(mirrors.len(), step.repositories.at_once.get(), thread::Builder::new, may_begin, mirror_at);
}
