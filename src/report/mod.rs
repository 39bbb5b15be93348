//! Writes what people read: log, problems and advice, progress, output variables, page.

pub mod advice;
pub mod counts;
pub mod finish;
pub mod idle_patterns;
pub mod outputs;
pub mod page;
pub mod plan_lines;
pub mod problems;
pub mod progress;
pub mod server_messages;
pub mod units;
