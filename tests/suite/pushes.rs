//! Histories that are larger than a push may be: they arrive whole, in parts that are small enough.

mod large;
mod trials;

use std::time::Duration;

use crate::support::dice::Dice;
use crate::support::git::Repository;
use crate::support::git_server::Protocol;
use crate::support::history::Recipe;
use crate::support::metered::{Filter, Limit, Meter, Metered, SourceKind};
use trials::{mirror, mirror_killed};

const MIB: u64 = 1 << 20;

/// The servers may take so long.
const PATIENCE: Duration = Duration::from_secs(300);

/// As hosts answer today, as Azure Repos does, and as a server does that leaves nothing out.
const SOURCES: [(&str, SourceKind); 3] = [
    ("v2", SourceKind { protocol: Protocol::V2, filter: Filter::Allowed }),
    ("v0", SourceKind { protocol: Protocol::V0, filter: Filter::Allowed }),
    ("v0 without filter", SourceKind { protocol: Protocol::V0, filter: Filter::Refused }),
];

/// Makes a history of this size, with branches and tags in each part of it.
fn lab(source: SourceKind, limit: Limit, mebibytes: u64) -> Metered {
    let metered = Metered::new(source, limit, Meter::Bytes);
    Recipe { commits: 1200, size: mebibytes * MIB, tagged: 50, branched: 100 }.make(&metered.pair.source);
    metered
}

#[test]
fn a_history_six_times_as_large_as_a_push_may_be_arrives_in_parts() {
    for (name, source) in SOURCES {
        let mut lab = lab(source, Limit::None, 24);
        let task = lab.pair.task().input("maxPushSize", "4 MiB");
        let run = mirror(&mut lab, &task, PATIENCE);
        assert!(run.traffic.pushes().count() > 6, "{name}: {}", run.outcome.text);
        run.expect_pushes_below(4 * MIB);
    }
}

#[test]
fn a_history_of_few_commits_that_fill_a_push_each_arrives_in_parts() {
    for (name, source) in SOURCES {
        for commits in [2, 3, 5, 9] {
            let mut lab = Metered::new(source, Limit::None, Meter::Bytes);
            let recipe = Recipe { commits, size: commits * 2 * MIB, tagged: 50, branched: 100 };
            recipe.make(&lab.pair.source);
            let task = lab.pair.task().input("maxPushSize", "4 MiB");
            let run = mirror(&mut lab, &task, PATIENCE);
            assert!(run.traffic.landed > (commits - 1) * MIB, "{name}, {commits}: {}", run.outcome.text);
            run.expect_pushes_below(4 * MIB);
        }
    }
}

/// Mirrors three commits, and then merges a history that has nothing in common with them into the source, with some more on top.
fn merge(lab: &mut Metered, merged: Recipe, on_top: usize) {
    let source = &lab.pair.source;
    source.commit("main", 3);
    lab.pair.mirror();
    let folder = tempfile::tempdir().unwrap();
    let other = Repository::init(folder.path().join("other.git"));
    merged.make(&other);
    source.git(&["fetch", "-q", other.path.to_str().unwrap(), "refs/heads/main:refs/heads/merged"]);
    let merge = ["commit-tree", "-p", "main", "-p", "merged", "-m", "Merge", "main^{tree}"];
    source.set("refs/heads/main", &source.git(&merge));
    source.delete("refs/heads/merged");
    source.commit("main", on_top);
}

#[test]
fn what_a_merge_brings_beside_arrives_in_parts() {
    for (name, source) in SOURCES {
        for on_top in [0, 30] {
            let mut lab = Metered::new(source, Limit::None, Meter::Bytes);
            merge(&mut lab, Recipe { commits: 60, size: 24 * MIB, tagged: 900, branched: 900 }, on_top);
            let task = lab.pair.task().input("maxPushSize", "8 MiB");
            let run = mirror(&mut lab, &task, PATIENCE);
            let (pushes, questions) = (run.traffic.pushes().count(), run.traffic.requests.len());
            assert!(pushes < 24 && questions < 600, "{name}: {pushes}, {questions}: {}", run.outcome.text);
            run.expect_pushes_below(8 * MIB);
        }
    }
}

#[test]
fn a_merge_is_pushed_whole_where_its_parts_may_have_no_branch() {
    for (name, source) in SOURCES {
        let mut lab = Metered::new(source, Limit::None, Meter::Bytes);
        // So many commits are foreseen as too large, and are not.
        merge(&mut lab, Recipe { commits: 400, size: 0, tagged: 900, branched: 900 }, 1);
        lab.pair.destination.hook("update", "case $1 in refs/heads/mirror-git-repository/*) exit 1; esac");
        let task = lab.pair.task().input("maxPushSize", "2 MiB");
        let run = mirror(&mut lab, &task, PATIENCE);
        assert!(run.traffic.pushes().count() < 4, "{name}: {}", run.outcome.text);
    }
}

#[test]
fn a_limit_that_a_server_says_by_413_alone_is_kept() {
    for (name, source) in SOURCES {
        let limit = Limit::OfNginx(12 * MIB);
        let mut lab = lab(source, limit, 40);
        let task = lab.pair.task();
        let run = mirror(&mut lab, &task, PATIENCE);
        let refused = run.traffic.pushes().filter(|push| push.status == 413).count();
        assert!((1..=2).contains(&refused), "{name}: {refused}: {}", run.outcome.text);
    }
}

#[test]
fn a_limit_that_breaks_pushes_without_a_word_is_found() {
    for (name, source) in SOURCES {
        let limit = Limit::OfGit(12 * MIB);
        let mut lab = lab(source, limit, 40);
        // Each break costs an attempt.
        let task = lab.pair.task().input("maxAttempts", "5");
        let run = mirror(&mut lab, &task, PATIENCE);
        let broken = run.traffic.pushes().filter(|push| push.status != 200).count();
        assert!(broken >= 2, "{name}: {broken}: {}", run.outcome.text);
    }
}

#[test]
fn runs_that_are_killed_send_only_the_part_on_its_way_again() {
    for (number, (_, source)) in SOURCES.into_iter().enumerate() {
        let mut lab = lab(source, Limit::None, 24);
        let task = lab.pair.task().input("maxPushSize", "2 MiB");
        let whole = mirror(&mut lab, &task, PATIENCE);
        lab.renew_destination(Limit::None);
        let mut dice = Dice::new(number as u64);
        let killed = mirror_killed(&mut lab, &task, 5, &mut dice, whole.elapsed, PATIENCE);
        killed.expect_to_cost_a_part_each(2 * MIB, &whole);
    }
}
