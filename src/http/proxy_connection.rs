//! Connections through an HTTP proxy: a tunnel for https, and for http requests that name the whole URL.
//!
//! Proxies such as squid take `CONNECT` for the port of https alone, so http goes as it does from Git and browsers.

use std::io::{self, Read, Write};
use std::time::Duration;

use ureq::Error;
use ureq::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use ureq::unversioned::resolver::Resolver as _;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, NextTimeout, Transport, TransportAdapter,
};

use super::connect::{Lookup, Reach};
use super::network::Proxy;
use super::user_agent::USER_AGENT;
use super::{status, transport_error};
use crate::cancel::CancelToken;
use crate::clock::Stopwatch;
use crate::error::{ErrorKind, Failure, ProxyErrorKind};
use crate::remote::web_url::Scheme;
use crate::secret::Secret;
use crate::text;

/// The longest head of an answer to `CONNECT`, in bytes.
const MAX_HEAD: usize = 64 * 1024;

/// A connector by way of a proxy, if there is one; `inner` connects to the proxy itself.
#[derive(Debug)]
pub(crate) struct ProxyConnector<C> {
    pub(crate) proxy: Option<Proxy>,
    pub(crate) inner: C,
    pub(crate) cancel: CancelToken,
}

impl<In: Transport, C: Connector<()>> Connector<In> for ProxyConnector<C> {
    type Out = Either<In, Box<dyn Transport>>;

    fn connect(&self, details: &ConnectionDetails<'_>, _: Option<In>) -> Result<Option<Self::Out>, Error> {
        let Some(proxy) = &self.proxy else { return Ok(None) };
        let connected = self.reach(proxy, details).map_err(|error| self.blamed(proxy, error))?;
        let target = Target::of(details.uri)?;
        let through: Box<dyn Transport> = if details.needs_tls() {
            let mut adapter = TransportAdapter::new(connected, details.current_time.clone());
            adapter.set_timeout(details.timeout);
            let limit = details.config.timeouts().connect.unwrap_or(Duration::MAX);
            let head = ask_for_tunnel(&mut adapter, &target, proxy.authorization().as_ref(), limit)
                .map_err(|error| self.blamed(proxy, error.into()))?;
            require_tunnel(&head, proxy).map_err(io::Error::other)?;
            Box::new(Tunnel(adapter.into_inner()))
        } else {
            let (origin, authorization) = (format!("http://{}", target.authority), proxy.authorization());
            Box::new(WholeUrls { inner: connected, origin, authorization, place: RequestPart::Head })
        };
        Ok(Some(Either::B(through)))
    }
}

impl<C: Connector<()>> ProxyConnector<C> {
    fn reach(&self, proxy: &Proxy, details: &ConnectionDetails<'_>) -> Result<Box<dyn Transport>, Error> {
        let scheme = match proxy.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        let uri = format!("{scheme}://{}:{}/", proxy.host, proxy.port);
        let uri: Uri = uri.parse().map_err(|_| Error::BadUri(uri))?;
        let lookup = Lookup::Here(self.cancel.clone(), Reach::Anywhere);
        let details = ConnectionDetails {
            uri: &uri,
            addrs: lookup.resolve(&uri, details.config, details.timeout)?,
            config: details.config,
            request_level: details.request_level,
            resolver: &lookup,
            now: details.now,
            timeout: details.timeout,
            current_time: details.current_time.clone(),
            run_connector: details.run_connector.clone(),
            register_shutdown: details.register_shutdown.clone(),
        };
        match self.inner.connect(&details, None)? {
            Some(connected) => Ok(Box::new(connected)),
            None => Err(Error::ConnectionFailed),
        }
    }

    /// Says of an error on the way to the proxy that it is not the server's.
    fn blamed(&self, proxy: &Proxy, error: Error) -> Error {
        let failure = transport_error::failure(error);
        if self.cancel.reason().is_some() {
            return io::Error::other(failure).into();
        }
        let kind = match failure.kind {
            ErrorKind::Certificate(kind) => ErrorKind::Certificate(kind),
            _ => ErrorKind::Proxy(ProxyErrorKind::Unreachable),
        };
        let message = format!("{proxy} cannot be reached: {failure}");
        io::Error::other(Failure::new(kind, message).with_remote(failure.remote)).into()
    }
}

/// The server behind the proxy.
struct Target {
    /// As it stands in the URL.
    authority: String,
    /// With its port in any case.
    with_port: String,
}

