//! The rules that keep a destination right whatever breaks: nothing is applied unless the source's pack is whole,
//! and nothing is believed of a push but what the destination lists afterwards.

use crate::support::git::{Refs, Repository, rpc};
use crate::support::git_server::{Protocol, Request};
use crate::support::recorded::{Recorded, contains, in_both_protocols};
use crate::support::scripted::{Exchange, Scripted, pkt, pkts};
use crate::support::task::{Outcome, Task};

/// The size of a history, against the limit below which a push is sent in one piece.
#[derive(Clone, Copy)]
enum Size {
    Small,
    Large,
}

/// How the connection ends after the bytes of an answer.
#[derive(Clone, Copy)]
enum Ending {
    /// As HTTP says.
    Clean,
    /// Before the announced length.
    Cut,
}

/// A source that serves a repository but changes the packets of the answer that holds the pack.
fn source(
    repository: &Repository,
    newest: u8,
    ending: Ending,
    change: impl Fn(Vec<Vec<u8>>) -> Vec<Vec<u8>> + Send + Sync + 'static,
) -> Scripted {
    let repository = repository.clone();
    Scripted::start(move |exchange| {
        if !exchange.is("POST", "/git-upload-pack") {
            return exchange.as_git(&repository, newest, |_, answer| answer);
        }
        let version = exchange.version().min(newest);
        let request = exchange.body()?;
        let mut answer = rpc(&repository, "upload-pack", version, Some(&request));
        let mut missing = 0;
        if contains(&request, b"want ") {
            answer = change(pkts(&answer)).concat();
            missing = if let Ending::Cut = ending { 1000 } else { 0 };
        }
        let fields = [("Content-Type", "application/x-git-upload-pack-result")];
        exchange.begin("200 OK", &fields, Some(answer.len() + missing))?;
        exchange.send(&answer)
    })
}

/// Mirrors from a faulty source, small and large, v2 and v0, into a real destination that applies a push as soon as it
/// is whole. Expects a failure that names the source, a destination as before, and hands each outcome to `check`.
fn expect_nothing_applied(
    ending: Ending,
    change: impl Fn(Vec<Vec<u8>>) -> Vec<Vec<u8>> + Copy + Send + Sync + 'static,
    check: impl Fn(&str, &Outcome),
) {
    for newest in [2, 0] {
        for size in [Size::Small, Size::Large] {
            let mut pair = Recorded::start(Protocol::V2);
            pair.source.commit("main", 150);
            if let Size::Large = size {
                pair.source.commit_noise("main", 3_000_000);
            }
            pair.destination.commit("other", 2);
            let before = pair.destination.refs(&[]);
            let source = source(&pair.source, newest, ending, change);
            let outcome = Task::new(&source.url("source"), &pair.destination_url()).run();
            let error = outcome.failed();
            assert!(error.contains("source"), "{error}");
            check(&error, &outcome);
            pair.settle();
            assert_eq!(pair.destination.refs(&[]), before, "{error}");
            pair.destination.fsck();
        }
    }
}

fn is_pack(packet: &[u8]) -> bool {
    packet.len() > 5 && packet[4] == 1
}

const FLUSH: &[u8] = b"0000";

fn band_3() -> Vec<u8> {
    pkt(b"\x03aborting due to possible repository corruption on the remote side.\n")
}

#[test]
fn an_error_after_the_whole_pack_applies_nothing() {
    let change = |mut packets: Vec<Vec<u8>>| {
        let end = packets.iter().rposition(|packet| is_pack(packet)).unwrap();
        packets.insert(end + 1, band_3());
        packets
    };
    let check =
        |error: &str, _: &Outcome| assert!(error.contains("possible repository corruption"), "{error}");
    expect_nothing_applied(Ending::Clean, change, check);
}

#[test]
fn an_error_behind_the_last_byte_applies_nothing() {
    let change = |mut packets: Vec<Vec<u8>>| {
        let end = packets.iter().rposition(|packet| is_pack(packet)).unwrap();
        let data = packets[end][5..].to_vec();
        let (most, last) = data.split_at(data.len() - 1);
        let bands = [most, last].map(|part| pkt(&[b"\x01", part].concat()));
        packets.splice(end.., bands.into_iter().chain([band_3()]));
        packets
    };
    expect_nothing_applied(Ending::Clean, change, |_, _| ());
}

#[test]
fn a_whole_pack_without_the_flush_packet_applies_nothing() {
    let change = |mut packets: Vec<Vec<u8>>| {
        assert_eq!(packets.pop().unwrap(), FLUSH);
        packets
    };
    expect_nothing_applied(Ending::Clean, change, |_, _| ());
    expect_nothing_applied(Ending::Cut, change, |_, _| ());
}

