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
//! Between two servers nothing is cloned, unpacked or kept: no object is read by this program, and nothing is
//! written to disk. A local repository, and the clone directory where one is asked for, are the exceptions.

pub mod clock;
pub mod error;
pub mod mirror;
pub mod pipeline;
pub mod protocol;
pub mod remote;
pub mod transport;

use std::panic;
use std::process::ExitCode;
use std::thread;

use clock::Stopwatch;
use error::{Error, Phase};
use mirror::report::{Report, Verdict};
use mirror::retry::{Decision, Retry};
use mirror::{Destination, Observer, Source};
use pipeline::{Environment, Invocation, Log, Progress, Settings, closing};
use transport::local::LocalDestination;

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
    let Repositories { mut source, mut destination, clone } = connect(settings)?;
    if let Some(clone) = clone {
        keep_clone(source.as_mut(), clone, settings, progress, log).map_err(|error| vec![error])?;
    }
    mirror::mirror(source.as_mut(), destination.as_mut(), &settings.policy, settings.mode, progress)
        .map_err(|error| vec![error])
}

/// Makes the clone directory a mirror of the source too: the same relay, with a local destination. It comes
/// first, so that a clone which is not complete leaves the destination as it is.
fn keep_clone(
    source: &mut dyn Source,
    mut clone: LocalDestination,
    settings: &Settings,
    progress: &Progress<'_>,
    log: &Log,
) -> Result<(), Error> {
    let watch = Stopwatch::start();
    log.section("Clone directory");
    let report = mirror::mirror(source, &mut clone, &settings.policy, settings.mode, progress)?;
    closing::note_clone(log, clone.peer(), &report, watch.elapsed());
    report.require_all(clone.peer())
}

/// The repositories of a run, their refs listed.
struct Repositories {
    source: Box<dyn Source>,
    destination: Box<dyn Destination>,
    clone: Option<LocalDestination>,
}

/// Lists both sides at the same time, and the clone if one is kept; reports what is wrong with any.
fn connect(settings: &Settings) -> Result<Repositories, Vec<Error>> {
    let prefixes: Vec<String> = settings.policy.selection.prefixes().into_iter().map(str::to_owned).collect();
    let (source, destination) = thread::scope(|scope| {
        let source = scope.spawn(|| transport::open_source(&settings.source, &prefixes));
        let destination = transport::open_destination(&settings.destination);
        (source.join().unwrap_or_else(|bug| panic::resume_unwind(bug)), destination)
    });
    let clone = settings.clone_directory.as_deref().map(transport::open_clone).transpose();
    match (source, destination, clone) {
        (Ok(source), Ok(destination), Ok(clone)) => Ok(Repositories { source, destination, clone }),
        (source, destination, clone) => {
            Err(source.err().into_iter().chain(destination.err()).chain(clone.err()).collect())
        }
    }
}
