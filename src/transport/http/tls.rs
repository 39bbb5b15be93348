//! Whom a connection trusts, and what it shows of this machine.

use std::sync::Arc;

use rustls_pki_types::CertificateDer;
use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig};

use crate::remote::network::ClientCertificate;
use crate::remote::{CertificateVerification, Network};

/// Sets up TLS for one endpoint.
pub(super) fn config(verification: CertificateVerification, network: &Network) -> TlsConfig {
    TlsConfig::builder()
        .root_certs(roots(&network.authorities))
        .client_cert(network.client_certificate.as_ref().and_then(client_certificate))
        .disable_verification(verification == CertificateVerification::Off)
        .build()
}

/// The platform's own verifier takes no further authorities, so with any the machine's are listed too.
fn roots(authorities: &[CertificateDer<'static>]) -> RootCerts {
    if authorities.is_empty() {
        return RootCerts::PlatformVerifier;
    }
    let machine = rustls_native_certs::load_native_certs();
    log::debug!("{} authorities of this machine, {} errors", machine.certs.len(), machine.errors.len());
    let all = machine.certs.iter().chain(authorities);
    let all = all.map(|certificate| Certificate::from_der(certificate).to_owned()).collect();
    RootCerts::Specific(Arc::new(all))
}

fn client_certificate(given: &ClientCertificate) -> Option<ClientCert> {
    let chain: Vec<_> =
        given.chain.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect();
    let key = PrivateKey::from_pem(given.key.expose().as_bytes()).ok()?;
    Some(ClientCert::new_with_certs(&chain, key))
}