#[test]
fn an_error_in_the_middle_of_the_pack_applies_nothing() {
    let change = |packets: Vec<Vec<u8>>| {
        let first = packets.iter().position(|packet| is_pack(packet)).unwrap();
        let mut packets = packets[..=first].to_vec();
        let half = 5 + (packets[first].len() - 5) / 2;
        packets[first] = pkt(&packets[first][4..half]);
        packets.push(band_3());
        packets
    };
    expect_nothing_applied(Ending::Clean, change, |_, _| ());
}

#[test]
fn a_pack_that_ends_in_the_middle_of_a_packet_applies_nothing() {
    let change = |mut packets: Vec<Vec<u8>>| {
        let end = packets.iter().rposition(|packet| is_pack(packet)).unwrap();
        let half = packets[end].len() / 2;
        packets[end].truncate(half);
        packets.truncate(end + 1);
        packets
    };
    expect_nothing_applied(Ending::Clean, change, |_, _| ());
    expect_nothing_applied(Ending::Cut, change, |_, _| ());
}

#[test]
fn a_bit_that_flipped_on_the_way_applies_nothing() {
    let change = |mut packets: Vec<Vec<u8>>| {
        let first = packets.iter().position(|packet| is_pack(packet)).unwrap();
        let place = packets[first].len() / 2;
        packets[first][place] ^= 4;
        packets
    };
    let check = |error: &str, _: &Outcome| assert!(error.contains("checksum"), "{error}");
    expect_nothing_applied(Ending::Clean, change, check);
}

#[test]
fn bytes_after_the_pack_apply_nothing() {
    let change = |mut packets: Vec<Vec<u8>>| {
        let end = packets.iter().rposition(|packet| is_pack(packet)).unwrap();
        packets.insert(end + 1, pkt(b"\x01more than the pack"));
        packets
    };
    expect_nothing_applied(Ending::Clean, change, |_, _| ());
}

#[test]
fn keep_alives_between_the_packets_are_passed_over() {
    for newest in [2, 0] {
        let pair = Recorded::start(Protocol::V2);
        pair.source.commit("main", 150);
        pair.source.commit_noise("main", 3_000_000);
        let source = source(&pair.source, newest, Ending::Clean, |packets| {
            let mut changed = Vec::new();
            for packet in packets {
                let pack = is_pack(&packet);
                if pack {
                    changed.extend([pkt(b"\x01"), pkt(b"\x02")]);
                }
                changed.push(packet);
                if pack {
                    changed.push(pkt(b"\x01"));
                }
            }
            changed
        });
        let outcome = Task::new(&source.url("source"), &pair.destination_url()).run();
        assert_eq!(outcome.succeeded().counts(), [1, 0, 0, 0, 0]);
        assert_eq!(pair.destination.refs(&[]), pair.source.refs(&[]));
        pair.destination.fsck();
    }
}

#[test]
fn no_push_is_opened_before_the_first_byte_of_pack() {
    let change = |packets: Vec<Vec<u8>>| {
        let first = packets.iter().position(|packet| is_pack(packet)).unwrap();
        let keep_alive = [pkt(b"\x02Counting objects\r"), pkt(b"\x01"), pkt(b"\x01")];
        packets[..first].iter().cloned().chain(keep_alive).chain([band_3()]).collect()
    };
    for newest in [2, 0] {
        let mut pair = Recorded::start(Protocol::V2);
        pair.source.commit("main", 150);
        let source = source(&pair.source, newest, Ending::Clean, change);
        Task::new(&source.url("source"), &pair.destination_url()).run().failed();
        pair.settle();
        assert!(!pair.requests().iter().any(Request::is_push));
    }
}

#[test]
fn an_empty_answer_is_an_error_and_not_an_empty_repository() {
    for part in ["ls-refs", "fetch"] {
        let pair = Recorded::start(Protocol::V2);
        pair.source.commit("main", 3);
        pair.destination.commit("other", 2);
        pair.destination.git(&["symbolic-ref", "HEAD", "refs/heads/none"]);
        let before = pair.destination.refs(&[]);
        let repository = pair.source.clone();
        let source = Scripted::start(move |exchange| {
            let command = format!("command={part}");
            exchange.as_git(&repository, 2, |request, answer| {
                if contains(request, command.as_bytes()) { Vec::new() } else { answer }
            })
        });
        let task = Task::new(&source.url("source"), &pair.destination_url());
        let error = task.input("allowEmptySource", "true").run().failed();
        assert!(error.contains("source"), "{error}");
        assert_eq!(pair.destination.refs(&[]), before);
    }
}

