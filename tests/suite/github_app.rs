//! A GitHub App of the user's own, at a double of GitHub's interface under GitHub's own names.

use std::fs;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use mirror_git_repository::auth::github_app::{GitHubAppSource, PrivateKey};
use mirror_git_repository::auth::scheme::{AuthForm, HostSchemes};
use mirror_git_repository::auth::secure_file::SecureFile;
use mirror_git_repository::auth::token_source::{Token, TokenContext, TokenSource as _};
use mirror_git_repository::cancel::CancelToken;
use mirror_git_repository::error::{ErrorKind, Failure, TokenProblem};
use mirror_git_repository::hosts::github::app_target;
use mirror_git_repository::http::network::{CertificateVerification, Network, Proxy, certificates};
use mirror_git_repository::http::timeouts::Timeouts;
use mirror_git_repository::remote::web_url::{Scheme, WebUrl};
use mirror_git_repository::secret::{Secret, SecretMasker};

use crate::support::cloud::Cloud;
use crate::support::github_app::{APP_ID, GitHubApp, Installed, generated_key};
use crate::support::scripted::Exchange;

const REPOSITORY: &str = "https://github.com/contoso/app";
const OF_REPOSITORY: &str = "GET /repos/contoso/app/installation";
const OF_ORGANIZATION: &str = "GET /orgs/contoso/installation";
const OF_USER: &str = "GET /users/contoso/installation";
const TOKEN: &str = "POST /app/installations/42/access_tokens";

pub(crate) const GUID: &str = "0b1fb3c4-1111-2222-3333-444455556666";

/// The ticket of the secure file.
pub(crate) const TICKET: &str = "t/c&ket";

