//! The HTTP client of one side: its certificates, proxy and time limits, and its end when the run is stopped.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ureq::Agent;

use super::connect::{Lookup, Reach};
use super::early_response::{RememberingConnector, Wire};
use super::network::{CertificateVerification, Network, Proxy};
use super::timeouts::Timeouts;
use super::tls::TlsConnector;
use super::user_agent::USER_AGENT;
use crate::cancel::{CancelReason, CancelToken, Ending};
use crate::remote::web_url::{Scheme, WebUrl};

/// The longest time that a connection waits for its next request. Servers of Apache and of Node.js close one after five seconds,
/// and a request that is on its way just then is lost.
const LONGEST_IDLE: Duration = Duration::from_secs(4);

/// Connections to one side, kept open between requests.
pub(crate) struct Client {
    connections: Connections,
    reached: Reached,
    made_after: Option<CancelReason>,
}

/// Connections that a stop ends, for as long as they are kept.
struct Connections {
    agent: Agent,
    /// None for those that are made after a stop.
    _ending: Option<Ending>,
}

/// The settings of the connections to a server.
#[derive(Clone)]
struct Reached {
    network: Network,
    verification: CertificateVerification,
    timeouts: Timeouts,
    cancel: CancelToken,
    wire: Arc<Wire>,
    reach: Reach,
}

impl Client {
    pub(crate) fn new(
        network: &Network,
        verification: CertificateVerification,
        timeouts: &Timeouts,
        cancel: &CancelToken,
    ) -> Self {
        let wire = Arc::new(Wire::default());
        let (network, timeouts, cancel) = (network.clone(), *timeouts, cancel.clone());
        let reach = Reach::Anywhere;
        Self::of(Reached { network, verification, timeouts, cancel, wire, reach }, None)
    }

    fn of(reached: Reached, made_after: Option<CancelReason>) -> Self {
        let connections = match made_after {
            None => reached.cancellable_connections(),
            Some(_) => Connections { agent: reached.agent(), _ending: None },
        };
        Self { connections, reached, made_after }
    }

    /// Returns another client of the same server, which waits at most so long for each step of a request.
    pub(crate) fn hurried(&self, longest: Duration) -> Self {
        let Reached { network, verification, timeouts, cancel, .. } = &self.reached;
        Self::new(network, *verification, &timeouts.at_most(longest), cancel)
    }

    /// Connects to these addresses alone. A proxy on the way looks names up itself: it is not asked for one that this machine
    /// finds at another address, and is left to judge those that this machine does not find.
    pub(crate) fn only_to(self, reach: Reach) -> Self {
        Self::of(Reached { reach, ..self.reached }, self.made_after)
    }

    pub(crate) fn agent(&self) -> &Agent {
        &self.connections.agent
    }

    /// Returns the proxy that reads a request to this server, which it does unless the connection is encrypted.
    pub(crate) fn reading_proxy(&self, url: &WebUrl) -> Option<&Proxy> {
        self.reached.network.proxy.as_ref().filter(|_| url.scheme() == Scheme::Http)
    }

    /// Returns what holds for its connections.
    pub(crate) fn wire(&self) -> &Arc<Wire> {
        &self.reached.wire
    }

    pub(crate) fn timeouts(&self) -> Timeouts {
        self.reached.timeouts()
    }

    /// Returns a client of another server, to which nothing of what holds for the first applies: its certificate is
    /// verified, and it is shown none.
    pub(crate) fn of_other_server(&self) -> Self {
        let network = self.reached.network.without_client_certificate();
        let (verification, wire) = (CertificateVerification::On, Arc::default());
        Self::of(Reached { network, verification, wire, ..self.reached.clone() }, self.made_after)
    }

    /// Returns a client whose connections no stop ends, where one has ended those of this one: so that one can still see
    /// what holds.
    pub(crate) fn renewed_after_cancel(&self) -> Option<Self> {
        let reason = self.reached.cancel.reason();
        let is_ended = reason != self.made_after;
        is_ended.then(|| Self::of(Reached { wire: Arc::default(), ..self.reached.clone() }, reason))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("network", &self.reached.network).finish_non_exhaustive()
    }
}

impl Reached {
    fn timeouts(&self) -> Timeouts {
        self.timeouts.until(&self.cancel)
    }

    fn cancellable_connections(&self) -> Connections {
        let agent = self.agent();
        let ended = agent.clone();
        let ending = self.cancel.on_cancel(move || ended.shutdown());
        Connections { agent, _ending: Some(ending) }
    }

    fn agent(&self) -> Agent {
        let timeouts = self.timeouts();
        let config = Agent::config_builder()
            // Our own connector knows the proxy, and the client shall not look into the environment.
            .proxy(None)
            .user_agent(USER_AGENT)
            .accept_encoding("identity")
            .http_status_as_error(false)
            .max_idle_age(LONGEST_IDLE)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_resolve(Some(timeouts.connect))
            .timeout_connect(Some(timeouts.connect))
            .timeout_per_read(Some(timeouts.stall))
            .timeout_per_write(Some(timeouts.stall))
            .timeout_recv_response(Some(timeouts.head(timeouts.stall)))
            .build();
        let tls = TlsConnector::new(self.verification, &self.network);
        let connector =
            RememberingConnector::chain_with_tls(&self.wire, timeouts, &self.cancel, &self.network, tls);
        let lookup = match self.network.proxy {
            Some(_) => Lookup::AtProxy(self.cancel.clone(), self.reach.clone()),
            None => Lookup::Here(self.cancel.clone(), self.reach.clone()),
        };
        Agent::with_parts(config, connector, lookup)
    }
}
