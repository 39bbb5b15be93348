//! The tokens of a managed identity, which a machine in Azure gives to all that runs on it.

use std::time::Duration;

use super::exchange::Exchange;
use super::identity_endpoint::IdentityEndpoint;
use super::{answer, refusal};
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
        let network = Network { proxy: None, ..network.without_client_certificate() };
        Self { endpoint, client_id, network, identity }
    }

    fn ask(&self, exchange: Exchange<'_>) -> Result<Token, Failure> {
        const SERVER: &str = "the service of this machine that gives tokens of a managed identity";
        let Some(request) = self.endpoint.request(self.client_id.as_deref()) else {
            return Err(Failure::new(NONE, "its address cannot be asked"));
        };
        let answer = exchange.ask(&self.network, &request).map_err(not_there)?;
        let issued = answer::issued(&answer, SERVER, TokenProblem::NoManagedIdentity);
        exchange.token(issued.map_err(|failure| self.refused(&answer, failure))?)
    }

    /// Tells a service that is updated from a machine without such an identity.
    fn refused(&self, answer: &ApiAnswer, failure: Failure) -> Failure {
        let kind = match (&self.endpoint, answer.status.as_u16(), failure.kind) {
            // The metadata service answers so while it is updated, and in JSON of its own. Another one at its address,
            // of another cloud or a proxy, does not know the path at all.
            (IdentityEndpoint::Metadata, 404 | 410, _) if refusal::is_of_oauth(answer) => {
                ErrorKind::Unavailable { retry_after: retry_after::read(&answer.headers) }
            }
            // No proxy is asked here.
            (_, 400..=499, ErrorKind::NoToken(TokenProblem::Answer) | ErrorKind::Proxy(_)) => NONE,
            (_, _, kind) => kind,
        };
        Failure { kind, ..failure }
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
        let usual = context.timeouts;
        let timeouts = Timeouts { connect: usual.connect.min(LONGEST_CONNECT), ..usual };
        self.ask(Exchange(&TokenContext { timeouts, ..context.clone() }))
    }

    fn identity(&self) -> Identity {
        self.identity.clone()
    }

    fn masks(&self, _: &[HostSchemes]) -> Vec<Secret> {
        self.endpoint.masks()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::entra::identity_endpoint::EnvironmentEndpoint;
    use crate::auth::entra::testing::{Asked, Service, answer, shown, told, wire};
    use crate::http::network::Proxy;
    use crate::remote::web_url::{Scheme, WebUrl};

    const MOMENT: Duration = Duration::from_secs(10);

    /// Returns a source that has a proxy, which it must not use.
    fn source(endpoint: IdentityEndpoint) -> ManagedIdentitySource {
        let (scheme, host, port, setting) = (Scheme::Http, "127.0.0.1".to_owned(), 1, "http_proxy");
        let proxy = Proxy { scheme, host, port, user: String::new(), password: None, setting };
        let network = Network { proxy: Some(proxy), ..Network::default() };
        let identity = Identity::AzureEnvironment { application: None };
        ManagedIdentitySource::new(endpoint, Some("client-1".to_owned()), &network, identity)
    }

    fn environment(url: &WebUrl) -> IdentityEndpoint {
        let url = WebUrl::parse(&format!("{url}/msi/token")).unwrap().0;
        IdentityEndpoint::Environment(EnvironmentEndpoint::new(&url, Secret::new("hunter22")).unwrap())
    }

    fn one(answer: Vec<u8>) -> (Result<(String, u64), Failure>, Asked) {
        let service = Service::answering(vec![answer]);
        let token = source(environment(&service.url)).token(&told(MOMENT).0);
        (token.map(|token| shown(&token)), service.asked().remove(0))
    }

    #[test]
    fn a_token_of_the_environments_endpoint_needs_no_proxy() {
        let body =
            r#"{"access_token":"minted-1","expires_on":"784111837","resource":"x","token_type":"Bearer"}"#;
        let (token, asked) = one(wire("200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT", body));
        assert_eq!(token.unwrap(), ("Bearer minted-1".to_owned(), 60));
        let target = "GET /msi/token?api-version=2019-08-01&resource=499b84ac-1321-427f-aa17-267ca6975798&client_id=client-1";
        assert!(asked.head.starts_with(target), "{asked:?}");
        assert!(asked.head.contains("x-identity-header: hunter22\r\n"), "{asked:?}");
        assert!(!asked.head.contains("\nmetadata:"), "{asked:?}");
    }

    #[test]
    fn a_refusal_means_no_such_identity() {
        let (token, _) =
            one(wire("400 Bad Request", r#"{"statusCode":400,"message":"No Managed Identity found"}"#));
        let failure = token.unwrap_err();
        assert_eq!(failure.kind, NONE);
        assert_eq!(failure.remote.as_deref(), Some("No Managed Identity found"));
        let (token, _) = one(wire("429 Too Many Requests\r\nRetry-After: 7", ""));
        let retry_after = Some(Duration::from_secs(7));
        assert_eq!(token.unwrap_err().kind, ErrorKind::Unavailable { retry_after });
    }

    #[test]
    fn a_machine_where_nobody_answers_has_no_managed_identity() {
        // Nobody listens at port 1.
        let url = WebUrl::parse("http://127.0.0.1:1").unwrap().0;
        let failure = source(environment(&url)).token(&told(MOMENT).0).unwrap_err();
        assert_eq!(failure.kind, NONE, "{failure}");
    }

    #[test]
    fn the_metadata_service_is_asked_again_while_it_is_updated() {
        let of_metadata = r#"{"error":"not_ready","error_description":"The service is being updated."}"#;
        let environment = environment(&WebUrl::parse("http://127.0.0.1:1").unwrap().0);
        let kind = |endpoint: &IdentityEndpoint, status, body: &str| {
            let answer = answer(status, &[("retry-after", "3")], body.as_bytes());
            let failure = answer::issued(&answer, "it", TokenProblem::NoManagedIdentity).unwrap_err();
            source(endpoint.clone()).refused(&answer, failure).kind
        };
        let busy = ErrorKind::Unavailable { retry_after: Some(Duration::from_secs(3)) };
        for status in [404, 410] {
            assert_eq!(kind(&IdentityEndpoint::Metadata, status, of_metadata), busy, "{status}");
            assert_eq!(kind(&environment, status, of_metadata), NONE, "{status}");
            for other in ["", "{}", "<html>", r#"{"error":{"code":"x"}}"#, r#"{"message":"no such path"}"#] {
                assert_eq!(kind(&IdentityEndpoint::Metadata, status, other), NONE, "{status} {other}");
            }
        }
    }

    #[test]
    fn every_other_refusal_means_no_such_identity_even_without_words() {
        for status in [400, 401, 404, 405, 407, 410, 418] {
            for body in ["", "{}", "<html>", r#"{"error":"invalid_request"}"#] {
                let answer = answer(status, &[], body.as_bytes());
                let failure = answer::issued(&answer, "it", TokenProblem::NoManagedIdentity).unwrap_err();
                let endpoint = environment(&WebUrl::parse("http://127.0.0.1:1").unwrap().0);
                let kind = source(endpoint).refused(&answer, failure).kind;
                assert_eq!(kind, NONE, "{status} {body}");
            }
        }
        let (token, _) = one(wire("403 Forbidden", ""));
        assert_eq!(token.unwrap_err().kind, NONE);
    }

    #[test]
    fn a_source_shows_no_secret_and_masks_what_was_given() {
        let source = source(environment(&WebUrl::parse("http://127.0.0.1").unwrap().0));
        assert!(!format!("{source:?}").contains("hunter"), "{source:?}");
        assert!(source.masks(&[]).iter().any(|mask| mask.expose() == "hunter22"));
    }
}
