//! The variables by which the agent hands a service connection over.

use super::connection::{Connection, ConnectionCredentials};
use super::serves::Serves;
use crate::agent::environment::Environment;
use crate::auth::credentials::{Credentials, TokenError};
use crate::auth::identity::{ConnectionType, Identity};
use crate::config::entra_identity::EntraIdentity;
use crate::config::replaced;
use crate::remote::web_url::WebUrl;
use crate::secret::Secret;
use crate::text::guid::is_guid;

/// The variables of one service connection.
pub(super) struct Variables<'a> {
    environment: &'a Environment,
    /// Its id.
    pub(super) id: &'a str,
    scheme: &'a str,
}

impl<'a> Variables<'a> {
    pub(super) fn find(environment: &'a Environment, id: &'a str) -> Result<Self, String> {
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
    pub(super) fn scheme(&self) -> String {
        self.scheme.to_ascii_lowercase()
    }

    /// Says that its scheme is not one of those that the type has here.
    pub(super) fn unknown_scheme(&self, wanted: &str) -> String {
        format!(
            "names a service connection that signs in by '{}'; use one that signs in by {wanted}",
            self.scheme
        )
    }

    /// Returns what it has under a key, in upper case, among what signs in.
    pub(super) fn parameter(&self, key: &str) -> Option<Secret> {
        self.environment.text(&format!("ENDPOINT_AUTH_PARAMETER_{}_{key}", self.id)).map(Secret::new)
    }

    /// Returns its token, which has one of two names.
    pub(super) fn token(&self) -> Option<Secret> {
        self.parameter("ACCESSTOKEN").or_else(|| self.parameter("APITOKEN"))
    }

    /// Returns what is known of it under a key, in upper case.
    pub(super) fn data(&self, key: &str) -> Option<&'a str> {
        self.environment.text(&format!("ENDPOINT_DATA_{}_{key}", self.id))
    }

    pub(super) fn url(&self) -> Result<WebUrl, String> {
        let url = self.environment.text(&format!("ENDPOINT_URL_{}", self.id));
        url.and_then(|url| WebUrl::parse(url).ok()).map(|(url, _)| url).ok_or_else(|| {
            "names a service connection that has no https:// or http:// URL, so that no server is known for its \
             credentials: give it the server's URL"
                .to_owned()
        })
    }

    /// Makes the connection of credentials that are there as they are.
    pub(super) fn with(
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
        Ok(Connection { identity, serves, credentials })
    }

    /// Makes the connection of an identity of Microsoft Entra, which may be of any organization.
    pub(super) fn with_entra(&self, connection_type: ConnectionType, entra: EntraIdentity) -> Connection {
        let (id, application) = (self.id.to_owned(), entra.application());
        Connection {
            identity: Identity::Connection { connection_type, id, application },
            serves: Serves::AzureDevOps,
            credentials: ConnectionCredentials::Entra(Box::new(entra)),
        }
    }
}

/// Takes a user and a password, or a token without a user.
pub(super) fn signed_in(user: Option<&Secret>, password: Option<Secret>) -> Result<Credentials, TokenError> {
    let user = user.map_or("", Secret::expose);
    Credentials::of_connection(user, &password.ok_or(TokenError::Empty)?)
}
