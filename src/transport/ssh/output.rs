//! The way from the far side: read by a thread of its own, so that silence is noticed, and an early answer
//! is taken while the pack is still being written.

use std::io::{self, Read};
use std::process::ChildStdout;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::Duration;

use super::exit_status::Spoken;
use super::opening::{Opening, service_behind};
use super::process::Process;
use super::stall::stalled;
use crate::clock::Stopwatch;
use crate::error::{ErrorKind, Failure};
use crate::protocol::SERVER_TEXT_LIMIT;
use crate::text::excerpt;

/// Number of bytes that are read at once.
const CHUNK: usize = 64 * 1024;

/// Number of chunks that wait to be taken; then the far side has to wait.
const CHUNKS: usize = 2;

/// Time in which a text that stands in a service's place is read for what follows it.
const MORE_TEXT: Duration = Duration::from_secs(2);

/// The output of the far side, and the process that it comes from.
#[derive(Debug)]
pub(super) struct StdoutReader {
    chunks: Receiver<io::Result<Vec<u8>>>,
    buffer: Vec<u8>,
    /// Number of bytes of the buffer that have been taken.
    taken: usize,
    opening: Option<Opening>,
    process: Process,
}

impl StdoutReader {
    pub(super) fn new(stdout: ChildStdout, process: Process) -> Self {
        let (sender, chunks) = mpsc::sync_channel(CHUNKS);
        thread::spawn(move || pump(stdout, &sender));
        Self { chunks, buffer: Vec::new(), taken: 0, opening: None, process }
    }

    /// Waits for the service and returns how it begins. What the far side prints in its place is an error that shows
    /// it: the server has run other programs than Git's.
    pub(super) fn open(&mut self, timeouts: Duration) -> io::Result<Opening> {
        loop {
            match Opening::of(self.rest()) {
                Some(Opening::Text) => return Err(io::Error::other(self.text_in_place())),
                Some(opening) => {
                    self.opening = Some(opening);
                    return Ok(opening);
                }
                None => self.refill(timeouts)?,
            }
        }
    }

    /// Reads on to see whether the service follows. Where the session ends without it, that end says more.
    fn text_in_place(&mut self) -> Failure {
        let watch = Stopwatch::start();
        let mut service = service_behind(self.rest());
        while service.is_none() && self.rest().len() < SERVER_TEXT_LIMIT {
            match self.refill(MORE_TEXT.saturating_sub(watch.elapsed())) {
                Ok(()) => service = service_behind(self.rest()),
                Err(error) if error.kind() == io::ErrorKind::TimedOut => break,
                Err(ended) => return ended.into(),
            }
        }
        let text = self.rest().get(..service.unwrap_or(usize::MAX)).unwrap_or(self.rest());
        let message = "the server printed text before Git's service spoke";
        Failure::new(ErrorKind::LoginOutput, message).or_in_words(text_for_people(text))
    }

    /// Reads at least one byte. There is no end: Git's messages tell theirs, so the end of the stream always
    /// comes too early, and is an error that says what `ssh` said.
    pub(super) fn read(&mut self, buf: &mut [u8], timeouts: Duration) -> io::Result<usize> {
        if self.rest().is_empty() {
            self.refill(timeouts)?;
        }
        let count = self.rest().read(buf)?;
        self.taken += count;
        Ok(count)
    }

    pub(super) fn has_ended(&mut self) -> bool {
        self.process.has_ended()
    }

    /// Takes nothing more, so that the process cannot wait for that.
    pub(super) fn close(&mut self) {
        self.chunks = mpsc::channel().1;
    }

    /// Tells nobody what the process says from now on.
    pub(super) fn stop_telling(&self) {
        self.process.stop_telling();
    }

    fn rest(&self) -> &[u8] {
        self.buffer.split_at(self.taken).1
    }

    /// Returns the next chunk of an output that has an end of its own; none at that end.
    pub(super) fn next(&mut self, timeouts: Duration) -> io::Result<Option<Vec<u8>>> {
        match self.chunks.recv_timeout(timeouts) {
            Ok(chunk) => chunk.map(Some),
            Err(RecvTimeoutError::Timeout) => Err(stalled("nothing came", timeouts)),
            Err(RecvTimeoutError::Disconnected) => Ok(None),
        }
    }

    /// Waits for the end of the process behind that of its output, and returns its status and last words.
    pub(super) fn end(&mut self) -> (Option<i32>, String) {
        self.process.end()
    }

    fn refill(&mut self, timeouts: Duration) -> io::Result<()> {
        let Some(chunk) = self.next(timeouts)? else {
            let text = text_for_people(self.rest());
            let spoken = if self.opening.is_some() { Spoken::Git } else { Spoken::Text(&text) };
            return Err(io::Error::other(self.process.ending(spoken)));
        };
        self.buffer.drain(..self.taken);
        self.taken = 0;
        if self.buffer.is_empty() {
            self.buffer = chunk;
        } else {
            self.buffer.extend(chunk);
        }
        Ok(())
    }
}

fn text_for_people(bytes: &[u8]) -> String {
    excerpt(bytes, SERVER_TEXT_LIMIT).trim().to_owned()
}

/// Passes on what comes until the end, or until nobody wants it.
fn pump(mut stdout: ChildStdout, chunks: &SyncSender<io::Result<Vec<u8>>>) {
    loop {
        let mut chunk = vec![0; CHUNK];
        let read = match stdout.read(&mut chunk) {
            Ok(0) => return,
            Ok(count) => {
                chunk.truncate(count);
                Ok(chunk)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => Err(error),
        };
        let failed = read.is_err();
        if chunks.send(read).is_err() || failed {
            return;
        }
    }
}
