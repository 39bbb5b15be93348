//! Id tokens of a job, by which a service connection without a secret proves that it is used.

use serde::Deserialize;
use ureq::http::header;

use super::answer;
use super::exchange::Exchange;
use super::refusal;
use crate::error::{ErrorKind, Failure, TokenProblem};
use crate::http::api::{ApiAnswer, ApiBody, ApiRequest};
use crate::http::network::{CertificateVerification, Network};
use crate::remote::web_url::WebUrl;
use crate::secret::Secret;

/// The places that the id tokens of a job come from.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a run has one a side")]
pub enum IdTokens {
    /// The one that the agent put into the service connection (`ENDPOINT_AUTH_PARAMETER_…_IDTOKEN`), and no other.
    LateBound(Secret),
    /// The endpoint that issues them.
    Endpoint {
        /// The one in the service connection, if there is one. It lives for minutes, so it serves for the first access
        /// token alone.
        late_bound: Option<Secret>,
        /// The endpoint, for all others.
        endpoint: OidcEndpoint,
    },
}

/// The endpoint of Azure DevOps that issues id tokens to a job ("Oidctoken - Create" of its interface).
#[derive(Debug)]
pub struct OidcEndpoint {
    /// The address that the job's token is for: `ENDPOINT_URL_SYSTEMVSSCONNECTION`.
    pub base: WebUrl,
    /// The path below it, with its query, percent-encoded:
    /// `PROJECT/_apis/distributedtask/hubs/…/oidctoken?serviceConnectionId=…&api-version=…`.
    pub below: String,
    /// The token of the job.
    pub job_token: Secret,
    /// The way there, and the verification of that server, which an agent can be configured to skip for its own.
    pub network: (Network, CertificateVerification),
}

impl IdTokens {
    pub(super) fn masks(&self) -> Vec<Secret> {
        let given = match self {
            Self::LateBound(token) => [Some(token), None],
            Self::Endpoint { late_bound, endpoint } => [late_bound.as_ref(), Some(&endpoint.job_token)],
        };
        given.into_iter().flatten().flat_map(Secret::encodings).collect()
    }
}

#[derive(Deserialize)]
struct Body {
    #[serde(rename = "oidcToken")]
    oidc_token: String,
}

impl OidcEndpoint {
    /// Asks for an id token, and masks it.
    pub(super) fn ask(&self, exchange: Exchange<'_>) -> Result<Secret, Failure> {
        let server = format!("the service of Azure DevOps at {} that issues id tokens", self.base.host());
        let token = read(&exchange.ask_own_server(&self.network, &self.request())?, &server)?;
        exchange.mask(&token);
        Ok(token)
    }

    fn request(&self) -> ApiRequest {
        let job = Secret::new(format!("Bearer {}", self.job_token.expose()));
        ApiRequest::post(&self.base, self.below.clone(), ApiBody::Json(Secret::new("{}")))
            .with(header::AUTHORIZATION, job)
    }
}

fn read(answer: &ApiAnswer, server: &str) -> Result<Secret, Failure> {
    match answer.success::<Body>().map(|body| answer::checked(&body.oidc_token)) {
        Some(Some(token)) => return Ok(token),
        Some(None) => {
            let message = format!("{server} answered with something that is no token");
            return Err(Failure::new(ErrorKind::NoToken(TokenProblem::Answer), message));
        }
        None => {}
    }
    let failure = refusal::of(answer, server, TokenProblem::IdToken);
    let kind = match (failure.kind, answer.status.as_u16()) {
        // It sends whom it does not let in to its sign-in page, or answers with it (203).
        (ErrorKind::NoToken(_), 203 | 302 | 400..=499) => ErrorKind::NoToken(TokenProblem::IdToken),
        (kind, _) => kind,
    };
    Err(Failure { kind, ..failure })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::auth::entra::testing::answer;

    fn kind(status: u16, fields: &[(&'static str, &'static str)], body: &str) -> ErrorKind {
        read(&answer(status, fields, body.as_bytes()), "Azure").unwrap_err().kind
    }

    #[test]
    fn the_request_is_the_jobs() {
        let base = WebUrl::parse("https://dev.azure.com/contoso/").unwrap().0;
        let below = "p/_apis/distributedtask/hubs/build/plans/1/jobs/2/oidctoken?serviceConnectionId=3";
        let (job_token, network) =
            (Secret::new("hunter22"), (Network::default(), CertificateVerification::On));
        let endpoint = OidcEndpoint { base, below: below.to_owned(), job_token, network };
        let request = endpoint.request();
        let url = request.base.service_url(&request.below);
        assert_eq!(url, format!("https://dev.azure.com/contoso/{below}"));
        assert_eq!(request.method.as_str(), "POST");
        assert!(matches!(&request.body, ApiBody::Json(body) if body.expose() == "{}"));
        let [(name, value)] = &request.fields[..] else { panic!("one field") };
        assert_eq!((name, value.expose()), (&header::AUTHORIZATION, "Bearer hunter22"));
        let tokens = IdTokens::Endpoint { late_bound: Some(Secret::new("hunter33")), endpoint };
        for secret in ["hunter22", "hunter33"] {
            assert!(tokens.masks().iter().any(|mask| mask.expose() == secret));
        }
        assert!(!format!("{tokens:?}").contains("hunter"));
    }

    #[test]
    fn an_id_token_is_read_and_nothing_else() {
        let token = read(&answer(200, &[], br#"{"oidcToken":"a.b.c","x":1}"#), "Azure").unwrap();
        assert_eq!(token.expose(), "a.b.c");
        for body in
            ["", "{}", r#"{"oidcToken":""}"#, r#"{"oidcToken":"a b"}"#, r#"{"oidcToken":7}"#, "<html>"]
        {
            assert_eq!(kind(200, &[], body), ErrorKind::NoToken(TokenProblem::Answer), "{body}");
        }
    }

    proptest! {
        #[test]
        fn no_answer_makes_it_panic(status in 100u16..1000, body in prop::collection::vec(any::<u8>(), 0..200)) {
            let failure = read(&answer(status, &[], &body), "Azure").unwrap_err();
            prop_assert!(!failure.kind.is_lack_of_rights(), "{failure:?}");
        }
    }

    #[test]
    fn a_refusal_is_of_the_id_token_with_the_servers_words() {
        let body = r#"{"$id":"1","message":"TF400813: The user is not authorized.","typeName":"x"}"#;
        for status in [203, 302, 400, 401, 403, 404] {
            for body in [body, "<html><title>Sign in</title>", ""] {
                let id_token = ErrorKind::NoToken(TokenProblem::IdToken);
                assert_eq!(kind(status, &[("location", "https://x/")], body), id_token, "{status}");
            }
        }
        let failure = read(&answer(401, &[], body.as_bytes()), "Azure").unwrap_err();
        assert_eq!(failure.remote.as_deref(), Some("TF400813: The user is not authorized."));
        for (status, retry_after) in [(429, None), (503, None)] {
            assert_eq!(kind(status, &[], body), ErrorKind::Unavailable { retry_after });
        }
    }
}
