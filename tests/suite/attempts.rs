//! Second attempts: what passes by itself is tried again, and what does not is not.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::fault_proxy::{Direction, Fault, FaultProxy, Harm, Place};
use crate::support::git::{Repository, rpc};
use crate::support::git_server::Protocol;
use crate::support::nginx::{Nginx, Scheme};
use crate::support::proxy::Proxy;
use crate::support::recorded::{Recorded, contains};
use crate::support::relay::{Relay, pass};
use crate::support::scripted::{Exchange, Scripted, pkt};
use crate::support::task::{Outcome, Task};

/// Counts how often something was asked for.
#[derive(Clone, Default)]
struct Count(Arc<AtomicUsize>);

impl Count {
    /// Counts once more; returns how often before.
    fn next(&self) -> usize {
        self.0.fetch_add(1, Ordering::SeqCst)
    }

    fn now(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// A server that answers the first listings by a script, each with its number, and is a good one after so many.
fn server(
    repository: &Repository,
    bad: usize,
    answer: impl Fn(&mut Exchange<'_>) -> io::Result<()> + Send + Sync + 'static,
) -> (Scripted, Count) {
    let (repository, listings) = (repository.clone(), Count::default());
    let counted = listings.clone();
    let server = Scripted::start(move |exchange| {
        if exchange.head.method == "GET" && counted.next() < bad {
            return answer(exchange);
        }
        exchange.as_git(&repository, 2, |_, answer| answer)
    });
    (server, listings)
}

/// Expects a mirror that took so many attempts, and a log that says so.
#[track_caller]
fn expect_mirrored(outcome: &Outcome, pair: &Recorded, attempts: usize) {
    outcome.succeeded();
    assert_eq!(pair.destination.refs(&[]), pair.source.refs(&[]));
    assert_eq!(failed_attempts(outcome), attempts - 1, "{}", outcome.text);
}

fn failed_attempts(outcome: &Outcome) -> usize {
    outcome.log.iter().filter(|line| line.starts_with("attempt ") && line.contains(" begins in ")).count()
}

fn reset(exchange: &mut Exchange<'_>) -> io::Result<()> {
    exchange.reset()
}

#[test]
fn a_second_attempt_after_a_passing_fault_succeeds() {
    let busy = |exchange: &mut Exchange<'_>| exchange.answer("503 Service Unavailable", &[], b"restarting");
    let closed = |_: &mut Exchange<'_>| Ok(());
    let answers: [fn(&mut Exchange<'_>) -> io::Result<()>; 3] = [busy, closed, reset];
    for answer in answers {
        let pair = Recorded::start(Protocol::V2);
        pair.source.commit("main", 2);
        let (source, _) = server(&pair.source, 1, answer);
        let (destination, _) = server(&pair.destination, 1, answer);
        let outcome = Task::new(&source.url("source"), &destination.url("destination")).run();
        expect_mirrored(&outcome, &pair, 2);
    }
}

#[test]
fn a_server_that_is_started_meanwhile_is_met() {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 2);
    let place = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = place.local_addr().unwrap();
    drop(place);
    let running = Task::new(&format!("http://{address}/source.git"), &pair.destination_url()).start();
    thread::sleep(Duration::from_millis(500));
    let server = SocketAddr::from(([127, 0, 0, 1], port(&pair.source_url())));
    let _relay = Relay::start(TcpListener::bind(address).unwrap(), server);
    expect_mirrored(&running.end(), &pair, 2);
}

fn port(url: &str) -> u16 {
    url.split(['/', ':']).find_map(|part| part.parse().ok()).unwrap()
}

#[test]
fn a_server_that_says_when_to_come_back_is_asked_again_then() {
    for status in ["429 Too Many Requests", "403 Forbidden"] {
        let pair = Recorded::start(Protocol::V2);
        pair.source.commit("main", 2);
        let (source, _) = server(&pair.source, 1, move |exchange| {
            exchange.answer(status, &[("Retry-After", "3")], b"secondary rate limit")
        });
        let watch = Instant::now();
        let outcome = Task::new(&source.url("source"), &pair.destination_url()).run();
        expect_mirrored(&outcome, &pair, 2);
        assert!(watch.elapsed() >= Duration::from_secs(3), "{:?}", watch.elapsed());
    }
}

#[test]
fn a_wait_that_is_longer_than_the_run_may_take_is_not_begun() {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 2);
    let (source, listings) = server(&pair.source, 1, |exchange| {
        exchange.answer("503 Service Unavailable", &[("Retry-After", "100")], b"in maintenance")
    });
    let task = Task::new(&source.url("source"), &pair.destination_url()).input("runTimeoutMinutes", "1");
    let error = task.run().failed();
    assert!(error.contains("in maintenance") && error.contains("asks to wait 100 s"), "{error}");
    assert_eq!(listings.now(), 1);
}

#[test]
fn a_lasting_fault_ends_the_run_while_the_other_side_is_busy() {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 2);
    let (source, listings) =
        server(&pair.source, 9, |exchange| exchange.answer("503 Service Unavailable", &[], b"busy"));
    let (destination, _) =
        server(&pair.destination, 9, |exchange| exchange.answer("401 Unauthorized", &[], b"who"));
    let task = Task::new(&source.url("source"), &destination.url("destination")).input("maxAttempts", "3");
    let error = task.run().failed();
    assert!(error.contains("401") && error.contains("503"), "{error}");
    assert_eq!(listings.now(), 1);
}

/// The same, where the first attempt came as far as a push that broke off.
#[test]
fn what_does_not_pass_ends_also_a_run_that_was_tried_again() {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 2);
    let (sources, destinations) = (Count::default(), Count::default());
    let (repository, listings) = (pair.source.clone(), sources.clone());
    let source = Scripted::start(move |exchange| {
        if exchange.head.method == "GET" && listings.next() > 0 {
            return exchange.answer("503 Service Unavailable", &[], b"busy");
        }
        exchange.as_git(&repository, 2, |_, answer| answer)
    });
    let (repository, listings) = (pair.destination.clone(), destinations.clone());
    let destination = Scripted::start(move |exchange| {
        if exchange.head.method == "POST" {
            return exchange.answer("502 Bad Gateway", &[], b"restarting");
        }
        // The listing, and the one that verifies.
        if listings.next() > 1 {
            return exchange.answer("401 Unauthorized", &[], b"expired");
        }
        exchange.as_git(&repository, 2, |_, answer| answer)
    });
    let task = Task::new(&source.url("source"), &destination.url("destination")).input("maxAttempts", "3");
    let error = task.run().failed();
    assert!(error.contains("401"), "what cannot pass is what is told: {error}");
    assert_eq!((sources.now(), destinations.now()), (2, 3));
}

#[test]
fn attempts_that_bring_refs_do_not_count() {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 2);
    pair.source.commit("topic", 1);
    // So the default branch goes in a push of its own.
    pair.destination.git(&["symbolic-ref", "HEAD", "refs/heads/other"]);
    let (repository, pushes) = (pair.destination.clone(), Count::default());
    let counted = pushes.clone();
    // It takes the default branch, then nothing twice, then the rest.
    let destination = Scripted::start(move |exchange| {
        if exchange.is("POST", "/git-receive-pack") && [1, 2].contains(&counted.next()) {
            exchange.body()?;
            return exchange.answer("502 Bad Gateway", &[], b"restarting");
        }
        exchange.as_git(&repository, 2, |_, answer| answer)
    });
    let task = Task::new(&pair.source_url(), &destination.url("destination"));
    expect_mirrored(&task.run(), &pair, 3);
    assert_eq!(pushes.now(), 4);
}

