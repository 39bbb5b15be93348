//! The LFS objects of repositories on this machine, judged by the real client.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::git::{BRANCHES_AND_TAGS, Repository, git, output};
use crate::support::lfs::{ATTRIBUTES, Object, objects};
use crate::support::lfs_oracle::{lfs, named};
use crate::support::lfs_pair::oids;
use crate::support::task::{Outcome, Task};

/// Gives objects to a repository, as the client of Git LFS keeps them; `storage` is its folder `lfs`.
pub(crate) fn keep(storage: &Path, objects: &[Object]) {
    for object in objects {
        let path = path_of(storage, object);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        object.write(&path);
    }
}

pub(crate) fn path_of(storage: &Path, object: &Object) -> PathBuf {
    storage.join("objects").join(&object.oid[..2]).join(&object.oid[2..4]).join(&object.oid)
}

/// The ids of the objects in a folder `lfs`; nothing else may be there.
pub(crate) fn kept(storage: &Path) -> Vec<String> {
    let mut names = Vec::new();
    let mut folders = vec![storage.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().map(Result::unwrap) {
            let name = entry.file_name().into_string().unwrap();
            if entry.file_type().unwrap().is_dir() { folders.push(entry.path()) } else { names.push(name) }
        }
    }
    names.sort();
    names
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A repository whose objects are in its own folder, and a place beside it where nothing is.
struct Place {
    folder: tempfile::TempDir,
    source: Repository,
    objects: Vec<Object>,
}

impl Place {
    /// With objects on two branches, and others that only older commits and a tag need.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let source = Repository::init(folder.path().join("source.git"));
        let objects = objects(1, 40, 1..3000);
        source.commit_objects("main", &objects[..10]);
        source.git(&["tag", "-a", "-m", "Release", "v1", "main"]);
        source.git(&["tag", "-a", "-m", "Release again", "v2", "v1"]);
        source.commit_objects("main", &objects[10..30]);
        source.commit_objects("topic", &objects[30..]);
        keep(&source.path.join("lfs"), &objects);
        Self { folder, source, objects }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn task(&self, destination: &str) -> Task {
        Task::new(text(&self.source.path), text(&self.path(destination)))
    }

    /// Expects a mirror that the real client finds whole; its objects are in this folder.
    #[track_caller]
    fn expect_whole(&self, name: &str, storage: &str) {
        let mirror = Repository { path: self.path(name) };
        assert_eq!(mirror.refs(BRANCHES_AND_TAGS), self.source.refs(BRANCHES_AND_TAGS));
        mirror.fsck();
        assert_eq!(kept(&self.path(storage)), oids(&self.objects));
        assert_eq!(named(&mirror.path), oids(&self.objects).into_iter().collect::<BTreeSet<_>>());
        for branch in ["main", "topic"] {
            assert!(
                lfs(&mirror.path, &["fsck", "--objects", branch]).contains("Git LFS fsck OK"),
                "{branch}"
            );
        }
    }
}

/// The objects that are told as copied.
pub(crate) fn copied(outcome: &Outcome) -> [&str; 3] {
    ["lfsObjects", "lfsBytes", "lfsObjectsMissing"].map(|name| outcome.output(name))
}

pub(crate) fn bytes(objects: &[Object]) -> String {
    objects.iter().map(|object| object.size).sum::<u64>().to_string()
}

#[test]
fn a_mirror_in_a_folder_is_whole() {
    let place = Place::new();
    fs::create_dir(place.path("empty")).unwrap();
    for name in ["new.git", "empty"] {
        let outcome = place.task(name).run();
        assert_eq!(outcome.succeeded().counts(), [4, 0, 0, 0, 0]);
        assert_eq!(copied(&outcome), ["40", &bytes(&place.objects), "0"]);
        place.expect_whole(name, &format!("{name}/lfs"));
        assert_eq!(copied(place.task(name).input("lfs", "full").run().succeeded()), ["0", "0", "0"]);
    }
}

#[cfg(unix)]
#[test]
fn an_object_is_readable_as_the_client_makes_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new();
    place.task("new.git").run().succeeded();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    let ours = path_of(&place.path("new.git/lfs"), &place.objects[0]);
    let work = place.path("work");
    let run = |arguments: &[&str]| drop(output(git().arg("-C").arg(&work).args(arguments), b""));
    fs::create_dir(&work).unwrap();
    run(&["init", "-q"]);
    lfs(&work, &["install", "--local"]);
    fs::write(work.join(".gitattributes"), ATTRIBUTES).unwrap();
    place.objects[0].write(&work.join("a.bin"));
    run(&["add", "."]);
    let theirs = path_of(&work.join(".git/lfs"), &place.objects[0]);
    assert_eq!(mode(&ours), mode(&theirs));
    assert_eq!(mode(ours.parent().unwrap()), mode(theirs.parent().unwrap()));
}

