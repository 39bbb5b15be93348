//! A listener on a free port of loopback, one thread a connection.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

/// A running listener. Dropping it waits until every connection has ended.
#[derive(Debug)]
pub(crate) struct Listener {
    address: SocketAddr,
    stopped: Arc<AtomicBool>,
    listening: Option<JoinHandle<()>>,
}

impl Listener {
    /// Gives each connection to `serve`, from which it returns at the connection's end.
    pub(crate) fn start(
        serve: impl Fn(&TcpStream) -> io::Result<()> + Send + Sync + 'static,
    ) -> io::Result<Self> {
        Self::start_at(TcpListener::bind(("127.0.0.1", 0))?, serve)
    }

    /// As [`Self::start`], where the address must be known before.
    pub(crate) fn start_at(
        listener: TcpListener,
        serve: impl Fn(&TcpStream) -> io::Result<()> + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let stopped = Arc::<AtomicBool>::default();
        let listening = thread::spawn({
            let stopped = Arc::clone(&stopped);
            move || listen(&listener, &serve, &stopped)
        });
        Ok(Self { address, stopped, listening: Some(listening) })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // Wakes the accept call.
        TcpStream::connect(self.address).ok();
        self.listening.take().map(JoinHandle::join);
    }
}

fn listen(
    listener: &TcpListener,
    serve: &(impl Fn(&TcpStream) -> io::Result<()> + Sync),
    stopped: &AtomicBool,
) {
    thread::scope(|scope| {
        for stream in listener.incoming().map_while(Result::ok) {
            if stopped.load(Ordering::SeqCst) {
                return;
            }
            // A connection that the client breaks off is the client's business.
            scope.spawn(move || serve(&stream).ok());
        }
    });
}
