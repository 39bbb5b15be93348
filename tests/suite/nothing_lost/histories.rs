//! Mirrors of seeded histories under each policy. `scripts/histories` makes many; a few belong to the ordinary tests.

use std::path::PathBuf;
use std::process::Command;

use super::{lost, not_failed};
use crate::support::dice::Dice;
use crate::support::git::{Refs, Repository, output};
use crate::support::git_server::Protocol;
use crate::support::nginx::Scheme;
use crate::support::pair::{Access, Pair, Way};
use crate::support::task::Outcome;
use crate::support::trials::Trials;

const BRANCHES: [&str; 5] = ["main", "a", "b", "c/d", "e"];
const TAGS: [&str; 3] = ["v1", "v2", "v3"];

/// Changes that a step of a history makes on one side.
#[derive(Clone, Copy, Debug)]
enum Change {
    Forward,
    Rewind,
    Rewrite,
    Merge,
    Delete,
    Move,
    Annotate,
    Replace,
}

const CHANGES: [Change; 8] = [
    Change::Forward,
    Change::Rewind,
    Change::Rewrite,
    Change::Merge,
    Change::Delete,
    Change::Move,
    Change::Annotate,
    Change::Replace,
];

struct History {
    pair: Pair,
    /// A copy of the destination before any run.
    before: PathBuf,
    dice: Dice,
    commits: usize,
}

impl History {
    fn new(way: Way, seed: u64) -> Self {
        let pair = Pair::new(way);
        let before = pair.nginx.path("before.git");
        let mut history = Self { pair, before, dice: Dice::new(seed), commits: 0 };
        history.pair.source.commit("main", 4);
        for _ in 0..6 {
            let change = history.dice.pick(&[Change::Forward, Change::Merge, Change::Move, Change::Annotate]);
            history.change(Side::Source, change);
        }
        history.pair.mirror();
        for _ in 0..history.dice.below(4) {
            let change = history.dice.pick(&CHANGES);
            history.change(Side::Destination, change);
        }
        for _ in 0..=history.dice.below(5) {
            let change = history.dice.pick(&CHANGES);
            history.change(Side::Source, change);
        }
        if history.pair.source.refs(&["refs/heads"]).is_empty() {
            history.pair.source.commit("main", 1);
        }
        output(Command::new("cp").arg("-a").arg(&history.pair.destination.path).arg(&history.before), b"");
        history
    }

    /// Makes a commit that no other history has, with these parents.
    fn new_commit(&mut self, side: Side, parents: &[&str]) -> String {
        self.commits += 1;
        let repository = side.of(&self.pair);
        let blob = repository.blob(format!("{side:?} {}\n", self.commits).as_bytes());
        let tree = repository.git_with(&["mktree"], format!("100644 blob {blob}\tfile\n").as_bytes());
        let message = format!("{side:?} {}", self.commits);
        let parents: Vec<_> = parents.iter().flat_map(|parent| ["-p", parent]).collect();
        repository.git(&[&["commit-tree", "-m", &message, &tree][..], &parents].concat())
    }

