//! A source of tokens, a place that secrets are reported to, keys and a certificate, all for tests.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::credentials::Credentials;
use super::identity::{ConnectionType, Identity};
use super::scheme::HostSchemes;
use super::token_source::{Token, TokenContext, TokenSource};
use crate::cancel::CancelToken;
use crate::error::{ErrorKind, Failure};
use crate::http::timeouts::Timeouts;
use crate::secret::{Secret, SecretMasker};

/// One RSA key of tests, in both forms.
pub(crate) const PKCS1: &str = include_str!("testing/rsa.pkcs1.pem");
pub(crate) const PKCS8: &str = include_str!("testing/rsa.pkcs8.pem");

/// Its certificate.
pub(crate) const CERTIFICATE: &str = include_str!("testing/rsa.certificate.pem");

/// Gives `minted-token-1`, `minted-token-2` and so on, and counts how often it is asked.
#[derive(Clone, Debug)]
pub(crate) struct Minting {
    lifetimes: Vec<Duration>,
    asked: Arc<Mutex<usize>>,
}

impl Minting {
    /// Gives one token a lifetime, and then fails.
    pub(crate) fn with_lifetimes(lifetimes: &[Duration]) -> Self {
        Self { lifetimes: lifetimes.to_vec(), asked: Arc::default() }
    }

    pub(crate) fn asked(&self) -> usize {
        *self.asked.lock().unwrap()
    }
}

impl TokenSource for Minting {
    fn token(&mut self, _: &TokenContext) -> Result<Token, Failure> {
        let mut asked = self.asked.lock().unwrap();
        *asked += 1;
        let Some(lifetime) = self.lifetimes.get(*asked - 1) else {
            return Err(Failure::new(ErrorKind::Unauthorized, "no more tokens"));
        };
        let credentials = Credentials::of_bearer(&Secret::new(format!("minted-token-{asked}"))).unwrap();
        Ok(Token { credentials, lifetime: Some(*lifetime) })
    }

    fn identity(&self) -> Identity {
        let (connection_type, id) = (ConnectionType::AzureDevOps, "1".to_owned());
        Identity::Connection { connection_type, id, application: None }
    }

    fn masks(&self, _: &[HostSchemes]) -> Vec<Secret> {
        Vec::new()
    }
}

/// Returns a context that is told of each secret, and asks no server.
pub(crate) fn context() -> TokenContext {
    let moment = Duration::from_secs(5);
    let timeouts = Timeouts { connect: moment, stall: moment, report: moment };
    TokenContext::new(Arc::new(Told::default()), timeouts, CancelToken::default())
}

/// Keeps what it is told.
#[derive(Default)]
pub(crate) struct Told(Mutex<Vec<Secret>>);

impl Told {
    pub(crate) fn knows(&self, text: &str) -> bool {
        self.0.lock().unwrap().iter().any(|secret| secret.expose() == text)
    }

    pub(crate) fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

impl SecretMasker for Told {
    fn mask(&self, secret: &Secret) {
        self.0.lock().unwrap().push(secret.clone());
    }
}
