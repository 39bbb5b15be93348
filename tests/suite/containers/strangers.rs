//! Repositories at the destination that are no mirrors of the source.

use super::{Folder, empty_host, expect_mirror, hosted, to_host};
use crate::support::git::Repository;
use crate::support::host_double::Kind;

/// A history that has nothing of another.
fn stranger(repository: &Repository) {
    repository.commit("other", 4);
    repository.commit("main", 1);
    let tree = repository.git(&["rev-parse", "other^{tree}"]);
    let root = repository.git(&["commit-tree", "-m", "A stranger", &tree]);
    repository.set("refs/heads/main", &root);
}

#[test]
fn an_unrelated_repository_stands_untouched_and_the_others_are_mirrored() {
    for kind in [Kind::AzureServer, Kind::GitHub] {
        let folder = Folder::new(&["app", "docs", "web"]);
        let host = empty_host(kind);
        for name in ["app", "docs", "web"] {
            host.add(&format!("{}/{name}", super::container(kind)));
        }
        stranger(&hosted(&host, "docs"));
        let before = hosted(&host, "docs").refs(&[]);
        let outcome = to_host(&folder, &host).run();
        let errors = outcome.failed();
        assert!(errors.contains("docs"), "{kind:?}: {errors}");
        assert_eq!(hosted(&host, "docs").refs(&[]), before, "{kind:?}");
        for name in ["app", "web"] {
            expect_mirror(&folder.repository(name), &hosted(&host, name));
        }
        let pushed = host.seen().into_iter().any(|seen| seen.writes() && seen.target.contains("docs"));
        assert!(!pushed, "{kind:?}");

        to_host(&folder, &host).input("overwriteUnrelated", "true").run().succeeded();
        expect_mirror(&folder.repository("docs"), &hosted(&host, "docs"));
    }
}

#[test]
fn an_unrelated_repository_in_a_folder_stands_untouched() {
    let (source, destination) = (Folder::new(&["app", "docs"]), Folder::new(&[]));
    stranger(&destination.add("docs"));
    let before = destination.repository("docs").refs(&[]);
    let outcome = crate::support::task::Task::new(source.path(), destination.path()).run();
    assert!(outcome.failed().contains("docs"), "{}", outcome.text);
    assert_eq!(destination.repository("docs").refs(&[]), before);
    expect_mirror(&source.repository("app"), &destination.repository("app"));
}

#[test]
fn what_only_the_destination_has_is_told_and_kept() {
    for kind in [Kind::AzureServer, Kind::GitHub, Kind::GitLab] {
        let folder = Folder::new(&["app"]);
        let host = empty_host(kind);
        super::fill(&host.add(&format!("{}/only-here", super::container(kind))), "only-here");
        let before = hosted(&host, "only-here").refs(&[]);
        let outcome = to_host(&folder, &host).run();
        outcome.succeeded();
        assert!(outcome.page.contains("only-here"), "{kind:?}\n{}", outcome.page);
        assert_eq!(hosted(&host, "only-here").refs(&[]), before);
    }
}