/// What a destination does with a push.
type Answer = fn(&mut Exchange<'_>, &Repository) -> std::io::Result<()>;

/// Mirrors into a destination that answers pushes by a script.
fn push_to(answer: Answer) -> (Outcome, Recorded) {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 3);
    pair.destination.commit("gone", 2);
    pair.destination.git(&["symbolic-ref", "HEAD", "refs/heads/none"]);
    let repository = pair.destination.clone();
    let destination = Scripted::start(move |exchange| {
        if exchange.is("POST", "/git-receive-pack") {
            return answer(exchange, &repository);
        }
        exchange.as_git(&repository, 2, |_, answer| answer)
    });
    let outcome = Task::new(&pair.source_url(), &destination.url("destination")).run();
    (outcome, pair)
}

fn apply(exchange: &mut Exchange<'_>, repository: &Repository) -> std::io::Result<Vec<u8>> {
    let request = exchange.body()?;
    Ok(rpc(repository, "receive-pack", 0, Some(&request)))
}

const RESULT: &[(&str, &str)] = &[("Content-Type", "application/x-git-receive-pack-result")];

#[test]
fn a_push_that_was_applied_is_a_success_whatever_was_answered() {
    let answers: [Answer; 4] = [
        |exchange, repository| {
            apply(exchange, repository)?;
            exchange.answer("504 Gateway Time-out", &[("Content-Type", "text/html")], b"<html>504</html>")
        },
        // Nothing at all.
        |exchange, repository| apply(exchange, repository).map(drop),
        |exchange, repository| {
            apply(exchange, repository)?;
            exchange.answer("200 OK", RESULT, b"")
        },
        |exchange, repository| {
            let report = apply(exchange, repository)?;
            exchange.answer("200 OK", RESULT, &report[..report.len() / 2])
        },
    ];
    for answer in answers {
        let (outcome, pair) = push_to(answer);
        assert_eq!(outcome.succeeded().counts(), [1, 0, 1, 0, 0], "{}", outcome.text);
        assert_eq!(pair.destination.refs(&[]), pair.source.refs(&[]));
    }
}

#[test]
fn an_unapplied_push_fails_whatever_the_answer() {
    let answers: [Answer; 4] = [
        |exchange, _| {
            exchange.body()?;
            exchange.answer("502 Bad Gateway", &[("Content-Type", "text/html")], b"<html>502</html>")
        },
        |exchange, _| exchange.body().map(drop),
        |exchange, _| {
            exchange.body()?;
            exchange.answer("200 OK", RESULT, b"")
        },
        // A report that is not true.
        |exchange, _| {
            exchange.body()?;
            let lines = ["unpack ok\n", "ok refs/heads/gone\n", "ok refs/heads/main\n"];
            let lines = lines.map(|line| pkt(line.as_bytes())).concat();
            let report = [pkt(&[b"\x01", lines.as_slice(), FLUSH].concat()), FLUSH.to_vec()].concat();
            exchange.answer("200 OK", RESULT, &report)
        },
    ];
    for answer in answers {
        let (outcome, pair) = push_to(answer);
        let error = outcome.failed();
        assert!(error.contains("destination"), "{error}");
        let names: Vec<_> = pair.destination.refs(&[]).into_keys().collect();
        assert_eq!(names, ["refs/heads/gone"]);
    }
}

#[test]
fn a_failed_listing_after_the_push_fails_the_run() {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 3);
    let repository = pair.destination.clone();
    let pushed = std::sync::atomic::AtomicBool::new(false);
    let destination = Scripted::start(move |exchange| {
        if exchange.is("POST", "/git-receive-pack") {
            pushed.store(true, std::sync::atomic::Ordering::SeqCst);
        } else if pushed.load(std::sync::atomic::Ordering::SeqCst) {
            return exchange.answer("403 Forbidden", &[], b"no more");
        }
        exchange.as_git(&repository, 2, |_, answer| answer)
    });
    let outcome = Task::new(&pair.source_url(), &destination.url("destination")).run();
    let error = outcome.failed();
    assert!(error.contains("destination") && error.contains("not known"), "{error}");
}

