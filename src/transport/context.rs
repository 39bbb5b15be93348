//! The things that every transport of a run shares.

use std::fmt;
use std::sync::Arc;

use super::known_servers::KnownServers;
use super::ssh_program::{ChildEnvironment, SshProgram};
use crate::auth::token_source::TokenContext;
use crate::cancel::CancelToken;
use crate::http::pauses::Pauses;
use crate::http::timeouts::Timeouts;
use crate::mirror::events::Events;
use crate::secret::SecretMasker;

/// The things that every transport of a run shares.
#[derive(Clone)]
pub struct Context {
    /// The program that runs for SSH.
    pub ssh: SshProgram,
    /// The environment of that program.
    pub environment: ChildEnvironment,
    /// Takes what servers and programs say for people.
    pub events: Arc<dyn Events>,
    /// The masker of each token that is got while the run goes on.
    pub masker: Arc<dyn SecretMasker>,
    /// The time that servers may be silent.
    pub timeouts: Timeouts,
    /// Ends the run early.
    pub cancel: CancelToken,
    /// The times until which servers asked to be left alone.
    pub pauses: Pauses,
    /// The capabilities that servers have told.
    pub known_servers: KnownServers,
}

impl Context {
    /// Returns what a source of tokens needs of it.
    pub(crate) fn for_tokens(&self) -> TokenContext {
        let Self { masker, timeouts, cancel, .. } = self;
        TokenContext::new(Arc::clone(masker), *timeouts, cancel.clone())
    }

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
