//! `mapRefs`: the refs of a source get other names at the destination, and all else there is left as it is.

use crate::support::git::{BRANCHES_AND_TAGS, Refs, Repository};
use crate::support::git_server::Protocol::{V0, V2};
use crate::support::nginx::Scheme::Http;
use crate::support::pair::{Access, Pair, Way};
use crate::support::task::Task;

const UPSTREAM: &str = "refs/heads/*:refs/heads/upstream/*";
const WAYS: [Way; 4] = [
    Way::web(Http, V2),
    Way::web(Http, V0),
    Way::ssh(V2),
    Way { source: Access::Path, destination: Access::FileUrl },
];

/// A source with branches and a tag, and a destination with a branch and a tag of its own.
fn pair(way: Way) -> Pair {
    let pair = Pair::new(way);
    pair.source.commit("main", 20);
    pair.source.git(&["branch", "topic/one", "main~3"]);
    pair.source.git(&["tag", "-a", "-m", "Release", "v1", "main~5"]);
    pair.destination.commit("main", 2);
    pair.destination.set("refs/tags/own", "refs/heads/main");
    pair
}

fn task(pair: &Pair, lines: &str) -> Task {
    pair.task().input("mapRefs", lines)
}

/// The refs of the source with other names, and what only the destination has.
fn expected(pair: &Pair, own: &Refs, rename: impl Fn(&str) -> Option<String>) -> Refs {
    let source = pair.source.refs(BRANCHES_AND_TAGS);
    let renamed = source.into_iter().filter_map(|(name, id)| Some((rename(&name)?, id)));
    own.clone().into_iter().chain(renamed).collect()
}

fn upstream(name: &str) -> Option<String> {
    name.strip_prefix("refs/heads/").map(|short| format!("refs/heads/upstream/{short}"))
}

#[test]
fn branches_get_a_prefix_and_what_else_the_destination_has_stays() {
    for way in WAYS {
        let pair = pair(way);
        let own = pair.destination.refs(&[]);
        let outcome = task(&pair, UPSTREAM).run();
        assert_eq!(outcome.succeeded().counts(), [2, 0, 0, 0, 0], "{way:?}\n{}", outcome.text);
        assert_eq!(pair.destination.refs(&[]), expected(&pair, &own, upstream), "{way:?}");
        let again = task(&pair, UPSTREAM).run();
        assert_eq!(again.succeeded().counts(), [0, 0, 0, 0, 2], "{way:?}\n{}", again.text);
        assert_eq!(again.output("changed"), "false");
        pair.source.commit("main", 2);
        pair.source.delete("refs/heads/topic/one");
        let third = task(&pair, UPSTREAM).run();
        assert_eq!(third.succeeded().counts(), [0, 1, 1, 0, 0], "{way:?}\n{}", third.text);
        assert_eq!(pair.destination.refs(&[]), expected(&pair, &own, upstream), "{way:?}");
        pair.destination.fsck();
    }
}

#[test]
fn refs_that_no_line_names_are_left_out_in_words() {
    let pair = pair(WAYS[0]);
    let outcome =
        task(&pair, &format!("{UPSTREAM}\nrefs/heads/none:refs/heads/none\nrefs/notes/*:refs/notes/up/*"))
            .run();
    outcome.succeeded();
    assert!(
        outcome.text.contains("selected refs that no line of 'mapRefs' names are left out, 1 in all"),
        "{}",
        outcome.text
    );
    let warnings: Vec<_> = outcome.named("task.logissue").iter().map(|issue| issue.data.clone()).collect();
    assert_eq!(
        warnings,
        ["the line 'refs/heads/none:refs/heads/none' matches no selected ref on either side"]
    );
    assert!(
        outcome
            .text
            .contains("the line 'refs/notes/*:refs/notes/up/*' matches no selected ref on either side")
    );
}

