//! Web servers that are stricter or freer than others: what is sent to them, and what is made of their answers.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};

use crate::support::git::{Repository, rpc};
use crate::support::git_server::Protocol;
use crate::support::http::Framing;
use crate::support::recorded::Recorded;
use crate::support::scripted::{Exchange, Scripted, pkt};
use crate::support::task::{Outcome, Task};

/// Mirrors into a destination that does this before it answers as Git does.
fn into(
    pair: &Recorded,
    before: impl Fn(&mut Exchange<'_>) -> io::Result<bool> + Send + Sync + 'static,
) -> (Scripted, Task) {
    let repository = pair.destination.clone();
    let server = Scripted::start(move |exchange| {
        if before(exchange)? { Ok(()) } else { exchange.as_git(&repository, 2, |_, answer| answer) }
    });
    let task = Task::new(&pair.source_url(), &server.url("destination"));
    (server, task)
}

fn small() -> Recorded {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 3);
    pair
}

/// A pair whose pack is larger than what goes in one piece.
fn large() -> Recorded {
    let pair = small();
    pair.source.commit_noise("main", 3_000_000);
    pair
}

fn is_chunked_push(exchange: &Exchange<'_>) -> bool {
    exchange.is("POST", "/git-receive-pack") && exchange.head.framing() == Framing::Chunked
}

#[test]
fn a_server_that_wants_a_length_gets_it() {
    for status in ["411 Length Required", "501 Not Implemented"] {
        let pair = large();
        let (server, task) = into(&pair, move |exchange| {
            let refuses = is_chunked_push(exchange);
            if refuses {
                exchange.answer(status, &[("Content-Type", "text/html")], b"<title>no</title>")?;
                exchange.linger()?;
            }
            Ok(refuses)
        });
        task.run().succeeded();
        assert_eq!(pair.destination.refs(&[]), pair.source.refs(&[]));
        let pushes = server.seen().into_iter().filter(|head| head.target.ends_with("/git-receive-pack"));
        let lengths: Vec<_> = pushes.map(|head| head.framing()).collect();
        assert!(matches!(lengths.last(), Some(Framing::Length(3_000_000..))), "{lengths:?}");
    }
}

#[test]
fn a_server_that_refuses_a_push_of_known_length_early_is_heard() {
    let pair = large();
    let (_server, task) = into(&pair, |exchange| {
        if !exchange.is("POST", "/git-receive-pack") {
            return Ok(false);
        }
        if exchange.head.framing() == Framing::Length(4) {
            return Ok(false);
        }
        let status = if is_chunked_push(exchange) { "411 Length Required" } else { "402 Payment Required" };
        exchange.answer(status, &[("Content-Type", "text/plain")], b"over the quota\n")?;
        exchange.linger()?;
        Ok(true)
    });
    let error = task.run().failed();
    assert!(error.contains("402 Payment Required: over the quota"), "{error}");
}

#[test]
fn a_refusal_is_told_in_words_and_not_as_a_wrong_url() {
    for (status, words) in [
        ("400 Bad Request", "400 Request Header Or Cookie Too Large"),
        ("402 Payment Required", "exceeded its user limit"),
        ("405 Method Not Allowed", "Pushing over HTTP is disabled"),
        ("422 Unprocessable Entity", "strange request"),
        ("428 Precondition Required", "not so"),
        ("431 Request Header Fields Too Large", "too many fields"),
        ("451 Unavailable For Legal Reasons", "DMCA takedown"),
        ("494 Odd", "a number of our own"),
        ("505 HTTP Version Not Supported", "1.0 alone"),
        ("526 Odd", "bad certificate"),
    ] {
        let pair = small();
        let (server, task) = into(&pair, move |exchange| {
            exchange.body()?;
            exchange.answer(status, &[("Content-Type", "text/plain")], words.as_bytes()).map(|()| true)
        });
        let error = task.run().failed();
        assert!(error.contains(&status[..3]) && error.contains(words), "{error}");
        assert!(!error.contains("web site") && !error.contains("clone URL"), "{error}");
        assert_eq!(server.seen().len(), 1, "{status} does not pass by itself");
    }
}

#[test]
fn an_err_in_place_of_a_list_is_about_the_repository() {
    for (words, advice) in [
        ("Git repository not found", "spelling"),
        ("Service not enabled", "Let the owner"),
        ("FATAL: W any dst reader DENIED by fallthru\n(or you mis-spelled the reponame)", "spelling"),
        ("out of coffee", "spelling"),
    ] {
        let pair = small();
        let (_server, task) = into(&pair, move |exchange| {
            let kind = [("Content-Type", "application/x-git-receive-pack-advertisement")];
            let lines = [
                pkt(b"# service=git-receive-pack\n"),
                b"0000".to_vec(),
                pkt(&[b"ERR ", words.as_bytes()].concat()),
            ];
            exchange.answer("200 OK", &kind, &lines.concat()).map(|()| true)
        });
        let error = task.input("maxAttempts", "1").run().failed();
        assert!(error.contains(words.lines().next().unwrap()) && error.contains(advice), "{error}");
        assert!(!error.contains("excludeRefs"), "{error}");
    }
}

