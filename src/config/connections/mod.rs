//! Service connections, as the agent hands them to a step: `ENDPOINT_*_<id>`. Each type has its schemes, and the servers
//! that its credentials are for.

mod azure_devops;
mod azure_repos;
mod azure_resource_manager;
mod connection;
mod entra_application;
mod github;
mod other_git;
mod serves;
mod variables;

use self::variables::Variables;
use crate::agent::environment::Environment;
use crate::auth::identity::ConnectionType;

pub(crate) use self::connection::{Connection, ConnectionCredentials};

/// Reads the connection of this type and id.
///
/// # Errors
///
/// The end of a sentence about the input.
pub(crate) fn read(
    environment: &Environment,
    connection_type: ConnectionType,
    id: &str,
) -> Result<Connection, String> {
    let variables = Variables::find(environment, id)?;
    match connection_type {
        ConnectionType::OtherGit => other_git::read(&variables),
        ConnectionType::AzureRepos => azure_repos::read(&variables),
        ConnectionType::GitHub => github::read(&variables),
        ConnectionType::AzureDevOps => azure_devops::read(&variables),
        ConnectionType::AzureResourceManager => azure_resource_manager::read(&variables),
    }
}

#[cfg(test)]
mod tests;
