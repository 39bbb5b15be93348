//! The HTTP clients of one side's LFS requests. A client carries one request at a time, so whoever makes one takes a
//! client, and gives it back with its open connection once the answer was read.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::place::Place;
use super::route::{Credentials, Reach, Route};
use crate::cancel::CancelToken;
use crate::error::Failure;
use crate::http::client::Client;
use crate::http::connect;
use crate::http::network::{CertificateVerification, Network};
use crate::http::response::BodyReader;
use crate::http::timeouts::Timeouts;

/// The settings of a side's connections, and the clients that nobody uses just now: no more than were in use at once.
#[derive(Debug)]
pub(super) struct Clients {
    pub(super) network: Network,
    pub(super) verification: CertificateVerification,
    pub(super) timeouts: Timeouts,
    pub(super) cancel: CancelToken,
    /// The place of the repository in the network.
    pub(super) place: Option<Place>,
    pub(super) idle: Mutex<Vec<(Server, Client)>>,
}

/// The servers that a client is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Server {
    /// The repository's own, to which all settings of the side apply.
    Own,
    /// Another one: its certificate is verified, it is shown none, and it is where it may be reached.
    Other(Reach),
}

impl Server {
    /// Returns the one that a route leads to.
    pub(super) fn of(route: &Route) -> Self {
        match route.credentials {
            Credentials::OfSide => Self::Own,
            Credentials::None => Self::Other(route.reach),
        }
    }
}

/// The body of an answer, with the client whose connection it comes by.
pub(super) struct LentBody<'a> {
    clients: &'a Clients,
    server: Server,
    /// There until it is given back.
    lent: Option<(BodyReader, Client)>,
}

impl Clients {
    /// Uses a client for a request whose answer is read at once.
    pub(super) fn with<T>(&self, server: Server, work: impl FnOnce(&Client) -> T) -> T {
        let client = self.take(server);
        let done = work(&client);
        self.give_back(server, client);
        done
    }

    /// Makes a request whose answer is still to be read when others make theirs.
    pub(super) fn lend<T>(
        &self,
        server: Server,
        ask: impl FnOnce(&Client) -> Result<(T, BodyReader), Failure>,
    ) -> Result<(T, LentBody<'_>), Failure> {
        let client = self.take(server);
        let asked = ask(&client);
        let (head, body) = match asked {
            Ok(answer) => answer,
            Err(failure) => {
                self.give_back(server, client);
                return Err(failure);
            }
        };
        Ok((head, LentBody { clients: self, server, lent: Some((body, client)) }))
    }

    fn take(&self, server: Server) -> Client {
        let mut idle = self.idle();
        let known = idle.iter().position(|(of, _)| *of == server).map(|at| idle.swap_remove(at).1);
        drop(idle);
        known.unwrap_or_else(|| self.new_client(server))
    }

    fn give_back(&self, server: Server, client: Client) {
        self.idle().push((server, client));
    }

    fn new_client(&self, server: Server) -> Client {
        let Self { network, verification, timeouts, cancel, place, .. } = self;
        let Server::Other(reach) = server else {
            return Client::new(network, *verification, timeouts, cancel);
        };
        let network = Network { client_certificate: None, ..network.clone() };
        let client = Client::new(&network, CertificateVerification::On, timeouts, cancel);
        match reach {
            Reach::Any => client,
            Reach::LikeRepository => {
                let place = *place;
                let may = move |address| Place::of(address).may_be_reached(place);
                client.only_to(connect::Reach::Only(Arc::new(may)))
            }
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(Server, Client)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Read for LentBody<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.lent.as_mut().map_or(Ok(0), |(body, _)| body.read(buf))
    }
}

impl Drop for LentBody<'_> {
    fn drop(&mut self) {
        if let Some((body, client)) = self.lent.take() {
            // The connection is the client's again only when nobody reads from it.
            drop(body);
            self.clients.give_back(self.server, client);
        }
    }
}
