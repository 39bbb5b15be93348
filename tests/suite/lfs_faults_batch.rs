//! LFS servers whose answers to batch requests are wrong, strange or without end.

use serde_json::{Value, json};

use crate::support::git::{BRANCHES_AND_TAGS, Refs};
use crate::support::lfs_lab::{Lab, commit, noise};
use crate::support::lfs_server::{Act, Answer, Asked, LfsServer, oid_of};

const SIDES: [&str; 2] = ["source", "destination"];

/// The most memory of a run, whatever a server says.
const MOST_MEMORY: u64 = 64 << 20;

fn contents(count: u64) -> Vec<Vec<u8>> {
    (0..count).map(|seed| noise(seed, 200)).collect()
}

fn server<'a>(lab: &'a Lab, side: &str) -> &'a LfsServer {
    if side == "source" { &lab.from } else { &lab.to }
}

/// Answers all batch requests so.
fn answering(server: &LfsServer, answer: Answer) {
    server.play(move |asked, _| if asked.is_batch() { Act::Answer(answer.clone()) } else { Act::Serve });
}

/// Answers batch requests by what becomes of a good answer.
fn changing(server: &LfsServer, change: impl Fn(Vec<Value>) -> Value + Send + Sync + 'static) {
    server.play(move |asked, lfs| {
        if asked.is_batch() { Act::Answer(Answer::json(200, &change(lfs.said(asked)))) } else { Act::Serve }
    });
}

#[test]
fn an_object_that_an_answer_leaves_out_keeps_its_ref_back() {
    for side in SIDES {
        let lab = Lab::with(contents(5));
        let left_out = oid_of(&lab.contents[2]);
        server(&lab, side).say(move |object| (object["oid"] != json!(left_out)).then_some(object));
        lab.fail(&[side, "says nothing of LFS object", &oid_of(&lab.contents[2]), "Look for a proxy"]);
        assert!(!lab.there().contains(&oid_of(&lab.contents[2])));
    }
}

#[test]
fn strange_answers_that_say_all_are_enough() {
    let unknown = || json!({ "oid": "0".repeat(64), "size": 1, "actions": {} });
    let lab = Lab::with(contents(5));
    for server in [&lab.from, &lab.to] {
        changing(server, move |objects| {
            let objects = objects.into_iter().rev().map(|mut object| {
                object["size"] = json!(u64::MAX);
                object["authenticated"] = json!(true);
                for action in object["actions"].as_object_mut().into_iter().flat_map(|all| all.values_mut()) {
                    action["header"] = Value::Null;
                }
                object
            });
            let all: Vec<_> = objects.flat_map(|object| [unknown(), object.clone(), object]).collect();
            json!({ "objects": all, "transfer": null, "hash_algo": "" })
        });
    }
    let outcome = lab.task().source_token("token-of-the-side").destination_token("another-token").run();
    outcome.succeeded();
    lab.expect_equal();
    let is_signed_in = |asked: &Asked| !asked.is_batch() && asked.head.header("authorization").is_some();
    assert_eq!(
        lab.from.count(is_signed_in) + lab.to.count(is_signed_in),
        0,
        "'authenticated' says all is there"
    );
}

#[test]
fn an_error_of_one_object_keeps_its_ref_back() {
    for side in SIDES {
        for (code, words) in [
            (404, if side == "source" { "it does not have 1 LFS object:" } else { "code 404" }),
            (
                410,
                if side == "source" { "git lfs push --all" } else { "The server does not take this object" },
            ),
            (422, "The server does not take this object"),
        ] {
            let lab = Lab::with(contents(5));
            let refused = oid_of(&lab.contents[2]);
            server(&lab, side).say(move |mut object| {
                if object["oid"] == json!(refused) {
                    object = json!({ "oid": refused, "size": 200, "error": { "code": code, "message": "own words" } });
                }
                Some(object)
            });
            lab.fail(&[side, "LFS objects", &oid_of(&lab.contents[2]), words]);
            assert_eq!(lab.there().len(), 4, "{side} {code}: the others are there");
        }
    }
}

#[test]
fn what_the_source_lacks_can_be_a_warning() {
    let lab = Lab::with(contents(5));
    let lacking = oid_of(&lab.contents[2]);
    lab.from.play({
        let lacking = lacking.clone();
        move |_, lfs| {
            lfs.objects.lock().unwrap().remove(&lacking);
            Act::Serve
        }
    });
    let outcome = lab.task().input("lfsMissing", "warn").run();
    assert_eq!(outcome.result(), "SucceededWithIssues", "{}", outcome.text);
    assert!(outcome.text.contains(&format!("missing: {lacking}")), "{}", outcome.text);
    assert_eq!(outcome.output("lfsObjectsMissing"), "1");
    assert_eq!(lab.destination.refs(BRANCHES_AND_TAGS), lab.source.refs(BRANCHES_AND_TAGS));
    assert_eq!(lab.there().len(), 4);
}

#[test]
fn a_destination_that_gives_no_action_has_the_object() {
    let lab = Lab::with(contents(3));
    lab.to.say(|object| Some(json!({ "oid": object["oid"], "size": object["size"] })));
    lab.task().run().succeeded();
    assert_eq!((lab.to.landed().len(), lab.from.asked().len()), (0, 0));
}

