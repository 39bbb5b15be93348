//! The application of Microsoft Entra that a service connection names, and the cloud that it is in.

use super::variables::Variables;
use crate::auth::entra::application::PUBLIC_CLOUD;
use crate::config::entra_identity::{ApplicationAt, EntraIdentity};
use crate::remote::web_url::WebUrl;
use crate::secret::Secret;

/// Reads the application.
pub(super) fn read(variables: &Variables<'_>) -> Result<ApplicationAt, String> {
    let authority = authority(variables)?;
    let part = |key: &str, name: &str| {
        variables
            .parameter(key)
            .ok_or_else(|| format!("names a service connection that cannot sign in: it has no {name}"))
    };
    let tenant = part("TENANTID", "tenant id")?;
    let client_id = part("SERVICEPRINCIPALID", "application id")?;
    ApplicationAt::new(authority, tenant.expose(), client_id.expose())
        .map_err(|error| format!("names a service connection that cannot sign in: {error}"))
}

/// Reads an application that id tokens of the job prove.
pub(super) fn workload(variables: &Variables<'_>) -> Result<EntraIdentity, String> {
    let connection = variables.id.to_owned();
    Ok(EntraIdentity::Workload {
        at: read(variables)?,
        connection,
        late_bound: variables.parameter("IDTOKEN"),
    })
}

/// Returns the address of the cloud's sign-in service: Microsoft's own tasks read it under these keys, in this order.
fn authority(variables: &Variables<'_>) -> Result<WebUrl, String> {
    let keys = ["ACTIVEDIRECTORYAUTHORITY", "ENVIRONMENTAUTHORITYURL"];
    let given = keys.iter().find_map(|key| variables.data(key)).unwrap_or(PUBLIC_CLOUD);
    // What is no URL could hold anything, so it is not shown.
    WebUrl::parse(given).map(|(url, _)| url).map_err(|error| {
        format!("names a service connection whose authority of Microsoft Entra cannot be used: {error}")
    })
}

/// Returns a secret that a scheme cannot do without.
pub(super) fn secret(variables: &Variables<'_>, key: &str, name: &str) -> Result<Secret, String> {
    variables
        .parameter(key)
        .ok_or_else(|| format!("names a service connection that cannot sign in: it holds no {name}"))
}
