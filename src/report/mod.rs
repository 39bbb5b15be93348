//! Writes what people read: log, problems and advice, progress, output variables, page.

pub mod advice;
pub mod announce;
pub mod connection_test;
pub mod container;
pub mod copies;
mod counts;
mod destination;
mod division;
mod ending;
pub mod finish;
pub mod heartbeat;
pub mod idle_patterns;
mod issues;
mod lfs_issues;
pub(crate) mod list_cap;
mod live_text;
pub mod outcome;
pub mod outputs;
pub mod page;
pub mod plan_lines;
pub mod problems;
pub mod progress;
pub mod result_file;
mod result_json;
pub mod server_messages;
mod step_end;
pub mod step_progress;
mod taken_lines;
mod taken_result;
#[cfg(test)]
pub(crate) mod testing;
pub mod units;
mod unnamed;
