//! Refs that have diverged, and tips that a mirror takes away: between folders, and on every way to a server.

use std::process::Command;

use crate::support::git::{Refs, Repository, output, scrub};
use crate::support::git_server::Protocol;
use crate::support::nginx::Scheme;
use crate::support::pair::{Access, Pair, Way};
use crate::support::task::{Outcome, Task};

const FOLDERS: Way = Way { source: Access::Path, destination: Access::Path };

const WAYS: [Way; 6] = [
    FOLDERS,
    Way::web(Scheme::Http, Protocol::V2),
    Way::web(Scheme::Http, Protocol::V0),
    Way::ssh(Protocol::V2),
    Way::ssh(Protocol::V0),
    Way { source: Access::Web(Scheme::Http, Protocol::V2), destination: Access::Path },
];

/// A mirror to whose destination somebody has pushed since: a commit on `foreign`, one on `shared`, which moves at the source,
/// too, and a tag of another commit. `main` moves on, `old` goes, and `merged` goes, being part of main.
struct Scene {
    pair: Pair,
    before: Refs,
}

impl Scene {
    fn new(way: Way) -> Self {
        let pair = Pair::new(way);
        pair.source.commit("main", 10);
        for branch in ["shared", "foreign", "merged"] {
            pair.source.set(&format!("refs/heads/{branch}"), "main");
        }
        pair.source.set("refs/heads/old", "main~3");
        pair.source.set("refs/tags/v1", "main~2");
        pair.mirror();
        for repository in [&pair.source, &pair.destination] {
            repository.git(&["config", "uploadpack.allowFilter", "true"]);
        }
        pair.destination.commit_noise("shared", 80);
        pair.destination.commit_noise("foreign", 88);
        pair.destination.commit_noise("foreign", 96);
        pair.destination.set("refs/tags/v1", "main~4");
        pair.source.commit("main", 2);
        pair.source.commit("shared", 1);
        for branch in ["foreign", "merged", "old"] {
            pair.source.delete(&format!("refs/heads/{branch}"));
        }
        pair.source.set("refs/heads/new", "main~1");
        let before = pair.destination.refs(&[]);
        Self { pair, before }
    }

    fn task(&self, diverged: &str, replaced: &str) -> Task {
        self.pair.task().input("divergedRefs", diverged).input("keepReplaced", replaced)
    }

    /// Returns the refs of the destination that moved, came or went.
    fn changed(&self) -> Vec<String> {
        let after = self.pair.destination.refs(&[]);
        let names = self.before.keys().chain(after.keys());
        let mut changed: Vec<_> =
            names.filter(|name| self.before.get(*name) != after.get(*name)).cloned().collect();
        changed.sort();
        changed.dedup();
        changed
    }

    /// The tags that hold what was taken away, without their time.
    fn kept_tags(&self) -> Refs {
        kept_tags(&self.pair.destination)
    }
}

fn kept_tags(repository: &Repository) -> Refs {
    let tags = repository.refs(&["refs/tags/mirror-replaced"]);
    tags.into_iter().map(|(name, id)| (name.splitn(5, '/').nth(4).unwrap().to_owned(), id)).collect()
}

/// Returns the commits that no ref of a repository reaches any more, of those that these refs reached.
fn lost(repository: &Repository, before: &Refs) -> String {
    let tips: Vec<_> = before.values().map(String::as_str).collect();
    repository.git(&[&["rev-list"][..], &tips, &["--not", "--all"]].concat())
}

#[test]
fn diverged_refs_are_kept_on_every_way_and_the_rest_is_mirrored() {
    for way in WAYS {
        let scene = Scene::new(way);
        let outcome = scene.task("keep", "none").run();
        assert_eq!(outcome.result(), "SucceededWithIssues", "{way:?}: {}", outcome.text);
        let expected = ["refs/heads/main", "refs/heads/merged", "refs/heads/new", "refs/heads/old"];
        assert_eq!(scene.changed(), expected, "{way:?}");
        for (name, tip) in &scene.before {
            if ["refs/heads/shared", "refs/heads/foreign", "refs/tags/v1"].contains(&name.as_str()) {
                assert!(
                    outcome.text.contains(&format!("'{name}'")) && outcome.text.contains(tip),
                    "{way:?}: {name}"
                );
            }
        }
        // The two commits of the branch that only the destination has, and no other.
        let foreign = &scene.pair.destination.git(&["rev-list", "main..foreign"]);
        let listed = foreign.lines().map(|id| id[..10].to_owned()).collect::<Vec<_>>().join(" ");
        assert!(outcome.text.contains(&format!("commits: {listed}\n")), "{way:?}: {listed} {}", outcome.text);
        assert!(outcome.page.contains("Only at the destination: 3"), "{way:?}: {}", outcome.page);
    }
}

#[test]
fn a_diverged_ref_fails_the_mirror_on_every_way_and_nothing_is_sent() {
    for way in WAYS {
        let scene = Scene::new(way);
        let outcome = scene.task("fail", "tags").run();
        let error = outcome.failed();
        for name in ["refs/heads/shared", "refs/heads/foreign", "refs/tags/v1"] {
            assert!(error.contains(&format!("'{name}' at {}", scene.before[name])), "{way:?}: {error}");
        }
        assert!(!error.contains("refs/heads/main") && error.contains("'divergedRefs'"), "{way:?}: {error}");
        assert_eq!(scene.changed(), [""; 0], "{way:?}");
    }
}

