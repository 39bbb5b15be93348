//! A dry run asks for objects, and moves none.

use crate::lfs_folders::{bytes, copied};
use crate::support::lfs::objects;
use crate::support::lfs_pair::{DESTINATION, LfsPair, LfsRequest, SOURCE, Served, Setup};
use crate::support::task::{Outcome, Task};

/// Runs it, and expects that only questions are asked, and that nothing changes.
#[track_caller]
fn dry_run(pair: &LfsPair, change: impl Fn(Task) -> Task) -> Outcome {
    let before = (pair.giftless.stored(DESTINATION), pair.destination().refs(&[]));
    pair.requests();
    let outcome = change(pair.task().input("dryRun", "true")).run();
    let is_question = |request: &LfsRequest| [SOURCE, DESTINATION].iter().any(|name| request.is_batch(name));
    let requests = pair.requests();
    assert!(requests.iter().all(is_question), "{requests:?}");
    assert_eq!((pair.giftless.stored(DESTINATION), pair.destination().refs(&[])), before);
    outcome
}

#[test]
fn what_would_be_copied_is_counted() {
    // Without a filter, the pack itself is read.
    for filter in ["true", "false"] {
        let pair = LfsPair::new();
        pair.source().git(&["config", "uploadpack.allowFilter", filter]);
        let objects = objects(41, 130, 1..500);
        pair.commit("main", &objects[..110]);
        pair.commit("topic", &objects[100..]);
        pair.giftless.store(DESTINATION, &objects[..20]);
        for extent in ["auto", "full"] {
            let outcome = dry_run(&pair, |task| task.input("lfs", extent));
            assert_eq!(
                copied(outcome.succeeded()),
                ["110", &bytes(&objects[20..]), "0"],
                "{extent} {filter}"
            );
        }
        pair.task().run().succeeded();
        // Nothing moves: only a full one asks.
        pair.giftless.remove(DESTINATION, &objects[7]);
        assert_eq!(copied(dry_run(&pair, |task| task).succeeded())[0], "0");
        let outcome = dry_run(&pair, |task| task.input("lfs", "full"));
        assert_eq!(copied(outcome.succeeded()), ["1", &objects[7].size.to_string(), "0"]);
    }
}

#[test]
fn what_the_source_lacks_is_told_as_it_would_be() {
    let pair = LfsPair::new();
    let objects = objects(42, 5, 1..500);
    pair.commit("main", &objects);
    pair.giftless.remove(SOURCE, &objects[2]);
    for extent in ["auto", "full"] {
        let error = dry_run(&pair, |task| task.input("lfs", extent)).failed();
        assert!(error.contains("source") && error.contains(&objects[2].oid), "{error}");
        let outcome = dry_run(&pair, |task| task.input("lfs", extent).input("lfsMissing", "warn"));
        assert_eq!(outcome.result(), "SucceededWithIssues", "{}", outcome.text);
        assert_eq!([copied(&outcome)[0], copied(&outcome)[2]], ["4", "1"]);
    }
}

#[test]
fn a_side_without_lfs_is_told_as_it_would_be() {
    for (served, side) in [(Served::SourceAlone, "destination"), (Served::DestinationAlone, "source")] {
        let pair = LfsPair::with(Setup { served, ..Setup::default() });
        pair.commit("main", &objects(43, 7, 1..500));
        let asked = |outcome: &Outcome| copied(outcome).map(str::to_owned);
        let outcome = pair.task().input("dryRun", "true").run();
        assert_eq!(outcome.result(), "SucceededWithIssues", "{}", outcome.text);
        assert!(outcome.text.contains("7 objects are not copied"), "{}", outcome.text);
        assert_eq!(asked(&outcome), ["0", "0", "0"]);
        let error = pair.task().input("dryRun", "true").input("lfs", "full").run().failed();
        assert!(error.contains(side), "{error}");
        assert_eq!((pair.giftless.stored(DESTINATION).len(), pair.destination().refs(&[]).len()), (0, 0));
    }
}
