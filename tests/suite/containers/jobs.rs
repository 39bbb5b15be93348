//! One step over several jobs, which know nothing of each other.

use std::collections::BTreeMap;

use super::{Folder, expect_mirror, from_host, host_with, hosted};
use crate::support::git_server::Protocol;
use crate::support::host_double::Kind;
use crate::support::recorded::Recorded;
use crate::support::task::Task;

/// As the agent tells a job of its place among others.
pub(super) fn job(task: Task, execution: Option<&str>, position: usize, total: usize) -> Task {
    let task = task
        .variable("SYSTEM_JOBPOSITIONINPHASE", &position.to_string())
        .variable("SYSTEM_TOTALJOBSINPHASE", &total.to_string());
    match execution {
        Some(execution) => task.variable("SYSTEM_PARALLELEXECUTIONTYPE", execution),
        None => task,
    }
}

#[test]
fn parallel_jobs_side_by_side_mirror_each_repository_once() {
    let names: Vec<_> = (0..12).map(|number| format!("app-{number:02}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let host = host_with(Kind::GitHub, &names);
    let folders = [(); 3].map(|()| Folder::new(&[]));
    let runs: Vec<_> = folders
        .iter()
        .zip(1..)
        .map(|(folder, position)| job(from_host(&host, folder), Some("MultiMachine"), position, 3).start())
        .collect();
    let outcomes: Vec<_> = runs.into_iter().map(crate::support::task::Running::end).collect();
    let mut owners = BTreeMap::<String, usize>::new();
    for (folder, outcome) in folders.iter().zip(&outcomes) {
        outcome.succeeded();
        for name in folder.names() {
            expect_mirror(&hosted(&host, &name), &folder.repository(&name));
            *owners.entry(name).or_default() += 1;
        }
    }
    assert_eq!(owners, names.iter().map(|name| ((*name).to_owned(), 1)).collect());
    assert!(folders.iter().filter(|folder| !folder.names().is_empty()).count() > 1, "{owners:?}");
}

#[test]
fn the_jobs_of_a_matrix_are_no_slices() {
    let names = ["a", "b", "c", "d", "e", "f"];
    let host = host_with(Kind::GitHub, &names);
    for execution in [Some("MultiConfiguration"), None] {
        for position in [1, 2] {
            let folder = Folder::new(&[]);
            job(from_host(&host, &folder), execution, position, 3).run().succeeded();
            assert_eq!(folder.names(), names, "{execution:?} {position}");
        }
    }
}

#[test]
fn one_repository_is_mirrored_by_the_first_of_several_jobs() {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 2);
    for position in [3, 2] {
        let outcome = job(pair.task(), Some("MultiMachine"), position, 3).run();
        outcome.succeeded();
        assert!(outcome.visible().contains('3'), "{}", outcome.text);
        assert!(pair.requests().is_empty() && pair.destination.refs(&[]).is_empty(), "{}", outcome.text);
    }
    job(pair.task(), Some("MultiMachine"), 1, 3).run().succeeded();
    assert_eq!(pair.destination.refs(&[]), pair.source.refs(&[]));
    for execution in [Some("MultiConfiguration"), None] {
        pair.destination.delete("refs/heads/main");
        job(pair.task(), execution, 2, 3).run().succeeded();
        assert_eq!(pair.destination.refs(&[]), pair.source.refs(&[]), "{execution:?}");
    }
}
