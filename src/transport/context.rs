//! The things that every transport of a run shares.

use std::fmt;
use std::sync::Arc;

use url::Origin;

use super::endpoint::Endpoint;
use super::known_servers::KnownServers;
use super::ssh_program::{ChildEnvironment, SshProgram};
use crate::auth::token_source::TokenContext;
use crate::cancel::CancelToken;
use crate::http::client::Client;
use crate::http::idle_clients::{IdleClients, LentClient};
use crate::http::network::{CertificateVerification, Network};
use crate::http::pauses::Pauses;
use crate::http::timeouts::Timeouts;
use crate::mirror::events::Events;
use crate::remote::web_url::WebUrl;
use crate::secret::SecretMasker;

/// The things that every transport of a run shares.
#[derive(Clone)]
pub struct Context {
    /// The program that runs for SSH.
    pub ssh: SshProgram,
    /// The environment of that program.
    pub environment: ChildEnvironment,
    /// Takes what servers and programs say for people.
    pub events: Arc<dyn Events>,
    /// The masker of each token that is got while the run goes on.
    pub masker: Arc<dyn SecretMasker>,
    /// The time that servers may be silent.
    pub timeouts: Timeouts,
    /// Ends the run early.
    pub cancel: CancelToken,
    /// The times until which servers asked to be left alone.
    pub pauses: Pauses,
    /// The capabilities that servers have told.
    pub known_servers: KnownServers,
    /// The connections that others have left open.
    pub idle_clients: IdleClients<ClientKey>,
}

/// The server that a client is of, and the settings of its connections.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientKey {
    origin: Origin,
    network: Network,
    verification: CertificateVerification,
}

impl Context {
    /// Returns what a source of tokens needs of it.
    pub(crate) fn for_tokens(&self) -> TokenContext {
        let Self { masker, timeouts, cancel, .. } = self;
        TokenContext::new(Arc::clone(masker), *timeouts, cancel.clone())
    }

    /// Returns a client of a repository's server.
    pub(crate) fn client(&self, url: &WebUrl, endpoint: &Endpoint) -> LentClient<ClientKey> {
        self.lend(url, endpoint.network.clone(), endpoint.verification)
    }

    /// Returns a client of another server of the same host. Nothing of what holds for the repository's applies to it: its
    /// certificate is verified, and it is shown none.
    pub(crate) fn client_of_other_server(&self, url: &WebUrl, endpoint: &Endpoint) -> LentClient<ClientKey> {
        self.lend(url, endpoint.network.without_client_certificate(), CertificateVerification::On)
    }

    fn lend(
        &self,
        url: &WebUrl,
        network: Network,
        verification: CertificateVerification,
    ) -> LentClient<ClientKey> {
        let key = ClientKey { origin: url.origin(), network, verification };
        let new = |ClientKey { network, verification, .. }: &ClientKey| {
            Client::new(network, *verification, &self.timeouts, &self.cancel)
        };
        self.idle_clients.lend(key, new)
    }

    /// Returns the time limits that hold now.
    pub(crate) fn timeouts(&self) -> Timeouts {
        self.timeouts.until(&self.cancel)
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("ssh", &self.ssh).finish_non_exhaustive()
    }
}
