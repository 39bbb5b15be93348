//! How long a run waits for a server: as long as its inputs say, and not longer.

use std::io;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::git::{Refs, Repository, rpc};
use crate::support::git_server::Protocol;
use crate::support::recorded::{Recorded, contains};
use crate::support::relay::unanswering;
use crate::support::scripted::{Exchange, Scripted, pkt};
use crate::support::task::{Outcome, Task};

/// The stall limit of these runs, and a time beyond it.
const STALL: &str = "1";
const LONGER: Duration = Duration::from_millis(2500);

/// A run that lets no connection stand still for long, and does not try twice.
fn impatient(source: &str, destination: &str) -> Task {
    Task::new(source, destination).input("stallTimeoutSeconds", STALL).input("maxAttempts", "1")
}

#[test]
fn a_pushs_report_is_waited_for_longer_than_a_stall() {
    for (commits, counts) in [(0, [0, 0, 1, 0, 1]), (1, [0, 1, 1, 0, 0])] {
        let pair = Recorded::start(Protocol::V2);
        pair.source.commit("main", 2);
        pair.task().run().succeeded();
        pair.destination.commit("gone", 1);
        if commits > 0 {
            pair.source.commit("main", commits);
        }
        let repository = pair.destination.clone();
        let destination = Scripted::start(move |exchange| {
            if exchange.is("POST", "/git-receive-pack") {
                thread::sleep(LONGER);
            }
            exchange.as_git(&repository, 2, |_, answer| answer)
        });
        let outcome = impatient(&pair.source_url(), &destination.url("destination")).run();
        assert_eq!(outcome.succeeded().counts(), counts);
        assert_eq!(pair.destination.refs(&[]), pair.source.refs(&[]));
    }
}

/// Runs, and expects a failure soon after the limit.
#[track_caller]
fn expect_soon(task: &Task) -> Outcome {
    let watch = Instant::now();
    let outcome = task.run();
    let taken = watch.elapsed();
    assert!(outcome.failed().contains("timed out"), "{}", outcome.text);
    assert!(taken > Duration::from_secs(1) && taken < Duration::from_secs(15), "{taken:?}\n{}", outcome.text);
    outcome
}

const PACK: &[(&str, &str)] = &[("Content-Type", "application/x-git-upload-pack-result")];

#[test]
fn a_source_that_stalls_in_listing_or_pack_ends_the_run() {
    for part in [None, Some("command=ls-refs"), Some("command=fetch")] {
        let pair = Recorded::start(Protocol::V2);
        pair.source.commit("main", 150);
        let repository = pair.source.clone();
        let source = Scripted::start(move |exchange| {
            if exchange.head.method == "GET" {
                return if part.is_some() {
                    exchange.as_git(&repository, 2, |_, answer| answer)
                } else {
                    exchange.wait_for_end()
                };
            }
            let request = exchange.body()?;
            let answer = rpc(&repository, "upload-pack", 2, Some(&request));
            exchange.begin("200 OK", PACK, Some(answer.len()))?;
            if part.is_some_and(|part| contains(&request, part.as_bytes())) {
                exchange.send(&answer[..answer.len() / 2])?;
                return exchange.wait_for_end();
            }
            exchange.send(&answer)
        });
        let outcome = expect_soon(&impatient(&source.url("source"), &pair.destination_url()));
        assert!(outcome.failed().contains("source"), "{}", outcome.text);
        assert_eq!(pair.destination.refs(&[]), Refs::new());
    }
}

