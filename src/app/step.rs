//! Runs one step: reads the environment, runs the mirrors, ends.

use std::process::ExitCode;
use std::sync::Arc;

use super::attempts::MirrorRun;
use super::internal_error;
use super::services::Services;
use crate::agent::command::TaskResult;
use crate::agent::environment::{Environment, StartedBy};
use crate::agent::exit_status;
use crate::agent::log::Log;
use crate::agent::signals;
use crate::config::step::{Invocation, Step};
use crate::config::{flags, step};
use crate::report::finish;
use crate::report::outcome::StepOutcome;
use crate::report::progress::Share;
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
            finish::close_with_bad_inputs(log, &errors)
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
    let services = Services::new(step);
    let (of_step, to_log, with_services) = (Arc::clone(step), log.clone(), services.clone());
    let last_words = move || finish::close_overdue(&to_log, &of_step, &with_services.outcome());
    let Services { cancel, temp_dirs, .. } = &services;
    signals::watch(cancel, temp_dirs, step.limits.time, started_by, log, last_words);
    finish::close(log, step, &run(step, &services, log))
}

/// Runs the mirrors of a step, one after the other. One that fails does not keep the others from their turn; once the
/// step is cancelled, no other begins.
pub fn run(step: &Step, services: &Services, log: &Log) -> StepOutcome {
    for (at, mirror) in step.mirrors.iter().enumerate() {
        if services.cancel.reason().is_some() {
            break;
        }
        let share = Share { at, of: step.mirrors.len() };
        services.states.track(mirror, |push_started| {
            MirrorRun::new(step, mirror, services, log, share, push_started).run()
        });
    }
    services.outcome()
}

#[cfg(test)]
mod tests;
