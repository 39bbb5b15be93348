//! The `receive.*` settings of a local destination: what Git's own push does into the same folder is what is right.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::git::{BRANCHES_AND_TAGS, Refs, Repository, git, output};
use crate::support::program;
use crate::support::task::{Outcome, Task};

/// Two equal folders with what the source was, and the source as it is now: `main` has moved on, `other` was
/// rewritten, `old` is gone, and `secret/new` is new.
struct Place {
    folder: tempfile::TempDir,
    source: Repository,
}

/// Who pushes.
#[derive(Clone, Copy)]
enum By {
    Git,
    Task,
}

/// A repository without a work tree, or with `main` checked out.
#[derive(Clone, Copy)]
enum Destination {
    Bare,
    WorkTree,
}

impl Place {
    fn new(destination: Destination, settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let source = Repository::init(folder.path().join("source.git"));
        for branch in ["main", "old", "other", "secret/one"] {
            source.commit(branch, 3);
        }
        let place = Self { folder, source };
        for by in [By::Git, By::Task] {
            let repository = place.destination(by);
            let bare = match destination {
                Destination::Bare => &["--bare"][..],
                Destination::WorkTree => &[],
            };
            output(git().args(["init", "-q", "-b", "main"]).args(bare).arg(&repository.path), b"");
            let all = "+refs/heads/*:refs/heads/*";
            repository.git(&["fetch", "-q", "--update-head-ok", text(&place.source.path), all]);
            if matches!(destination, Destination::WorkTree) {
                repository.git(&["reset", "-q", "--hard"]);
            }
            for (name, value) in settings {
                repository.git(&["config", "--add", name, value]);
            }
        }
        place.source.commit("main", 2);
        place.source.git(&["update-ref", "refs/heads/other", "refs/heads/secret/one"]);
        place.source.git(&["update-ref", "-d", "refs/heads/old"]);
        place.source.commit("secret/new", 1);
        place
    }

    fn destination(&self, by: By) -> Repository {
        let name = match by {
            By::Git => "by-git",
            By::Task => "by-task",
        };
        Repository { path: self.folder.path().join(name) }
    }

    /// Pushes with Git. Returns the refs that were refused, and why.
    fn push(&self) -> BTreeMap<String, String> {
        let path = self.destination(By::Git).path;
        let pushed = git()
            .arg("-C")
            .arg(&self.source.path)
            .args(["push", "--porcelain", "--prune", "--force"])
            .arg(path)
            .arg("refs/heads/*:refs/heads/*")
            .output()
            .unwrap();
        let printed = String::from_utf8(pushed.stdout).unwrap();
        let refused = printed.lines().filter_map(|line| {
            let (refs, reason) = line.strip_prefix("!\t")?.split_once("\t[remote rejected] (")?;
            Some((refs.split_once(':')?.1.to_owned(), reason.trim_end_matches(')').to_owned()))
        });
        refused.collect()
    }

    fn mirror(&self) -> Outcome {
        let task = Task::new(text(&self.source.path), text(&self.destination(By::Task).path));
        task.input("maxDeletionsPercent", "100").run()
    }

    fn refs(&self, by: By) -> Refs {
        self.destination(by).refs(BRANCHES_AND_TAGS)
    }

