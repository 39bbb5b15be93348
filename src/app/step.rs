//! Runs one step: reads the environment, runs the mirrors, ends.

use std::process::ExitCode;
use std::sync::Arc;

use super::scope::Scope;
use super::services::Services;
use super::{heartbeat, internal_error, listing, scope, workers};
use crate::agent::command::TaskResult;
use crate::agent::environment::{Environment, StartedBy};
use crate::agent::exit_status;
use crate::agent::log::Log;
use crate::agent::signals;
use crate::config::mirror_spec::MirrorSpec;
use crate::config::step::{Invocation, Step};
use crate::config::{flags, step};
use crate::mirror::events::Events;
use crate::report::outcome::{Extent, StepOutcome};
use crate::report::progress::Progress;
use crate::report::{announce, finish};
use crate::secret::SecretMasker as _;

/// Does what the environment asks for. The exit status is 0 for success and 1 for a failure, a panic included;
/// the launcher is told by another one that the agent knows the result.
pub fn main(environment: &Environment) -> ExitCode {
    let log = Log::of_process(environment);
    internal_error::report_to(&log);
    let result = internal_error::guarded(&log, || dispatch(environment, &log));
    exit_status::exit_status(result, environment.started_by(), log.said()).into()
}

fn dispatch(environment: &Environment, log: &Log) -> TaskResult {
    match step::read(environment) {
        Ok(Invocation::Run(step)) => run_to_end(&Arc::from(step), environment.started_by(), log),
        Ok(Invocation::Help) => finish::print(log, &flags::help()),
        Ok(Invocation::Version) => finish::print(log, env!("CARGO_PKG_VERSION")),
        Err(errors) => {
            // A token in the wrong input would be shown as its value.
            for secret in environment.secrets() {
                log.mask(&secret);
            }
            finish::close_with_bad_inputs(log, environment.temporary_folder().as_deref(), &errors)
        }
    }
}

/// Runs a step such that something ends it and something is told of its end, whatever happens.
fn run_to_end(step: &Arc<Step>, started_by: StartedBy, log: &Log) -> TaskResult {
    for secret in &step.secrets {
        log.mask(secret);
    }
    log.log_debug_records();
    for notice in &step.notices {
        log.line(notice);
    }
    for warning in &step.warnings {
        log.warning(warning);
    }
    let services = Services::start();
    let (of_step, to_log, with_services) = (Arc::clone(step), log.clone(), services.clone());
    let last_words = move || last_words(&to_log, &of_step, &with_services);
    let Services { cancel, temp_dirs, .. } = &services;
    signals::watch(cancel, temp_dirs, step.limits.time, started_by, log, last_words);
    let outcome = run(step, &services, log);
    heartbeat::send(log, step, &services, &outcome);
    finish::close(log, step, &outcome)
}

/// Ends a step whose mirrors do not end: what is known of those under way is told before.
fn last_words(log: &Log, step: &Step, services: &Services) -> TaskResult {
    log.release_all();
    finish::close_overdue(log, step, &services.outcome())
}

/// Runs the mirrors of a step: the one that was named, or those of a container.
pub fn run(step: &Step, services: &Services, log: &Log) -> StepOutcome {
    let (extent, mirrors) = extent(step, services, log);
    mirror_all(step, extent, &mirrors, services, log)
}

/// Runs these mirrors.
fn mirror_all(
    step: &Step,
    extent: Extent,
    mirrors: &[Arc<MirrorSpec>],
    services: &Services,
    log: &Log,
) -> StepOutcome {
    services.states.extend(extent, mirrors);
    workers::run(step, mirrors, services, log);
    services.outcome()
}

/// Finds out what a step is to do, and by which mirrors.
fn extent(step: &Step, services: &Services, log: &Log) -> (Extent, Vec<Arc<MirrorSpec>>) {
    let events: Arc<dyn Events> = Arc::new(Progress::new(log, step.mode));
    let context = services.context(step, log, events);
    match scope::of(&step.given, &context) {
        Err(error) => (Extent::Prevented(vec![error]), Vec::new()),
        Ok(Scope::Named) if !step.repositories.slice.is_first() => {
            (Extent::OfOtherJob(step.repositories.slice), Vec::new())
        }
        Ok(Scope::Named) => {
            announce::inputs_of_many(log, step);
            (Extent::Named, vec![Arc::clone(&step.given)])
        }
        Ok(Scope::Container(sides)) => {
            let (source, target) = *sides;
            log.section("List");
            match listing::mirrors(step, source, &target, &context, log) {
                Err(errors) => (Extent::Prevented(errors), Vec::new()),
                Ok((listed, mirrors)) => {
                    announce::listed(log, step, &listed, mirrors.len());
                    (Extent::Container(Box::new(listed)), mirrors)
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