#[test]
fn a_source_that_gives_no_action_keeps_the_ref_back() {
    let lab = Lab::with(contents(3));
    lab.from.say(|object| Some(json!({ "oid": object["oid"], "size": object["size"] })));
    lab.fail(&["source", "there is no action in its answer", "Look for a proxy"]);
}

#[test]
fn a_way_or_a_hash_that_was_not_offered_is_refused() {
    for side in SIDES {
        for (name, value) in [("transfer", "lfs-standalone-file"), ("hash_algo", "sha512")] {
            let lab = Lab::with(contents(3));
            changing(server(&lab, side), move |objects| json!({ "objects": objects, name: value }));
            let outcome = lab.fail(&[side, "LFS objects", "answered 200"]);
            assert!(outcome.text.contains(value), "{}", outcome.text);
            assert!(lab.there().is_empty());
        }
    }
}

#[test]
fn a_server_that_takes_ten_objects_is_asked_for_ten() {
    let lab = Lab::with(contents(40));
    for server in [&lab.from, &lab.to] {
        server.play(|asked, _| {
            let is_too_large = asked.is_batch() && asked.objects().len() > 10;
            if is_too_large { Act::Answer(Answer::of(413, "")) } else { Act::Serve }
        });
    }
    lab.mirror();
    let is_taken = |asked: &Asked| asked.is_batch() && asked.objects().len() <= 10;
    for server in [&lab.from, &lab.to] {
        assert!((4..=8).contains(&server.count(is_taken)), "{}", server.count(is_taken));
    }
}

#[test]
fn five_thousand_pointers_take_fifty_requests_a_side() {
    let lab = Lab::with((0..5000).map(|seed| noise(seed, 20)).collect());
    // As servers do: fast-import alone makes deltas of pointers.
    lab.source.repack();
    lab.mirror();
    assert_eq!((lab.from.count(Asked::is_batch), lab.to.count(Asked::is_batch)), (50, 50));
    assert_eq!(lab.to.landed().len(), 5000);
}

#[test]
fn an_object_without_content_arrives_too() {
    let lab = Lab::with(vec![Vec::new()]);
    lab.mirror();
    assert_eq!(lab.from.asked().len(), 0, "it needs no source");
}

#[test]
fn a_page_in_place_of_an_answer_is_told() {
    for side in SIDES {
        let lab = Lab::with(contents(3));
        let page = Answer::of(200, "<html>Sign in</html>").with("Content-Type", "text/html; charset=utf-8");
        answering(server(&lab, side), page);
        lab.fail(&[side, "LFS objects", "answered 200"]);
        assert_eq!(server(&lab, side).count(Asked::is_batch), 1);
    }
}

#[test]
fn answers_without_end_or_sense_end_the_run_in_little_memory() {
    let json = "application/vnd.git-lfs+json";
    for (name, answer) in [
        ("endless", Answer::endless()),
        ("10 MiB", Answer::of(200, format!("{{\"objects\": [], \"x\": \"{}\"}}", "x".repeat(10 << 20)))),
        ("deep", Answer::of(200, format!("{{\"objects\": {}", "[".repeat(1 << 20)))),
        ("many", Answer::of(200, format!("{{\"objects\": [{}{{}}]}}", "{\"oid\":\"\"},".repeat(90_000)))),
        ("no JSON", Answer::of(200, [0xff; 100])),
        ("nothing", Answer::of(200, "")),
        ("cut", Answer::of(200, "{\"objects\": [")),
        ("a list", Answer::of(200, "[]")),
    ] {
        for side in SIDES {
            let lab = Lab::with(contents(3));
            answering(server(&lab, side), answer.clone().with("Content-Type", json));
            let outcome = lab.fail(&[side, "LFS objects"]);
            assert!(outcome.peak < MOST_MEMORY, "{name}: {}", outcome.peak);
            assert!(!outcome.text.contains("internal error"), "{name}: {}", outcome.text);
        }
    }
}

#[test]
fn pointers_to_objects_of_any_size_break_no_sum() {
    let lab = Lab::with(contents(1));
    let files = (0..3_u64).map(|number| {
        let oid = oid_of(&number.to_be_bytes());
        let pointer =
            format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {}\n", i64::MAX);
        (format!("{number}.bin"), pointer)
    });
    commit(&lab.source, "main", &files.collect::<Vec<_>>());
    lab.from.play(|asked, lfs| {
        if !asked.is_batch() {
            return Act::Serve;
        }
        let say = |(oid, size): (String, u64)| {
            json!({ "oid": oid, "size": size, "actions": { "download": { "href": lfs.url(&format!("objects/{oid}")) } } })
        };
        let said: Vec<_> = asked.objects().into_iter().map(say).collect();
        Act::Answer(Answer::json(200, &json!({ "objects": said })))
    });
    let outcome = lab.task().input("dryRun", "true").run();
    assert_eq!(outcome.status, Some(0), "{}", outcome.text);
    assert!(!outcome.text.contains("internal error"), "{}", outcome.text);
    lab.fail(&["source", "LFS objects"]);
    assert_eq!(lab.destination.refs(&[]), Refs::new());
}
