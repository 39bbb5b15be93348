//! The Azure Pipelines agent: what it hands to a task, and what it reads from a task's output.
//!
//! Only this module touches the environment, the arguments and the standard streams.

#[cfg(test)]
mod agent;
mod certificates;
mod children;
mod clone_directory;
pub mod closing;
mod command;
mod connections;
mod endpoint;
mod environment;
mod exit_status;
mod flags;
pub mod hints;
pub mod idle_patterns;
mod input_error;
mod inputs;
mod job;
mod log;
mod masks;
mod neutral;
mod outputs;
mod plan_lines;
mod progress;
mod proxy;
mod remote_lines;
mod replaced;
mod said;
mod settings;
pub mod signals;
mod spans;
mod summary;
mod tally;
mod trouble;
mod units;
mod values;

pub use command::{Command, Escaping, IssueKind, TaskResult};
pub use environment::{Audience, DebugLines, Environment, Starter};
pub use exit_status::exit_status;
pub use flags::help;
pub use input_error::{InputError, Place};
pub use inputs::{ByHand, Caller, Input, Kind, TABLE};
pub use log::Log;
pub use progress::Progress;
pub use settings::{Invocation, Settings, read};
