//! Inputs, flags and service connections, read into a step.

pub(crate) mod app_inputs;
pub(crate) mod authentication;
pub(crate) mod azure_environment;
pub mod certificates;
pub mod child_environment;
pub mod clone_directory;
pub(crate) mod connections;
pub(crate) mod endpoint;
pub(crate) mod entra_identity;
pub(crate) mod entra_tokens;
pub mod flags;
pub(crate) mod id_token_path;
pub mod input_error;
pub mod inputs;
pub mod mirror_spec;
pub mod proxy;
pub mod reader;
pub mod replaced;
pub(crate) mod shared_tokens;
pub(crate) mod side_inputs;
pub(crate) mod side_tokens;
pub(crate) mod sign_in;
pub mod step;
pub(crate) mod system_connection;
pub mod values;
pub(crate) mod way;
