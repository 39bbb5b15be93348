//! Connections of the type *Azure Resource Manager*: an identity of Microsoft Entra, which may be one of Azure DevOps, too.

use super::connection::Connection;
use super::entra_application;
use super::entra_application::secret;
use super::variables::Variables;
use crate::auth::entra::certificate::SigningCertificate;
use crate::auth::entra::identity_endpoint::IdentityEndpoint;
use crate::auth::entra::proof::Proof;
use crate::auth::identity::ConnectionType;
use crate::config::entra_identity::EntraIdentity;
use crate::secret::Secret;

pub(super) fn read(variables: &Variables<'_>) -> Result<Connection, String> {
    let identity = match variables.scheme().as_str() {
        "workloadidentityfederation" => entra_application::workload(variables)?,
        "serviceprincipal" => {
            let proof = proof(variables)?;
            EntraIdentity::Application(entra_application::read(variables)?, Box::new(proof))
        }
        "managedserviceidentity" => {
            let id = ["SERVICEPRINCIPALID", "CLIENTID"].iter().find_map(|key| variables.parameter(key));
            let id = id.map(|id| id.expose().to_owned());
            // A pipeline's variables must not name another place: only the machine itself is asked.
            EntraIdentity::Managed(IdentityEndpoint::Metadata, id)
        }
        _ => {
            let known = "a workload identity, a service principal or a managed identity";
            return Err(variables.unknown_scheme(known));
        }
    };
    Ok(variables.with_entra(ConnectionType::AzureResourceManager, identity))
}

/// Returns the proof of a service principal; without a word on it, the connection is an old one with a secret.
fn proof(variables: &Variables<'_>) -> Result<Proof, String> {
    let given = variables.parameter("AUTHENTICATIONTYPE");
    let kind = given.as_ref().map_or("spnKey", Secret::expose);
    match kind.to_ascii_lowercase().as_str() {
        "spnkey" => secret(variables, "SERVICEPRINCIPALKEY", "client secret").map(Proof::ClientSecret),
        "spncertificate" => {
            let pem = secret(variables, "SERVICEPRINCIPALCERTIFICATE", "certificate")?;
            let certificate = SigningCertificate::from_pem(&pem).map_err(|error| {
                format!("names a service connection whose certificate cannot sign: {error}")
            })?;
            Ok(Proof::Certificate(Box::new(certificate)))
        }
        _ => Err(format!(
            "names a service connection whose service principal proves itself by '{kind}'; use one with a client secret or \
             a certificate"
        )),
    }
}
