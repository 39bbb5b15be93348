//! Sources of tokens, each a way to sign in of its own. A source knows no repository, no host and no log.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::begin::Begin;
use super::credentials::Credentials;
use super::identity::Identity;
use super::scheme::HostSchemes;
use crate::cancel::CancelToken;
use crate::error::Failure;
use crate::http::timeouts::Timeouts;
use crate::secret::{Secret, SecretMasker};

/// The things of a run that a source needs for requests of its own.
#[derive(Clone)]
pub struct TokenContext {
    /// The masker of each secret that is got on the way to a token.
    pub masker: Arc<dyn SecretMasker>,
    /// The time that servers may be silent.
    pub timeouts: Timeouts,
    /// Ends the run early.
    pub cancel: CancelToken,
    /// The begin of what the token is needed for.
    pub(crate) begin: Begin,
}

impl TokenContext {
    /// Makes the context of a conversation that begins now.
    pub fn new(masker: Arc<dyn SecretMasker>, timeouts: Timeouts, cancel: CancelToken) -> Self {
        let begin = Begin::now(&cancel);
        Self { masker, timeouts, cancel, begin }
    }

    /// Begins another conversation now.
    pub(crate) fn begin(&mut self) {
        self.begin = Begin::now(&self.cancel);
    }
}

impl fmt::Debug for TokenContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenContext").field("timeouts", &self.timeouts).finish_non_exhaustive()
    }
}

/// A token, and how long it serves.
#[derive(Clone, Debug)]
pub struct Token {
    /// The token, and who goes with it.
    pub credentials: Credentials,
    /// Its life from the moment when it was asked for; none if its source has no other one.
    pub lifetime: Option<Duration>,
}

/// A source of the tokens of one identity.
pub trait TokenSource: Send {
    /// Gets a token, by requests of its own if it must. It is asked only before a request that needs one, and again
    /// only for a token that has a lifetime.
    ///
    /// # Errors
    ///
    /// Anything that keeps the token away. It is the error of the request that needed it.
    fn token(&mut self, context: &TokenContext) -> Result<Token, Failure>;

    /// Names who signs in, and where that was given.
    fn identity(&self) -> Identity;

    /// Returns every form of the secrets that it was given, to be masked before anything is sent. They may go to hosts
    /// of these schemes.
    fn masks(&self, schemes: &[HostSchemes]) -> Vec<Secret>;
}

/// A token that was given as it is: by an input, in a URL, by a service connection or to the job.
#[derive(Debug)]
pub struct StaticToken {
    /// The token, and who goes with it.
    pub credentials: Credentials,
    /// The identity whose it is.
    pub identity: Identity,
}

impl TokenSource for StaticToken {
    fn token(&mut self, _: &TokenContext) -> Result<Token, Failure> {
        Ok(Token { credentials: self.credentials.clone(), lifetime: None })
    }

    fn identity(&self) -> Identity {
        self.identity.clone()
    }

    fn masks(&self, schemes: &[HostSchemes]) -> Vec<Secret> {
        self.credentials.masks(schemes.iter().copied())
    }
}
