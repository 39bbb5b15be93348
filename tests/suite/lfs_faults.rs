//! Faults of LFS servers while objects move: whatever breaks, no ref moves before its objects are there, and no wrong bytes
//! arrive.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::git::{BRANCHES_AND_TAGS, Refs};
use crate::support::git_server::Protocol;
use crate::support::lfs_lab::{Lab, noise};
use crate::support::lfs_server::{Act, Answer, Asked, Lfs, Then, oid_of};
use crate::support::nginx::{Nginx, Scheme, make_certificates};

const MIB: usize = 1 << 20;

/// A small object, and one that is not read whole before it is sent on.
fn contents() -> Vec<Vec<u8>> {
    vec![noise(1, 3000), noise(2, 2 * MIB + 77)]
}

/// Answers by a script for the first so many requests of each kind and object, then as a good server does.
fn first(
    times: usize,
    is: impl Fn(&Asked) -> bool + Send + Sync + 'static,
    act: impl Fn() -> Act + Send + Sync + 'static,
) -> impl Fn(&Asked, &Lfs) -> Act + Send + Sync + 'static {
    move |asked, _| if is(asked) && asked.earlier < times { act() } else { Act::Serve }
}

fn status(status: u16) -> Act {
    Act::Answer(Answer::of(status, format!("{{\"message\": \"words of {status}\"}}")))
}

mod bytes {
    use super::*;

    /// Lets the source give these bytes in place of an object.
    fn giving(lab: &Lab, content: &[u8], answer: Answer) {
        let oid = oid_of(content);
        lab.from.play(move |asked, _| {
            if asked.is("GET") && asked.oid() == oid { Act::Answer(answer.clone()) } else { Act::Serve }
        });
    }

    #[test]
    fn wrong_bytes_at_the_source_never_arrive() {
        for right in contents() {
            let lab = Lab::with(contents());
            let mut wrong = right.clone();
            wrong[right.len() / 2] ^= 1;
            let longer = [&right[..], b"x"].concat();
            for (answer, words) in [
                (Answer::of(200, wrong.clone()), "has another hash"),
                (Answer::of(200, wrong).chunked(), "has another hash"),
                (Answer::of(200, longer.clone()), "bytes long there, not"),
                (Answer::of(200, longer).chunked(), "is larger than its"),
                (Answer::of(200, &right[..right.len() - 1]), "bytes long there, not"),
            ] {
                giving(&lab, &right, answer);
                lab.fail(&["source", "LFS objects", words, "Push the object to the source again"]);
                assert!(!lab.there().contains(&oid_of(&right)));
            }
            // The other object stays, and is not sent twice.
            assert_eq!(lab.to.landed().len(), 1);
            lab.from.play(|_, _| Act::Serve);
            lab.mirror();
            assert_eq!(lab.to.landed().len(), 2);
        }
    }

    #[test]
    fn an_object_that_breaks_off_once_comes_from_its_start() {
        for then in [Then::Close, Then::Stall] {
            for content in contents() {
                let lab = Lab::with(contents());
                let (oid, part) = (oid_of(&content), content.len() * 2 / 3);
                lab.from.play(move |asked, _| {
                    if asked.is("GET") && asked.oid() == oid && asked.earlier == 0 {
                        Act::Answer(Answer::of(200, content.clone()).cut(part, then))
                    } else {
                        Act::Serve
                    }
                });
                lab.mirror_with(&lab.task().input("stallTimeoutSeconds", "2"));
            }
        }
    }

    #[test]
    fn an_object_that_always_ends_early_keeps_its_ref_back() {
        let lab = Lab::with(contents());
        let large = lab.contents[1].clone();
        let short = Answer::of(200, &large[..MIB]).chunked();
        giving(&lab, &large, short);
        lab.fail(&["source", "did not come whole", &oid_of(&large)]);
        assert_eq!(lab.from.count(|asked| asked.is("GET") && asked.oid() == oid_of(&large)), 8);
        assert_eq!(lab.there(), BTreeSet::from([oid_of(&lab.contents[0])]));
    }

