//! The servers of the tests, tried with git itself: what git can do with them they do right.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::git::{BRANCHES_AND_TAGS, Repository, git, output};
use crate::support::git_server::{Config, GitServer, Protocol, Request};
use crate::support::history::Recipe;
use crate::support::http::Framing;
use crate::support::metered::{Filter, Limit, Meter, Metered, SourceKind, Traffic};
use crate::support::nginx::{Nginx, PASSWORD, Scheme, USER};
use crate::support::scripted::Scripted;

/// A repository that takes more than one megabyte, so that git pushes it in chunks.
fn large(path: std::path::PathBuf) -> Repository {
    let repository = Repository::init(path);
    repository.commit("main", 50);
    repository.commit_noise("main", 8_000_000);
    repository.repack();
    repository
}

/// Clones with git from one address and pushes to another.
fn clone_and_push(from: &str, to: &str, folder: &std::path::Path, options: &[&str]) {
    let clone = folder.join("clone");
    output(git().args(options).args(["clone", "-q", "--mirror", from]).arg(&clone), b"");
    output(git().args(options).arg("-C").arg(&clone).args(["push", "-q", "--mirror", to]), b"");
}

#[test]
fn nginx_serves_git_in_both_protocols_and_both_schemes() {
    for scheme in [Scheme::Http, Scheme::Https] {
        for protocol in [Protocol::V0, Protocol::V2] {
            let (nginx, folder) = (Nginx::start(), tempfile::tempdir().unwrap());
            let source = large(nginx.path("source.git"));
            let destination = Repository::init(nginx.path("destination.git"));
            let authority = format!("http.sslCAInfo={}", nginx.authority().display());
            clone_and_push(
                &nginx.url(scheme, protocol, "source.git"),
                &nginx.url(scheme, protocol, "destination.git"),
                folder.path(),
                &["-c", &authority],
            );
            assert_eq!(destination.refs(BRANCHES_AND_TAGS), source.refs(BRANCHES_AND_TAGS));
        }
    }
}

#[test]
fn nginx_answers_with_the_protocol_that_its_location_says() {
    let nginx = Nginx::start();
    Repository::init(nginx.path("source.git")).commit("main", 1);
    for (protocol, answer) in [(Protocol::V0, false), (Protocol::V2, true)] {
        let url = nginx.url(Scheme::Http, protocol, "source.git");
        let mut listing = git();
        let trace = tempfile::NamedTempFile::new().unwrap();
        listing.env("GIT_TRACE_PACKET", trace.path()).args(["-c", "protocol.version=2", "ls-remote", &url]);
        output(&mut listing, b"");
        let trace = std::fs::read_to_string(trace.path()).unwrap();
        assert_eq!(trace.contains("< version 2"), answer, "{trace}");
    }
}

#[test]
fn nginx_asks_for_a_password_where_it_should() {
    let nginx = Nginx::start();
    Repository::init(nginx.path("source.git")).commit("main", 1);
    let url = nginx.url_with_sign_in(Scheme::Http, "source.git");
    assert!(!git().args(["ls-remote", "-q", &url]).output().unwrap().status.success());
    let header = format!("http.extraHeader=Authorization: Basic {}", basic(USER, PASSWORD));
    output(git().args(["-c", &header, "ls-remote", "-q", &url]), b"");
}

const HISTORY: Recipe = Recipe { commits: 60, size: 8_000_000, tagged: 10, branched: 20 };

#[test]
fn a_generated_history_is_whole_has_what_it_is_asked_for_and_is_always_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let made = ["one.git", "two.git"].map(|name| {
        let repository = Repository::init(folder.path().join(name));
        HISTORY.make(&repository);
        repository.fsck();
        repository
    });
    assert_eq!(made[0].refs(&[]), made[1].refs(&[]));
    let count = |arguments: &[&str]| made[0].git(arguments).lines().count();
    assert!((60..70).contains(&count(&["rev-list", "--all"])));
    assert!((4..7).contains(&count(&["rev-list", "--merges", "main"])));
    assert_eq!([count(&["branch"]), count(&["tag"])], [3, 4]);
    let packs = std::fs::read_dir(made[0].path.join("objects/pack")).unwrap();
    let size: u64 = packs.map(|pack| pack.unwrap().metadata().unwrap().len()).sum();
    assert!((6_000_000..12_000_000).contains(&size), "{size}");
}

