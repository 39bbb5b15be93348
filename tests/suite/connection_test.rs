//! The connection test that a dry run is: who signs in on each side, what that side lets happen, and that nothing else
//! comes of the one request that a host is asked for an account.

use std::fs;
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rustix::process::Signal;

use crate::support::cloud::Cloud;
use crate::support::git::Repository;
use crate::support::github_app::{APP_ID, GitHubApp};
use crate::support::scripted::Exchange;
use crate::support::task::{Outcome, Task};

const TOKEN: &str = "g00d+t0ken/with=odd";

const AZURE: &str = "https://dev.azure.com/contoso/project/_git/";
const GITHUB: &str = "https://github.com/contoso/";
const SERVER: &str = "https://git.example.org/contoso/";

const CONNECTION_DATA: &str = "/contoso/_apis/connectionData?api-version=7.1-preview";
const WORKS: &str = "the connection works: the source may be read, and the destination lets a push begin";

/// An answer to who signs in.
type Answer = fn(&mut Exchange<'_>) -> io::Result<()>;

/// Two repositories at these hosts.
struct Hosts {
    cloud: Cloud,
    destination: Repository,
    urls: [String; 2],
    _folder: tempfile::TempDir,
}

impl Hosts {
    /// Serves them to everybody, and gives every other request to `answer`.
    fn start(source: &str, destination: &str, answer: Answer) -> Self {
        Self::guarded(source, destination, |_| true, answer)
    }

    /// Serves them to those who are let in; others get 403.
    fn guarded(source: &str, destination: &str, lets_in: fn(&Exchange<'_>) -> bool, answer: Answer) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let repositories = ["source", "destination"].map(|name| Repository::init(folder.path().join(name)));
        repositories[0].commit("main", 1);
        let served = repositories.clone();
        let cloud = Cloud::start(move |exchange| {
            let target = exchange.head.target.clone();
            let is_git = target.contains("git-upload-pack") || target.contains("git-receive-pack");
            match is_git {
                true if lets_in(exchange) => {
                    exchange
                        .as_git(&served[usize::from(target.contains("destination"))], 2, |_, answer| answer)
                }
                true => exchange.answer("403 Forbidden", &[], b""),
                false => answer(exchange),
            }
        });
        let [_, destination_repository] = repositories;
        let urls = [format!("{source}source"), format!("{destination}destination")];
        Self { cloud, destination: destination_repository, urls, _folder: folder }
    }

    fn task(&self) -> Task {
        self.cloud
            .reached_by(Task::new(&self.urls[0], &self.urls[1]))
            .input("dryRun", "true")
            .variable("SYSTEM_DEBUG", "true")
    }

    fn with_tokens(&self) -> Task {
        self.task().source_token(TOKEN).destination_token(TOKEN)
    }

    /// The requests that are none of Git's, as `host target`, each with what signed in.
    fn asked(&self) -> Vec<(String, String)> {
        let seen = self.cloud.seen().into_iter().filter(|head| !head.target.contains("git-"));
        let told = seen.map(|head| {
            assert_eq!(head.method, "GET");
            let header = |name| head.header(name).unwrap_or_default().to_owned();
            (format!("{} {}", header("host"), head.target), header("authorization"))
        });
        told.collect()
    }

    /// The sign-ins of Git's own requests about the source.
    fn git_sign_ins(&self) -> Vec<String> {
        let seen = self.cloud.seen().into_iter().filter(|head| head.target.contains("source/info/refs"));
        seen.map(|head| head.header("authorization").unwrap_or_default().to_owned()).collect()
    }

    /// Expects that nothing was pushed, and no request to push made.
    fn expect_untouched(&self) {
        assert!(self.destination.refs(&[]).is_empty());
        assert!(self.cloud.seen().iter().all(|head| !head.target.ends_with("/git-receive-pack")));
    }
}

/// Answers as each host's documentation says.
fn documented(exchange: &mut Exchange<'_>) -> io::Result<()> {
    let json = [("Content-Type", "application/json")];
    let body = match exchange.head.target.as_str() {
        target if target.contains("/_apis/connectionData") => {
            r#"{"authenticatedUser":{"id":"3b5f0c34-4aec-4bf4-8708-1d36f0dbc468","descriptor":"x","subjectDescriptor":"x",
                "providerDisplayName":"Jamal Hartnett","isActive":true,"properties":{}},
                "authorizedUser":{"id":"3b5f0c34-4aec-4bf4-8708-1d36f0dbc468"},"instanceId":"1","deploymentType":"hosted"}"#
        }
        "/user" | "/api/v3/user" => r#"{"login":"octocat","id":1,"type":"User","name":"monalisa octocat"}"#,
        "/api/v4/user" => r#"{"id":1,"username":"john_smith","name":"John Smith","state":"active"}"#,
        _ => return exchange.answer("404 Not Found", &json, b"{}"),
    };
    exchange.answer("200 OK", &json, body.as_bytes())
}

