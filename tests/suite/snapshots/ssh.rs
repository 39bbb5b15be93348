//! Runs over SSH.

use super::{Scenario, compare};
use crate::support::git::Repository;
use crate::support::git_server::Protocol;
use crate::support::sshd::Sshd;
use crate::support::task::{Outcome, Task};

pub(super) const SCENARIOS: &[Scenario] = &[
    ("ssh_mirror", between_two_servers),
    ("ssh_unknown_host_key", || run("source.git", Sshd::forget, "user_key")),
    ("ssh_other_host_key", || run("source.git", |sshd| sshd.trust(&sshd.path("other_key.pub")), "user_key")),
    ("ssh_permission_denied", || run("source.git", |_| {}, "other_key")),
    ("ssh_no_such_repository", || run("none.git", |_| {}, "user_key")),
    ("ssh_server_without_git", || {
        let command = "PATH=/nonexistent; eval \"$SSH_ORIGINAL_COMMAND\"";
        run("source.git", |sshd| sshd.run_instead(command), "user_key")
    }),
    ("ssh_login_script_prints", || {
        let command = "echo 'Welcome to host42'; eval \"$SSH_ORIGINAL_COMMAND\"";
        run("source.git", |sshd| sshd.run_instead(command), "user_key")
    }),
    ("ssh_client_missing", client_missing),
];

#[test]
fn runs_over_ssh_are_told_as_before() {
    compare(SCENARIOS);
}

fn run(source: &str, change: impl Fn(&Sshd), key: &str) -> Outcome {
    let sshd = Sshd::start(Protocol::V2);
    change(&sshd);
    Repository::init(sshd.path("source.git")).commit("main", 3);
    // By its path, since what two servers say at once comes in any order.
    let destination = Repository::init(sshd.path("destination.git"));
    let task = Task::new(&sshd.url(source), destination.path.to_str().unwrap()).input("maxAttempts", "1");
    sshd.admit(task).variable("GIT_SSH_COMMAND", &sshd.command(key)).run()
}

fn between_two_servers() -> Outcome {
    let sshd = Sshd::start(Protocol::V2);
    Repository::init(sshd.path("source.git")).commit("main", 3);
    Repository::init(sshd.path("destination.git"));
    sshd.admit(Task::new(&sshd.url("source.git"), &sshd.url("destination.git"))).run()
}

fn client_missing() -> Outcome {
    Task::new("git@git.contoso.example:app.git", "ssh://git@git.contoso.example/copy.git").run()
}
