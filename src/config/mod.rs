//! Inputs, flags and service connections, read into a step.

pub mod certificates;
pub mod child_environment;
pub mod clone_directory;
pub mod endpoint;
pub mod flags;
pub mod input_error;
pub mod inputs;
pub mod job_identity;
pub mod mirror_spec;
pub mod proxy;
pub mod reader;
pub mod replaced;
pub mod service_connection;
pub mod step;
pub mod values;
