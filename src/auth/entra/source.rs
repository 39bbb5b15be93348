//! The tokens of an application of Microsoft Entra.

use std::time::SystemTime;

use super::answer;
use super::application::{Application, Presented};
use super::assertion_file;
use super::certificate::SigningCertificate;
use super::exchange::Exchange;
use super::id_token::IdTokens;
use super::proof::Proof;
use crate::auth::identity::Identity;
use crate::auth::scheme::HostSchemes;
use crate::auth::token_source::{Token, TokenContext, TokenSource};
use crate::clock;
use crate::error::{ErrorKind, Failure, TokenProblem};
use crate::http::network::Network;
use crate::secret::Secret;

/// A source of tokens that are issued in the name of an application.
#[derive(Debug)]
pub struct EntraSource {
    endpoint: TokenEndpoint,
    proof: Proof,
    identity: Identity,
}

/// The endpoint that issues them.
#[derive(Debug)]
struct TokenEndpoint {
    application: Application,
    network: Network,
}

/// An answer without a token.
struct Refused {
    failure: Failure,
    /// The time by the clock of who refused.
    date: Option<SystemTime>,
}

impl EntraSource {
    /// Prepares to ask. Nothing is sent yet.
    ///
    /// - `application`: the application, and where it signs in.
    /// - `proof`: how it proves itself.
    /// - `network`: the way to the authority; its client certificate is not shown there.
    /// - `identity`: the place that all this was given at.
    pub fn new(application: Application, proof: Proof, network: &Network, identity: Identity) -> Self {
        let network = network.without_client_certificate();
        Self { endpoint: TokenEndpoint { application, network }, proof, identity }
    }
}

impl TokenSource for EntraSource {
    fn token(&mut self, context: &TokenContext) -> Result<Token, Failure> {
        let (exchange, endpoint) = (Exchange(context), &self.endpoint);
        match &mut self.proof {
            Proof::ClientSecret(secret) => {
                endpoint.ask(exchange, &Presented::ClientSecret(secret.clone())).map_err(Refused::failure)
            }
            Proof::AssertionFile(path) => {
                endpoint.assert(exchange, assertion_file::read(path)?).map_err(Refused::failure)
            }
            Proof::IdToken(id_tokens) => endpoint.by_id_token(exchange, id_tokens),
            Proof::Certificate(certificate) => endpoint.by_certificate(exchange, certificate),
        }
    }

    fn identity(&self) -> Identity {
        self.identity.clone()
    }

    fn masks(&self, _: &[HostSchemes]) -> Vec<Secret> {
        self.proof.masks()
    }
}

impl TokenEndpoint {
    fn by_id_token(&self, exchange: Exchange<'_>, id_tokens: &mut IdTokens) -> Result<Token, Failure> {
        let endpoint = match id_tokens {
            IdTokens::LateBound(token) => {
                return self.assert(exchange, token.clone()).map_err(Refused::failure);
            }
            IdTokens::Endpoint { late_bound, endpoint } => {
                if let Some(token) = late_bound.take() {
                    match self.assert(exchange, token) {
                        // It may be too old by now.
                        Err(refused) if refused.is_of_the_proof() => {
                            log::debug!("the id token of the service connection: {}", refused.failure);
                        }
                        outcome => return outcome.map_err(Refused::failure),
                    }
                }
                endpoint
            }
        };
        self.assert(exchange, endpoint.ask(exchange)?).map_err(Refused::failure)
    }

    fn by_certificate(
        &self,
        exchange: Exchange<'_>,
        certificate: &SigningCertificate,
    ) -> Result<Token, Failure> {
        let asked_at = |time| {
            let assertion = certificate.assertion(&self.application, time)?;
            self.assert(exchange, assertion)
        };
        match asked_at(clock::now()) {
            Err(Refused { failure, date: Some(date) }) if failure.kind == OUTSIDE_ITS_TIME => {
                log::debug!(
                    "the clock of this machine is wrong; the assertion is signed again by that of Entra"
                );
                asked_at(date)
            }
            outcome => outcome,
        }
        .map_err(Refused::failure)
    }

    fn assert(&self, exchange: Exchange<'_>, assertion: Secret) -> Result<Token, Refused> {
        exchange.mask(&assertion);
        self.ask(exchange, &Presented::Assertion(assertion))
    }

