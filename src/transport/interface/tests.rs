//! Interfaces of hosts on loopback, each played by a script.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use std::time::Duration;

use super::*;
use crate::auth::credentials::Credentials;
use crate::auth::identity::Identity;
use crate::auth::testing::{Minting, Told};
use crate::auth::token_cache::TokenCache;
use crate::cancel::{CancelReason, CancelToken};
use crate::clock::Stopwatch;
use crate::error::{ContainerProblem, CreateProblem, ErrorKind, Failure};
use crate::hosts;
use crate::hosts::Host;
use crate::hosts::account::Account;
use crate::hosts::address::{Address, Container};
use crate::hosts::bounds::Bounds;
use crate::hosts::listing::{Visibility, Wikis};
use crate::hosts::management::{NewRepository, RepositoryPlace};
use crate::http::network::{CertificateVerification, Network};
use crate::http::pauses::{Part, Pauses};
use crate::http::timeouts::Timeouts;
use crate::mirror::testing::silent;
use crate::protocol::object_id::ObjectFormat;
use crate::protocol::ref_name::RefName;
use crate::remote::url::RemoteUrl;
use crate::remote::web_url::WebUrl;
use crate::transport::Context;
use crate::transport::endpoint::Endpoint;
use crate::transport::ssh_program::{ChildEnvironment, SshProgram};

/// A request that came.
#[derive(Clone, Debug)]
struct Request {
    method: String,
    target: String,
    authorization: Option<String>,
    body: String,
}

/// An answer to be sent.
struct Answer {
    status: &'static str,
    fields: Vec<(&'static str, String)>,
    body: String,
    /// The number of bytes that it announces and does not bring.
    missing: usize,
}

/// A server that plays a script, which is given each request and the number of those before it. It ends with the process:
/// who waits for a connection cannot be told.
struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Request>>>,
}

fn answer(status: &'static str, body: impl Into<String>) -> Answer {
    Answer { status, fields: Vec::new(), body: body.into(), missing: 0 }
}

impl Answer {
    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.fields.push((name, value.into()));
        self
    }
}

impl Server {
    fn start(script: impl Fn(&Request, usize) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::<Mutex<Vec<Request>>>::default();
        let shared = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let Some(request) = Request::read(&stream) else { continue };
                let before = {
                    let mut seen = shared.lock().unwrap();
                    seen.push(request.clone());
                    seen.len() - 1
                };
                // The client may be gone before it has taken all.
                script(&request, before).send(&stream).ok();
            }
        });
        Self { address, seen }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// Returns the requests so far, each as its method and its target.
    fn asked(&self) -> Vec<String> {
        let line = |request: &Request| format!("{} {}", request.method, request.target);
        self.seen.lock().unwrap().iter().map(line).collect()
    }

    fn authorizations(&self) -> Vec<Option<String>> {
        self.seen.lock().unwrap().iter().map(|request| request.authorization.clone()).collect()
    }
}

impl Request {
    fn read(stream: &TcpStream) -> Option<Self> {
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).ok()? == 0 {
                return None;
            }
        }
        let mut words = head.split(' ').map(str::to_owned);
        let (method, target) = (words.next()?, words.next()?);
        let field = |name: &str| {
            head.lines()
                .filter_map(|line| line.split_once(": "))
                .find_map(|(field, value)| field.eq_ignore_ascii_case(name).then(|| value.to_owned()))
        };
        let length = field("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let body = String::from_utf8(body).ok()?;
        Some(Self { method, target, authorization: field("authorization"), body })
    }
}

impl Answer {
    fn send(&self, mut stream: &TcpStream) -> std::io::Result<()> {
        let fields = self.fields.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
        let fields = fields.collect::<Vec<_>>().concat();
        let length = self.body.len() + self.missing;
        let status = self.status;
        let head =
            format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n{fields}\r\n");
        stream.write_all(&[head.as_bytes(), self.body.as_bytes()].concat())
    }
}

/// The things of a run.
fn context() -> Context {
    let moment = Duration::from_secs(20);
    Context {
        ssh: SshProgram::Program("ssh".into()),
        environment: ChildEnvironment::new(Vec::new()),
        events: silent(),
        masker: Arc::new(Told::default()),
        timeouts: Timeouts { connect: moment, stall: moment, report: moment },
        cancel: CancelToken::default(),
        pauses: Pauses::default(),
        known_servers: crate::transport::known_servers::KnownServers::default(),
        idle_clients: crate::http::idle_clients::IdleClients::default(),
    }
}

