//! Servers that take a token as the user's name and in no other form, as Gogs does.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::support::cloud::Cloud;
use crate::support::git::{BRANCHES_AND_TAGS, Repository};
use crate::support::http::Head;
use crate::support::proxy::Proxy;
use crate::support::scripted::{Exchange, Scripted};
use crate::support::task::{Outcome, Task};

const TOKEN: &str = "t0ken+of/gogs=";

/// Two repositories, `source` and `destination`.
struct Repositories {
    source: Repository,
    destination: Repository,
    _folder: tempfile::TempDir,
}

impl Repositories {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [source, destination] =
            ["source.git", "destination.git"].map(|name| Repository::init(folder.path().join(name)));
        source.commit("main", 3);
        Self { source, destination, _folder: folder }
    }

    /// Returns a server of them that refuses everybody else so.
    fn served(
        &self,
        status: &'static str,
        fields: &'static [(&'static str, &'static str)],
    ) -> impl Fn(&mut Exchange<'_>) -> std::io::Result<()> + Send + Sync + 'static {
        let repositories = [self.source.clone(), self.destination.clone()];
        move |exchange| {
            if exchange.head.header("authorization") == Some(&as_user()) {
                let repository = &repositories[usize::from(exchange.head.target.contains("destination"))];
                return exchange.as_git(repository, 2, |_, answer| answer);
            }
            exchange.body()?;
            exchange.answer(status, fields, b"")
        }
    }

    fn are_equal(&self) -> bool {
        self.destination.refs(BRANCHES_AND_TAGS) == self.source.refs(BRANCHES_AND_TAGS)
    }
}

fn basic(user_and_password: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(user_and_password))
}

fn as_user() -> String {
    basic(&format!("{TOKEN}:"))
}

/// Mirrors below this address, where all that is known of the host is its name.
fn task(address: &str) -> Task {
    Task::new(&format!("{address}/source"), &format!("{address}/destination"))
        .source_token(TOKEN)
        .destination_token(TOKEN)
        .variable("SYSTEM_DEBUG", "true")
}

/// The forms in which the refs of the source were asked for.
fn forms(seen: &[Head]) -> Vec<String> {
    let asked = seen.iter().filter(|head| head.target.contains("/source/info/refs"));
    asked.map(|head| head.header("authorization").unwrap_or_default().to_owned()).collect()
}

/// Runs it, and expects the token to be seen in no form.
fn run(task: &Task) -> Outcome {
    let outcome = task.run();
    let shown = outcome.visible() + &outcome.page;
    for form in [TOKEN, "t0ken%2Bof%2Fgogs%3D", as_user().trim_start_matches("Basic ").trim_end_matches('=')]
    {
        assert!(!shown.contains(form), "{form} in {shown}");
    }
    outcome
}

#[test]
fn a_token_goes_as_the_user_last_of_all_forms_over_https() {
    for (fields, others) in [
        (
            &[][..],
            vec![
                basic(&format!("x-access-token:{TOKEN}")),
                format!("Bearer {TOKEN}"),
                basic(&format!("oauth2:{TOKEN}")),
            ],
        ),
        (
            &[("WWW-Authenticate", "Basic realm=\".\"")],
            vec![basic(&format!("x-access-token:{TOKEN}")), basic(&format!("oauth2:{TOKEN}"))],
        ),
    ] {
        let repositories = Repositories::new();
        let cloud = Cloud::start(repositories.served("401 Unauthorized", fields));
        run(&cloud.reached_by(task("https://git.example.org"))).succeeded();
        assert!(repositories.are_equal());
        assert_eq!(forms(&cloud.seen()), [others, vec![as_user()]].concat());
    }
}

#[test]
fn a_token_goes_as_the_user_to_this_machine_over_http() {
    let repositories = Repositories::new();
    let server = Scripted::start(repositories.served("401 Unauthorized", &[]));
    run(&task(server.url("").trim_end_matches('/'))).succeeded();
    assert!(repositories.are_equal());
    assert_eq!(forms(&server.seen()).len(), 4);
}

#[test]
fn no_token_goes_as_the_user_over_http_to_another_machine() {
    let repositories = Repositories::new();
    let server = Scripted::start(repositories.served("401 Unauthorized", &[]));
    let proxy = Proxy::start(server.address(), None);
    let address = format!("http://{}", proxy.authority());
    let error = run(&task("http://git.example.org").variable("HTTP_PROXY", &address)).failed();
    assert!(error.contains("401 Unauthorized"), "{error}");
    let seen = server.seen();
    assert_eq!(forms(&seen).len(), 3);
    assert!(seen.iter().all(|head| head.header("authorization") != Some(&as_user())));
}

#[test]
fn no_token_goes_as_the_user_to_a_host_of_a_kind_or_after_403() {
    let cases: [(_, &[_], _); 3] = [
        ("401 Unauthorized", &[("X-Gitlab-Meta", "1")], "auto"),
        // At most kinds of hosts such an address is that of an owner, whose repositories would be listed.
        ("401 Unauthorized", &[], "gerrit"),
        ("403 Forbidden", &[], "auto"),
    ];
    for (status, fields, kind) in cases {
        let repositories = Repositories::new();
        let cloud = Cloud::start(repositories.served(status, fields));
        let task =
            task("https://git.example.org").input("sourceHostKind", kind).input("destinationHostKind", kind);
        run(&cloud.reached_by(task)).failed();
        let seen = cloud.seen();
        assert!(!forms(&seen).is_empty());
        assert!(
            seen.iter().all(|head| head.header("authorization") != Some(&as_user())),
            "{status} {fields:?}"
        );
    }
}
