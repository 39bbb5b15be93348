//! A mirror brings the objects of Git LFS, and asks for no more than it needs.

use crate::support::git::Refs;
use crate::support::git_server::Protocol::{V0, V2};
use crate::support::lfs::{ATTRIBUTES, Object, objects, pointers};
use crate::support::lfs_oracle::verify_lfs;
use crate::support::lfs_pair::{
    DESTINATION, Hrefs, LfsPair, LfsRequest, SOURCE, Setup, asked_of, moved, oids,
};
use crate::support::nginx::Scheme::{Http, Https};
use crate::support::pair::Way;
use crate::support::task::Outcome;

/// Runs the task, which must succeed and say that it copied so many objects; all must be there then. Returns its requests
/// for LFS.
#[track_caller]
fn mirror(pair: &LfsPair, copied: usize) -> Vec<LfsRequest> {
    expect(pair, &pair.task().run(), copied)
}

#[track_caller]
fn expect(pair: &LfsPair, outcome: &Outcome, copied: usize) -> Vec<LfsRequest> {
    let requests = pair.requests();
    outcome.succeeded();
    assert_eq!(outcome.output("lfsObjects"), copied.to_string(), "{}", outcome.text);
    assert_eq!(outcome.output("lfsObjectsMissing"), "0");
    verify_lfs(pair);
    // What the judge asked for.
    pair.requests();
    requests
}

/// A pair whose refs are mirrored already, without the objects that the source has.
fn mirrored_without_objects(objects: &[Object]) -> LfsPair {
    let pair = LfsPair::new();
    pair.commit("main", objects);
    pair.task().input("lfs", "none").run().succeeded();
    assert_eq!(pair.requests(), [], "none makes no request for LFS");
    assert!(pair.giftless.stored(DESTINATION).is_empty());
    pair.pair.expect_equal();
    pair
}

#[test]
fn the_first_mirror_copies_each_object_once() {
    let pair = LfsPair::new();
    let objects = objects(1, 110, 1..9000);
    pair.commit("main", &objects[..50]);
    pair.commit("main", &objects[50..]);
    // A second path to an object.
    pair.source().commit_files("main", &[("again.bin", objects[7].pointer())]);
    let outcome = pair.task().run();
    let requests = expect(&pair, &outcome, 110);
    let size: u64 = objects.iter().map(|object| object.size).sum();
    assert_eq!(outcome.output("lfsBytes"), size.to_string());

    let count = |is: &dyn Fn(&&LfsRequest) -> bool| requests.iter().filter(is).count();
    assert_eq!(count(&|request| request.is_batch(DESTINATION)), 2);
    assert_eq!(count(&|request| request.is_batch(SOURCE)), 2);
    assert_eq!(moved("GET", &requests), oids(&objects));
    assert_eq!(moved("PUT", &requests), oids(&objects));
    assert_eq!(count(&|request| request.path.ends_with("/verify")), 110);
}

#[test]
fn objects_are_copied_on_each_way() {
    for (way, hrefs) in [
        (Way::web(Http, V2), Hrefs::OtherPort),
        (Way::web(Https, V2), Hrefs::Here),
        (Way::web(Http, V0), Hrefs::Here),
        (Way::web(Http, V0), Hrefs::OtherPort),
    ] {
        let pair = LfsPair::with(Setup { way, hrefs, ..Setup::default() });
        pair.commit("main", &objects(12, 15, 1..9000));
        let requests = mirror(&pair, 15);
        // Those at giftless's own port are not seen here.
        let seen = if hrefs == Hrefs::Here { 15 } else { 0 };
        assert_eq!(moved("PUT", &requests).len(), seen, "{way:?}");
    }
}

#[test]
fn an_https_server_does_not_lead_to_http() {
    let pair = LfsPair::with(Setup { way: Way::web(Https, V2), hrefs: Hrefs::OtherPort, ..Setup::default() });
    pair.commit("main", &objects(13, 3, 1..100));
    let error = pair.task().run().failed();
    assert!(error.contains("http://"), "{error}");
    assert_eq!(pair.destination().refs(&[]), Refs::new());
    assert!(pair.giftless.stored(DESTINATION).is_empty());
}

#[test]
fn sha256_repositories_have_their_objects_copied() {
    let pair = LfsPair::with(Setup { object_format: "sha256", ..Setup::default() });
    pair.commit("main", &objects(2, 12, 1..3000));
    mirror(&pair, 12);
}

#[test]
fn later_mirrors_ask_for_new_objects_only() {
    let pair = LfsPair::new();
    let [old, new] = [3, 4].map(|seed| objects(seed, 20, 1..2000));
    pair.commit("main", &old);
    mirror(&pair, 20);

    pair.commit("main", &new);
    let requests = mirror(&pair, 20);
    assert_eq!(asked_of(SOURCE, &requests).into_iter().collect::<Vec<_>>(), oids(&new));
    assert_eq!(moved("PUT", &requests), oids(&new));

    assert_eq!(mirror(&pair, 0), [], "nothing changes, so nothing is asked");

    pair.source().commit_files("main", &[("README", "No object is new.\n")]);
    assert_eq!(asked_of(SOURCE, &mirror(&pair, 0)), [].into());
}

#[test]
fn a_mirror_without_objects_is_repaired_by_the_next_change() {
    let objects = objects(5, 30, 1..2000);
    let pair = mirrored_without_objects(&objects[..20]);
    pair.task().run().succeeded();
    assert_eq!(pair.requests(), [], "no ref moves, so nothing is asked");

    pair.commit("main", &objects[20..]);
    mirror(&pair, 30);
}

