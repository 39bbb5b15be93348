//! What every transport of a run shares.

use std::fmt;
use std::sync::Arc;

use super::ssh_program::{ChildEnvironment, SshProgram};
use crate::cancel::CancelToken;
use crate::http::timeouts::Timeouts;
use crate::mirror::events::Events;

/// What every transport of a run shares.
#[derive(Clone)]
pub struct Context {
    /// What runs for SSH.
    pub ssh: SshProgram,
    /// What a program gets of the environment.
    pub environment: ChildEnvironment,
    /// Takes what servers and programs say for people.
    pub events: Arc<dyn Events>,
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
