//! The HTTP client of one side: its certificates, proxy and time limits, and its end when the run is stopped.

use std::fmt;
use std::sync::Arc;

use ureq::{Agent, ProxyProtocol};

use super::super::{Context, Patience};
use super::connection::{BrokenWrites, RememberingConnector};
use super::dial::Lookup;
use super::tls::TlsConnector;
use crate::remote::network::Proxy;
use crate::remote::{CertificateVerification, Endpoint, Scheme};
use crate::stop::StopReason;

/// Servers tell Git clients from browsers by the first word.
const USER_AGENT: &str = concat!("git/2.0 (mirror-git-repository ", env!("CARGO_PKG_VERSION"), ")");

/// Connections to one side, kept open between requests.
pub(super) struct Client {
    agent: Agent,
    broken: Arc<BrokenWrites>,
    endpoint: Endpoint,
    context: Context,
    made_after: Option<StopReason>,
}

impl Client {
    pub(super) fn new(endpoint: &Endpoint, context: &Context) -> Self {
        let broken = Arc::new(BrokenWrites::default());
        let agent = stoppable_agent(endpoint, context, &broken);
        Self { agent, broken, endpoint: endpoint.clone(), context: context.clone(), made_after: None }
    }

    pub(super) fn agent(&self) -> &Agent {
        &self.agent
    }

    pub(super) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Whether the server has closed its end while it was being written to.
    pub(super) fn broken(&self) -> &Arc<BrokenWrites> {
        &self.broken
    }

    pub(super) fn patience(&self) -> Patience {
        self.context.patience()
    }

    /// Goes on at another server, to which nothing of what holds for the first applies: its certificate is verified,
    /// and it is shown none.
    pub(super) fn leave(&mut self) {
        self.endpoint.certificates = CertificateVerification::On;
        self.endpoint.network.client_certificate = None;
        self.agent = stoppable_agent(&self.endpoint, &self.context, &self.broken);
    }

    /// Replaces the connections that a stop has ended, once, so that one can still see what holds.
    pub(super) fn renew_after_stop(&mut self) {
        let reason = self.context.stop.reason();
        if reason != self.made_after {
            self.agent = agent(&self.endpoint, &self.context, &self.broken);
            self.made_after = reason;
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

fn stoppable_agent(endpoint: &Endpoint, context: &Context, broken: &Arc<BrokenWrites>) -> Agent {
    let agent = agent(endpoint, context, broken);
    let ended = agent.clone();
    context.stop.on_stop(move || ended.shutdown());
    agent
}

fn agent(endpoint: &Endpoint, context: &Context, broken: &Arc<BrokenWrites>) -> Agent {
    let patience = context.patience();
    let config = Agent::config_builder()
        // Set even if there is none, or the client would look into the environment itself.
        .proxy(endpoint.network.proxy.as_ref().and_then(proxy))
        .user_agent(USER_AGENT)
        .accept_encoding("")
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_resolve(Some(patience.connect))
        .timeout_connect(Some(patience.connect))
        .timeout_per_read(Some(patience.stall))
        .timeout_per_write(Some(patience.stall))
        .build();
    let tls = TlsConnector::new(endpoint.certificates, &endpoint.network);
    let connector = RememberingConnector::chain_with_tls(broken, &context.stop, tls);
    Agent::with_parts(config, connector, Lookup(context.stop.clone()))
}

fn proxy(proxy: &Proxy) -> Option<ureq::Proxy> {
    let protocol = match proxy.scheme {
        Scheme::Http => ProxyProtocol::Http,
        Scheme::Https => ProxyProtocol::Https,
    };
    let mut builder = ureq::Proxy::builder(protocol).host(&proxy.host).port(proxy.port);
    if let Some(password) = &proxy.password {
        builder = builder.username(&proxy.user).password(password.expose());
    }
    builder.build().ok()
}