/// A fault in place of the interface's own answer.
type Fault = fn(&mut Exchange<'_>) -> Option<io::Result<()>>;

/// An App at a GitHub.
struct GitHub {
    cloud: Cloud,
    app: Arc<GitHubApp>,
    masked: Arc<Masked>,
}

/// The secrets that were masked.
#[derive(Default)]
struct Masked(Mutex<Vec<Secret>>);

impl SecretMasker for Masked {
    fn mask(&self, secret: &Secret) {
        self.0.lock().unwrap().push(secret.clone());
    }
}

impl Masked {
    fn knows(&self, text: &str) -> bool {
        self.0.lock().unwrap().iter().any(|secret| secret.expose() == text)
    }
}

impl GitHub {
    fn start() -> Self {
        Self::with("", |_| None)
    }

    /// Below this path, and with this fault.
    fn with(base: &'static str, fault: Fault) -> Self {
        let (app, masked) = (Arc::new(GitHubApp::new(base)), Arc::new(Masked::default()));
        let (served, known) = (Arc::clone(&app), Arc::clone(&masked));
        let cloud = Cloud::start(move |exchange| {
            let sent = exchange.head.header("authorization").unwrap_or_default();
            if !known.knows(sent.trim_start_matches("Bearer ")) {
                return exchange.answer("400 Not Masked", &[], b"");
            }
            match fault(exchange) {
                Some(answered) => answered,
                None if exchange.host() == "dev.azure.com" => secure_file(exchange, &served.pem),
                None => served.serve(exchange),
            }
        });
        Self { cloud, app, masked }
    }

    fn network(&self) -> Network {
        let (host, port) = self
            .cloud
            .proxy_url()
            .trim_start_matches("http://")
            .split_once(':')
            .map_or_else(|| panic!("a port"), |(host, port)| (host.to_owned(), port.parse().unwrap()));
        let proxy =
            Proxy { scheme: Scheme::Http, host, port, user: String::new(), password: None, setting: "test" };
        let authorities = certificates(&fs::read(self.cloud.authority()).unwrap()).unwrap();
        Network { proxy: Some(proxy), authorities, client_certificate: None }
    }

    fn source(&self) -> GitHubAppSource {
        self.source_of(REPOSITORY, APP_ID, PrivateKey::Pem(Secret::new(&*self.app.pem)))
    }

    fn source_of(&self, repository: &str, app_id: u64, key: PrivateKey) -> GitHubAppSource {
        let target = app_target(&url(repository)).unwrap();
        GitHubAppSource::new(app_id, key, target, self.network(), CertificateVerification::On)
    }

    fn file(&self, ticket: &str) -> Box<SecureFile> {
        let [ticket, token] = [ticket, "j0b-t0ken"].map(Secret::new);
        let way = (self.network(), CertificateVerification::On);
        Box::new(
            SecureFile::new(url("https://dev.azure.com/contoso"), GUID, GUID, ticket, token, way).unwrap(),
        )
    }

    /// Asks for a token as a side does: what the source was given is masked first.
    fn ask(&self, source: &mut GitHubAppSource) -> Result<Token, Failure> {
        for mask in source.masks(&[]) {
            self.masked.mask(&mask);
        }
        let moment = Duration::from_secs(2);
        let timeouts = Timeouts { connect: moment, stall: moment, report: moment };
        let masker = Arc::<Masked>::clone(&self.masked);
        source.token(&TokenContext::new(masker, timeouts, CancelToken::default()))
    }

    /// Expects that the token is the last one, and returns how long it lives.
    fn gets_token(&self, source: &mut GitHubAppSource) -> Duration {
        let token = self.ask(source).unwrap();
        assert_eq!(sent(&token), format!("x-access-token:{}", self.app.token()));
        token.lifetime.unwrap()
    }

    fn problem(&self, source: &mut GitHubAppSource) -> (TokenProblem, Failure) {
        let failure = self.ask(source).unwrap_err();
        match failure.kind {
            ErrorKind::NoToken(problem) => (problem, failure),
            _ => panic!("{failure:?}"),
        }
    }
}

fn url(text: &str) -> WebUrl {
    WebUrl::parse(text).unwrap().0
}

/// What goes over Basic authentication, and nothing else does.
fn sent(token: &Token) -> String {
    let schemes = HostSchemes { bare_token: &[], after_user: &[] };
    assert_eq!(token.credentials.forms(schemes), [AuthForm::Own]);
    let header = token.credentials.authorization(AuthForm::Own);
    let encoded = header.expose().strip_prefix("Basic ").unwrap();
    String::from_utf8(BASE64_STANDARD.decode(encoded).unwrap()).unwrap()
}

/// Answers as Azure Pipelines does for a secure file, which one ticket opens.
pub(crate) fn secure_file(exchange: &mut Exchange<'_>, pem: &str) -> io::Result<()> {
    let path = format!("/contoso/{GUID}/_apis/distributedtask/securefiles/{GUID}");
    let query = "ticket=t%2Fc%26ket&download=false&api-version=5.1-preview.1";
    let head = &exchange.head;
    let is_right = head.header("authorization") == Some("Bearer j0b-t0ken")
        && head.header("accept") == Some("application/octet-stream")
        && head.method == "GET";
    if is_right && head.target == format!("{path}?{query}") {
        return exchange.answer("200 OK", &[("Content-Type", "application/octet-stream")], pem.as_bytes());
    }
    let words = br#"{"$id":"1","message":"The secure file is not for this pipeline.","typeKey":"X"}"#;
    exchange.answer("403 Forbidden", &[("Content-Type", "application/json")], words)
}

/// Answers with JSON.
fn json(exchange: &mut Exchange<'_>, status: &str, body: &str) -> io::Result<()> {
    exchange.answer(status, &[("Content-Type", "application/json")], body.as_bytes())
}

#[test]
fn an_app_gets_one_token_with_two_requests() {
    let github = GitHub::start();
    let mut source = github.source();
    assert_eq!(github.app.asked(), [""; 0]);
    assert!(github.gets_token(&mut source) <= Duration::from_secs(3600));
    assert_eq!(github.app.asked(), [format!("{OF_REPOSITORY} 200"), format!("{TOKEN} 201")]);
    // It knows its installation then.
    github.gets_token(&mut source);
    assert_eq!(github.app.asked(), [format!("{TOKEN} 201")]);
    assert!(github.cloud.tunnels().iter().all(|server| server == "api.github.com:443"));
}

#[test]
fn an_app_is_found_by_the_owner_where_not_by_repository() {
    let github = GitHub::start();
    let expected = [OF_REPOSITORY, OF_ORGANIZATION, OF_USER];
    for (at, place) in
        [Installed::Repository, Installed::Organization, Installed::User].into_iter().enumerate()
    {
        github.app.change(|state| state.installed = place);
        github.gets_token(&mut github.source());
        let refused = expected[..at].iter().map(|asked| format!("{asked} 404"));
        let found = [format!("{} 200", expected[at]), format!("{TOKEN} 201")];
        assert_eq!(github.app.asked(), refused.chain(found).collect::<Vec<_>>());
    }
}

#[test]
fn an_app_for_all_of_an_owner_is_asked_for_by_the_owner_alone() {
    let github = GitHub::start();
    let expected = [OF_ORGANIZATION, OF_USER];
    for (at, place) in [Installed::Organization, Installed::User].into_iter().enumerate() {
        github.app.change(|state| state.installed = place);
        let key = PrivateKey::Pem(Secret::new(&*github.app.pem));
        github.gets_token(&mut github.source_of("https://github.com/contoso", APP_ID, key));
        let refused = expected[..at].iter().map(|asked| format!("{asked} 404"));
        let found = [format!("{} 200", expected[at]), format!("{TOKEN} 201")];
        assert_eq!(github.app.asked(), refused.chain(found).collect::<Vec<_>>());
    }
}

#[test]
fn an_app_that_is_not_installed_is_told_so() {
    let github = GitHub::start();
    github.app.change(|state| state.installed = Installed::Nowhere);
    let (problem, failure) = github.problem(&mut github.source());
    assert_eq!(problem, TokenProblem::AppNotInstalled);
    assert_eq!(failure.remote.as_deref(), Some("Not Found"));
    let expected = [OF_REPOSITORY, OF_ORGANIZATION, OF_USER].map(|asked| format!("{asked} 404"));
    assert_eq!(github.app.asked(), expected);
}

#[test]
fn a_suspended_installation_is_told_from_another_refusal() {
    let github = GitHub::start();
    let mut source = github.source();
    github.gets_token(&mut source);
    github.app.change(|state| state.suspended = true);
    // Whoever knows it is refused a token, whoever looks for it is told.
    let (problem, failure) = github.problem(&mut source);
    assert_eq!(problem, TokenProblem::AppSuspended);
    assert_eq!(failure.remote.as_deref(), Some("This installation has been suspended"));
    assert_eq!(github.problem(&mut github.source()).0, TokenProblem::AppSuspended);
}

#[test]
fn an_installation_that_was_replaced_is_looked_for_again() {
    let github = GitHub::start();
    let mut source = github.source();
    github.gets_token(&mut source);
    github.app.change(|state| state.installation = 43);
    github.app.asked();
    github.gets_token(&mut source);
    let anew = TOKEN.replace("42", "43");
    assert_eq!(
        github.app.asked(),
        [format!("{TOKEN} 404"), format!("{OF_REPOSITORY} 200"), format!("{anew} 201")]
    );
}

#[test]
fn a_repository_that_moved_is_not_followed() {
    let github = GitHub::with("", |exchange| {
        let location = ("Location", "https://api.github.com/repositories/1/installation");
        let moved = exchange.head.target.starts_with("/repos/");
        moved.then(|| exchange.answer("301 Moved Permanently", &[location], b"{}"))
    });
    github.gets_token(&mut github.source());
    assert_eq!(github.app.asked(), [format!("{OF_ORGANIZATION} 200"), format!("{TOKEN} 201")]);
}

#[test]
fn a_key_or_an_id_of_another_app_is_refused_once() {
    let github = GitHub::start();
    let other = generated_key();
    let key = |pem: &str| PrivateKey::Pem(Secret::new(pem));
    let sources = [
        github.source_of(REPOSITORY, 7, key(&github.app.pem)),
        github.source_of(REPOSITORY, APP_ID, key(&other)),
    ];
    let words = ["Integration not found", "A JSON web token could not be decoded"];
    for (mut source, words) in sources.into_iter().zip(words) {
        let (problem, failure) = github.problem(&mut source);
        assert_eq!((problem, failure.remote.as_deref()), (TokenProblem::UnknownApp, Some(words)));
        assert_eq!(github.app.asked(), [format!("{OF_REPOSITORY} 401")]);
    }
}

#[test]
fn a_clock_that_is_wrong_is_made_up_for_by_the_servers() {
    let github = GitHub::start();
    for ahead in [-86_400, -600, 600, 86_400] {
        github.app.change(|state| state.ahead = ahead);
        let mut source = github.source();
        let life = github.gets_token(&mut source).as_secs();
        assert!((3590..=3600).contains(&life), "{ahead}: {life}");
        let once = [format!("{OF_REPOSITORY} 401"), format!("{OF_REPOSITORY} 200"), format!("{TOKEN} 201")];
        assert_eq!(github.app.asked(), once, "{ahead}");
        github.gets_token(&mut source);
        assert_eq!(github.app.asked(), [format!("{TOKEN} 201")], "{ahead}");
    }
}

#[test]
fn a_clock_that_the_servers_date_does_not_mend_is_told() {
    const WORDS: &str = "{\"message\":\"'Issued at' claim ('iat') must be an Integer\"}";
    let faults: [(Fault, usize); 2] = [
        (|it| Some(json(it, "401 Unauthorized", WORDS)), 1),
        (
            |it| {
                let date = ("Date", "Sat, 01 Jan 2000 00:00:00 GMT");
                Some(it.answer("401 Unauthorized", &[date], WORDS.as_bytes()))
            },
            2,
        ),
    ];
    for (fault, requests) in faults {
        let github = GitHub::with("", fault);
        let (problem, failure) = github.problem(&mut github.source());
        assert_eq!((problem, github.cloud.seen().len()), (TokenProblem::AppClock, requests));
        assert_eq!(failure.remote.as_deref(), Some("'Issued at' claim ('iat') must be an Integer"));
    }
}

#[test]
fn a_limit_of_requests_says_when_to_come_back() {
    let faults: [(Fault, Option<u64>); 4] = [
        (|it| Some(it.answer("429 Too Many Requests", &[("Retry-After", "7")], b"{}")), Some(7)),
        (|it| Some(it.answer("403 Forbidden", &[("Retry-After", "7")], b"{}")), Some(7)),
        (
            |it| {
                let fields = [
                    ("X-RateLimit-Remaining", "0"),
                    ("X-RateLimit-Reset", "946684829"),
                    ("Date", "Sat, 01 Jan 2000 00:00:20 GMT"),
                ];
                Some(it.answer("403 Forbidden", &fields, b"{}"))
            },
            Some(9),
        ),
        (
            |it| {
                Some(json(it, "403 Forbidden", "{\"message\":\"You have exceeded a secondary rate limit.\"}"))
            },
            None,
        ),
    ];
    for (fault, seconds) in faults {
        let github = GitHub::with("", fault);
        let failure = github.ask(&mut github.source()).unwrap_err();
        let retry_after = seconds.map(Duration::from_secs);
        assert_eq!(failure.kind, ErrorKind::Unavailable { retry_after });
        assert_eq!(github.cloud.seen().len(), 1);
    }
}

#[test]
fn what_is_no_answer_is_no_token() {
    let kind = |fault: Fault| {
        let github = GitHub::with("", fault);
        let failure = github.ask(&mut github.source()).unwrap_err();
        assert_eq!(github.cloud.seen().len(), 1, "{failure}");
        assert!(failure.message.contains("api.github.com"), "{failure}");
        (failure.kind, failure.remote)
    };
    let answer = ErrorKind::NoToken(TokenProblem::Answer);
    assert_eq!(kind(|it| Some(json(it, "200 OK", "[1]"))).0, answer);
    assert_eq!(kind(|it| Some(json(it, "200 OK", "{\"id\":\"../x\"}"))).0, answer);
    assert_eq!(kind(|it| Some(json(it, "200 OK", "{\"id\":-1}"))).0, answer);
    let page = |it: &mut Exchange<'_>| {
        let fields = [("Content-Type", "text/html")];
        Some(it.answer("200 OK", &fields, b"<html><title>Sign in to the proxy</title>"))
    };
    assert_eq!(kind(page), (answer, None));
    let busy = ErrorKind::Unavailable { retry_after: None };
    assert_eq!(kind(|it| Some(json(it, "502 Bad Gateway", "{}"))).0, busy);
    assert_eq!(kind(|it| Some(json(it, "403 Forbidden", "{\"message\":\"no\"}"))).0, ErrorKind::Forbidden);
    let large = |it: &mut Exchange<'_>| Some(it.answer("200 OK", &[], &vec![b' '; 2 << 20]));
    assert_eq!(kind(large).0, answer);
    assert_eq!(kind(|it| Some(it.wait_for_end())).0, ErrorKind::Interrupted);
    let cut = |it: &mut Exchange<'_>| {
        Some(it.begin("200 OK", &[], Some(9)).and_then(|()| it.send(b"{")).and_then(|()| it.wait_for_end()))
    };
    assert_eq!(kind(cut).0, ErrorKind::Interrupted);
}