impl Target {
    fn of(uri: &Uri) -> Result<Self, Error> {
        let no_url = || Error::BadUri(uri.to_string());
        let authority = uri.authority().ok_or_else(no_url)?;
        let usual = if uri.scheme_str() == Some("http") { 80 } else { 443 };
        let with_port = format!("{}:{}", authority.host(), authority.port_u16().unwrap_or(usual));
        Ok(Self { authority: authority.to_string(), with_port })
    }
}

/// Asks for a tunnel, and returns the head of the answer, which may begin and then take so long.
fn ask_for_tunnel(
    proxy: &mut (impl Read + Write),
    target: &Target,
    authorization: Option<&Secret>,
    limit: Duration,
) -> io::Result<Vec<u8>> {
    let to = &target.with_port;
    let authorization = authorization.map(credentials).unwrap_or_default();
    let request =
        format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\nUser-Agent: {USER_AGENT}\r\n{authorization}\r\n");
    proxy.write_all(request.as_bytes())?;
    let mut head = Vec::new();
    let mut byte = [0];
    let mut begun: Option<Stopwatch> = None;
    // Byte by byte: what follows belongs to the server.
    while !head.ends_with(b"\r\n\r\n") && !head.ends_with(b"\n\n") {
        if head.len() == MAX_HEAD {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the head of its answer is too long"));
        }
        if begun.is_some_and(|watch| watch.elapsed() >= limit) {
            let message = "timed out: the head of its answer did not come to its end";
            return Err(io::Error::new(io::ErrorKind::TimedOut, message));
        }
        proxy.read_exact(&mut byte)?;
        head.extend_from_slice(&byte);
        begun.get_or_insert_with(Stopwatch::start);
    }
    Ok(head)
}

/// Fails unless the proxy has let the connection through.
fn require_tunnel(head: &[u8], proxy: &Proxy) -> Result<(), Failure> {
    let Some((code, headers)) = parsed(head) else {
        let message = format!("{proxy} does not speak HTTP");
        return Err(Failure::new(ErrorKind::Proxy(ProxyErrorKind::Unreachable), message));
    };
    if code.is_success() {
        return Ok(());
    }
    let mut message = format!("{proxy} did not let it through, and answered {}", status::named(code));
    let challenges = status::challenges(code, &headers);
    if !challenges.is_empty() {
        message = format!("{message}; it asks for {}", challenges.names());
    }
    Err(Failure::new(status::fault_of_proxy(code, &headers), message).with_remote(proxys_words(&headers)))
}

/// Returns what a proxy says of an error of its own, apart from the page for browsers.
pub(crate) fn proxys_words(headers: &HeaderMap) -> Option<String> {
    let said = ["x-squid-error", "proxy-status"].into_iter().find_map(|name| headers.get(name))?;
    Some(text::excerpt(said.as_bytes(), 300))
}

fn parsed(head: &[u8]) -> Option<(StatusCode, HeaderMap)> {
    let text = text::of_bytes(head);
    let mut lines = text.lines();
    let code = lines.next()?.strip_prefix("HTTP/")?.split(' ').nth(1)?;
    let header = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(value.trim()).ok()?))
    };
    Some((StatusCode::from_bytes(code.as_bytes()).ok()?, lines.filter_map(header).collect()))
}

/// Returns the line of a request's head that signs in at the proxy.
fn credentials(authorization: &Secret) -> String {
    format!("Proxy-Authorization: {}\r\n", authorization.expose())
}

/// A connection to the server itself, which has yet to be encrypted, also where the one to the proxy is.
#[derive(Debug)]
struct Tunnel(Box<dyn Transport>);

impl Transport for Tunnel {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.0.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.0.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.0.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.0.is_open()
    }
}

/// A connection to the proxy on which each request names the whole URL.
#[derive(Debug)]
struct WholeUrls {
    inner: Box<dyn Transport>,
    /// Scheme, host and port of a URL, before its path.
    origin: String,
    authorization: Option<Secret>,
    place: RequestPart,
}

/// The next part of the request to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RequestPart {
    /// The head of a request. The client sends it apart from the body.
    Head,
    /// A request's body.
    Body,
}

