//! Runs one step: reads the environment, runs the mirrors, ends.

use std::process::ExitCode;
use std::sync::Arc;

use super::scope::Scope;
use super::services::Services;
use super::{internal_error, listing, monitor, scope, workers};
use crate::agent::environment::{Environment, StartedBy};
use crate::agent::exit_status;
use crate::agent::exit_status::RunEnd;
use crate::agent::log::Log;
use crate::agent::signals;
use crate::config::flags::{Flags, Request, UsageError};
use crate::config::inputs::Caller;
use crate::config::mirror_spec::MirrorSpec;
use crate::config::step::Step;
use crate::config::{flags, step};
use crate::error::Phase;
use crate::mirror::events::{Event, Events};
use crate::report::outcome::{Extent, StepOutcome};
use crate::report::progress::Progress;
use crate::report::{announce, finish};
use crate::secret::SecretMasker as _;

/// Does what the environment asks for. Who started it learns from the exit status how it ended, a panic included; the
/// launcher by one that says that the agent knows the result.
pub fn main(environment: &Environment) -> ExitCode {
    let request = flags::read(environment);
    let form = request.as_ref().map(Request::output_form).unwrap_or_default();
    let log = Log::of_process(environment, form);
    internal_error::report_to(&log);
    let end = internal_error::guarded(&log, || dispatch(request, environment, &log));
    exit_status::exit_status(end, environment.started_by(), log.said()).into()
}

fn dispatch(request: Result<Request, UsageError>, environment: &Environment, log: &Log) -> RunEnd {
    match request {
        Ok(Request::Run(flags)) => run_by(flags, environment, log),
        Ok(Request::Print(text)) => finish::print(log, &text),
        Err(error) => finish::close_with_wrong_usage(log, &error),
    }
}

fn run_by(flags: Flags, environment: &Environment, log: &Log) -> RunEnd {
    match step::read(environment, flags) {
        Ok(step) => run_to_end(&Arc::new(step), environment.started_by(), log),
        Err(errors) => {
            // A token in the wrong input would be shown as its value.
            for secret in environment.secrets() {
                log.mask(&secret);
            }
            let folder = environment.page_folder();
            finish::close_with_bad_inputs(log, folder.as_deref(), &errors, Caller::of(environment))
        }
    }
}

/// Runs a step such that something ends it and something is told of its end, whatever happens.
fn run_to_end(step: &Arc<Step>, started_by: StartedBy, log: &Log) -> RunEnd {
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
    // A monitor that keeps the step waiting keeps nobody from its page.
    finish::close(log, step, &outcome, &services.end, || monitor::ask(log, step, &services, &outcome))
}

/// Ends a step whose mirrors do not end: what is known of those under way is told before.
fn last_words(log: &Log, step: &Step, services: &Services) -> RunEnd {
    log.release_all();
    finish::close_overdue(log, step, &services.outcome(), &services.end)
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
    let events: Arc<dyn Events> = Arc::new(Progress::new(log, step.mode).with_ticker());
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
            context.events.on(Event::Started(Phase::ListRepositories));
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
