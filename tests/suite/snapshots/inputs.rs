//! Inputs that cannot be used, and the texts that a person asks for.

use super::{Scenario, compare};
use crate::support::git_server::Protocol;
use crate::support::recorded::Recorded;
use crate::support::task::{Outcome, Task};

const SOURCE: &str = "https://dev.azure.com/contoso/project/_git/app";
const DESTINATION: &str = "https://github.com/contoso/app";

pub(super) const SCENARIOS: &[Scenario] = &[
    ("input_urls_missing", || Task::new("", "").run()),
    ("input_url_missing_by_hand", || Task::by_hand(&["--source", SOURCE]).run()),
    ("input_several_bad", || task().input("prune", "maybe").input("includeRefs", "refs/heads/*\na..b").run()),
    ("input_not_a_url", || task().input("destinationGitRepositoryUri", "ftp://example.org/a").run()),
    ("input_bad_number", || task().input("maxAttempts", "many").input("runTimeoutMinutes", "0").run()),
    ("input_bad_number_by_hand", || by_hand(&["--max-attempts", "many"])),
    ("input_undefined_variable", || {
        task().input("sourceGitRepositoryUri", "$(Source.Url)").source_token("$(Source.Token)").run()
    }),
    ("input_secret_in_url", secret_in_url),
    ("input_same_repository_twice", || Task::new(SOURCE, SOURCE).run()),
    ("input_pages_of_hosts", || {
        let wiki = "https://dev.azure.com/contoso/project/_wiki/wikis/project.wiki";
        Task::new("https://github.com/contoso/app/tree/main/src?plain=1", wiki).run()
    }),
    ("input_tfvc_by_hand", || {
        Task::by_hand(&["--source", "$/project/Main", "--destination", DESTINATION]).run()
    }),
    ("input_unknown_flag_by_hand", || by_hand(&["--sauce", "x"])),
    ("input_token_as_flag_by_hand", || by_hand(&["--source-token", "s3cret-value"])),
    ("input_help_by_hand", || Task::by_hand(&["--help"]).run()),
];

#[test]
fn bad_inputs_are_told_as_before() {
    compare(SCENARIOS);
}

fn task() -> Task {
    Task::new(SOURCE, DESTINATION)
}

fn by_hand(more: &[&str]) -> Outcome {
    Task::by_hand(&[&["--source", SOURCE, "--destination", DESTINATION], more].concat()).run()
}

fn secret_in_url() -> Outcome {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 2);
    let url = pair.source_url().replace("://", "://bob:hunter2hunter2@");
    Task::new(&url, &pair.destination_url()).run()
}