#[test]
fn only_selected_names_are_pushed_each_once_and_deletions_first() {
    in_both_protocols(|pair| {
        let tip = pair.source.commit("main", 3);
        for name in ["refs/stash", "refs/pull/1/head", "refs/changes/01/1/1", "refs/heads/b", "refs/tags/v1"]
        {
            pair.source.set(name, &tip);
        }
        pair.source.git(&["symbolic-ref", "refs/heads/alias", "refs/heads/main"]);
        pair.source.git(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/heads/main"]);
        pair.destination.commit("z", 1);
        pair.destination.commit("main", 1);
        pair.task().run().succeeded();
        let pushed: Vec<_> = pair.requests().iter().flat_map(Request::pushed_refs).collect();
        let expected =
            ["refs/heads/z", "refs/heads/alias", "refs/heads/b", "refs/heads/main", "refs/tags/v1"];
        assert_eq!(pushed, expected);
    });
}

#[test]
fn a_ref_that_somebody_else_moves_during_the_run_is_left_alone() {
    for delete in [false, true] {
        let pair = Recorded::start(Protocol::V2);
        pair.source.commit("main", 3);
        pair.source.commit("moving", 3);
        pair.task().run().succeeded();
        if delete {
            pair.source.delete("refs/heads/moving");
        } else {
            pair.source.commit("moving", 1);
        }
        pair.source.commit("main", 1);
        let theirs = pair.destination.git(&["rev-parse", "moving~1"]);
        let (repository, value) = (pair.destination.clone(), theirs.clone());
        let destination = Scripted::start(move |exchange| {
            if exchange.is("POST", "/git-receive-pack") {
                repository.set("refs/heads/moving", &value);
            }
            exchange.as_git(&repository, 2, |_, answer| answer)
        });
        let outcome = Task::new(&pair.source_url(), &destination.url("destination")).run();
        let error = outcome.failed();
        assert!(error.contains("refs/heads/moving"), "{error}");
        let mut expected = pair.source.refs(&["refs/heads/main"]);
        expected.insert("refs/heads/moving".to_owned(), theirs);
        assert_eq!(pair.destination.refs(&[]), expected);
    }
}

#[test]
fn the_true_old_value_goes_with_every_command() {
    in_both_protocols(|pair| {
        pair.source.commit("main", 3);
        let main = pair.destination.commit("main", 9);
        let gone = pair.destination.commit("gone", 1);
        pair.source.commit("new", 1);
        pair.task().run().succeeded();
        let push = pair.requests().into_iter().find(Request::is_push).unwrap();
        let zero = "0".repeat(40);
        let new = pair.source.refs(&[]);
        for command in [
            format!("{gone} {zero} refs/heads/gone"),
            format!("{main} {} refs/heads/main", new["refs/heads/main"]),
            format!("{zero} {} refs/heads/new", new["refs/heads/new"]),
        ] {
            assert!(contains(&push.body, command.as_bytes()), "{command}");
        }
    });
}

#[test]
fn a_source_that_fails_while_it_lists_changes_nothing() {
    let answers = ["401 Unauthorized", "403 Forbidden", "404 Not Found", "500 Internal Server Error"];
    for answer in answers {
        let pair = Recorded::start(Protocol::V2);
        pair.destination.commit("main", 2);
        let source = Scripted::start(move |exchange| exchange.answer(answer, &[], b"no\n"));
        let error = Task::new(&source.url("source"), &pair.destination_url()).run().failed();
        assert!(error.contains("source") && error.contains(&answer[..3]), "{error}");
        assert_ne!(pair.destination.refs(&[]), Refs::new());
        assert!(!pair.requests().iter().any(Request::is_push));
    }
}

#[test]
fn a_renamed_branch_takes_an_empty_pack_and_a_deletion_none() {
    in_both_protocols(|pair| {
        pair.source.commit("main", 4);
        pair.source.commit("before", 4);
        pair.task().run().succeeded();
        pair.requests();

        pair.source.git(&["branch", "-m", "before", "after"]);
        assert_eq!(pair.task().run().succeeded().counts(), [1, 0, 1, 0, 1]);
        let requests = pair.requests();
        assert!(!requests.iter().any(Request::asks_for_pack));
        let push = requests.iter().find(|request| request.is_push()).unwrap();
        assert_eq!(push.pushed_refs(), ["refs/heads/before", "refs/heads/after"]);
        assert!(
            push.body
                .ends_with(b"\x9d\x08\x82\x3b\xd8\xa8\xea\xb5\x10\xad\x6a\xc7\x5c\x82\x3c\xfd\x3e\xd3\x1e")
        );

        pair.source.delete("refs/heads/after");
        assert_eq!(pair.task().run().succeeded().counts(), [0, 0, 1, 0, 1]);
        let push = pair.requests().into_iter().find(Request::is_push).unwrap();
        assert!(push.body.ends_with(b"0000"), "no pack follows the commands");
        assert_eq!(pair.destination.refs(&[]), pair.source.refs(&[]));
    });
}
