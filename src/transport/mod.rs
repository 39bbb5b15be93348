//! Bytes to and from a Git server.
//!
//! A [`Transport`] carries requests and answers; [`UploadPack`] and [`ReceivePack`] hold Git's conversation
//! over any of them and are the [`Source`] and the [`Destination`] of a mirror.

pub mod http;
mod receive_pack;
mod server_words;
mod upload_pack;

use std::io::Read;

pub use receive_pack::ReceivePack;
pub use upload_pack::UploadPack;

use crate::error::{Error, Failure, Fault, Peer, Phase, Side};
use crate::mirror::{Destination, Source};
use crate::protocol::Service;
use crate::remote::{Endpoint, RemoteUrl};
use http::HttpTransport;

/// The bytes of an answer, buffered.
pub type Answer = Box<dyn Read + Send>;

/// A way to the services of one repository. Nothing here knows which side the repository is.
pub trait Transport: Send {
    /// Starts a service and returns its advertisement; upload-pack is asked for protocol v2.
    ///
    /// # Errors
    /// Whatever keeps the service's own answer away.
    fn advertisement(&mut self, service: Service) -> Result<Answer, Failure>;

    /// Sends one request to a service that was started, and returns its answer.
    ///
    /// # Errors
    /// Whatever keeps the service's own answer away.
    fn request(&mut self, service: Service, body: &[u8]) -> Result<Answer, Failure>;

    /// Sends a command list and a pack to receive-pack. The pack is read as fast as the server takes it; an
    /// error of its reader ends the request such that the server sees it cut.
    ///
    /// # Errors
    /// Whatever keeps the service's own answer away, an answer given before the whole pack was sent included.
    fn push(&mut self, commands: Vec<u8>, pack: &mut dyn Read) -> Result<Answer, Failure>;
}

/// Signs in at a source and lists its refs; `prefixes` spares servers what is not asked for.
///
/// # Errors
/// Whatever keeps the list away, with [`Phase::List`].
pub fn open_source(endpoint: &Endpoint, prefixes: &[String]) -> Result<Box<dyn Source>, Error> {
    let peer = peer(endpoint, Side::Source);
    match &endpoint.url {
        RemoteUrl::Web(url) => {
            Ok(Box::new(UploadPack::open(HttpTransport::new(url, endpoint), peer, prefixes)?))
        }
        RemoteUrl::Ssh(_) | RemoteUrl::Local(_) => Err(peer.error(Phase::List, unsupported())),
    }
}

/// Signs in at a destination, with the right to write, and lists its refs.
///
/// # Errors
/// Whatever keeps the list away, with [`Phase::List`].
pub fn open_destination(endpoint: &Endpoint) -> Result<Box<dyn Destination>, Error> {
    let peer = peer(endpoint, Side::Destination);
    match &endpoint.url {
        RemoteUrl::Web(url) => Ok(Box::new(ReceivePack::open(HttpTransport::new(url, endpoint), peer)?)),
        RemoteUrl::Ssh(_) | RemoteUrl::Local(_) => Err(peer.error(Phase::List, unsupported())),
    }
}

fn unsupported() -> Failure {
    Failure::new(Fault::Input, "only https:// and http:// are supported")
}

fn peer(endpoint: &Endpoint, side: Side) -> Peer {
    Peer { side, url: endpoint.url.to_string() }
}
