//! Servers that behave as hosts do with good, bad, missing and weak credentials, under the hosts' own names.

use std::io;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::support::git::{BRANCHES_AND_TAGS, Repository};
use crate::support::git_server::Protocol;
use crate::support::proxy::Proxy;
use crate::support::recorded::Recorded;
use crate::support::scripted::{Exchange, Scripted, pkt};
use crate::support::task::{Outcome, Task};

/// May read and write.
const GOOD: &str = "g00d+t0ken/with=odd";
/// May read.
const WEAK: &str = "w3ak+t0ken/with=odd";
/// Is valid, but sees no repository.
const BLIND: &str = "bl1nd+t0ken/with=odd";
/// Is not valid, or no more.
const BAD: &str = "b4d+t0ken/with=odd";

/// How a token came.
enum Sent {
    Basic(String),
    Bearer,
}

/// What a host lets somebody do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Nobody,
    Unknown,
    Blind,
    Reader,
    Writer,
}

/// A host: its URL, which ways it takes, and what it answers to those whom it refuses.
struct Host {
    repositories: &'static str,
    takes: fn(&Sent) -> bool,
    refuse: fn(&mut Exchange<'_>, Access) -> io::Result<()>,
}

/// Two repositories at the host, behind a proxy that leads every name to this machine.
struct Pair {
    source: Repository,
    destination: Repository,
    urls: [String; 2],
    proxy: Proxy,
    server: Scripted,
    _folder: tempfile::TempDir,
}

impl Host {
    fn start(self) -> Pair {
        let folder = tempfile::tempdir().unwrap();
        let source = Repository::init(folder.path().join("source.git"));
        let destination = Repository::init(folder.path().join("destination.git"));
        source.commit("main", 3);
        source.set("refs/tags/v1", "refs/heads/main");
        let urls = ["source", "destination"].map(|name| format!("{}{name}", self.repositories));
        let repositories = [source.clone(), destination.clone()];
        let server = Scripted::start(move |exchange| {
            let access = self.access(exchange);
            let writes = exchange.head.target.contains("receive-pack");
            match access {
                Access::Writer => {}
                Access::Reader if !writes => {}
                _ => {
                    exchange.body()?;
                    return (self.refuse)(exchange, access);
                }
            }
            let repository = &repositories[usize::from(exchange.head.target.contains("destination"))];
            exchange.as_git(repository, 2, |_, answer| answer)
        });
        let proxy = Proxy::start(server.address(), None);
        Pair { source, destination, urls, proxy, server, _folder: folder }
    }

    fn access(&self, exchange: &Exchange<'_>) -> Access {
        let Some(header) = exchange.head.header("authorization") else { return Access::Nobody };
        let (token, sent) = match header.split_once(' ').unwrap() {
            ("Bearer", token) => (token.to_owned(), Sent::Bearer),
            (_, encoded) => {
                let plain = String::from_utf8(BASE64_STANDARD.decode(encoded).unwrap()).unwrap();
                let (user, token) = plain.split_once(':').unwrap();
                (token.to_owned(), Sent::Basic(user.to_owned()))
            }
        };
        if !(self.takes)(&sent) {
            return Access::Unknown;
        }
        match token.as_str() {
            GOOD => Access::Writer,
            WEAK => Access::Reader,
            BLIND => Access::Blind,
            _ => Access::Unknown,
        }
    }
}

impl Pair {
    fn run(&self, source: &str, destination: &str) -> Outcome {
        let task = self.task();
        run(&task.source_token(source).destination_token(destination))
    }

    fn task(&self) -> Task {
        Task::new(&self.urls[0], &self.urls[1])
            .variable("HTTP_PROXY", &format!("http://{}", self.proxy.authority()))
            .variable("SYSTEM_DEBUG", "true")
    }

    /// How requests since the first `from` asked for the refs of the source.
    fn sign_ins(&self, from: usize) -> Vec<String> {
        let seen = self.server.seen();
        let asked = seen[from..].iter().filter(|head| head.target.contains("/source/info/refs"));
        asked.map(|head| head.header("authorization").unwrap_or_default().to_owned()).collect()
    }

    fn mirrors_with(&self, source: &str, destination: &str) {
        self.run(source, destination).succeeded();
        assert_eq!(self.destination.refs(BRANCHES_AND_TAGS), self.source.refs(BRANCHES_AND_TAGS));
        self.destination.delete("refs/tags/v1");
    }

