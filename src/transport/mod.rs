//! Bytes to and from a Git server.
//!
//! A [`Transport`] carries requests and answers; [`UploadPack`] and [`ReceivePack`] hold Git's conversation
//! over any of them and are the [`Source`] and the [`Destination`] of a mirror.

pub mod http;
pub mod local;
mod not_listed;
mod patience;
mod receive_pack;
mod server_words;
mod ssh;
mod upload_pack;

use std::fmt;
use std::io::Read;
use std::sync::Arc;

pub use patience::Patience;
pub use receive_pack::ReceivePack;
pub use upload_pack::UploadPack;

use crate::error::{Error, Failure, Peer, Side};
use crate::mirror::{Destination, OutgoingPack, Source};
use crate::protocol::Service;
use crate::protocol::ls_refs::Peeled;
use crate::remote::{ChildEnvironment, Endpoint, Host, RemoteUrl, RepositoryAddress, SshProgram, WebUrl};
use crate::stop::Stop;
use http::{Elsewhere, HttpTransport};
use local::{CloneFolder, LocalDestination, LocalSource};
use ssh::SshTransport;

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
    fn push(&mut self, commands: Vec<u8>, pack: OutgoingPack<'_>) -> Result<Answer, Failure>;

    /// Returns the kind of host that the answers so far told, where nothing else did.
    fn heard_host(&self) -> Option<Host> {
        None
    }

    /// Returns where the answers come from, if that is another server than the one that was named.
    fn redirected(&self) -> Option<WebUrl> {
        None
    }

    /// Lets the connection serve again once all of Git's own bytes of an answer have been read. What fails here
    /// costs a connection, and nothing else.
    fn finish(&self, _answer: &mut Answer) {}
}

/// Hears a text for people, cut anywhere; may be called from any thread.
pub type Listener = Arc<dyn Fn(Side, &[u8]) + Send + Sync>;

/// What every transport of a run shares.
#[derive(Clone)]
pub struct Context {
    /// What runs for SSH.
    pub ssh: SshProgram,
    /// What a program gets of the environment.
    pub environment: ChildEnvironment,
    /// Hears what a program says beside Git's messages.
    pub listener: Listener,
    /// How long servers may be silent.
    pub patience: Patience,
    /// What ends the run early.
    pub stop: Stop,
}

impl Context {
    /// Returns the time limits that hold now.
    fn patience(&self) -> Patience {
        if self.stop.reason().is_none() { self.patience } else { Patience::AFTER_STOP }
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("ssh", &self.ssh).finish_non_exhaustive()
    }
}

/// Signs in at a source and lists its refs; `prefixes` spares servers what is not asked for, and with `peeled` it can
/// tell which tags are of commits.
///
/// # Errors
/// Whatever keeps the list away, with [`Phase::List`](crate::error::Phase::List).
pub fn open_source(
    endpoint: &Endpoint,
    prefixes: &[String],
    peeled: Peeled,
    context: &Context,
) -> Result<Box<dyn Source>, Error> {
    let peer = peer(endpoint, Side::Source);
    match &endpoint.url {
        RemoteUrl::Web(url) => Ok(Box::new(UploadPack::open(
            HttpTransport::new(url, endpoint, Elsewhere::Followed, context),
            peer,
            prefixes,
            peeled,
        )?)),
        RemoteUrl::Ssh(url) => {
            let transport = SshTransport::new(url, context, Side::Source);
            Ok(Box::new(UploadPack::open(transport, peer, prefixes, peeled)?))
        }
        RemoteUrl::Local(path) => Ok(Box::new(LocalSource::open(path.as_path(), peer, &context.stop)?)),
    }
}

/// Signs in at a destination, with the right to write, and lists its refs.
///
/// # Errors
/// Whatever keeps the list away, with [`Phase::List`](crate::error::Phase::List).
pub fn open_destination(endpoint: &Endpoint, context: &Context) -> Result<Box<dyn Destination>, Error> {
    let peer = peer(endpoint, Side::Destination);
    let host = endpoint.host();
    match &endpoint.url {
        RemoteUrl::Web(url) => Ok(Box::new(ReceivePack::open(
            HttpTransport::new(url, endpoint, Elsewhere::Refused, context),
            peer,
            host,
            &context.stop,
        )?)),
        RemoteUrl::Ssh(url) => {
            let transport = SshTransport::new(url, context, Side::Destination);
            Ok(Box::new(ReceivePack::open(transport, peer, host, &context.stop)?))
        }
        RemoteUrl::Local(path) => Ok(Box::new(LocalDestination::open(path.as_path(), peer, &context.stop)?)),
    }
}

/// Opens the folder that keeps a clone of the source, or that shall keep one; changes nothing.
///
/// # Errors
/// A folder that is something else than a clone of the source, with [`Phase::List`](crate::error::Phase::List).
pub fn open_clone(
    folder: &CloneFolder,
    source: &Endpoint,
    context: &Context,
) -> Result<LocalDestination, Error> {
    LocalDestination::open_clone(folder.clone(), RepositoryAddress::of(source), &context.stop)
}

fn peer(endpoint: &Endpoint, side: Side) -> Peer {
    Peer::new(side, endpoint.url.to_string())
}
