//! Connections of the type *Azure DevOps*: a workload identity of Microsoft Entra.

use super::connection::Connection;
use super::entra_application;
use super::variables::Variables;
use crate::auth::identity::ConnectionType;

pub(super) fn read(variables: &Variables<'_>) -> Result<Connection, String> {
    match variables.scheme().as_str() {
        "workloadidentityfederation" => {
            let identity = entra_application::workload(variables)?;
            Ok(variables.with_entra(ConnectionType::AzureDevOps, identity))
        }
        _ => Err(variables.unknown_scheme("a workload identity")),
    }
}