/// Returns what git pushes of a large repository to a server with this limit.
fn push_metered(limit: Limit) -> Traffic {
    let mut metered = Metered::new(
        SourceKind { protocol: Protocol::V2, filter: Filter::Allowed },
        limit,
        Meter::BytesAndCpu,
    );
    HISTORY.make(&metered.pair.source);
    metered.traffic();
    let url = metered.pair.nginx.url(Scheme::Http, Protocol::V2, "destination.git");
    let pushed = git()
        .arg("-C")
        .arg(&metered.pair.source.path)
        .args(["push", "-q", "--mirror", &url])
        .output()
        .unwrap();
    assert_eq!(pushed.status.success(), limit == Limit::None, "{pushed:?}");
    let traffic = metered.traffic();
    assert!(metered.traffic().requests.is_empty());
    traffic
}

#[test]
fn a_metered_server_weighs_what_lands() {
    let traffic = push_metered(Limit::None);
    assert!(traffic.landed > 6_000_000 && traffic.in_vain() < 100_000, "{traffic:?}");
    let push = traffic.pushes().last().unwrap();
    assert_eq!(push.status, 200);
    assert!(push.cpu > Duration::from_millis(10), "{push:?}");
}

#[test]
fn a_metered_server_takes_no_larger_push_than_it_is_told_and_weighs_what_came_in_vain() {
    for (limit, status) in [(Limit::OfNginx(4 << 20), 413), (Limit::OfGit(4 << 20), 502)] {
        let traffic = push_metered(limit);
        assert_eq!(traffic.landed, 0);
        let push = traffic.pushes().last().unwrap();
        assert_eq!(push.status, status, "{traffic:?}");
        assert!((3 << 20..8 << 20).contains(&push.received), "{traffic:?}");
    }
}

#[test]
fn the_small_server_serves_git_and_records_each_request() {
    for protocol in [Protocol::V0, Protocol::V2] {
        let folder = tempfile::tempdir().unwrap();
        let source = large(folder.path().join("source.git"));
        let destination = Repository::init(folder.path().join("destination.git"));
        let (record, requests) = recorder();
        let token = Some("s3cret".to_owned());
        let server =
            GitServer::start(Config { root: folder.path().to_owned(), protocol, token }, record).unwrap();
        let header = format!("http.extraHeader=Authorization: Basic {}", basic("any", "s3cret"));
        let (from, to) = (server.url("source.git"), server.url("destination.git"));
        clone_and_push(&from, &to, folder.path(), &["-c", &header]);
        assert_eq!(destination.refs(BRANCHES_AND_TAGS), source.refs(BRANCHES_AND_TAGS));

        let requests = requests.lock().unwrap().clone();
        let push = requests.last().unwrap();
        assert_eq!((push.head.method.as_str(), push.framing, push.status), ("POST", Framing::Chunked, 200));
        assert!(push.length > 1_000_000, "{}", push.length);
        let commands = [destination.refs(&[])["refs/heads/main"].as_bytes(), b" refs/heads/main"].concat();
        assert!(push.body.windows(commands.len()).any(|part| part == commands));
        assert!(!git().args(["ls-remote", "-q", &from]).output().unwrap().status.success());
    }
}

#[test]
fn a_script_can_answer_as_git_does() {
    for newest in [0, 2] {
        let folder = tempfile::tempdir().unwrap();
        let source = large(folder.path().join("source.git"));
        let destination = Repository::init(folder.path().join("destination.git"));
        let repositories = [source.clone(), destination.clone()];
        let server = Scripted::start(move |exchange| {
            let repository = &repositories[usize::from(exchange.head.target.starts_with("/destination"))];
            exchange.as_git(repository, newest, |_, answer| answer)
        });
        clone_and_push(&server.url("source"), &server.url("destination"), folder.path(), &[]);
        assert_eq!(destination.refs(BRANCHES_AND_TAGS), source.refs(BRANCHES_AND_TAGS));
        assert!(server.seen().len() >= 4);
    }
}

fn recorder() -> (impl Fn(&Request) + Send + Sync + 'static, Arc<Mutex<Vec<Request>>>) {
    let requests = Arc::<Mutex<Vec<Request>>>::default();
    let seen = Arc::clone(&requests);
    (move |request: &Request| seen.lock().unwrap().push(request.clone()), requests)
}

fn basic(user: &str, password: &str) -> String {
    use base64::Engine as _;
    base64::prelude::BASE64_STANDARD.encode(format!("{user}:{password}"))
}
