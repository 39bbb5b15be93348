//! Writes what people read: log, problems and advice, progress, output variables, page.

pub mod advice;
mod agent_file;
pub mod announce;
mod attachment;
mod build_tags;
pub mod connection_test;
pub mod container;
pub mod copies;
mod counts;
pub mod course;
mod course_result;
mod destination;
mod division;
mod ending;
pub mod finish;
pub mod idle_patterns;
mod issues;
mod lfs_issues;
pub(crate) mod list_cap;
pub mod outcome;
pub mod outputs;
pub mod page;
pub mod plan_lines;
pub mod problems;
pub mod progress;
pub mod refused_plan;
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