    /// Expects parts of the advice for a source and for a destination that does not let this token in.
    fn advises(&self, token: &str, side: &str, parts: &[&str]) {
        let before = self.destination.refs(&[]);
        let outcome = if side == "source" { self.run(token, GOOD) } else { self.run(GOOD, token) };
        let error = outcome.failed();
        for part in parts.iter().chain([&side]) {
            assert!(error.contains(part), "'{part}' is not in: {error}");
        }
        assert_eq!(self.destination.refs(&[]), before);
    }
}

fn run(task: &Task) -> Outcome {
    let outcome = task.run();
    expect_no_token(&outcome);
    outcome
}

/// No token may be seen, plain, escaped or within base64.
#[track_caller]
fn expect_no_token(outcome: &Outcome) {
    let visible = outcome.visible();
    for token in [GOOD, WEAK, BLIND, BAD] {
        let escaped = token.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        for form in [token, &escaped, &escaped.to_lowercase()] {
            assert!(!visible.contains(form), "{visible}");
        }
        for word in visible.split(|c: char| !c.is_ascii_alphanumeric() && !"+/=".contains(c)) {
            let plain = BASE64_STANDARD.decode(word).unwrap_or_default();
            assert!(!String::from_utf8_lossy(&plain).contains(token), "{word} in\n{visible}");
        }
    }
}

fn html(exchange: &mut Exchange<'_>, status: &str, title: &str) -> io::Result<()> {
    let page = format!("<!DOCTYPE html><html><head><title>{title}</title></head><body>{GOOD}</body></html>");
    exchange.answer(status, &[("Content-Type", "text/html; charset=utf-8")], page.as_bytes())
}

fn text(exchange: &mut Exchange<'_>, status: &str, words: &str) -> io::Result<()> {
    exchange.answer(status, &[("Content-Type", "text/plain")], words.as_bytes())
}

fn azure() -> Pair {
    Host {
        repositories: "http://dev.azure.com/contoso/project/_git/",
        takes: |_| true,
        refuse: |exchange, access| match access {
            Access::Nobody => exchange.answer(
                "302 Found",
                &[("Location", "https://spsprodweu1.vssps.visualstudio.com/_signin?realm=dev.azure.com")],
                b"",
            ),
            Access::Unknown => {
                html(exchange, "203 Non-Authoritative Information", "Azure DevOps Services | Sign In")
            }
            Access::Blind => text(
                exchange,
                "404 Not Found",
                "TF401019: The Git repository with name or identifier source does not exist or you do not have \
                 permissions for the operation you are attempting.",
            ),
            Access::Reader | Access::Writer => {
                let words = "ERR TF401027: You need the Git 'GenericContribute' permission to perform this action. \
                             Details: identity 'Build\\1', scope 'repository'.";
                let kind = [("Content-Type", "application/x-git-receive-pack-advertisement")];
                let body = [pkt(b"# service=git-receive-pack\n"), b"0000".to_vec(), pkt(words.as_bytes())];
                exchange.answer("403 Forbidden", &kind, &body.concat())
            }
        },
    }
    .start()
}

#[test]
fn azure_repos() {
    let pair = azure();
    pair.mirrors_with(GOOD, GOOD);
    pair.mirrors_with(&format!("anybody:{WEAK}"), &format!(":{GOOD}"));
    pair.advises(
        "",
        "source",
        &["redirected", "sign-in", "sourceGitRepositoryPersonalAccessToken", "sourceAuthentication"],
    );
    pair.advises(BAD, "source", &["203", "expired", "sourceGitRepositoryPersonalAccessToken"]);
    pair.advises(BAD, "destination", &["203", "destinationGitRepositoryPersonalAccessToken"]);
    pair.advises(BLIND, "source", &["TF401019", "'.git'"]);
    pair.advises(WEAK, "destination", &["TF401027", "'Contribute'"]);
}

/// A repository with "limited refs" shows a part of them at its ordinary address.
#[test]
fn azure_repos_is_read_where_it_lists_all_refs() {
    let pair = azure();
    pair.mirrors_with(GOOD, GOOD);
    let targets: Vec<_> = pair.server.seen().into_iter().map(|head| head.target).collect();
    let (of_source, of_destination): (Vec<_>, Vec<_>) =
        targets.iter().partition(|target| target.contains("source"));
    assert!(!of_source.is_empty() && !of_destination.is_empty(), "{targets:?}");
    assert!(of_source.iter().all(|target| target.contains("/_git/_full/source/")), "{targets:?}");
    assert!(of_destination.iter().all(|target| !target.contains("_full")), "{targets:?}");
}

#[test]
fn azure_repos_with_a_token_that_is_only_taken_as_bearer() {
    let pair = Host { takes: |sent| matches!(sent, Sent::Bearer), ..azure_host() }.start();
    pair.mirrors_with(GOOD, GOOD);
    pair.advises(BAD, "source", &["203", "expired"]);
}

fn azure_host() -> Host {
    Host {
        repositories: "http://contoso.visualstudio.com/DefaultCollection/My%20Project/_git/",
        takes: |_| true,
        refuse: |exchange, _| {
            html(exchange, "203 Non-Authoritative Information", "Azure DevOps Services | Sign In")
        },
    }
}

#[test]
fn github() {
    let pair = Host {
        repositories: "http://github.com/contoso/",
        takes: |sent| matches!(sent, Sent::Basic(_)),
        refuse: |exchange, access| match access {
            Access::Nobody => text(exchange, "401 Unauthorized", "Repository not found."),
            Access::Unknown => text(
                exchange,
                "401 Unauthorized",
                "Invalid username or token. Password authentication is not supported for Git operations.",
            ),
            Access::Blind => text(exchange, "404 Not Found", "Repository not found."),
            Access::Reader | Access::Writer => {
                text(exchange, "403 Forbidden", "Write access to repository not granted.")
            }
        },
    }
    .start();
    pair.mirrors_with(WEAK, GOOD);
    pair.mirrors_with(&format!("bob:{GOOD}"), &format!("bob:{GOOD}"));
    pair.advises("", "source", &["401", "sourceGitRepositoryPersonalAccessToken"]);
    pair.advises(BAD, "destination", &["Invalid username or token", "no passwords"]);
    pair.advises(BLIND, "destination", &["Repository not found", "single sign-on"]);
    pair.advises(WEAK, "destination", &["Write access", "Contents: Read and write"]);
}

#[test]
fn gitlab() {
    let pair = Host {
        repositories: "http://gitlab.com/contoso/team/",
        takes: |sent| matches!(sent, Sent::Basic(user) if !user.is_empty()),
        refuse: |exchange, access| match access {
            Access::Nobody | Access::Unknown => text(
                exchange,
                "401 Unauthorized",
                "HTTP Basic: Access denied. If a password was provided for Git authentication, the password was \
                 incorrect or you're required to use a token instead of a password.",
            ),
            Access::Blind => text(
                exchange,
                "404 Not Found",
                "The project you were looking for could not be found or you don't have permission to view it.",
            ),
            Access::Reader | Access::Writer => {
                text(exchange, "403 Forbidden", "You are not allowed to push code to this project.")
            }
        },
    }
    .start();
    pair.mirrors_with(GOOD, GOOD);
    pair.mirrors_with(&format!("gitlab+deploy-token-7:{WEAK}"), &format!("bob:{GOOD}"));
    pair.advises("", "source", &["Access denied", "user:token"]);
    pair.advises(BAD, "destination", &["Access denied", "write_repository"]);
    pair.advises(BLIND, "source", &["no such project", "'sourceGitRepositoryUri'"]);
    pair.advises(WEAK, "destination", &["403", "not allowed to push", "write to"]);
}

fn bitbucket(takes: fn(&Sent) -> bool) -> Pair {
    Host {
        repositories: "http://stash.example.org:7990/scm/prj/",
        takes,
        refuse: |exchange, access| match access {
            Access::Nobody | Access::Unknown => html(exchange, "401 Unauthorized", "Log in - Bitbucket"),
            Access::Blind => text(
                exchange,
                "404 Not Found",
                "Repository not found\nThe requested repository does not exist, or you do not have permission to \
                 access it.",
            ),
            Access::Reader | Access::Writer => text(exchange, "403 Forbidden", "Repository access denied."),
        },
    }
    .start()
}

#[test]
fn bitbucket_data_center_with_tokens_of_a_project() {
    let pair = bitbucket(|sent| matches!(sent, Sent::Bearer));
    pair.mirrors_with(GOOD, GOOD);
    pair.mirrors_with(&format!("bob:{WEAK}"), &format!("x-token-auth:{GOOD}"));
    pair.advises("", "source", &["401", "sourceGitRepositoryPersonalAccessToken"]);
    pair.advises(BAD, "destination", &["401", "Log in", "Renew"]);
    pair.advises(BLIND, "source", &["Repository not found"]);
    pair.advises(WEAK, "destination", &["403", "write to this repository"]);
}

#[test]
fn bitbucket_data_center_with_the_token_of_a_user() {
    let pair = bitbucket(|sent| matches!(sent, Sent::Basic(user) if user == "bob"));
    pair.mirrors_with(&format!("bob:{GOOD}"), &format!("bob:{GOOD}"));
    pair.advises(&format!("eve:{GOOD}"), "destination", &["401", "'user:token'"]);
}

#[test]
fn cloud_source_repositories() {
    let pair = Host {
        repositories: "http://source.developers.google.com/p/contoso/r/",
        takes: |sent| match sent {
            Sent::Basic(user) => user == "git-user.example.org",
            Sent::Bearer => true,
        },
        refuse: |exchange, access| match access {
            Access::Nobody | Access::Unknown => {
                text(exchange, "401 Unauthorized", "Invalid authentication credentials.")
            }
            Access::Blind | Access::Reader | Access::Writer => {
                let service = exchange.advertised_service().unwrap_or("git-receive-pack").to_owned();
                let announced = format!("# service={service}\n");
                let body = [pkt(announced.as_bytes()), b"0000".to_vec(), pkt(b"ERR Forbidden")].concat();
                let kind = format!("application/x-{service}-advertisement");
                exchange.answer("200 OK", &[("Content-Type", &kind)], &body)
            }
        },
    }
    .start();
    let escaped = GOOD.replace('+', "%2B").replace('/', "%2F");
    pair.mirrors_with(&format!("git-user.example.org:{escaped}"), &format!("git-user.example.org:{GOOD}"));
    pair.mirrors_with(GOOD, GOOD);
    pair.advises("", "source", &["Invalid authentication credentials", "new token"]);
    pair.advises(BAD, "source", &["Invalid authentication credentials", "new token"]);
    pair.advises(BLIND, "source", &["Forbidden"]);
    pair.advises(WEAK, "destination", &["Forbidden", "owner of"]);
}

/// A GitLab under a name of its own, and a token that goes with one user only.
fn own_gitlab() -> Pair {
    Host {
        repositories: "http://code.example.org/contoso/team/",
        takes: |sent| matches!(sent, Sent::Basic(user) if user == "oauth2"),
        refuse: |exchange, _| {
            let fields = [("Content-Type", "text/plain"), ("X-Gitlab-Meta", r#"{"version":"1"}"#)];
            exchange.answer("401 Unauthorized", &fields, b"HTTP Basic: Access denied.")
        },
    }
    .start()
}

fn basic(user: &str, token: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{token}")))
}

#[test]
fn a_server_that_names_its_kind_gets_its_sign_in_scheme() {
    let pair = own_gitlab();
    pair.mirrors_with(GOOD, GOOD);
    assert_eq!(pair.sign_ins(0), [basic("x-access-token", GOOD), basic("oauth2", GOOD)]);

    let before = pair.server.seen().len();
    pair.advises(BAD, "source", &["401", "Access denied"]);
    let all = [basic("x-access-token", BAD), basic("oauth2", BAD), format!("Bearer {BAD}")];
    assert_eq!(pair.sign_ins(before), all);
}

#[test]
fn the_input_for_the_kind_of_host_overrules_the_server() {
    let pair = own_gitlab();
    let task = pair.task().source_token(GOOD).destination_token(GOOD);
    run(&task.clone().input("sourceHostKind", "gitlab")).succeeded();
    assert_eq!(pair.sign_ins(0), [basic("oauth2", GOOD)]);

    let before = pair.server.seen().len();
    run(&task.input("sourceHostKind", "azureServer")).failed();
    assert_eq!(pair.sign_ins(before), [basic("", GOOD), format!("Bearer {GOOD}")]);
}

#[test]
fn a_server_that_names_its_kind_is_spared_what_that_refuses() {
    let id = "1234567890123456789012345678901234567890";
    for (header, refused) in [("X-GitHub-Request-Id", 1), ("X-Gitlab-Meta", 1), ("X-Request-Id", 0)] {
        let pair = Recorded::start(Protocol::V2);
        pair.source.commit("main", 2);
        pair.source.set(&format!("refs/tags/{id}"), "refs/heads/main");
        let repository = pair.destination.clone();
        let destination = Scripted::start(move |exchange| {
            exchange.fields = vec![(header, "1")];
            exchange.as_git(&repository, 2, |_, answer| answer)
        });
        let task = Task::new(&pair.source_url(), &destination.url("destination"));
        let outcome = task.clone().input("rejectedRefs", "warn").run();
        assert_eq!(outcome.counts(), [2 - refused, 0, 0, refused, 0], "{header}\n{}", outcome.text);
        assert_eq!(pair.destination.refs(&[]).len() as u64, 2 - refused, "{header}");

        pair.destination.delete("refs/heads/main");
        let told = task.input("destinationHostKind", "other").run();
        assert_eq!(told.succeeded().counts()[3], 0, "an input counts more than {header}");
    }
}
