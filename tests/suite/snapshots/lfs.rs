//! LFS objects between folders of this machine: what is told of copies, of objects that are missing, and of a side without
//! Git LFS.

use super::{Scenario, compare};
use crate::support::git::Repository;
use crate::support::lfs::{Object, objects};
use crate::support::task::{Outcome, Task};

pub(super) const SCENARIOS: &[Scenario] = &[
    ("lfs_copied", || run(&[])),
    ("lfs_dry_run", || run(&[("dryRun", "true")])),
    ("lfs_dry_run_full", || run(&[("dryRun", "true"), ("lfs", "full")])),
    ("lfs_full", || run(&[("lfs", "full")])),
    ("lfs_none", || run(&[("lfs", "none")])),
    ("lfs_missing", || run_of(&kept(1), &[])),
    ("lfs_missing_full", || run_of(&kept(1), &[("lfs", "full")])),
    ("lfs_missing_as_warning", || run_of(&kept(1), &[("lfsMissing", "warn")])),
    ("lfs_without_objects", || run_of(&[], &[])),
    ("lfs_without_objects_full", || run_of(&[], &[("lfs", "full")])),
];

#[test]
fn runs_with_lfs_objects_are_told_as_before() {
    compare(SCENARIOS);
}

fn all() -> Vec<Object> {
    objects(7, 3, 100..2000)
}

fn kept(count: usize) -> Vec<Object> {
    all().into_iter().take(count).collect()
}

fn run(inputs: &[(&str, &str)]) -> Outcome {
    run_of(&all(), inputs)
}

/// Mirrors pointers to three objects, of which the source has these.
fn run_of(there: &[Object], inputs: &[(&str, &str)]) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let source = Repository::init(path("source.git"));
    source.commit_objects("main", &all());
    for object in there {
        let folder = path("source.git").join("lfs/objects").join(&object.oid[..2]).join(&object.oid[2..4]);
        std::fs::create_dir_all(&folder).unwrap();
        object.write(&folder.join(&object.oid));
    }
    let task = Task::new(path("source.git").to_str().unwrap(), path("new.git").to_str().unwrap());
    inputs.iter().fold(task, |task, (name, value)| task.input(name, value)).run()
}