fn tokens(given: &str) -> TokenCache {
    TokenCache::of_static(Credentials::parse(given).unwrap(), Identity::Token)
}

/// Returns an interface of such a host, and the container at the URL.
fn interface_with(
    url: &str,
    host: Host,
    tokens: Option<TokenCache>,
    context: &Context,
) -> (HostInterface, Container) {
    let (url, _) = RemoteUrl::parse(url).unwrap();
    let container = match hosts::address(&url, Some(host)) {
        Address::Container(container) | Address::AskHost(container) => container,
        other => panic!("{other:?}"),
    };
    let endpoint = Endpoint {
        url,
        host_override: Some(host),
        tokens,
        bounds: Bounds::Server,
        verification: CertificateVerification::On,
        network: Network::default(),
    };
    (HostInterface::new(&endpoint, &container, context).unwrap(), container)
}

/// Lists a container of a host with a token.
fn listed(url: &str, host: Host) -> Result<HostList, Failure> {
    let (mut interface, container) = interface_with(url, host, Some(tokens("hunter22")), &context());
    interface.list(&container, Wikis::LeftOut)
}

fn names(list: &HostList) -> Vec<&str> {
    list.list.repositories.iter().map(|one| &*one.name).collect()
}

/// Returns a repository as GitHub and Gitea tell it.
fn of_owner(id: usize, name: &str) -> String {
    format!(
        r#"{{"id":{id},"name":"{name}","owner":{{"login":"o"}},"private":true,"clone_url":"https://evil.example/o/{name}","url":"https://evil.example/api"}}"#
    )
}

fn list_of(repositories: &[String]) -> String {
    format!("[{}]", repositories.join(","))
}

