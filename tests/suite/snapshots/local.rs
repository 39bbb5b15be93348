//! Repositories on this machine, and the clone directory.

use std::fs;

use super::{Scenario, compare};
use crate::support::git::{Repository, git, output};
use crate::support::task::{Outcome, Task};

pub(super) const SCENARIOS: &[Scenario] = &[
    ("local_mirror_into_a_new_folder", || mirror_to("new.git", "")),
    ("local_destination_is_no_repository", || mirror_to("documents", "")),
    ("local_destination_is_a_file", || mirror_to("documents/thesis.txt", "")),
    ("local_destination_above_is_missing", || mirror_to("nowhere/new.git", "")),
    ("local_destination_branch_checked_out", || mirror_to("work", "")),
    ("local_source_is_no_repository", || run("documents", "new.git", "")),
    ("local_clone_directory", || mirror_to("new.git", "clone.git")),
    ("local_clone_directory_is_no_repository", || mirror_to("new.git", "documents")),
    ("local_clone_directory_is_another_clone", || mirror_to("new.git", "other.git")),
    ("local_clone_directory_leads_out", || mirror_to("new.git", "../clone.git")),
];

#[test]
fn runs_on_this_machine_are_told_as_before() {
    compare(SCENARIOS);
}

fn mirror_to(destination: &str, clone_directory: &str) -> Outcome {
    run("source.git", destination, clone_directory)
}

/// Runs in a folder that holds a source, a working tree, another repository and something else.
fn run(source: &str, destination: &str, clone_directory: &str) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    Repository::init(path("source.git")).commit("main", 3);
    Repository::init(path("other.git")).git(&["config", "remote.origin.url", "https://git.example.org/app"]);
    output(git().args(["init", "-q", "-b", "main"]).arg(path("work")), b"");
    fs::create_dir(path("documents")).unwrap();
    fs::write(path("documents/thesis.txt"), "precious").unwrap();
    Task::new(path(source).to_str().unwrap(), path(destination).to_str().unwrap())
        .input("sourceGitRepositoryCloneDirectoryName", clone_directory)
        .variable("SYSTEM_DEFAULTWORKINGDIRECTORY", folder.path().to_str().unwrap())
        .run()
}
