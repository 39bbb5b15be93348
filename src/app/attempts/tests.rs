//! Runs that sign in with tokens which do not last, at a server that knows one token at a time.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Mutex;

use git2::{Oid, Repository, Signature};
use tempfile::TempDir;

use super::*;
use crate::agent::environment::Environment;
use crate::agent::recorder::{Recorder, Written};
use crate::app::services::Services;
use crate::auth::testing::Minting;
use crate::auth::token_cache::TokenCache;
use crate::config::mirror_spec::{Chosen, Existence, Member};
use crate::config::step::of_environment;
use crate::error::ErrorKind;
use crate::hosts::listing::Content;
use crate::mirror::push_started::PushStarted;
use crate::report::finish::{self, OneEnd};
use crate::report::progress::Progress;
use crate::report::testing::{log_to, step};

const HOUR: Duration = Duration::from_secs(3600);

/// A destination that takes each token for so many requests. It has one branch too many, and refuses to delete it, or it
/// is empty and takes what is pushed.
struct Server {
    url: String,
    /// The tokens of the requests, in their order, and `-` for none.
    seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(main: Oid, holds: Holds, requests_a_token: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/r.git", listener.local_addr().unwrap());
        let seen = Arc::<Mutex<Vec<String>>>::default();
        let (shared, holds) = (Arc::clone(&seen), Arc::new(Mutex::new(holds)));
        // It ends with the process: who waits for a connection cannot be told.
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let (shared, holds) = (Arc::clone(&shared), Arc::clone(&holds));
                std::thread::spawn(move || {
                    serve(&connection.unwrap(), main, &holds, requests_a_token, &shared);
                });
            }
        });
        Self { url, seen }
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

/// The branches of a destination.
#[derive(Clone, Copy, PartialEq)]
enum Holds {
    Nothing,
    Main,
    MainAndGone,
}

/// Answers requests until the client goes.
fn serve(
    connection: &TcpStream,
    main: Oid,
    holds: &Mutex<Holds>,
    requests_a_token: usize,
    seen: &Mutex<Vec<String>>,
) {
    let mut reader = BufReader::new(connection);
    while let Some((head, body)) = request(&mut reader) {
        let authorization = head.lines().find_map(|line| line.strip_prefix("authorization: "));
        let token = authorization.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or("-").to_owned();
        let is_spent = {
            let mut seen = seen.lock().unwrap();
            seen.push(token.clone());
            seen.iter().filter(|other| **other == token).count() > requests_a_token
        };
        let (status, kind, text) = if is_spent {
            ("401 Unauthorized", "text/plain", format!("no more of {token}"))
        } else if head.starts_with("GET") {
            let service = if head.contains("git-upload-pack") { "upload-pack" } else { "receive-pack" };
            (
                "200 OK",
                &*format!("application/x-git-{service}-advertisement"),
                advertisement(service, main, *holds.lock().unwrap()),
            )
        } else if body == b"0000" {
            ("200 OK", "application/x-git-receive-pack-result", String::new())
        } else if *holds.lock().unwrap() != Holds::MainAndGone {
            *holds.lock().unwrap() = Holds::Main;
            let status = pkt("unpack ok\n") + &pkt("ok refs/heads/main\n") + "0000";
            ("200 OK", "application/x-git-receive-pack-result", status)
        } else {
            assert!(crate::text::of_bytes(&body).contains("refs/heads/gone"));
            let status =
                pkt("unpack ok\n") + &pkt(&format!("ng refs/heads/gone not with {token}\n")) + "0000";
            ("200 OK", "application/x-git-receive-pack-result", status)
        };
        let head =
            format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n", text.len());
        let mut writer = connection;
        if writer.write_all((head + &text).as_bytes()).is_err() {
            return;
        }
    }
}

/// Reads a request, its head with names in lower case.
fn request(reader: &mut impl BufRead) -> Option<(String, Vec<u8>)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    reader.read_exact(&mut body).ok()?;
    while head.contains("transfer-encoding: chunked") {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let size = usize::from_str_radix(line.trim(), 16).unwrap();
        let mut chunk = vec![0; size + 2];
        reader.read_exact(&mut chunk).ok()?;
        if size == 0 {
            break;
        }
        body.extend_from_slice(&chunk[..size]);
    }
    Some((head, body))
}

fn pkt(text: &str) -> String {
    format!("{:04x}{text}", text.len() + 4)
}

