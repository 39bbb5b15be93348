//! The way from the far side: read by a thread of its own, so that silence is noticed, and an early answer
//! is taken while the pack is still being written.

use std::io::{self, Read};
use std::process::ChildStdout;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::Duration;

use super::ending::Stage;
use super::process::Process;
use super::stalled;

/// How many bytes are read at once.
const CHUNK: usize = 64 * 1024;

/// How many chunks wait to be taken; then the far side has to wait.
const CHUNKS: usize = 2;

/// What the far side says, and the process that it comes from.
#[derive(Debug)]
pub(super) struct Output {
    chunks: Receiver<io::Result<Vec<u8>>>,
    buffer: Vec<u8>,
    /// How much of the buffer has been taken.
    taken: usize,
    stage: Stage,
    process: Process,
}

impl Output {
    pub(super) fn new(stdout: ChildStdout, process: Process) -> Self {
        let (sender, chunks) = mpsc::sync_channel(CHUNKS);
        thread::spawn(move || pump(stdout, &sender));
        Self { chunks, buffer: Vec::new(), taken: 0, stage: Stage::Connecting, process }
    }

    /// Reads at least one byte. There is no end: Git's messages tell theirs, so the end of the stream always
    /// comes too early, and is an error that says what `ssh` said.
    pub(super) fn read(&mut self, buf: &mut [u8], patience: Duration) -> io::Result<usize> {
        if self.rest().is_empty() {
            self.refill(patience)?;
        }
        let count = self.rest().read(buf)?;
        self.taken += count;
        Ok(count)
    }

    /// Returns at least `count` bytes that are to come, without taking them.
    pub(super) fn peek(&mut self, count: usize, patience: Duration) -> io::Result<&[u8]> {
        while self.rest().len() < count {
            self.refill(patience)?;
        }
        Ok(self.rest())
    }

    pub(super) fn has_ended(&mut self) -> bool {
        self.process.has_ended()
    }

    /// Takes nothing more, so that the process cannot wait for that.
    pub(super) fn close(&mut self) {
        self.chunks = mpsc::channel().1;
    }

    fn rest(&self) -> &[u8] {
        self.buffer.get(self.taken..).unwrap_or_default()
    }

    fn refill(&mut self, patience: Duration) -> io::Result<()> {
        let chunk = match self.chunks.recv_timeout(patience) {
            Ok(chunk) => chunk?,
            Err(RecvTimeoutError::Timeout) => return Err(stalled("nothing came", patience)),
            Err(RecvTimeoutError::Disconnected) => {
                return Err(io::Error::other(self.process.ending(self.stage)));
            }
        };
        self.stage = Stage::Talking;
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
