//! Servers that mean harm: bounded memory and time, a clear message, and nothing that the agent obeys.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::support::git::{Refs, rpc};
use crate::support::git_server::Protocol;
use crate::support::recorded::{Recorded, contains};
use crate::support::scripted::{Exchange, Scripted, pkt};
use crate::support::task::{Outcome, Task};

const EVIL: &str = "x\r##vso[task.complete result=Succeeded]y\n##vso[task.setvariable variable=evil]1\r\n\
    ##[error]no\x1b[31m\u{202e}\u{2066}\0##vso[task.prependpath]/evil";

/// Expects that the log holds the task's own commands only, and no character that hides or turns what is beside it.
#[track_caller]
fn expect_obeyed_by_nobody(outcome: &Outcome) {
    outcome.result();
    for command in &outcome.commands {
        let own = [
            "task.complete",
            "task.logissue",
            "task.setvariable",
            "task.setprogress",
            "task.setsecret",
            "task.uploadsummary",
            "task.addattachment",
        ];
        assert!(own.contains(&command.name.as_str()), "{command:?}");
        assert_ne!(command.properties.get("variable").map(String::as_str), Some("evil"));
    }
    for line in &outcome.log {
        let own = ["##[section]", "##[group]", "##[endgroup]", "##[warning]"]
            .iter()
            .any(|own| line.starts_with(own));
        assert!(own || !line.contains("##["), "{line:?}");
    }
    let hidden = |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{2069}').contains(&c);
    assert!(!outcome.text.contains(hidden), "{:?}", outcome.text);
}

fn mirror_from(answer: impl Fn(&mut Exchange<'_>) -> io::Result<()> + Send + Sync + 'static) -> Outcome {
    let pair = Recorded::start(Protocol::V2);
    pair.destination.commit("main", 2);
    let before = pair.destination.refs(&[]);
    let source = Scripted::start(answer);
    let watch = Instant::now();
    let task = Task::new(&source.url("source"), &pair.destination_url()).input("maxAttempts", "1");
    let outcome = task.input("stallTimeoutSeconds", "2").variable("SYSTEM_DEBUG", "false").run();
    assert!(watch.elapsed() < Duration::from_secs(60), "{:?}", watch.elapsed());
    assert_eq!(pair.destination.refs(&[]), before);
    expect_obeyed_by_nobody(&outcome);
    outcome
}

/// A source that answers the first request with these bytes.
fn mirror_from_advertisement(body: Vec<u8>) -> Outcome {
    let fields = [("Content-Type", "application/x-git-upload-pack-advertisement")];
    mirror_from(move |exchange| exchange.answer("200 OK", &fields, &body))
}

#[test]
fn no_text_of_a_server_is_obeyed_wherever_it_stands() {
    let service = pkt(b"# service=git-upload-pack\n");
    let id = "a".repeat(40);
    let line = |text: String| [service.as_slice(), b"0000", &pkt(text.as_bytes()), b"0000"].concat();
    for body in [
        pkt(format!("ERR {EVIL}").as_bytes()),
        line(format!("ERR {EVIL}")),
        line(format!("{id} refs/heads/{EVIL}\0agent={EVIL}")),
        line(format!("{id} refs/heads/##vso\u{202e}x\0object-format={EVIL}")),
        line(EVIL.to_owned()),
        [pkt(b"version 2\n"), pkt(EVIL.as_bytes()), pkt(b"object-format=##[error]"), b"0000".to_vec()]
            .concat(),
        EVIL.as_bytes().to_vec(),
    ] {
        mirror_from_advertisement(body).failed();
    }
    let words = EVIL.as_bytes();
    for (status, kind) in [("403 Forbidden", "text/plain"), ("200 ##vso[task.debug]x", "##vso[task.debug]")] {
        mirror_from(move |exchange| exchange.answer(status, &[("Content-Type", kind)], words)).failed();
    }
    let to = "http://127.0.0.1/##vso[task.setvariable variable=evil]1";
    mirror_from(move |exchange| exchange.answer("302 Found", &[("Location", to)], b"")).failed();
}

#[test]
fn a_servers_texts_are_shown_and_never_obeyed() {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 3);
    let (from, to) = (pair.source.clone(), pair.destination.clone());
    let server = Scripted::start(move |exchange| {
        let repository = if exchange.head.target.contains("source") { &from } else { &to };
        if exchange.is("POST", "/git-receive-pack") {
            exchange.body()?;
            let report =
                ["unpack ok\n", &format!("ng refs/heads/main {EVIL}"), &format!("ng refs/heads/{EVIL}")];
            let report = [report.map(|line| pkt(line.as_bytes())).concat(), b"0000".to_vec()].concat();
            let progress = pkt(&[b"\x02", EVIL.as_bytes()].concat());
            let answer = [progress, pkt(&[b"\x01", report.as_slice()].concat()), b"0000".to_vec()].concat();
            let fields = [("Content-Type", "application/x-git-receive-pack-result")];
            return exchange.answer("200 OK", &fields, &answer);
        }
        exchange.as_git(repository, 2, |request, answer| {
            if !contains(request, b"command=fetch") {
                return answer;
            }
            let (head, rest) = answer.split_at(b"000dpackfile\n".len());
            [head, &pkt(&[b"\x02", EVIL.as_bytes()].concat()), rest].concat()
        })
    });
    let outcome = Task::new(&server.url("source"), &server.url("destination")).run();
    expect_obeyed_by_nobody(&outcome);
    assert!(outcome.failed().contains("refs/heads/main"), "{}", outcome.text);
    assert!(outcome.text.contains("*#vso[task.setvariable variable=evil"), "it is shown: {}", outcome.text);
}

