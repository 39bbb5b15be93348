//! The names of `mapRefs` are those that `git fetch` gives by the same refspecs, and what it refuses is refused.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use mirror_git_repository::mirror::mapped_refs;
use mirror_git_repository::mirror::mapped_refs::MappingError;
use mirror_git_repository::mirror::policy::{
    DeletionLimit, DivergedRefs, EmptySource, KeepReplaced, Policy, Prune, Selection,
};
use mirror_git_repository::mirror::ref_map::RefMap;
use mirror_git_repository::protocol::object_id::{ObjectFormat, ObjectId};
use mirror_git_repository::protocol::ref_list::{AdvertisedRef, RefList};
use mirror_git_repository::protocol::ref_name::RefName;
use proptest::collection::vec;
use proptest::prop_assert_eq;
use proptest::sample::{select, subsequence};
use proptest::test_runner::{Config, TestRunner};

use crate::support::git::{Refs, Repository, git};

/// Names of a source, which can all be there together.
const NAMES: [&str; 10] = [
    "refs/heads/a",
    "refs/heads/ab",
    "refs/heads/a-b",
    "refs/heads/b/a",
    "refs/heads/b/ab/a",
    "refs/tags/a",
    "refs/tags/b",
    "refs/tags/d/a",
    "refs/notes/a",
    "refs/notes/b/a",
];

/// Names that a destination has already, which no `git fetch` of these lines makes equal to others.
const THERE: [&str; 4] = ["refs/heads/u", "refs/heads/x/a/b", "refs/tags/b", "refs/x/b"];

/// The parts of lines that a pattern and a name have in common.
const FROM: [&str; 12] = [
    "heads/a",
    "heads/*",
    "heads/a*",
    "heads/*b",
    "heads/b/*",
    "tags/a",
    "tags/*",
    "tags/*/a",
    "*",
    "notes/*",
    "*/a",
    "a*b*",
];
const TO: [&str; 14] = [
    "heads/u",
    "heads/*",
    "heads/u/*",
    "heads/u*",
    "heads/x/*",
    "tags/*",
    "tags/u-*",
    "x/*",
    "x/*/y",
    "x/u*",
    "*",
    "*.lock",
    "heads/*/x",
    "x/a",
];

/// The end of `git fetch`.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// The refs that are there then.
    Refs(Refs),
    /// Two refs of the source were to get one name.
    SameName,
    /// A ref could not be written: another is in the way.
    Folder,
    /// A line is no refspec.
    NoRefspec,
}

/// A source with a commit of its own for each ref, and one more for refs that are at the destination already.
struct Lab {
    folder: tempfile::TempDir,
    source: Repository,
    commits: Vec<String>,
}

impl Lab {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let source = Repository::init(folder.path().join("source"));
        source.commit("commits", NAMES.len() + 1);
        let commits = source.git(&["rev-list", "refs/heads/commits"]).lines().map(str::to_owned).collect();
        source.delete("refs/heads/commits");
        Self { folder, source, commits }
    }

    /// Gives the source these refs and no others, without git: the trials are many.
    fn list(&self, names: &[&str]) -> Refs {
        let refs = names.iter().map(|name| (*name).to_owned()).zip(self.commits.iter().cloned()).collect();
        pack_refs(&self.source.path, &refs);
        refs
    }

    fn there(&self, names: &[&str]) -> Refs {
        let id = self.commits.last().unwrap();
        names.iter().map(|name| ((*name).to_owned(), id.clone())).collect()
    }

    /// The end of `git fetch` by these lines into a repository with some refs, which has all objects. A line of a name
    /// that the source lacks is an error there, and none here.
    fn fetched(&self, refs: &Refs, there: &Refs, lines: &[String]) -> End {
        let folder = tempfile::tempdir_in(self.folder.path()).unwrap();
        let destination = Repository { path: folder.path().to_owned() };
        for name in ["refs", "objects/info"] {
            fs::create_dir_all(destination.path.join(name)).unwrap();
        }
        fs::copy(self.source.path.join("config"), destination.path.join("config")).unwrap();
        fs::write(destination.path.join("HEAD"), "ref: refs/heads/main\n").unwrap();
        let objects = format!("{}/objects\n", self.source.path.display());
        fs::write(destination.path.join("objects/info/alternates"), objects).unwrap();
        pack_refs(&destination.path, there);
        let is_there = |line: &&String| {
            let name = line.split_once(':').map(|(from, _)| from);
            line.contains('*') || name.is_some_and(|name| refs.contains_key(name))
        };
        let forced: Vec<_> = lines.iter().filter(is_there).map(|line| format!("+{line}")).collect();
        if forced.is_empty() {
            return End::Refs(there.clone());
        }
        let fetch = ["fetch", "-q", "--no-tags", self.source.path.to_str().unwrap()];
        let ended = git().arg("-C").arg(&destination.path).args(fetch).args(&forced).output().unwrap();
        let words = String::from_utf8_lossy(&ended.stderr).into_owned();
        match () {
            () if words.contains("invalid refspec") => End::NoRefspec,
            () if words.contains("Cannot fetch both") => End::SameName,
            () if ended.status.success() => End::Refs(destination.refs(&[])),
            () if words.contains("cannot lock ref") || words.contains("conflicts with") => End::Folder,
            () => panic!("{forced:?}: {words}"),
        }
    }
}

