//! Objects that the source does not have, though its pointers name them.

use crate::support::git::Refs;
use crate::support::lfs::{Object, objects};
use crate::support::lfs_pair::{DESTINATION, LfsPair, SOURCE};
use crate::support::task::Outcome;

/// A pair whose source lacks one object of 30.
fn lacking_one() -> (LfsPair, Object) {
    let pair = LfsPair::new();
    let objects = objects(21, 30, 100..900);
    pair.commit("main", &objects);
    pair.giftless.remove(SOURCE, &objects[9]);
    (pair, objects[9].clone())
}

#[track_caller]
fn expect_named(outcome: &Outcome, object: &Object) {
    let said = outcome.text.contains(&object.oid) && outcome.text.contains(&object.size.to_string());
    assert!(said, "{} of {} bytes: {}", object.oid, object.size, outcome.text);
    assert_eq!(outcome.output("lfsObjectsMissing"), "1");
}

#[test]
fn an_object_that_the_source_lacks_fails_before_a_ref_moves() {
    let (pair, object) = lacking_one();
    let outcome = pair.task().run();
    let error = outcome.failed();
    assert!(error.contains("source") && error.contains("lfsMissing"), "{error}");
    expect_named(&outcome, &object);
    assert_eq!(pair.destination().refs(&[]), Refs::new());

    // It goes on from what landed.
    let landed = pair.giftless.stored(DESTINATION).len();
    pair.giftless.store(SOURCE, [&object]);
    let outcome = pair.task().run();
    outcome.succeeded();
    assert_eq!(outcome.output("lfsObjects"), (30 - landed).to_string());
    crate::support::lfs_oracle::verify_lfs(&pair);
}

#[test]
fn an_object_that_the_source_lacks_can_be_a_warning() {
    let (pair, object) = lacking_one();
    let outcome = pair.task().input("lfsMissing", "warn").run();
    assert_eq!(outcome.result(), "SucceededWithIssues", "{}", outcome.text);
    expect_named(&outcome, &object);
    assert_eq!(outcome.output("lfsObjects"), "29");
    pair.pair.expect_equal();
    assert_eq!(pair.giftless.stored(DESTINATION), pair.giftless.stored(SOURCE));
}

#[test]
fn a_batch_that_is_refused_whole_is_about_each_object() {
    // giftless answers 404 to a batch none of whose objects is there.
    let pair = LfsPair::new();
    let objects = objects(22, 3, 100..200);
    pair.source().commit_objects("main", &objects);
    let error = pair.task().run().failed();
    assert!(error.contains("source"), "{error}");
    assert_eq!(pair.destination().refs(&[]), Refs::new());

    let outcome = pair.task().input("lfsMissing", "warn").run();
    assert_eq!(outcome.result(), "SucceededWithIssues", "{}", outcome.text);
    assert_eq!(outcome.output("lfsObjectsMissing"), "3");
    for object in &objects {
        assert!(outcome.text.contains(&object.oid), "{}", outcome.text);
    }
    pair.pair.expect_equal();
}

#[test]
fn an_object_that_only_the_repair_misses_is_a_warning() {
    let (pair, object) = lacking_one();
    pair.task().input("lfs", "none").run().succeeded();
    pair.commit("main", &objects(23, 5, 100..200));
    let outcome = pair.task().run();
    assert_eq!(outcome.result(), "SucceededWithIssues", "{}", outcome.text);
    expect_named(&outcome, &object);
    assert_eq!(outcome.output("lfsObjects"), "34");
    pair.pair.expect_equal();
}