fn advertisement(service: &str, main: Oid, holds: Holds) -> String {
    let none = Oid::ZERO_SHA1;
    let (first, others) = match holds {
        Holds::Nothing => (format!("{none} capabilities^{{}}"), String::new()),
        Holds::Main => (format!("{main} refs/heads/main"), String::new()),
        Holds::MainAndGone => (format!("{main} refs/heads/gone"), pkt(&format!("{main} refs/heads/main\n"))),
    };
    let first = pkt(&format!("{first}\0report-status delete-refs agent=git/2\n"));
    pkt(&format!("# service=git-{service}\n")) + "0000" + &first + &others + "0000"
}

/// The output of a run, and its page.
struct Printed {
    log: String,
    page: String,
}

/// A source on this machine with the branch `main`, which holds a file of so many bytes.
fn source(size: usize) -> (TempDir, Oid) {
    let folder = tempfile::tempdir().unwrap();
    let repository = Repository::init_bare(folder.path().join("source")).unwrap();
    let noise = (0..size).scan(1_u32, |state, _| {
        *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Some(state.to_be_bytes()[0])
    });
    let blob = repository.blob(&noise.collect::<Vec<_>>()).unwrap();
    let mut tree = repository.treebuilder(None).unwrap();
    tree.insert("file", blob, 0o100_644).unwrap();
    let tree = repository.find_tree(tree.write().unwrap()).unwrap();
    let author = Signature::now("a", "a@example.org").unwrap();
    let main = repository.commit(Some("refs/heads/main"), &author, &author, "first", &tree, &[]).unwrap();
    repository.set_head("refs/heads/main").unwrap();
    (folder, main)
}

/// Mirrors for an agent with these tokens for the two sides.
fn run(folder: &TempDir, destination: &str, tokens: [&Minting; 2]) -> Printed {
    run_with(&Services::start(), folder, destination, tokens)
}

/// Mirrors with what other mirrors share, too.
fn run_with(
    services: &Services,
    folder: &TempDir,
    destination: &str,
    [of_source, of_destination]: [&Minting; 2],
) -> Printed {
    let source = folder.path().join("source");
    let variables = [
        ("INPUT_SOURCEGITREPOSITORYURI", source.to_str().unwrap()),
        ("INPUT_DESTINATIONGITREPOSITORYURI", destination),
        ("INPUT_MAXATTEMPTS", "2"),
        ("AGENT_TEMPDIRECTORY", folder.path().to_str().unwrap()),
        ("TF_BUILD", "True"),
    ];
    let variables = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
    let environment = Environment { variables, arguments: Vec::new() };
    let mut step = of_environment(&environment).unwrap();
    let mirror = Arc::get_mut(&mut step.given).unwrap();
    mirror.source.tokens = Some(TokenCache::new(Box::new(of_source.clone())));
    mirror.destination.tokens = Some(TokenCache::new(Box::new(of_destination.clone())));
    let recorder = Recorder::of(&environment);
    let outcome = crate::app::step::run(&step, services, &recorder.log);
    finish::close(&recorder.log, &step, &outcome, &OneEnd::default(), || ());
    let log = recorder.output();
    let page = log.lines().find_map(|line| line.strip_prefix("##vso[task.uploadsummary]")).unwrap();
    let page = std::fs::read_to_string(page).unwrap();
    Printed { log, page }
}

/// Checks that no token stands anywhere but where the agent learns it, which comes first.
fn assert_masked(printed: &Printed, tokens: &[&str]) {
    for token in tokens {
        let learned = format!("##vso[task.setsecret]{token}\n");
        assert!(printed.log.contains(&learned), "{}", printed.log);
    }
    let shown: Vec<_> =
        printed.log.lines().filter(|line| !line.starts_with("##vso[task.setsecret]")).collect();
    for text in [&shown.join("\n"), &printed.page] {
        assert!(text.contains("not with ***") && !text.contains("minted"), "{text}");
    }
}

#[test]
fn a_token_at_its_end_is_replaced_and_both_are_masked() {
    let (folder, main) = source(0);
    let server = Server::start(main, Holds::MainAndGone, usize::MAX);
    let (unused, minting) = (Minting::with_lifetimes(&[]), Minting::with_lifetimes(&[Duration::ZERO, HOUR]));
    let printed = run(&folder, &server.url, [&unused, &minting]);
    assert_eq!(server.seen()[..2], ["minted-token-1", "minted-token-2"], "{}", printed.log);
    assert!(server.seen()[2..].iter().all(|token| token == "minted-token-2"), "{:?}", server.seen());
    assert_eq!((minting.asked(), unused.asked()), (2, 0), "a local path needs none");
    assert_masked(&printed, &["minted-token-1", "minted-token-2"]);
}

