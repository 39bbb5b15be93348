//! The Azure Pipelines agent: what it hands to a task, and what it reads from a task's output.
//!
//! Only this module touches the environment, the arguments and the standard streams.

#[cfg(test)]
mod agent;
mod command;
mod environment;
mod log;
mod neutral;
mod remote_lines;

pub use command::{Command, Escaping, IssueKind, TaskResult};
pub use environment::{Audience, DebugLines, Environment};
pub use log::Log;
