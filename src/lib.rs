//! Makes one Git repository an exact copy of another by relaying the pack, as a task of Azure Pipelines.
//!
//! # One run
//!
//! ```text
//!  environment ─► pipeline::read ─► Settings
//!                                      │ each side on a thread of its own
//!                   ┌──────────────────┴─────────────────┐
//!            transport::UploadPack              transport::ReceivePack
//!            lists the source                   lists the destination
//!                   └──────────────────┬─────────────────┘
//!                               mirror::mirror
//!                 plan ─► relay (source's pack ─► destination's push) ─► list again ─► settle
//!                                      │
//!                         Report ─► pipeline::closing ─► log, issues, variables, result
//! ```
//!
//! `protocol` holds Git's messages and `mirror::plan` and `mirror::verify` the decisions, all without I/O;
//! `transport` moves bytes; `pipeline` is the only place that knows the agent, and the only one that writes.
//!
//! # What it does not do
//!
//! Nothing is cloned, unpacked or kept: no object is read by this program, and nothing is written to disk.

pub mod clock;
pub mod error;
pub mod mirror;
pub mod pipeline;
pub mod protocol;
pub mod remote;
pub mod transport;

use std::panic;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;

use clock::Stopwatch;
use error::{Error, Phase, Side};
use mirror::report::{Report, Verdict};
use mirror::retry::{Decision, Retry};
use mirror::{Destination, Observer, Source};
use pipeline::{Environment, Invocation, Log, Progress, Settings, closing};
use transport::Programs;

/// Does what the environment asks for. The exit status is 0 for success and 1 for a failure that was
/// reported; a panic is such a failure too.
pub fn run(environment: &Environment) -> ExitCode {
    let log = Log::of_process(environment);
    let hook = log.clone();
    panic::set_hook(Box::new(move |bug| hook.error(&format!("this is a bug of the task: {bug}"))));
    let verdict = panic::catch_unwind(|| obey(environment, &log)).unwrap_or_else(|_| closing::bug(&log));
    match verdict {
        Verdict::Succeeded | Verdict::SucceededWithIssues => ExitCode::SUCCESS,
        Verdict::Failed => ExitCode::FAILURE,
    }
}

fn obey(environment: &Environment, log: &Log) -> Verdict {
    match pipeline::read(environment) {
        Ok(Invocation::Run(settings)) => mirror_as_told(&settings, log),
        Ok(Invocation::Help) => closing::text(log, &pipeline::help()),
        Ok(Invocation::Version) => closing::text(log, env!("CARGO_PKG_VERSION")),
        Err(errors) => closing::bad_inputs(log, &errors),
    }
}

fn mirror_as_told(settings: &Settings, log: &Log) -> Verdict {
    let watch = Stopwatch::start();
    let progress = Progress::new(log);
    for secret in settings.secrets() {
        log.secret(&secret);
    }
    log.take_debug_records();
    for warning in &settings.warnings {
        log.warning(warning);
    }
    progress.phase(Phase::List);
    log.line(&format!("source: {}", settings.source.url));
    log.line(&format!("destination: {}", settings.destination.url));
    let outcome = attempt_until_settled(settings, &progress, log);
    closing::close(log, settings, outcome, watch.elapsed())
}

/// Mirrors, and begins again from the listing where what went wrong can pass.
fn attempt_until_settled(
    settings: &Settings,
    progress: &Progress<'_>,
    log: &Log,
) -> Result<Report, Vec<Error>> {
    let mut retry = Retry::new(settings.attempts);
    let mut earlier: Option<Report> = None;
    loop {
        let outcome = match (attempt(settings, progress, log), earlier.take()) {
            (Ok(report), Some(before)) => Ok(report.after(before)),
            (Err(errors), Some(before)) => Ok(before.interrupted_again(errors)),
            (outcome, None) => outcome,
        };
        let errors: Vec<&Error> = match &outcome {
            Ok(report) => report.interruption.iter().collect(),
            Err(errors) => errors.iter().collect(),
        };
        let decision =
            if errors.is_empty() { Decision::GiveUp } else { retry.decide(&errors, clock::jitter()) };
        let Decision::Again(wait) = decision else { return outcome };
        closing::announce_retry(log, &errors, retry.made(), wait);
        earlier = outcome.ok();
        clock::wait(wait);
    }
}

fn attempt(settings: &Settings, progress: &Progress<'_>, log: &Log) -> Result<Report, Vec<Error>> {
    let (mut source, mut destination) = connect(settings, log)?;
    mirror::mirror(source.as_mut(), destination.as_mut(), &settings.policy, settings.mode, progress)
        .map_err(|error| vec![error])
}

/// The two repositories, their refs listed.
type Sides = (Box<dyn Source>, Box<dyn Destination>);

/// Lists both sides at the same time; reports what is wrong with either.
fn connect(settings: &Settings, log: &Log) -> Result<Sides, Vec<Error>> {
    let prefixes: Vec<String> = settings.policy.selection.prefixes().into_iter().map(str::to_owned).collect();
    let log = log.clone();
    let programs = Programs {
        ssh: settings.ssh.clone(),
        environment: settings.child_environment.clone(),
        listener: Arc::new(move |side: Side, said: &[u8]| log.remote(&side.to_string(), said)),
    };
    let (source, destination) = thread::scope(|scope| {
        let source = scope.spawn(|| transport::open_source(&settings.source, &prefixes, &programs));
        let destination = transport::open_destination(&settings.destination, &programs);
        (source.join().unwrap_or_else(|bug| panic::resume_unwind(bug)), destination)
    });
    match (source, destination) {
        (Ok(source), Ok(destination)) => Ok((source, destination)),
        (source, destination) => Err(source.err().into_iter().chain(destination.err()).collect()),
    }
}
