//! A GitHub App of the user's own: it signs in as itself by its private key, and gets tokens of its installation at the
//! owner of a repository. One token serves all repositories that the installation has been given.

mod app_request;
mod installation;
mod lifetime;
mod refusal;
mod target;

use std::fmt;

use serde::Deserialize;
use serde_json::Value;
use ureq::http::StatusCode;

use self::app_request::{AppApi, Clock};
pub use self::target::AppTarget;
use super::credentials::Credentials;
use super::identity::Identity;
use super::jwt::SigningKey;
use super::scheme::HostSchemes;
use super::secure_file::SecureFile;
use super::token_client::TokenClient;
use super::token_source::{Token, TokenContext, TokenSource};
use crate::error::Failure;
use crate::http::api::ApiAnswer;
use crate::http::network::{CertificateVerification, Network};
use crate::secret::{Secret, of_lines};

/// The user that an installation's token goes with, over Basic authentication.
const USER: &str = "x-access-token";

/// The private key of an App.
#[derive(Clone, Debug)]
pub enum PrivateKey {
    /// Its PEM file.
    Pem(Secret),
    /// A secure file of Azure Pipelines, which is got when the first token is needed.
    SecureFile(Box<SecureFile>),
}

/// A source of the tokens of a GitHub App.
pub struct GitHubAppSource {
    app_id: u64,
    key: PrivateKey,
    target: AppTarget,
    network: Network,
    verification: CertificateVerification,
    /// The key, once it was read.
    signing: Option<SigningKey>,
    /// The id of the installation, once it was found.
    installation: Option<u64>,
    clock: Clock,
}

/// The answer to a request for a token.
#[derive(Deserialize)]
struct Issued {
    token: String,
    /// A text. Whatever else it may be, it keeps no token away.
    #[serde(default)]
    expires_at: Value,
}

impl GitHubAppSource {
    /// Signs in for `target` as the App of this id. `network` and `verification` are those of the target's interface.
    /// Nothing is asked for yet.
    pub fn new(
        app_id: u64,
        key: PrivateKey,
        target: AppTarget,
        network: Network,
        verification: CertificateVerification,
    ) -> Self {
        let (signing, installation, clock) = (None, None, Clock::default());
        Self { app_id, key, target, network, verification, signing, installation, clock }
    }

    fn issue(&mut self, key: &SigningKey, context: &TokenContext) -> Result<Token, Failure> {
        let client = TokenClient::new(context, &self.network, self.verification);
        let mut app = AppApi {
            client,
            base: self.target.api().clone(),
            app_id: self.app_id,
            key,
            masker: context.masker.as_ref(),
            clock: &mut self.clock,
        };
        if let Some(id) = self.installation {
            let answer = app.issue_token(id)?;
            // The App may have been taken out and installed anew.
            if answer.status != StatusCode::NOT_FOUND {
                return token(&answer, &app);
            }
        }
        let id = installation::find(&mut app, &self.target)?;
        self.installation = Some(id);
        let answer = app.issue_token(id)?;
        if answer.status == StatusCode::NOT_FOUND {
            return Err(refusal::not_installed(&app, &self.target, &answer));
        }
        token(&answer, &app)
    }
}

fn token(answer: &ApiAnswer, app: &AppApi<'_>) -> Result<Token, Failure> {
    let issued: Issued = answer.success().ok_or_else(|| refusal::failure(answer, app, "a token"))?;
    let credentials = Credentials::of_connection(USER, &Secret::new(issued.token))
        .map_err(|error| refusal::no_token(app, error))?;
    Ok(Token { credentials, lifetime: Some(lifetime::of(issued.expires_at.as_str(), answer.date())) })
}

impl PrivateKey {
    fn read(&self, app_id: u64, context: &TokenContext) -> Result<SigningKey, Failure> {
        let pem = match self {
            Self::Pem(pem) => pem,
            Self::SecureFile(file) => &file.read(context)?,
        };
        SigningKey::from_pem(pem).map_err(|error| {
            let message = format!("the private key of the GitHub App {app_id} cannot be used: {error}");
            Failure { message, ..error.into() }
        })
    }
}

impl TokenSource for GitHubAppSource {
    fn token(&mut self, context: &TokenContext) -> Result<Token, Failure> {
        let key = match self.signing.take() {
            Some(key) => key,
            None => self.key.read(self.app_id, context)?,
        };
        let token = self.issue(&key, context);
        self.signing = Some(key);
        token
    }

    fn identity(&self) -> Identity {
        Identity::GitHubApp { app_id: self.app_id }
    }

    fn masks(&self, _: &[HostSchemes]) -> Vec<Secret> {
        match &self.key {
            PrivateKey::Pem(pem) => of_lines(pem),
            PrivateKey::SecureFile(file) => file.masks(),
        }
    }
}

/// Shows no secret.
impl fmt::Debug for GitHubAppSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GitHubAppSource")
            .field("app_id", &self.app_id)
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}
