//! A request to upload-pack for one pack, and the pack on its way.

use std::io::{ErrorKind, Read};

use super::connection::{Answer, Transport};
use crate::error::{Error, Failure, Phase, RemoteLabel};
use crate::mirror::events::{Event, Events};
use crate::mirror::ports::{Fetched, Pack};
use crate::protocol::Service;
use crate::protocol::advertisement::Advertisement;
use crate::protocol::fetch::response::FetchHead;
use crate::protocol::fetch::{FetchRequest, PackFraming, request, response};
use crate::protocol::pkt_line::PktReader;
use crate::protocol::sideband::SideBand;

/// The one who asks for a pack, as errors and the log speak of it.
#[derive(Clone, Copy)]
pub(super) struct Asker<'a> {
    /// The server's first words.
    pub(super) server: &'a Advertisement,
    /// The repository.
    pub(super) label: &'a RemoteLabel,
    /// The step of the run.
    pub(super) phase: Phase,
    /// Hears the server's progress.
    pub(super) events: &'a dyn Events,
}

/// Asks for one pack and reads what comes before it. Where the pack is not read to its end, the conversation is ended, so
/// that another request can follow.
///
/// # Errors
/// Those of the transport and of the protocol, with the phase of who asks.
pub(super) fn fetch<'a>(
    transport: &'a mut dyn Transport,
    asker: Asker<'a>,
    request: &FetchRequest,
) -> Result<Fetched<'a>, Error> {
    let Asker { server, label, phase, events } = asker;
    log::debug!("{}: asking for {request}", label.side);
    let (head, answer) = match ask(transport, server, request) {
        Ok(answered) => answered,
        Err(failure) => {
            // A service that has failed may not have ended yet.
            transport.hang_up(Service::UploadPack);
            return Err(label.error(phase, failure));
        }
    };
    let pack: Box<dyn Pack> = match PackFraming::of(server) {
        PackFraming::SideBand => Box::new(BandedPack {
            band: SideBand::new(answer),
            end: SourceEnd::NotSeen,
            transport,
            label,
            phase,
            events,
        }),
        PackFraming::Bare => Box::new(BarePack { answer, label, phase }),
    };
    Ok(Fetched { head, pack })
}

fn ask(
    transport: &mut dyn Transport,
    server: &Advertisement,
    request: &FetchRequest,
) -> Result<(FetchHead, Answer), Failure> {
    let body = request::write(request, server)?;
    let mut reader = PktReader::new(transport.request(Service::UploadPack, &body)?);
    let head = response::read_head(&mut reader, request, server)?;
    Ok((head, reader.into_inner()))
}

/// A pack in the side-band.
struct BandedPack<'a> {
    band: SideBand<Answer>,
    end: SourceEnd,
    transport: &'a mut dyn Transport,
    label: &'a RemoteLabel,
    phase: Phase,
    events: &'a dyn Events,
}

/// The certificate of a pack's end, which the source gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SourceEnd {
    NotSeen,
    Seen,
}

impl Pack for BandedPack<'_> {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, Error> {
        let (events, side) = (self.events, self.label.side);
        let read = self
            .band
            .read(buf, &mut |text| events.on(Event::ServerText { side, text }))
            .map_err(|error| self.label.error(self.phase, error))?;
        if read == 0 && !buf.is_empty() {
            self.end = SourceEnd::Seen;
        }
        Ok(read)
    }
}

/// Behind Git's last packet HTTP has an end of its own. It is waited for only when the pack's last bytes have gone on,
/// which a source that does not send it must not delay. A pack that nobody reads to its end leaves no room for an answer
/// behind it.
impl Drop for BandedPack<'_> {
    fn drop(&mut self) {
        match self.end {
            SourceEnd::Seen => self.transport.finish(self.band.get_mut()),
            SourceEnd::NotSeen => self.transport.hang_up(Service::UploadPack),
        }
    }
}

/// A pack that the rest of an answer is. Its reader knows by the trailer that nothing is missing; where the transport
/// announced a length or marks the end, coming short of it is an error here.
struct BarePack<'a> {
    answer: Answer,
    label: &'a RemoteLabel,
    phase: Phase,
}

impl Pack for BarePack<'_> {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, Error> {
        loop {
            match self.answer.read(buf) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                outcome => return outcome.map_err(|error| self.label.error(self.phase, error)),
            }
        }
    }
}
