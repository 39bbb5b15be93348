//! The network as the agent is configured for it, service connections, and the job's own token.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::support::cloud::Cloud;
use crate::support::git::{BRANCHES_AND_TAGS, Repository};
use crate::support::git_server::Protocol;
use crate::support::nginx::{Nginx, PASSWORD, Scheme, USER};
use crate::support::proxy::Proxy;
use crate::support::scripted::Scripted;
use crate::support::task::Task;

/// A server that serves the repositories `/…/source` and `/…/destination`, to anybody, or to one header.
struct Server {
    source: Repository,
    destination: Repository,
    scripted: Scripted,
    _folder: tempfile::TempDir,
}

impl Server {
    fn start(authorization: Option<String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let source = Repository::init(folder.path().join("source.git"));
        let destination = Repository::init(folder.path().join("destination.git"));
        source.commit("main", 3);
        let repositories = [source.clone(), destination.clone()];
        let scripted = Scripted::start(move |exchange| {
            if authorization.is_some() && exchange.head.header("authorization") != authorization.as_deref() {
                exchange.body()?;
                return exchange.answer("404 Not Found", &[], b"TF401019: The Git repository does not exist");
            }
            let repository = &repositories[usize::from(exchange.head.target.contains("/destination"))];
            exchange.as_git(repository, 2, |_, answer| answer)
        });
        Self { source, destination, scripted, _folder: folder }
    }

    fn expect_equal(&self) {
        assert_eq!(self.destination.refs(BRANCHES_AND_TAGS), self.source.refs(BRANCHES_AND_TAGS));
    }
}

fn through_proxy(server: &Server, authorization: Option<&str>) -> (Proxy, Task) {
    let proxy = Proxy::start(server.scripted.address(), authorization);
    (proxy, Task::new("http://git.contoso.example/source", "http://git.contoso.example:8080/destination"))
}

#[test]
fn the_agents_proxy_is_used_with_its_password() {
    let server = Server::start(None);
    let expected = format!("Basic {}", BASE64_STANDARD.encode("CONTOSO\\bob:pr0xy/p%ss"));
    let (proxy, task) = through_proxy(&server, Some(&expected));
    let task = task
        .variable("AGENT_PROXYURL", &format!("http://{}", proxy.authority()))
        .variable("AGENT_PROXYUSERNAME", "CONTOSO\\bob");
    let good = task.clone().variable("SECRET_AGENT_PROXYPASSWORD", "pr0xy/p%ss").run();
    good.succeeded();
    assert!(!good.visible().contains("pr0xy"), "{}", good.visible());
    server.expect_equal();
    let asked = proxy.asked();
    assert!(asked.contains(&"git.contoso.example:80".to_owned()), "{asked:?}");
    assert!(asked.contains(&"git.contoso.example:8080".to_owned()), "{asked:?}");

    let bad = task.variable("SECRET_AGENT_PROXYPASSWORD", "wr0ng-p%ss").run();
    let error = bad.failed();
    assert!(error.contains("407") && error.contains("the agent's configuration"), "{error}");
    assert!(error.contains(&format!("the proxy {} of AGENT_PROXYURL", proxy.authority())), "{error}");
    assert!(!bad.visible().contains("wr0ng"), "{}", bad.visible());
}

#[test]
fn the_environments_proxy_is_used_but_for_its_exceptions() {
    let server = Server::start(None);
    let (proxy, _) = through_proxy(&server, None);
    let direct = server.scripted.url("destination");
    let task = Task::new("http://git.contoso.example/source", &direct)
        .variable("http_proxy", &proxy.authority())
        .variable("NO_PROXY", "localhost,127.0.0.1");
    task.run().succeeded();
    server.expect_equal();
    assert!(proxy.asked().iter().all(|target| target == "git.contoso.example:80"), "{:?}", proxy.asked());
}

