//! The identity of Microsoft Entra that the environment of this machine names, for a run by hand, by the variables that
//! Microsoft's own libraries read.

use std::fs;
use std::path::PathBuf;

use super::entra_identity::{ApplicationAt, EntraIdentity};
use super::input_error::{InputError, InputPlace};
use crate::agent::environment::{Audience, Environment};
use crate::auth::entra::application::PUBLIC_CLOUD;
use crate::auth::entra::certificate::SigningCertificate;
use crate::auth::entra::identity_endpoint::{EnvironmentEndpoint, IdentityEndpoint};
use crate::auth::entra::proof::Proof;
use crate::remote::web_url::WebUrl;
use crate::secret::Secret;

const TENANT: &str = "AZURE_TENANT_ID";
const CLIENT: &str = "AZURE_CLIENT_ID";
const SECRET: &str = "AZURE_CLIENT_SECRET";
const CERTIFICATE: &str = "AZURE_CLIENT_CERTIFICATE_PATH";
const ASSERTION: &str = "AZURE_FEDERATED_TOKEN_FILE";
const AUTHORITY: &str = "AZURE_AUTHORITY_HOST";
const ENDPOINT: &str = "IDENTITY_ENDPOINT";
const HEADER: &str = "IDENTITY_HEADER";

/// The demand for an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Demand {
    /// Only what is wholly there: nobody asked for it.
    IfNamed,
    /// One is wanted: where the environment names none, it is that of the machine.
    Wanted,
}

/// Returns the identity. None in a run by an agent, also in a script of a pipeline: agents on Kubernetes have an identity of
/// their own in their environment, which no pipeline shall use.
pub(crate) fn read(environment: &Environment, demand: Demand) -> Result<Option<EntraIdentity>, InputError> {
    if environment.audience() == Audience::Agent {
        return Ok(None);
    }
    let named = (environment.text(TENANT), environment.text(CLIENT), proof(environment)?);
    let endpoint = endpoint(environment)?;
    match (named, endpoint, demand) {
        ((Some(tenant), Some(client_id), Some(proof)), _, _) => {
            let at = ApplicationAt::new(authority(environment)?, tenant, client_id)
                .map_err(|error| wrong(CLIENT, format!("names no application: {error}")))?;
            Ok(Some(EntraIdentity::Application(at, Box::new(proof))))
        }
        ((tenant, _, Some(_)), _, Demand::Wanted) => {
            let missing = if tenant.is_none() { TENANT } else { CLIENT };
            Err(wrong(
                missing,
                "is empty, and an application is named by it, its tenant and its proof".to_owned(),
            ))
        }
        ((_, client_id, _), Some(endpoint), _) => {
            Ok(Some(EntraIdentity::Managed(endpoint, client_id.map(str::to_owned))))
        }
        ((_, client_id, None), None, Demand::Wanted) => {
            Ok(Some(EntraIdentity::Managed(IdentityEndpoint::Metadata, client_id.map(str::to_owned))))
        }
        (_, None, Demand::IfNamed) => Ok(None),
    }
}

/// Returns the proof, in the order of Microsoft's libraries.
fn proof(environment: &Environment) -> Result<Option<Proof>, InputError> {
    if let Some(secret) = environment.text(SECRET) {
        return Ok(Some(Proof::ClientSecret(Secret::new(secret))));
    }
    if let Some(path) = environment.text(CERTIFICATE) {
        let certificate = certificate(path).map_err(|error| {
            wrong(CERTIFICATE, format!("names the file '{path}', which cannot be used: {error}"))
        })?;
        return Ok(Some(Proof::Certificate(Box::new(certificate))));
    }
    Ok(environment.text(ASSERTION).map(|path| Proof::AssertionFile(PathBuf::from(path))))
}

fn certificate(path: &str) -> Result<SigningCertificate, String> {
    let pem = fs::read_to_string(path).map_err(|error| error.to_string())?;
    SigningCertificate::from_pem(&Secret::new(pem)).map_err(|error| error.to_string())
}

fn authority(environment: &Environment) -> Result<WebUrl, InputError> {
    let given = environment.text(AUTHORITY).unwrap_or(PUBLIC_CLOUD);
    WebUrl::parse(given)
        .map(|(url, _)| url)
        .map_err(|error| wrong(AUTHORITY, format!("cannot be used: {error}")))
}

fn endpoint(environment: &Environment) -> Result<Option<IdentityEndpoint>, InputError> {
    let (Some(url), Some(header)) = (environment.text(ENDPOINT), environment.text(HEADER)) else {
        return Ok(None);
    };
    let (url, _) = WebUrl::parse(url).map_err(|error| wrong(ENDPOINT, format!("cannot be used: {error}")))?;
    let endpoint = EnvironmentEndpoint::new(&url, Secret::new(header))
        .map_err(|error| wrong(ENDPOINT, format!("cannot be used: {error}")))?;
    Ok(Some(IdentityEndpoint::Environment(endpoint)))
}

