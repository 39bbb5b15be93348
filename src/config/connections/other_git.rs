//! Connections of the type *Other Git*: a user and a password, or a token, for the server of the connection's URL.

use super::connection::Connection;
use super::serves::Serves;
use super::variables::{Variables, signed_in};
use crate::auth::identity::ConnectionType;

pub(super) fn read(variables: &Variables<'_>) -> Result<Connection, String> {
    let credentials = match variables.scheme().as_str() {
        "usernamepassword" => {
            Some(signed_in(variables.parameter("USERNAME").as_ref(), variables.parameter("PASSWORD")))
        }
        "token" | "oauth" | "personalaccesstoken" | "installationtoken" => {
            Some(signed_in(None, variables.token()))
        }
        "none" | "anonymous" => None,
        _ => return Err(variables.unknown_scheme("a user and a password, or by a token")),
    };
    variables.with(ConnectionType::OtherGit, Serves::Server(variables.url()?), credentials)
}
