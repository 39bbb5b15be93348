//! Runs one step: reads the environment, mirrors, ends.

use std::process::ExitCode;

use super::attempts::Run;
use crate::agent::command::TaskResult;
use crate::agent::environment::{Environment, StartedBy};
use crate::agent::exit_status;
use crate::agent::log::Log;
use crate::agent::signals;
use crate::cancel::CancelToken;
use crate::clock::Stopwatch;
use crate::config::step::{Invocation, Step};
use crate::config::{flags, step};
use crate::mirror::push_started::PushStarted;
use crate::report::finish;
use crate::temp_dirs::TempDirs;

/// Does what the environment asks for. The exit status is 0 for success and 1 for a failure, a panic included;
/// the launcher is told by another one that the agent knows the result.
pub fn run(environment: &Environment) -> ExitCode {
    let log = Log::of_process(environment);
    crate::app::internal_error::report_to(&log);
    let result = crate::app::internal_error::guarded(&log, || obey(environment, &log));
    exit_status::exit_status(result, environment.started_by(), log.said()).into()
}

fn obey(environment: &Environment, log: &Log) -> TaskResult {
    match step::read(environment) {
        Ok(Invocation::Run(step)) => mirror_as_told(&step, environment.started_by(), log),
        Ok(Invocation::Help) => finish::text(log, &flags::help()),
        Ok(Invocation::Version) => finish::text(log, env!("CARGO_PKG_VERSION")),
        Err(errors) => {
            // A token in the wrong input would be shown as its value.
            for secret in environment.secrets() {
                log.secret(&secret);
            }
            finish::bad_inputs(log, &errors)
        }
    }
}

fn mirror_as_told(step: &Step, started_by: StartedBy, log: &Log) -> TaskResult {
    let watch = Stopwatch::start();
    for secret in step.secrets() {
        log.secret(&secret);
    }
    log.take_debug_records();
    for warning in &step.warnings {
        log.warning(warning);
    }
    let (cancel, temp_dirs, push_started) =
        (CancelToken::default(), TempDirs::default(), PushStarted::default());
    let (last, overdue, of_run, began) = (log.clone(), step.clone(), cancel.clone(), push_started.clone());
    let last_words =
        move || finish::close_overdue(&last, &overdue, of_run.reason(), began.get(), watch.elapsed());
    signals::watch(&cancel, &temp_dirs, step.time_limit, started_by, log, last_words);
    let ended = Run::new(step, log, &cancel, &temp_dirs, &push_started).until_settled();
    finish::close(log, step, &ended, cancel.reason(), watch.elapsed())
}