#[test]
fn a_source_is_read_where_the_client_keeps_its_objects() {
    let folder = tempfile::tempdir().unwrap();
    let (work, beside) = (folder.path().join("work"), folder.path().join("beside"));
    let run = |arguments: &[&str]| drop(output(git().arg("-C").arg(&work).args(arguments), b""));
    for (round, storage) in ["", "elsewhere", text(&folder.path().join("shared"))].iter().enumerate() {
        fs::create_dir(&work).unwrap();
        run(&["init", "-q", "-b", "main"]);
        lfs(&work, &["install", "--local"]);
        if !storage.is_empty() {
            run(&["config", "lfs.storage", storage]);
        }
        fs::write(work.join(".gitattributes"), ATTRIBUTES).unwrap();
        fs::write(work.join("a.bin"), format!("round {round}")).unwrap();
        run(&["add", "."]);
        run(&["commit", "-q", "-m", "First"]);
        run(&["worktree", "add", "-q", text(&beside)]);
        for (number, source) in [&work, &work.join(".git"), &beside].into_iter().enumerate() {
            let mirror = folder.path().join(format!("mirror-{round}-{number}.git"));
            let outcome = Task::new(text(source), text(&mirror)).run();
            assert_eq!(copied(outcome.succeeded()), ["1", "7", "0"], "{storage} {source:?}");
            assert_eq!(kept(&mirror.join("lfs")), [Object::new(format!("round {round}")).oid]);
        }
        fs::remove_dir_all(&work).unwrap();
        fs::remove_dir_all(&beside).unwrap();
    }
}

#[test]
fn a_destination_gets_objects_where_the_client_looks() {
    let place = Place::new();
    for (name, storage, lies) in [
        ("plain", "", "plain/.git/lfs"),
        ("relative", "../objects of LFS", "relative/objects of LFS"),
        ("absolute", text(&place.path("shared")), "shared"),
    ] {
        output(git().args(["init", "-q", "-b", "none"]).arg(place.path(name)), b"");
        let work = Repository { path: place.path(name) };
        if !storage.is_empty() {
            work.git(&["config", "lfs.storage", storage]);
        }
        assert_eq!(copied(place.task(name).run().succeeded())[0], "40");
        place.expect_whole(name, lies);
    }
}

#[test]
fn a_folder_that_takes_no_objects_gets_no_refs() {
    let place = Place::new();
    let mirror = Repository::init(place.path("mirror.git"));
    fs::write(mirror.path.join("lfs"), "a file").unwrap();
    let error = place.task("mirror.git").run().failed();
    assert!(error.contains("destination") && error.contains("cannot be written"), "{error}");
    assert!(error.contains("no ref was changed"), "{error}");
    assert_eq!(mirror.refs(&[]).len(), 0);
    fs::remove_file(mirror.path.join("lfs")).unwrap();
    place.task("mirror.git").run().succeeded();
    place.expect_whole("mirror.git", "mirror.git/lfs");
}

