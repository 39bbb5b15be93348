//! The conversation with receive-pack.

use std::io::{self, BufReader, Read};
use std::num::NonZeroUsize;
use std::sync::Arc;

use super::connection::{Answer, Transport};
use super::not_listed;
use super::sideband_text::SidebandText;
use super::upload_pack;
use crate::error::{Error, Failure, Phase, RemoteLabel};
use crate::hosts::Host;
use crate::hosts::HostInfo;
use crate::hosts::account::Account;
use crate::mirror::events::{Event, Events};
use crate::mirror::ports::{Destination, DestinationInfo, OutgoingPack, Refresh, Unreferenced};
use crate::mirror::push_started::PushStarted;
use crate::protocol::advertisement;
use crate::protocol::advertisement::Advertisement;
use crate::protocol::fetch::{DeltaBase, ThinPack};
use crate::protocol::ls_refs::Peel;
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

/// A destination behind a transport.
#[derive(Debug)]
pub struct ReceivePack<T> {
    transport: T,
    host: &'static HostInfo,
    capabilities: PushCapabilities,
    info: DestinationInfo,
    push_started: PushStarted,
    events: Arc<dyn Events>,
}

impl<T: Transport> ReceivePack<T> {
    /// Signs in with the right to write and lists the refs. `host` is its kind as far as it is known before.
    ///
    /// # Errors
    /// Those of the transport and of the protocol.
    pub fn open(
        mut transport: T,
        label: RemoteLabel,
        host: Host,
        push_started: &PushStarted,
        events: &Arc<dyn Events>,
    ) -> Result<Self, Error> {
        let server =
            read_advertisement(&mut transport).map_err(|failure| label.error(Phase::List, failure))?;
        log::debug!("{}: receive-pack offers {}", label.side, server.capabilities);
        let host = transport.detected_host().unwrap_or(host).info();
        let (capabilities, info) = capabilities_and_info(server, label, host);
        let (push_started, events) = (push_started.clone(), Arc::clone(events));
        Ok(Self { transport, host, capabilities, info, push_started, events })
    }

    /// Asks for the account that signed in.
    pub(crate) fn account(&mut self) -> Option<Account> {
        self.transport.account()
    }

    fn refresh_refs(&mut self) -> Result<(), Failure> {
        let server = read_advertisement(&mut self.transport)?;
        let (capabilities, mut info) = capabilities_and_info(server, self.info.label.clone(), self.host);
        info.refs.adopt_symrefs(std::mem::take(&mut self.info.refs));
        (self.capabilities, self.info) = (capabilities, info);
        Ok(())
    }

    fn refresh_symrefs(&mut self) -> Result<(), Failure> {
        let (_, refs) = upload_pack::list(&mut self.transport, &["refs/".to_owned()], Peel::No)?;
        self.info.refs.adopt_symrefs(refs);
        Ok(())
    }

    fn push_and_read(
        &mut self,
        updates: &[RefUpdate],
        pack: Option<OutgoingPack<'_>>,
        words: &mut SidebandText<'_>,
    ) -> Result<Option<ReportStatus>, Failure> {
        let commands = self.capabilities.command_list(updates)?;
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
    let info = DestinationInfo {
        label,
        format: server.format,
        history: server.history,
        thin_pack: if has("no-thin") { ThinPack::Forbidden } else { ThinPack::Allowed },
        delta_base: if has("ofs-delta") { DeltaBase::Offset } else { DeltaBase::Ref },
        max_updates: host.max_updates.unwrap_or(NonZeroUsize::MAX),
        ref_rules: host.ref_rules,
        unreferenced: Unreferenced::Unknown,
        max_push: None,
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
            Refresh::Symrefs | Refresh::Head => self.refresh_symrefs(),
        }
        .map_err(|failure| self.info.label.error(what.phase(), failure))
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
