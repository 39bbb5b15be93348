//! Looking a name up and connecting, which nothing in an operating system interrupts: they are left to themselves
//! when the run is stopped. From there on a connection can be shut down.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    ConnectionDetails, Connector, Either, NextTimeout, TcpConnector, Transport,
};

use crate::cancel::CancelToken;
use crate::error::{ErrorKind, Failure};

/// The longest lookup of a name that the proxy looks up again.
const LONGEST_LOOKUP: Duration = Duration::from_secs(5);

/// The addresses that connections may be made to.
#[derive(Clone, Default)]
pub(crate) enum Reach {
    /// Any.
    #[default]
    Anywhere,
    /// Those that a rule lets pass. A name is looked up and judged anew for each connection, so that none can lead
    /// elsewhere afterwards.
    Only(Arc<dyn Fn(IpAddr) -> bool + Send + Sync>),
}

impl fmt::Debug for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if matches!(self, Self::Anywhere) { "Anywhere" } else { "Only" })
    }
}

/// A resolver of names.
#[derive(Debug)]
pub(crate) enum Lookup {
    /// On this machine.
    Here(CancelToken, Reach),
    /// At the proxy, which may know names that this machine does not. Those that both know are judged here first.
    AtProxy(CancelToken, Reach),
}

impl Resolver for Lookup {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        match self {
            Self::Here(cancel, Reach::Anywhere) => found_here(cancel, uri, config, timeout)?,
            Self::Here(cancel, Reach::Only(may)) => {
                let found = found_here(cancel, uri, config, timeout)??;
                let mut allowed = self.empty();
                found.iter().filter(|address| may(address.ip())).for_each(|address| allowed.push(*address));
                if allowed.is_empty() { Err(out_of_reach()) } else { Ok(allowed) }
            }
            Self::AtProxy(_, Reach::Anywhere) => Ok(self.empty()),
            Self::AtProxy(cancel, Reach::Only(may)) => {
                let timeout = NextTimeout { after: timeout.after.min(LONGEST_LOOKUP.into()), ..timeout };
                match found_here(cancel, uri, config, timeout)? {
                    // The proxy may take any of them.
                    Ok(found) if !found.iter().all(|address| may(address.ip())) => Err(out_of_reach()),
                    // Behind a proxy, many machines know no public name.
                    Ok(_) | Err(_) => Ok(self.empty()),
                }
            }
        }
    }
}

/// Looks a name up on this machine. The outer error is the end of the run.
fn found_here(
    cancel: &CancelToken,
    uri: &Uri,
    config: &Config,
    timeout: NextTimeout,
) -> Result<Result<ResolvedSocketAddrs, ureq::Error>, ureq::Error> {
    let (uri, config) = (uri.clone(), config.clone());
    let find = move || DefaultResolver::default().resolve(&uri, &config, timeout);
    cancel.run_interruptible(find).ok_or_else(stopped)
}

/// A connector that connects, unless that was done already.
#[derive(Debug)]
pub(crate) struct Dial(pub(crate) CancelToken);

impl<In: Transport> Connector<In> for Dial {
    type Out = Either<In, <TcpConnector as Connector>::Out>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        if let Some(connected) = chained {
            return Ok(Some(Either::A(connected)));
        }
        let (uri, config, addrs) = (details.uri.clone(), details.config.clone(), details.addrs.clone());
        let (request_level, now, timeout) = (details.request_level, details.now, details.timeout);
        let current_time = details.current_time.clone();
        let run_connector = details.run_connector.clone();
        let register_shutdown = details.register_shutdown.clone();
        let connect = move || {
            let details = ConnectionDetails {
                uri: &uri,
                addrs,
                config: &config,
                request_level,
                resolver: &DefaultResolver::default(),
                now,
                timeout,
                current_time,
                run_connector,
                register_shutdown,
            };
            TcpConnector::default().connect(&details, None::<()>)
        };
        let connected = self.0.run_interruptible(connect).unwrap_or_else(|| Err(stopped()))?;
        Ok(connected.map(Either::B))
    }
}