#[cfg(unix)]
#[test]
fn a_link_among_the_objects_of_a_destination_is_not_followed() {
    let place = Place::new();
    let mirror = Repository::init(place.path("mirror.git"));
    fs::create_dir_all(place.path("elsewhere")).unwrap();
    fs::create_dir_all(mirror.path.join("lfs/objects")).unwrap();
    let link = mirror.path.join("lfs/objects").join(&place.objects[0].oid[..2]);
    std::os::unix::fs::symlink(place.path("elsewhere"), &link).unwrap();
    let error = place.task("mirror.git").run().failed();
    assert!(error.contains("is a link"), "{error}");
    assert_eq!((kept(&place.path("elsewhere")).len(), mirror.refs(&[]).len()), (0, 0));
}

#[test]
fn a_damaged_object_is_found_at_the_source_alone() {
    let place = Place::new();
    let damaged = &place.objects[20];
    let wrong = vec![b'x'; usize::try_from(damaged.size).unwrap()];
    let of_source = path_of(&place.source.path.join("lfs"), damaged);
    fs::write(&of_source, &wrong).unwrap();
    let error = place.task("new.git").run().failed();
    assert!(
        error.contains("source") && error.contains(&damaged.oid) && error.contains("another hash"),
        "{error}"
    );
    let mirror = Repository { path: place.path("new.git") };
    assert_eq!(mirror.refs(&[]).len(), 0);
    // The next run goes on from what arrived.
    damaged.write(&of_source);
    assert_eq!(copied(place.task("new.git").run().succeeded())[0], "1");
    place.expect_whole("new.git", "new.git/lfs");
    fs::write(path_of(&mirror.path.join("lfs"), damaged), &wrong).unwrap();
    assert_eq!(copied(place.task("new.git").input("lfs", "full").run().succeeded())[0], "0");
}

#[test]
fn an_object_of_another_size_at_the_destination_is_replaced() {
    let place = Place::new();
    place.task("new.git").run().succeeded();
    fs::write(path_of(&place.path("new.git/lfs"), &place.objects[3]), "").unwrap();
    assert_eq!(copied(place.task("new.git").input("lfs", "full").run().succeeded())[0], "1");
    place.expect_whole("new.git", "new.git/lfs");
}

#[test]
fn a_source_folder_without_objects_is_a_side_without_lfs() {
    let place = Place::new();
    fs::remove_dir_all(place.source.path.join("lfs")).unwrap();
    let error = place.task("new.git").input("lfs", "full").run().failed();
    assert!(error.contains("source") && error.contains("it has no LFS objects"), "{error}");
    assert_eq!(Repository::init(place.path("new.git")).refs(&[]).len(), 0);
    let outcome = place.task("new.git").run();
    assert_eq!(outcome.result(), "SucceededWithIssues", "{}", outcome.text);
    assert_eq!(outcome.counts(), [4, 0, 0, 0, 0]);
    assert!(
        outcome.text.contains("it has no Git LFS, so that 40 objects are not copied"),
        "{}",
        outcome.text
    );
    assert_eq!(kept(&place.path("new.git/lfs")), Vec::<String>::new());
}

#[test]
fn objects_that_a_source_folder_lacks_hold_the_refs_back() {
    let place = Place::new();
    fs::remove_file(path_of(&place.source.path.join("lfs"), &place.objects[5])).unwrap();
    let error = place.task("new.git").run().failed();
    assert!(error.contains(&place.objects[5].oid), "{error}");
    assert_eq!(Repository { path: place.path("new.git") }.refs(&[]).len(), 0);
    let outcome = place.task("new.git").input("lfsMissing", "warn").run();
    assert_eq!(outcome.result(), "SucceededWithIssues", "{}", outcome.text);
    assert_eq!(copied(&outcome)[2], "1");
    assert_eq!(outcome.counts(), [4, 0, 0, 0, 0]);
}