    fn change(&mut self, side: Side, change: Change) {
        let repository = side.of(&self.pair).clone();
        let branch = format!("refs/heads/{}", self.dice.pick(&BRANCHES));
        let tag = format!("refs/tags/{}", self.dice.pick(&TAGS));
        let refs = repository.refs(&["refs/heads"]);
        let tips: Vec<&str> = refs.values().map(String::as_str).collect();
        if tips.is_empty() {
            return;
        }
        let other = self.dice.pick(&tips).to_owned();
        let tip = refs.get(&branch).cloned().unwrap_or_else(|| other.clone());
        let older = repository.git(&["rev-list", "--topo-order", &tip]);
        let older: Vec<&str> = older.lines().collect();
        let older = self.dice.pick(&older).to_owned();
        match change {
            Change::Forward => {
                let new = self.new_commit(side, &[&tip]);
                repository.set(&branch, &new);
            }
            Change::Rewind => repository.set(&branch, &older),
            Change::Rewrite => {
                let new = self.new_commit(side, &[&older]);
                let new = self.new_commit(side, &[&new]);
                repository.set(&branch, &new);
            }
            Change::Merge => {
                let new = self.new_commit(side, &[&tip, &other]);
                repository.set(&branch, &new);
            }
            Change::Delete if self.dice.below(2) == 0 && refs.len() > 1 && branch != "refs/heads/main" => {
                repository.delete(&branch);
            }
            Change::Delete => repository.delete(&tag),
            Change::Move => repository.set(&tag, &older),
            Change::Annotate => {
                repository.git(&["tag", "-f", "-a", "-m", "tag", &tag["refs/tags/".len()..], &older]);
            }
            // A name that stands in the way of another.
            Change::Replace => {
                let (gone, new) = self.dice.pick(&[("e", "e/f"), ("e/f", "e"), ("c/d", "c")]);
                let [gone, new] = [gone, new].map(|name| format!("refs/heads/{name}"));
                if refs.contains_key(&gone) {
                    repository.delete(&gone);
                    repository.set(&new, &tip);
                }
            }
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Side {
    Source,
    Destination,
}

impl Side {
    fn of(self, pair: &Pair) -> &Repository {
        match self {
            Self::Source => &pair.source,
            Self::Destination => &pair.destination,
        }
    }
}

const FOLDERS: Way = Way { source: Access::Path, destination: Access::Path };

/// Returns the way of a trial: mostly between folders, which is fast.
fn way(seed: u64) -> Way {
    match seed % 8 {
        0 => Way::web(Scheme::Http, Protocol::V2),
        1 => Way::web(Scheme::Http, Protocol::V0),
        2 => Way { source: Access::Web(Scheme::Http, Protocol::V2), destination: Access::Path },
        _ => FOLDERS,
    }
}

/// Returns the refs that have diverged, as git tells: the judge of what the task decided.
fn diverged(pair: &Pair) -> Refs {
    let (source, destination) = (&pair.source, &pair.destination);
    let new = source.refs(&["refs/heads", "refs/tags"]);
    let is_known = |id: &str| {
        let check = source.git_with(&["cat-file", "--batch-check"], format!("{id}\n").as_bytes());
        !check.ends_with("missing")
    };
    let old = destination.refs(&["refs/heads", "refs/tags"]);
    old.into_iter()
        .filter(|(name, tip)| match new.get(name) {
            Some(same) if same == tip => false,
            Some(_) if name.starts_with("refs/tags/") => true,
            Some(new) => !is_known(tip) || !source.git(&["rev-list", tip, "--not", new]).is_empty(),
            None => !is_known(tip),
        })
        .collect()
}

impl History {
    /// Runs the task under a policy on the destination as it was.
    fn run(&self, diverged: &str, replaced: &str) -> Outcome {
        let destination = &self.pair.destination.path;
        std::fs::remove_dir_all(destination).unwrap();
        output(Command::new("cp").arg("-a").arg(&self.before).arg(destination), b"");
        let inputs = [("divergedRefs", diverged), ("keepReplaced", replaced), ("maxDeletionsPercent", "100")];
        inputs.iter().fold(self.pair.task(), |task, (name, value)| task.input(name, value)).run()
    }
}

fn trial(seed: u64) {
    let history = History::new(way(seed), seed);
    let (source, destination) = (&history.pair.source, &history.pair.destination);
    let (before, kept) = (destination.refs(&[]), diverged(&history.pair));
    // Overwritten and held: nothing is lost, and the two sides are equal.
    history.run("overwrite", "tags").succeeded();
    assert_eq!(lost(destination, &before), "", "overwrite, tags");
    let mut after = destination.refs(&[]);
    after.retain(|name, _| !name.starts_with("refs/tags/mirror-replaced/"));
    assert_eq!(after, source.refs(&[]), "overwrite, tags");
    destination.fsck();
    for replaced in ["none", "tags"] {
        // Kept: no diverged ref has moved, and every other one is as at the source.
        let outcome = history.run("keep", replaced);
        let after = destination.refs(&[]);
        for (name, tip) in &kept {
            assert_eq!(after.get(name), Some(tip), "keep: {name}");
        }
        if replaced == "tags" {
            assert_eq!(lost(destination, &before), "", "keep, tags");
        }
        if is_free(source, &kept) {
            not_failed(outcome);
            for (name, tip) in &source.refs(&[]) {
                assert!(kept.contains_key(name) || after.get(name) == Some(tip), "keep: {name}");
            }
        }
    }
    // Failed: where a ref has diverged, nothing has moved.
    let outcome = history.run("fail", "tags");
    if kept.is_empty() {
        not_failed(outcome);
    } else {
        outcome.failed();
        assert_eq!(destination.refs(&[]), before, "fail");
    }
}

/// Tells whether no ref that is kept is in the way of a name of the source.
fn is_free(source: &Repository, kept: &Refs) -> bool {
    let conflicts = |new: &String, old: &String| {
        new.starts_with(&format!("{old}/")) || old.starts_with(&format!("{new}/"))
    };
    !source.refs(&[]).keys().any(|new| kept.keys().any(|old| conflicts(new, old)))
}

#[test]
fn seeded_histories_lose_nothing_and_move_no_diverged_ref() {
    Trials { count: 12, seed: 1 }.make(2, trial, repeated);
}

#[test]
#[ignore = "takes minutes; scripts/histories runs it"]
fn many_seeded_histories_lose_nothing_and_move_no_diverged_ref() {
    Trials::of_environment().make(2, trial, repeated);
}

fn repeated(seed: u64) -> String {
    format!("scripts/histories 1 {seed}")
}