#[test]
fn a_name_that_a_line_makes_and_git_does_not_allow_is_warned_of() {
    let pair = pair(WAYS[0]);
    let outcome = task(&pair, "refs/heads/main*:refs/heads/*").run();
    assert!(
        outcome.named("task.logissue").iter().any(|issue| issue.data.contains("'mapRefs'")),
        "{}",
        outcome.text
    );
}

#[test]
fn several_lines_give_a_ref_several_names() {
    let pair = pair(WAYS[0]);
    let lines = format!("{UPSTREAM}\nrefs/heads/main:refs/heads/trunk\nrefs/tags/v*:refs/tags/upstream-v*");
    let own = pair.destination.refs(&[]);
    assert_eq!(task(&pair, &lines).run().succeeded().counts(), [4, 0, 0, 0, 0]);
    let mut expected = expected(&pair, &own, |name| match name {
        "refs/tags/v1" => Some("refs/tags/upstream-v1".to_owned()),
        name => upstream(name),
    });
    expected.insert("refs/heads/trunk".to_owned(), pair.source.refs(&[])["refs/heads/main"].clone());
    assert_eq!(pair.destination.refs(&[]), expected);
}

#[test]
fn what_is_left_out_at_the_source_is_left_alone_under_its_name_there() {
    let pair = pair(WAYS[0]);
    pair.source.git(&["branch", "wip", "main~1"]);
    pair.destination.set("refs/heads/upstream/wip", "refs/heads/main");
    pair.destination.set("refs/heads/upstream/wip2", "refs/heads/main");
    // A pattern is about names at the source alone.
    let task = task(&pair, UPSTREAM).input("excludeRefs", "refs/heads/wip\nrefs/heads/upstream/wip2");
    assert_eq!(task.run().succeeded().counts(), [2, 0, 1, 0, 0]);
    let refs = pair.destination.refs(&["refs/heads"]);
    assert_eq!(refs["refs/heads/upstream/wip"], refs["refs/heads/main"]);
    assert!(!refs.contains_key("refs/heads/upstream/wip2"));
}

#[test]
fn two_sources_share_a_destination() {
    let (first, second) = (pair(WAYS[0]), pair(WAYS[0]));
    second.source.commit("main", 3);
    let url = first.destination.path.to_str().unwrap();
    let into = |pair: &Pair, name: &str| {
        let lines = format!("refs/heads/*:refs/heads/{name}/*\nrefs/tags/*:refs/tags/{name}/*");
        task(pair, &lines).input("destinationGitRepositoryUri", url)
    };
    assert_eq!(into(&first, "a").run().succeeded().counts(), [3, 0, 0, 0, 0]);
    assert_eq!(into(&second, "b").run().succeeded().counts(), [3, 0, 0, 0, 0]);
    for (pair, name) in [(&first, "a"), (&second, "b")] {
        assert_eq!(into(pair, name).run().succeeded().counts(), [0, 0, 0, 0, 3]);
    }
}

#[test]
fn names_that_cannot_be_are_refused_before_anything_is_sent_in_words() {
    let pair = pair(WAYS[0]);
    pair.source.git(&["branch", "v1", "main"]);
    let before = pair.destination.refs(&[]);
    for (lines, said) in [
        (
            "refs/heads/*:refs/heads/up/*\nrefs/tags/*:refs/heads/up/*",
            "'refs/heads/v1' and 'refs/tags/v1' of the source would both be 'refs/heads/up/v1'",
        ),
        (
            "refs/heads/main:refs/heads/up\nrefs/heads/v1:refs/heads/up/v1",
            "'refs/heads/up' and 'refs/heads/up/v1' cannot both be there",
        ),
        ("refs/heads/*:refs/heads/main/*", "'refs/heads/main/main' cannot be beside 'refs/heads/main'"),
    ] {
        let outcome = task(&pair, lines).run();
        let error = outcome.failed();
        assert!(error.contains(said) && error.contains("'mapRefs'"), "{error}");
        assert_eq!(pair.destination.refs(&[]), before);
        assert!(!outcome.text.contains("attempt 1 failed"), "{}", outcome.text);
    }
}