/// Stands before a proxy and refuses the first connection, or all, with these bytes.
fn refusing_proxy(refusal: &'static [u8], proxy: SocketAddr, most: usize) -> (String, Count) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let (url, asked) = (format!("http://{}", listener.local_addr().unwrap()), Count::default());
    let counted = asked.clone();
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let refuses = counted.next() < most;
            thread::spawn(move || refuse_or_pass(&client, proxy, refuses.then_some(refusal)));
        }
    });
    (url, asked)
}

fn refuse_or_pass(mut client: &TcpStream, proxy: SocketAddr, refusal: Option<&[u8]>) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte)?;
        head.extend(byte);
    }
    if let Some(refusal) = refusal {
        return client.write_all(refusal);
    }
    let mut proxy = TcpStream::connect(proxy)?;
    proxy.write_all(&head)?;
    pass(client, &proxy)
}

#[test]
fn a_proxy_is_asked_again_unless_it_wants_a_password() {
    for (refusal, passes) in [
        (&b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"[..], true),
        (b"", true),
        (b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", false),
    ] {
        let pair = Recorded::start(Protocol::V2);
        pair.source.commit("main", 2);
        let server = SocketAddr::from(([127, 0, 0, 1], port(&pair.source_url())));
        let behind = Proxy::start(server, None);
        let proxy = behind.authority().parse().unwrap();
        let (proxy, asked) = refusing_proxy(refusal, proxy, if passes { 1 } else { usize::MAX });
        let task = Task::new("http://git.contoso.example/source.git", &pair.destination_url());
        let outcome = task.variable("http_proxy", &proxy).variable("no_proxy", "127.0.0.1").run();
        if passes {
            expect_mirrored(&outcome, &pair, 2);
        } else {
            assert!(outcome.failed().contains("407"), "{}", outcome.text);
            assert_eq!(asked.now(), 1);
        }
    }
}

#[test]
fn a_server_without_tls_is_named_and_not_asked_again() {
    let pair = Recorded::start(Protocol::V2);
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("https://{}/r", listener.local_addr().unwrap());
    let asked = Count::default();
    let counted = asked.clone();
    thread::spawn(move || {
        for mut client in listener.incoming().map_while(Result::ok) {
            counted.next();
            client.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").ok();
            thread::spawn(move || io::copy(&mut client, &mut io::sink()));
        }
    });
    let error = Task::new(&url, &pair.destination_url()).run().failed();
    assert!(error.contains("the server does not speak TLS"), "{error}");
    assert_eq!(asked.now(), 1);
}

#[test]
fn a_handshake_that_is_cut_is_tried_again() {
    let pair = Recorded::start(Protocol::V2);
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("https://{}/r", listener.local_addr().unwrap());
    let asked = Count::default();
    let counted = asked.clone();
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            counted.next();
            (&client).read_exact(&mut [0; 100]).ok();
        }
    });
    let error = Task::new(&url, &pair.destination_url()).run().failed();
    assert!(error.contains("source"), "{error}");
    assert_eq!(asked.now(), 2, "{error}");
}

