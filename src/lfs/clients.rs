//! The HTTP clients of one side's LFS requests. A client carries one request at a time, so each thread takes one and gives
//! it back, with its open connections.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::place::Place;
use super::route::Reach;
use crate::cancel::CancelToken;
use crate::http::client::Client;
use crate::http::connect;
use crate::http::network::{CertificateVerification, Network};
use crate::http::timeouts::Timeouts;

/// The settings of a side's connections, and the clients that nobody uses just now.
#[derive(Debug)]
pub(super) struct Clients {
    pub(super) network: Network,
    pub(super) verification: CertificateVerification,
    pub(super) timeouts: Timeouts,
    pub(super) cancel: CancelToken,
    /// Where the repository is.
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

impl Clients {
    /// Uses a client for a request, and what follows of it.
    pub(super) fn with<T>(&self, server: Server, work: impl FnOnce(&Client) -> T) -> T {
        let client = self.take(server);
        let done = work(&client);
        self.idle().push((server, client));
        done
    }

    /// Takes a client whose answer is still to be read when others make requests.
    pub(super) fn take(&self, server: Server) -> Client {
        let mut idle = self.idle();
        match idle.iter().position(|(of, _)| *of == server) {
            Some(at) => idle.swap_remove(at).1,
            None => {
                drop(idle);
                self.new_client(server)
            }
        }
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
