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
//!                         Report ─► pipeline::closing ─► log, issues, variables, page, result
//! ```
//!
//! `protocol` holds Git's messages and `mirror::plan` and `mirror::verify` the decisions, all without I/O;
//! `transport` moves bytes; `pipeline` is the only place that knows the agent, and the only one that writes.
//!
//! # What it does not do
//!
//! Between two servers nothing is cloned, unpacked or kept: no object is read by this program, and nothing is
//! written to disk but the run's page. The exceptions are a local repository, the clone directory where one is
//! asked for, and a pack whose destination does not wait for its source.

pub mod clock;
pub mod error;
pub mod mirror;
pub mod pipeline;
pub mod protocol;
pub mod remote;
pub mod stop;
pub mod transport;

mod bug;
mod run;
mod text;

use std::process::ExitCode;

use clock::Stopwatch;
use mirror::report::Verdict;
use pipeline::{Environment, Invocation, Log, Settings, Starter, closing, signals};
use run::Run;
use stop::Stop;

/// Does what the environment asks for. The exit status is 0 for success and 1 for a failure, a panic included;
/// the launcher is told by another one that the agent knows the result.
pub fn run(environment: &Environment) -> ExitCode {
    let log = Log::of_process(environment);
    bug::report_to(&log);
    let verdict = bug::guarded(&log, || obey(environment, &log));
    pipeline::exit_status(verdict, environment.starter(), log.said()).into()
}

fn obey(environment: &Environment, log: &Log) -> Verdict {
    match pipeline::read(environment) {
        Ok(Invocation::Run(settings)) => mirror_as_told(&settings, environment.starter(), log),
        Ok(Invocation::Help) => closing::text(log, &pipeline::help()),
        Ok(Invocation::Version) => closing::text(log, env!("CARGO_PKG_VERSION")),
        Err(errors) => {
            // A token in the wrong input would be shown as its value.
            for secret in environment.secrets() {
                log.secret(&secret);
            }
            closing::bad_inputs(log, &errors)
        }
    }
}

fn mirror_as_told(settings: &Settings, starter: Starter, log: &Log) -> Verdict {
    let watch = Stopwatch::start();
    for secret in settings.secrets() {
        log.secret(&secret);
    }
    log.take_debug_records();
    for warning in &settings.warnings {
        log.warning(warning);
    }
    let stop = Stop::default();
    let (last, overdue, of_run) = (log.clone(), settings.clone(), stop.clone());
    let last_words = move || closing::close_overdue(&last, &overdue, &of_run, watch.elapsed());
    signals::watch(&stop, settings.time_limit, starter, log, last_words);
    let ended = Run::new(settings, log, &stop).until_settled();
    closing::close(log, settings, &ended, &stop, watch.elapsed())
}
