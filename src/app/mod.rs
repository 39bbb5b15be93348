//! One step of a pipeline, or one run by hand: reads it, runs it, says how it ended.

mod attempt;
pub mod attempts;
pub mod connect;
mod creation;
mod default_branch;
pub mod internal_error;
mod lfs_ends;
mod lfs_ssh;
mod listing;
mod mirror_run;
pub mod mirror_states;
mod monitor;
mod scope;
mod server_pauses;
pub mod services;
pub mod step;
mod turns;
mod vacant;
mod workers;
