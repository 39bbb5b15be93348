//! A program of the far side that prints its answer and ends, such as `git-lfs-authenticate`.

use super::command::FarCommand;
use super::exit_status::{SessionEnd, Spoken};
use super::output::StdoutReader;
use super::process::{Process, Stderr};
use crate::clock::Stopwatch;
use crate::error::{ErrorKind, Failure, Side};
use crate::remote::ssh_url::SshUrl;
use crate::transport::context::Context;

/// A program that has ended.
#[derive(Debug)]
pub(crate) struct Ran {
    /// The bytes that it printed.
    pub(crate) printed: Vec<u8>,
    /// Its exit status, or that of `ssh`; none if it was ended.
    pub(crate) status: Option<i32>,
    /// The end of what it said beside that.
    pub(crate) words: String,
    program: String,
}

impl Ran {
    /// Says why it gave no answer. What it printed is not shown: it can be a secret.
    pub(crate) fn failure(&self) -> Failure {
        let Self { status, words, program, .. } = self;
        SessionEnd { status: *status, words, program, spoken: Spoken::Text("") }.failure()
    }
}

/// Runs a line of the far side's shell, which gets no input, and waits for its end. What it says on stderr becomes an event
/// about `side`. It may print `most` bytes, and take as long in all as a server may be silent.
///
/// # Errors
///
/// Fails if `ssh` cannot be started, if it takes too long or prints too much. How it ended is not looked at.
pub(crate) fn run(
    url: &SshUrl,
    line: &str,
    most: usize,
    side: Side,
    context: &Context,
) -> Result<Ran, Failure> {
    let far = FarCommand::of_line(line);
    let command = super::command(url, &far, context);
    let told = Stderr::new(side, &context.events);
    let started = Process::start(command, far.program.clone(), told, &context.cancel)?;
    drop(started.input);
    let mut output = StdoutReader::new(started.output, started.process);
    let (watch, stall) = (Stopwatch::start(), context.timeouts().stall);
    let mut printed = Vec::new();
    while let Some(chunk) = output.next(stall.saturating_sub(watch.elapsed()))? {
        printed.extend(chunk);
        if printed.len() > most {
            output.close();
            let message = format!("'{}' printed more than {most} bytes", far.program);
            return Err(Failure::new(ErrorKind::Protocol, message));
        }
    }
    let (status, words) = output.end();
    Ok(Ran { printed, status, words, program: far.program })
}