#[test]
fn the_agents_proxy_is_bypassed_where_its_list_says_so() {
    let server = Server::start(None);
    let proxy = Proxy::start(server.scripted.address(), None);
    let task = Task::new("http://direct.invalid/source", "http://git.contoso.example/destination")
        .variable("AGENT_PROXYURL", &format!("http://{}", proxy.authority()))
        .variable("AGENT_PROXYBYPASSLIST", r#"["direct\\.invalid"]"#);
    let error = task.run().failed();
    assert!(error.contains("direct.invalid") && error.contains("private network"), "{error}");
    assert!(proxy.asked().iter().all(|target| target == "git.contoso.example:80"), "{:?}", proxy.asked());
}

#[test]
fn a_proxys_failure_is_told_as_its_own() {
    let server = Server::start(None);
    let nobody = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().to_string();
    let answering = |answer: &'static str| Scripted::start(move |exchange| exchange.answer(answer, &[], b""));
    let [forbidden, unreachable, busy] =
        ["403 Forbidden", "503 Service Unavailable", "407 Proxy Authentication Required"].map(answering);
    let address = |proxy: &Scripted| proxy.address().to_string();
    for (proxy, said, advice) in [
        (nobody, "cannot be reached", "address of the proxy in https_proxy"),
        ("proxy.invalid:8080".to_owned(), "cannot be reached", "address of the proxy in https_proxy"),
        (address(&forbidden), "answered 403 Forbidden", "A rule of the proxy"),
        (address(&unreachable), "answered 503 Service Unavailable", "does not reach the server"),
        (address(&busy), "answered 407", "a user and a password"),
    ] {
        let task = Task::new("https://git.contoso.example/source", &server.scripted.url("destination"))
            .variable("https_proxy", &format!("http://bob:hunter2@{proxy}"))
            .input("maxAttempts", "1");
        let outcome = task.run();
        let error = outcome.failed();
        assert!(error.contains(&format!("the proxy {proxy} of https_proxy")), "{error}");
        assert!(error.contains(said) && error.contains(advice), "{error}");
        assert!(!outcome.visible().contains("hunter2"), "{}", outcome.visible());
    }
}

#[test]
fn the_agents_authority_is_trusted_and_a_missing_one_warned_of() {
    let nginx = Nginx::start();
    let source = Repository::init(nginx.path("source.git"));
    source.commit("main", 3);
    let destination = Repository::init(nginx.path("destination.git"));
    let url = |repository| nginx.url(Scheme::Https, Protocol::V2, repository);
    let task = Task::new(&url("source.git"), &url("destination.git"));
    task.clone().variable("AGENT_CAINFO", nginx.authority().to_str().unwrap()).run().succeeded();
    assert_eq!(destination.refs(BRANCHES_AND_TAGS), source.refs(BRANCHES_AND_TAGS));

    let outcome = task.clone().variable("AGENT_CAINFO", "/nowhere/ca.pem").run();
    let error = outcome.failed();
    assert!(error.contains("sourceCertificateAuthority"), "{error}");
    let warnings = outcome.named("task.logissue");
    assert!(warnings.iter().any(|issue| issue.data.contains("AGENT_CAINFO")), "{}", outcome.text);
}

#[test]
fn an_agent_skips_validation_for_its_own_server_alone() {
    let (own, other) = (Nginx::start(), Nginx::start());
    let source = Repository::init(own.path("source.git"));
    source.commit("main", 3);
    let destination = Repository::init(other.path("destination.git"));
    let task = |scheme| {
        let to = other.url(scheme, Protocol::V2, "destination.git");
        Task::new(&own.url(Scheme::Https, Protocol::V2, "source.git"), &to)
            .variable("AGENT_SKIPCERTVALIDATION", "True")
            .variable("ENDPOINT_URL_SYSTEMVSSCONNECTION", &own.url(Scheme::Https, Protocol::V2, ""))
    };
    let error = task(Scheme::Https).run().failed();
    assert!(error.contains("destinationCertificateAuthority"), "{error}");
    assert!(!error.contains("sourceCertificateAuthority"), "{error}");
    let outcome = task(Scheme::Http).run();
    outcome.succeeded();
    assert!(outcome.text.contains("so the source's server, which is the agent's own"), "{}", outcome.text);
    assert_eq!(destination.refs(BRANCHES_AND_TAGS), source.refs(BRANCHES_AND_TAGS));

    let elsewhere = "https://dev.azure.com/contoso/";
    let outcome = task(Scheme::Http).variable("ENDPOINT_URL_SYSTEMVSSCONNECTION", elsewhere).run();
    assert!(outcome.failed().contains("sourceCertificateAuthority"), "{}", outcome.text);
}

#[test]
fn the_agents_certificate_goes_to_its_own_server_alone() {
    let nginx = Nginx::start();
    let source = Repository::init(nginx.path("source.git"));
    source.commit("main", 3);
    let destination = Repository::init(nginx.path("destination.git"));
    let url = |repository| nginx.url_with_client_certificate(repository);
    let task = Task::new(&url("source.git"), &url("destination.git")).trusting(&nginx.authority());
    assert!(task.run().failed().contains("403"));
    let own = nginx.url(Scheme::Https, Protocol::V2, "");
    let with_key = |key| {
        let file = |name| nginx.file(name).to_str().unwrap().to_owned();
        let task = task.clone().variable("AGENT_CLIENTCERT", &file("server.pem"));
        let task = task.variable("ENDPOINT_URL_SYSTEMVSSCONNECTION", &own);
        task.variable("AGENT_CLIENTCERTKEY", &file(key))
    };
    let stranger = with_key("server.key").variable("ENDPOINT_URL_SYSTEMVSSCONNECTION", "https://localhost/");
    assert!(stranger.run().failed().contains("403"));
    let with_key = |key| with_key(key).run();
    with_key("server.key").succeeded();
    assert_eq!(destination.refs(BRANCHES_AND_TAGS), source.refs(BRANCHES_AND_TAGS));

    let outcome = with_key("ca.key");
    assert!(outcome.failed().contains("403"));
    assert!(outcome.text.contains("ignoring the agent's setting AGENT_CLIENTCERT:"), "{}", outcome.text);
}

#[test]
fn a_service_connection_signs_in_and_can_give_the_url() {
    let nginx = Nginx::start();
    let source = Repository::init(nginx.path("my source.git"));
    source.commit("main", 3);
    let destination = Repository::init(nginx.path("destination.git"));
    let id = "3f2b1c00-0000-4000-8000-000000000000";
    let url = nginx.url_with_sign_in(Scheme::Http, "my source.git");
    let outcome = Task::new("", &nginx.url(Scheme::Http, Protocol::V2, "destination.git"))
        .input("sourceServiceConnection", id)
        .variable(&format!("ENDPOINT_URL_{id}"), &url)
        .variable(&format!("ENDPOINT_AUTH_SCHEME_{id}"), "UsernamePassword")
        .variable(&format!("ENDPOINT_AUTH_PARAMETER_{id}_USERNAME"), USER)
        .variable(&format!("ENDPOINT_AUTH_PARAMETER_{id}_PASSWORD"), PASSWORD)
        .run();
    outcome.succeeded();
    assert!(!outcome.visible().contains(PASSWORD), "{}", outcome.visible());
    assert_eq!(destination.refs(BRANCHES_AND_TAGS), source.refs(BRANCHES_AND_TAGS));
}

#[test]
fn a_service_connection_of_another_host_is_refused() {
    let server = Server::start(None);
    let id = "3f2b1c00-0000-4000-8000-000000000000";
    let other_port = format!("http://127.0.0.1:{}/", server.scripted.address().port() ^ 1);
    for (id, url, part) in [
        (id, Some("https://github.com/"), "https://github.com"),
        (id, Some(other_port.as_str()), "whose credentials do not go to"),
        (id, Some("ssh://git@127.0.0.1/destination"), "no https:// or http:// URL"),
        (id, Some("127.0.0.1/destination"), "no https:// or http:// URL"),
        (id, None, "no https:// or http:// URL"),
        ("SYSTEMVSSCONNECTION", Some(&server.scripted.url("")), "must name a service connection"),
    ] {
        let mut task = Task::new(&server.scripted.url("source"), &server.scripted.url("destination"))
            .input("destinationServiceConnection", id)
            .variable(&format!("ENDPOINT_AUTH_SCHEME_{id}"), "PersonalAccessToken")
            .variable(&format!("ENDPOINT_AUTH_PARAMETER_{id}_ACCESSTOKEN"), "ghp_0123456789");
        if let Some(url) = url {
            task = task.variable(&format!("ENDPOINT_URL_{id}"), url);
        }
        let outcome = task.run();
        let error = outcome.failed();
        assert!(error.contains("destinationServiceConnection") && error.contains(part), "{error}");
        let shown = outcome.text.lines().filter(|line| !line.starts_with("##vso[task.setsecret]"));
        assert_eq!(shown.filter(|line| line.contains("ghp_0123456789")).count(), 0);
    }
    assert_eq!(server.scripted.seen().len(), 0);
}

#[test]
fn the_jobs_token_goes_to_its_own_collection_alone() {
    let server = Server::start(Some("Bearer eyJ0-the-jobs-token".to_owned()));
    let other = Server::start(None);
    let task = Task::new(
        &server.scripted.url("tfs/Main/project/_git/source"),
        &other.scripted.url("tfs/Main/project/_git/destination"),
    )
    .variable("ENDPOINT_URL_SYSTEMVSSCONNECTION", &server.scripted.url("tfs/Main/"))
    .variable("ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN", "eyJ0-the-jobs-token");
    let outcome = task.run();
    outcome.succeeded();
    assert!(!outcome.visible().contains("eyJ0-the-jobs-token"), "{}", outcome.visible());
    assert_eq!(other.destination.refs(BRANCHES_AND_TAGS), server.source.refs(BRANCHES_AND_TAGS));
    for request in other.scripted.seen() {
        assert_eq!(request.header("authorization"), None, "the job's token stays where it belongs");
    }

    let hidden = task.variable("ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN", "eyJ0-another");
    let error = hidden.run().failed();
    assert!(error.contains("TF401019") && error.contains("Limit job authorization scope"), "{error}");
}

/// Adds what signs a side in for one organization or collection alone: the job, and an Azure Repos connection.
fn with_credentials_of_a_collection(collection: &str, side: &str, task: impl Fn() -> Task) -> [Task; 2] {
    let id = "3f2b1c00-0000-4000-8000-000000000000";
    [
        task()
            .variable("ENDPOINT_URL_SYSTEMVSSCONNECTION", collection)
            .variable("ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN", "j0b-t0ken"),
        task()
            .input(&format!("{side}AzureReposConnection"), id)
            .variable(&format!("ENDPOINT_URL_{id}"), collection)
            .variable(&format!("ENDPOINT_AUTH_SCHEME_{id}"), "Token")
            .variable(&format!("ENDPOINT_AUTH_PARAMETER_{id}_APITOKEN"), "p4t-t0ken"),
    ]
}

#[test]
fn a_redirect_takes_no_credentials_out_of_their_collection() {
    let folder = tempfile::tempdir().unwrap();
    for (own, other, collection) in [
        ("https://dev.azure.com/contoso", "/evilorg/p/_git/", "https://dev.azure.com/contoso/"),
        ("https://dev.azure.com/contoso", "/evilorg/p/_git/", "https://contoso.visualstudio.com/"),
        ("https://tfs.example.org/tfs/Main", "/tfs/Other/p/_git/", "https://tfs.example.org/tfs/Main/"),
    ] {
        for side in ["source", "destination"] {
            let repository = Repository::init(tempfile::tempdir_in(folder.path()).unwrap().keep());
            repository.commit("main", 3);
            let served = repository.clone();
            let cloud = Cloud::start(move |exchange| {
                let Some((_, tail)) = exchange.head.target.split_once("/old/") else {
                    return exchange.as_git(&served, 2, |_, answer| answer);
                };
                let location = format!("{other}new/{tail}");
                exchange.body()?;
                exchange.answer("302 Found", &[("Location", &location)], b"")
            });
            let url = format!("{own}/p/_git/old");
            let local = || tempfile::tempdir_in(folder.path()).unwrap().keep().display().to_string();
            let task = || {
                let task = match side {
                    "source" => Task::new(&url, &format!("{}/new.git", local())),
                    _ => Task::new(&repository.path.display().to_string(), &url),
                };
                cloud.reached_by(task)
            };
            for task in with_credentials_of_a_collection(collection, side, task) {
                let before = cloud.seen().len();
                let outcome = task.run();
                let seen = cloud.seen().split_off(before);
                let (named, elsewhere): (Vec<_>, Vec<_>) =
                    seen.into_iter().partition(|head| head.target.contains("/old/"));
                assert!(named.iter().all(|head| head.header("authorization").is_some()), "{named:?}");
                assert!(!named.is_empty());
                if side == "source" {
                    outcome.succeeded();
                    assert!(elsewhere.len() >= 2, "{elsewhere:?}");
                    assert!(elsewhere.iter().all(|head| head.header("authorization").is_none()));
                    assert!(
                        outcome.text.contains("it is read there, without credentials"),
                        "{}",
                        outcome.text
                    );
                } else {
                    let error = outcome.failed();
                    assert!(
                        error.contains("another organization or collection, to which nothing"),
                        "{error}"
                    );
                    assert_eq!(elsewhere.len(), 0, "{elsewhere:?}");
                }
            }
        }
    }
}

#[test]
fn a_redirect_within_a_collection_keeps_its_credentials() {
    let folder = tempfile::tempdir().unwrap();
    let repository = Repository::init(folder.path().join("source.git"));
    repository.commit("main", 3);
    let cloud = Cloud::start(move |exchange| {
        let Some((_, tail)) = exchange.head.target.split_once("/contoso/old/_git/") else {
            return exchange.as_git(&repository, 2, |_, answer| answer);
        };
        let location = format!("/Contoso/new/_git/{tail}");
        exchange.body()?;
        exchange.answer("302 Found", &[("Location", &location)], b"")
    });
    let task = || {
        let destination = tempfile::tempdir_in(folder.path()).unwrap().keep().join("new.git");
        cloud.reached_by(Task::new("https://dev.azure.com/contoso/old/_git/r", destination.to_str().unwrap()))
    };
    for task in with_credentials_of_a_collection("https://dev.azure.com/contoso/", "source", task) {
        task.run().succeeded();
    }
    assert!(cloud.seen().len() >= 6);
    assert!(cloud.seen().iter().all(|head| head.header("authorization").is_some()), "{:?}", cloud.seen());
}

#[test]
fn the_job_signs_in_at_both_addresses_of_its_organization() {
    let folder = tempfile::tempdir().unwrap();
    let [source, destination] =
        ["source.git", "destination.git"].map(|name| Repository::init(folder.path().join(name)));
    source.commit("main", 3);
    let repositories = [source.clone(), destination.clone()];
    let cloud = Cloud::start(move |exchange| {
        if exchange.head.header("authorization") != Some("Bearer j0b-t0ken") {
            exchange.body()?;
            return exchange.answer("401 Unauthorized", &[("WWW-Authenticate", "Bearer")], b"");
        }
        exchange.as_git(&repositories[usize::from(exchange.host() == "dev.azure.com")], 1, |_, answer| answer)
    });
    let [from, to] =
        ["https://contoso.visualstudio.com/p/_git/source", "https://dev.azure.com/contoso/p/_git/mirror"];
    let outcome = cloud
        .reached_by(Task::new(from, to))
        .variable("ENDPOINT_URL_SYSTEMVSSCONNECTION", "https://dev.azure.com/contoso/")
        .variable("ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN", "j0b-t0ken")
        .run();
    outcome.succeeded();
    assert_eq!(destination.refs(BRANCHES_AND_TAGS), source.refs(BRANCHES_AND_TAGS));
    assert!(cloud.asked_of("dev.azure.com").iter().any(|asked| asked.ends_with("/git-receive-pack")));
    assert_eq!(cloud.tunnels().iter().filter(|host| !host.ends_with(":443")).count(), 0);
}