fn no_answer(exchange: &mut Exchange<'_>) -> io::Result<()> {
    exchange.wait_for_end()
}

fn basic(user: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{TOKEN}")))
}

fn bearer() -> String {
    format!("Bearer {TOKEN}")
}

/// Expects a success with these lines in the log, and no token anywhere.
#[track_caller]
fn expect_lines(outcome: &Outcome, lines: &[&str]) {
    expect_no_token(outcome.succeeded());
    for line in lines {
        assert!(outcome.log.iter().any(|told| told == line), "'{line}' is not in:\n{}", outcome.text);
    }
}

#[track_caller]
fn expect_no_token(outcome: &Outcome) {
    let visible = outcome.visible();
    for form in [TOKEN, &BASE64_STANDARD.encode(format!(":{TOKEN}")), "g00d%2Bt0ken"] {
        assert!(!visible.contains(form), "{visible}");
    }
}

#[test]
fn azure_repos_is_asked_as_git_signed_in() {
    let hosts = Hosts::start(AZURE, AZURE, documented);
    let outcome = hosts.with_tokens().run();
    expect_lines(
        &outcome,
        &[
            "source: sign-in by the token in 'sourceGitRepositoryPersonalAccessToken', account 'Jamal Hartnett'; may be read",
            "destination: sign-in by the token in 'destinationGitRepositoryPersonalAccessToken', account 'Jamal Hartnett'; \
             lets a push begin",
            WORKS,
        ],
    );
    assert!(
        outcome.page.contains("### Connection test")
            && outcome.page.contains("| `Jamal Hartnett` | may be read |")
    );
    assert!(outcome.page.contains("The connection works: "), "{}", outcome.page);
    let once = (format!("dev.azure.com {CONNECTION_DATA}"), basic(""));
    assert_eq!(hosts.asked(), [once.clone(), once]);
    assert_eq!(hosts.git_sign_ins(), [basic("")]);
    hosts.expect_untouched();
}

#[test]
fn azure_repos_is_asked_by_the_form_that_git_took() {
    let is_bearer = |exchange: &Exchange<'_>| {
        exchange.head.header("authorization").is_some_and(|value| value.starts_with("Bearer "))
    };
    let hosts = Hosts::guarded(AZURE, AZURE, is_bearer, documented);
    hosts.with_tokens().run().succeeded();
    let once = (format!("dev.azure.com {CONNECTION_DATA}"), bearer());
    assert_eq!(hosts.asked(), [once.clone(), once]);
}

#[test]
fn github_is_asked_at_its_interface_with_the_bare_token() {
    let hosts = Hosts::start(GITHUB, AZURE, documented);
    let outcome = hosts.task().source_token(&format!("bob:{TOKEN}")).run();
    let token = "the token in 'sourceGitRepositoryPersonalAccessToken'";
    expect_lines(
        &outcome,
        &[
            &format!("source: sign-in by {token}, account 'octocat'; may be read"),
            "destination: no sign-in; lets a push begin",
            WORKS,
        ],
    );
    assert_eq!(hosts.asked(), [("api.github.com /user".to_owned(), bearer())]);
    assert_eq!(hosts.git_sign_ins(), [basic("bob")]);
}