fn wrong(variable: &'static str, problem: String) -> InputError {
    InputError::plain(InputPlace::Variable(variable), problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(variables: &[(&str, &str)], demand: Demand) -> Result<Option<String>, String> {
        let variables = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
        let read = read(&Environment { variables, arguments: Vec::new() }, demand);
        let shown = |identity: Option<EntraIdentity>| {
            identity.map(|identity| match identity {
                EntraIdentity::Application(_, proof) => match *proof {
                    Proof::ClientSecret(_) => "secret".to_owned(),
                    Proof::AssertionFile(path) => path.display().to_string(),
                    other => panic!("{other:?}"),
                },
                EntraIdentity::Managed(IdentityEndpoint::Metadata, id) => format!("metadata {id:?}"),
                EntraIdentity::Managed(IdentityEndpoint::Environment(_), id) => format!("endpoint {id:?}"),
                other => panic!("{other:?}"),
            })
        };
        read.map(shown).map_err(|error| error.to_string())
    }

    const TENANT_AND_CLIENT: [(&str, &str); 2] = [(TENANT, "contoso.example"), (CLIENT, "client-1")];

    #[test]
    fn the_proof_that_is_there_counts_in_microsofts_order() {
        let secret = (SECRET, "hunter22");
        let file = (ASSERTION, "/var/run/token");
        let endpoint = [(ENDPOINT, "http://localhost:42/token"), (HEADER, "hunter33")];
        for demand in [Demand::IfNamed, Demand::Wanted] {
            let named =
                |more: &[(&str, &str)]| named(&[&TENANT_AND_CLIENT[..], more].concat(), demand).unwrap();
            assert_eq!(named(&[secret, file]).unwrap(), "secret");
            assert_eq!(named(&[file, endpoint[0], endpoint[1]]).unwrap(), "/var/run/token");
            assert_eq!(named(&endpoint).unwrap(), "endpoint Some(\"client-1\")");
        }
    }

    #[test]
    fn the_machine_is_asked_only_if_somebody_wants_that() {
        assert_eq!(named(&[], Demand::IfNamed).unwrap(), None);
        assert_eq!(named(&TENANT_AND_CLIENT, Demand::IfNamed).unwrap(), None);
        assert_eq!(named(&[(SECRET, "hunter22")], Demand::IfNamed).unwrap(), None);
        assert_eq!(named(&[], Demand::Wanted).unwrap().unwrap(), "metadata None");
        let client = named(&TENANT_AND_CLIENT, Demand::Wanted).unwrap();
        assert_eq!(client.unwrap(), "metadata Some(\"client-1\")");
        for (given, missing) in [(TENANT_AND_CLIENT[0], CLIENT), (TENANT_AND_CLIENT[1], TENANT)] {
            let error = named(&[given, (SECRET, "hunter22")], Demand::Wanted).unwrap_err();
            assert!(error.starts_with(&format!("environment variable '{missing}' is empty")), "{error}");
        }
    }

    #[test]
    fn a_pipeline_does_not_use_the_identity_of_its_agent() {
        let all = [&TENANT_AND_CLIENT[..], &[(SECRET, "hunter22"), ("TF_BUILD", "True")]].concat();
        assert_eq!(named(&all, Demand::IfNamed).unwrap(), None);
        assert_eq!(named(&all, Demand::Wanted).unwrap(), None);
    }

    #[test]
    fn a_variable_that_cannot_be_used_is_named_and_not_shown() {
        for (variable, value) in [
            (CERTIFICATE, "/nowhere/certificate.pem"),
            (AUTHORITY, "http://login.example"),
            (AUTHORITY, "hunter22"),
            (TENANT, "../hunter22"),
        ] {
            let mut variables = TENANT_AND_CLIENT.to_vec();
            variables.retain(|(name, _)| *name != variable);
            variables.push((variable, value));
            if variable != CERTIFICATE {
                variables.push((SECRET, "hunter33"));
            }
            let error = named(&variables, Demand::IfNamed).unwrap_err();
            assert!(error.starts_with("environment variable 'AZURE_"), "{error}");
            assert!(!error.contains("hunter33"), "{error}");
        }
        let endpoint = [(ENDPOINT, "http://example.org/token"), (HEADER, "hunter22")];
        let error = named(&endpoint, Demand::IfNamed).unwrap_err();
        assert!(error.starts_with("environment variable 'IDENTITY_ENDPOINT' cannot be used"), "{error}");
        assert!(!error.contains("hunter22"), "{error}");
    }
}