/// Returns a repository as GitLab tells it.
fn project(id: usize, path: &str) -> String {
    format!(r#"{{"id":{id},"path_with_namespace":"{path}","visibility":"private"}}"#)
}

const USER: &str = "/api/v3/user";

/// Answers for GitHub: the account, and one page of a list.
fn github(account: &'static str) -> impl Fn(&Request, usize) -> Answer + Send + Sync + 'static {
    move |request, _| match &*request.target {
        USER => answer("200 OK", format!(r#"{{"login":"{account}"}}"#)),
        _ => answer("200 OK", list_of(&[of_owner(1, "a")])),
    }
}

#[test]
fn an_owner_at_github_is_asked_for_by_what_it_is() {
    let own = Server::start(github("O"));
    let list = listed(&own.url("o"), Host::GitHub).unwrap();
    assert_eq!((names(&list), list.account.clone()), (vec!["a"], Some(Account::Named("O".to_owned()))));
    assert_eq!(own.asked().len(), 2);
    assert!(own.asked()[1].starts_with("GET /api/v3/user/repos?"), "{:?}", own.asked());

    let organization = Server::start(github("alice"));
    listed(&organization.url("o"), Host::GitHub).unwrap();
    assert!(organization.asked()[1].starts_with("GET /api/v3/orgs/o/repos?"), "{:?}", organization.asked());

    let user = Server::start(|request, before| match &*request.target {
        target if target.starts_with("/api/v3/orgs/") => {
            answer("404 Not Found", r#"{"message":"Not Found"}"#)
        }
        _ => github("alice")(request, before),
    });
    listed(&user.url("o"), Host::GitHub).unwrap();
    assert!(user.asked()[2].starts_with("GET /api/v3/users/o/repos?"), "{:?}", user.asked());
}

#[test]
fn an_account_that_is_not_told_fails_no_list_but_that_of_a_user() {
    let without_account = |organization: &'static str| {
        Server::start(move |request, before| match &*request.target {
            USER => answer("400 Bad Request", r#"{"message":"not today"}"#),
            target if target.starts_with("/api/v3/orgs/") => {
                answer(organization, list_of(&[of_owner(1, "a")]))
            }
            _ => github("o")(request, before),
        })
    };
    let list = listed(&without_account("200 OK").url("o"), Host::GitHub).unwrap();
    assert_eq!((names(&list), list.account.clone()), (vec!["a"], None));
    let failure = listed(&without_account("404 Not Found").url("o"), Host::GitHub).unwrap_err();
    assert_eq!((failure.kind, failure.remote.as_deref()), (ErrorKind::Status(400), Some("not today")));
}

#[test]
fn an_app_of_github_is_no_account_and_lists_an_organization() {
    let server = Server::start(|request, before| match &*request.target {
        USER => answer("403 Forbidden", r#"{"message":"Resource not accessible by integration"}"#),
        _ => github("o")(request, before),
    });
    let list = listed(&server.url("o"), Host::GitHub).unwrap();
    assert_eq!((names(&list), list.account.clone()), (vec!["a"], Some(Account::AppInstallation)));
}

#[test]
fn nobody_is_asked_for_who_signs_in_with_nothing() {
    let server = Server::start(github("o"));
    let (mut interface, container) = interface_with(&server.url("o"), Host::GitHub, None, &context());
    assert_eq!(interface.list(&container, Wikis::LeftOut).unwrap().account, None);
    assert_eq!(server.authorizations(), [None]);
}

#[test]
fn a_group_or_else_a_user_is_asked_for_at_gitlab_and_gitea() {
    let elsewhere = |request: &Request, _| match &*request.target {
        target if target.starts_with("/api/v4/groups/") || target.starts_with("/api/v1/orgs/") => {
            answer("404 Not Found", r#"{"message":"404 Group Not Found"}"#)
        }
        target if target.starts_with("/api/v4/users/") => answer("200 OK", list_of(&[project(1, "o/a")])),
        target if target.starts_with("/api/v1/users/") => answer("200 OK", list_of(&[of_owner(1, "a")])),
        _ => answer("401 Unauthorized", ""),
    };
    for host in [Host::GitLab, Host::Gitea] {
        let server = Server::start(elsewhere);
        assert_eq!(names(&listed(&server.url("o"), host).unwrap()), ["a"], "{host:?}");
    }
}

#[test]
fn what_is_nowhere_is_told_in_words() {
    for (host, path) in [(Host::GitHub, "o"), (Host::GitLab, "g/s"), (Host::AzureDevOpsServer, "tfs/Main/p")]
    {
        let server = Server::start(|_, _| answer("404 Not Found", r#"{"message":"nothing here"}"#));
        let failure = listed(&server.url(path), host).unwrap_err();
        assert_eq!((failure.kind, failure.remote.as_deref()), (ErrorKind::NotFound, Some("nothing here")));
        assert!(failure.message.contains("or none that is shown to whoever signed in"), "{failure}");
    }
}

#[test]
fn all_pages_are_read_and_no_url_of_an_answer_is_followed() {
    let server = Server::start(|request, _| {
        let page = request.target.rsplit_once("page=").map_or(0, |(_, page)| page.parse().unwrap());
        let projects: Vec<_> =
            (0..100).map(|at| project(page * 100 + at, &format!("g/r{page}-{at}"))).collect();
        let count = if page < 3 { 100 } else { 7 };
        let answer = answer("200 OK", list_of(&projects[..count]));
        let next = format!("<https://evil.example/api/v4/groups/g/projects?page={}>; rel=\"next\"", page + 1);
        if page < 3 { answer.with("Link", next) } else { answer }
    });
    let (mut interface, container) = interface_with(&server.url("g"), Host::GitLab, None, &context());
    let list = interface.list(&container, Wikis::LeftOut).unwrap();
    assert_eq!(list.list.repositories.len(), 207);
    assert_eq!(server.asked().len(), 3);
}

#[test]
fn a_page_that_fails_for_a_moment_is_asked_for_again() {
    let server = Server::start(|request, before| {
        let second = request.target.ends_with("page=2");
        match before {
            1 => answer("502 Bad Gateway", ""),
            2 => answer("429 Too Many Requests", "").with("Retry-After", "1"),
            // The answer breaks off.
            3 => Answer { missing: 900, ..answer("200 OK", "[") },
            _ if second => answer("200 OK", list_of(&[project(2, "g/b")])).with("X-Next-Page", ""),
            _ => answer("200 OK", list_of(&[project(1, "g/a")])).with("X-Next-Page", "2"),
        }
    });
    let (mut interface, container) = interface_with(&server.url("g"), Host::GitLab, None, &context());
    let list = interface.list(&container, Wikis::LeftOut);
    assert_eq!(names(&list.unwrap()), ["a", "b"], "{:?}", server.asked());
    let pages: Vec<_> = server.asked().iter().map(|line| line.ends_with("page=2")).collect();
    assert_eq!(pages, [false, true, true, true, true]);
}

#[test]
fn a_page_that_cannot_be_had_fails_the_whole_list() {
    for (status, kind) in [
        ("400 Bad Request", ErrorKind::Status(400)),
        ("404 Not Found", ErrorKind::NotFound),
        ("403 Forbidden", ErrorKind::Forbidden),
    ] {
        let server = Server::start(move |request, _| match &*request.target {
            target if target.ends_with("page=2") => answer(status, r#"{"message":"no"}"#),
            _ => answer("200 OK", list_of(&[project(1, "g/a")])).with("X-Next-Page", "2"),
        });
        let (mut interface, container) = interface_with(&server.url("g"), Host::GitLab, None, &context());
        let failure = interface.list(&container, Wikis::LeftOut).unwrap_err();
        assert_eq!((failure.kind, failure.remote.as_deref()), (kind, Some("no")));
        assert_eq!(server.asked().len(), 2, "{:?}", server.asked());
    }
}

#[test]
fn a_list_that_is_cut_short_or_is_another_text_is_an_error() {
    for (body, problem) in [
        (r#"{"count":2,"value":[]}"#, ContainerProblem::CutShort),
        (r#"{"count":0}"#, ContainerProblem::NoList),
        ("<html><title>Sign in</title></html>", ContainerProblem::NoList),
        ("", ContainerProblem::NoList),
    ] {
        let server = Server::start(move |_, _| answer("200 OK", body));
        let failure = listed(&server.url("tfs/Main/p"), Host::AzureDevOpsServer).unwrap_err();
        assert_eq!(failure.kind, ErrorKind::Container(problem), "{body}");
    }
}

#[test]
fn a_page_to_sign_in_at_is_no_list() {
    let server = Server::start(|_, _| {
        answer("203 Non-Authoritative Information", "<html><title>Sign in</title></html>")
            .with("Content-Type", "text/html")
    });
    let failure = listed(&server.url("tfs/Main/p"), Host::AzureDevOpsServer).unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Unauthorized);
}

#[test]
fn a_list_of_ten_mebibytes_is_read_and_a_larger_one_of_one_thing_is_not() {
    let long = "x".repeat(3000);
    let repositories: Vec<_> = (0..3500)
        .map(|id| {
            format!(r#"{{"id":"{id}","name":"r{id}","project":{{"name":"p","description":"{long}"}}}}"#)
        })
        .collect();
    let list = format!(r#"{{"count":3500,"value":[{}]}}"#, repositories.join(","));
    assert!(list.len() > 10 << 20);
    let server = Server::start(move |request, _| match &*request.target {
        target if target.contains("connectionData") => answer("200 OK", "x".repeat(2 << 20)),
        _ => answer("200 OK", list.clone()),
    });
    let list = listed(&server.url("tfs/Main/p"), Host::AzureDevOpsServer).unwrap();
    assert_eq!((list.list.repositories.len(), list.account.clone()), (3500, None));
}

#[test]
fn hostile_names_lead_nowhere() {
    let hostile = ["../../x", "..", "##vso[task.setvariable]x", "a/b", "a\\\\b", "a\\u000ab", "a?b#c", ""];
    let repositories: Vec<_> = hostile.iter().enumerate().map(|(id, name)| of_owner(id, name)).collect();
    let list = list_of(&repositories);
    let server = Server::start(move |request, before| match &*request.target {
        USER => github("x")(request, before),
        _ => answer("200 OK", list.clone()),
    });
    let url = server.url("o");
    let list = listed(&url, Host::GitHub).unwrap();
    for one in &list.list.repositories {
        let clone_url = one.clone_url.to_string();
        let below = clone_url.strip_prefix(&format!("{url}/")).unwrap();
        assert!(!below.contains(['/', '\\', '\n', '?', '#']) && !below.starts_with(".."), "{clone_url}");
    }
    assert_eq!(names(&list), ["##vso[task.setvariable]x", "a?b#c"]);
    assert_eq!(list.list.unusable.len(), 6);
}

#[test]
fn a_redirect_gets_no_credentials() {
    let elsewhere = Server::start(|_, _| answer("200 OK", "[]"));
    let there = elsewhere.url("api/v4/groups/g/projects");
    let server = Server::start(move |_, _| answer("302 Found", "").with("Location", there.clone()));
    let failure = listed(&server.url("g"), Host::GitLab).unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Redirect);
    assert_eq!(elsewhere.asked(), [""; 0]);
}

#[test]
fn credentials_go_to_the_interface_that_they_are_for_alone() {
    let (url, _) = RemoteUrl::parse("https://dev.azure.com/contoso/p").unwrap();
    let new = |collection: &str| {
        let bounds = Bounds::Collection(hosts::azure_repos::Collection::parse(collection).unwrap());
        let endpoint = Endpoint {
            url: url.clone(),
            host_override: None,
            tokens: Some(tokens("hunter22")),
            bounds,
            verification: CertificateVerification::On,
            network: Network::default(),
        };
        let Address::Container(container) = hosts::address(&url, None) else { panic!("{url}") };
        HostInterface::new(&endpoint, &container, &context()).is_some()
    };
    assert!(new("https://dev.azure.com/contoso/"));
    assert!(!new("https://dev.azure.com/fabrikam/"));
}

#[test]
fn a_token_that_had_served_is_renewed_once() {
    let hour = Duration::from_secs(3600);
    for (spent, expected) in [("Bearer minted-token-1", Ok(1)), ("Bearer", Err(ErrorKind::Unauthorized))] {
        let server = Server::start(move |request, before| {
            let authorization = request.authorization.as_deref().unwrap_or_default();
            let is_spent = authorization.starts_with(spent) && before > 0;
            if is_spent {
                answer("401 Unauthorized", "")
            } else {
                answer("200 OK", r#"{"count":1,"value":[{"id":"1","name":"r","project":{"name":"p"}}]}"#)
            }
        });
        let source = Minting::with_lifetimes(&[hour; 3]);
        let tokens = Some(TokenCache::new(Box::new(source.clone())));
        let (mut interface, container) =
            interface_with(&server.url("tfs/Main/p"), Host::AzureDevOpsServer, tokens, &context());
        let list = interface.list(&container, Wikis::LeftOut);
        assert_eq!(list.map(|list| list.list.repositories.len()).map_err(|failure| failure.kind), expected);
        assert_eq!((source.asked(), server.asked().len()), (2, 3));
    }
}

#[test]
fn what_was_refused_is_not_sent_again() {
    let server = Server::start(|_, _| answer("401 Unauthorized", r#"{"message":"Bad credentials"}"#));
    let (mut interface, container) =
        interface_with(&server.url("o"), Host::GitLab, Some(tokens("bob:hunter22")), &context());
    let failure = interface.list(&container, Wikis::LeftOut).unwrap_err();
    assert_eq!((failure.kind, failure.remote.as_deref()), (ErrorKind::Unauthorized, Some("Bad credentials")));
    // Once for the account, and once for the list.
    assert_eq!(
        server.authorizations(),
        [Some("Bearer hunter22".to_owned()), Some("Bearer hunter22".to_owned())]
    );
    assert!(!format!("{failure:?} {interface:?}").contains("hunter22"));
}

#[test]
fn a_path_of_gitlab_is_a_container_only_where_it_is_told_of() {
    let is_container = |status: &'static str, body: &'static str| {
        let server = Server::start(move |_, _| answer(status, body));
        let (mut interface, container) = interface_with(&server.url("g/s"), Host::GitLab, None, &context());
        let is_container = interface.is_container(&container);
        assert_eq!(server.asked().len(), 1);
        is_container
    };
    assert!(is_container("200 OK", r#"{"id":7,"full_path":"g/s"}"#));
    for (status, body) in [
        ("404 Not Found", ""),
        ("401 Unauthorized", ""),
        ("500 Internal Server Error", ""),
        ("302 Found", ""),
        ("200 OK", "<html></html>"),
        ("200 OK", "[]"),
    ] {
        assert!(!is_container(status, body), "{status}");
    }
}

/// Returns what is left of the pause of a server after a list that is answered so.
fn pause_after(answered: impl Fn() -> Answer + Send + Sync + 'static) -> [Option<ErrorKind>; 2] {
    let server = Server::start(move |_, _| answered());
    let context = context();
    let url = server.url("tfs/Main/p");
    let (mut interface, container) = interface_with(&url, Host::AzureDevOpsServer, None, &context);
    interface.list(&container, Wikis::LeftOut).ok();
    let (url, _) = WebUrl::parse(&url).unwrap();
    // Whoever waited would end at once, and whoever waits too long is told.
    context.cancel.now(CancelReason::Cancelled);
    [Part::Server, Part::Interface]
        .map(|part| context.pauses.wait(&url, &[part], &context.cancel).err().map(|failure| failure.kind))
}

#[test]
fn a_host_that_asks_to_wait_is_left_alone_by_all_mirrors() {
    let waits =
        |kind: Option<ErrorKind>| matches!(kind, Some(ErrorKind::Unavailable { retry_after: Some(_) }));
    for status in ["429 Too Many Requests", "503 Service Unavailable", "403 Forbidden", "200 OK"] {
        let [server, interface] =
            pause_after(move || answer(status, r#"{"count":0,"value":[]}"#).with("Retry-After", "4000"));
        assert!(waits(server) && interface.is_none(), "{status}: {server:?}");
    }
    let [server, interface] = pause_after(|| {
        answer("403 Forbidden", r#"{"message":"API rate limit exceeded"}"#)
            .with("X-RateLimit-Remaining", "0")
            .with("X-RateLimit-Reset", "4000")
            .with("Date", "Thu, 01 Jan 1970 00:10:00 GMT")
    });
    assert!(server.is_none() && waits(interface), "{interface:?}");
    let [server, interface] = pause_after(|| answer("404 Not Found", "").with("Retry-After", "4000"));
    assert_eq!((server, interface), (None, None));
}

#[test]
fn nothing_new_goes_to_a_host_before_its_time() {
    let server = Server::start(|_, before| {
        let answer = answer("200 OK", r#"{"count":0,"value":[]}"#);
        if before == 0 { answer.with("Retry-After", "1") } else { answer }
    });
    let context = context();
    let (mut interface, container) =
        interface_with(&server.url("tfs/Main/p"), Host::AzureDevOpsServer, None, &context);
    interface.list(&container, Wikis::LeftOut).unwrap();
    let watch = Stopwatch::start();
    interface.list(&container, Wikis::LeftOut).unwrap();
    assert!(watch.elapsed() > Duration::from_millis(700), "{:?}", watch.elapsed());
}

#[test]
fn a_stop_ends_a_list() {
    let server = Server::start(|_, _| answer("503 Service Unavailable", "").with("Retry-After", "200"));
    let context = context();
    let (mut interface, container) = interface_with(&server.url("g"), Host::GitLab, None, &context);
    let cancel = context.cancel.clone();
    let watch = Stopwatch::start();
    thread::spawn(move || {
        crate::clock::wait(Duration::from_millis(300));
        cancel.now(CancelReason::Cancelled);
    });
    let failure = interface.list(&container, Wikis::LeftOut).unwrap_err();
    assert!(matches!(failure.kind, ErrorKind::Unavailable { .. }), "{failure:?}");
    assert!(watch.elapsed() < Duration::from_secs(20), "{:?}", watch.elapsed());
}

/// A project of Azure DevOps Server, and what a script answers about a repository in it.
const PROJECT: &str = "tfs/Main/p";
const HOME: &str = r#"{"id":"11","visibility":"private"}"#;
const THERE: &str = r#"{"id":"22","name":"r","project":{"name":"p","visibility":"private"}}"#;

/// Creates a repository `r` in a container of a host, as visible as that.
fn created(
    server: &Server,
    path: &str,
    host: Host,
    visibility: Visibility,
) -> Result<(&'static str, String), Failure> {
    let (mut interface, container) =
        interface_with(&server.url(path), host, Some(tokens("hunter22")), &context());
    let place = RepositoryPlace { container, name: "r".to_owned() };
    let new = NewRepository { visibility, format: ObjectFormat::Sha1 };
    interface.create(&place, &new).map(|creation| match creation {
        Creation::Created(repository) => ("created", repository.id),
        Creation::AlreadyThere(repository) => ("there", repository.id),
    })
}

/// Answers at an Azure DevOps Server: of the project, and by this of the creation and of each look, by their number.
fn azure(
    creation: impl Fn(usize) -> Answer + Send + Sync + 'static,
    look: impl Fn(usize) -> Answer + Send + Sync + 'static,
) -> Server {
    let (creations, looks) = (AtomicUsize::new(0), AtomicUsize::new(0));
    Server::start(move |request, _| match (&*request.method, request.target.contains("/_apis/projects/")) {
        (_, true) => answer("200 OK", HOME),
        ("POST", _) => creation(creations.fetch_add(1, Ordering::SeqCst)),
        _ => look(looks.fetch_add(1, Ordering::SeqCst)),
    })
}

fn count(server: &Server, method: &str) -> usize {
    server.asked().iter().filter(|line| line.starts_with(method)).count()
}

#[test]
fn a_repository_is_created_where_its_project_is_narrow_enough() {
    let server = azure(|_| answer("201 Created", THERE), |_| answer("404 Not Found", ""));
    let outcome = created(&server, PROJECT, Host::AzureDevOpsServer, Visibility::Private).unwrap();
    assert_eq!(outcome, ("created", "22".to_owned()));
    let body = server.seen.lock().unwrap().last().unwrap().body.clone();
    assert_eq!(body, r#"{"name":"r","project":{"id":"11"}}"#);
    let public = Server::start(|_, _| answer("200 OK", r#"{"id":"11","visibility":"public"}"#));
    let failure = created(&public, PROJECT, Host::AzureDevOpsServer, Visibility::Internal).unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Create(CreateProblem::WiderProject));
    assert_eq!(count(&public, "POST"), 0);
}

#[test]
fn a_project_that_would_be_wider_than_its_group_is_not_asked_for() {
    let server = Server::start(|request, _| match &*request.method {
        "POST" => answer("201 Created", r#"{"id":5,"path_with_namespace":"g/r","visibility":"private"}"#),
        _ => answer("200 OK", r#"{"id":7,"visibility":"private"}"#),
    });
    let failure = created(&server, "g", Host::GitLab, Visibility::Public).unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Create(CreateProblem::NarrowerGroup));
    assert_eq!(count(&server, "POST"), 0);
    let outcome = created(&server, "g", Host::GitLab, Visibility::Private).unwrap();
    assert_eq!(outcome, ("created", "5".to_owned()));
}

#[test]
fn what_is_made_wider_than_asked_or_is_not_told_is_an_error() {
    let owner = r#""id":3,"name":"r","owner":{"login":"o"}"#;
    for (told, expected) in [
        (format!(r#"{{{owner},"private":true,"visibility":"private"}}"#), Ok(("created", "3".to_owned()))),
        (format!(r#"{{{owner},"private":false,"visibility":"public"}}"#), Err(CreateProblem::WiderThanAsked)),
        (format!("{{{owner}}}"), Err(CreateProblem::WiderThanAsked)),
        ("{}".to_owned(), Err(CreateProblem::Answer)),
        ("<html></html>".to_owned(), Err(CreateProblem::Answer)),
    ] {
        let shown = told.clone();
        let server = Server::start(move |request, before| match &*request.method {
            "POST" => answer("201 Created", told.clone()),
            _ => github("o")(request, before),
        });
        let outcome = created(&server, "o", Host::GitHub, Visibility::Private);
        assert_eq!(outcome.map_err(|failure| failure.kind), expected.map_err(ErrorKind::Create), "{shown}");
        assert_eq!(count(&server, "POST"), 1);
    }
}

#[test]
fn a_name_that_is_taken_is_looked_for_again() {
    let azure_says = r#"{"message":"TF400948: A Git repository with the name r already exists."}"#;
    let gitlab_says = r#"{"message":{"name":["has already been taken"]}}"#;
    let other = r#"{"message":"the name is odd"}"#;
    let taken = ErrorKind::Create(CreateProblem::NameTaken);
    let there = Ok(("there", "22".to_owned()));
    for (status, said, look, expected) in [
        ("409 Conflict", azure_says, "200 OK", there.clone()),
        ("409 Conflict", azure_says, "404 Not Found", Err(taken)),
        ("422 Unprocessable Content", azure_says, "404 Not Found", Err(taken)),
        ("400 Bad Request", gitlab_says, "200 OK", there),
        ("400 Bad Request", gitlab_says, "404 Not Found", Err(taken)),
        ("400 Bad Request", other, "200 OK", Err(ErrorKind::Status(400))),
        ("422 Unprocessable Content", other, "200 OK", Err(ErrorKind::Status(422))),
        ("403 Forbidden", other, "200 OK", Err(ErrorKind::Forbidden)),
        ("404 Not Found", other, "200 OK", Err(ErrorKind::NotFound)),
        ("401 Unauthorized", other, "200 OK", Err(ErrorKind::Unauthorized)),
    ] {
        let server = azure(move |_| answer(status, said), move |_| answer(look, THERE));
        let outcome = created(&server, PROJECT, Host::AzureDevOpsServer, Visibility::Private);
        if let Err(failure) = &outcome {
            assert!(failure.remote.is_some(), "{failure:?}");
        }
        assert_eq!(outcome.map_err(|failure| failure.kind), expected, "{status} {said}");
    }
}

#[test]
fn a_creation_whose_answer_was_lost_is_looked_for_before_it_is_tried_again() {
    let lost = || Answer { missing: 900, ..answer("201 Created", "{") };
    let server = azure(move |_| lost(), |_| answer("200 OK", THERE));
    let outcome = created(&server, PROJECT, Host::AzureDevOpsServer, Visibility::Private).unwrap();
    assert_eq!((outcome, count(&server, "POST")), (("there", "22".to_owned()), 1));
    let server = azure(
        |before| {
            if before == 0 { answer("503 Service Unavailable", "") } else { answer("201 Created", THERE) }
        },
        |_| answer("404 Not Found", ""),
    );
    let outcome = created(&server, PROJECT, Host::AzureDevOpsServer, Visibility::Private).unwrap();
    assert_eq!((outcome, count(&server, "POST")), (("created", "22".to_owned()), 2));
    let wide = r#"{"id":"22","name":"r","project":{"name":"p","visibility":"public"}}"#;
    let server = azure(move |_| lost(), move |_| answer("200 OK", wide));
    let failure = created(&server, PROJECT, Host::AzureDevOpsServer, Visibility::Private).unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Create(CreateProblem::WiderThanAsked));
}

#[test]
fn a_repository_that_is_shown_late_is_no_wider_than_asked_either() {
    let wide = r#"{"id":"22","name":"r","project":{"name":"p","visibility":"public"}}"#;
    let server = azure(
        |before| {
            if before == 0 { answer("503 Service Unavailable", "") } else { answer("409 Conflict", "") }
        },
        move |before| if before == 0 { answer("404 Not Found", "") } else { answer("200 OK", wide) },
    );
    let failure = created(&server, PROJECT, Host::AzureDevOpsServer, Visibility::Private).unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Create(CreateProblem::WiderThanAsked));
    assert_eq!(count(&server, "POST"), 2);
}

#[test]
fn github_is_asked_for_no_more_creations_than_it_takes() {
    let server = Server::start(|request, before| match &*request.method {
        "POST" => answer("201 Created", r#"{"id":3,"name":"r","owner":{"login":"o"},"private":true}"#),
        _ => github("o")(request, before),
    });
    let (mut interface, container) =
        interface_with(&server.url("o"), Host::GitHub, Some(tokens("hunter22")), &context());
    let place = RepositoryPlace { container, name: "r".to_owned() };
    let new = NewRepository { visibility: Visibility::Private, format: ObjectFormat::Sha1 };
    let watch = Stopwatch::start();
    for _ in 0..3 {
        interface.create(&place, &new).unwrap();
    }
    // 80 a minute.
    assert!(watch.elapsed() >= Duration::from_millis(1500), "{:?}", watch.elapsed());
}

#[test]
fn the_default_branch_is_set_by_the_id_where_it_differs() {
    let server = Server::start(|request, _| match &*request.method {
        "PATCH" => answer("200 OK", THERE),
        _ => answer(
            "200 OK",
            r#"{"id":"22","name":"r","defaultBranch":"refs/heads/old","project":{"name":"p"}}"#,
        ),
    });
    let (mut interface, container) =
        interface_with(&server.url(PROJECT), Host::AzureDevOpsServer, None, &context());
    let place = RepositoryPlace { container, name: "r".to_owned() };
    interface.set_default_branch(&place, &RefName::new(b"refs/heads/old").unwrap()).unwrap();
    assert_eq!(count(&server, "PATCH"), 0);
    interface.set_default_branch(&place, &RefName::new(b"refs/heads/new").unwrap()).unwrap();
    let last = server.seen.lock().unwrap().last().unwrap().clone();
    assert!(last.target.contains("/p/_apis/git/repositories/22?"), "{}", last.target);
    assert_eq!(last.body, r#"{"defaultBranch":"refs/heads/new"}"#);
}

#[test]
fn the_default_branch_of_nothing_is_not_set() {
    let server = Server::start(|_, _| answer("404 Not Found", ""));
    let (mut interface, container) =
        interface_with(&server.url(PROJECT), Host::AzureDevOpsServer, None, &context());
    let place = RepositoryPlace { container, name: "r".to_owned() };
    assert!(interface.look(&place).unwrap().is_none());
    let failure = interface.set_default_branch(&place, &RefName::new(b"refs/heads/a").unwrap()).unwrap_err();
    assert_eq!(failure.kind, ErrorKind::NotFound);
}