#[test]
fn a_damaged_tls_connection_is_retried_as_no_certificate_error() {
    let nginx = Nginx::start();
    let source = Repository::init(nginx.path("source.git"));
    source.commit("main", 3);
    source.commit_noise("main", 1_000_000);
    let url = |repository| nginx.url(Scheme::Https, Protocol::V2, repository);
    let server = SocketAddr::from(([127, 0, 0, 1], port(&url("source.git"))));
    for (place, harm) in [(500, Harm::Close), (200_000, Harm::Flip(3))] {
        let destination = Repository::init(nginx.path("destination.git"));
        let fault = Fault { direction: Direction::Down, place: Place::Byte(place), harm };
        let proxy = FaultProxy::start(server, Some(fault));
        let through = format!("https://{}/v2/source.git", proxy.address());
        let outcome = Task::new(&through, &url("destination.git")).trusting(&nginx.authority()).run();
        outcome.succeeded();
        assert_eq!(failed_attempts(&outcome), 1, "{place} {harm:?}\n{}", outcome.text);
        assert_eq!(destination.refs(&[]), source.refs(&[]));
        std::fs::remove_dir_all(&destination.path).unwrap();
    }
}

/// Mirrors eight megabytes into a destination that ends the first push by a script, after a part of the pack.
fn cut_in_mid_pack(cut: fn(&mut Exchange<'_>) -> io::Result<()>) {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 3);
    pair.source.commit_noise("main", 8_000_000);
    let (repository, packs) = (pair.destination.clone(), Count::default());
    let counted = packs.clone();
    let destination = Scripted::start(move |exchange| {
        // The first comes in chunks, and the one from the file with its length.
        let length = exchange.head.header("content-length").and_then(|length| length.parse().ok());
        let is_large = length.is_none_or(|length: usize| length > 1_000_000);
        if exchange.is("POST", "/git-receive-pack") && is_large && counted.next() == 0 {
            exchange.skip_body(2_000_000)?;
            return cut(exchange);
        }
        exchange.as_git(&repository, 2, |_, answer| answer)
    });
    let task = Task::new(&pair.source_url(), &destination.url("destination")).input("maxAttempts", "1");
    // Among others it holds that nothing is left in the temporary folder.
    expect_mirrored(&task.run(), &pair, 1);
    assert_eq!(packs.now(), 2);
    pair.destination.fsck();
}

#[test]
fn an_impatient_destination_gets_the_pack_from_a_file() {
    cut_in_mid_pack(|exchange| exchange.answer("408 Request Timeout", &[], b"too slow"));
    cut_in_mid_pack(reset);
}

#[test]
fn a_connection_closed_while_idle_is_replaced() {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 3);
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}/destination.git", listener.local_addr().unwrap());
    let relay = Relay::start(listener, SocketAddr::from(([127, 0, 0, 1], port(&pair.destination_url()))));
    let (repository, idle) = (pair.source.clone(), relay.clone());
    let source = Scripted::start(move |exchange| {
        exchange.as_git(&repository, 2, |request, answer| {
            if contains(request, b"command=fetch") {
                // The destination is listed by now, and nothing is sent to it before the pack comes.
                assert_eq!(idle.end_all(), 1);
                thread::sleep(Duration::from_millis(200));
            }
            answer
        })
    });
    let outcome = Task::new(&source.url("source"), &url).input("maxAttempts", "1").run();
    expect_mirrored(&outcome, &pair, 1);
    assert_eq!(relay.end_all(), 1, "a connection of its own for the push and what follows");
}

