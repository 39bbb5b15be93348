//! The things that the mirrors of a step share while they run.

use std::sync::Arc;

use super::mirror_states::MirrorStates;
use crate::agent::log::Log;
use crate::cancel::CancelToken;
use crate::config::step::Step;
use crate::http::idle_clients::IdleClients;
use crate::http::pauses::Pauses;
use crate::mirror::events::Events;
use crate::report::finish::OneEnd;
use crate::report::outcome::StepOutcome;
use crate::temp_dirs::TempDirs;
use crate::transport::Context;
use crate::transport::context::ClientKey;
use crate::transport::known_servers::KnownServers;

/// The things that the mirrors of a step share. Clones are of the same step.
#[derive(Clone, Debug)]
pub struct Services {
    /// The token that ends the step early.
    pub cancel: CancelToken,
    /// The folders to remove, should the process be ended.
    pub temp_dirs: TempDirs,
    /// The times until which servers asked to be left alone.
    pub pauses: Pauses,
    /// The capabilities that servers have told.
    pub known_servers: KnownServers,
    /// The connections that mirrors have left open for others.
    pub idle_clients: IdleClients<ClientKey>,
    /// The states of the mirrors.
    pub states: MirrorStates,
    /// The end of the step, which is written once.
    pub end: OneEnd,
}

impl Services {
    /// Starts the time of a step.
    pub fn start() -> Self {
        Self {
            cancel: CancelToken::default(),
            temp_dirs: TempDirs::default(),
            pauses: Pauses::default(),
            known_servers: KnownServers::default(),
            idle_clients: IdleClients::default(),
            states: MirrorStates::start(),
            end: OneEnd::default(),
        }
    }

    /// Returns how the step ends if it ends now.
    pub fn outcome(&self) -> StepOutcome {
        self.states.outcome(self.cancel.reason())
    }

    /// Returns what the transports of a mirror share; they tell their events there.
    pub(crate) fn context(&self, step: &Step, log: &Log, events: Arc<dyn Events>) -> Context {
        Context {
            ssh: step.ssh.clone(),
            environment: step.child_environment.clone(),
            masker: Arc::new(log.clone()),
            timeouts: step.limits.timeouts,
            cancel: self.cancel.clone(),
            pauses: self.pauses.clone(),
            known_servers: self.known_servers.clone(),
            idle_clients: self.idle_clients.clone(),
            events,
        }
    }
}
