//! A certificate by which an application proves itself: it signs an assertion for each token.
//!
//! The assertion is that of Microsoft's "Microsoft identity platform application authentication certificate credentials".

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use super::application::Application;
use crate::auth::jwt::{SigningKey, SigningKeyError, random_id};
use crate::error::{ErrorKind, Failure, TokenProblem};
use crate::http::network::{ClientCertificate, PemError};
use crate::secret::Secret;

/// The life of an assertion, the longest that Entra takes.
const LIFE: Duration = Duration::from_secs(10 * 60);

/// A certificate that Entra knows, with its private key.
#[derive(Debug)]
pub struct SigningCertificate {
    key: SigningKey,
    /// Its SHA-1, by which Entra has found certificates from the beginning.
    sha1: String,
    sha256: String,
    pem: Secret,
}

/// The reason why a certificate cannot sign. It shows nothing of the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SigningCertificateError {
    /// The key cannot.
    #[error("{0}")]
    Key(#[from] SigningKeyError),
    /// There is no certificate, or it is not of the key.
    #[error("{0}")]
    Pem(#[from] PemError),
}

impl SigningCertificate {
    /// Reads a PEM text with an RSA private key (PKCS#1 or PKCS#8) and its certificate, in any order. Of several
    /// certificates the first is that of the key.
    ///
    /// # Errors
    ///
    /// Fails if one of them is missing, the key cannot sign, or they do not belong together.
    pub fn from_pem(pem: &Secret) -> Result<Self, SigningCertificateError> {
        let key = SigningKey::from_pem(pem)?;
        // Editors of Windows begin a file with a byte order mark.
        let text = pem.expose().trim_start_matches('\u{feff}').as_bytes();
        let chain = ClientCertificate::from_pem(text, text)?.chain;
        let certificate = chain.first().ok_or(PemError::NoCertificate)?;
        let sha1 = URL_SAFE_NO_PAD.encode(Sha1::digest(certificate));
        let sha256 = URL_SAFE_NO_PAD.encode(Sha256::digest(certificate));
        Ok(Self { key, sha1, sha256, pem: pem.clone() })
    }

    /// Signs an assertion of this time that the application is who it says.
    ///
    /// # Errors
    ///
    /// Fails if this machine has no random number.
    pub(super) fn assertion(&self, application: &Application, time: SystemTime) -> Result<Secret, Failure> {
        let now = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let client_id = application.client_id();
        let claims = json!({
            "aud": application.token_url(),
            "iss": client_id,
            "sub": client_id,
            "jti": random_id()?,
            "iat": now.as_secs(),
            "nbf": now.as_secs(),
            "exp": now.saturating_add(LIFE).as_secs(),
        });
        Ok(self.key.sign(&[("x5t", &self.sha1), ("x5t#S256", &self.sha256)], &claims)?)
    }

    /// Returns the lines of the private key. Those of the certificate are no secret.
    pub(super) fn masks(&self) -> Vec<Secret> {
        let mut is_key = false;
        let mut lines = Vec::new();
        for line in self.pem.expose().lines().map(str::trim) {
            if line.starts_with("-----") {
                is_key = line.contains("BEGIN") && line.contains("PRIVATE KEY");
            } else if is_key {
                lines.push(Secret::new(line));
            }
        }
        lines
    }
}

impl From<SigningCertificateError> for Failure {
    fn from(error: SigningCertificateError) -> Self {
        Self::new(ErrorKind::NoToken(TokenProblem::SigningKey), error.to_string()).of_token_service()
    }
}
