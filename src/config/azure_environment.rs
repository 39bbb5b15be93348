//! The identity of Microsoft Entra that the environment of this machine names, for a run by hand, by the variables that
//! Microsoft's own libraries read.

use std::fs;
use std::path::PathBuf;

use super::entra_identity::{ApplicationAt, EntraIdentity};
use super::input_error::{InputError, InputPlace};
use crate::agent::environment::Environment;
use crate::auth::entra::application::{ApplicationError, PUBLIC_CLOUD};
use crate::auth::entra::certificate::SigningCertificate;
use crate::auth::entra::identity_endpoint::{EnvironmentEndpoint, IdentityEndpoint, IdentityEndpointError};
use crate::auth::entra::proof::Proof;
use crate::remote::web_url::WebUrl;
use crate::secret::Secret;

const TENANT: &str = "AZURE_TENANT_ID";
const CLIENT: &str = "AZURE_CLIENT_ID";
const SECRET: &str = "AZURE_CLIENT_SECRET";
const CERTIFICATE: &str = "AZURE_CLIENT_CERTIFICATE_PATH";
const ASSERTION: &str = "AZURE_FEDERATED_TOKEN_FILE";
/// The variables of proofs, in the order of Microsoft's libraries.
const PROOFS: [&str; 3] = [SECRET, CERTIFICATE, ASSERTION];
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

/// The parts of an application that variables name. No file that they name has been read.
struct Parts<'a> {
    tenant: Option<&'a str>,
    client_id: Option<&'a str>,
    /// The variable of the proof, and its value.
    proof: Option<(&'static str, &'a str)>,
}

/// Returns the identity. None in a run by an agent, also in a script of a pipeline: agents on Kubernetes have an identity of
/// their own in their environment, which no pipeline shall use.
///
/// Only of the identity that counts are files and addresses read: the others' may be meant for another program.
pub(crate) fn read(environment: &Environment, demand: Demand) -> Result<Option<EntraIdentity>, InputError> {
    if environment.is_in_pipeline() {
        return Ok(None);
    }
    let parts = Parts::of(environment);
    if let Parts { tenant: Some(tenant), client_id: Some(client_id), proof: Some(given) } = parts {
        let at = ApplicationAt::new(authority(environment)?, tenant, client_id)
            .map_err(|error| wrong_application(&error))?;
        return Ok(Some(EntraIdentity::Application(at, Box::new(proof(given)?))));
    }
    let managed = |endpoint| Ok(Some(EntraIdentity::Managed(endpoint, parts.client_id.map(str::to_owned))));
    let endpoint = environment.text(ENDPOINT).zip(environment.text(HEADER));
    match (demand, endpoint, parts.half_filled(), parts.proof) {
        (Demand::Wanted, _, Some(problem), Some(_)) | (Demand::Wanted, None, Some(problem), _) => {
            Err(problem)
        }
        (_, Some(given), _, _) => managed(endpoint_of(given)?),
        (Demand::Wanted, None, None, _) => managed(IdentityEndpoint::Metadata),
        (Demand::IfNamed, None, _, _) => Ok(None),
    }
}

/// Says that an application is named in part, where nobody asked for one.
pub(crate) fn warning(environment: &Environment) -> Option<String> {
    let is_elsewhere = !environment.is_in_pipeline();
    let problem = is_elsewhere.then(|| Parts::of(environment).half_filled())??;
    Some(format!("nobody signs in by this machine's environment: {problem}"))
}

impl<'a> Parts<'a> {
    /// Finds the proof in the order of Microsoft's libraries.
    fn of(environment: &'a Environment) -> Self {
        let proof = PROOFS.iter().find_map(|name| Some((*name, environment.text(name)?)));
        Self { tenant: environment.text(TENANT), client_id: environment.text(CLIENT), proof }
    }

    /// Says what is missing, if something is, and something else than the client's id is there: that alone names a managed
    /// identity, and a tenant alone is set for other programs.
    fn half_filled(&self) -> Option<InputError> {
        let together = "an application signs in by its tenant, its id and a proof together";
        match self {
            Self { tenant: Some(_), client_id: Some(_), proof: None } => {
                let [first, others @ ..] = PROOFS;
                let others = others.join(" and ");
                let problem = format!(
                    "is empty, and {others} too, but {TENANT} and {CLIENT} are not: {together}, a managed identity \
                     without {TENANT}"
                );
                Some(wrong(first, problem))
            }
            Self { tenant, client_id, proof: Some((proof, _)) }
                if tenant.is_none() || client_id.is_none() =>
            {
                let missing = if tenant.is_none() { TENANT } else { CLIENT };
                Some(wrong(missing, format!("is empty, but {proof} is not: {together}")))
            }
            _ => None,
        }
    }
}

