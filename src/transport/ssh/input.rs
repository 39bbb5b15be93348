//! The way to the far side: written by a thread of its own, so that a far side that takes nothing is noticed.

use std::io::{self, Write};
use std::process::ChildStdin;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use super::stall::stalled;

/// Number of bytes that are handed over at once.
pub(super) const CHUNK: usize = 64 * 1024;

/// Number of chunks under way: one is filled while the other is written.
const CHUNKS: usize = 2;

/// Takes bytes for the far side; the end of the stream follows when it is dropped.
#[derive(Debug)]
pub(super) struct StdinWriter {
    full: Sender<Vec<u8>>,
    free: Receiver<io::Result<Vec<u8>>>,
}

/// The far side's state as a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// As far as one can know.
    On,
    /// It has closed its end; what it had to say is to be read.
    Off,
}

impl StdinWriter {
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
                // What was handed over is written also when nobody waits for it any more.
                drop(done.send(written.map(|()| chunk)));
                if failed {
                    return;
                }
            }
        });
        Self { full, free }
    }

    /// Hands over all bytes; waits for the far side no longer than `timeouts` at a time.
    pub(super) fn write(&mut self, bytes: &[u8], timeouts: Duration) -> io::Result<Reading> {
        for piece in bytes.chunks(CHUNK) {
            let mut chunk = match self.free.recv_timeout(timeouts) {
                Ok(Ok(chunk)) => chunk,
                Ok(Err(error)) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(Reading::Off),
                Ok(Err(error)) => return Err(error),
                Err(RecvTimeoutError::Timeout) => return Err(stalled("the server took nothing", timeouts)),
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

#[cfg(all(test, unix))]
mod tests {
    use std::io::Read as _;
    use std::process::{Command, Stdio};

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    #[test]
    fn all_that_was_handed_over_arrives_before_the_end() {
        let mut cat = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut input = StdinWriter::new(cat.stdin.take().unwrap());
        let sent: Vec<u8> = (0..=255).cycle().take(CHUNK * 3 + 7).collect();
        let mut stdout = cat.stdout.take().unwrap();
        let reader = thread::spawn(move || {
            let mut received = Vec::new();
            stdout.read_to_end(&mut received).map(|_| received)
        });
        assert_eq!(input.write(&sent, PATIENCE).unwrap(), Reading::On);
        drop(input);
        assert!(reader.join().unwrap().unwrap() == sent);
        assert!(cat.wait().unwrap().success());
    }

    #[test]
    fn a_far_side_that_takes_nothing_is_noticed() {
        let mut idle = Command::new("sleep").arg("1000").stdin(Stdio::piped()).spawn().unwrap();
        let mut input = StdinWriter::new(idle.stdin.take().unwrap());
        let error = input.write(&vec![0; CHUNK * 8], Duration::from_millis(50)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        idle.kill().unwrap();
        idle.wait().unwrap();
    }

    #[test]
    fn a_far_side_that_has_closed_its_end_is_noticed() {
        let mut gone = Command::new("true").stdin(Stdio::piped()).spawn().unwrap();
        let mut input = StdinWriter::new(gone.stdin.take().unwrap());
        gone.wait().unwrap();
        assert_eq!(input.write(&vec![0; CHUNK * 8], PATIENCE).unwrap(), Reading::Off);
    }
}
