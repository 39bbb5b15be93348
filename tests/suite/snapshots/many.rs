//! Runs over the repositories of a project or a folder.

use super::{Scenario, compare};
use crate::containers::{self, Folder, empty_host, host_with, hosted};
use crate::support::host_double::world::Fate;
use crate::support::host_double::{HostDouble, Kind};
use crate::support::task::{Outcome, Task};

pub(super) const SCENARIOS: &[Scenario] = &[
    ("many_first", first),
    ("many_dry_run", dry_run),
    ("many_nothing_to_do", nothing_to_do),
    ("many_one_vanished", one_vanished),
    ("many_ref_refused", ref_refused),
    ("many_names_that_cannot_be", names),
];

#[test]
fn runs_over_many_repositories_are_told_as_before() {
    compare(SCENARIOS);
}

/// A run whose mirrors are made one after the other, so that the log is always in the same order.
fn in_order(task: Task) -> Task {
    task.input("parallelRepositories", "1")
}

fn to_host(folder: &Folder, host: &HostDouble) -> Task {
    in_order(containers::to_host(folder, host))
}

fn first() -> Outcome {
    let (folder, host) = (Folder::new(&["app", "docs", "web"]), empty_host(Kind::GitHub));
    to_host(&folder, &host).run()
}

fn dry_run() -> Outcome {
    let (folder, host) = (Folder::new(&["app", "docs"]), empty_host(Kind::GitHub));
    to_host(&folder, &host).input("dryRun", "true").run()
}

fn nothing_to_do() -> Outcome {
    let (folder, host) = (Folder::new(&["app", "docs"]), empty_host(Kind::GitHub));
    let task = to_host(&folder, &host);
    task.run();
    task.run()
}

fn one_vanished() -> Outcome {
    let (host, folder) = (host_with(Kind::GitHub, &["app", "gone", "web"]), Folder::new(&[]));
    host.world().fates.push(("contoso/gone".into(), Fate::Vanishes));
    in_order(containers::from_host(&host, &folder)).run()
}

fn ref_refused() -> Outcome {
    let (folder, host) = (Folder::new(&["app", "web"]), empty_host(Kind::GitHub));
    for name in ["app", "web"] {
        host.add(&format!("contoso/{name}"));
    }
    hosted(&host, "web").hook("update", "case $1 in */topic) echo GH006: Protected branch >&2; exit 1; esac");
    to_host(&folder, &host).run()
}

fn names() -> Outcome {
    let (folder, host) = (Folder::new(&["app", "my app", "my-app"]), empty_host(Kind::GitHub));
    to_host(&folder, &host).run()
}