/// Reads the proof that a variable holds or names.
fn proof((variable, value): (&'static str, &str)) -> Result<Proof, InputError> {
    match variable {
        SECRET => Ok(Proof::ClientSecret(Secret::new(value))),
        CERTIFICATE => {
            let certificate = certificate(value).map_err(|error| {
                wrong(CERTIFICATE, format!("names the file '{value}', which cannot be used: {error}"))
            })?;
            Ok(Proof::Certificate(Box::new(certificate)))
        }
        _ => Ok(Proof::AssertionFile(PathBuf::from(value))),
    }
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

fn endpoint_of((url, header): (&str, &str)) -> Result<IdentityEndpoint, InputError> {
    let (url, _) = WebUrl::parse(url).map_err(|error| wrong(ENDPOINT, format!("cannot be used: {error}")))?;
    EnvironmentEndpoint::new(&url, Secret::new(header)).map(IdentityEndpoint::Environment).map_err(|error| {
        let variable = match error {
            IdentityEndpointError::Unencrypted(_) => ENDPOINT,
            IdentityEndpointError::Header => HEADER,
        };
        wrong(variable, format!("cannot be used: {error}"))
    })
}

/// Blames the variable that names no part of an application.
fn wrong_application(error: &ApplicationError) -> InputError {
    let variable = match error {
        ApplicationError::Authority(_) => AUTHORITY,
        ApplicationError::Tenant(_) => TENANT,
        ApplicationError::ClientId(_) => CLIENT,
    };
    wrong(variable, format!("cannot be used: {error}"))
}

fn wrong(variable: &'static str, problem: String) -> InputError {
    InputError::plain(InputPlace::Variable(variable), problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        let variables = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
        Environment { variables, arguments: Vec::new() }
    }

    fn named(variables: &[(&str, &str)], demand: Demand) -> Result<Option<String>, String> {
        let read = read(&environment(variables), demand);
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
        let client = named(&TENANT_AND_CLIENT[1..], Demand::Wanted).unwrap();
        assert_eq!(client.unwrap(), "metadata Some(\"client-1\")");
        let tenant = named(&TENANT_AND_CLIENT[..1], Demand::Wanted).unwrap();
        assert_eq!(tenant.unwrap(), "metadata None");
    }

    #[test]
    fn an_application_that_is_named_in_part_is_told() {
        let [tenant, client] = TENANT_AND_CLIENT;
        for (given, missing) in [
            (&[tenant, client][..], SECRET),
            (&[tenant, (SECRET, "hunter22")], CLIENT),
            (&[client, (SECRET, "hunter22")], TENANT),
            // No file is read for an identity that does not count.
            (&[(CERTIFICATE, "/nowhere/certificate.pfx")], TENANT),
        ] {
            let told = format!("environment variable '{missing}' is empty");
            let error = named(given, Demand::Wanted).unwrap_err();
            assert!(error.starts_with(&told), "{error}");
            assert_eq!(named(given, Demand::IfNamed).unwrap(), None);
            let warned = warning(&environment(given)).unwrap();
            assert!(warned.contains(&told) && !warned.contains("hunter22"), "{warned}");
            assert_eq!(warning(&environment(&[given, &[("TF_BUILD", "True")]].concat())), None);
        }
        for given in [&[][..], &[tenant], &[client], &[tenant, client, (SECRET, "hunter22")]] {
            assert_eq!(warning(&environment(given)), None, "{given:?}");
        }
    }

    #[test]
    fn what_does_not_count_is_not_read() {
        let far = [(ENDPOINT, "http://example.org/token"), (HEADER, "hunter33")];
        let near = [(ENDPOINT, "http://localhost:42/token"), (HEADER, "hunter33")];
        let file = (CERTIFICATE, "/nowhere/certificate.pfx");
        let authority = (AUTHORITY, "no URL");
        for demand in [Demand::IfNamed, Demand::Wanted] {
            let application =
                [&TENANT_AND_CLIENT[..], &[(SECRET, "hunter22"), file, far[0], far[1]]].concat();
            assert_eq!(named(&application, demand).unwrap().unwrap(), "secret");
            let client = [TENANT_AND_CLIENT[1], authority, near[0], near[1]];
            assert_eq!(named(&client, demand).unwrap().unwrap(), "endpoint Some(\"client-1\")");
        }
        assert_eq!(named(&[file, authority, far[0]], Demand::IfNamed).unwrap(), None);
        let endpoint = named(&[file, near[0], near[1]], Demand::IfNamed).unwrap();
        assert_eq!(endpoint.unwrap(), "endpoint None");
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
            (AUTHORITY, "https://login.example/?a=b"),
            (AUTHORITY, "hunter22"),
            (TENANT, "../hunter22"),
            (CLIENT, "../hunter22"),
        ] {
            let mut variables = TENANT_AND_CLIENT.to_vec();
            variables.retain(|(name, _)| *name != variable);
            variables.push((variable, value));
            if variable != CERTIFICATE {
                variables.push((SECRET, "hunter33"));
            }
            let error = named(&variables, Demand::IfNamed).unwrap_err();
            assert!(error.starts_with(&format!("environment variable '{variable}' ")), "{error}");
            assert!(!error.contains("hunter33"), "{error}");
        }
        let header = [(ENDPOINT, "http://localhost/token"), (HEADER, "hunter 22")];
        let error = named(&header, Demand::IfNamed).unwrap_err();
        assert!(error.starts_with("environment variable 'IDENTITY_HEADER' cannot be used"), "{error}");
        assert!(!error.contains("hunter"), "{error}");
        let endpoint = [(ENDPOINT, "http://example.org/token"), (HEADER, "hunter22")];
        let error = named(&endpoint, Demand::IfNamed).unwrap_err();
        assert!(error.starts_with("environment variable 'IDENTITY_ENDPOINT' cannot be used"), "{error}");
        assert!(!error.contains("hunter22"), "{error}");
    }
}
