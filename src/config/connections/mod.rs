//! Service connections, as the agent hands them to a step: `ENDPOINT_*_<id>`. Each type has its schemes, and the servers
//! that its credentials are for.

mod azure_devops;
mod azure_repos;
mod azure_resource_manager;
mod entra_application;
mod github;
mod other_git;
mod serves;

use super::entra_identity::EntraIdentity;
use super::replaced;
use crate::agent::environment::Environment;
use crate::auth::credentials::{Credentials, TokenError};
use crate::auth::identity::{ConnectionType, Identity};
use crate::remote::web_url::WebUrl;
use crate::secret::Secret;

pub(crate) use serves::Serves;

/// A service connection.
#[derive(Debug)]
pub(crate) struct Connection {
    /// Its type.
    pub(crate) connection_type: ConnectionType,
    /// The identity that it stands for.
    pub(crate) identity: Identity,
    /// The servers that its credentials are for.
    pub(crate) serves: Serves,
    /// Its credentials.
    pub(crate) credentials: ConnectionCredentials,
}

/// The credentials of a service connection.
#[derive(Debug)]
pub(crate) enum ConnectionCredentials {
    /// None: it is only an address.
    None,
    /// As they are.
    Static(Credentials),
    /// Tokens of an identity of Microsoft Entra.
    Entra(EntraIdentity),
}

/// The variables of one service connection.
pub(crate) struct Variables<'a> {
    environment: &'a Environment,
    id: &'a str,
    scheme: &'a str,
}

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

impl<'a> Variables<'a> {
    fn find(environment: &'a Environment, id: &'a str) -> Result<Self, String> {
        if !is_guid(id) {
            return Err("must name a service connection, for which the agent gives its id, a GUID".to_owned());
        }
        let of_this = format!("_{}", id.to_uppercase());
        if let Some(variable) =
            environment.replaced(|name| name.starts_with("ENDPOINT_") && name.contains(&of_this))
        {
            return Err(replaced::problem("names a service connection that is", &variable));
        }
        let scheme = environment.text(&format!("ENDPOINT_AUTH_SCHEME_{id}")).ok_or(
            "names a service connection that this run was not given: check that it exists and that the pipeline may \
             use it",
        )?;
        Ok(Self { environment, id, scheme })
    }

    /// Returns its scheme in lower case, to be compared.
    fn scheme(&self) -> String {
        self.scheme.to_ascii_lowercase()
    }

    /// Says that its scheme is not one of those that the type has here.
    fn unknown_scheme(&self, wanted: &str) -> String {
        format!(
            "names a service connection that signs in by '{}'; use one that signs in by {wanted}",
            self.scheme
        )
    }

    /// Returns what it has under a key, in upper case, among what signs in.
    fn parameter(&self, key: &str) -> Option<Secret> {
        self.environment.text(&format!("ENDPOINT_AUTH_PARAMETER_{}_{key}", self.id)).map(Secret::new)
    }

    /// Returns its token, which has one of two names.
    fn token(&self) -> Option<Secret> {
        self.parameter("ACCESSTOKEN").or_else(|| self.parameter("APITOKEN"))
    }

    /// Returns what is known of it under a key, in upper case.
    fn data(&self, key: &str) -> Option<&'a str> {
        self.environment.text(&format!("ENDPOINT_DATA_{}_{key}", self.id))
    }

    fn url(&self) -> Result<WebUrl, String> {
        let url = self.environment.text(&format!("ENDPOINT_URL_{}", self.id));
        url.and_then(|url| WebUrl::parse(url).ok()).map(|(url, _)| url).ok_or_else(|| {
            "names a service connection that has no https:// or http:// URL, so that no server is known for its \
             credentials: give it the server's URL"
                .to_owned()
        })
    }

    /// Makes the connection of credentials that are there as they are.
    fn with(
        &self,
        connection_type: ConnectionType,
        serves: Serves,
        credentials: Option<Result<Credentials, TokenError>>,
    ) -> Result<Connection, String> {
        let credentials = match credentials {
            None => ConnectionCredentials::None,
            Some(Ok(credentials)) => ConnectionCredentials::Static(credentials),
            Some(Err(error)) => {
                return Err(format!("names a service connection that cannot sign in: {error}"));
            }
        };
        let identity = Identity::Connection { connection_type, id: self.id.to_owned(), application: None };
        Ok(Connection { connection_type, identity, serves, credentials })
    }

    /// Makes the connection of an identity of Microsoft Entra, which may be of any organization.
    fn with_entra(&self, connection_type: ConnectionType, entra: EntraIdentity) -> Connection {
        let (id, application) = (self.id.to_owned(), entra.application());
        Connection {
            connection_type,
            identity: Identity::Connection { connection_type, id, application },
            serves: Serves::AzureDevOps,
            credentials: ConnectionCredentials::Entra(entra),
        }
    }
}

/// Takes a user and a password, or a token without a user.
fn signed_in(user: Option<&Secret>, password: Option<Secret>) -> Result<Credentials, TokenError> {
    let user = user.map_or("", Secret::expose);
    Credentials::of_connection(user, &password.ok_or(TokenError::Empty)?)
}

/// Returns true for an id as the agent writes it: 8, 4, 4, 4 and 12 hexadecimal digits. The agent's connection
/// for itself has a name in its place, and its token is not for every server.
pub(crate) fn is_guid(id: &str) -> bool {
    let groups =
        id.split('-').map(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(group.len()));
    groups.eq([8, 4, 4, 4, 12].map(Some))
}

#[cfg(test)]
mod tests;
