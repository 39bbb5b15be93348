//! The issues that users filed against this task's predecessor, by their numbers: each symptom is gone.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::support::git::{BRANCHES_AND_TAGS, Repository};
use crate::support::git_server::Protocol;
use crate::support::nginx::{Nginx, Scheme};
use crate::support::recorded::Recorded;
use crate::support::scripted::{Exchange, Scripted};
use crate::support::task::Task;

/// Repositories behind a script: requests for paths with `destination` go to the second.
fn served(
    answer: impl Fn(&mut Exchange<'_>, &Repository) -> std::io::Result<()> + Send + Sync + 'static,
) -> (Repository, Repository, Scripted, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let source = Repository::init(folder.path().join("source.git"));
    let destination = Repository::init(folder.path().join("destination.git"));
    source.commit("main", 3);
    let repositories = [source.clone(), destination.clone()];
    let server = Scripted::start(move |exchange| {
        let repository = &repositories[usize::from(exchange.head.target.contains("destination"))];
        answer(exchange, repository)
    });
    (source, destination, server, folder)
}

/// Serves those whose header is this, and tells the others what Git hosts tell them.
fn serve_if(
    exchange: &mut Exchange<'_>,
    repository: &Repository,
    authorization: &str,
) -> std::io::Result<()> {
    if exchange.head.header("authorization") != Some(authorization) {
        exchange.body()?;
        return exchange.answer("401 Unauthorized", &[("WWW-Authenticate", "Basic realm=\"Git\"")], b"");
    }
    exchange.as_git(repository, 2, |_, answer| answer)
}

fn basic(pair: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(pair))
}

#[test]
fn issue_6_a_private_authority_needs_no_verification_turned_off() {
    let nginx = Nginx::start();
    let source = Repository::init(nginx.path("source.git"));
    source.commit("main", 3);
    let destination = Repository::init(nginx.path("destination.git"));
    let url = |repository| nginx.url(Scheme::Https, Protocol::V2, repository);
    let authority = nginx.authority();
    let task = Task::new(&url("source.git"), &url("destination.git"))
        .input("sourceCertificateAuthority", authority.to_str().unwrap());
    let error = task.run().failed();
    assert!(error.contains("destinationCertificateAuthority"), "{error}");
    task.input("destinationCertificateAuthority", authority.to_str().unwrap()).run().succeeded();
    assert_eq!(destination.refs(BRANCHES_AND_TAGS), source.refs(BRANCHES_AND_TAGS));
}

#[test]
fn issue_25_pull_requests_of_the_source_do_not_fail_the_mirror() {
    let pair = Recorded::start(Protocol::V2);
    let tip = pair.source.commit("main", 3);
    pair.source.commit("fix-refs/pull-docs", 1);
    pair.source.set("refs/pull/5/head", &tip);
    let script = "case $1 in refs/pull/*)\n\
                  echo 'The current action can only be performed by the system.' >&2; exit 1;; esac";
    pair.destination.hook("update", script);
    pair.task().run().succeeded();
    assert_eq!(pair.destination.refs(&[]), pair.source.refs(BRANCHES_AND_TAGS));

    let forced = pair.task().input("includeRefs", "refs/heads/*\nrefs/pull/*").run();
    let error = forced.failed();
    assert!(error.contains("refs/pull/5/head") && error.contains("'excludeRefs'"), "{error}");
}

#[test]
fn issue_31_an_empty_input_is_named_and_never_a_success() {
    for name in ["sourceGitRepositoryUri", "destinationGitRepositoryUri"] {
        let pair = Recorded::start(Protocol::V2);
        let outcome = pair.task().input(name, "").run();
        assert!(outcome.failed().contains(&format!("input '{name}' is empty")), "{}", outcome.text);
        assert_eq!(outcome.named("task.complete").len(), 1);
        assert_eq!(pair.requests().len(), 0);
    }
    // An empty token is none, and no word such as 'null'.
    let (_, _, server, _folder) =
        served(|exchange, repository| exchange.as_git(repository, 2, |_, answer| answer));
    Task::new(&server.url("source"), &server.url("destination")).run().succeeded();
    assert!(server.seen().iter().all(|request| request.header("authorization").is_none()));
}

#[test]
fn issue_58_a_private_network_and_a_user_as_token_are_explained() {
    let pair = Recorded::start(Protocol::V2);
    let outcome = Task::new(&pair.source_url(), "https://rd-bitbucket.invalid/scm/prj/app.git")
        .destination_token("bob:t0ken-value")
        .run();
    let error = outcome.failed();
    assert!(error.contains("rd-bitbucket.invalid") && error.contains("private network"), "{error}");
    assert!(!outcome.visible().contains("t0ken-value"), "{}", outcome.visible());
}

#[test]
fn issue_63_a_destination_may_need_no_token() {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 3);
    pair.task().destination_token("").run().succeeded();
    assert_eq!(pair.destination.refs(BRANCHES_AND_TAGS), pair.source.refs(BRANCHES_AND_TAGS));
}

#[test]
fn issue_78_a_token_is_the_password_without_a_prompt() {
    let (source, destination, server, _folder) =
        served(|exchange, repository| serve_if(exchange, repository, &basic("x-access-token:t0ken-value")));
    let task = Task::new(&server.url("source"), &server.url("destination"));
    task.clone().source_token("t0ken-value").destination_token("t0ken-value").run().succeeded();
    assert_eq!(destination.refs(BRANCHES_AND_TAGS), source.refs(BRANCHES_AND_TAGS));
    let error = task.run().failed();
    assert!(error.contains("401") && error.contains("sourceGitRepositoryPersonalAccessToken"), "{error}");
}

