//! What the log and the page tell of a run, so that a reader knows what happened and what to do.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::git::Repository;
use crate::support::git_server::Protocol;
use crate::support::recorded::Recorded;

/// Gives a repository an update hook, in which `$1` is the ref.
fn update_hook(repository: &Repository, script: &str) {
    let hook = repository.path.join("hooks/update");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    fs::write(&hook, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn each_refused_ref_has_its_own_reason_and_advice() {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 3);
    pair.task().run().succeeded();
    pair.source.git(&["branch", "feature/1", "main"]);
    pair.source.git(&["branch", "feature/2", "main~1"]);
    update_hook(
        &pair.destination,
        "case $1 in\n\
         */1) echo 'GH001: a.bin is too large'; exit 1;;\n\
         */2) echo 'TF402455: use a pull request.'; exit 1;;\n\
         esac",
    );
    let outcome = pair.task().run();
    outcome.failed();
    let errors = outcome.errors();
    assert_eq!(errors.len(), 2, "{errors:?}");
    let [one, two] = [errors[0], errors[1]];
    assert!(one.contains("feature/1': hook declined: GH001: a.bin is too large. A file is"), "{one}");
    assert!(
        two.contains("feature/2': hook declined: TF402455: use a pull request. A branch policy"),
        "{two}"
    );
}
