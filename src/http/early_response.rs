//! Connections that survive a server which answers and closes while a request's body is still being written.
//!
//! Writing then fails, but the answer has arrived and says why (401, 403, 413). So a failed write is noted
//! instead of reported: the body ends, and the client reads on. What cannot be read either is still an error.
//!
//! Some servers read on and drop what comes, nginx for half a minute. So it is looked now and then whether a refusal has come
//! while a large body is written. Beneath TLS nothing of an answer can be seen.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

use super::connect::Dial;
use super::network::{CertificateVerification, Network};
use super::pace::Pace;
use super::proxy_connection::ProxyConnector;
use super::timeouts::Timeouts;
use super::tls::TlsConnector;
use crate::cancel::CancelToken;
use crate::clock::Stopwatch;

/// The state of a client's connections, of which it uses one at a time.
#[derive(Debug, Default)]
pub(crate) struct Wire {
    /// True once the server closed its end while it was being written to.
    is_broken: AtomicBool,
    /// Time in which the connection may still be read from.
    limit: Mutex<Option<(Stopwatch, Duration)>>,
}

impl Wire {
    /// Tells whether the server closed its end while it was being written to.
    pub(crate) fn is_broken(&self) -> bool {
        self.is_broken.load(Ordering::Relaxed)
    }

    /// Begins anew, on a connection that is whole.
    pub(crate) fn reset(&self) {
        self.is_broken.store(false, Ordering::Relaxed);
    }

    /// Reads for so long at most, however little comes at a time.
    pub(crate) fn within<T>(&self, limit: Duration, read: impl FnOnce() -> T) -> T {
        self.limit(Some((Stopwatch::start(), limit)));
        let read = read();
        self.limit(None);
        read
    }

    fn limit(&self, limit: Option<(Stopwatch, Duration)>) {
        *self.limit.lock().unwrap_or_else(PoisonError::into_inner) = limit;
    }

    fn left(&self) -> Option<Duration> {
        let limit = *self.limit.lock().unwrap_or_else(PoisonError::into_inner);
        limit.map(|(watch, limit)| limit.saturating_sub(watch.elapsed()))
    }
}

/// A connector that wraps each TCP connection, beneath TLS.
#[derive(Debug)]
pub(crate) struct RememberingConnector {
    wire: Arc<Wire>,
    timeouts: Timeouts,
}

impl RememberingConnector {
    /// Returns ureq's usual chain of connectors with this one in it, and ones of ours that can be stopped.
    pub(crate) fn chain_with_tls(
        wire: &Arc<Wire>,
        timeouts: Timeouts,
        cancel: &CancelToken,
        network: &Network,
        tls: TlsConnector,
    ) -> impl Connector + use<> {
        // A proxy has to show a good certificate whatever was agreed for the server, and is shown none.
        let shown = network.without_client_certificate();
        let tls_to_proxy = TlsConnector::new(CertificateVerification::On, &shown);
        let to_proxy = ().chain(Dial(cancel.clone())).chain(tls_to_proxy);
        ().chain(ProxyConnector { proxy: network.proxy.clone(), inner: to_proxy, cancel: cancel.clone() })
            .chain(Dial(cancel.clone()))
            .chain(Self { wire: Arc::clone(wire), timeouts })
            .chain(tls)
    }
}

impl<In: Transport> Connector<In> for RememberingConnector {
    type Out = RememberingTransport<In>;

    fn connect(
        &self,
        _: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        Ok(chained.map(|inner| RememberingTransport {
            inner,
            wire: Arc::clone(&self.wire),
            writes: Writes::Whole,
            timeouts: self.timeouts,
            pace: Pace::default(),
            upload: Upload::start(),
        }))
    }
}

/// One such connection.
#[derive(Debug)]
pub(crate) struct RememberingTransport<T> {
    inner: T,
    wire: Arc<Wire>,
    writes: Writes,
    timeouts: Timeouts,
    /// That of the answer to what was written last.
    pace: Pace,
    upload: Upload,
}

/// The bytes of a request so far, and the last look for an answer.
#[derive(Debug)]
struct Upload {
    bytes: usize,
    bytes_at_look: usize,
    since_look: Stopwatch,
}

impl Upload {
    /// A body that is larger than this is watched.
    const LARGE: usize = 1 << 20;

    /// The most time between two looks.
    const INTERVAL: Duration = Duration::from_millis(200);

    /// The most bytes between two looks. What is sent after a refusal is sent in vain, and a limit is learned from what was sent.
    const BYTES: usize = 4 << 20;

    /// The time of a look.
    const LOOK: Duration = Duration::from_millis(1);

    fn start() -> Self {
        Self { bytes: 0, bytes_at_look: 0, since_look: Stopwatch::start() }
    }

    /// Counts bytes, and tells whether it is time to look.
    fn is_due(&mut self, bytes: usize) -> bool {
        self.bytes = self.bytes.saturating_add(bytes);
        let is_long =
            self.bytes - self.bytes_at_look >= Self::BYTES || self.since_look.elapsed() >= Self::INTERVAL;
        let is_due = self.bytes > Self::LARGE && is_long;
        if is_due {
            (self.bytes_at_look, self.since_look) = (self.bytes, Stopwatch::start());
        }
        is_due
    }
}

