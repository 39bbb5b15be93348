//! The HTTP client of one side: its certificates, proxy and time limits, and its end when the run is stopped.

use std::fmt;
use std::sync::Arc;

use ureq::Agent;

use super::connect::Lookup;
use super::early_response::{RememberingConnector, Wire};
use super::network::CertificateVerification;
use super::network::Proxy;
use super::timeouts::Timeouts;
use super::tls::TlsConnector;
use crate::cancel::CancelReason;
use crate::remote::web_url::{Scheme, WebUrl};
use crate::transport::Context;
use crate::transport::endpoint::Endpoint;

/// Servers tell Git clients from browsers by the first word.
pub(crate) const USER_AGENT: &str =
    concat!("git/2.0 (mirror-git-repository ", env!("CARGO_PKG_VERSION"), ")");

/// Connections to one side, kept open between requests.
pub(crate) struct Client {
    agent: Agent,
    wire: Arc<Wire>,
    endpoint: Endpoint,
    context: Context,
    made_after: Option<CancelReason>,
}

impl Client {
    pub(crate) fn new(endpoint: &Endpoint, context: &Context) -> Self {
        let wire = Arc::new(Wire::default());
        let agent = cancellable_agent(endpoint, context, &wire);
        Self { agent, wire, endpoint: endpoint.clone(), context: context.clone(), made_after: None }
    }

    pub(crate) fn agent(&self) -> &Agent {
        &self.agent
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Returns the proxy that reads a request to this server, which it does unless the connection is encrypted.
    pub(crate) fn reading_proxy(&self, url: &WebUrl) -> Option<&Proxy> {
        self.endpoint.network.proxy.as_ref().filter(|_| url.scheme() == Scheme::Http)
    }

    /// Returns what holds for its connections.
    pub(crate) fn wire(&self) -> &Arc<Wire> {
        &self.wire
    }

    pub(crate) fn timeouts(&self) -> Timeouts {
        self.context.timeouts()
    }

    /// Goes on at another server, to which nothing of what holds for the first applies: its certificate is verified,
    /// and it is shown none.
    pub(crate) fn leave(&mut self) {
        self.endpoint.certificates = CertificateVerification::On;
        self.endpoint.network.client_certificate = None;
        self.agent = cancellable_agent(&self.endpoint, &self.context, &self.wire);
    }

    /// Replaces the connections that a stop has ended, once, so that one can still see what holds.
    pub(crate) fn renew_after_cancel(&mut self) {
        let reason = self.context.cancel.reason();
        if reason != self.made_after {
            self.agent = agent(&self.endpoint, &self.context, &self.wire);
            self.made_after = reason;
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

fn cancellable_agent(endpoint: &Endpoint, context: &Context, wire: &Arc<Wire>) -> Agent {
    let agent = agent(endpoint, context, wire);
    let ended = agent.clone();
    context.cancel.on_cancel(move || ended.shutdown());
    agent
}

fn agent(endpoint: &Endpoint, context: &Context, wire: &Arc<Wire>) -> Agent {
    let timeouts = context.timeouts();
    let config = Agent::config_builder()
        // Our own connector knows the proxy, and the client shall not look into the environment.
        .proxy(None)
        .user_agent(USER_AGENT)
        .accept_encoding("identity")
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_resolve(Some(timeouts.connect))
        .timeout_connect(Some(timeouts.connect))
        .timeout_per_read(Some(timeouts.stall))
        .timeout_per_write(Some(timeouts.stall))
        .timeout_recv_response(Some(timeouts.head(timeouts.stall)))
        .build();
    let tls = TlsConnector::new(endpoint.certificates, &endpoint.network);
    let connector = RememberingConnector::chain_with_tls(wire, &context.cancel, &endpoint.network, tls);
    let lookup =
        if endpoint.network.proxy.is_some() { Lookup::AtProxy } else { Lookup::Here(context.cancel.clone()) };
    Agent::with_parts(config, connector, lookup)
}