#[test]
fn a_token_that_cannot_be_sent_is_none() {
    for fault in [
        (|it| (it.head.method == "POST").then(|| json(it, "201 Created", "{\"token\":\"\"}"))) as Fault,
        |it| (it.head.method == "POST").then(|| json(it, "201 Created", "{\"token\":\"a\\nb: c\"}")),
        |it| (it.head.method == "POST").then(|| json(it, "201 Created", "{\"token\":7}")),
        |it| (it.head.method == "POST").then(|| json(it, "201 Created", "[]")),
        // Cut off.
        |it| (it.head.method == "POST").then(|| json(it, "201 Created", "{\"token\":\"ghs_b: c\",\"exp")),
        |it| {
            let text = [("Content-Type", "text/plain")];
            (it.head.method == "POST").then(|| it.answer("200 OK", &text, b"{\"token\":\"ghs_b: c\""))
        },
    ] {
        let github = GitHub::with("", fault);
        let (problem, failure) = github.problem(&mut github.source());
        assert_eq!(problem, TokenProblem::Answer);
        assert!(!format!("{failure:?}").contains("b: c"), "{failure:?}");
        assert_eq!(failure.remote, None);
    }
}

#[test]
fn a_token_lives_as_long_as_the_server_says() {
    let github = GitHub::start();
    github.app.change(|state| state.life = Duration::from_secs(20));
    let life = github.gets_token(&mut github.source()).as_secs();
    assert!((19..=21).contains(&life), "{life}");
}

