//! The way between this machine and a server: a proxy, and the certificates of both ends.

use std::fmt;

use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use thiserror::Error;

use crate::secret::Secret;
use crate::secret::basic;
use crate::secret::distinct_maskable;

/// A certificate whose owner may sign those of servers.
pub type Authority = CertificateDer<'static>;

/// The way to a server. The default is: directly, trusting what this machine trusts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Network {
    /// The proxy on the way.
    pub proxy: Option<Proxy>,
    /// Authorities that are trusted beside the machine's own.
    pub authorities: Vec<Authority>,
    /// The certificate for a server that asks for one.
    pub client_certificate: Option<ClientCertificate>,
}

/// An HTTP proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    /// The protocol that the proxy itself is spoken to by.
    pub scheme: crate::remote::web_url::Scheme,
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// As whom to sign in there.
    pub user: String,
    /// The password for it.
    pub password: Option<Secret>,
    /// The variable that names it.
    pub setting: &'static str,
}

/// A certificate with its private key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The certificate, and those that it was signed by.
    pub chain: Vec<CertificateDer<'static>>,
    /// Its private key, in PEM form.
    pub key: Secret,
}

/// The reason why a file of certificates or of a key cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PemError {
    /// Something else, or a broken file.
    #[error("it holds no certificate in PEM form")]
    NoCertificate,
    /// Something else, or an encrypted key.
    #[error("it holds no private key in PEM form that is not encrypted")]
    NoKey,
    /// The certificate is for another key.
    #[error("its private key is not that of the certificate")]
    OtherKey,
}

/// Reads all certificates of a PEM file.
///
/// # Errors
///
/// Fails if there is none, or one is broken.
pub fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, PemError> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    read.ok().filter(|certificates| !certificates.is_empty()).ok_or(PemError::NoCertificate)
}

impl Network {
    /// Returns the same way for a server that is shown no certificate: the one here is for the repository's server.
    pub(crate) fn without_client_certificate(&self) -> Self {
        Self { client_certificate: None, ..self.clone() }
    }
}

/// Names it with its setting, and without its user.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the proxy {}:{} of {}", self.host, self.port, self.setting)
    }
}

impl Proxy {
    /// Returns the value of the header to sign in with there.
    pub fn authorization(&self) -> Option<Secret> {
        self.password.as_ref().map(|password| basic(&self.user, password))
    }

    /// Returns every form in which its password is sent or could be echoed.
    pub fn masks(&self) -> Vec<Secret> {
        let Some(password) = &self.password else { return Vec::new() };
        let mut masks = password.encodings();
        let authorization = basic(&self.user, password);
        masks.push(Secret::new(authorization.expose().trim_start_matches("Basic ")));
        masks.push(authorization);
        distinct_maskable(masks)
    }
}

impl ClientCertificate {
    /// Reads the certificates and the key of two PEM files, which may be the same.
    ///
    /// # Errors
    ///
    /// Fails if either is missing, the key is encrypted, or they do not belong together.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, PemError> {
        let text = std::str::from_utf8(key).map_err(|_| PemError::NoKey)?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| PemError::NoKey)?;
        let chain = certificates(chain)?;
        let provider = rustls::crypto::ring::default_provider();
        CertifiedKey::from_der(chain.clone(), key, &provider).map_err(|_| PemError::OtherKey)?;
        Ok(Self { chain, key: Secret::new(text) })
    }
}

/// Verification of a server's certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CertificateVerification {
    #[default]
    /// By a certificate that this machine trusts.
    On,
    /// Not at all: anybody on the way could read and change everything.
    Off,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxys_password_is_masked_in_every_form() {
        let proxy = Proxy {
            scheme: crate::remote::web_url::Scheme::Http,
            host: "proxy".into(),
            port: 8080,
            user: "bob".into(),
            password: Some(Secret::new("p/w d")),
            setting: "HTTPS_PROXY",
        };
        let masks: Vec<_> = proxy.masks().iter().map(|mask| mask.expose().to_owned()).collect();
        for form in ["p/w d", "p%2fw%20d", "p%2Fw%20d", "p%2Fw+d", "Ym9iOnAvdyBk", "Basic Ym9iOnAvdyBk"] {
            assert!(masks.iter().any(|mask| mask == form), "{form}");
        }
    }

    #[test]
    fn what_is_no_pem_is_refused() {
        assert_eq!(certificates(b"hello"), Err(PemError::NoCertificate));
        let cut = b"-----BEGIN CERTIFICATE-----\nMIIB";
        assert_eq!(certificates(cut), Err(PemError::NoCertificate));
        let encrypted = b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n";
        assert_eq!(ClientCertificate::from_pem(cut, encrypted).unwrap_err(), PemError::NoKey);
    }
}