impl Transport for WholeUrls {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        if std::mem::replace(&mut self.place, RequestPart::Body) == RequestPart::Body {
            return self.inner.transmit_output(amount, timeout);
        }
        let output = self.inner.buffers().output();
        let head =
            output.get(..amount).and_then(|head| whole(head, &self.origin, self.authorization.as_ref()));
        let too_long =
            || Error::from(io::Error::new(io::ErrorKind::InvalidInput, "the request's head is too long"));
        let head = head.ok_or_else(too_long)?;
        output.get_mut(..head.len()).ok_or_else(too_long)?.copy_from_slice(&head);
        self.inner.transmit_output(head.len(), timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        // An answer has been begun, or the end of one: a request follows.
        self.place = RequestPart::Head;
        self.inner.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

/// Returns the head of a request for a path as one for a URL, with what signs in at the proxy.
fn whole(head: &[u8], origin: &str, authorization: Option<&Secret>) -> Option<Vec<u8>> {
    let path = head.iter().position(|byte| *byte == b' ')? + 1;
    let line = head.windows(2).position(|two| two == b"\r\n")? + 2;
    let authorization = authorization.map(credentials).unwrap_or_default();
    let pieces = [
        head.get(..path)?,
        origin.as_bytes(),
        head.get(path..line)?,
        authorization.as_bytes(),
        head.get(line..)?,
    ];
    Some(pieces.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy() -> Proxy {
        let (scheme, host, port) = (Scheme::Http, "proxy.example.org".to_owned(), 3128);
        let (user, password) = ("bob".to_owned(), Some(Secret::new("hunter2")));
        Proxy { scheme, host, port, user, password, setting: "HTTPS_PROXY" }
    }

    #[test]
    fn a_request_for_a_path_becomes_one_for_a_url() {
        let head = b"GET /r.git/info/refs?service=git-upload-pack HTTP/1.1\r\nHost: h:81\r\n\r\n";
        let expected = "GET http://h:81/r.git/info/refs?service=git-upload-pack HTTP/1.1\r\n\
                        Proxy-Authorization: Basic eA==\r\nHost: h:81\r\n\r\n";
        let authorization = Secret::new("Basic eA==");
        assert_eq!(whole(head, "http://h:81", Some(&authorization)).unwrap(), expected.as_bytes());
        assert_eq!(whole(b"\x16\x03\x01", "http://h", None), None);
    }

    /// A proxy that answers a request by one byte now and then, for ever.
    struct Dripping;

    impl Read for Dripping {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            crate::clock::wait(Duration::from_millis(5));
            buf[0] = b'H';
            Ok(1)
        }
    }

    impl Write for Dripping {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_head_of_a_proxys_answer_that_drips_ends() {
        let target = Target::of(&"https://h/r".parse().unwrap()).unwrap();
        let error = ask_for_tunnel(&mut Dripping, &target, None, Duration::from_millis(50)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[test]
    fn a_tunnel_leads_to_host_and_port() {
        for (uri, expected) in [
            ("https://h/r", "h:443"),
            ("https://h:8443/r", "h:8443"),
            ("https://[::1]/r", "[::1]:443"),
            ("http://h/r", "h:80"),
        ] {
            assert_eq!(Target::of(&uri.parse().unwrap()).unwrap().with_port, expected);
        }
    }

    #[test]
    fn a_refusal_names_the_proxy_and_its_setting_and_no_secret() {
        let head = b"HTTP/1.1 407 x\r\nProxy-Authenticate: Negotiate\r\nproxy-authenticate: NTLM\r\n\r\n";
        let failure = require_tunnel(head, &proxy()).unwrap_err();
        let expected = "the proxy proxy.example.org:3128 of HTTPS_PROXY did not let it through, and answered 407 Proxy \
                        Authentication Required; it asks for Negotiate or NTLM";
        assert_eq!(
            (failure.kind, &*failure.message),
            (ErrorKind::Proxy(ProxyErrorKind::SignInScheme), expected)
        );
    }

    #[test]
    fn what_the_proxy_says_of_itself_is_kept() {
        let head = b"HTTP/1.1 503 Service Unavailable\r\nX-Squid-Error: ERR_DNS_FAIL 0\r\n\r\n";
        let failure = require_tunnel(head, &proxy()).unwrap_err();
        assert_eq!(failure.kind, ErrorKind::Proxy(ProxyErrorKind::ServerUnreachable));
        assert_eq!(failure.remote.as_deref(), Some("ERR_DNS_FAIL 0"));
    }

    #[test]
    fn only_an_answer_of_success_is_a_tunnel() {
        for head in ["HTTP/1.0 200 Connection established\r\n\r\n", "HTTP/1.1 200\r\nVia: x\r\n\r\n"] {
            require_tunnel(head.as_bytes(), &proxy()).unwrap();
        }
        for head in ["SSH-2.0-x\r\n\r\n", "\r\n\r\n", "HTTP/1.1 x\r\n\r\n"] {
            let kind = require_tunnel(head.as_bytes(), &proxy()).unwrap_err().kind;
            assert_eq!(kind, ErrorKind::Proxy(ProxyErrorKind::Unreachable), "{head}");
        }
    }
}
