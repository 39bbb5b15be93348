//! Whom a connection trusts: how a server's certificate is verified, and what is wrong with one that is not trusted.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error as TlsError, RootCertStore, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use rustls_platform_verifier::Verifier as PlatformVerifier;
use webpki::Error as WebPkiError;

use crate::error::{CertificateErrorKind, ErrorKind, Failure};

/// Number of names of a certificate that are told, and characters of each: the longest that a host can have.
const MAX_NAMES: usize = 5;
const MAX_NAME: usize = 253;

/// Returns what verifies a server's certificate, against the trust store of this machine and these authorities.
///
/// # Errors
/// When there is nobody at all to trust.
pub(crate) fn verifier(
    authorities: &[CertificateDer<'static>],
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, TlsError> {
    // There the system itself verifies, which takes no further authorities.
    if cfg!(any(windows, target_vendor = "apple")) && authorities.is_empty() {
        return Ok(Arc::new(PlatformVerifier::new(Arc::clone(provider))?));
    }
    let machine = rustls_native_certs::load_native_certs();
    log::debug!("{} authorities of this machine, {} errors", machine.certs.len(), machine.errors.len());
    let trusted = [machine.certs.as_slice(), authorities].concat();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(trusted.iter().cloned());
    let usual = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .build()
        .map_err(|error| TlsError::General(error.to_string()))?;
    Ok(Arc::new(Verifier { trusted, usual }))
}

/// A verifier as webpki's, but for a certificate that is itself trusted. `openssl req -x509` marks what it makes as
/// an authority, and OpenSSL takes such a certificate from a server; webpki does not.
#[derive(Debug)]
struct Verifier {
    trusted: Vec<CertificateDer<'static>>,
    usual: Arc<WebPkiServerVerifier>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        let is_trusted_itself = self.trusted.iter().any(|trusted| trusted == end_entity);
        // Nothing stands between a certificate and itself.
        let intermediates = if is_trusted_itself { &[] } else { intermediates };
        match self.usual.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            // webpki has looked at the time before it asks who signed, and looks at the name after that.
            Err(TlsError::InvalidCertificate(error)) if is_trusted_itself && is_of_the_issuer(&error) => {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            outcome => outcome,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        self.usual.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        self.usual.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.usual.supported_verify_schemes()
    }
}

/// A verifier that takes every certificate, where its verification is switched off.
#[derive(Debug)]
pub(crate) struct Unverified(pub(crate) Arc<CryptoProvider>);

impl ServerCertVerifier for Unverified {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        // Nothing is verified, so an old one is as good as any.
        let mut schemes = self.0.signature_verification_algorithms.supported_schemes();
        schemes.push(SignatureScheme::RSA_PKCS1_SHA1);
        schemes
    }
}

/// Returns true if nothing is wrong with a certificate but who signed it.
fn is_of_the_issuer(error: &CertificateError) -> bool {
    matches!(error, CertificateError::UnknownIssuer) || is_authority(error)
}

fn is_authority(error: &CertificateError) -> bool {
    matches!(by_webpki(error), Some(WebPkiError::CaUsedAsEndEntity))
}

/// Returns webpki's own error, where rustls has none for it.
fn by_webpki(error: &CertificateError) -> Option<&WebPkiError> {
    let CertificateError::Other(other) = error else { return None };
    other.0.downcast_ref()
}

/// Says what is wrong with a server's certificate.
pub(crate) fn failure(error: &CertificateError) -> Failure {
    use CertificateError as E;
    let (kind, what) = match error {
        E::UnknownIssuer => (
            CertificateErrorKind::UnknownIssuer,
            "is signed by an authority that this machine does not know".into(),
        ),
        E::Expired => (CertificateErrorKind::Expired, "has expired".into()),
        E::ExpiredContext { not_after, .. } => {
            (CertificateErrorKind::Expired, format!("has expired on {}", date(*not_after)))
        }
        E::NotValidYet => (CertificateErrorKind::NotYetValid, "is not valid yet".into()),
        E::NotValidYetContext { not_before, .. } => {
            (CertificateErrorKind::NotYetValid, format!("is not valid before {}", date(*not_before)))
        }
        E::NotValidForNameContext { presented, .. } => match names(presented) {
            names if names.is_empty() => {
                (CertificateErrorKind::NoName, "holds no name of a server (no subjectAltName)".into())
            }
            names => (CertificateErrorKind::OtherName, format!("is not for this host name, but for {names}")),
        },
        E::NotValidForName => (CertificateErrorKind::OtherName, "is not for this host name".into()),
        E::UnsupportedSignatureAlgorithmContext { .. }
        | E::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            (CertificateErrorKind::Signature, "is signed by a method that is not taken, such as SHA-1".into())
        }
        E::BadSignature => (CertificateErrorKind::Signature, "has a signature that is not right".into()),
        E::InvalidPurpose | E::InvalidPurposeContext { .. } => {
            (CertificateErrorKind::Purpose, "is not for servers (extendedKeyUsage)".into())
        }
        E::Revoked => (CertificateErrorKind::Revoked, "was revoked".into()),
        _ => match by_webpki(error) {
            Some(WebPkiError::UnsupportedCertVersion) => {
                (CertificateErrorKind::OldVersion, "is of a version before X.509 v3".into())
            }
            Some(WebPkiError::CaUsedAsEndEntity) => {
                (CertificateErrorKind::Authority, "is that of an authority (CA:TRUE)".into())
            }
            _ => (CertificateErrorKind::Other, "cannot be used".into()),
        },
    };
    Failure::new(ErrorKind::Certificate(kind), format!("the server's certificate {what}"))
}

fn date(time: UnixTime) -> String {
    SystemTime::UNIX_EPOCH
        .checked_add(Duration::from_secs(time.as_secs()))
        .filter(|_| time.as_secs() < MAX_DATE)
        .map_or_else(|| "a day that no calendar has".to_owned(), httpdate::fmt_http_date)
}

/// The end of the year 9999, in seconds: `httpdate` panics behind it.
const MAX_DATE: u64 = 253_402_300_800;

/// Returns the names of servers in a certificate. webpki gives them as `DnsName("git.example.org")`,
/// `IpAddress(192.0.2.1)`.
fn names(presented: &[String]) -> String {
    let bare = |name: &String| -> Option<String> {
        let name = name.strip_prefix("DnsName(").or_else(|| name.strip_prefix("IpAddress("))?;
        Some(name.trim_end_matches(')').trim_matches('"').chars().take(MAX_NAME).collect())
    };
    let names: Vec<_> = presented.iter().filter_map(bare).map(|name| format!("'{name}'")).collect();
    let more = if names.len() > MAX_NAMES { " and more" } else { "" };
    format!("{}{more}", names.iter().take(MAX_NAMES).map(String::as_str).collect::<Vec<_>>().join(", "))
}
