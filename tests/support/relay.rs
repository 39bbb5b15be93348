//! Connections to a server by way of another address, where they can be ended, and an address that answers nobody.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustix::net::{AddressFamily, SocketType};

/// The clients' ends of what goes through.
#[derive(Debug, Clone, Default)]
pub(crate) struct Relay(Arc<Mutex<Vec<TcpStream>>>);

impl Relay {
    /// Leads whoever connects to the listener to a server.
    pub(crate) fn start(listener: TcpListener, server: SocketAddr) -> Self {
        let relay = Self::default();
        let clients = relay.clone();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                clients.0.lock().unwrap().push(client.try_clone().unwrap());
                thread::spawn(move || pass(&client, &TcpStream::connect(server)?));
            }
        });
        relay
    }

    /// Ends all connections of now; returns how many there have been since the last time.
    pub(crate) fn end_all(&self) -> usize {
        let clients = std::mem::take(&mut *self.0.lock().unwrap());
        for client in &clients {
            // It may have ended by itself.
            client.shutdown(Shutdown::Both).ok();
        }
        clients.len()
    }
}

/// Passes everything on in both directions.
pub(crate) fn pass(client: &TcpStream, server: &TcpStream) -> io::Result<()> {
    thread::scope(|scope| {
        scope.spawn(|| {
            io::copy(&mut &*server, &mut &*client).ok();
            client.shutdown(Shutdown::Write)
        });
        io::copy(&mut &*client, &mut &*server).ok();
        server.shutdown(Shutdown::Write)
    })
}

/// An address at which no connection is ever made, since more wait there than its queue holds.
pub(crate) fn unanswering() -> (SocketAddr, impl Sized) {
    let socket = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    rustix::net::bind(&socket, &SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    rustix::net::listen(&socket, 0).unwrap();
    let listener = TcpListener::from(socket);
    let address = listener.local_addr().unwrap();
    let connect = |_| TcpStream::connect_timeout(&address, Duration::from_millis(200));
    let waiting: Vec<_> = (0..16).map(connect).take_while(Result::is_ok).collect();
    assert!(waiting.len() < 16, "the queue is full");
    (address, (listener, waiting))
}
