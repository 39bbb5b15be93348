//! The agent's own settings for TLS, and the files of authorities that inputs name.

use std::fs;

use crate::agent::environment::Environment;
use crate::http::network;
use crate::http::network::CertificateVerification;
use crate::http::network::ClientCertificate;

/// The agent's own configuration of TLS. A file that cannot be used is left out with a warning: the agent's files
/// are not there in a job's container.
pub(crate) struct AgentTls {
    /// Whom this machine's owner trusts, at both sides.
    pub(crate) authorities: Vec<network::Authority>,
    /// The certificate for the agent's own server.
    pub(crate) client_certificate: Option<ClientCertificate>,
    /// Verification of the agent's own server.
    pub(crate) verification: CertificateVerification,
    pub(crate) warnings: Vec<String>,
}

impl AgentTls {
    pub(crate) fn read(environment: &Environment) -> Self {
        let mut warnings = Vec::new();
        let mut unused = |name: &str, path: &str, why: String| {
            warnings.push(format!(
                "the agent's setting {name} is not used, since the file '{path}' cannot be: {why}"
            ));
        };
        let authorities = environment.text("AGENT_CAINFO").map(|path| {
            authorities(path).unwrap_or_else(|why| {
                unused("AGENT_CAINFO", path, why);
                Vec::new()
            })
        });
        let pair = (environment.text("AGENT_CLIENTCERT"), environment.text("AGENT_CLIENTCERTKEY"));
        let client_certificate = match pair {
            (Some(chain), Some(key)) => {
                client_certificate(chain, key).map_err(|why| unused("AGENT_CLIENTCERT", chain, why)).ok()
            }
            _ => None,
        };
        let verification = if environment.holds("AGENT_SKIPCERTVALIDATION", "true") {
            CertificateVerification::Off
        } else {
            CertificateVerification::On
        };
        Self { authorities: authorities.unwrap_or_default(), client_certificate, verification, warnings }
    }
}

/// Reads the authorities of a PEM file.
pub(crate) fn authorities(path: &str) -> Result<Vec<network::Authority>, String> {
    let pem = fs::read(path).map_err(|error| error.to_string())?;
    network::certificates(&pem).map_err(|error| error.to_string())
}

fn client_certificate(chain: &str, key: &str) -> Result<ClientCertificate, String> {
    let read = |path| fs::read(path).map_err(|error| error.to_string());
    ClientCertificate::from_pem(&read(chain)?, &read(key)?).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tls(variables: &[(&str, &str)]) -> AgentTls {
        let variables = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
        AgentTls::read(&Environment { variables, arguments: Vec::new() })
    }

    #[test]
    fn files_of_the_agent_that_are_not_there_are_only_warned_about() {
        let tls = tls(&[
            ("AGENT_CAINFO", "/nowhere/ca.pem"),
            ("AGENT_CLIENTCERT", "/nowhere/cert.pem"),
            ("AGENT_CLIENTCERTKEY", "/nowhere/key.pem"),
        ]);
        assert_eq!(tls.warnings.len(), 2, "{:?}", tls.warnings);
        assert!(tls.warnings[0].contains("AGENT_CAINFO") && tls.warnings[0].contains("/nowhere/ca.pem"));
        assert!(tls.authorities.is_empty() && tls.client_certificate.is_none());
        assert_eq!(tls.verification, CertificateVerification::On);
    }

    #[test]
    fn an_agent_that_skips_validation_is_known() {
        let tls = tls(&[("AGENT_SKIPCERTVALIDATION", "True")]);
        assert_eq!((tls.verification, tls.warnings.len()), (CertificateVerification::Off, 0));
    }
}