#[test]
fn what_is_taken_away_is_held_by_tags_on_every_way() {
    for way in WAYS {
        let scene = Scene::new(way);
        let outcome = scene.task("overwrite", "tags").run();
        outcome.succeeded();
        let expected: Refs = ["heads/shared", "heads/foreign"]
            .map(|name| (name.to_owned(), scene.before[&format!("refs/{name}")].clone()))
            .into();
        // The other tips are part of main.
        assert_eq!(scene.kept_tags(), expected, "{way:?}: {}", outcome.text);
        assert_eq!(lost(&scene.pair.destination, &scene.before), "", "{way:?}");
        scene.pair.destination.fsck();
        assert!(outcome.page.contains("Taken away: 5"), "{way:?}: {}", outcome.page);
        // The next run leaves them, and so does one without them.
        for replaced in ["tags", "none"] {
            assert_eq!(
                scene.task("overwrite", replaced).run().succeeded().counts()[..3],
                [0, 0, 0],
                "{way:?}"
            );
            assert_eq!(scene.kept_tags(), expected, "{way:?}");
        }
    }
}

#[test]
fn a_dry_run_tells_the_tags_and_the_commits_and_changes_nothing() {
    for way in WAYS {
        let scene = Scene::new(way);
        let outcome = scene.task("overwrite", "tags").input("dryRun", "true").run();
        outcome.succeeded();
        let foreign = &scene.before["refs/heads/foreign"];
        let tip = format!("takes away {foreign} of refs/heads/foreign, held by refs/tags/mirror-replaced/");
        assert!(
            outcome.text.contains("deletes ") || outcome.text.contains(&tip),
            "{way:?}: {}",
            outcome.text
        );
        assert!(outcome.text.contains(foreign) && outcome.text.contains("/heads/foreign"), "{way:?}");
        assert_eq!(scene.changed(), [""; 0], "{way:?}");
    }
}

#[test]
fn a_destination_that_serves_no_filter_is_asked_for_no_commit() {
    let scene = Scene::new(Way::web(Scheme::Http, Protocol::V2));
    scene.pair.destination.git(&["config", "uploadpack.allowFilter", "false"]);
    let outcome = scene.task("keep", "none").run();
    assert!(outcome.text.contains("commits behind it are not listed"), "{}", outcome.text);
}

#[test]
fn a_tip_whose_tag_is_refused_stays_and_the_words_are_told() {
    let scene = Scene::new(Way::web(Scheme::Http, Protocol::V2));
    scene
        .pair
        .destination
        .hook("update", "case $1 in refs/tags/mirror-replaced/*/heads/foreign) echo not that; exit 1;; esac");
    let outcome = scene.task("overwrite", "tags").run();
    let error = outcome.failed();
    assert!(error.contains("refs/heads/foreign") && error.contains("hook declined"), "{error}");
    let after = scene.pair.destination.refs(&[]);
    assert_eq!(after["refs/heads/foreign"], scene.before["refs/heads/foreign"]);
    assert_eq!(after["refs/heads/shared"], scene.pair.source.git(&["rev-parse", "shared"]));
}

/// Returns the commands by which a page undoes a run.
fn commands(page: &str) -> Vec<&str> {
    let section = page.split_once("## Undo").unwrap().1;
    let block = section.split("```").nth(1).unwrap();
    let commands: Vec<_> = block.lines().filter(|line| line.starts_with("git ")).collect();
    assert_eq!(commands.len(), 3);
    commands
}

#[test]
fn refs_that_were_wrongly_overwritten_come_back_by_three_commands() {
    let scene = Scene::new(FOLDERS);
    scene.task("overwrite", "tags").run().succeeded();
    let destination = &scene.pair.destination;
    let stamp = destination.git(&["for-each-ref", "--format=%(refname)", "refs/tags/mirror-replaced"]);
    let stamp = stamp.lines().next().unwrap().split('/').nth(3).unwrap().to_owned();
    let folder = tempfile::tempdir().unwrap();
    let work = Repository::init(folder.path().join("undo.git"));
    for command in commands(include_str!("../../docs/nothing-lost.md")) {
        let command = command.replace("https://host.example/app.git", destination.path.to_str().unwrap());
        let command = command.replace("20261124T170416Z", &stamp);
        let mut shell = Command::new("sh");
        scrub(&mut shell);
        output(shell.arg("-c").arg(command).current_dir(&work.path), b"");
    }
    let after = destination.refs(&[]);
    for name in ["refs/heads/shared", "refs/heads/foreign"] {
        assert_eq!(after[name], scene.before[name]);
    }
    assert!(scene.kept_tags().is_empty());
}

/// Expects a run with issues or without, and returns it.
#[track_caller]
fn not_failed(outcome: Outcome) -> Outcome {
    assert_ne!(outcome.result(), "Failed", "{}", outcome.text);
    outcome
}

mod histories;
