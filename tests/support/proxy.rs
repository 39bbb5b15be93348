//! An HTTP proxy that tunnels every host to one server on loopback, so that a test can use real host names.

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
                thread::spawn(move || tunnel(&stream, server, authorization.as_deref(), &asked).ok());
            }
        });
        proxy
    }

    /// `host:port`.
    pub(crate) fn authority(&self) -> String {
        self.address.to_string()
    }

    /// The targets that were asked for, as `host:port`.
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

fn tunnel(
    client: &TcpStream,
    server: SocketAddr,
    authorization: Option<&str>,
    asked: &Mutex<Vec<String>>,
) -> io::Result<()> {
    let mut reader = BufReader::new(client);
    let Some(head) = Head::read(&mut reader)? else { return Ok(()) };
    assert_eq!(head.method, "CONNECT");
    asked.lock().unwrap().push(head.target.clone());
    let mut writer: &TcpStream = client;
    if authorization.is_some() && head.header("proxy-authorization") != authorization {
        return writer.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
    }
    let server = TcpStream::connect(server)?;
    writer.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
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