#[test]
fn a_token_that_is_refused_in_a_run_is_replaced_once() {
    let (folder, main) = source(0);
    let server = Server::start(main, Holds::MainAndGone, 1);
    let (unused, minting) = (Minting::with_lifetimes(&[]), Minting::with_lifetimes(&[HOUR; 9]));
    let printed = run(&folder, &server.url, [&unused, &minting]);
    let seen = server.seen();
    for number in 1..=minting.asked() {
        let token = format!("minted-token-{number}");
        let requests = seen.iter().filter(|other| **other == token).count();
        assert!(requests == 2 || number == minting.asked() && requests == 1, "{seen:?}\n{}", printed.log);
    }
    assert!(minting.asked() > 2, "{seen:?}");
    assert_masked(&printed, &["minted-token-1", "minted-token-2"]);
}

#[test]
fn a_token_refused_when_a_pack_was_sent_begins_the_run_anew() {
    let (folder, main) = source(3 << 20);
    // A listing and a probe; the pack itself is refused.
    let server = Server::start(main, Holds::Nothing, 2);
    let (unused, minting) = (Minting::with_lifetimes(&[]), Minting::with_lifetimes(&[HOUR; 9]));
    let printed = run(&folder, &server.url, [&unused, &minting]);
    assert!(printed.log.contains("task.complete result=Succeeded"), "{}\n{:?}", printed.log, server.seen());
    let [first, second] = ["minted-token-1", "minted-token-2"];
    assert_eq!(server.seen()[..4], [first, first, first, second]);
    assert!(!printed.page.contains("minted") && minting.asked() > 1, "{}", printed.page);
}

/// A server that has no repository, as hosts are to a wiki without a page.
fn server_of_nothing() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/r.wiki.git", listener.local_addr().unwrap());
    // It ends with the process, as above.
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let connection = connection.unwrap();
            if request(&mut BufReader::new(&connection)).is_some() {
                let answer = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
                (&connection).write_all(answer).unwrap();
            }
        }
    });
    url
}

/// Mirrors a member of a container with this content from a server that does not have it.
fn run_missing(content: Content, dry_run: &str) -> (MirrorOutcome, String) {
    let folder = tempfile::tempdir().unwrap();
    let destination = folder.path().join("destination");
    let variables = [("INPUT_DRYRUN", dry_run), ("INPUT_MAXATTEMPTS", "1")];
    let mut step = step(&server_of_nothing(), destination.to_str().unwrap(), &variables);
    let (path, existence) = ("p/r.wiki".to_owned(), Existence::Unknown);
    let member = Member { path, content, size: None, existence, place: None };
    Arc::get_mut(&mut step.given).unwrap().chosen = Chosen::ByList(Box::new(member));
    let written = Written::default();
    let (services, push_started) = (Services::start(), PushStarted::default());
    let log = log_to(&written);
    let progress = Progress::new(&log, step.mode);
    let outcome = MirrorRun::new(&step, &step.given, &services, &log, progress, &push_started).run();
    (outcome, written.text())
}

#[test]
fn a_wiki_that_is_listed_and_not_there_is_no_failure() {
    for dry_run in ["false", "true"] {
        let (outcome, log) = run_missing(Content::Wiki, dry_run);
        assert!(outcome.result.unwrap().outcomes.is_empty(), "{log}");
        assert!(outcome.connection_test.is_none() && !log.contains("##vso[task.logissue"), "{log}");
    }
}

#[test]
fn a_repository_that_is_listed_and_not_there_is_a_failure() {
    let errors = run_missing(Content::Code, "false").0.result.unwrap_err();
    assert_eq!(errors.iter().map(|error| error.failure.kind).collect::<Vec<_>>(), [ErrorKind::NotFound]);
}

#[test]
fn a_server_that_asks_to_wait_is_left_alone_by_the_other_mirrors_of_the_step() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/r.git", listener.local_addr().unwrap());
    let requests = Arc::<Mutex<usize>>::default();
    let shared = Arc::clone(&requests);
    std::thread::spawn(move || {
        for connection in listener.incoming().map_while(Result::ok) {
            request(&mut BufReader::new(&connection));
            *shared.lock().unwrap() += 1;
            let busy = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 4000\r\nContent-Length: 0\r\n\r\n";
            (&connection).write_all(busy.as_bytes()).ok();
        }
    });
    let (folder, _) = source(0);
    let (services, unused) = (Services::start(), Minting::with_lifetimes(&[]));
    let minting = Minting::with_lifetimes(&[HOUR]);
    run_with(&services, &folder, &url, [&unused, &minting]);
    let asked = *requests.lock().unwrap();
    assert_eq!(asked, 1);
    let printed = run_with(&services, &folder, &url, [&unused, &minting]);
    assert!(printed.log.contains("result=Failed"), "{}", printed.log);
    assert_eq!(*requests.lock().unwrap(), asked);
}
