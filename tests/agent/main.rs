//! The task as an agent runs it: `task.json`, `launcher.js` and the binary, by a double of the agent's worker.
//!
//! The double is written from the agent's source, not from what this task happens to print: what it says about a run
//! is what a user would see. `NODES` names the Node programs to run the launcher on, separated by colons (see
//! `scripts/nodes`); without it, the `node` in `PATH` does. `TASK` names a staged task, such as `dist/task`; without
//! it, the task is staged from this source tree and this build.
//!
//! Linux only: processes are looked up in `/proc`, signals are sent by the shell.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and the double is the agent: it makes an environment and keeps the time"
)]
#![expect(unreachable_pub, reason = "the modules of a test are no library")]

mod all_repositories;
mod docs;
mod double;
mod launcher;
mod manifest;
mod mirror;
mod package;
mod pictures;
mod release;
mod scripts;
mod services;
mod sign_in;
mod task_schema;

#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "the servers are shared with the tests of the binary alone")]
mod support;
