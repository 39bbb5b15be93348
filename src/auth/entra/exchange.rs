//! The requests that one token takes.

use super::answer::Issued;
use crate::auth::credentials::Credentials;
use crate::auth::token_client::TokenClient;
use crate::auth::token_source::{Token, TokenContext};
use crate::error::{ErrorKind, Failure, TokenProblem};
use crate::http::api::{ApiAnswer, ApiRequest};
use crate::http::network::{CertificateVerification, Network};
use crate::secret::Secret;

/// Sends the requests for one token.
#[derive(Clone, Copy)]
pub(super) struct Exchange<'a>(pub(super) &'a TokenContext);

impl Exchange<'_> {
    /// Asks the server that this network leads to.
    pub(super) fn ask(self, network: &Network, request: &ApiRequest) -> Result<ApiAnswer, Failure> {
        TokenClient::new(self.0, network, CertificateVerification::On).ask(request)
    }

    /// Asks the agent's own server, which may be one that is not verified.
    pub(super) fn ask_own_server(
        self,
        (network, verification): &(Network, CertificateVerification),
        request: &ApiRequest,
    ) -> Result<ApiAnswer, Failure> {
        TokenClient::new(self.0, network, *verification).ask(request)
    }

    /// Masks an access token, and returns it as what signs in.
    pub(super) fn token(self, issued: Issued) -> Result<Token, Failure> {
        let Issued { token, lifetime } = issued;
        self.mask(&token);
        let credentials = Credentials::of_bearer(&token).map_err(|error| {
            Failure::new(
                ErrorKind::NoToken(TokenProblem::Answer),
                format!("the token that was issued: {error}"),
            )
        })?;
        Ok(Token { credentials, lifetime: Some(lifetime) })
    }

    /// Masks a secret in each form, before it is sent anywhere.
    pub(super) fn mask(self, secret: &Secret) {
        for form in secret.encodings() {
            self.0.masker.mask(&form);
        }
    }
}
