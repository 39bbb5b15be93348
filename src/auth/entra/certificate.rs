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
use crate::secret::{Secret, of_lines};

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

    /// Returns every form of the private key.
    pub(super) fn masks(&self) -> Vec<Secret> {
        of_lines(&self.pem)
    }
}

impl From<SigningCertificateError> for Failure {
    fn from(error: SigningCertificateError) -> Self {
        let message = format!("the certificate that signs cannot be used: {error}");
        Self::new(ErrorKind::NoToken(TokenProblem::SigningKey), message).of_token_service()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::auth::testing::{CERTIFICATE, PKCS1, PKCS8};
    use crate::remote::web_url::WebUrl;

    fn certificate(pem: &str) -> Result<SigningCertificate, SigningCertificateError> {
        SigningCertificate::from_pem(&Secret::new(pem))
    }

    fn application() -> Application {
        let authority = WebUrl::parse("https://login.example/").unwrap().0;
        Application::new(&authority, "tenant-1", "client-1").unwrap()
    }

    fn decoded(part: &str) -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    }

    #[test]
    fn an_assertion_says_who_signs_for_whom_and_how_long() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let certificate = certificate(&format!("{PKCS8}{CERTIFICATE}")).unwrap();
        let mut ids = Vec::new();
        for _ in 0..2 {
            let assertion = certificate.assertion(&application(), time).unwrap();
            let parts: Vec<_> = assertion.expose().split('.').collect();
            assert_eq!(parts.len(), 3);
            // As openssl tells them of the file.
            let thumbprints = json!({
                "alg": "RS256", "typ": "JWT",
                "x5t": "mM1DKSlIPEE6C0A0XhPAO6fjieY",
                "x5t#S256": "lOp50akqqzs4JPs0kD0B4_EwtpkzouxyEpT6_TITFus",
            });
            assert_eq!(decoded(parts[0]), thumbprints);
            let mut claims = decoded(parts[1]);
            ids.push(claims["jti"].take());
            let expected = json!({
                "aud": "https://login.example/tenant-1/oauth2/v2.0/token",
                "iss": "client-1", "sub": "client-1", "jti": null,
                "iat": 1_800_000_000, "nbf": 1_800_000_000, "exp": 1_800_000_600,
            });
            assert_eq!(claims, expected);
        }
        assert!(ids[0].is_string() && ids[0] != ids[1], "{ids:?}");
    }

    #[test]
    fn key_and_certificate_are_read_in_any_order_and_from_windows() {
        for pem in [format!("{CERTIFICATE}{PKCS1}"), format!("{PKCS1}{CERTIFICATE}{CERTIFICATE}")] {
            certificate(&pem).unwrap();
            certificate(&format!("\u{feff}{}", pem.replace('\n', "\r\n"))).unwrap();
        }
    }

    #[test]
    fn what_cannot_sign_is_told_apart() {
        let other = include_str!("../testing/other.certificate.pem");
        for (pem, error) in [
            (PKCS8.to_owned(), SigningCertificateError::Pem(PemError::NoCertificate)),
            (CERTIFICATE.to_owned(), SigningCertificateError::Key(SigningKeyError::NoKey)),
            (format!("{PKCS8}{other}"), SigningCertificateError::Pem(PemError::OtherKey)),
            (format!("{other}{PKCS8}{CERTIFICATE}"), SigningCertificateError::Pem(PemError::OtherKey)),
        ] {
            assert_eq!(certificate(&pem).unwrap_err(), error);
            let kind = Failure::from(error).kind;
            assert_eq!(kind, ErrorKind::NoToken(TokenProblem::SigningKey));
        }
    }

    #[test]
    fn the_key_is_masked_and_the_certificate_is_not() {
        let certificate = certificate(&format!("{CERTIFICATE}{PKCS8}{CERTIFICATE}")).unwrap();
        let masks = certificate.masks();
        // Before the first line of dashes stands a comment.
        let lines_of = |pem: &'static str| {
            let lines = pem.lines().skip_while(|line| !line.starts_with('-')).skip(1);
            lines.take_while(|line| !line.starts_with('-'))
        };
        assert!(lines_of(PKCS8).count() > 20);
        for line in lines_of(PKCS8) {
            for form in Secret::new(line).encodings() {
                assert!(masks.contains(&form), "{line}");
            }
        }
        assert!(lines_of(CERTIFICATE).all(|line| !masks.contains(&Secret::new(line))));
        assert!(!format!("{certificate:?}").contains(masks[0].expose()));
    }
}