#[test]
fn lengths_out_of_range_are_errors() {
    for start in ["0003", "fff1", "ffff", "zzzz", "-001", "+00a", " 00a", "00", ""] {
        let body = [start.as_bytes(), &vec![b'x'; 70_000]].concat();
        let body = if start.len() < 4 { start.as_bytes().to_vec() } else { body };
        let error = mirror_from_advertisement(body).failed();
        assert!(error.contains("source"), "{start}: {error}");
    }
}

#[test]
fn an_endless_listing_ends_in_bounded_memory() {
    let name = "x".repeat(65_000);
    let id = "a".repeat(40);
    for endless in
        [pkt(format!("{id} refs/heads/{name}").as_bytes()), pkt(format!("{id} HEAD{name}").as_bytes())]
    {
        let outcome = mirror_from(move |exchange| {
            let fields = [("Content-Type", "application/x-git-upload-pack-advertisement")];
            exchange.begin("200 OK", &fields, None)?;
            loop {
                exchange.send(&endless)?;
            }
        });
        assert!(outcome.failed().contains("bytes of refs"), "{}", outcome.failed());
        assert!(outcome.peak < 700 << 20, "{} bytes", outcome.peak);
    }
}

#[test]
fn a_million_refs_take_bounded_memory() {
    let id = "a".repeat(40);
    let mut listing = Vec::new();
    for number in 0..1_000_000 {
        let capabilities =
            if number == 0 { "\0report-status delete-refs side-band-64k ofs-delta" } else { "" };
        listing.extend(pkt(format!("{id} refs/heads/topic/{number:07}{capabilities}").as_bytes()));
    }
    listing.extend(b"0000");
    let server = Scripted::start(move |exchange| {
        let service = exchange.advertised_service().unwrap_or_default().to_owned();
        exchange.answer(
            "200 OK",
            &[("Content-Type", &format!("application/x-{service}-advertisement"))],
            &listing,
        )
    });
    let outcome = Task::new(&server.url("source"), &server.url("destination")).run();
    assert_eq!(outcome.succeeded().counts(), [0, 0, 0, 0, 1_000_000]);
    eprintln!("a million refs on both sides: {} MiB", outcome.peak >> 20);
    assert!(outcome.peak < 400 << 20, "{} bytes", outcome.peak);
}

/// A listing takes memory by what it weighs, whatever it holds.
#[test]
fn lines_that_are_small_on_the_wire_stay_small_in_memory() {
    let id = "a".repeat(40);
    let deep = format!("{id} refs/heads/{}b", "a/".repeat(2_000));
    let symbolic =
        format!("{id} refs/heads/{}{}", "x".repeat(4_000), " symref-target:refs/heads/y".repeat(1600));
    for line in [deep, symbolic] {
        let refs: Vec<u8> = (0..200).flat_map(|number| pkt(format!("{line}{number}").as_bytes())).collect();
        let advertisement =
            [pkt(b"version 2\n"), pkt(b"ls-refs\n"), pkt(b"fetch\n"), b"0000".to_vec()].concat();
        let answer = [refs, b"0000".to_vec()].concat();
        let source = Scripted::start(move |exchange| {
            let (kind, body) = match exchange.head.method.as_str() {
                "GET" => ("application/x-git-upload-pack-advertisement", &advertisement),
                _ => ("application/x-git-upload-pack-result", &answer),
            };
            exchange.body()?;
            exchange.answer("200 OK", &[("Content-Type", kind)], body)
        });
        let pair = Recorded::start(Protocol::V2);
        // This source has no pack, which a dry run reads for pointers of LFS where no filter is offered.
        let task = Task::new(&source.url("source"), &pair.destination_url()).input("dryRun", "true");
        let task = task.input("lfs", "none");
        let outcome =
            task.input("destinationHostKind", "azureServer").variable("SYSTEM_DEBUG", "false").run();
        expect_obeyed_by_nobody(outcome.succeeded());
        assert!(outcome.peak < 64 << 20, "{} bytes", outcome.peak);
    }
}