#[test]
fn an_app_installation_is_no_user_and_no_error() {
    let hosts = Hosts::start(AZURE, GITHUB, |exchange| {
        let body = br#"{"message":"Resource not accessible by integration","status":"403"}"#;
        exchange.answer("403 Forbidden", &[("Content-Type", "application/json")], body)
    });
    let outcome = hosts.task().destination_token(TOKEN).run();
    let token = "the token in 'destinationGitRepositoryPersonalAccessToken'";
    let line = format!("destination: sign-in by {token}, an App installation; lets a push begin");
    expect_lines(&outcome, &[&line, WORKS]);
    assert_eq!(hosts.asked(), [("api.github.com /user".to_owned(), bearer())]);
}

#[test]
fn servers_of_ones_own_are_asked_at_their_own_address() {
    // A path of GitLab without `.git` can be that of a group, too.
    let group = "git.example.org /api/v4/groups/contoso%2Fsource?with_projects=false";
    for (kind, asked, account) in [
        ("github", vec!["git.example.org /api/v3/user"], "octocat"),
        ("gitlab", vec![group, "git.example.org /api/v4/user"], "john_smith"),
    ] {
        let hosts = Hosts::start(SERVER, AZURE, documented);
        let outcome = hosts.task().source_token(TOKEN).input("sourceHostKind", kind).run();
        let token = "the token in 'sourceGitRepositoryPersonalAccessToken'";
        expect_lines(&outcome, &[&format!("source: sign-in by {token}, account '{account}'; may be read")]);
        let asked: Vec<_> = asked.into_iter().map(|request| (request.to_owned(), bearer())).collect();
        assert_eq!(hosts.asked(), asked);
    }
}

#[test]
fn a_server_that_tells_its_kind_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let repository = Repository::init(folder.path().join("source"));
    repository.commit("main", 1);
    let cloud = Cloud::start(move |exchange| {
        exchange.fields.push(("X-GitHub-Request-Id", "1"));
        if exchange.head.target.contains("git-") {
            exchange.as_git(&repository, 2, |_, answer| answer)
        } else {
            documented(exchange)
        }
    });
    let destination = folder.path().join("new.git");
    let task = Task::new("https://git.example.org/o/r", destination.to_str().unwrap()).source_token(TOKEN);
    let outcome = cloud.reached_by(task).input("dryRun", "true").run();
    let verdict = "the connection works: the source may be read, and the destination is ready, as far as that shows without a \
                   write";
    let local = "destination: on this machine; is ready, as far as that shows without a write";
    expect_lines(&outcome, &[local, verdict]);
    assert!(outcome.text.contains("account 'octocat'"), "{}", outcome.text);
    let requests = cloud.asked_of("git.example.org");
    assert_eq!(requests.iter().filter(|request| *request == "GET /api/v3/user").count(), 1, "{requests:?}");
    assert!(!destination.exists());
}

#[test]
fn nobody_is_asked_about_where_nobody_signs_in() {
    let hosts = Hosts::start(GITHUB, AZURE, documented);
    let lines = ["source: no sign-in; may be read", "destination: no sign-in; lets a push begin", WORKS];
    expect_lines(&hosts.task().run(), &lines);
    assert_eq!(hosts.asked(), []);
}

