//! A side that has no Git LFS at all: nothing is at its endpoint.

use crate::support::git::Refs;
use crate::support::lfs::objects;
use crate::support::lfs_pair::{DESTINATION, LfsPair, Served, Setup};

const SIDES: [(Served, &str); 2] =
    [(Served::SourceAlone, "destination"), (Served::DestinationAlone, "source")];

fn pair(served: Served) -> LfsPair {
    let pair = LfsPair::with(Setup { served, ..Setup::default() });
    pair.commit("main", &objects(31, 7, 100..200));
    pair
}

#[test]
fn refs_are_mirrored_with_issues_where_a_side_has_no_lfs() {
    for (served, side) in SIDES {
        let pair = pair(served);
        let outcome = pair.task().run();
        assert_eq!(outcome.result(), "SucceededWithIssues", "{}", outcome.text);
        let warnings: Vec<_> = outcome.named("task.logissue").into_iter().map(|issue| &issue.data).collect();
        assert!(
            warnings.iter().any(|warning| warning.contains(side) && warning.contains("7 ")),
            "{side}: {warnings:?}"
        );
        pair.pair.expect_equal();
        assert!(pair.giftless.stored(DESTINATION).is_empty());
        assert_eq!(outcome.output("lfsObjects"), "0");

        // Nothing changes, so nothing is to be warned of.
        pair.requests();
        pair.task().run().succeeded();
        assert_eq!(pair.requests(), []);
    }
}

#[test]
fn full_fails_before_a_ref_moves_where_a_side_has_no_lfs() {
    for (served, side) in SIDES {
        let pair = pair(served);
        let error = pair.task().input("lfs", "full").run().failed();
        assert!(error.contains(side) && error.contains("LFS"), "{side}: {error}");
        assert_eq!(pair.destination().refs(&[]), Refs::new());
    }
}

#[test]
fn a_repository_without_pointers_needs_no_lfs() {
    for (served, _) in SIDES {
        let pair = LfsPair::with(Setup { served, ..Setup::default() });
        pair.source().commit("main", 20);
        for extent in ["auto", "full"] {
            pair.task().input("lfs", extent).run().succeeded();
            pair.pair.expect_equal();
            assert_eq!(pair.requests(), []);
            pair.source().commit("main", 1);
        }
    }
}
