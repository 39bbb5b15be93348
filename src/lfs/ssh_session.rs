//! The sign-in at the LFS server of a repository behind SSH: what `git-lfs-authenticate` said, for as long as it holds.

use std::fmt;

use super::ssh_authenticate::Authenticated;
use crate::clock::Stopwatch;
use crate::error::Failure;
use crate::secret::SecretMasker;

/// The SSH server of a repository.
pub trait Authenticate: Send {
    /// Runs `git-lfs-authenticate` there, and reads what it prints; of a server that does not know the command, returns the
    /// [`guessed`](super::ssh_authenticate::guessed) endpoint.
    ///
    /// # Errors
    ///
    /// Those of SSH, and what the server says in place of an answer.
    fn authenticate(&mut self) -> Result<Authenticated, Failure>;
}

/// A sign-in, which is made anew when it has come to its end.
pub struct SshSession {
    server: Box<dyn Authenticate>,
    /// The last answer, and the time since before it was asked.
    said: Option<(Authenticated, Stopwatch)>,
}

impl SshSession {
    /// Begins with nothing asked.
    pub fn new(server: Box<dyn Authenticate>) -> Self {
        Self { server, said: None }
    }

    /// Returns the answer that holds now. What is secret in a new one is masked first.
    ///
    /// # Errors
    ///
    /// Those of [`Authenticate::authenticate`].
    pub(super) fn current(&mut self, masker: &dyn SecretMasker) -> Result<&Authenticated, Failure> {
        let known = self.said.take().filter(|(said, age)| said.lifetime.holds_after(age.elapsed()));
        let current = if let Some(known) = known {
            known
        } else {
            let age = Stopwatch::start();
            let said = self.server.authenticate()?;
            let masks = said.fields.masks().into_iter().chain(said.endpoint.url.masks());
            masks.for_each(|mask| masker.mask(&mask));
            log::debug!("LFS objects are asked for at {}", said.endpoint.url);
            (said, age)
        };
        Ok(&self.said.insert(current).0)
    }

    /// Forgets what was said, since the LFS server refused it.
    pub(super) fn discard(&mut self) {
        self.said = None;
    }
}

impl fmt::Debug for SshSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SshSession").finish_non_exhaustive()
    }
}