#[test]
fn an_end_of_any_type_keeps_no_token_away() {
    fn issued(exchange: &mut Exchange<'_>, end: &str) -> Option<io::Result<()>> {
        let body = format!("{{\"token\":\"ghs_1234567890\",\"expires_at\":{end}}}");
        (exchange.head.method == "POST").then(|| json(exchange, "201 Created", &body))
    }
    let faults: [Fault; 6] = [
        |it| issued(it, "1700000000"),
        |it| issued(it, "null"),
        |it| issued(it, "[7]"),
        |it| issued(it, "{}"),
        |it| issued(it, "true"),
        |it| issued(it, "\"soon\""),
    ];
    for fault in faults {
        let github = GitHub::with("", fault);
        let token = github.ask(&mut github.source()).unwrap();
        assert_eq!(sent(&token), "x-access-token:ghs_1234567890");
        assert_eq!(token.lifetime, Some(Duration::from_secs(55 * 60)));
    }
}

#[test]
fn a_github_of_ones_own_has_its_interface_where_it_is() {
    for (repository, base, host) in [
        ("https://git.example.org/contoso/app.git", "/api/v3", "git.example.org"),
        ("https://contoso.ghe.com/contoso/app", "", "api.contoso.ghe.com"),
    ] {
        let github = GitHub::with(base, |_| None);
        let key = PrivateKey::Pem(Secret::new(&*github.app.pem));
        github.gets_token(&mut github.source_of(repository, APP_ID, key));
        assert!(github.cloud.tunnels().iter().all(|server| *server == format!("{host}:443")));
        assert_eq!(github.cloud.asked_of(host).len(), 2);
        github.app.asked();
    }
}