fn out_of_reach() -> ureq::Error {
    let message = "its name leads to an address inside a network, where others must not send this program";
    io::Error::other(Failure::new(ErrorKind::Redirect, message)).into()
}

fn stopped() -> ureq::Error {
    io::Error::other(Failure::new(ErrorKind::Interrupted, "the run was stopped")).into()
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread;

    use super::*;
    use crate::http::client::Client;
    use crate::http::network::{CertificateVerification, Network, Proxy};
    use crate::http::stream::StreamRequest;
    use crate::http::timeouts::Timeouts;
    use crate::remote::web_url::Scheme;
    use crate::secret::Secret;

    /// Asks a server of this machine, by its name, for a file of one byte.
    fn asked(port: u16, reach: Reach) -> Result<u16, Failure> {
        asked_by(&Network::default(), format!("http://localhost:{port}/"), reach)
    }

    fn asked_by(network: &Network, url: String, reach: Reach) -> Result<u16, Failure> {
        let moment = Duration::from_secs(5);
        let timeouts = Timeouts { connect: moment, stall: moment, report: moment };
        let cancel = CancelToken::default();
        let client = Client::new(network, CertificateVerification::On, &timeouts, &cancel).only_to(reach);
        let request =
            StreamRequest { url: Secret::new(url), host: "localhost".to_owned(), fields: Vec::new() };
        client.download(&request).map(|answer| answer.status.as_u16())
    }

    #[test]
    fn a_name_leads_only_to_addresses_that_are_allowed() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut head = [0; 4096];
            assert!(stream.read(&mut head).unwrap() > 0);
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx").unwrap();
            // No other request came before or after it.
            listener.set_nonblocking(true).unwrap();
            assert!(listener.accept().is_err());
        });
        let outside = Reach::Only(Arc::new(|address| !address.is_loopback()));
        let refused = asked(port, outside).unwrap_err();
        assert_eq!(refused.kind, ErrorKind::Redirect);
        let inside = Reach::Only(Arc::new(|address| address.is_loopback()));
        assert_eq!(asked(port, inside).unwrap(), 200);
        server.join().unwrap();
    }

    #[test]
    fn a_proxy_is_not_asked_for_names_that_lead_inside() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Proxy {
            scheme: Scheme::Http,
            host: "127.0.0.1".to_owned(),
            port: listener.local_addr().unwrap().port(),
            user: String::new(),
            password: None,
            setting: "HTTPS_PROXY",
        };
        let network = Network { proxy: Some(proxy), ..Network::default() };
        let serving = thread::spawn(move || {
            let mut targets = Vec::new();
            for _ in 0..3 {
                let (mut stream, _) = listener.accept().unwrap();
                let mut head = [0; 4096];
                let length = stream.read(&mut head).unwrap();
                let head = crate::text::of_bytes(&head[..length]);
                targets.push(head.split(' ').nth(1).unwrap().to_owned());
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx").unwrap();
            }
            targets
        });
        let outside = || Reach::Only(Arc::new(|address| !address.is_loopback()));
        for inside in ["http://localhost/admin", "http://127.0.0.1/admin"] {
            let refused = asked_by(&network, inside.to_owned(), outside()).unwrap_err();
            assert_eq!(refused.kind, ErrorKind::Redirect, "{inside}");
        }
        // The proxy alone may know a name, and where the user named the server it looks up each.
        let unknown = "http://lfs.contoso.invalid/1";
        assert_eq!(asked_by(&network, unknown.to_owned(), outside()).unwrap(), 200);
        let inside = Reach::Only(Arc::new(|address| address.is_loopback()));
        assert_eq!(asked_by(&network, "http://localhost/2".to_owned(), inside).unwrap(), 200);
        assert_eq!(asked_by(&network, "http://localhost/3".to_owned(), Reach::Anywhere).unwrap(), 200);
        assert_eq!(serving.join().unwrap(), [unknown, "http://localhost/2", "http://localhost/3"]);
    }
}
