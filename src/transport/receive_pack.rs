//! The conversation with receive-pack.

use std::io::{self, BufReader, Read};
use std::num::NonZeroUsize;
use std::sync::Arc;

use super::connection::{Answer, Transport};
use super::known_servers::KnownServer;
use super::not_listed;
use super::pack_request;
use super::pack_request::Asker;
use super::reading::Reading;
use super::sideband_text::SidebandText;
use crate::error::{Error, ErrorKind, Failure, Phase, RemoteLabel};
use crate::hosts::Host;
use crate::hosts::HostInfo;
use crate::hosts::account::Account;
use crate::mirror::events::{Event, Events};
use crate::mirror::ports::{Destination, DestinationInfo, Fetched, OutgoingPack, Refresh, Unreferenced};
use crate::mirror::push_started::PushStarted;
use crate::protocol::advertisement;
use crate::protocol::advertisement::Advertisement;
use crate::protocol::fetch::{DeltaBase, FetchRequest, ThinPack};
use crate::protocol::pkt_line::PktReader;
use crate::protocol::receive_pack::{PushCapabilities, RefUpdate, Reporting};
use crate::protocol::report_status;
use crate::protocol::report_status::ReportStatus;
use crate::protocol::sideband::SideBand;
use crate::protocol::{ProtocolError, Service};

/// The longest report that is read, in bytes, and how much longer it may be for each update. What is kept of it has
/// bounds of its own.
const MAX_REPORT: usize = 1 << 20;
const MAX_REPORT_OF_UPDATE: usize = 4096;

/// The server of a destination, as far as it is known before it is asked.
#[derive(Debug)]
pub struct DestinationServer<'a> {
    /// The kind of its host.
    pub host: Host,
    /// Its name.
    pub name: &'a str,
    /// The capabilities that it has told for other repositories.
    pub known: Option<KnownServer>,
}

/// A destination behind a transport.
#[derive(Debug)]
pub struct ReceivePack<T> {
    transport: T,
    host: &'static HostInfo,
    capabilities: PushCapabilities,
    info: DestinationInfo,
    reading: Reading,
    push_started: PushStarted,
    events: Arc<dyn Events>,
}

impl<T: Transport> ReceivePack<T> {
    /// Signs in with the right to write and lists the refs.
    ///
    /// # Errors
    /// Those of the transport and of the protocol.
    pub fn open(
        mut transport: T,
        label: RemoteLabel,
        server: DestinationServer<'_>,
        push_started: &PushStarted,
        events: &Arc<dyn Events>,
    ) -> Result<Self, Error> {
        let told = read_advertisement(&mut transport).map_err(|failure| label.error(Phase::List, failure))?;
        log::debug!("{}: receive-pack offers {}", label.side, told.capabilities);
        let host = transport.detected_host().unwrap_or(server.host).info();
        let (capabilities, info) = capabilities_and_info(told, label, host);
        let info = DestinationInfo { max_push: (host.max_push)(server.name), ..info };
        let (push_started, events) = (push_started.clone(), Arc::clone(events));
        let reading = Reading::new(server.known);
        Ok(Self { transport, host, capabilities, info, reading, push_started, events })
    }

    /// Asks for the account that signed in.
    pub(crate) fn account(&mut self) -> Option<Account> {
        self.transport.account()
    }

    fn refresh_refs(&mut self) -> Result<(), Failure> {
        let server = read_advertisement(&mut self.transport)?;
        let (capabilities, mut info) = capabilities_and_info(server, self.info.label.clone(), self.host);
        info.refs.adopt_symrefs(std::mem::take(&mut self.info.refs));
        info.max_push = self.info.max_push;
        (self.capabilities, self.info) = (capabilities, info);
        Ok(())
    }

    fn refresh_symrefs(&mut self) -> Result<(), Failure> {
        let refs = self.reading.list(&mut self.transport, &["refs/".to_owned()])?;
        self.info.refs.adopt_symrefs(refs);
        Ok(())
    }

    fn refresh_head(&mut self) -> Result<(), Failure> {
        let refs = self.reading.list_head(&mut self.transport)?;
        self.info.refs.adopt_head(refs);
        Ok(())
    }

    fn push_and_read(
        &mut self,
        updates: &[RefUpdate],
        pack: Option<OutgoingPack<'_>>,
        words: &mut SidebandText<'_>,
    ) -> Result<Option<ReportStatus>, Failure> {
        let commands = self.capabilities.command_list(updates)?;
        // A session of upload-pack knows the refs of when it began, and takes one of those that a server counts.
        self.transport.hang_up(Service::UploadPack);
        self.push_started.note();
        let mut answer = match pack {
            Some(pack) => self.transport.push(commands, pack)?,
            None => self.transport.request(Service::ReceivePack, &commands)?,
        };
        let (events, side) = (&self.events, self.info.label.side);
        let report = read_report(&mut answer, updates, self.capabilities.reporting, &mut |text| {
            words.take(text);
            events.on(Event::ServerText { side, text });
        })?;
        self.transport.finish(&mut answer);
        Ok(report)
    }
}