fn pack_refs(repository: &Path, refs: &Refs) {
    let mut packed = "# pack-refs with: sorted \n".to_owned();
    for (name, id) in refs {
        writeln!(packed, "{id} {name}").unwrap();
    }
    fs::write(repository.join("packed-refs"), packed).unwrap();
}

fn list(refs: &Refs) -> RefList {
    let listed = refs.iter().map(|(name, id)| AdvertisedRef {
        name: RefName::new(name.as_bytes()).unwrap(),
        id: ObjectId::from_hex(id.as_bytes(), ObjectFormat::Sha1).unwrap(),
    });
    listed.collect()
}

/// The end of a mirror by these lines that deletes nothing.
fn mapped(refs: &Refs, there: &Refs, lines: &[String]) -> End {
    let Ok(map) = RefMap::new(lines) else { return End::NoRefspec };
    let policy = Policy {
        selection: Selection::new(&["refs/*"], &[]).unwrap().mapped(map),
        prune: Prune::Keep,
        empty_source: EmptySource::Allow,
        deletions: DeletionLimit::ALL,
        diverged: DivergedRefs::Overwrite,
        replaced: KeepReplaced::Nothing,
    };
    let mapped = mapped_refs::of(&list(refs), &policy.selection)
        .and_then(|mapped| mapped_refs::require_room(&mapped.refs, &list(there), &policy).map(|()| mapped));
    match mapped {
        Ok(mapped) => {
            let new = mapped.refs.refs().iter().map(|ref_| (ref_.name.to_string(), ref_.id.to_string()));
            End::Refs(there.clone().into_iter().chain(new).collect())
        }
        Err(MappingError::SameName { .. }) => End::SameName,
        Err(MappingError::Folder { .. } | MappingError::FolderThere { .. }) => End::Folder,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn names_are_those_that_git_gives_and_conflicts_those_that_it_refuses() {
    let lab = Lab::new();
    let mut runner = TestRunner::new(Config { cases: 64, failure_persistence: None, ..Config::default() });
    let names = subsequence(NAMES.to_vec(), 1..NAMES.len());
    let there = subsequence(THERE.to_vec(), 0..3);
    let lines = vec((select(&FROM), select(&TO)), 1..4);
    let trial = |(names, there, lines): (Vec<_>, Vec<_>, Vec<_>)| {
        let lines: Vec<_> = lines.iter().map(|(from, to)| format!("refs/{from}:refs/{to}")).collect();
        let (refs, there) = (lab.list(&names), lab.there(&there));
        prop_assert_eq!(mapped(&refs, &there, &lines), lab.fetched(&refs, &there, &lines), "{:?}", lines);
        Ok(())
    };
    runner.run(&(names, there, lines), trial).unwrap();
}

#[test]
fn each_end_is_that_of_git() {
    let lab = Lab::new();
    for (lines, there, expected) in [
        (&["refs/heads/*:refs/x/*", "refs/tags/*:refs/x/*"][..], &[][..], "SameName"),
        (&["refs/heads/a:refs/x/a", "refs/heads/a:refs/x/a"], &[], "Refs"),
        (&["refs/heads/a:refs/x/a", "refs/heads/*:refs/x/*"], &[], "Refs"),
        (&["refs/heads/a:refs/x/b", "refs/tags/*:refs/x/b/*"], &[], "Folder"),
        (&["refs/heads/a:refs/heads/u/a"], &["refs/heads/u"], "Folder"),
        (&["refs/heads/a:refs/heads/x"], &["refs/heads/x/a/b"], "Folder"),
        (&["refs/heads/a*:refs/x/*"], &[], "Refs"),
        (&["refs/heads/*:refs/x/*.lock"], &[], "NoRefspec"),
        (&["refs/heads/*:refs/x/u"], &[], "NoRefspec"),
    ] {
        let lines: Vec<_> = lines.iter().map(ToString::to_string).collect();
        let (refs, there) = (lab.list(&NAMES), lab.there(there));
        let end = mapped(&refs, &there, &lines);
        assert!(format!("{end:?}").starts_with(expected), "{lines:?}: {end:?}");
        assert_eq!(end, lab.fetched(&refs, &there, &lines), "{lines:?}");
    }
}
