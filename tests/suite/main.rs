//! The task's binary against real Git servers, and against broken ones.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test ends where something is not as expected, and says so"
)]
#![expect(clippy::disallowed_methods, reason = "git is found on the PATH of whoever runs the tests")]

#[path = "../support/mod.rs"]
mod support;

mod attempts;
mod azure_environment;
mod bare_pack;
mod campaign;
mod cancel;
mod certificates;
mod command_line;
mod connection_test;
mod containers;
mod entra;
mod faults;
mod github_app;
mod github_app_runs;
mod hostile;
mod hosts;
mod http;
mod inputs;
mod lfs_campaign;
mod lfs_faults;
mod lfs_faults_batch;
mod lfs_faults_stream;
mod lfs_folders;
mod lfs_packs;
mod lfs_servers;
mod lfs_ssh;
mod local;
mod local_rules;
mod map_refs;
mod map_refs_as_git;
mod mirror;
mod monitoring;
mod network;
mod nothing_lost;
mod patience;
mod predecessor;
mod pushes;
mod ref_retry;
mod refusals;
mod related;
mod requests;
mod servers;
mod snapshots;
mod ssh;
mod token_as_user;
mod told;
mod wire;
