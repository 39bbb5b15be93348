//! TLS over a connection. ureq's own connector takes no verifier, so this one stands in its place.

use std::fmt;
use std::io::{self, Read, Write};
use std::sync::{Arc, OnceLock};

use rustls::crypto::{CryptoProvider, ring};
use rustls::{ClientConfig, ClientConnection, Error as TlsError, StreamOwned};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{PrivateKeyDer, ServerName};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, Transport, TransportAdapter,
};

use super::certificate;
use super::certificate::Unverified;
use super::network::{CertificateVerification, Network};

/// A connector that speaks TLS where a URL asks for it.
#[derive(Debug)]
pub(crate) struct TlsConnector {
    verification: CertificateVerification,
    network: Network,
    /// Made when it is first needed, since the trust store is large.
    config: OnceLock<Result<Arc<ClientConfig>, TlsError>>,
}

impl TlsConnector {
    /// Prepares to speak TLS with the servers of one side.
    pub(crate) fn new(verification: CertificateVerification, network: &Network) -> Self {
        Self { verification, network: network.clone(), config: OnceLock::new() }
    }

    fn config(&self) -> Result<Arc<ClientConfig>, TlsError> {
        self.config.get_or_init(|| config(self.verification, &self.network).map(Arc::new)).clone()
    }
}

fn config(verification: CertificateVerification, network: &Network) -> Result<ClientConfig, TlsError> {
    let provider: Arc<CryptoProvider> = Arc::new(ring::default_provider());
    let verifier = match verification {
        CertificateVerification::On => certificate::verifier(&network.authorities, &provider)?,
        CertificateVerification::Off => Arc::new(Unverified(Arc::clone(&provider))),
    };
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let config = config.dangerous().with_custom_certificate_verifier(verifier);
    match &network.client_certificate {
        None => Ok(config.with_no_client_auth()),
        Some(given) => {
            let key = PrivateKeyDer::from_pem_slice(given.key.expose().as_bytes())
                .map_err(|error| TlsError::General(error.to_string()))?;
            config.with_client_auth_cert(given.chain.clone(), key)
        }
    }
}

impl<In: Transport> Connector<In> for TlsConnector {
    type Out = Either<In, TlsTransport>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        let Some(transport) = chained else { return Ok(None) };
        if !details.needs_tls() || transport.is_tls() {
            return Ok(Some(Either::A(transport)));
        }
        let host = details.uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(host.to_owned()).map_err(|_| {
            io::Error::new(io::ErrorKind::InvalidInput, "its name cannot be that of a certificate")
        })?;
        let mut connection = ClientConnection::new(self.config()?, name)?;
        let mut socket = TransportAdapter::new(transport.boxed(), details.current_time.clone());
        socket.set_timeout(details.timeout);
        connection.complete_io(&mut socket)?;
        let (input, output) = (details.config.input_buffer_size(), details.config.output_buffer_size());
        let stream = StreamOwned::new(connection, socket);
        Ok(Some(Either::B(TlsTransport { buffers: LazyBuffers::new(input, output), stream })))
    }
}

/// One such connection.
pub(crate) struct TlsTransport {
    buffers: LazyBuffers,
    stream: StreamOwned<ClientConnection, TransportAdapter>,
}

impl fmt::Debug for TlsTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsTransport").field("below", self.stream.sock.inner()).finish_non_exhaustive()
    }
}

impl Transport for TlsTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.stream.get_mut().set_timeout(timeout);
        let output = self.buffers.output().split_at(amount).0;
        Ok(self.stream.write_all(output)?)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.stream.get_mut().set_timeout(timeout);
        let amount = self.stream.read(self.buffers.input_append_buf())?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    fn is_open(&mut self) -> bool {
        self.stream.get_mut().get_mut().is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
}
