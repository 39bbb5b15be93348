//! The network settings for one server: the proxy, whose certificates are trusted, and what the agent shows to its own server
//! alone.

use super::certificates;
use super::input_error::InputError;
use super::proxy;
use super::reader::Reader;
use super::side_inputs::SideInputs;
use super::system_connection;
use crate::http::network::{Authority, CertificateVerification, Network};
use crate::remote::web_url::WebUrl;

/// The trust that a side's inputs ask for.
pub(crate) struct Trust {
    verification: CertificateVerification,
    /// The authorities beside the agent's.
    authorities: Vec<Authority>,
}

/// The settings for one server.
#[derive(Default)]
pub(crate) struct ServerNetwork {
    pub(crate) network: Network,
    pub(crate) verification: CertificateVerification,
    /// Says that the agent's own settings forgive that server.
    pub(crate) forgiven: Option<Forgiven>,
}

/// The agent is configured not to verify its own server.
pub(crate) struct Forgiven;

impl Reader<'_> {
    /// Reads the trust that a side asks for.
    pub(crate) fn trust(&mut self, inputs: &SideInputs) -> Option<Trust> {
        let verification =
            self.either(inputs.verification, CertificateVerification::On, CertificateVerification::Off);
        let authorities = self.authorities(inputs);
        let authorities = self.ok_or_note(authorities);
        Some(Trust { verification: verification?, authorities: authorities? })
    }

    fn authorities(&self, inputs: &SideInputs) -> Result<Vec<Authority>, InputError> {
        let Some(path) = self.values.text(inputs.authority)? else { return Ok(Vec::new()) };
        certificates::authorities(&path).map_err(|error| {
            let problem = format!("names the file '{path}', which cannot be used: {error}");
            self.values.wrong(inputs.authority, problem)
        })
    }

    /// Returns the settings for the agent's own server, which the job asks for id tokens and secure files.
    pub(crate) fn network_of_job(
        &mut self,
        base: &WebUrl,
    ) -> Result<(Network, CertificateVerification), InputError> {
        let ServerNetwork { network, verification, forgiven } = self.network_to(base, None)?;
        let warning = |_| {
            "the agent is configured to skip the validation of certificates, so its own server, which gives this run id \
             tokens and secure files, is not verified"
                .to_owned()
        };
        self.warn(forgiven.map(warning));
        Ok((network, verification))
    }

    /// Returns the settings for a server, with this trust beside the agent's. What the agent was configured to show to and to
    /// forgive its own server is for no other.
    pub(crate) fn network_to(
        &self,
        url: &WebUrl,
        trust: Option<&Trust>,
    ) -> Result<ServerNetwork, InputError> {
        let proxy = proxy::read(self.environment, url)?;
        let is_agents = system_connection::collection(self.environment)
            .is_some_and(|collection| collection.shares_server_with(url));
        let forgiven =
            (is_agents && self.tls.verification == CertificateVerification::Off).then_some(Forgiven);
        let verification = match (&forgiven, trust) {
            (Some(Forgiven), _) => CertificateVerification::Off,
            (None, trust) => trust.map_or(CertificateVerification::On, |trust| trust.verification),
        };
        let given = trust.iter().flat_map(|trust| trust.authorities.iter());
        let authorities = self.tls.authorities.iter().chain(given).cloned().collect();
        let client_certificate = self.tls.client_certificate.clone().filter(|_| is_agents);
        Ok(ServerNetwork {
            network: Network { proxy, authorities, client_certificate },
            verification,
            forgiven,
        })
    }
}
