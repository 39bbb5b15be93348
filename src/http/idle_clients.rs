//! Clients that nobody uses just now. A client carries one request at a time: whoever makes requests takes one, and gives it
//! back with its open connection. So the next one neither connects nor shakes hands for TLS.

use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::client::Client;

/// Clients that nobody uses just now: no more than were in use at once. Clones are the same.
#[derive(Debug)]
pub struct IdleClients<P>(Arc<Mutex<Vec<Idle<P>>>>);

/// A client that nobody uses, and what it is for.
#[derive(Debug)]
struct Idle<P> {
    purpose: P,
    client: Arc<Client>,
}

/// A client in use, which is given back when this is dropped.
#[derive(Debug)]
pub(crate) struct LentClient<P: PartialEq> {
    client: Arc<Client>,
    /// None for one that nobody else is to use.
    back_to: Option<(P, IdleClients<P>)>,
}

impl<P: PartialEq> IdleClients<P> {
    /// Lends a client for this purpose: one that was given back, or a new one.
    pub(crate) fn lend(&self, purpose: P, new: impl FnOnce(&P) -> Client) -> LentClient<P> {
        let mut idle = self.idle();
        // The last one that was given back: its connection has been idle for the shortest time.
        let known = idle.iter().rposition(|idle| idle.purpose == purpose).map(|at| idle.remove(at).client);
        drop(idle);
        let client = known.unwrap_or_else(|| Arc::new(new(&purpose)));
        LentClient { client, back_to: Some((purpose, self.clone())) }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Idle<P>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<P: PartialEq> LentClient<P> {
    /// Takes a client that nobody else is to use.
    pub(crate) fn own(client: Client) -> Self {
        Self { client: Arc::new(client), back_to: None }
    }
}

impl<P: PartialEq> Drop for LentClient<P> {
    fn drop(&mut self) {
        // A panic may have left it in any state.
        if let Some((purpose, idle)) = self.back_to.take().filter(|_| !thread::panicking()) {
            idle.idle().push(Idle { purpose, client: Arc::clone(&self.client) });
        }
    }
}

impl<P: PartialEq> Deref for LentClient<P> {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl<P> Clone for IdleClients<P> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<P> Default for IdleClients<P> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};
    use std::time::Duration;

    use super::*;
    use crate::cancel::CancelToken;
    use crate::http::network::{CertificateVerification, Network};
    use crate::http::timeouts::Timeouts;

    fn new(_: &&str) -> Client {
        let moment = Duration::from_secs(5);
        let timeouts = Timeouts { connect: moment, stall: moment, report: moment };
        Client::new(&Network::default(), CertificateVerification::On, &timeouts, &CancelToken::default())
    }

    /// Answers each request of a connection; returns their number.
    fn serve(mut stream: TcpStream) -> usize {
        let (mut requests, mut head) = (0, [0; 4096]);
        while stream.read(&mut head).is_ok_and(|bytes| bytes > 0) {
            requests += 1;
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx").unwrap();
        }
        requests
    }

    #[test]
    fn a_connection_serves_those_who_come_later_for_the_same_purpose() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let server = thread::spawn(move || {
            let serving: Vec<_> = (0..3)
                .map(|_| listener.accept().unwrap().0)
                .map(|stream| thread::spawn(move || serve(stream)))
                .collect();
            serving.into_iter().map(|connection| connection.join().unwrap()).collect::<Vec<_>>()
        });
        let ask = |client: &Client| {
            let answer = client.agent().get(&url).call().unwrap();
            assert_eq!(answer.into_body().read_to_string().unwrap(), "x");
        };
        let idle = IdleClients::default();
        for _ in 0..3 {
            ask(&idle.lend("one", new));
        }
        let mut replaced = idle.lend("one", new);
        ask(&replaced);
        ask(&idle.lend("other", new));
        // It gives back the one that was lent, and is nobody else's.
        replaced = LentClient::own(new(&"one"));
        ask(&replaced);
        drop(replaced);
        ask(&idle.lend("one", new));
        drop(idle);
        assert_eq!(server.join().unwrap(), [5, 1, 1]);
    }
}