#[test]
fn a_server_of_files_alone_is_said_to_speak_dumb_http() {
    let pair = small();
    let (_server, task) = into(&pair, |exchange| {
        let list = format!("{}\trefs/heads/main\n", "0123456789".repeat(4));
        exchange.answer("200 OK", &[("Content-Type", "text/plain")], list.as_bytes()).map(|()| true)
    });
    let error = task.run().failed();
    assert!(
        error.contains("by Git's \"dumb\" HTTP protocol") && error.contains("git http-backend"),
        "{error}"
    );
    assert!(!error.contains("refs/heads/main") && !error.contains("456789"), "{error}");
}

#[test]
fn what_is_locked_is_asked_again() {
    for status in ["409 Conflict", "423 Locked", "425 Too Early", "521 Web Server Is Down"] {
        let pair = small();
        let was_locked = AtomicBool::new(false);
        let (_server, task) = into(&pair, move |exchange| {
            let locked = !was_locked.swap(true, Ordering::SeqCst);
            if locked {
                exchange.answer(status, &[], b"The repository is being moved.")?;
            }
            Ok(locked)
        });
        task.run().succeeded();
        assert_eq!(pair.destination.refs(&[]), pair.source.refs(&[]));
    }
}

#[test]
fn the_type_of_a_result_does_not_matter_where_git_speaks() {
    for kind in ["", "text/plain", "application/x-git-upload-pack-advertisement; charset=utf-8"] {
        let pair = small();
        pair.source.commit("topic", 2);
        let repositories = [pair.source.clone(), pair.destination.clone()];
        let server = Scripted::start(move |exchange| {
            let repository = &repositories[usize::from(exchange.head.target.starts_with("/destination"))];
            if exchange.head.method == "GET" {
                return exchange.as_git(repository, 2, |_, answer| answer);
            }
            let service = exchange.head.target.rsplit("/git-").next().unwrap_or_default().to_owned();
            let version = exchange.version();
            let body = exchange.body()?;
            let answer = rpc(repository, &service, version, Some(&body));
            let fields: &[_] = if kind.is_empty() { &[] } else { &[("Content-Type", kind)] };
            exchange.answer("200 OK", fields, &answer)
        });
        Task::new(&server.url("source"), &server.url("destination")).run().succeeded();
        assert_eq!(pair.destination.refs(&[]), pair.source.refs(&[]));
    }
}

#[test]
fn a_page_for_browsers_is_told_as_one() {
    let page = b"<html><title>Welcome to Contoso</title></html>";
    let pair = small();
    let (_server, task) = into(&pair, |exchange| {
        exchange.answer("200 OK", &[("Content-Type", "Text/HTML; charset=utf-8")], page).map(|()| true)
    });
    let error = task.run().failed();
    assert!(error.contains("Welcome to Contoso") && error.contains("not a page of its web site"), "{error}");
}

/// Compresses what Git answers, whatever was asked for.
fn compressed(exchange: &mut Exchange<'_>, repository: &Repository, coding: &str) -> io::Result<()> {
    let (version, target) = (exchange.version(), exchange.head.target.clone());
    let (answer, kind) = if let Some(service) = exchange.advertised_service().map(str::to_owned) {
        let refs = rpc(repository, service.trim_start_matches("git-"), version, None);
        (refs, format!("application/x-{service}-advertisement"))
    } else {
        let service = target.rsplit('/').next().unwrap_or_default();
        let body = exchange.body()?;
        let answer = rpc(repository, service.trim_start_matches("git-"), version, Some(&body));
        (answer, format!("application/x-{service}-result"))
    };
    let body = if coding == "deflate" {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&answer)?;
        encoder.finish()?
    } else {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&answer)?;
        encoder.finish()?
    };
    exchange.answer("200 OK", &[("Content-Type", &kind), ("Content-Encoding", coding)], &body)
}

#[test]
fn answers_that_are_compressed_unasked_are_read() {
    for coding in ["gzip", "x-gzip", "deflate"] {
        let pair = large();
        let repositories = [pair.source.clone(), pair.destination.clone()];
        let server = Scripted::start(move |exchange| {
            assert_eq!(exchange.head.header("accept-encoding"), Some("identity"));
            let repository = &repositories[usize::from(exchange.head.target.starts_with("/destination"))];
            compressed(exchange, repository, coding)
        });
        Task::new(&server.url("source"), &server.url("destination")).run().succeeded();
        assert_eq!(pair.destination.refs(&[]), pair.source.refs(&[]));
    }
}

/// Mirrors with a token into a server that refuses everything and asks for this.
fn refused(challenges: &'static [&'static str]) -> (Outcome, Scripted) {
    let pair = small();
    let (server, task) = into(&pair, |exchange| {
        exchange.body()?;
        let fields: Vec<_> = challenges.iter().map(|challenge| ("WWW-Authenticate", *challenge)).collect();
        exchange.answer("401 Unauthorized", &fields, b"401 Unauthorized\n").map(|()| true)
    });
    (task.destination_token("b4d-t0ken").run(), server)
}

