//! Sources of tokens, each a way to sign in of its own. A source knows no repository, no host and no log.

use std::time::Duration;

use super::credentials::{CredentialOrigin, Credentials};
use super::scheme::HostSchemes;
use crate::error::Failure;
use crate::secret::Secret;

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
    fn token(&mut self) -> Result<Token, Failure>;

    /// Names the place that its secrets were given at.
    fn origin(&self) -> CredentialOrigin;

    /// Returns every form of the secrets that it was given, to be masked before anything is sent. They may go to hosts
    /// of these schemes.
    fn masks(&self, schemes: &[HostSchemes]) -> Vec<Secret>;
}

/// A token that was given as it is: by an input, in a URL, by a service connection or to the job.
#[derive(Debug)]
pub struct StaticToken(pub Credentials);

impl TokenSource for StaticToken {
    fn token(&mut self) -> Result<Token, Failure> {
        Ok(Token { credentials: self.0.clone(), lifetime: None })
    }

    fn origin(&self) -> CredentialOrigin {
        self.0.origin()
    }

    fn masks(&self, schemes: &[HostSchemes]) -> Vec<Secret> {
        self.0.masks(schemes.iter().copied())
    }
}
