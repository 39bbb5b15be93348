//! Connections of the type *GitHub*: the installation of a GitHub App, OAuth, or a personal access token.

use super::connection::Connection;
use super::serves::Serves;
use super::variables::{Variables, signed_in};
use crate::auth::identity::ConnectionType;

pub(super) fn read(variables: &Variables<'_>) -> Result<Connection, String> {
    let credentials = match variables.scheme().as_str() {
        "oauth" | "oauth2" | "personalaccesstoken" | "installationtoken" | "token" => {
            signed_in(None, variables.token())
        }
        _ => return Err(variables.unknown_scheme("a GitHub App, by OAuth or by a personal access token")),
    };
    variables.with(ConnectionType::GitHub, Serves::Server(variables.url()?), Some(credentials))
}
