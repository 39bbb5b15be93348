//! The HTTP clients of one side's LFS requests.

use std::io::{self, Read};
use std::sync::Arc;

use super::place::Place;
use super::route::{Credentials, Reach, Route};
use crate::cancel::CancelToken;
use crate::error::Failure;
use crate::http::client::Client;
use crate::http::connect;
use crate::http::idle_clients::{IdleClients, LentClient};
use crate::http::network::{CertificateVerification, Network};
use crate::http::response::BodyReader;
use crate::http::timeouts::Timeouts;

/// The settings of a side's connections, and the clients that nobody uses just now.
#[derive(Debug)]
pub(super) struct Clients {
    pub(super) network: Network,
    pub(super) verification: CertificateVerification,
    pub(super) timeouts: Timeouts,
    pub(super) cancel: CancelToken,
    /// The place of the repository in the network.
    pub(super) place: Option<Place>,
    pub(super) idle: IdleClients<Server>,
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
pub(super) struct LentBody {
    // Before the client: its connection is its own again only when nobody reads from it.
    body: BodyReader,
    _client: LentClient<Server>,
}

impl Clients {
    /// Uses a client for a request whose answer is read at once.
    pub(super) fn with<T>(&self, server: Server, work: impl FnOnce(&Client) -> T) -> T {
        work(&self.client(server))
    }

    /// Makes a request whose answer is still to be read when others make theirs.
    pub(super) fn lend<T>(
        &self,
        server: Server,
        ask: impl FnOnce(&Client) -> Result<(T, BodyReader), Failure>,
    ) -> Result<(T, LentBody), Failure> {
        let client = self.client(server);
        let (head, body) = ask(&client)?;
        Ok((head, LentBody { body, _client: client }))
    }

    fn client(&self, server: Server) -> LentClient<Server> {
        self.idle.lend(server, |server| self.new_client(*server))
    }

    fn new_client(&self, server: Server) -> Client {
        let Self { network, verification, timeouts, cancel, place, .. } = self;
        let Server::Other(reach) = server else {
            return Client::new(network, *verification, timeouts, cancel);
        };
        let network = network.without_client_certificate();
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
}

impl Read for LentBody {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.body.read(buf)
    }
}
