//! Bytes to and from a Git server.
//!
//! A [`Transport`] carries requests and answers; [`UploadPack`] and [`ReceivePack`] hold Git's conversation
//! over any of them and are the [`Source`] and the [`Destination`] of a mirror.

pub mod endpoint;
pub mod ssh_program;

pub mod receive_pack;
pub mod sideband_text;
pub mod smart_http;
pub mod ssh;
pub mod upload_pack;

use std::fmt;
use std::io::Read;
use std::sync::Arc;

pub use crate::http::timeouts::Timeouts;
pub use receive_pack::ReceivePack;
pub use upload_pack::UploadPack;

use crate::cancel::CancelToken;
use crate::error::{Failure, Side};
use crate::hosts::Host;
use crate::mirror::ports::OutgoingPack;
use crate::protocol::Service;
use crate::remote::web_url::WebUrl;
use ssh_program::{ChildEnvironment, SshProgram};

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
    fn detected_host(&self) -> Option<Host> {
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
    pub timeouts: Timeouts,
    /// What ends the run early.
    pub cancel: CancelToken,
}

impl Context {
    /// Returns the time limits that hold now.
    pub(crate) fn timeouts(&self) -> Timeouts {
        self.timeouts.until(&self.cancel)
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("ssh", &self.ssh).finish_non_exhaustive()
    }
}