#[test]
fn only_the_ways_to_sign_in_that_are_asked_for_are_tried() {
    for (challenges, expected) in [
        (&["bAsIc realm=\"a, Bearer b\""][..], &["Basic"; 3][..]),
        (&["Negotiate", "Basic realm=x, Bearer"], &["Basic", "Bearer", "Basic", "Basic"]),
        (&[], &["Basic", "Bearer", "Basic", "Basic"]),
    ] {
        let (outcome, server) = refused(challenges);
        let error = outcome.failed();
        assert!(error.contains("wrong or have expired"), "{error}");
        assert_eq!(error.matches("401 Unauthorized").count(), 1, "{error}");
        let sent = server.seen();
        let sent: Vec<_> =
            sent.iter().filter_map(|head| head.header("authorization")?.split(' ').next()).collect();
        assert_eq!(sent, expected, "{challenges:?}");
    }
}

#[test]
fn a_way_to_sign_in_that_the_task_lacks_is_named() {
    for challenges in [&["Negotiate", "NTLM"][..], &["Digest realm=\"Basic\", qop=\"auth,auth-int\""]] {
        let (outcome, server) = refused(challenges);
        let error = outcome.failed();
        let scheme = challenges[0].split(' ').next().unwrap();
        assert!(error.contains(&format!("asks for {scheme}")) && !error.contains("expired"), "{error}");
        assert_eq!(server.seen().len(), 1);
    }
}

#[test]
fn what_fails_at_another_way_in_does_not_hide_the_refusal() {
    let pair = small();
    let (_server, task) = into(&pair, |exchange| {
        if exchange.head.header("authorization").is_some_and(|value| value.starts_with("Basic")) {
            return exchange.answer("401 Unauthorized", &[], b"no such user").map(|()| true);
        }
        exchange.send(b"what?\r\n\r\n").map(|()| true)
    });
    let error = task.destination_token("b4d-t0ken").run().failed();
    assert!(error.contains("401 Unauthorized: no such user"), "{error}");
}

#[test]
fn a_destination_that_may_not_be_read_is_mirrored_into() {
    let pair = small();
    pair.destination.commit("gone", 2);
    pair.destination.git(&["symbolic-ref", "HEAD", "refs/heads/none"]);
    let (_server, task) = into(&pair, |exchange| {
        let reads = exchange.head.target.contains("git-upload-pack");
        if reads {
            exchange.answer("403 Forbidden", &[], b"may push, may not read")?;
        }
        Ok(reads)
    });
    let outcome = task.run();
    assert_eq!(outcome.succeeded().counts(), [1, 0, 1, 0, 0]);
    assert!(outcome.text.contains("may be pushed to and not read"), "{}", outcome.text);
    assert_eq!(pair.destination.refs(&[]), pair.source.refs(&[]));
}

/// Sends a piece over and over, until the client has gone.
fn drip(exchange: &mut Exchange<'_>, piece: &[u8]) -> io::Result<()> {
    loop {
        exchange.send(piece)?;
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_head_without_an_end_is_not_waited_for() {
    for (begin, piece) in [("HTTP/1.1 200 OK\r\n", "X: y\r\n"), ("", "HTTP/1.1 100 Continue\r\n\r\n")] {
        let pair = small();
        let (_server, task) = into(&pair, move |exchange| {
            exchange.send(begin.as_bytes())?;
            drip(exchange, piece.as_bytes()).map(|()| true)
        });
        let begun = Instant::now();
        let error = task.input("stallTimeoutSeconds", "1").input("maxAttempts", "1").run().failed();
        assert!(error.contains("destination") && begun.elapsed() < Duration::from_secs(60), "{error}");
    }
}

#[test]
fn trailers_without_an_end_cost_two_seconds() {
    let pair = small();
    let dripped = Arc::new(AtomicBool::new(false));
    let (repository, has_dripped) = (pair.destination.clone(), Arc::clone(&dripped));
    let (_server, task) = into(&pair, move |exchange| {
        if exchange.advertised_service().is_none() || dripped.swap(true, Ordering::SeqCst) {
            return Ok(false);
        }
        let refs = rpc(&repository, "receive-pack", 0, None);
        let service = b"001f# service=git-receive-pack\n0000";
        let kind = "Content-Type: application/x-git-receive-pack-advertisement";
        let head = format!("HTTP/1.1 200 OK\r\n{kind}\r\nTransfer-Encoding: chunked\r\n\r\n");
        let size = format!("{:x}\r\n", service.len() + refs.len());
        exchange.send(&[head.as_bytes(), size.as_bytes(), service, &refs, b"\r\n0\r\n"].concat())?;
        drip(exchange, b"X: y\r\n").map(|()| true)
    });
    let begun = Instant::now();
    task.run().succeeded();
    assert!(has_dripped.load(Ordering::SeqCst) && begun.elapsed() < Duration::from_secs(30));
    assert_eq!(pair.destination.refs(&[]), pair.source.refs(&[]));
}