    #[test]
    fn a_destination_that_breaks_off_or_stalls_gets_it_again() {
        // More than the buffers of a connection take, so that it is seen to stand still.
        for act in [|| Act::BreakOff(40_000), || Act::Stall(40_000)] {
            let lab = Lab::with(vec![noise(3, 24 * MIB)]);
            lab.to.play(first(1, |asked| asked.is("PUT"), act));
            let started = Instant::now();
            lab.mirror_with(&lab.task().input("stallTimeoutSeconds", "2"));
            assert!(started.elapsed() < Duration::from_secs(100), "{:?}", started.elapsed());
            assert_eq!(lab.to.count(|asked| asked.is("PUT")), 2);
        }
    }

    #[test]
    fn a_killed_run_goes_on_from_the_objects_that_landed() {
        let lab = Lab::with((0..40).map(|seed| noise(seed, 5000)).collect());
        lab.to.play(
            |asked, _| {
                if asked.is("PUT") { Act::ServeAfter(Duration::from_millis(200)) } else { Act::Serve }
            },
        );
        let run = lab.task().start();
        while lab.to.landed().len() < 10 {
            std::thread::sleep(Duration::from_millis(10));
        }
        run.signal(Signal::KILL);
        assert_eq!(run.end().status, None);
        assert_eq!(lab.destination.refs(&[]), Refs::new());
        std::thread::sleep(Duration::from_millis(500));
        let before = lab.to.landed().len();
        assert!((10..40).contains(&before), "{before}");
        lab.expect_right();
        lab.to.play(|_, _| Act::Serve);
        lab.mirror();
        assert_eq!(lab.to.landed().len(), 40, "each object is sent once");
    }
}

mod statuses {
    use super::*;

    #[test]
    fn a_busy_server_is_asked_again() {
        let kinds: [fn(&Asked) -> bool; 3] =
            [Asked::is_batch, |asked| asked.is("GET"), |asked| asked.is("PUT")];
        for code in [408, 429, 500, 502, 503, 504] {
            let lab = Lab::with(contents());
            for server in [&lab.from, &lab.to] {
                server.play(move |asked, _| {
                    let is_first = kinds.iter().any(|is| is(asked)) && asked.earlier == 0;
                    if is_first { status(code) } else { Act::Serve }
                });
            }
            lab.mirror();
            // One refused, one whose upload is refused, and one that gets through.
            assert_eq!(lab.from.count(|asked| asked.is("GET")), 2 * 3, "{code}");
        }
    }

    #[test]
    fn a_server_says_when_to_come_back() {
        let waits: [fn() -> String; 2] = [|| "3".to_owned(), || httpdate(3)];
        for wait in waits {
            for is in [Asked::is_batch as fn(&Asked) -> bool, |asked| asked.is("PUT")] {
                let lab = Lab::with(vec![noise(1, 100)]);
                lab.to.play(first(1, is, move || {
                    let date = httpdate(0);
                    Act::Answer(Answer::of(429, "").with("Retry-After", &wait()).with("Date", &date))
                }));
                let started = Instant::now();
                lab.mirror();
                assert!(started.elapsed() >= Duration::from_secs(1), "{:?}", started.elapsed());
            }
        }
    }

    fn httpdate(ahead: u64) -> String {
        httpdate::fmt_http_date(std::time::SystemTime::now() + Duration::from_secs(ahead))
    }

    #[test]
    fn a_quota_that_is_used_up_is_told_and_not_asked_again() {
        let (storage, bandwidth) = ("no more storage for Git LFS", "bandwidth for Git LFS is used up");
        for (code, up, down) in [(507, storage, bandwidth), (509, bandwidth, bandwidth)] {
            let lab = Lab::with(vec![noise(1, 100)]);
            for (side, method, words) in [("destination", "PUT", up), ("source", "GET", down)] {
                let server = if side == "source" { &lab.from } else { &lab.to };
                let is: fn(&Asked) -> bool =
                    if method == "PUT" { |asked| asked.is("PUT") } else { |asked| asked.is("GET") };
                let before = server.count(is);
                server.play(first(99, is, move || status(code)));
                lab.fail(&[side, &code.to_string(), &format!("words of {code}"), words]);
                assert_eq!(server.count(is), before + 1);
                server.play(first(99, Asked::is_batch, move || status(code)));
                lab.fail(&[side, &code.to_string(), &format!("words of {code}"), words]);
                server.play(|_, _| Act::Serve);
            }
        }
    }

    #[test]
    fn a_server_that_stays_broken_is_given_up() {
        let lab = Lab::with(vec![noise(1, 100)]);
        lab.to.play(first(99, |asked| asked.is("PUT"), || status(500)));
        lab.fail(&["destination", "LFS", "500", "words of 500"]);
        assert_eq!(lab.to.count(|asked| asked.is("PUT")), 8);
        lab.to.play(|_, _| Act::Serve);
        lab.mirror();
    }
}

