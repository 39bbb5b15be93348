//! A source that knows no side-band, as servers made with go-git: the pack follows the `NAK` as it is, and nothing is
//! applied unless its trailer fits and the answer came to its end.

use crate::support::git::{Repository, rpc};
use crate::support::git_server::Protocol;
use crate::support::recorded::{Recorded, contains};
use crate::support::scripted::{Scripted, pkt, pkts};
use crate::support::task::{Outcome, Task};

/// What goes before the pack.
const NAK: &[u8] = b"0008NAK\n";

/// How the end of the answer is marked.
#[derive(Clone, Copy, Debug)]
enum Length {
    /// By the length of what is sent.
    Right,
    /// By a length that is never reached.
    TooLarge,
    /// By the end of the connection.
    Unknown,
}

/// A source that offers what go-git does. `change` gets the answer that holds the pack.
fn source(
    repository: &Repository,
    length: Length,
    change: impl Fn(Vec<u8>) -> Vec<u8> + Send + Sync + 'static,
) -> Scripted {
    let repository = repository.clone();
    Scripted::start(move |exchange| {
        if exchange.advertised_service().is_some() {
            let refs = rpc(&repository, "upload-pack", 0, None);
            let mut lines = pkts(&refs);
            let nul = lines[0].iter().position(|byte| *byte == 0).unwrap();
            let offered = b"\0agent=go-git/5.x ofs-delta symref=HEAD:refs/heads/main\n";
            lines[0] = pkt(&[&lines[0][4..nul], offered].concat());
            let body = [pkt(b"# service=git-upload-pack\n"), b"0000".to_vec(), lines.concat()].concat();
            let fields = [("Content-Type", "application/x-git-upload-pack-advertisement")];
            return exchange.answer("200 OK", &fields, &body);
        }
        let request = exchange.body()?;
        assert!(!contains(&request, b"side-band"));
        let answer = rpc(&repository, "upload-pack", 0, Some(&request));
        assert!(answer.starts_with(NAK));
        let answer = change(answer);
        let length = match length {
            Length::Right => Some(answer.len()),
            Length::TooLarge => Some(answer.len() + 1000),
            Length::Unknown => None,
        };
        let fields = [("Content-Type", "application/x-git-upload-pack-result")];
        exchange.begin("200 OK", &fields, length)?;
        exchange.send(&answer)
    })
}

fn pair(noise: u64) -> Recorded {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 20);
    if noise > 0 {
        pair.source.commit_noise("main", noise);
    }
    pair
}

/// Mirrors, and expects a failure that names the source and a destination as before.
fn expect_nothing_applied(
    length: Length,
    noise: u64,
    change: impl Fn(Vec<u8>) -> Vec<u8> + Send + Sync + 'static,
) -> Outcome {
    let mut pair = pair(noise);
    pair.destination.commit("other", 2);
    let before = pair.destination.refs(&[]);
    let source = source(&pair.source, length, change);
    let task = Task::new(&source.url("source"), &pair.destination_url()).input("maxAttempts", "1");
    let outcome = task.run();
    let error = outcome.failed();
    assert!(error.contains("cannot get the pack of source"), "{error}");
    pair.settle();
    assert_eq!(pair.destination.refs(&[]), before, "{error}");
    pair.destination.fsck();
    outcome
}

#[test]
fn a_source_without_side_band_is_mirrored() {
    for (length, noise) in [(Length::Right, 0), (Length::Right, 3_000_000), (Length::Unknown, 3_000_000)] {
        let pair = pair(noise);
        let source = source(&pair.source, length, |answer| answer);
        let outcome = Task::new(&source.url("source"), &pair.destination_url()).run();
        assert_eq!(outcome.succeeded().counts(), [1, 0, 0, 0, 0]);
        assert_eq!(pair.destination.refs(&[]), pair.source.refs(&[]));
        pair.destination.fsck();
    }
}

#[test]
fn a_bare_pack_cut_anywhere_applies_nothing() {
    for length in [Length::Right, Length::TooLarge, Length::Unknown] {
        // In its header, at its first object, and within and before its trailer.
        for kept in [NAK.len(), NAK.len() + 3, NAK.len() + 40] {
            expect_nothing_applied(length, 0, move |answer| answer[..kept].to_vec());
        }
        for missing in [1, 20, 500_000] {
            expect_nothing_applied(length, 1_000_000, move |answer| {
                answer[..answer.len() - missing].to_vec()
            });
        }
    }
}

#[test]
fn a_whole_bare_pack_in_an_answer_cut_short_applies_nothing() {
    expect_nothing_applied(Length::TooLarge, 0, |answer| answer);
    expect_nothing_applied(Length::TooLarge, 3_000_000, |answer| answer);
}

#[test]
fn a_changed_or_longer_bare_pack_applies_nothing() {
    for length in [Length::Right, Length::Unknown] {
        expect_nothing_applied(length, 1_000_000, |mut answer| {
            let place = answer.len() / 2;
            answer[place] ^= 4;
            answer
        });
        expect_nothing_applied(length, 0, |answer| [answer, pkt(b"ERR and an error behind it\n")].concat());
    }
}