/// Tells whether the beginning of an answer is that of a refusal. A success can come early, too.
fn is_refusal(answer: &[u8]) -> bool {
    let status = answer.strip_prefix(b"HTTP/1.").and_then(|rest| rest.get(2));
    status.is_some_and(|class| matches!(class, b'3'..=b'5'))
}

/// The state of a connection's way to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writes {
    Whole,
    /// One has failed. Nothing more is sent: it would not be what the client means to send.
    Broken,
}

impl<T: Transport> RememberingTransport<T> {
    /// Looks whether the server has refused what is being written. What came stays for whoever reads the answer.
    fn has_refused(&mut self, timeout: NextTimeout) -> bool {
        if self.inner.buffers().input().is_empty() {
            let look = NextTimeout { per_read: Some(Upload::LOOK.into()), ..timeout };
            if let Err(error) = self.inner.await_input(look) {
                // Nothing has come, or what is wrong shows when it is written on.
                log::trace!("no answer yet: {error}");
            }
        }
        is_refusal(self.inner.buffers().input())
    }

    fn break_off(&mut self) {
        self.writes = Writes::Broken;
        self.wire.is_broken.store(true, Ordering::Relaxed);
    }
}

impl<T: Transport> Transport for RememberingTransport<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
        self.pace = Pace::default();
        if self.upload.is_due(amount) && self.has_refused(timeout) {
            self.break_off();
        }
        if self.writes == Writes::Broken {
            return Ok(());
        }
        match self.inner.transmit_output(amount, timeout) {
            Err(ureq::Error::Io(error))
                if matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset) =>
            {
                self.break_off();
                Ok(())
            }
            outcome => outcome,
        }
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.upload = Upload::start();
        let left = self.wire.left().map(Into::into);
        let per_read = [timeout.per_read, left].into_iter().flatten().min_by_key(|limit| **limit);
        let (watch, before) = (Stopwatch::start(), self.inner.buffers().input().len());
        let came = self.inner.await_input(NextTimeout { per_read, ..timeout })?;
        let bytes = self.inner.buffers().input().len().saturating_sub(before);
        let silence = timeout.per_read.map_or(self.timeouts.stall, |limit| *limit);
        self.pace.count(watch.elapsed(), bytes, self.timeouts.drips(silence))?;
        Ok(came)
    }

    fn is_open(&mut self) -> bool {
        // Where a request was broken off, the server takes what comes next for the rest of it.
        self.writes == Writes::Whole && self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

#[cfg(test)]
mod tests {
    use ureq::unversioned::transport::LazyBuffers;

    use super::*;
    use crate::clock;

    /// A server that sends so many bytes at a time, for ever.
    #[derive(Debug)]
    struct Sending(LazyBuffers, usize);

    impl Transport for Sending {
        fn buffers(&mut self) -> &mut dyn Buffers {
            &mut self.0
        }

        fn transmit_output(&mut self, _: usize, _: NextTimeout) -> Result<(), ureq::Error> {
            Ok(())
        }

        fn await_input(&mut self, _: NextTimeout) -> Result<bool, ureq::Error> {
            clock::wait(Duration::from_millis(5));
            self.0.input_appended(self.1);
            Ok(true)
        }

        fn is_open(&mut self) -> bool {
            true
        }
    }

    /// Returns whether an answer that comes by so many bytes ends within so many waits.
    fn ends(bytes: usize, waits: usize) -> bool {
        let inner = Sending(LazyBuffers::new(1 << 17, 1 << 17), bytes);
        let stall = Duration::from_millis(1);
        let timeouts = Timeouts { connect: stall, stall, report: stall };
        let wire = Arc::<Wire>::default();
        let mut transport = RememberingTransport {
            inner,
            wire,
            writes: Writes::Whole,
            timeouts,
            pace: Pace::default(),
            upload: Upload::start(),
        };
        (0..waits).any(|_| {
            transport.buffers().input_append_buf();
            let came = transport.await_input(NextTimeout::default());
            let length = transport.buffers().input().len();
            transport.buffers().input_consume(length);
            came.is_err()
        })
    }

    #[test]
    fn an_answer_that_only_drips_ends_and_another_does_not() {
        assert!(ends(1, 100));
        assert!(!ends(1 << 16, 100));
    }

    #[test]
    fn a_refusal_is_told_from_an_early_success() {
        for answer in
            ["HTTP/1.1 413 Request Entity Too Large", "HTTP/1.1 502 Bad", "HTTP/1.0 302 Found", "HTTP/1.1 4"]
        {
            assert!(is_refusal(answer.as_bytes()), "{answer}");
        }
        for answer in ["HTTP/1.1 200 OK", "HTTP/1.1 100 Continue", "HTTP/1.1", "", "\x17\x03\x03"] {
            assert!(!is_refusal(answer.as_bytes()), "{answer}");
        }
    }
}