/// As a server of protocol v0 that does not tell which branch `HEAD` is of.
fn without_symref(mut advertisement: Vec<u8>) -> Vec<u8> {
    let places: Vec<_> =
        (0..advertisement.len()).filter(|at| advertisement[*at..].starts_with(b"symref=")).collect();
    for at in places {
        advertisement[at] = b'x';
    }
    advertisement
}

#[test]
fn other_refs_pass_a_refused_deletion_of_the_default_branch() {
    let pair = Recorded::start(Protocol::V2);
    pair.destination.commit("main", 2);
    pair.destination.commit("gone", 1);
    pair.source.commit("topic", 2);
    let repository = pair.destination.clone();
    let destination = Scripted::start(move |exchange| {
        if exchange.advertised_service() == Some("git-upload-pack") {
            let refs = without_symref(rpc(&repository, "upload-pack", 0, None));
            let body = [pkt(b"# service=git-upload-pack\n"), b"0000".to_vec(), refs].concat();
            let kind = [("Content-Type", "application/x-git-upload-pack-advertisement")];
            return exchange.answer("200 OK", &kind, &body);
        }
        exchange.as_git(&repository, 0, |_, answer| answer)
    });
    let task = Task::new(&pair.source_url(), &destination.url("destination"));
    let outcome = task.input("maxDeletionsPercent", "100").run();
    let error = outcome.failed();
    assert!(error.contains("refused 'refs/heads/main'") && error.contains("current branch"), "{error}");
    assert_eq!(outcome.counts(), [1, 0, 1, 1, 0]);
    let names: Vec<_> = pair.destination.refs(&[]).into_keys().collect();
    assert_eq!(names, ["refs/heads/main", "refs/heads/topic"]);
}

/// A source that says of so many packs that what is wanted is no more there; the first time a branch has just gone.
fn forgetful(repository: &Repository, times: usize) -> Scripted {
    let (repository, asked) = (repository.clone(), Count::default());
    Scripted::start(move |exchange| {
        if !exchange.is("POST", "/git-upload-pack") {
            return exchange.as_git(&repository, 2, |_, answer| answer);
        }
        let request = exchange.body()?;
        let fields = [("Content-Type", "application/x-git-upload-pack-result")];
        if contains(&request, b"want ") && asked.next() < times {
            let tip = repository.git(&["rev-parse", "main"]);
            repository.git(&["update-ref", "-d", "refs/heads/topic"]);
            let gone = pkt(format!("ERR upload-pack: not our ref {tip}").as_bytes());
            return exchange.answer("200 OK", &fields, &gone);
        }
        exchange.answer("200 OK", &fields, &rpc(&repository, "upload-pack", 2, Some(&request)))
    })
}

#[test]
fn a_branch_that_goes_after_the_listing_is_not_counted() {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 2);
    pair.source.commit("topic", 2);
    let source = forgetful(&pair.source, 1);
    let outcome = Task::new(&source.url("source"), &pair.destination_url()).input("maxAttempts", "1").run();
    expect_mirrored(&outcome, &pair, 2);
    assert_eq!(outcome.counts(), [1, 0, 0, 0, 0]);
}

#[test]
fn a_source_without_its_listed_objects_gets_three_attempts() {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 2);
    let source = forgetful(&pair.source, usize::MAX);
    let outcome = Task::new(&source.url("source"), &pair.destination_url()).run();
    assert!(outcome.failed().contains("not our ref"), "{}", outcome.text);
    assert_eq!(failed_attempts(&outcome), 3, "{}", outcome.text);
}
