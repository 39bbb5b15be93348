//! The conversation with receive-pack.

use std::io::{self, BufReader, Read};
use std::num::NonZeroUsize;

use super::connection::{Answer, Transport};
use super::not_listed;
use super::sideband_text::SidebandText;
use super::upload_pack;
use crate::error::{Error, Failure, Phase, RemoteLabel};
use crate::hosts::Host;
use crate::hosts::HostInfo;
use crate::mirror::ports::{Destination, Observer, OutgoingPack};
use crate::mirror::push_started::PushStarted;
use crate::mirror::ref_rule::RefRule;
use crate::protocol::advertisement;
use crate::protocol::advertisement::{Advertisement, History};
use crate::protocol::fetch::{DeltaBase, ThinPack};
use crate::protocol::ls_refs::Peel;
use crate::protocol::object_id::ObjectFormat;
use crate::protocol::pkt_line::PktReader;
use crate::protocol::receive_pack::{PushCapabilities, RefUpdate, Reporting};
use crate::protocol::ref_list::RefList;
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
    label: RemoteLabel,
    server: Advertisement,
    host: &'static HostInfo,
    push_started: PushStarted,
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
    ) -> Result<Self, Error> {
        let server = list(&mut transport).map_err(|failure| label.error(Phase::List, failure))?;
        log::debug!("{}: receive-pack offers {}", label.side, server.capabilities);
        let host = transport.detected_host().unwrap_or(host).info();
        Ok(Self { transport, label, server, host, push_started: push_started.clone() })
    }

    fn push_and_read(
        &mut self,
        updates: &[RefUpdate],
        pack: Option<OutgoingPack<'_>>,
        terms: &PushCapabilities,
        hear: &mut dyn FnMut(&[u8]),
    ) -> Result<Option<ReportStatus>, Failure> {
        let commands = terms.command_list(updates)?;
        self.push_started.note();
        let mut answer = match pack {
            Some(pack) => self.transport.push(commands, pack)?,
            None => self.transport.request(Service::ReceivePack, &commands)?,
        };
        let report = read_report(&mut answer, updates, terms.reporting, hear)?;
        self.transport.finish(&mut answer);
        Ok(report)
    }
}

fn list(transport: &mut dyn Transport) -> Result<Advertisement, Failure> {
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
    fn label(&self) -> &RemoteLabel {
        &self.label
    }

    fn format(&self) -> ObjectFormat {
        self.server.format
    }

    fn refs(&self) -> &RefList {
        &self.server.refs
    }

    fn history(&self) -> History {
        self.server.history
    }

    fn thin_pack(&self) -> ThinPack {
        if self.server.capabilities.has("no-thin") { ThinPack::Forbidden } else { ThinPack::Allowed }
    }

    fn deltas(&self) -> DeltaBase {
        if self.server.capabilities.has("ofs-delta") { DeltaBase::Offset } else { DeltaBase::Ref }
    }

    fn max_updates(&self) -> NonZeroUsize {
        self.host.max_updates.unwrap_or(NonZeroUsize::MAX)
    }

    fn ref_rules(&self) -> &[RefRule] {
        self.host.ref_rules
    }

    fn list_again(&mut self) -> Result<(), Error> {
        let server = list(&mut self.transport).map_err(|failure| self.label.error(Phase::Verify, failure))?;
        let before = std::mem::replace(&mut self.server, server);
        self.server.refs.adopt_symrefs(before.refs);
        Ok(())
    }

    fn learn_symrefs(&mut self) -> Result<(), Error> {
        let (_, refs) = upload_pack::list(&mut self.transport, &["refs/".to_owned()], Peel::No)
            .map_err(|failure| self.label.error(Phase::List, failure))?;
        self.server.refs.adopt_symrefs(refs);
        Ok(())
    }

    fn push(
        &mut self,
        updates: &[RefUpdate],
        pack: Option<OutgoingPack<'_>>,
        observer: &dyn Observer,
    ) -> Result<Option<ReportStatus>, Error> {
        let terms = PushCapabilities::negotiate(&self.server);
        let side = self.label.side;
        log::debug!("{side}: updates to push: {}, with {}", updates.len(), terms.words());
        let mut words = SidebandText::about(updates);
        let mut hear = |text: &[u8]| {
            words.take(text);
            observer.remote(side, text);
        };
        let outcome = self.push_and_read(updates, pack, &terms, &mut hear);
        let remote = words.finish();
        match outcome {
            Ok(report) => Ok(report.map(|report| report.with_remote(&remote))),
            Err(failure) => Err(self.label.error(Phase::Push, failure.or_in_words(remote))),
        }
    }
}
