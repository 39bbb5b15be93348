//! Git over SSH: the machine's own `ssh`, run as Git runs it, so that keys, agents, known hosts and
//! configuration apply as they do for Git.
//!
//! ```text
//!  SshTransport ─► SshSession ─► StdinWriter  ─► thread ─► stdin  ┐
//!                          └──► StdoutReader ◄─ thread ◄─ stdout ├ Process: ssh host "git-upload-pack '<path>'"
//!                        Events, SessionEnd  ◄─ thread ◄─ stderr ┘
//! ```
//!
//! A session has a memory, unlike HTTP: the advertisement comes by itself, once, and requests follow in turn. What is no
//! service, but prints its answer and ends, is run by `run`.

mod command;
mod exit_status;
mod input;
mod last_words;
mod opening;
mod output;
mod process;
pub(crate) mod run;
pub(crate) mod sayings;
mod session;
mod stall;

use std::process::Command;
use std::time::Duration;

use super::connection::{Answer, Transport};
use super::context::Context;
use super::not_listed;
use crate::error::{ErrorKind, Failure, Side};
use crate::mirror::ports::OutgoingPack;
use crate::protocol::pkt_line::PktReader;
use crate::protocol::{Service, advertisement};
use crate::remote::ssh_url::SshUrl;
use command::FarCommand;
use input::{CHUNK, Reading};
use session::SshSession;

/// One repository behind an SSH server.
pub(crate) struct SshTransport {
    url: SshUrl,
    context: Context,
    side: Side,
    upload_pack: Option<SshSession>,
    receive_pack: Option<SshSession>,
}

impl SshTransport {
    /// Prepares to talk to the repository at `url`; nothing is run yet. What `ssh` and the far side say
    /// beside Git's messages becomes an event about `side`.
    pub(crate) fn new(url: &SshUrl, context: &Context, side: Side) -> Self {
        Self { url: url.clone(), context: context.clone(), side, upload_pack: None, receive_pack: None }
    }

    /// Returns how long a service may be silent once it has its request.
    fn timeouts(&self, service: Service) -> Duration {
        let timeouts = self.context.timeouts();
        match service {
            Service::UploadPack => timeouts.stall,
            Service::ReceivePack => timeouts.report,
        }
    }

    fn slot(&mut self, service: Service) -> &mut Option<SshSession> {
        match service {
            Service::UploadPack => &mut self.upload_pack,
            Service::ReceivePack => &mut self.receive_pack,
        }
    }

    fn start(&mut self, service: Service) -> Result<&mut SshSession, Failure> {
        // The one before ends first: servers count the sessions of a user.
        *self.slot(service) = None;
        let far = FarCommand::of_service(service, &self.url);
        let command = command(&self.url, &far, &self.context);
        let session = SshSession::start(command, far.program, self.side, &self.context)?;
        Ok(self.slot(service).insert(session))
    }

    /// Returns a session that takes a request now. One that has served, or has ended meanwhile, is replaced.
    fn ready(&mut self, service: Service) -> Result<&mut SshSession, Failure> {
        if !self.slot(service).as_mut().is_some_and(SshSession::take_turn) {
            let stall = self.context.timeouts().stall;
            let session = self.start(service)?;
            let mut reader = PktReader::new(session.answer(stall));
            advertisement::read(&mut reader).map_err(not_listed::failure)?;
            session.take_last_turn();
        }
        self.slot(service)
            .as_mut()
            .ok_or_else(|| Failure::new(ErrorKind::Interrupted, "there is no SSH session"))
    }
}

/// Makes the command that runs a program on the far side.
fn command(url: &SshUrl, far: &FarCommand, context: &Context) -> Command {
    let Context { ssh, environment, .. } = context;
    log::debug!("running {} for '{}' of {url}", command::shown(ssh), far.program);
    command::command(ssh, environment, url, far, context.timeouts().connect)
}

impl Transport for SshTransport {
    fn advertisement(&mut self, service: Service) -> Result<Answer, Failure> {
        let stall = self.context.timeouts().stall;
        Ok(self.start(service)?.answer(stall))
    }

    fn request(&mut self, service: Service, body: &[u8]) -> Result<Answer, Failure> {
        let timeouts = self.timeouts(service);
        let session = self.ready(service)?;
        // Where the service has stopped reading, its answer says why.
        session.write(body)?;
        Ok(session.answer(timeouts))
    }

    fn push(&mut self, commands: Vec<u8>, pack: OutgoingPack<'_>) -> Result<Answer, Failure> {
        let pack = pack.bytes;
        let mut buffer = vec![0; CHUNK];
        // The first bytes can take minutes: the session is looked for when they are there.
        let mut count = pack.read(&mut buffer)?;
        let timeouts = self.timeouts(Service::ReceivePack);
        let session = self.ready(Service::ReceivePack)?;
        let mut reading = session.write(&commands)?;
        while count > 0 && reading == Reading::On {
            reading = session.write(buffer.split_at(count).0)?;
            count = match pack.read(&mut buffer) {
                Ok(count) => count,
                Err(error) => {
                    // Ended before its end, the pack is none.
                    self.receive_pack = None;
                    return Err(error.into());
                }
            };
        }
        session.close_input();
        Ok(session.answer(timeouts))
    }

    fn hang_up(&mut self, service: Service) {
        if let Some(session) = self.slot(service).take() {
            session.hang_up();
        }
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