#[test]
fn refs_that_are_no_branches_are_looked_at_too() {
    let place = Place::new();
    let [in_tree, in_tag] = ["in a tree", "in the tag of a tree"].map(Object::new);
    let tree_with = |object: &Object| {
        let blob = place.source.blob(object.pointer().as_bytes());
        place.source.git_with(&["mktree"], format!("100644 blob {blob}\tfile.bin\n").as_bytes())
    };
    place.source.set("refs/tags/tree", &tree_with(&in_tree));
    place.source.git(&["tag", "-a", "-m", "Of a tree", "of-a-tree", &tree_with(&in_tag)]);
    let blob = Object::new("in a blob");
    place.source.set("refs/tags/blob", &place.source.blob(blob.pointer().as_bytes()));
    let more = [in_tree, in_tag, blob];
    keep(&place.source.path.join("lfs"), &more);
    for (name, extent) in [("auto.git", "auto"), ("full.git", "full")] {
        assert_eq!(copied(place.task(name).input("lfs", extent).run().succeeded())[0], "43");
        assert_eq!(kept(&place.path(name).join("lfs")), oids(&[&place.objects[..], &more].concat()));
    }
}

#[test]
fn a_source_without_commits_has_no_objects_either() {
    let folder = tempfile::tempdir().unwrap();
    let source = Repository::init(folder.path().join("source.git"));
    for extent in ["auto", "full"] {
        let task = Task::new(text(&source.path), text(&folder.path().join("new.git")));
        let outcome = task.input("allowEmptySource", "true").input("lfs", extent).run();
        assert_eq!(copied(outcome.succeeded()), ["0", "0", "0"]);
        assert!(!folder.path().join("new.git").exists());
    }
}

#[test]
fn a_dry_run_makes_no_folder_and_says_what_it_would_copy() {
    let place = Place::new();
    for extent in ["auto", "full"] {
        let outcome = place.task("new.git").input("lfs", extent).input("dryRun", "true").run();
        assert_eq!(copied(outcome.succeeded()), ["40", &bytes(&place.objects), "0"], "{extent}");
        assert!(!place.path("new.git").exists());
    }
    let mirror = Repository::init(place.path("mirror.git"));
    keep(&mirror.path.join("lfs"), &place.objects[..15]);
    let outcome = place.task("mirror.git").input("dryRun", "true").run();
    assert_eq!(copied(outcome.succeeded()), ["25", &bytes(&place.objects[15..]), "0"]);
    assert_eq!((kept(&mirror.path.join("lfs")).len(), mirror.refs(&[]).len()), (15, 0));
    assert!(!mirror.path.join("lfs/tmp").exists());
}

#[test]
fn a_dry_run_says_what_would_keep_objects_away() {
    let place = Place::new();
    fs::remove_file(path_of(&place.source.path.join("lfs"), &place.objects[5])).unwrap();
    let dry_run = |missing| {
        let outcome = place.task("new.git").input("lfsMissing", missing).input("dryRun", "true").run();
        assert!(!place.path("new.git").exists());
        outcome
    };
    assert!(dry_run("fail").failed().contains(&place.objects[5].oid));
    let outcome = dry_run("warn");
    assert_eq!(outcome.result(), "SucceededWithIssues", "{}", outcome.text);
    assert_eq!([copied(&outcome)[0], copied(&outcome)[2]], ["39", "1"]);
    fs::remove_dir_all(place.source.path.join("lfs")).unwrap();
    let outcome = dry_run("fail");
    assert_eq!(outcome.result(), "SucceededWithIssues", "{}", outcome.text);
    assert!(outcome.text.contains("40 objects are not copied"), "{}", outcome.text);
}

#[test]
fn a_folder_that_was_mirrored_without_objects_is_repaired() {
    let place = Place::new();
    place.task("new.git").input("lfs", "none").run().succeeded();
    assert_eq!(kept(&place.path("new.git/lfs")).len(), 0);
    assert_eq!(copied(place.task("new.git").run().succeeded())[0], "0");
    place.source.commit_files("topic", &[("readme.txt", "One more")]);
    assert_eq!(copied(place.task("new.git").run().succeeded())[0], "40");
    place.expect_whole("new.git", "new.git/lfs");
}
