//! Local repositories, where they differ from servers, and the clone directory. No git is on the task's `PATH`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::git::{BRANCHES_AND_TAGS, Refs, Repository, git, output};
use crate::support::git_server::Protocol;
use crate::support::pair::{Access, Pair, Way};
use crate::support::recorded::Recorded;
use crate::support::task::{Outcome, Task};

const LOCAL: Way = Way { source: Access::Path, destination: Access::Path };

/// A source with two branches and a tag, and a place beside it where nothing is.
struct Place {
    folder: tempfile::TempDir,
    source: Repository,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let source = Repository::init(folder.path().join("source.git"));
        source.commit("alpha", 3);
        source.commit("trunk", 20);
        source.git(&["tag", "-a", "-m", "Release", "v1", "trunk~3"]);
        source.git(&["symbolic-ref", "HEAD", "refs/heads/trunk"]);
        Self { folder, source }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn mirror_to(&self, name: &str) -> Outcome {
        Task::new(text(&self.source.path), text(&self.path(name))).run()
    }

    #[track_caller]
    fn expect_mirror(&self, name: &str) -> Repository {
        let mirror = Repository { path: self.path(name) };
        assert_eq!(mirror.refs(&[]), self.source.refs(BRANCHES_AND_TAGS));
        assert_eq!(mirror.git(&["rev-parse", "--is-bare-repository"]), "true");
        mirror.fsck();
        mirror
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_destination_is_created_where_nothing_or_an_empty_folder_is() {
    let place = Place::new();
    fs::create_dir(place.path("empty")).unwrap();
    for name in ["new.git", "empty"] {
        assert_eq!(place.mirror_to(name).succeeded().counts(), [3, 0, 0, 0, 0]);
        let mirror = place.expect_mirror(name);
        assert_eq!(mirror.git(&["symbolic-ref", "HEAD"]), "refs/heads/trunk");
        assert_eq!(place.mirror_to(name).succeeded().counts(), [0, 0, 0, 0, 3]);
    }
}

#[test]
fn a_dry_run_creates_nothing() {
    let place = Place::new();
    let task = Task::new(text(&place.source.path), text(&place.path("new.git")));
    task.input("dryRun", "true").run().succeeded();
    assert!(!place.path("new.git").exists());
}

#[test]
fn a_folder_that_is_something_else_is_refused_and_left() {
    let place = Place::new();
    fs::create_dir(place.path("documents")).unwrap();
    fs::write(place.path("documents/thesis.txt"), "precious").unwrap();
    for (name, reason) in [
        ("documents", "it is no Git repository"),
        ("documents/thesis.txt", "it is a file"),
        ("nowhere/new.git", "the folder above it does not exist"),
    ] {
        let error = place.mirror_to(name).failed();
        assert!(error.contains(reason) && error.contains("'destinationGitRepositoryUri'"), "{error}");
    }
    let left: Vec<_> = fs::read_dir(place.path("documents")).unwrap().collect();
    assert_eq!((left.len(), place.path("nowhere").exists()), (1, false));
}

#[test]
fn a_source_that_is_no_repository_is_said_to_be_none() {
    let place = Place::new();
    fs::create_dir(place.path("folder")).unwrap();
    for (name, reason) in [("folder", "it is no Git repository"), ("nothing", "no such folder")] {
        let error = Task::new(text(&place.path(name)), text(&place.path("new.git"))).run().failed();
        assert!(error.contains(reason) && error.contains("source"), "{error}");
    }
    assert!(!place.path("new.git").exists());
}

#[test]
fn a_checked_out_branch_is_refused_alone() {
    let place = Place::new();
    output(git().args(["init", "-q", "-b", "trunk"]).arg(place.path("work")), b"");
    let outcome = place.mirror_to("work");
    let error = outcome.failed();
    assert!(
        error.contains("refs/heads/trunk") && error.contains("branch is currently checked out"),
        "{error}"
    );
    assert!(error.contains("bare repository"), "{error}");
    assert_eq!(outcome.counts(), [2, 0, 0, 1, 0]);
}

#[test]
fn a_name_that_is_not_utf_8_is_refused_alone() {
    let pair = Pair::mirrored(LOCAL);
    let tip = pair.source.git(&["rev-parse", "main"]);
    let create =
        [b"create refs/heads/caf\xe9 ", tip.as_bytes(), b"\ncreate refs/heads/new ", tip.as_bytes(), b"\n"];
    pair.source.git_with(&["update-ref", "--stdin"], &create.concat());
    let outcome = pair.task().run();
    let error = outcome.failed();
    assert!(error.contains("funny refname") && error.contains("'excludeRefs'"), "{error}");
    assert_eq!(outcome.counts(), [1, 0, 0, 1, 2]);
}

#[test]
fn a_repository_with_sha256_is_refused() {
    let local = Pair::with_formats(LOCAL, "sha256", "sha256");
    local.source.commit("main", 2);
    let error = local.task().run().failed();
    assert!(error.contains("must have the object format sha1"), "{error}");
    let from_server = Recorded::start(Protocol::V2);
    fs::remove_dir_all(&from_server.source.path).unwrap();
    Repository::init_format(&from_server.source.path, "sha256").commit("main", 2);
    let task =
        Task::new(&from_server.source_url(), text(&from_server.destination.path.with_file_name("new.git")));
    let error = task.run().failed();
    assert!(error.contains("its object format is sha1") && error.contains("is sha256"), "{error}");
    assert!(!from_server.destination.path.with_file_name("new.git").exists());
}

#[test]
fn a_damaged_source_leaves_the_destination_as_it_is() {
    let pair = Pair::mirrored(LOCAL);
    let before = pair.destination.refs(&[]);
    pair.source.commit("main", 30);
    pair.source.repack();
    let packs = pair.source.path.join("objects/pack");
    let pack = fs::read_dir(packs).unwrap().map(|file| file.unwrap().path());
    let pack = pack.filter(|path| path.extension().is_some_and(|end| end == "pack")).max().unwrap();
    let mut bytes = fs::read(&pack).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 64].fill(0);
    fs::remove_file(&pack).unwrap();
    fs::write(&pack, bytes).unwrap();
    let error = pair.task().run().failed();
    assert!(error.contains("cannot get the pack of source") && error.contains("git fsck"), "{error}");
    assert_eq!(pair.destination.refs(&[]), before);
    pair.destination.fsck();
}

#[test]
fn packed_refs_are_updated_and_deleted() {
    let pair = Pair::mirrored(LOCAL);
    pair.source.branch_many("many", 300);
    pair.mirror();
    pair.destination.git(&["pack-refs", "--all"]);
    let names = pair.source.git(&["for-each-ref", "--format=delete %(refname)", "refs/heads/many/001*"]);
    pair.source.git_with(&["update-ref", "--stdin"], format!("{names}\n").as_bytes());
    pair.source.commit("main", 1);
    assert_eq!(pair.mirror().counts(), [0, 1, 100, 0, 201]);
}

#[test]
fn submodules_and_symlinks_are_mirrored_from_a_repacked_source() {
    let pair = Pair::mirrored(LOCAL);
    let tree = format!(
        "160000 commit {}\tmodule\n120000 blob {}\tlink\n100755 blob {}\trun\n",
        "1".repeat(40),
        pair.source.blob(b"target"),
        pair.source.blob(b"#!/bin/sh\n")
    );
    let tree = pair.source.git_with(&["mktree"], tree.as_bytes());
    let commit = pair.source.git(&["commit-tree", "-m", "with a submodule", "-p", "main", &tree]);
    pair.source.set("refs/heads/main", &commit);
    pair.source.repack();
    assert_eq!(pair.mirror().counts(), [0, 1, 0, 0, 1]);
}

/// A job's working directory, and a source on a server.
struct Job {
    pair: Recorded,
    work: tempfile::TempDir,
}

impl Job {
    fn new() -> Self {
        let job = Self { pair: Recorded::start(Protocol::V2), work: tempfile::tempdir().unwrap() };
        job.pair.source.commit("main", 20);
        job.pair.source.commit("old", 3);
        job.pair.source.git(&["tag", "-a", "-m", "Release", "v1", "main"]);
        job.pair.source.set("refs/pull/1/head", "refs/heads/main");
        job
    }