mod links {
    use super::*;

    /// Returns an object's answer with another member of its action.
    fn with(mut object: Value, name: &str, value: &Value) -> Value {
        for action in object["actions"].as_object_mut().into_iter().flat_map(|actions| actions.values_mut()) {
            action[name] = value.clone();
        }
        object
    }

    /// Returns an object's answer, with the origin of its address replaced.
    fn at(object: Value, origin: &str) -> Value {
        let path = format!("{origin}/objects/{}", object["oid"].as_str().unwrap());
        with(object, "href", &json!(path))
    }

    #[test]
    fn a_link_that_is_refused_is_asked_for_again_once() {
        for (side, method) in [("source", "GET"), ("destination", "PUT")] {
            for times in [1, 99] {
                let lab = Lab::with(vec![noise(1, 100)]);
                let server = if side == "source" { &lab.from } else { &lab.to };
                let header = json!({ "Authorization": "RemoteAuth key" });
                server.play(move |asked, lfs| {
                    if asked.is_batch() {
                        let said = lfs.said(asked).into_iter();
                        let said: Vec<_> = said.map(|object| with(object, "header", &header)).collect();
                        return Act::Answer(Answer::json(200, &json!({ "objects": said })));
                    }
                    if asked.is(method) && asked.earlier < times { status(401) } else { Act::Serve }
                });
                if times == 1 {
                    lab.mirror();
                } else {
                    lab.fail(&[side, "LFS", "401", "words of 401"]);
                }
                let is_batch_after = server.count(Asked::is_batch);
                assert_eq!(
                    (is_batch_after, server.count(|asked| asked.is(method))),
                    (2, 2),
                    "{side} {times}"
                );
            }
        }
    }

    #[test]
    fn an_expired_link_is_asked_for_before_it_is_used() {
        for (name, value) in [("expires_in", json!(1)), ("expires_at", json!("2001-01-01T00:00:00Z"))] {
            let lab = Lab::with((0..3).map(|seed| noise(seed, 100)).collect());
            for server in [&lab.from, &lab.to] {
                let value = value.clone();
                server.play(move |asked, lfs| {
                    if !asked.is_batch() {
                        return Act::Serve;
                    }
                    let said = lfs.said(asked).into_iter();
                    let said: Vec<_> = said.map(|object| with(object, name, &value)).collect();
                    let date = httpdate::fmt_http_date(std::time::SystemTime::now());
                    Act::Answer(Answer::json(200, &json!({ "objects": said })).with("Date", &date))
                });
            }
            lab.mirror();
            // One for all, and one for each.
            assert_eq!(lab.from.count(Asked::is_batch), 4);
            assert_eq!(lab.to.count(Asked::is_batch), 4);
        }
    }

    #[test]
    fn another_server_gets_its_own_fields_and_no_credentials() {
        const TOKEN: &str = "token-of-the-side";
        let lab = Lab::signed_in(contents(), Some(TOKEN));
        let store = Lab::with(contents());
        let origin = store.from.url("");
        for server in [&lab.from, &lab.to] {
            let origin = origin.trim_end_matches('/').to_owned();
            server.play(move |asked, lfs| {
                if !asked.is_batch() || asked.head.header("authorization").is_none() {
                    return Act::Serve;
                }
                let said = lfs.said(asked).into_iter();
                let own = json!({ "X-Own": "of the server" });
                let said = said.map(|object| with(at(object, &origin), "header", &own));
                Act::Answer(Answer::json(200, &json!({ "objects": said.collect::<Vec<_>>() })))
            });
        }
        let outcome = lab.task().source_token(TOKEN).destination_token(TOKEN).run();
        outcome.succeeded();
        assert_eq!(lab.destination.refs(BRANCHES_AND_TAGS), lab.source.refs(BRANCHES_AND_TAGS));
        let asked = store.from.asked();
        assert_eq!(asked.len(), 4, "two downloads and two uploads");
        for asked in asked {
            assert_eq!(asked.head.header("authorization"), None);
            assert_eq!(asked.head.header("x-own"), Some("of the server"));
        }
        assert_eq!(lab.from.count(|asked| asked.is("GET")) + lab.to.count(|asked| asked.is("PUT")), 0);
    }

