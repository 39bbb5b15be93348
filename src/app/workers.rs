//! Runs the mirrors of a step, several at the same time.

use std::sync::Arc;
use std::thread;

use super::mirror_run::MirrorRun;
use super::services::Services;
use super::turns;
use crate::agent::log::Log;
use crate::config::mirror_spec::MirrorSpec;
use crate::config::step::Step;
use crate::report::announce;
use crate::report::progress::Progress;
use crate::report::step_progress::{MemberProgress, StepProgress};

/// Runs mirrors, at most so many at the same time as the step allows, each in its turn. One that fails does not keep the
/// others from their turn; once the step is cancelled, no other begins.
pub(crate) fn run(step: &Step, mirrors: &[Arc<MirrorSpec>], services: &Services, log: &Log) {
    let of_step = StepProgress::new(log, mirrors);
    let _ticker = mirrors.iter().any(|mirror| mirror.member().is_some()).then(|| of_step.ticker());
    let mirror_at = |at: usize| {
        let Some(mirror) = mirrors.get(at) else { return };
        match mirror.member() {
            None => mirror_named(step, at, mirror, services, log),
            Some(_) => mirror_member(step, at, mirror, services, log, &of_step.begin(at)),
        }
    };
    let may_begin = || services.cancel.reason().is_none();
    turns::take(mirrors.len(), step.repositories.at_once.get(), thread::Builder::new, may_begin, mirror_at);
}

/// Mirrors what the user named; the log of the step is about it.
fn mirror_named(step: &Step, at: usize, mirror: &Arc<MirrorSpec>, services: &Services, log: &Log) {
    services.states.track(at, |push_started| {
        MirrorRun::new(step, mirror, services, log, Progress::new(log, step.mode).with_ticker(), push_started)
            .run()
    });
}

/// Mirrors a member of a container. Its lines are kept back and come in one piece when it ends, since those of others
/// come meanwhile.
fn mirror_member(
    step: &Step,
    at: usize,
    mirror: &Arc<MirrorSpec>,
    services: &Services,
    log: &Log,
    member: &MemberProgress,
) {
    let own = log.kept_back(&announce::not_ended(mirror));
    services.states.track(at, |push_started| {
        let progress = Progress::of_member(&own, step.mode, member.clone());
        let outcome = MirrorRun::new(step, mirror, services, &own, progress, push_started).run();
        // Before it counts as settled: what ends the step early tells no details of those that are.
        member.end(announce::ended(&own, step, &outcome));
        outcome
    });
}
