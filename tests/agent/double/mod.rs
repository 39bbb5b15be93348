//! A double of the agent's worker: makes a step's environment, runs it, obeys its logging commands, decides its result.

mod agent;
mod command;
mod connections;
mod context;
mod inputs;
mod lines;
mod masking;
mod process;
mod run;
mod stand_in;
mod step;
mod task;

pub use agent::{Agent, JOB_ID, JOB_TOKEN, PLAN_ID, PROJECT_ID};
pub use connections::{SecureFile, ServiceConnection};
pub use context::{IssueKind, TaskResult};
pub use process::Stop;
pub use run::Run;
pub use step::Step;
pub use task::{Definition, Resource, TaskFolder, platform, source_tree};

use std::{env, path::PathBuf};

/// Returns the Node programs to run the launcher on, the oldest first.
pub fn nodes() -> Vec<PathBuf> {
    match env::var_os("NODES") {
        Some(list) => env::split_paths(&list).collect(),
        None => vec![find_in_path("node")],
    }
}

fn find_in_path(program: &str) -> PathBuf {
    let path = env::var_os("PATH").expect("PATH is set");
    let found = env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file());
    found.unwrap_or_else(|| panic!("no '{program}' in PATH: install Node.js, or name it in NODES"))
}
