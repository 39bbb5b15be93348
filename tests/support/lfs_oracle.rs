//! The real client of Git LFS as the judge of what a mirror made of a repository's objects.

use std::collections::BTreeSet;
use std::path::Path;

use super::git::{git, output};
use super::git_server::Protocol;
use super::lfs_pair::{DESTINATION, LfsPair};
use super::nginx::Scheme;

/// Clones the destination, gets every object of its whole history with the real client, checks and checks out each, and
/// compares with what the source's pointers name. Returns the ids.
#[track_caller]
pub(crate) fn verify_lfs(pair: &LfsPair) -> BTreeSet<String> {
    pair.pair.expect_equal();
    let folder = tempfile::tempdir().unwrap();
    let clone = folder.path().join("clone");
    let url = pair.pair.nginx.url(Scheme::Http, Protocol::V2, DESTINATION);
    output(git().args(["clone", "-q", &url]).arg(&clone), b"");
    lfs(&clone, &["fetch", "--all"]);
    lfs(&clone, &["fsck"]);
    lfs(&clone, &["install", "--local"]);
    lfs(&clone, &["checkout"]);
    let files = lfs(&clone, &["ls-files"]);
    let mut pointers = files.lines().filter(|line| line.split(' ').nth(1) != Some("*"));
    assert_eq!(pointers.next(), None, "a file that is still a pointer");
    let changed = output(git().arg("-C").arg(&clone).args(["status", "--porcelain"]), b"");
    assert_eq!(String::from_utf8_lossy(&changed), "", "a file that is not what the commit says");

    let named = named(&pair.source().path);
    assert_eq!(fetched(&clone), named, "the objects that the source's pointers name");
    named
}

/// The objects that pointers in the whole history of a repository name, as the real client finds them.
pub(crate) fn named(repository: &Path) -> BTreeSet<String> {
    let listed = lfs(repository, &["ls-files", "--all", "--long"]);
    listed.lines().map(|line| line.split(' ').next().unwrap().to_owned()).collect()
}

/// The objects that a clone has.
fn fetched(clone: &Path) -> BTreeSet<String> {
    let mut oids = BTreeSet::new();
    let mut folders = vec![clone.join(".git/lfs/objects")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                oids.insert(entry.file_name().into_string().unwrap());
            }
        }
    }
    oids
}

/// Runs the real client in a repository, and returns what it prints.
pub(crate) fn lfs(repository: &Path, arguments: &[&str]) -> String {
    let mut command = git();
    // It takes its name for the server from there, and writes its log.
    command.env("HOME", repository).arg("-C").arg(repository).arg("lfs").args(arguments);
    String::from_utf8(output(&mut command, b"")).expect("UTF-8 from git-lfs")
}