    fn ask(&self, exchange: Exchange<'_>, presented: &Presented) -> Result<Token, Refused> {
        let request = self.application.request(presented);
        let server = format!("Microsoft Entra at {}", request.base.host());
        let answer = exchange.ask(&self.network, &request)?;
        let issued = answer::issued(&answer, &server, TokenProblem::Entra);
        let issued = issued.map_err(|failure| Refused { failure, date: answer.date() })?;
        Ok(exchange.token(issued)?)
    }
}

const OUTSIDE_ITS_TIME: ErrorKind = ErrorKind::NoToken(TokenProblem::AssertionOutsideItsTime);

impl Refused {
    fn failure(self) -> Failure {
        self.failure
    }

    /// Tells if another proof could be taken: this one is too old or of another issuer, or Entra gives a reason that is not
    /// known here. All else is of the application, whatever proves it.
    fn is_of_the_proof(&self) -> bool {
        use TokenProblem as Problem;
        let ErrorKind::NoToken(problem) = self.failure.kind else { return false };
        matches!(problem, Problem::AssertionOutsideItsTime | Problem::NoFederatedCredential | Problem::Entra)
    }
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self { failure, date: None }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;
    use crate::auth::entra::id_token::OidcEndpoint;
    use crate::auth::entra::testing::{Asked, Service, issued, refused, shown, told, wire};
    use crate::auth::testing::{CERTIFICATE, PKCS8, Told};
    use crate::cancel::CancelReason;
    use crate::http::network::CertificateVerification;
    use crate::remote::web_url::WebUrl;

    const MOMENT: Duration = Duration::from_secs(10);

    fn source(service: &Service, proof: Proof) -> EntraSource {
        let identity = Identity::AzureEnvironment { application: Some("client-1".to_owned()) };
        EntraSource::new(Application::at(service.url.clone()), proof, &Network::default(), identity)
    }

    fn secret() -> Proof {
        Proof::ClientSecret(Secret::new("hunter22"))
    }

    /// Returns what comes of one request for a token, and what was asked.
    fn one(answer: Vec<u8>) -> (Result<(String, u64), Failure>, Asked) {
        let service = Service::answering(vec![answer]);
        let token = source(&service, secret()).token(&told(MOMENT).0);
        (token.map(|token| shown(&token)), service.asked().remove(0))
    }

    fn oidc(service: &Service, late_bound: Option<&str>) -> Proof {
        let below = "oidctoken?serviceConnectionId=3".to_owned();
        let (base, job_token) = (service.url.clone(), Secret::new("job-token"));
        let network = (Network::default(), CertificateVerification::On);
        let endpoint = OidcEndpoint { base, below, job_token, network };
        Proof::IdToken(IdTokens::Endpoint { late_bound: late_bound.map(Secret::new), endpoint })
    }