#[test]
fn the_job_and_a_service_connection_are_named() {
    let hosts = Hosts::start("https://contoso.visualstudio.com/p/_git/", GITHUB, documented);
    let id = "0b3c1b1e-6a0f-4a0c-9a3b-5d9f7a1c2e3d";
    let outcome = hosts
        .task()
        .variable("ENDPOINT_URL_SYSTEMVSSCONNECTION", "https://dev.azure.com/contoso/")
        .variable("ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN", TOKEN)
        .input("destinationServiceConnection", id)
        .variable(&format!("ENDPOINT_URL_{id}"), "https://github.com/contoso/")
        .variable(&format!("ENDPOINT_AUTH_SCHEME_{id}"), "UsernamePassword")
        .variable(&format!("ENDPOINT_AUTH_PARAMETER_{id}_USERNAME"), "bob")
        .variable(&format!("ENDPOINT_AUTH_PARAMETER_{id}_PASSWORD"), TOKEN)
        .run();
    let connection = format!("the Other Git connection {id}");
    expect_lines(
        &outcome,
        &[
            "source: sign-in by the job's own identity, account 'Jamal Hartnett'; may be read",
            &format!("destination: sign-in by {connection}, account 'octocat'; lets a push begin"),
            WORKS,
        ],
    );
    let mut asked = hosts.asked();
    asked.sort();
    let at_source = "contoso.visualstudio.com /_apis/connectionData?api-version=7.1-preview";
    assert_eq!(asked, [("api.github.com /user".to_owned(), bearer()), (at_source.to_owned(), bearer())]);
    assert_eq!(hosts.git_sign_ins(), [bearer()]);
}

const CONNECTION: &str = "0b3c1b1e-6a0f-4a0c-9a3b-5d9f7a1c2e3d";
const APPLICATION: &str = "11111111-2222-3333-4444-555555555555";
const TENANT: &str = "66666666-7777-8888-9999-000000000000";
const MINTED: &str = "eyJ0eXAi.bWludGVk.c2lnbmF0dXJl";

impl Hosts {
    /// A run whose source signs in by an Azure DevOps connection.
    fn with_workload_identity(&self) -> Task {
        let task = self.task().input("sourceAzureDevOpsConnection", CONNECTION);
        [
            ("ENDPOINT_URL_SYSTEMVSSCONNECTION", "https://dev.azure.com/contoso/"),
            ("ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN", TOKEN),
            ("SYSTEM_HOSTTYPE", "build"),
            ("SYSTEM_TEAMPROJECTID", CONNECTION),
            ("SYSTEM_PLANID", CONNECTION),
            ("SYSTEM_JOBID", CONNECTION),
            (&format!("ENDPOINT_URL_{CONNECTION}"), "https://dev.azure.com/contoso/"),
            (&format!("ENDPOINT_AUTH_SCHEME_{CONNECTION}"), "WorkloadIdentityFederation"),
            (&format!("ENDPOINT_AUTH_PARAMETER_{CONNECTION}_SERVICEPRINCIPALID"), APPLICATION),
            (&format!("ENDPOINT_AUTH_PARAMETER_{CONNECTION}_TENANTID"), TENANT),
        ]
        .iter()
        .fold(task, |task, (name, value)| task.variable(name, value))
    }
}

