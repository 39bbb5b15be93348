//! A source with Git LFS, a destination, and what a mirror through faults must leave.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::git::{BRANCHES_AND_TAGS, Refs, Repository};
use super::lfs_server::{LfsServer, oid_of};
use super::task::{Outcome, Task};

/// Git's attributes of files that are objects of LFS.
pub(crate) const ATTRIBUTES: &str = "*.bin filter=lfs diff=lfs merge=lfs -text\n";

/// A source whose `main` names objects that its LFS server has, and an empty destination.
pub(crate) struct Lab {
    pub(crate) contents: Vec<Vec<u8>>,
    pub(crate) source: Repository,
    pub(crate) destination: Repository,
    pub(crate) from: LfsServer,
    pub(crate) to: LfsServer,
    _folder: tempfile::TempDir,
}

/// Returns the pointer to an object.
pub(crate) fn pointer(content: &[u8]) -> String {
    let (oid, size) = (oid_of(content), content.len());
    format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {size}\n")
}

/// Returns bytes that do not repeat, another row for each seed.
pub(crate) fn noise(seed: u64, size: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()
    };
    let mut bytes = Vec::with_capacity(size + 4);
    while bytes.len() < size {
        bytes.extend_from_slice(&next()[..4]);
    }
    bytes.truncate(size);
    bytes
}

/// Commits files to a branch; creates it where it is missing.
pub(crate) fn commit(repository: &Repository, branch: &str, files: &[(String, String)]) {
    let name = format!("refs/heads/{branch}");
    let mut stream =
        format!("commit {name}\ncommitter A U Thor <author@example.com> 1700000000 +0000\ndata 1\nc\n");
    if repository.refs(&[&name]).contains_key(&name) {
        writeln!(stream, "from {name}^0").unwrap();
    }
    for (path, text) in files {
        write!(stream, "M 100644 inline {path}\ndata {}\n{text}\n", text.len()).unwrap();
    }
    repository.git_with(&["fast-import", "--quiet", "--force"], stream.as_bytes());
}

/// Returns files that stand for objects, and the attributes that say so.
pub(crate) fn files(contents: &[Vec<u8>]) -> Vec<(String, String)> {
    let pointers =
        contents.iter().map(|content| (format!("{}.bin", &oid_of(content)[..20]), pointer(content)));
    std::iter::once((".gitattributes".to_owned(), ATTRIBUTES.to_owned())).chain(pointers).collect()
}

impl Lab {
    pub(crate) fn with(contents: Vec<Vec<u8>>) -> Self {
        Self::signed_in(contents, None)
    }

    /// Makes one whose servers want this password.
    pub(crate) fn signed_in(contents: Vec<Vec<u8>>, token: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |side: &str, name: &str| folder.path().join(side).join(name);
        let source = Repository::init(path("from", "source.git"));
        source.git(&["config", "uploadpack.allowFilter", "true"]);
        let destination = Repository::init(path("to", "destination.git"));
        destination.git(&["config", "http.receivepack", "true"]);
        let start = |side: &str| LfsServer::start(&folder.path().join(side), token);
        let (from, to) = (start("from"), start("to"));
        contents.iter().for_each(|content| from.give(content));
        commit(&source, "main", &files(&contents));
        Self { contents, source, destination, from, to, _folder: folder }
    }

    /// The task, which tries once and gives up what stands still for a second.
    pub(crate) fn task(&self) -> Task {
        Task::new(&self.from.url("source.git"), &self.to.url("destination.git"))
            .input("maxAttempts", "1")
            .input("stallTimeoutSeconds", "1")
            .input("reportTimeoutMinutes", "1")
    }

    /// Runs the task, after which the destination is a mirror with all objects.
    #[track_caller]
    pub(crate) fn mirror(&self) -> Outcome {
        let outcome = self.task().run();
        outcome.succeeded();
        self.expect_equal();
        outcome
    }

    #[track_caller]
    pub(crate) fn expect_equal(&self) {
        assert_eq!(self.destination.refs(BRANCHES_AND_TAGS), self.source.refs(BRANCHES_AND_TAGS));
        self.destination.fsck();
        let there = self.to.objects();
        for content in &self.contents {
            let oid = oid_of(content);
            assert!(there.get(&oid).is_some_and(|bytes| bytes == content), "{oid} is not there as it is");
        }
    }

    /// Runs the task, which fails and says these words. No ref moves, and what arrived is right.
    #[track_caller]
    pub(crate) fn fail(&self, words: &[&str]) -> Outcome {
        self.fail_with(&self.task(), words)
    }

    #[track_caller]
    pub(crate) fn fail_with(&self, task: &Task, words: &[&str]) -> Outcome {
        let outcome = task.run();
        let errors = outcome.failed();
        for word in words {
            assert!(errors.contains(word), "'{word}' is not in: {errors}\n{}", outcome.text);
        }
        assert_eq!(self.destination.refs(&[]), Refs::new(), "no ref may move");
        self.expect_right();
        assert_eq!(outcome.left, Vec::<String>::new(), "nothing is left on the disk");
        outcome
    }

    /// Expects that each object that is at the destination has the bytes of its name.
    #[track_caller]
    pub(crate) fn expect_right(&self) {
        for (oid, content) in self.to.objects() {
            assert_eq!(oid, oid_of(&content), "wrong bytes at the destination");
        }
    }

    /// The names of the objects that are at the destination.
    pub(crate) fn there(&self) -> BTreeSet<String> {
        self.to.objects().into_keys().collect()
    }
}
