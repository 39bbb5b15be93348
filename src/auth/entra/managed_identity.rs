//! The tokens of a managed identity, which a machine in Azure gives to all that runs on it.

use std::time::Duration;

use super::answer;
use super::exchange::{Exchange, without_client_certificate};
use super::identity_endpoint::IdentityEndpoint;
use crate::auth::identity::Identity;
use crate::auth::scheme::HostSchemes;
use crate::auth::token_source::{Token, TokenContext, TokenSource};
use crate::error::{ErrorKind, Failure, TokenProblem};
use crate::http::api::ApiAnswer;
use crate::http::network::Network;
use crate::http::retry_after;
use crate::http::timeouts::Timeouts;
use crate::secret::Secret;

/// The longest wait for a connection. The endpoint is near: where nobody answers, there is none.
const LONGEST_CONNECT: Duration = Duration::from_secs(5);

/// The problem where an endpoint says no.
const NONE: ErrorKind = ErrorKind::NoToken(TokenProblem::NoManagedIdentity);

/// A source of the tokens of a managed identity.
#[derive(Debug)]
pub struct ManagedIdentitySource {
    endpoint: IdentityEndpoint,
    client_id: Option<String>,
    network: Network,
    identity: Identity,
}

impl ManagedIdentitySource {
    /// Prepares to ask. Nothing is sent yet.
    ///
    /// - `endpoint`: the place that gives the tokens.
    /// - `client_id`: the client id of the identity; none for the one that the system assigned.
    /// - `network`: its authorities count where the endpoint is reached by https. Its proxy does not: it leads to another
    ///   machine, which has another identity.
    /// - `identity`: the place that all this was given at.
    pub fn new(
        endpoint: IdentityEndpoint,
        client_id: Option<String>,
        network: &Network,
        identity: Identity,
    ) -> Self {
        let network = Network { proxy: None, ..without_client_certificate(network) };
        Self { endpoint, client_id, network, identity }
    }

    fn ask(&self, exchange: Exchange<'_>) -> Result<Token, Failure> {
        const SERVER: &str = "the service of this machine that gives tokens of a managed identity";
        let Some(request) = self.endpoint.request(self.client_id.as_deref()) else {
            return Err(Failure::new(NONE, "its address cannot be asked"));
        };
        let usual = exchange.0.timeouts;
        let timeouts = Timeouts { connect: usual.connect.min(LONGEST_CONNECT), ..usual };
        let answer = exchange.ask_within(timeouts, &self.network, &request).map_err(not_there)?;
        let issued = answer::issued(&answer, SERVER, TokenProblem::NoManagedIdentity);
        exchange.token(issued.map_err(|failure| self.passing(&answer, failure))?)
    }

    /// Tells what passes by itself at the metadata service: it answers 404 or 410 while it is updated.
    fn passing(&self, answer: &ApiAnswer, failure: Failure) -> Failure {
        let retry_after = retry_after::read(&answer.headers);
        match (&self.endpoint, answer.status.as_u16()) {
            (IdentityEndpoint::Metadata, 404 | 410) => {
                Failure { kind: ErrorKind::Unavailable { retry_after }, ..failure }
            }
            _ => failure,
        }
    }
}

/// Says of a machine where nobody answers that it has no managed identity: on one that has, the endpoint is always there.
fn not_there(failure: Failure) -> Failure {
    match failure.kind {
        ErrorKind::Unreachable(_) => Failure { kind: NONE, ..failure },
        _ => failure,
    }
}

impl TokenSource for ManagedIdentitySource {
    fn token(&mut self, context: &TokenContext) -> Result<Token, Failure> {
        self.ask(Exchange(context))
    }

    fn identity(&self) -> Identity {
        self.identity.clone()
    }

    fn masks(&self, _: &[HostSchemes]) -> Vec<Secret> {
        self.endpoint.masks()
    }
}