/// Returns what an advertisement tells of the repository, and how to push to it.
fn capabilities_and_info(
    server: Advertisement,
    label: RemoteLabel,
    host: &HostInfo,
) -> (PushCapabilities, DestinationInfo) {
    let capabilities = PushCapabilities::negotiate(&server);
    let has = |word| server.capabilities.has(word);
    // Git moves the whole pack to its objects, and looks for all that a new tip needs.
    let unreferenced = if server.is_of_git() { Unreferenced::KeptAndChecked } else { host.unreferenced };
    let info = DestinationInfo {
        label,
        format: server.format,
        history: server.history,
        thin_pack: if has("no-thin") { ThinPack::Forbidden } else { ThinPack::Allowed },
        delta_base: if has("ofs-delta") { DeltaBase::Offset } else { DeltaBase::Ref },
        max_updates: host.max_updates.unwrap_or(NonZeroUsize::MAX),
        ref_rules: host.ref_rules,
        unreferenced,
        max_push: None,
        default_branch: host.default_branch,
        refs: server.refs,
    };
    (capabilities, info)
}

/// Asks for the advertisement of receive-pack, which lists the refs.
fn read_advertisement(transport: &mut dyn Transport) -> Result<Advertisement, Failure> {
    let mut reader = PktReader::new(transport.advertisement(Service::ReceivePack)?);
    let server = advertisement::read(&mut reader).map_err(not_listed::failure)?;
    transport.finish(&mut reader.into_inner());
    Ok(server)
}

fn read_report(
    answer: &mut Answer,
    updates: &[RefUpdate],
    reporting: Reporting,
    hear: &mut dyn FnMut(&[u8]),
) -> Result<Option<ReportStatus>, ProtocolError> {
    let limit = MAX_REPORT + updates.len() * MAX_REPORT_OF_UPDATE;
    match reporting {
        Reporting::None => Ok(None),
        Reporting::Plain => {
            report_status::read(&mut PktReader::new(answer.take(limit as u64)), updates).map(Some)
        }
        Reporting::SideBand => {
            let mut band = SideBand::new(answer);
            let mut data = PktReader::new(BufReader::new(band.data(limit, hear)));
            let report = report_status::read(&mut data, updates)?;
            // The side-band's own end certifies the report.
            io::copy(&mut data.into_inner(), &mut io::sink())
                .map_err(|error| error.downcast().unwrap_or_else(ProtocolError::Io))?;
            Ok(Some(report))
        }
    }
}

impl<T: Transport> Destination for ReceivePack<T> {
    fn info(&self) -> &DestinationInfo {
        &self.info
    }

    fn refresh(&mut self, what: Refresh) -> Result<(), Error> {
        match what {
            Refresh::Refs => self.refresh_refs(),
            Refresh::Symrefs => self.refresh_symrefs(),
            Refresh::Head => self.refresh_head(),
        }
        .map_err(|failure| self.info.label.error(what.phase(), failure))
    }

    fn fetch<'a>(&'a mut self, request: &FetchRequest) -> Result<Fetched<'a>, Error> {
        let (label, phase) = (&self.info.label, Phase::Verify);
        let server = self.reading.server(&mut self.transport);
        let server = server.map_err(|failure| label.error(phase, failure))?;
        if !request.is_offered(server) {
            let message = format!("the server does not offer what is needed for {request}");
            return Err(label.error(phase, Failure::new(ErrorKind::Unsupported, message)));
        }
        let asker = Asker { server, label, phase, events: &*self.events };
        pack_request::fetch(&mut self.transport, asker, request)
    }

    fn push(
        &mut self,
        updates: &[RefUpdate],
        pack: Option<OutgoingPack<'_>>,
    ) -> Result<Option<ReportStatus>, Error> {
        let side = self.info.label.side;
        log::debug!("{side}: updates to push: {}, with {}", updates.len(), self.capabilities.words());
        let mut words = SidebandText::about(updates);
        let outcome = self.push_and_read(updates, pack, &mut words);
        let remote = words.finish();
        match outcome {
            Ok(report) => Ok(report.map(|report| report.with_remote(&remote))),
            Err(failure) => Err(self.info.label.error(Phase::Push, failure.or_in_words(remote))),
        }
    }
}