#[test]
fn a_mirror_without_objects_is_repaired_by_full_at_once() {
    let pair = mirrored_without_objects(&objects(6, 20, 1..2000));
    let outcome = pair.task().input("lfs", "full").run();
    expect(&pair, &outcome, 20);
    assert_eq!(outcome.output("changed"), "false");
    assert_eq!(outcome.counts(), [0, 0, 0, 0, 1]);

    // Every object is asked for again, and none is sent.
    let requests = expect(&pair, &pair.task().input("lfs", "full").run(), 0);
    assert_eq!(asked_of(DESTINATION, &requests).len(), 20);
    assert_eq!(moved("PUT", &requests), Vec::<String>::new());
}

#[test]
fn a_source_without_filters_has_its_objects_found_in_the_pack() {
    for protocol in [V2, V0] {
        let pair = LfsPair::with(Setup { way: Way::web(Http, protocol), ..Setup::default() });
        pair.source().git(&["config", "uploadpack.allowFilter", "false"]);
        let objects = objects(7, 25, 1..2000);
        pair.commit("main", &objects[..15]);
        mirror(&pair, 15);
        pair.commit("main", &objects[15..]);
        mirror(&pair, 10);
    }
}

#[test]
fn filters_that_a_server_does_not_know_are_done_without() {
    for forbidden in [&["combine"][..], &["combine", "object:type", "blob:limit"]] {
        let pair = LfsPair::new();
        for filter in forbidden {
            pair.source().git(&["config", &format!("uploadpackfilter.{filter}.allow"), "false"]);
        }
        let objects = objects(8, 25, 1..2000);
        pair.commit("main", &objects[..15]);
        mirror(&pair, 15);
        pair.commit("main", &objects[15..]);
        mirror(&pair, 10);
    }
}

#[test]
fn pointers_are_found_wherever_they_are() {
    let pair = LfsPair::new();
    let objects = objects(9, 6, 1..2000);
    let source = pair.source();
    pair.giftless.store(SOURCE, &objects);
    source.commit("main", 30);
    // Deep in a history that has nothing of it at its end.
    source.commit_files("main", &pointers("gone", &objects[..2]));
    source.commit_files("main", &[("gone", "a file in the folder's place\n")]);
    source.commit("main", 200);
    // Attributes in a folder.
    source.commit_files("folder", &[("a/b/.gitattributes", ATTRIBUTES)]);
    source.commit_files("folder", &pointers("a/b", &objects[2..3]));
    // On another branch alone.
    source.commit_objects("topic", &objects[3..4]);
    // Without attributes at all.
    source.commit_files("bare", &pointers("assets", &objects[4..5]));
    // In an annotated tag's commit, which no branch has.
    source.commit_objects("tagged", &objects[5..]);
    source.git(&["tag", "-a", "-m", "Release", "v1", "tagged"]);
    source.delete("refs/heads/tagged");
    source.repack();
    mirror(&pair, 6);
}

#[test]
fn an_object_of_size_zero_is_copied() {
    let pair = LfsPair::new();
    let objects = [Object::new(""), Object::new("not empty")];
    pair.giftless.store(SOURCE, &objects);
    pair.source().commit_objects("main", &objects);
    let outcome = pair.task().run();
    outcome.succeeded();
    assert_eq!(pair.giftless.stored(DESTINATION), pair.giftless.stored(SOURCE), "{}", outcome.text);
    pair.pair.expect_equal();
}

#[test]
fn five_thousand_pointers_are_mirrored() {
    let pair = LfsPair::new();
    // Most of the work of the servers is per object, so all but the newest are there already.
    let objects = objects(10, 5000, 20..40);
    pair.giftless.store(DESTINATION, &objects[..4900]);
    pair.commit("main", &objects);
    pair.source().repack();
    let outcome = pair.task().run();
    outcome.succeeded();
    assert_eq!(outcome.output("lfsObjects"), "100");
    assert_eq!(pair.giftless.stored(DESTINATION), pair.giftless.stored(SOURCE));
    let requests = pair.requests();
    assert_eq!(asked_of(DESTINATION, &requests).len(), 5000);
    assert_eq!(asked_of(SOURCE, &requests).into_iter().collect::<Vec<_>>(), oids(&objects[4900..]));
    assert_eq!(requests.iter().filter(|request| request.is_batch(DESTINATION)).count(), 50);
}

#[test]
fn a_dry_run_copies_no_object() {
    let pair = LfsPair::new();
    pair.commit("main", &objects(11, 10, 1..2000));
    let outcome = pair.task().input("dryRun", "true").run();
    outcome.succeeded();
    assert!(pair.giftless.stored(DESTINATION).is_empty());
    let requests = pair.requests();
    let no_object: Vec<String> = Vec::new();
    assert_eq!((moved("PUT", &requests), moved("GET", &requests)), (no_object.clone(), no_object));
    mirror(&pair, 10);
}

#[test]
fn a_batch_request_names_the_branch_as_its_server_knows_it() {
    let pair = LfsPair::new();
    pair.commit("main", &objects(9, 3, 1..900));
    let outcome = pair.task().input("mapRefs", "refs/heads/*:refs/heads/upstream/*").run();
    outcome.succeeded();
    let requests = pair.requests();
    for (repository, branch) in [(SOURCE, "refs/heads/main"), (DESTINATION, "refs/heads/upstream/main")] {
        let named: Vec<_> = requests
            .iter()
            .filter(|request| request.is_batch(repository))
            .map(LfsRequest::ref_name)
            .collect();
        assert!(!named.is_empty(), "{requests:?}");
        assert!(named.iter().all(|name| name.as_deref() == Some(branch)), "{named:?}");
    }
    assert_eq!(pair.giftless.stored(DESTINATION).len(), 3);
}
