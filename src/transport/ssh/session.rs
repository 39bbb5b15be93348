//! One service on the far side, from its advertisement to its end.

use std::io::{self, Read};
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::input::{Reading, StdinWriter};
use super::opening::Opening;
use super::output::StdoutReader;
use super::process::{Process, Stderr};
use crate::clock::Stopwatch;
use crate::error::{Failure, Side};
use crate::http::pace::Pace;
use crate::http::timeouts::Timeouts;
use crate::protocol::pkt_line::FLUSH;
use crate::transport::connection::Answer;
use crate::transport::context::Context;

/// A running service.
#[derive(Debug)]
pub(super) struct SshSession {
    input: Option<StdinWriter>,
    output: Arc<Mutex<StdoutReader>>,
    /// Number of requests that it will still take: in v2 one to list and one for a pack, else one. After a pack
    /// nobody knows whether it was read to its end, so that another one takes another session.
    turns: u8,
    timeouts: Timeouts,
}

impl SshSession {
    /// Starts the service and waits for its first words.
    pub(super) fn start(
        command: Command,
        program: String,
        side: Side,
        context: &Context,
    ) -> Result<Self, Failure> {
        let started = Process::start(command, program, Stderr::new(side, &context.events), &context.cancel)?;
        let mut output = StdoutReader::new(started.output, started.process);
        let timeouts = context.timeouts();
        let turns = if output.open(timeouts.stall)? == Opening::V2 { 2 } else { 1 };
        let input = Some(StdinWriter::new(started.input));
        Ok(Self { input, output: Arc::new(Mutex::new(output)), turns, timeouts })
    }

    /// Returns what the service says next, as long as it is not silent for longer than `timeouts`.
    pub(super) fn answer(&self, timeouts: Duration) -> Answer {
        let drips = self.timeouts.drips(timeouts);
        Box::new(Listening { output: Arc::clone(&self.output), timeouts, drips, pace: Pace::default() })
    }

    /// Tells if the service takes one more request, which is then counted.
    pub(super) fn take_turn(&mut self) -> bool {
        let takes_one = self.turns > 0 && !self.output().has_ended();
        self.turns = self.turns.saturating_sub(1);
        takes_one
    }

    /// Takes the one turn that is left to a service whose refs nobody wants to hear again.
    pub(super) fn take_last_turn(&mut self) {
        self.turns = 0;
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<Reading> {
        let timeouts = self.timeouts.stall;
        self.input.as_mut().map_or(Ok(Reading::Off), |input| input.write(bytes, timeouts))
    }

    /// Tells the service that nothing more will come.
    pub(super) fn close_input(&mut self) {
        self.input = None;
    }

    /// Ends the service in the middle of a conversation. It may take that for a fault, which is none.
    pub(super) fn hang_up(self) {
        self.output().stop_telling();
    }

    fn output(&self) -> MutexGuard<'_, StdoutReader> {
        self.output.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for SshSession {
    fn drop(&mut self) {
        if let Some(mut input) = self.input.take()
            && self.turns > 0
        {
            // The polite end: nothing is wanted. A service that is past hearing it is ended anyway.
            drop(input.write(FLUSH, Duration::ZERO));
        }
        self.output().close();
    }
}

/// A reader of what a service says.
struct Listening {
    output: Arc<Mutex<StdoutReader>>,
    timeouts: Duration,
    /// Time in which it may say next to nothing.
    drips: Duration,
    pace: Pace,
}

impl Read for Listening {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let watch = Stopwatch::start();
        let count = self.output.lock().unwrap_or_else(PoisonError::into_inner).read(buf, self.timeouts)?;
        self.pace.count(watch.elapsed(), count, self.drips)?;
        Ok(count)
    }
}
