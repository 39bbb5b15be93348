//! A service connection, read.

use super::serves::Serves;
use crate::auth::credentials::Credentials;
use crate::auth::identity::Identity;
use crate::config::entra_identity::EntraIdentity;

/// A service connection.
#[derive(Debug)]
pub(crate) struct Connection {
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
    Entra(Box<EntraIdentity>),
}
