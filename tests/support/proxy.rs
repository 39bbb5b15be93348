//! An HTTP proxy that leads every host to one server on loopback, so that a test can use real host names. As squid does,
//! it takes `CONNECT` for TLS alone, and requests with a whole URL for http.

use std::io::{self, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use super::http::Head;

/// A running proxy; it stops accepting when it is dropped.
#[derive(Debug)]
pub(crate) struct Proxy {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    stopped: Arc<AtomicBool>,
}

impl Proxy {
    /// Tunnels to `server` whoever sends `authorization`, or everybody.
    pub(crate) fn start(server: SocketAddr, authorization: Option<&str>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let (asked, stopped) = (Arc::<Mutex<Vec<String>>>::default(), Arc::<AtomicBool>::default());
        let proxy = Self {
            address: listener.local_addr().unwrap(),
            asked: Arc::clone(&asked),
            stopped: Arc::clone(&stopped),
        };
        let authorization = authorization.map(str::to_owned);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (asked, authorization) = (Arc::clone(&asked), authorization.clone());
                // What the client makes of the tunnel's end is what is tested.
                thread::spawn(move || serve(&stream, server, authorization.as_deref(), &asked).ok());
            }
        });
        proxy
    }

    /// `host:port`.
    pub(crate) fn authority(&self) -> String {
        self.address.to_string()
    }

    /// The servers that were asked for, as `host:port`.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        TcpStream::connect(self.address).ok();
    }
}

fn serve(
    client: &TcpStream,
    server: SocketAddr,
    authorization: Option<&str>,
    asked: &Mutex<Vec<String>>,
) -> io::Result<()> {
    let mut reader = BufReader::new(client);
    let Some(head) = Head::read(&mut reader)? else { return Ok(()) };
    let (asked_for, path) = split(&head.target);
    asked.lock().unwrap().push(asked_for.clone());
    let mut writer: &TcpStream = client;
    if authorization.is_some() && head.header("proxy-authorization") != authorization {
        return writer.write_all(REFUSED);
    }
    let mut server = TcpStream::connect(server)?;
    match path {
        None if asked_for.ends_with(":80") => {
            return writer.write_all(
                b"HTTP/1.1 403 Forbidden\r\nX-Squid-Error: ERR_ACCESS_DENIED 0\r\nContent-Length: 0\r\n\r\n",
            );
        }
        None => writer.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?,
        Some(path) => server.write_all(&without_proxy(&head, path))?,
    }
    thread::scope(|scope| {
        let answers = scope.spawn(|| {
            let result = io::copy(&mut &server, &mut &*client);
            client.shutdown(Shutdown::Write).ok();
            result
        });
        io::copy(&mut reader, &mut &server).ok();
        server.shutdown(Shutdown::Write).ok();
        answers.join().expect("a copy does not panic").map(drop)
    })
}

const REFUSED: &[u8] =
    b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"proxy\"\r\n\
    Content-Length: 0\r\n\r\n";

/// The server that is asked for as `host:port`, and the path of a request that names a whole URL.
fn split(target: &str) -> (String, Option<&str>) {
    let Some(rest) = target.strip_prefix("http://") else { return (target.to_owned(), None) };
    let (authority, path) = rest.split_at(rest.find('/').expect("a URL with a path"));
    let port = if authority.contains(':') { "" } else { ":80" };
    (format!("{authority}{port}"), Some(path))
}

/// The head of a request for a path, without what is for the proxy alone.
fn without_proxy(head: &Head, path: &str) -> Vec<u8> {
    let for_server = head.headers.iter().filter(|(name, _)| !name.to_lowercase().starts_with("proxy-"));
    let fields: String =
        for_server.flat_map(|(name, value)| [name.as_str(), ": ", value.as_str(), "\r\n"]).collect();
    format!("{} {path} HTTP/1.1\r\n{fields}\r\n", head.method).into_bytes()
}
