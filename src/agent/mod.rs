//! The Azure Pipelines agent: environment, logging commands, the one sink, signals. Knows nothing of Git.

pub mod command;
pub mod environment;
pub mod exit_status;
pub mod log;
pub mod masks;
pub mod output;
#[cfg(test)]
pub mod recorder;
pub mod sanitize;
pub mod server_lines;
pub mod signals;
#[cfg(test)]
pub mod testing;
