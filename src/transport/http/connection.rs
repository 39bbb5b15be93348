//! Connections that survive a server which answers and closes while a request's body is still being written.
//!
//! Writing then fails, but the answer has arrived and says why (401, 403, 413). So a failed write is noted
//! instead of reported: the body ends, and the client reads on. What cannot be read either is still an error.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ureq::unversioned::transport::{
    Buffers, ConnectProxyConnector, ConnectionDetails, Connector, NextTimeout, Transport,
};

use super::dial::Dial;
use super::tls::TlsConnector;
use crate::stop::Stop;

/// Whether the server closed its end while it was being written to.
#[derive(Debug, Default)]
pub(super) struct BrokenWrites(AtomicBool);

impl BrokenWrites {
    pub(super) fn happened(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn forget(&self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// Wraps each TCP connection, beneath TLS.
#[derive(Debug)]
pub(super) struct RememberingConnector(Arc<BrokenWrites>);

impl RememberingConnector {
    /// Returns ureq's usual chain of connectors with this one in it, and one that can be stopped.
    pub(super) fn chain_with_tls(
        broken: &Arc<BrokenWrites>,
        stop: &Stop,
        tls: TlsConnector,
    ) -> impl Connector + use<> {
        ().chain(ConnectProxyConnector::default())
            .chain(Dial(stop.clone()))
            .chain(Self(Arc::clone(broken)))
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
        Ok(chained.map(|inner| RememberingTransport { inner, broken: Arc::clone(&self.0) }))
    }
}

/// One such connection.
#[derive(Debug)]
pub(super) struct RememberingTransport<T> {
    inner: T,
    broken: Arc<BrokenWrites>,
}

impl<T: Transport> Transport for RememberingTransport<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
        match self.inner.transmit_output(amount, timeout) {
            Err(ureq::Error::Io(error))
                if matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset) =>
            {
                self.broken.0.store(true, Ordering::Relaxed);
                Ok(())
            }
            outcome => outcome,
        }
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.inner.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}
