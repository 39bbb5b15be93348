//! A way to a repository's services, over HTTP or SSH.

use std::io::Read;

use crate::error::Failure;
use crate::hosts::Host;
use crate::hosts::account::Account;
use crate::mirror::ports::OutgoingPack;
use crate::protocol::Service;
use crate::remote::web_url::WebUrl;

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

    /// Asks the host for the account that signed in, with at most one request. None where nobody did, the host has no
    /// interface for it, or no answer names one: nothing depends on it.
    fn account(&mut self) -> Option<Account> {
        None
    }

    /// Returns where the answers come from, if that is another server than the one that was named.
    fn redirected(&self) -> Option<WebUrl> {
        None
    }

    /// Lets the connection serve again once all of Git's own bytes of an answer have been read. What fails here
    /// costs a connection, and nothing else.
    fn finish(&self, _answer: &mut Answer) {}

    /// Ends a conversation whose rest nobody wants, if the service has one that outlives its answers. What the service says
    /// to that is told to nobody. The next request begins another conversation.
    fn hang_up(&mut self, _service: Service) {}
}