    fn task(&self, clone_directory: &str) -> Task {
        let task = self.pair.task().input("sourceGitRepositoryCloneDirectoryName", clone_directory);
        task.variable("SYSTEM_DEFAULTWORKINGDIRECTORY", text(self.work.path()))
    }

    /// Expects that the folder, and the destination too, are complete mirrors.
    #[track_caller]
    fn expect_mirrors(&self, clone_directory: &str) {
        let clone = Repository { path: self.work.path().join(clone_directory) };
        for mirror in [&clone, &self.pair.destination] {
            assert_eq!(mirror.refs(&[]), self.pair.source.refs(BRANCHES_AND_TAGS));
            mirror.fsck();
        }
        assert_eq!(clone.git(&["rev-parse", "--is-bare-repository"]), "true");
    }

    fn folders(&self) -> Vec<String> {
        let entries = fs::read_dir(self.work.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

#[test]
fn predecessor_issue_51_two_steps_of_one_job_keep_a_clone_each() {
    let (first, mut second) = (Job::new(), Job::new());
    second.pair.source.commit("main", 2);
    second.work = tempfile::tempdir_in(first.work.path()).unwrap();
    fs::remove_dir(second.work.path()).unwrap();
    let work = text(first.work.path()).to_owned();
    let in_one_place =
        |job: &Job, name| job.task(name).variable("SYSTEM_DEFAULTWORKINGDIRECTORY", &work).run();
    in_one_place(&first, "source.git").succeeded();
    in_one_place(&second, "second/../other.git").succeeded();
    assert_eq!(first.folders(), ["other.git", "source.git"]);
    first.expect_mirrors("source.git");
    // The same step again, and one more without a clone.
    in_one_place(&first, "source.git").succeeded();
    in_one_place(&first, "").succeeded();
    first.expect_mirrors("source.git");
    let other = Repository { path: first.work.path().join("other.git") };
    assert_eq!(other.refs(&[]), second.pair.source.refs(BRANCHES_AND_TAGS));
}

#[test]
fn predecessor_issue_71_a_second_run_updates_the_clone() {
    let job = Job::new();
    let outcome = job.task("app.git").run();
    assert_eq!(outcome.succeeded().counts(), [3, 0, 0, 0, 0]);
    job.expect_mirrors("app.git");
    job.pair.source.commit("main", 2);
    job.pair.source.delete("refs/heads/old");
    job.pair.source.git(&["branch", "new", "main"]);
    job.pair.source.git(&["tag", "-f", "-a", "-m", "moved", "v1", "main"]);
    assert_eq!(job.task("app.git").run().succeeded().counts(), [1, 2, 1, 0, 0]);
    job.expect_mirrors("app.git");
    assert_eq!(job.task("app.git").run().succeeded().counts(), [0, 0, 0, 0, 3]);
}

#[test]
fn a_clone_that_git_made_is_updated() {
    let job = Job::new();
    let clone = job.work.path().join("app.git");
    output(git().args(["clone", "-q", "--mirror", text(&job.pair.source.path)]).arg(&clone), b"");
    // The same repository, as somebody else signs in there.
    let url = job.pair.source_url().replacen("://", "://bob:hunter2@", 1);
    output(git().args(["remote", "set-url", "origin", &format!("{url}/")]).current_dir(&clone), b"");
    job.pair.source.commit("main", 5);
    job.task("app.git").run().succeeded();
    let clone = Repository { path: clone };
    assert_eq!(clone.refs(BRANCHES_AND_TAGS), job.pair.source.refs(BRANCHES_AND_TAGS));
    clone.fsck();
}

#[test]
fn an_occupied_clone_directory_is_refused_before_sending() {
    let job = Job::new();
    fs::create_dir(job.work.path().join("sources")).unwrap();
    fs::write(job.work.path().join("sources/main.c"), "int main;").unwrap();
    let error = job.task("sources").run().failed();
    assert!(error.contains("clone directory") && error.contains("it is no Git repository"), "{error}");
    assert!(error.contains("'sourceGitRepositoryCloneDirectoryName'"), "{error}");
    assert_eq!(fs::read(job.work.path().join("sources/main.c")).unwrap(), b"int main;");
    assert_eq!(job.pair.destination.refs(&[]), Refs::new());
    assert!(!job.pair.requests().iter().any(|request| request.is_push() || request.asks_for_pack()));
}

#[test]
fn a_clone_directory_outside_the_working_one_is_refused() {
    let job = Job::new();
    for name in ["../app.git", "a/../..", "."] {
        let error = job.task(name).run().failed();
        assert!(error.contains("'sourceGitRepositoryCloneDirectoryName'"), "{error}");
    }
    assert_eq!((job.folders().len(), job.pair.requests().len()), (0, 0));
    // An absolute path is meant as it is written.
    let absolute = job.pair.source.path.with_file_name("clone.git");
    job.task(text(&absolute)).run().succeeded();
    assert_eq!(Repository { path: absolute }.refs(&[]), job.pair.source.refs(BRANCHES_AND_TAGS));
}

#[test]
fn an_incomplete_clone_fails_and_leaves_the_destination() {
    let job = Job::new();
    job.task("app.git").run().succeeded();
    let before = job.pair.destination.refs(&[]);
    let clone = job.work.path().join("app.git");
    let work = job.work.path().join("work");
    output(git().args(["worktree", "add", "-q"]).arg(&work).arg("main").current_dir(&clone), b"");
    job.pair.source.commit("main", 1);
    let error = job.task("app.git").run().failed();
    assert!(error.contains("refused 'refs/heads/main'") && error.contains("checked out"), "{error}");
    assert!(error.contains("nothing was changed at the destination"), "{error}");
    assert_eq!(job.pair.destination.refs(&[]), before);
}

#[test]
fn a_clone_directory_is_made_with_the_folders_above_it() {
    let job = Job::new();
    job.task("a/b/app.git").run().succeeded();
    job.expect_mirrors("a/b/app.git");
    let config = fs::read_to_string(job.work.path().join("a/b/app.git/config")).unwrap();
    assert!(config.contains(&format!("source = {}", job.pair.source_url())), "{config}");
    job.pair.source.commit("main", 1);
    job.task("a/b/app.git").run().succeeded();
    job.expect_mirrors("a/b/app.git");
}

#[test]
fn a_repository_that_is_no_clone_of_the_source_is_left() {
    let job = Job::new();
    let other = Repository::init(job.work.path().join("app.git"));
    other.commit("precious", 2);
    let before = other.refs(&[]);
    let expect_left = |name: &str, reason: &str| {
        let error = job.task(name).run().failed();
        assert!(error.contains(reason) && error.contains("does not exist yet"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
        assert_eq!((other.refs(&[]), job.pair.destination.refs(&[])), (before.clone(), Refs::new()));
    };
    expect_left("app.git", "does not say it is a clone of");
    other.git(&["config", "remote.origin.url", "https://bob:hunter2@git.example.org/app"]);
    expect_left("app.git", "it is a clone of 'https://git.example.org/app'");
    // An absolute path is asked the same.
    expect_left(text(&other.path), "it is a clone of");
    // It names the source, and yet leads elsewhere.
    other.git(&["config", "remote.origin.url", &job.pair.source_url()]);
    for (name, content) in
        [("commondir", "../elsewhere.git\n"), ("objects/info/alternates", "/srv/objects\n")]
    {
        fs::create_dir_all(other.path.join("objects/info")).unwrap();
        fs::write(other.path.join(name), content).unwrap();
        let error = job.task("app.git").run().failed();
        assert!(error.contains(&format!("it holds '{name}'")), "{error}");
        fs::remove_file(other.path.join(name)).unwrap();
    }
    assert_eq!(other.refs(&[]), before);
}

#[cfg(unix)]
#[test]
fn a_link_on_the_way_to_the_clone_directory_is_not_followed() {
    use std::os::unix::fs::symlink;
    let job = Job::new();
    let elsewhere = tempfile::tempdir().unwrap();
    let victim = Repository::init(elsewhere.path().join("app.git"));
    victim.commit("precious", 2);
    victim.git(&["config", "remote.origin.url", &job.pair.source_url()]);
    let before = victim.refs(&[]);
    symlink(elsewhere.path(), job.work.path().join("folder")).unwrap();
    symlink(&victim.path, job.work.path().join("app.git")).unwrap();
    let inside = Repository::init(job.work.path().join("inside.git"));
    inside.git(&["config", "remote.origin.url", &job.pair.source_url()]);
    fs::remove_dir_all(inside.path.join("refs/heads")).unwrap();
    symlink(victim.path.join("refs/heads"), inside.path.join("refs/heads")).unwrap();
    let absolute = job.work.path().join("folder/app.git");
    for name in ["folder/app.git", "folder/new.git", "app.git", "inside.git", text(&absolute)] {
        let error = job.task(name).run().failed();
        assert!(error.contains("is a link"), "{name}: {error}");
    }
    assert_eq!(victim.refs(&[]), before);
    assert!(!elsewhere.path().join("new.git").exists());
}

/// Commits with these large objects, on `main`: each is small on the wire.
fn commit_large(source: &Repository, kind: &str) {
    let filler = vec![b'a'; 80 << 20];
    let set = |commit: &str| drop(source.git(&["update-ref", "refs/heads/main", commit]));
    let blob_of = |content: &[u8]| source.git_with(&["hash-object", "-w", "--stdin"], content);
    let commit_of = |name: &[u8], blob: &str, parents: &[&str]| {
        let entry = [format!("100644 blob {blob}\t").as_bytes(), name, b"\n"].concat();
        let tree = source.git_with(&["mktree"], &entry);
        source.git(&[&["commit-tree", "-m", "one", &tree][..], parents].concat())
    };
    let small = commit_of(b"file", &blob_of(b"small"), &[]);
    set(&small);
    match kind {
        "a commit" => {
            let tree = source.git(&["rev-parse", "main^{tree}"]);
            set(&source.git_with(&["commit-tree", "-F", "-", &tree], &filler));
        }
        "a tag" => drop(source.git_with(&["tag", "-a", "-F", "-", "v1", "main"], &filler)),
        "a tree" => set(&commit_of(&filler, &blob_of(b"small"), &[])),
        "the base of a delta" => {
            let first = commit_of(b"file", &blob_of(&filler), &[]);
            let changed = blob_of(&[&filler[..], b"changed"].concat());
            set(&commit_of(b"file", &changed, &["-p", &first]));
            source.git(&["repack", "-q", "-a", "-d", "-f"]);
        }
        _ => unreachable!("{kind}"),
    }
}

#[test]
fn an_object_that_must_be_held_whole_has_a_bound() {
    for kind in ["a commit", "a tag", "a tree", "the base of a delta"] {
        let pair = Recorded::start(Protocol::V2);
        commit_large(&pair.source, kind);
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("new.git");
        let into_folder = Task::new(&pair.source_url(), text(&folder)).run();
        let clone = pair.task().input("sourceGitRepositoryCloneDirectoryName", "clone.git").run();
        for outcome in [into_folder, clone] {
            let error = outcome.failed();
            assert!(error.contains(&format!("its pack holds {kind} of 80 MiB")), "{kind}: {error}");
            assert!(outcome.peak < 60 << 20, "{kind}: {} bytes", outcome.peak);
        }
        // The default branch goes first; a tag that is too large does not hold it back.
        let name = if kind == "a tag" { "v1" } else { "main" };
        let id = pair.source.git(&["rev-parse", name]);
        let found = git().arg("-C").arg(&folder).args(["cat-file", "-e", &id]).output().unwrap();
        assert!(!found.status.success(), "{kind} is stored");
    }
}