#[test]
fn the_deletion_limit_holds_for_names_at_the_destination() {
    let pair = pair(WAYS[0]);
    pair.source.branch_many("many", 30);
    task(&pair, UPSTREAM).run().succeeded();
    for name in pair.source.refs(&["refs/heads/many"]).keys() {
        pair.source.delete(name);
    }
    let before = pair.destination.refs(&[]);
    assert!(task(&pair, UPSTREAM).run().failed().contains("this would delete 30 of 32"));
    assert_eq!(pair.destination.refs(&[]), before);
    let allowed = task(&pair, UPSTREAM).input("maxDeletionsPercent", "100").run();
    assert_eq!(allowed.succeeded().counts(), [0, 0, 30, 0, 2]);
}

#[test]
fn an_empty_destination_gets_the_default_branch_under_its_name_there_first() {
    for way in WAYS {
        let pair = Pair::new(way);
        pair.source.commit("main", 5);
        pair.source.commit("another", 3);
        let task = task(&pair, UPSTREAM).input("defaultBranch", "follow");
        let outcome = task.run();
        let first = outcome.text.find("refs/heads/upstream/main").unwrap();
        assert!(first < outcome.text.find("refs/heads/upstream/another").unwrap(), "{}", outcome.text);
        assert_eq!(outcome.counts(), [2, 0, 0, 0, 0]);
        if way.destination.is_local() {
            outcome.succeeded();
            assert_eq!(pair.destination.git(&["symbolic-ref", "HEAD"]), "refs/heads/upstream/main");
            let again = task.run();
            assert_eq!(again.succeeded().counts(), [0, 0, 0, 0, 2]);
        }
    }
}

#[test]
fn the_clone_directory_keeps_the_names_of_the_source() {
    let pair = pair(WAYS[0]);
    let own = pair.destination.refs(&[]);
    let work = tempfile::tempdir().unwrap();
    let task = || {
        task(&pair, UPSTREAM)
            .input("sourceGitRepositoryCloneDirectoryName", "clone.git")
            .variable("SYSTEM_DEFAULTWORKINGDIRECTORY", work.path().to_str().unwrap())
    };
    assert_eq!(task().run().succeeded().counts(), [2, 0, 0, 0, 0]);
    let clone = Repository { path: work.path().join("clone.git") };
    assert_eq!(clone.refs(BRANCHES_AND_TAGS), pair.source.refs(BRANCHES_AND_TAGS));
    assert_eq!(pair.destination.refs(&[]), expected(&pair, &own, upstream));
    assert_eq!(task().run().succeeded().counts(), [0, 0, 0, 0, 2]);
}

#[test]
fn a_dry_run_names_refs_as_they_would_be_at_the_destination() {
    let pair = pair(WAYS[0]);
    let before = pair.destination.refs(&[]);
    let outcome = task(&pair, UPSTREAM).input("dryRun", "true").run();
    outcome.succeeded();
    assert!(outcome.text.contains("refs/heads/upstream/topic/one"), "{}", outcome.text);
    assert_eq!(pair.destination.refs(&[]), before);
}

#[test]
fn the_lines_hold_for_each_repository_of_a_container() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let names = ["a.git", "b.git"];
    std::fs::create_dir(path("to")).unwrap();
    for name in names {
        Repository::init(path("from").join(name)).commit("main", 3);
    }
    let task =
        Task::new(path("from").to_str().unwrap(), path("to").to_str().unwrap()).input("mapRefs", UPSTREAM);
    assert_eq!(task.run().succeeded().counts(), [2, 0, 0, 0, 0]);
    assert_eq!(task.run().succeeded().counts(), [0, 0, 0, 0, 2]);
    for name in names {
        let refs = Repository { path: path("to").join(name) }.refs(&[]);
        assert_eq!(refs.keys().collect::<Vec<_>>(), ["refs/heads/upstream/main"]);
    }
}