    fn id_token(token: &str) -> Vec<u8> {
        wire("200 OK", &format!(r#"{{"oidcToken":"{token}"}}"#))
    }

    fn assert_masked(told: &Told, secrets: &[&str]) {
        for secret in secrets {
            assert!(told.knows(secret), "{secret}");
        }
    }

    #[test]
    fn a_client_secret_goes_to_the_tenants_token_endpoint() {
        let (token, asked) = one(issued("minted.token-1", 3599));
        assert_eq!(token.unwrap(), ("Bearer minted.token-1".to_owned(), 3599));
        assert!(asked.head.starts_with("POST /contoso.example/oauth2/v2.0/token HTTP/1.1\n"), "{asked:?}");
        for field in ["content-type: application/x-www-form-urlencoded\r\n", "accept: application/json\r\n"] {
            assert!(asked.head.contains(field), "{asked:?}");
        }
        assert_eq!(asked.field("client_secret").as_deref(), Some("hunter22"));
    }

    #[test]
    fn the_late_bound_id_token_serves_once_and_then_the_endpoint() {
        let entra = Service::answering(vec![issued("minted-1", 60), issued("minted-2", 60)]);
        let azure = Service::answering(vec![id_token("id-token-2")]);
        let mut source = source(&entra, oidc(&azure, Some("id-token-1")));
        let (context, told) = told(MOMENT);
        for number in [1, 2] {
            let token = source.token(&context).unwrap();
            assert_eq!(shown(&token).0, format!("Bearer minted-{number}"));
        }
        let asserted: Vec<_> =
            entra.asked().iter().map(|asked| asked.field("client_assertion").unwrap()).collect();
        assert_eq!(asserted, ["id-token-1", "id-token-2"]);
        let azure = azure.asked();
        assert!(azure[0].head.starts_with("POST /oidctoken?serviceConnectionId=3 HTTP/1.1\n"), "{azure:?}");
        assert!(
            azure[0].head.contains("authorization: bearer job-token\r\n") && azure[0].body == "{}",
            "{azure:?}"
        );
        assert_masked(&told, &["id-token-1", "id-token-2", "minted-1", "minted-2"]);
    }

    #[test]
    fn a_late_bound_id_token_that_is_refused_is_replaced() {
        for code in [700_024, 70_021, 7_000_218] {
            let entra = Service::answering(vec![refused(code), issued("minted-1", 60)]);
            let azure = Service::answering(vec![id_token("id-token-2")]);
            let token = source(&entra, oidc(&azure, Some("id-token-1"))).token(&told(MOMENT).0).unwrap();
            assert_eq!(shown(&token).0, "Bearer minted-1");
            assert_eq!((entra.asked().len(), azure.asked().len()), (2, 1), "{code}");
        }
    }

    #[test]
    fn an_application_that_is_refused_shows_no_second_id_token() {
        for code in [53_003, 700_016, 90_002, 70_001, 500_011, 900_382] {
            let entra = Service::answering(vec![refused(code)]);
            let azure = Service::answering(vec![]);
            let failure =
                source(&entra, oidc(&azure, Some("id-token-1"))).token(&told(MOMENT).0).unwrap_err();
            assert!(matches!(failure.kind, ErrorKind::NoToken(_)), "{failure}");
            assert_eq!((entra.asked().len(), azure.asked().len()), (1, 0), "{code}");
        }
    }

    #[test]
    fn a_busy_entra_is_not_asked_again_with_another_id_token() {
        let entra = Service::answering(vec![wire("429 Too Many Requests\r\nRetry-After: 7", "")]);
        let azure = Service::answering(vec![]);
        let failure = source(&entra, oidc(&azure, Some("id-token-1"))).token(&told(MOMENT).0).unwrap_err();
        assert_eq!(failure.kind, ErrorKind::Unavailable { retry_after: Some(Duration::from_secs(7)) });
        assert_eq!((entra.asked().len(), azure.asked().len()), (1, 0));
    }

    #[test]
    fn the_only_id_token_is_shown_each_time() {
        let entra = Service::answering(vec![issued("minted-1", 60), refused(700_024)]);
        let mut source = source(&entra, Proof::IdToken(IdTokens::LateBound(Secret::new("id-token-1"))));
        source.token(&told(MOMENT).0).unwrap();
        assert_eq!(source.token(&told(MOMENT).0).unwrap_err().kind, OUTSIDE_ITS_TIME);
        assert_eq!(entra.asked().len(), 2);
    }

    #[test]
    fn no_id_token_means_no_request_to_entra() {
        let entra = Service::answering(vec![]);
        let azure = Service::answering(vec![wire("404 Not Found", r#"{"message":"No such connection."}"#)]);
        let failure = source(&entra, oidc(&azure, None)).token(&told(MOMENT).0).unwrap_err();
        assert_eq!(failure.kind, ErrorKind::NoToken(TokenProblem::IdToken));
        assert_eq!(failure.remote.as_deref(), Some("No such connection."));
    }

    #[test]
    fn an_assertion_is_read_from_its_file_for_each_token() {
        let entra = Service::answering(vec![issued("minted-1", 60), issued("minted-2", 60)]);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let mut source = source(&entra, Proof::AssertionFile(path.clone()));
        let (context, told) = told(MOMENT);
        for assertion in ["assertion-1", "assertion-2"] {
            fs::write(&path, format!("{assertion}\n")).unwrap();
            source.token(&context).unwrap();
        }
        fs::remove_file(&path).unwrap();
        let gone = source.token(&context).unwrap_err();
        assert_eq!(gone.kind, ErrorKind::NoToken(TokenProblem::AssertionFile));
        let asserted: Vec<_> =
            entra.asked().iter().map(|asked| asked.field("client_assertion").unwrap()).collect();
        assert_eq!(asserted, ["assertion-1", "assertion-2"]);
        assert_masked(&told, &["assertion-1", "assertion-2"]);
    }

    /// Returns when an assertion was signed.
    fn not_before(asked: &Asked) -> u64 {
        let assertion = asked.field("client_assertion").unwrap();
        let claims = URL_SAFE_NO_PAD.decode(assertion.split('.').nth(1).unwrap()).unwrap();
        serde_json::from_slice::<serde_json::Value>(&claims).unwrap()["nbf"].as_u64().unwrap()
    }

    fn certificate() -> Proof {
        let pem = Secret::new(format!("{PKCS8}{CERTIFICATE}"));
        Proof::Certificate(Box::new(SigningCertificate::from_pem(&pem).unwrap()))
    }

    #[test]
    fn an_assertion_is_signed_again_by_the_clock_of_entra_once() {
        let entra = Service::answering(vec![refused(700_024), issued("minted-1", 60)]);
        let (context, told) = told(MOMENT);
        assert_eq!(shown(&source(&entra, certificate()).token(&context).unwrap()).0, "Bearer minted-1");
        let asked = entra.asked();
        let now = clock::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        assert!(now - not_before(&asked[0]) < 60);
        // That of the Date field.
        assert_eq!(not_before(&asked[1]), 784_111_777);
        for asked in asked {
            assert_masked(&told, &[&asked.field("client_assertion").unwrap()]);
        }
        let entra = Service::answering(vec![refused(700_024), refused(700_024)]);
        let failure = source(&entra, certificate()).token(&context).unwrap_err();
        assert_eq!((failure.kind, entra.asked().len()), (OUTSIDE_ITS_TIME, 2));
    }

    #[test]
    fn a_certificate_that_entra_does_not_know_is_shown_once() {
        let entra = Service::answering(vec![refused(700_027)]);
        let failure = source(&entra, certificate()).token(&told(MOMENT).0).unwrap_err();
        assert_eq!(failure.kind, ErrorKind::NoToken(TokenProblem::UnknownCertificate));
        assert_eq!(failure.remote.as_deref(), Some("AADSTS700027: No."));
        assert_eq!(entra.asked().len(), 1);
    }

    #[test]
    fn an_answer_larger_than_a_mebibyte_is_told_in_words() {
        let (token, _) = one(wire("200 OK", &" ".repeat(2 << 20)));
        let failure = token.unwrap_err();
        assert_eq!(failure.kind, ErrorKind::NoToken(TokenProblem::Answer));
        assert!(failure.message.contains("larger than 1 MiB"), "{failure}");
    }

    #[test]
    fn a_service_that_hangs_is_given_up() {
        for begun in [&b""[..], b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"] {
            let service = Service::hanging(begun.to_vec());
            let watch = clock::Stopwatch::start();
            let failure = source(&service, secret()).token(&told(Duration::from_millis(200)).0).unwrap_err();
            assert!(watch.elapsed() < Duration::from_secs(5));
            assert_eq!(failure.kind, ErrorKind::Interrupted, "{failure}");
            service.asked();
        }
    }

    #[test]
    fn an_answer_in_drips_is_given_up() {
        // Eight seconds of them, in the head or in the body.
        let head = [b"HTTP/1.1 200 OK\r\nX: ".as_slice(), &[b'x'; 150]].concat();
        let body = [b"HTTP/1.1 200 OK\r\n\r\n".as_slice(), &[b' '; 150]].concat();
        for answer in [head, body] {
            let service = Service::dripping(answer);
            let watch = clock::Stopwatch::start();
            let failure = source(&service, secret()).token(&told(Duration::from_millis(300)).0).unwrap_err();
            assert!(watch.elapsed() < Duration::from_secs(4), "{:?}", watch.elapsed());
            assert_eq!(failure.kind, ErrorKind::Interrupted, "{failure}");
            service.asked();
        }
    }

    #[test]
    fn a_token_is_still_had_when_the_run_is_stopped() {
        let service = Service::answering(vec![issued("minted-1", 60)]);
        let (mut context, _) = told(MOMENT);
        context.cancel.now(CancelReason::Cancelled);
        context.begin();
        let token = source(&service, secret()).token(&context).unwrap();
        assert_eq!(shown(&token).0, "Bearer minted-1");
        service.asked();
    }

    #[test]
    fn a_redirect_is_not_followed() {
        let elsewhere = Service::answering(vec![]);
        let (token, _) = one(wire(&format!("307 Temporary Redirect\r\nLocation: {}", elsewhere.url), ""));
        assert_eq!(token.unwrap_err().kind, ErrorKind::NoToken(TokenProblem::Answer));
        assert!(elsewhere.asked().is_empty());
    }

    #[test]
    fn a_source_shows_no_secret_and_masks_what_was_given() {
        let application = Application::at(WebUrl::parse("http://127.0.0.1").unwrap().0);
        let source = EntraSource::new(application, secret(), &Network::default(), Identity::Job);
        assert!(!format!("{source:?}").contains("hunter"), "{source:?}");
        let masks = source.masks(&[]);
        for form in ["hunter22", "aHVudGVyMjI="] {
            assert!(masks.iter().any(|mask| mask.expose() == form), "{form}");
        }
    }
}