    #[test]
    fn redirects_lead_to_another_server_without_credentials() {
        const TOKEN: &str = "token-of-the-side";
        for code in [302, 307] {
            let lab = Lab::signed_in(contents(), Some(TOKEN));
            let store = Lab::with(contents());
            let to = store.from.url("objects");
            lab.from.play(move |asked, _| {
                let location = format!("{to}/{}", asked.oid());
                if asked.is("GET") {
                    Act::Answer(Answer::of(code, "").with("Location", &location))
                } else {
                    Act::Serve
                }
            });
            lab.task().source_token(TOKEN).destination_token(TOKEN).run().succeeded();
            lab.expect_equal();
            assert_eq!(store.from.count(|asked| asked.head.header("authorization").is_none()), 2);
            assert_eq!(store.from.asked().len(), 2);
            assert_eq!(
                lab.from.count(|asked| asked.is("GET") && asked.head.header("authorization").is_some()),
                2
            );
        }
    }

    #[test]
    fn a_loop_of_redirects_ends() {
        let lab = Lab::with(vec![noise(1, 100)]);
        for (side, method) in [("source", "GET"), ("destination", "PUT")] {
            let server = if side == "source" { &lab.from } else { &lab.to };
            server.play(move |asked, lfs| {
                let location = lfs.url(&format!("objects/{}", asked.oid()));
                if asked.is(method) {
                    Act::Answer(Answer::of(307, "").with("Location", &location))
                } else {
                    Act::Serve
                }
            });
            lab.fail(&[side, "redirected more than 5 times", "public URL"]);
            assert_eq!(server.count(|asked| asked.is(method)), 6);
            server.play(|_, _| Act::Serve);
        }
    }

    #[test]
    fn an_upload_is_chunked_where_the_server_sets_it() {
        let lab = Lab::with(contents());
        let chunked = json!({ "Transfer-Encoding": "chunked" });
        lab.to.say(move |object| Some(with(object, "header", &chunked)));
        lab.mirror();
        let is_chunked = |asked: &Asked| {
            asked.is("PUT")
                && asked.head.header("transfer-encoding") == Some("chunked")
                && asked.head.header("content-length").is_none()
        };
        assert_eq!(lab.to.count(is_chunked), 2);
    }

    #[test]
    fn a_link_to_http_is_not_followed_from_https() {
        let lab = Lab::with(vec![noise(1, 100)]);
        let address = lab.from.address();
        // LFS of the https server is the other server's, whose links stay http.
        let location = format!(
            "location ~ ^/(source|destination)[.]git/ {{ proxy_pass http://{address}; proxy_buffering off; }}"
        );
        let nginx = Nginx::start_with(&location, make_certificates);
        let url = nginx.url(Scheme::Https, Protocol::V2, "").replace("/v2/", "/source.git");
        let task = lab.task().input("sourceGitRepositoryUri", &url).trusting(&nginx.authority());
        lab.fail_with(&task, &["source", "leads to an http:// URL, which is not encrypted", "public URL"]);
        assert_eq!((lab.from.count(Asked::is_batch), lab.from.count(|asked| asked.is("GET"))), (1, 0));
    }

    #[test]
    fn an_upload_is_verified_until_it_holds() {
        for (times, status_of_it) in [(2, 500), (99, 422)] {
            let lab = Lab::with(vec![noise(1, 100)]);
            let verifies = Arc::new(std::sync::atomic::AtomicUsize::new(0));
            let count = Arc::clone(&verifies);
            lab.to.play(move |asked, lfs| {
                if asked.is_batch() {
                    let said = lfs.said(asked).into_iter().map(|mut object| {
                        if object["actions"].is_object() {
                            let href = lfs.url(&format!("verify/{}", object["oid"].as_str().unwrap()));
                            object["actions"]["verify"] = json!({ "href": href });
                        }
                        object
                    });
                    return Act::Answer(Answer::json(200, &json!({ "objects": said.collect::<Vec<_>>() })));
                }
                let is_refused =
                    asked.is("POST") && count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) < times;
                if is_refused { status(status_of_it) } else { Act::Serve }
            });
            if times == 2 {
                lab.mirror();
            } else {
                lab.fail(&["destination", "LFS", "422", "words of 422"]);
            }
            assert_eq!(verifies.load(std::sync::atomic::Ordering::SeqCst), 3);
        }
    }
}
