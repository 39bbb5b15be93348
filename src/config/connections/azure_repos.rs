//! Connections of the type *Azure Repos/Team Foundation Server*: a personal access token, or a user and a password, for
//! one organization or collection.

use super::connection::Connection;
use super::serves::Serves;
use super::variables::{Variables, signed_in};
use crate::auth::identity::ConnectionType;
use crate::hosts::azure_repos::Collection;

pub(super) fn read(variables: &Variables<'_>) -> Result<Connection, String> {
    let credentials = match variables.scheme().as_str() {
        "usernamepassword" => {
            signed_in(variables.parameter("USERNAME").as_ref(), variables.parameter("PASSWORD"))
        }
        "token" | "personalaccesstoken" => signed_in(None, variables.token()),
        "workloadidentityfederation" => {
            return Err(
                "names a service connection that signs in by a workload identity; use one of the type Azure \
                        DevOps for that"
                    .to_owned(),
            );
        }
        _ => return Err(variables.unknown_scheme("a token, or by a user and a password")),
    };
    let url = variables.url()?;
    let collection = Collection::parse(&url.to_string()).ok_or_else(|| {
        format!("names a service connection for '{url}', which is no organization and no collection: give it the URL of one")
    })?;
    let serves = Serves::Collection { url, collection };
    variables.with(ConnectionType::AzureRepos, serves, Some(credentials))
}
