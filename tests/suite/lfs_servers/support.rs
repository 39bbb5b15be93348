//! The servers and the judge of the tests, tried with the real client of Git LFS itself.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::path::Path;

use crate::support::git::{git, output};
use crate::support::git_server::Protocol;
use crate::support::lfs::{ATTRIBUTES, Object, objects};
use crate::support::lfs_oracle::{lfs, named, verify_lfs};
use crate::support::lfs_pair::{DESTINATION, Hrefs, LfsPair, SOURCE, Served, Setup, asked_of, moved, oids};
use crate::support::nginx::Scheme;

/// Pushes what the source has to the destination, as a person does: a clone, and the objects before the refs.
fn push_by_hand(pair: &LfsPair) {
    let url = |name| pair.pair.nginx.url(Scheme::Http, Protocol::V2, name);
    let folder = tempfile::tempdir().unwrap();
    let clone = folder.path().join("clone");
    output(git().args(["clone", "-q", "--mirror", &url(SOURCE)]).arg(&clone), b"");
    lfs(&clone, &["fetch", "--all"]);
    lfs(&clone, &["push", "--all", &url(DESTINATION)]);
    output(git().arg("-C").arg(&clone).args(["push", "-q", "--mirror", &url(DESTINATION)]), b"");
}

fn write(folder: &Path, name: &str, content: &[u8]) {
    fs::write(folder.join(name), content).unwrap();
}

#[test]
fn the_real_client_pushes_through_nginx_to_giftless() {
    for hrefs in [Hrefs::Here, Hrefs::OtherPort] {
        let pair = LfsPair::with(Setup { hrefs, ..Setup::default() });
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let url = pair.pair.nginx.url(Scheme::Http, Protocol::V2, SOURCE);
        let run = |arguments: &[&str]| drop(output(git().arg("-C").arg(folder).args(arguments), b""));
        run(&["init", "-q", "-b", "main"]);
        lfs(folder, &["install", "--local"]);
        write(folder, ".gitattributes", ATTRIBUTES.as_bytes());
        write(folder, "a.bin", b"some content");
        write(folder, "b.txt", b"not by LFS");
        run(&["add", "."]);
        run(&["commit", "-q", "-m", "First"]);
        run(&["push", "-q", &url, "main"]);

        let object = Object::new("some content");
        assert_eq!(pair.giftless.stored(SOURCE), [(object.oid.clone(), 12)].into());
        assert_eq!(pair.source().git(&["show", "main:a.bin"]), object.pointer().trim_end());
        let requests = pair.requests();
        assert_eq!(asked_of(SOURCE, &requests), [object.oid.clone()].into());
        let sent = if hrefs == Hrefs::Here { vec![object.oid] } else { Vec::new() };
        assert_eq!(moved("PUT", &requests), sent, "{hrefs:?}");
    }
}

#[test]
fn generated_objects_are_those_of_the_real_client() {
    let pair = LfsPair::new();
    let [first, second] = [1, 2].map(|seed| objects(seed, 60, 1..4000));
    pair.commit("main", &first);
    pair.commit("main", &second[..20]);
    pair.source().git(&["branch", "topic", "main~1"]);
    pair.commit("topic", &second[20..]);
    assert_eq!(named(&pair.source().path).into_iter().collect::<Vec<_>>(), oids(&[first, second].concat()));

    push_by_hand(&pair);
    assert_eq!(verify_lfs(&pair).len(), 120);
    assert_eq!(pair.giftless.stored(DESTINATION), pair.giftless.stored(SOURCE));
    let requests = pair.requests();
    assert_eq!(asked_of(DESTINATION, &requests).len(), 120);
    assert_eq!(moved("PUT", &requests).len(), 120);
    assert_eq!(pair.requests(), []);
}

#[test]
fn the_judge_sees_what_the_destination_lacks() {
    let pair = LfsPair::new();
    let objects = objects(3, 4, 10..100);
    pair.commit("main", &objects);
    push_by_hand(&pair);
    verify_lfs(&pair);
    pair.giftless.remove(DESTINATION, &objects[1]);
    let seen = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| verify_lfs(&pair)));
    let seen = *seen.unwrap_err().downcast::<String>().unwrap();
    assert!(seen.contains(&objects[1].oid), "{seen}");
}

#[test]
fn a_side_without_lfs_answers_that_nothing_is_there() {
    for (served, with, without) in
        [(Served::SourceAlone, SOURCE, DESTINATION), (Served::DestinationAlone, DESTINATION, SOURCE)]
    {
        let pair = LfsPair::with(Setup { served, ..Setup::default() });
        // The first answer is giftless's, which lacks the object.
        for (name, media_type) in [(with, true), (without, false)] {
            let answer = ask_for_an_object(&pair, name);
            assert!(answer.starts_with("HTTP/1.1 404 "), "{name}: {answer}");
            assert_eq!(answer.contains("application/vnd.git-lfs+json"), media_type, "{name}: {answer}");
        }
        assert_eq!(pair.requests().len(), 2);
    }
}

fn ask_for_an_object(pair: &LfsPair, repository: &str) -> String {
    let body = format!(r#"{{"operation":"download","objects":[{{"oid":"{}","size":1}}]}}"#, "0".repeat(64));
    let media = "application/vnd.git-lfs+json";
    let mut connection = TcpStream::connect(("127.0.0.1", pair.pair.nginx.http_port())).unwrap();
    write!(
        connection,
        "POST /v2/{repository}/info/lfs/objects/batch HTTP/1.0\r\nAccept: {media}\r\nContent-Type: {media}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    // nginx logs the request when the connection is at its end. To drop it here is not enough: a process that another
    // test starts holds a copy until it runs its program.
    connection.shutdown(Shutdown::Both).unwrap();
    answer
}