/// Gives id tokens as the agent's server does.
fn id_tokens(exchange: &mut Exchange<'_>) -> Option<io::Result<()>> {
    exchange.head.target.contains("/oidctoken?").then(|| {
        exchange.body()?;
        exchange.answer("200 OK", &[], br#"{"oidcToken":"eyJ0eXAi.b2lkYw.c2lnbmF0dXJl"}"#)
    })
}

#[test]
fn a_workload_identity_is_named_and_asked_about() {
    let hosts = Hosts::start("https://dev.azure.com/fabrikam/p/_git/", GITHUB, |exchange| {
        if exchange.host() == "login.microsoftonline.com" {
            exchange.body()?;
            let token = format!(r#"{{"access_token":"{MINTED}","expires_in":3599,"token_type":"Bearer"}}"#);
            return exchange.answer("200 OK", &[], token.as_bytes());
        }
        id_tokens(exchange).unwrap_or_else(|| documented(exchange))
    });
    let outcome = hosts.with_workload_identity().run();
    let identity = format!("the Azure DevOps connection {CONNECTION} as application {APPLICATION}");
    let source = format!("source: sign-in by {identity}, account 'Jamal Hartnett'; may be read");
    expect_lines(&outcome, &[&source, WORKS]);
    assert!(!outcome.visible().contains(MINTED), "{}", outcome.visible());
    let data = "GET /fabrikam/_apis/connectionData?api-version=7.1-preview";
    let asked = hosts.cloud.asked_of("dev.azure.com");
    assert_eq!(asked.iter().filter(|request| *request == data).count(), 1, "{asked:?}");
    assert_eq!(asked.iter().filter(|request| request.contains("/oidctoken?")).count(), 1, "{asked:?}");
    assert_eq!(hosts.cloud.asked_of("login.microsoftonline.com").len(), 1);
    let minted = format!("Bearer {MINTED}");
    let seen = hosts.cloud.seen();
    let about_account = seen.iter().find(|head| head.target.contains("connectionData")).unwrap();
    assert_eq!(about_account.header("authorization"), Some(&*minted));
}

#[test]
fn a_side_without_a_token_says_so_and_asks_nobody() {
    let hosts = Hosts::start("https://dev.azure.com/fabrikam/p/_git/", GITHUB, |exchange| {
        if exchange.host() == "login.microsoftonline.com" {
            exchange.body()?;
            let refusal = br#"{"error":"unauthorized_client","error_description":"AADSTS700016: not found"}"#;
            return exchange.answer("400 Bad Request", &[], refusal);
        }
        id_tokens(exchange).unwrap_or_else(|| documented(exchange))
    });
    let outcome = hosts.with_workload_identity().run();
    outcome.failed();
    let verdict = "the connection does not work: at the source there is no token to sign in with; the destination lets a push \
                   begin";
    assert!(outcome.log.iter().any(|line| line == verdict), "{}", outcome.text);
    assert!(outcome.text.contains("AADSTS700016"), "{}", outcome.text);
    assert!(hosts.cloud.seen().iter().all(|head| !head.target.contains("connectionData")));
}

#[test]
fn a_github_app_is_named() {
    let app = Arc::new(GitHubApp::new(""));
    let folder = tempfile::tempdir().unwrap();
    let repository = Repository::init(folder.path().join("app"));
    repository.commit("main", 1);
    let served = Arc::clone(&app);
    let cloud = Cloud::start(move |exchange| match exchange.head.target.as_str() {
        target if target.contains("git-") => exchange.as_git(&repository, 2, |_, answer| answer),
        "/user" => {
            assert_eq!(exchange.head.header("authorization"), Some(&*format!("Bearer {}", served.token())));
            exchange.answer("403 Forbidden", &[], br#"{"message":"Resource not accessible by integration"}"#)
        }
        _ => served.serve(exchange),
    });
    let key = folder.path().join("key.pem");
    fs::write(&key, &app.pem).unwrap();
    let new = folder.path().join("new.git");
    let flags =
        ["--source", "https://github.com/contoso/app", "--destination", new.to_str().unwrap(), "--dry-run"];
    let id = APP_ID.to_string();
    let of_app = ["--source-github-app-id", &id, "--source-github-app-private-key", key.to_str().unwrap()];
    let outcome = cloud.reached_by(Task::by_hand(&[flags.as_slice(), &of_app].concat())).run();
    let line = format!("source: sign-in by the GitHub App {APP_ID}, an App installation; may be read");
    assert!(outcome.text.contains(&line) && outcome.status == Some(0), "{}", outcome.text);
    assert_eq!(cloud.asked_of("api.github.com").iter().filter(|asked| *asked == "GET /user").count(), 1);
    assert!(!outcome.visible().contains("ghs_"), "{}", outcome.visible());
}

#[test]
fn a_mirror_asks_no_host_for_an_account() {
    let hosts = Hosts::start(GITHUB, AZURE, documented);
    let outcome = hosts.with_tokens().input("dryRun", "false").run();
    expect_no_token(outcome.succeeded());
    assert_eq!(hosts.asked(), []);
    for word in ["sign-in", "connection works", "Connection test"] {
        assert!(!outcome.visible().contains(word), "{}", outcome.visible());
    }
}

#[test]
fn a_host_without_an_interface_is_not_asked() {
    let hosts = Hosts::start(SERVER, "https://bitbucket.org/contoso/", documented);
    expect_lines(&hosts.with_tokens().run(), &[WORKS]);
    assert_eq!(hosts.asked(), []);
}

#[test]
fn an_odd_answer_leaves_out_the_name_and_nothing_else() {
    let answers: [Answer; 6] = [
        |exchange| exchange.answer("200 OK", &[], &vec![b' '; 2 << 20]),
        |exchange| exchange.answer("203 Non-Authoritative Information", &[], b"<html>Sign in</html>"),
        |exchange| exchange.answer("200 OK", &[], &b"[".repeat(1 << 19)),
        |exchange| exchange.answer("401 Unauthorized", &[("WWW-Authenticate", "Bearer")], b"{}"),
        |exchange| exchange.answer("302 Found", &[("Location", "https://evil.example.net/user")], b""),
        no_answer,
    ];
    for answer in answers {
        let hosts = Hosts::start(GITHUB, AZURE, answer);
        let outcome = hosts.with_tokens().input("stallTimeoutSeconds", "2").run();
        let lines = [
            "source: sign-in by the token in 'sourceGitRepositoryPersonalAccessToken'; may be read",
            "destination: sign-in by the token in 'destinationGitRepositoryPersonalAccessToken'; lets a push begin",
            WORKS,
        ];
        expect_lines(&outcome, &lines);
        assert_eq!(hosts.asked().len(), 2);
        assert!(outcome.named("task.logissue").is_empty(), "{}", outcome.text);
        assert!(hosts.cloud.tunnels().iter().all(|server| !server.contains("evil")));
        hosts.expect_untouched();
    }
}

#[test]
fn a_host_that_hangs_does_not_hold_up_the_end() {
    let hosts = Hosts::start(AZURE, GITHUB, no_answer);
    // Pointers would still be to be looked for.
    let running = hosts.task().source_token(TOKEN).input("lfs", "none").start();
    while hosts.asked().is_empty() {
        thread::sleep(Duration::from_millis(20));
    }
    let cancelled = Instant::now();
    running.signal(Signal::TERM);
    let outcome = running.end();
    assert!(cancelled.elapsed() < Duration::from_secs(5), "{:?}", cancelled.elapsed());
    // By then both sides were listed, so that nothing is missing.
    expect_lines(&outcome, &[WORKS]);
}

#[test]
fn a_name_from_a_server_is_data() {
    let hosts = Hosts::start(GITHUB, AZURE, |exchange| {
        let name = format!("a|b`<img>\\n##vso[task.complete result=Failed]{TOKEN}{}", "x".repeat(5000));
        let user =
            format!(r#""login":"{name}","authenticatedUser":{{"id":"1","providerDisplayName":"{name}"}}"#);
        exchange.answer("200 OK", &[], format!("{{{user}}}").as_bytes())
    });
    let outcome = hosts.with_tokens().run();
    expect_lines(&outcome, &[WORKS]);
    assert!(
        outcome.text.contains("account 'a|b`<img> *#vso[task.complete result=Failed]***x"),
        "{}",
        outcome.text
    );
    assert!(outcome.page.contains(r"`a\u{7c}b\u{60}\u{3c}img\u{3e} *#vso"), "{}", outcome.page);
    assert!(!outcome.visible().contains(&"x".repeat(101)));
}

#[test]
fn an_interface_elsewhere_must_prove_itself() {
    let hosts = Hosts::start(GITHUB, AZURE, documented);
    let task = Task::new(&hosts.urls[0], &hosts.urls[1]).source_token(TOKEN);
    // The authority of the hosts is not trusted, and the user forgives the source that alone.
    let task = task.variable("HTTPS_PROXY", &hosts.cloud.proxy_url()).input("dryRun", "true");
    let task = ["sourceVerifySSLCertificate", "destinationVerifySSLCertificate"]
        .iter()
        .fold(task, |task, input| task.input(input, "false"));
    let outcome = task.run();
    assert!(!outcome.succeeded().text.contains("octocat"), "{}", outcome.text);
    assert!(hosts.cloud.tunnels().contains(&"api.github.com:443".to_owned()));
    assert_eq!(hosts.asked(), []);
}

#[test]
fn a_side_that_fails_does_not_hide_the_one_that_works() {
    let reads = |exchange: &Exchange<'_>| exchange.head.target.contains("git-upload-pack");
    let hosts = Hosts::guarded(AZURE, GITHUB, reads, documented);
    let outcome = hosts.with_tokens().run();
    outcome.failed();
    expect_no_token(&outcome);
    let destination = "destination: sign-in by the token in 'destinationGitRepositoryPersonalAccessToken'; the right to write \
                       is missing";
    let verdict = "the connection does not work: the source may be read; at the destination the right to write is missing";
    for line in [destination, verdict] {
        assert!(outcome.log.iter().any(|told| told == line), "'{line}' is not in:\n{}", outcome.text);
    }
    assert!(outcome.text.contains("account 'Jamal Hartnett'; may be read"), "{}", outcome.text);
    assert!(outcome.page.contains("| the right to write is missing |"), "{}", outcome.page);
    assert_eq!(hosts.asked().len(), 1, "a side that refuses is not asked: {:?}", hosts.asked());
}

#[test]
fn where_a_redirect_leads_nobody_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let repository = Repository::init(folder.path().join("source"));
    repository.commit("main", 1);
    let cloud = Cloud::start(move |exchange| {
        if exchange.host() == "git.example.org" {
            let location = format!("https://gitlab.com{}", exchange.head.target);
            return exchange.answer("302 Found", &[("Location", &location)], b"");
        }
        assert_eq!(exchange.head.header("authorization"), None);
        exchange.as_git(&repository, 2, |_, answer| answer)
    });
    let destination = folder.path().join("new.git");
    let task = Task::new("https://git.example.org/o/r", destination.to_str().unwrap()).source_token(TOKEN);
    let outcome = cloud.reached_by(task).input("dryRun", "true").run();
    assert!(outcome.log.iter().any(|line| line == "source: no sign-in; may be read"), "{}", outcome.text);
    assert!(cloud.seen().iter().all(|head| head.target.contains("git-upload-pack")), "{:?}", cloud.seen());
}

#[test]
fn an_interface_outside_of_the_collection_is_not_asked() {
    // The path does not tell whether `teams` is a collection, or the folder that collections are in; nor is the kind of
    // host always right.
    for (collection, repository, kind, asked) in [
        ("https://git.example.org/teams/main/", "https://git.example.org/teams/main/_git/", "auto", None),
        ("https://git.example.org/tfs/main/", "https://git.example.org/tfs/main/p/_git/", "github", None),
        ("https://dev.azure.com/contoso/", "https://dev.azure.com/contoso/p/_git/", "gitlab", None),
        (
            "https://git.example.org/tfs/main/",
            "https://git.example.org/tfs/main/p/_git/",
            "auto",
            Some("git.example.org /tfs/main/_apis/connectionData"),
        ),
    ] {
        let hosts = Hosts::start(repository, repository, documented);
        let task = || hosts.task().input("sourceHostKind", kind).input("destinationHostKind", kind);
        let job = task()
            .variable("ENDPOINT_URL_SYSTEMVSSCONNECTION", collection)
            .variable("ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN", "j0b-t0ken");
        let connection = task()
            .input("sourceAzureReposConnection", CONNECTION)
            .input("destinationAzureReposConnection", CONNECTION)
            .variable(&format!("ENDPOINT_URL_{CONNECTION}"), collection)
            .variable(&format!("ENDPOINT_AUTH_SCHEME_{CONNECTION}"), "Token")
            .variable(&format!("ENDPOINT_AUTH_PARAMETER_{CONNECTION}_APITOKEN"), TOKEN);
        for task in [job, connection] {
            let before = hosts.asked().len();
            expect_lines(&task.run(), &[WORKS]);
            let told: Vec<_> = hosts.asked().split_off(before).into_iter().map(|(asked, _)| asked).collect();
            assert_eq!(told, asked.map_or(vec![], |asked| vec![asked; 2]), "{repository} {kind}");
        }
    }
}
