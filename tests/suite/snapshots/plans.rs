//! Plans that are refused, so that nothing is changed.

use super::{Scenario, compare};
use crate::support::git::{Repository, git, output};
use crate::support::git_server::Protocol;
use crate::support::recorded::Recorded;
use crate::support::task::{Outcome, Task};

pub(super) const SCENARIOS: &[Scenario] = &[
    ("plan_empty_source", || empty_source().task().run()),
    ("plan_empty_source_by_hand", empty_source_by_hand),
    ("plan_empty_source_allowed", || empty_source().task().input("allowEmptySource", "true").run()),
    ("plan_source_without_branches", without_branches),
    ("plan_too_many_deletions", || too_many_deletions().task().run()),
    ("plan_too_many_deletions_dry_run", || too_many_deletions().task().input("dryRun", "true").run()),
    ("plan_diverged_fails", || diverged("fail", "none").run()),
    ("plan_diverged_is_kept", || diverged("keep", "none").run()),
    ("plan_replaced_is_held", || diverged("overwrite", "tags").run()),
    ("plan_replaced_is_held_dry_run", || diverged("overwrite", "tags").input("dryRun", "true").run()),
    ("plan_other_object_format", other_object_format),
    ("plan_shallow_source", shallow_source),
];

#[test]
fn plans_that_are_refused_are_told_as_before() {
    compare(SCENARIOS);
}

fn empty_source() -> Recorded {
    let pair = Recorded::start(Protocol::V2);
    pair.destination.commit("main", 2);
    pair
}

fn empty_source_by_hand() -> Outcome {
    let pair = empty_source();
    Task::by_hand(&["--source", &pair.source_url(), "--destination", &pair.destination_url()]).run()
}

fn without_branches() -> Outcome {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 2);
    pair.task().run().succeeded();
    pair.source.git(&["tag", "v1", "main"]);
    pair.source.delete("refs/heads/main");
    pair.task().run()
}

fn too_many_deletions() -> Recorded {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 3);
    pair.source.branch_many("topic", 22);
    pair.task().run().succeeded();
    for name in pair.source.refs(&["refs/heads/topic"]).keys() {
        pair.source.delete(name);
    }
    pair
}

/// Mirrors into a folder, to which somebody has pushed: a branch of its own, and a commit where the source has another.
fn diverged(diverged: &str, replaced: &str) -> Task {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 3);
    pair.source.commit("topic", 2);
    pair.task().run().succeeded();
    pair.destination.git(&["config", "uploadpack.allowFilter", "true"]);
    pair.destination.commit_noise("main", 80);
    pair.destination.set("refs/heads/own", "main");
    pair.destination.commit_noise("own", 88);
    pair.source.commit("main", 1);
    pair.source.commit("topic", 1);
    let task = pair.task().input("divergedRefs", diverged).input("keepReplaced", replaced);
    // The servers serve until the test ends.
    std::mem::forget(pair);
    task
}

/// A pair whose source is replaced before the task asks it.
fn with_source(replace: impl Fn(&Recorded)) -> Outcome {
    let pair = Recorded::start(Protocol::V2);
    std::fs::remove_dir_all(&pair.source.path).unwrap();
    replace(&pair);
    pair.task().run()
}

fn other_object_format() -> Outcome {
    with_source(|pair| drop(Repository::init_format(&pair.source.path, "sha256").commit("main", 2)))
}

fn shallow_source() -> Outcome {
    with_source(|pair| {
        let complete = Repository::init(pair.source.path.with_file_name("complete.git"));
        complete.commit("main", 5);
        let url = format!("file://{}", complete.path.display());
        output(git().args(["clone", "-q", "--bare", "--depth=2", &url]).arg(&pair.source.path), b"");
    })
}