    fn path(&self, by: By) -> PathBuf {
        self.destination(by).path
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Expects that the task does what Git does: these refs are refused, for the same reasons, and the others are changed.
#[track_caller]
fn expect_as_git(destination: Destination, settings: &[(&str, &str)], refused: &[&str]) -> Place {
    let place = Place::new(destination, settings);
    let reasons = place.push();
    let names: Vec<_> = reasons.keys().map(|name| name.trim_start_matches("refs/heads/")).collect();
    assert_eq!(names, refused, "by Git, with {settings:?}");
    let outcome = place.mirror();
    let said = outcome.visible();
    assert_eq!(place.refs(By::Task), place.refs(By::Git), "{settings:?}\n{said}");
    for (name, reason) in &reasons {
        assert!(said.contains(&format!("'{name}': {reason}")), "{settings:?}: {name}: {reason}\n{said}");
    }
    assert_eq!(outcome.counts()[3], reasons.len() as u64, "{said}");
    place
}

#[test]
fn a_bare_destination_refuses_what_its_settings_deny() {
    let expect = |settings: &[(&str, &str)], refused: &[&str]| {
        expect_as_git(Destination::Bare, settings, refused);
    };
    expect(&[], &[]);
    expect(&[("receive.denyDeletes", "true")], &["old"]);
    expect(&[("receive.denyNonFastForwards", "true")], &["other"]);
    expect(&[("receive.denyDeletes", "yes"), ("receive.denyNonFastForwards", "on")], &["old", "other"]);
    expect(&[("receive.denyCurrentBranch", "refuse")], &[]);
}

#[test]
fn hidden_refs_are_neither_listed_nor_changed() {
    let expect = |settings: &[(&str, &str)], refused: &[&str]| {
        expect_as_git(Destination::Bare, settings, refused);
    };
    expect(&[("receive.hideRefs", "refs/heads/secret")], &["secret/new", "secret/one"]);
    expect(&[("transfer.hideRefs", "refs/heads/secret/")], &["secret/new", "secret/one"]);
    expect(&[("receive.hideRefs", "refs/heads/old")], &[]);
    let one_is_shown =
        [("transfer.hideRefs", "refs/heads/secret"), ("receive.hideRefs", "!refs/heads/secret/one")];
    expect(&one_is_shown, &["secret/new"]);
    expect(&[("uploadpack.hideRefs", "refs/heads/secret")], &[]);
}

#[test]
fn the_branch_of_head_goes_only_where_that_is_allowed() {
    for (value, refused) in [("refuse", &["old"][..]), ("true", &["old"]), ("warn", &[]), ("ignore", &[])] {
        let place = Place::new(Destination::Bare, &[("receive.denyDeleteCurrent", value)]);
        for by in [By::Git, By::Task] {
            place.destination(by).git(&["symbolic-ref", "HEAD", "refs/heads/old"]);
        }
        let reasons: Vec<_> = place.push().into_iter().collect();
        let said = place.mirror().visible();
        assert_eq!(place.refs(By::Task), place.refs(By::Git), "{value}\n{said}");
        assert_eq!(reasons.len(), refused.len(), "{value}");
        for (name, reason) in reasons {
            assert!(said.contains(&format!("'{name}': {reason}")), "{value}\n{said}");
        }
    }
}

#[test]
fn a_checked_out_branch_is_pushed_to_as_the_settings_say() {
    let expect = |settings: &[(&str, &str)], refused: &[&str]| {
        expect_as_git(Destination::WorkTree, settings, refused);
    };
    expect(&[], &["main"]);
    for (value, refused) in [
        ("refuse", &["main"][..]),
        ("true", &["main"]),
        ("ignore", &[]),
        ("false", &[]),
        ("warn", &[]),
        ("updateInstead", &[]),
    ] {
        expect(&[("receive.denyCurrentBranch", value)], refused);
    }
    let branch_of_a_work_tree = Place::new(Destination::Bare, &[]);
    for by in [By::Git, By::Task] {
        let beside = format!("{}-tree", text(&branch_of_a_work_tree.path(by)));
        branch_of_a_work_tree.destination(by).git(&["worktree", "add", "-q", &beside, "main"]);
    }
    let reasons = branch_of_a_work_tree.push();
    let said = branch_of_a_work_tree.mirror().visible();
    assert_eq!(branch_of_a_work_tree.refs(By::Task), branch_of_a_work_tree.refs(By::Git));
    assert!(reasons["refs/heads/main"] == "branch is currently checked out", "{reasons:?}");
    assert!(said.contains("'refs/heads/main': branch is currently checked out"), "{said}");
}

#[test]
fn a_work_tree_follows_unless_it_has_changes() {
    let settings = [("receive.denyCurrentBranch", "updateInstead")];
    let followed = expect_as_git(Destination::WorkTree, &settings, &[]);
    let file = |place: &Place, by| fs::read(place.path(by).join("src/main.txt")).unwrap();
    assert_eq!(file(&followed, By::Task), file(&followed, By::Git));
    assert_eq!(followed.destination(By::Task).git(&["status", "--porcelain"]), "");
    for untracked in [false, true] {
        let place = Place::new(Destination::WorkTree, &settings);
        if untracked {
            // In the way of a file that comes.
            let blob = place.source.git_with(&["hash-object", "-w", "--stdin"], b"theirs");
            let tree =
                place.source.git_with(&["mktree"], format!("100644 blob {blob}\tnew.txt\n").as_bytes());
            let commit = place.source.git(&["commit-tree", "-p", "main", "-m", "New", &tree]);
            place.source.git(&["update-ref", "refs/heads/main", &commit]);
        }
        let changed = if untracked { "new.txt" } else { "src/main.txt" };
        for by in [By::Git, By::Task] {
            fs::write(place.path(by).join(changed), "mine").unwrap();
        }
        assert_eq!(place.push().into_keys().collect::<Vec<_>>(), ["refs/heads/main"]);
        let outcome = place.mirror();
        let said = outcome.failed();
        assert_eq!(place.refs(By::Task), place.refs(By::Git), "{said}");
        assert!(said.contains("'refs/heads/main'") && said.contains("updateInstead"), "{said}");
        assert_eq!(fs::read(place.path(By::Task).join(changed)).unwrap(), b"mine");
    }
}

#[test]
fn hooks_that_are_not_run_are_named_once() {
    let place = Place::new(Destination::Bare, &[]);
    let hooks = place.path(By::Task).join("hooks");
    let script = "touch \"$GIT_DIR/it-ran\"\nexit 1";
    for name in ["pre-receive", "post-update", "update.sample"] {
        program::script(&hooks.join(name), script);
    }
    let outcome = place.mirror();
    outcome.succeeded();
    let warnings = outcome.named("task.logissue");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].data.ends_with("which are not run: pre-receive, post-update"), "{warnings:?}");
    assert!(!place.path(By::Task).join("it-ran").exists());
}
