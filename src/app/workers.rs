//! Runs the mirrors of a step, several at the same time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::attempts::MirrorRun;
use super::services::Services;
use crate::agent::log::Log;
use crate::config::mirror_spec::MirrorSpec;
use crate::config::step::Step;
use crate::report::progress::Share;

/// Runs mirrors, at most so many at the same time as the step allows, each in its turn. One that fails does not keep the
/// others from their turn; once the step is cancelled, no other begins.
pub(crate) fn run(step: &Step, mirrors: &[Arc<MirrorSpec>], services: &Services, log: &Log) {
    let next = AtomicUsize::new(0);
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(mirror) = mirrors.get(at).filter(|_| services.cancel.reason().is_none()) else { break };
            let share = Share { at, of: mirrors.len() };
            services.states.track(at, |push_started| {
                MirrorRun::new(step, mirror, services, log, share, push_started).run()
            });
        }
    };
    let others = step.repositories.at_once.get().min(mirrors.len()).saturating_sub(1);
    thread::scope(|scope| {
        for _ in 0..others {
            scope.spawn(work);
        }
        work();
    });
}