#[test]
fn a_compressed_answer_that_was_not_asked_for_is_not_unpacked() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let zeros = vec![b'0'; 1 << 20];
    for _ in 0..500 {
        encoder.write_all(&zeros).unwrap();
    }
    let bomb = encoder.finish().unwrap();
    for status in ["200 OK", "403 Forbidden"] {
        let bomb = bomb.clone();
        let outcome = mirror_from(move |exchange| {
            let kind = ("Content-Type", "application/x-git-upload-pack-advertisement");
            exchange.answer(status, &[kind, ("Content-Encoding", "gzip")], &bomb)
        });
        outcome.failed();
        assert!(outcome.peak < 64 << 20, "{} bytes", outcome.peak);
    }
}

#[test]
fn a_wrong_content_type_is_an_error() {
    let right = [pkt(b"version 2\n"), b"0000".to_vec()].concat();
    for kind in ["", "application/octet-stream", "application/x-git-receive-pack-advertisement", "\u{fc}"] {
        let body = right.clone();
        let error =
            mirror_from(move |exchange| exchange.answer("200 OK", &[("Content-Type", kind)], &body)).failed();
        assert!(error.contains("git-upload-pack-advertisement"), "{error}");
    }
}

#[test]
fn redirects_to_other_schemes_and_back_and_forth_end() {
    let tail = "info/refs?service=git-upload-pack";
    for scheme in ["ftp", "file", "gopher", "javascript", "ssh"] {
        let to = format!("{scheme}://127.0.0.1/source/{tail}");
        let error =
            mirror_from(move |exchange| exchange.answer("301 Moved", &[("Location", &to)], b"")).failed();
        assert!(error.contains("redirect"), "{error}");
    }
    let error = mirror_from(move |exchange| {
        let other = if exchange.head.target.starts_with("/a/") { "b" } else { "a" };
        exchange.answer("302 Found", &[("Location", &format!("/{other}/{tail}"))], b"")
    });
    assert!(error.failed().contains("redirected more than"), "{}", error.failed());
}

#[test]
fn a_head_without_end_is_an_error() {
    for endless in ["X-Field: value\r\n", "x", "HTTP/1.1 103 Early Hints\r\n\r\n"] {
        let outcome = mirror_from(move |exchange| {
            if !endless.starts_with("HTTP") {
                exchange.send(b"HTTP/1.1 200 OK\r\nX: ")?;
            }
            let many = endless.repeat(1000);
            loop {
                exchange.send(many.as_bytes())?;
            }
        });
        outcome.failed();
        assert!(outcome.peak < 64 << 20, "{} bytes", outcome.peak);
    }
}

#[test]
fn an_answer_before_its_time_or_after_its_end_changes_nothing() {
    // The report comes before the push was read, and says that all is well.
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 3);
    let repository = pair.destination.clone();
    let destination = Scripted::start(move |exchange| {
        if !exchange.is("POST", "/git-receive-pack") {
            return exchange.as_git(&repository, 2, |_, answer| answer);
        }
        let lines = ["unpack ok\n", "ok refs/heads/main\n"].map(|line| pkt(line.as_bytes())).concat();
        let report = [pkt(&[b"\x01", lines.as_slice(), b"0000"].concat()), b"0000".to_vec()].concat();
        exchange.answer("200 OK", &[("Content-Type", "application/x-git-receive-pack-result")], &report)
    });
    Task::new(&pair.source_url(), &destination.url("destination")).run().failed();
    assert_eq!(pair.destination.refs(&[]), Refs::new());

    // After an answer come bytes that nobody asked for.
    let repository = pair.source.clone();
    let source = Scripted::start(move |exchange| {
        if exchange.head.method == "GET" {
            return exchange.as_git(&repository, 2, |_, answer| answer);
        }
        let request = exchange.body()?;
        let answer = rpc(&repository, "upload-pack", 2, Some(&request));
        let fields = [("Content-Type", "application/x-git-upload-pack-result")];
        exchange.begin("200 OK", &fields, Some(answer.len()))?;
        exchange
            .send(&[answer.as_slice(), b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n0005\x03evil"].concat())
    });
    let outcome = Task::new(&source.url("source"), &pair.destination_url()).run();
    outcome.succeeded();
    assert_eq!(pair.destination.refs(&[]), pair.source.refs(&[]));
}
