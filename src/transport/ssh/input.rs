//! The way to the far side: written by a thread of its own, so that a far side that takes nothing is noticed.

use std::io::{self, Write};
use std::process::ChildStdin;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use super::stalled;

/// How many bytes are handed over at once.
pub(super) const CHUNK: usize = 64 * 1024;

/// How many chunks are under way: one is filled while the other is written.
const CHUNKS: usize = 2;

/// Takes bytes for the far side; the end of the stream follows when it is dropped.
#[derive(Debug)]
pub(super) struct Input {
    full: Sender<Vec<u8>>,
    free: Receiver<io::Result<Vec<u8>>>,
}

/// Whether the far side still reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// As far as one can know.
    On,
    /// It has closed its end; what it had to say is to be read.
    Off,
}

impl Input {
    pub(super) fn new(mut stdin: ChildStdin) -> Self {
        let (full, chunks) = mpsc::channel::<Vec<u8>>();
        let (done, free) = mpsc::channel();
        for _ in 0..CHUNKS {
            drop(done.send(Ok(Vec::new())));
        }
        thread::spawn(move || {
            for mut chunk in chunks {
                let written = stdin.write_all(&chunk).and_then(|()| stdin.flush());
                chunk.clear();
                let failed = written.is_err();
                if done.send(written.map(|()| chunk)).is_err() || failed {
                    return;
                }
            }
        });
        Self { full, free }
    }

    /// Hands over all bytes; waits for the far side no longer than `patience` at a time.
    pub(super) fn write(&mut self, bytes: &[u8], patience: Duration) -> io::Result<Reading> {
        for piece in bytes.chunks(CHUNK) {
            let mut chunk = match self.free.recv_timeout(patience) {
                Ok(Ok(chunk)) => chunk,
                Ok(Err(error)) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(Reading::Off),
                Ok(Err(error)) => return Err(error),
                Err(RecvTimeoutError::Timeout) => return Err(stalled("the server took nothing", patience)),
                Err(RecvTimeoutError::Disconnected) => return Ok(Reading::Off),
            };
            chunk.extend_from_slice(piece);
            if self.full.send(chunk).is_err() {
                return Ok(Reading::Off);
            }
        }
        Ok(Reading::On)
    }
}