/// Serves a repository, and does this before the first byte of each pack.
fn holding_back(
    repository: &Repository,
    hold: impl Fn(&mut Exchange<'_>) -> io::Result<()> + Send + Sync + 'static,
) -> Scripted {
    let repository = repository.clone();
    Scripted::start(move |exchange| {
        if exchange.head.method == "GET" {
            return exchange.as_git(&repository, 2, |_, answer| answer);
        }
        let request = exchange.body()?;
        let answer = rpc(&repository, "upload-pack", 2, Some(&request));
        exchange.begin("200 OK", PACK, None)?;
        let begin = b"000dpackfile\n";
        let Some(rest) = answer.strip_prefix(begin) else { return exchange.send(&answer) };
        exchange.send(begin)?;
        hold(exchange)?;
        exchange.send(rest)
    })
}

#[test]
fn keep_alives_of_a_counting_source_are_signs_of_life() {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 150);
    let source = holding_back(&pair.source, |exchange| {
        for _ in 0..6 {
            exchange.send(&pkt(b"\x01"))?;
            thread::sleep(Duration::from_millis(400));
        }
        Ok(())
    });
    let watch = Instant::now();
    impatient(&source.url("source"), &pair.destination_url()).run().succeeded();
    assert!(watch.elapsed() > Duration::from_secs(2));
    assert_eq!(pair.destination.refs(&[]), pair.source.refs(&[]));
}

#[test]
fn keep_alives_of_a_source_that_sends_nothing_else_end() {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 2);
    let source = holding_back(&pair.source, |exchange| {
        loop {
            exchange.send(&pkt(b"\x01"))?;
            thread::sleep(Duration::from_millis(300));
        }
    });
    let watch = Instant::now();
    let outcome = impatient(&source.url("source"), &pair.destination_url()).run();
    // Sixty stalls.
    assert!(outcome.failed().contains("timed out: no more than"), "{}", outcome.text);
    assert!(watch.elapsed() > Duration::from_secs(59) && watch.elapsed() < Duration::from_secs(90));
    assert_eq!(pair.destination.refs(&[]), Refs::new());
}

#[test]
fn a_destination_that_stops_reading_ends_the_run() {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 2);
    pair.source.git(&["config", "core.compression", "0"]);
    pair.source.commit_noise("main", 16_000_000);
    let repository = pair.destination.clone();
    let destination = Scripted::start(move |exchange| {
        let chunked = exchange.head.header("transfer-encoding").is_some();
        if !(exchange.is("POST", "/git-receive-pack") && chunked) {
            return exchange.as_git(&repository, 2, |_, answer| answer);
        }
        exchange.skip_body(200_000)?;
        // Longer than both pushes take: as a stream and from a file.
        thread::sleep(Duration::from_secs(15));
        Ok(())
    });
    let task = impatient(&pair.source_url(), &destination.url("destination"));
    // The source, too, has to begin within that time.
    let outcome = expect_soon(&task.input("stallTimeoutSeconds", "2"));
    assert!(outcome.failed().contains("destination"), "{}", outcome.text);
    assert_eq!(outcome.left, Vec::<String>::new(), "the file that the pack went through is gone");
    assert_eq!(pair.destination.refs(&[]), Refs::new());
}

#[test]
fn a_server_of_both_sides_with_one_worker_is_not_waited_for() {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 2);
    pair.source.git(&["config", "core.compression", "0"]);
    pair.source.commit_noise("main", 16_000_000);
    let (source, destination) = (pair.source.clone(), pair.destination.clone());
    let worker = Mutex::new(());
    let server = Scripted::start(move |exchange| {
        let _busy = worker.lock();
        let repository = if exchange.head.target.starts_with("/source") { &source } else { &destination };
        exchange.as_git(repository, 2, |_, answer| answer)
    });
    let task = impatient(&server.url("source"), &server.url("destination"));
    // Longer than the pause by which standing still is told from being slow.
    task.input("stallTimeoutSeconds", "6").run().succeeded();
    assert_eq!(pair.destination.refs(&[]), pair.source.refs(&[]));
    pair.destination.fsck();
}

#[test]
fn connecting_is_given_up_after_its_own_limit() {
    let pair = Recorded::start(Protocol::V2);
    let (address, _queue) = unanswering();
    for url in [format!("http://{address}/r"), format!("https://{address}/r")] {
        let task = Task::new(&pair.source_url(), &url).input("connectTimeoutSeconds", "1");
        let outcome = expect_soon(&task.input("maxAttempts", "1"));
        assert!(outcome.failed().contains("connect"), "{}", outcome.text);
    }
}