#[test]
fn the_key_of_a_secure_file_is_got_once_and_masked() {
    let github = GitHub::start();
    let mut source = github.source_of(REPOSITORY, APP_ID, PrivateKey::SecureFile(github.file(TICKET)));
    for _ in 0..2 {
        github.gets_token(&mut source);
    }
    assert_eq!(github.cloud.asked_of("dev.azure.com").len(), 1);
    for line in github.app.pem.lines().filter(|line| !line.starts_with("-----") && line.len() >= 8) {
        assert!(github.masked.knows(line), "{line}");
    }
    for form in [TICKET, "t%2Fc%26ket", "j0b-t0ken", &BASE64_STANDARD.encode(&github.app.pem)] {
        assert!(github.masked.knows(form), "{form}");
    }
    let shown = format!("{source:?}");
    assert!(shown.contains("1234567") && !shown.contains("KEY") && !shown.contains("c&ket"), "{shown}");
}

#[test]
fn a_secure_file_that_is_refused_is_told_in_its_words() {
    let github = GitHub::start();
    let file = |ticket| PrivateKey::SecureFile(github.file(ticket));
    let (problem, failure) = github.problem(&mut github.source_of(REPOSITORY, APP_ID, file("other-ticket")));
    assert_eq!(problem, TokenProblem::SecureFile);
    assert_eq!(failure.remote.as_deref(), Some("The secure file is not for this pipeline."));
    let faults: [(Fault, ErrorKind); 6] = [
        (
            |it| {
                let text = [("Content-Type", "text/plain")];
                Some(it.answer("203 Non-Authoritative Information", &text, b"hello, MIIEogIBAAKCAQEA"))
            },
            ErrorKind::NoToken(TokenProblem::SecureFile),
        ),
        (
            |it| Some(it.answer("200 OK", &[], &vec![b'a'; 65 << 10])),
            ErrorKind::NoToken(TokenProblem::SecureFile),
        ),
        (|it| Some(it.answer("200 OK", &[], b"\xff\xfe")), ErrorKind::NoToken(TokenProblem::SecureFile)),
        (|it| Some(it.answer("200 OK", &[], b"hello")), ErrorKind::NoToken(TokenProblem::SigningKey)),
        (
            |it| Some(it.answer("302 Found", &[("Location", "https://dev.azure.com/signin")], b"")),
            ErrorKind::NoToken(TokenProblem::SecureFile),
        ),
        (
            |it| Some(it.answer("503 Service Unavailable", &[("Retry-After", "3")], b"")),
            ErrorKind::Unavailable { retry_after: Some(Duration::from_secs(3)) },
        ),
    ];
    for (fault, kind) in faults {
        let github = GitHub::with("", fault);
        let file = PrivateKey::SecureFile(github.file(TICKET));
        let failure = github.ask(&mut github.source_of(REPOSITORY, APP_ID, file)).unwrap_err();
        assert_eq!((failure.kind, github.cloud.seen().len()), (kind, 1), "{failure:?}");
        assert!(!format!("{failure:?}").contains("hello"), "{failure:?}");
    }
}