#[test]
fn issue_87_a_gitlab_of_ones_own_gets_a_user_and_the_token() {
    let (source, destination, server, _folder) =
        served(|exchange, repository| serve_if(exchange, repository, &basic("bob:glpat-0123")));
    let task = Task::new(&server.url("source"), &server.url("destination"));
    task.source_token("bob:glpat-0123").destination_token("bob:glpat-0123").run().succeeded();
    assert_eq!(destination.refs(BRANCHES_AND_TAGS), source.refs(BRANCHES_AND_TAGS));
    for request in server.seen() {
        assert!(!request.target.contains("glpat"), "{}", request.target);
    }
}

/// As Azure's Clone button gives the URL: `https://org@host/…`.
fn with_organization(url: &str, organization: &str) -> String {
    url.replace("http://", &format!("http://{organization}@"))
}

#[test]
fn issues_105_and_108_an_organization_is_no_host_or_password() {
    for organization in ["saigkill", "mydomain"] {
        let (source, destination, server, _folder) = served(|exchange, repository| {
            if !exchange.head.target.contains("/_git/") {
                return exchange.answer("404 Not Found", &[], b"TF401019: The Git repository does not exist");
            }
            serve_if(exchange, repository, &basic(":p4t-value"))
        });
        let url = |path: &str| with_organization(&server.url(path), organization);
        let task = |source: &str| {
            Task::new(&url(source), &url("org/p/_git/destination"))
                .source_token("p4t-value")
                .destination_token("p4t-value")
        };
        task("org/p/_git/source").run().succeeded();
        assert_eq!(destination.refs(BRANCHES_AND_TAGS), source.refs(BRANCHES_AND_TAGS));
        assert!(!task("org/p/_git/source").run().visible().contains(organization));

        let error = task("org/p/source").run().failed();
        assert!(error.contains("TF401019") && error.contains("'sourceGitRepositoryUri'"), "{error}");
    }
}

#[test]
fn issue_110_a_push_that_breaks_off_is_never_a_success() {
    let (source, destination, server, _folder) = served(|exchange, repository| {
        let large = exchange.head.header("transfer-encoding").is_some();
        if large && exchange.is("POST", "/git-receive-pack") {
            exchange.skip_body(1_000_000)?;
            return Ok(());
        }
        exchange.as_git(repository, 2, |_, answer| answer)
    });
    source.commit_noise("main", 6_000_000);
    let task = Task::new(&server.url("source"), &server.url("destination")).input("maxAttempts", "1");
    let outcome = task.run();
    let error = outcome.failed();
    assert!(error.contains("cannot push") && !outcome.text.contains("up-to-date"), "{error}");
    assert_eq!(destination.refs(&[]).len(), 0);
}

#[test]
fn issue_124_the_default_source_works_with_the_new_url() {
    let (source, destination, server, _folder) = served(|exchange, repository| {
        if exchange.head.target.contains("destination") {
            return exchange.as_git(repository, 2, |_, answer| answer);
        }
        serve_if(exchange, repository, "Bearer eyJ0-job")
    });
    // What the agent makes of $(Build.Repository.Uri), and no token is given.
    let uri = with_organization(&server.url("contoso/project/_git/source"), "contoso");
    Task::new(&uri, &server.url("destination"))
        .variable("ENDPOINT_URL_SYSTEMVSSCONNECTION", &server.url("contoso/"))
        .variable("SECRET_SYSTEM_ACCESSTOKEN", "eyJ0-job")
        .run()
        .succeeded();
    assert_eq!(destination.refs(BRANCHES_AND_TAGS), source.refs(BRANCHES_AND_TAGS));
}

#[test]
fn issue_125_merge_requests_do_not_fail_the_mirror() {
    let pair = Recorded::start(Protocol::V2);
    let tip = pair.source.commit("main", 3);
    pair.source.set("refs/merge-requests/1/head", &tip);
    pair.destination.git(&["config", "receive.hideRefs", "refs/merge-requests"]);
    pair.task().run().succeeded();
    assert_eq!(pair.destination.refs(&[]), pair.source.refs(BRANCHES_AND_TAGS));

    let forced = pair.task().input("includeRefs", "refs/*").run();
    let error = forced.failed();
    assert!(error.contains("refs/merge-requests/1/head") && error.contains("'excludeRefs'"), "{error}");
}

#[test]
fn issue_135_user_and_odd_token_make_no_malformed_url() {
    let token = "a/b@c:d#e?f%";
    let (source, destination, server, _folder) =
        served(move |exchange, repository| serve_if(exchange, repository, &basic(&format!("org:{token}"))));
    let url = |path| with_organization(&server.url(path), "org");
    let outcome = Task::new(&url("source"), &url("destination"))
        .source_token(&format!("org:{token}"))
        .destination_token(&format!("org:{token}"))
        .run();
    outcome.succeeded();
    assert!(!outcome.visible().contains(token), "{}", outcome.visible());
    assert_eq!(destination.refs(BRANCHES_AND_TAGS), source.refs(BRANCHES_AND_TAGS));
}
