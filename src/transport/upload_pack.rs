//! The conversation with upload-pack, in v2 or before.

use std::collections::HashSet;
use std::io::{ErrorKind, Read};
use std::sync::Arc;

use super::connection::{Answer, Transport};
use super::not_listed;
use crate::error::{Error, Failure, Phase, RemoteLabel};
use crate::mirror::events::{Event, Events};
use crate::mirror::ports::{Pack, Source, SourceInfo};
use crate::protocol::advertisement;
use crate::protocol::advertisement::{Advertisement, History, Version};
use crate::protocol::fetch;
use crate::protocol::fetch::{DeltaBase, FetchRequest, PackFraming, Reach, ThinPack};
use crate::protocol::ls_refs;
use crate::protocol::ls_refs::Peel;
use crate::protocol::object_id::ObjectId;
use crate::protocol::pkt_line::PktReader;
use crate::protocol::ref_list::RefList;
use crate::protocol::sideband::SideBand;
use crate::protocol::{ProtocolError, Service};

/// The largest pack of tips alone that is worth reading, in bytes.
const MAX_TIPS: usize = 4 << 20;

/// A source behind a transport.
#[derive(Debug)]
pub struct UploadPack<T> {
    transport: T,
    server: Advertisement,
    info: SourceInfo,
    events: Arc<dyn Events>,
}

impl<T: Transport> UploadPack<T> {
    /// Signs in and lists the refs; `prefixes` spares v2 servers what is not asked for. Without `peeled` it cannot
    /// tell which tags are of commits.
    ///
    /// # Errors
    /// Those of the transport and of the protocol; a shallow repository, as far as it is known here.
    pub fn open(
        mut transport: T,
        label: RemoteLabel,
        prefixes: &[String],
        peeled: Peel,
        events: &Arc<dyn Events>,
    ) -> Result<Self, Error> {
        let listed = list(&mut transport, prefixes, peeled);
        let label =
            RemoteLabel { redirected: transport.redirected().map(|url| url.to_string().into()), ..label };
        let (server, refs) = listed.map_err(|failure| label.error(Phase::List, failure))?;
        if server.history == History::Shallow {
            return Err(label.error(Phase::List, ProtocolError::Shallow));
        }
        // In v2 a `HEAD` without a target is detached.
        let refs = if server.version == Version::V0 { refs.with_likely_head() } else { refs };
        let info = SourceInfo { label, format: server.format, refs };
        Ok(Self { transport, server, info, events: Arc::clone(events) })
    }

    /// Asks which of these objects are commits, or tags of commits, and returns the commits.
    fn ask_for_commits(&mut self, wants: Vec<ObjectId>) -> Result<HashSet<ObjectId>, Failure> {
        log::debug!("{}: objects to be asked for their commits: {}", self.info.label.side, wants.len());
        let (thin_pack, deltas, reach) = (ThinPack::Forbidden, DeltaBase::Offset, Reach::Tips);
        let request = FetchRequest { wants, haves: Vec::new(), thin_pack, deltas, reach };
        let body = fetch::request(&request, &self.server)?;
        let mut reader = PktReader::new(self.transport.request(Service::UploadPack, &body)?);
        let commits = fetch::read_until_pack(&mut reader, &request, &self.server)?;
        // A pack of the tips alone follows. It is read so that the connection can serve again.
        if PackFraming::of(&self.server) == PackFraming::SideBand {
            let mut band = SideBand::new(reader.into_inner());
            if band.read_to_end(MAX_TIPS, &mut |_| ()).is_ok() {
                self.transport.finish(band.get_mut());
            }
        }
        Ok(commits.into_iter().collect())
    }
}

/// Lists a repository's refs through upload-pack.
pub(super) fn list(
    transport: &mut dyn Transport,
    prefixes: &[String],
    peeled: Peel,
) -> Result<(Advertisement, RefList), Failure> {
    let mut reader = PktReader::new(transport.advertisement(Service::UploadPack)?);
    let mut server = advertisement::read(&mut reader).map_err(not_listed::failure)?;
    transport.finish(&mut reader.into_inner());
    let version = match server.version {
        Version::V0 => "v0",
        Version::V2 => "v2",
    };
    log::debug!("upload-pack in {version} offers {}", server.capabilities);
    let refs = match server.version {
        Version::V0 => std::mem::take(&mut server.refs),
        Version::V2 => {
            let request = ls_refs::request(&server, prefixes, peeled)?;
            let mut reader = PktReader::new(transport.request(Service::UploadPack, &request)?);
            let refs = ls_refs::read(&mut reader, server.format).map_err(not_listed::failure)?;
            transport.finish(&mut reader.into_inner());
            refs
        }
    };
    Ok((server, refs))
}

impl<T: Transport> Source for UploadPack<T> {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn commits(&mut self, ids: &[ObjectId]) -> Option<HashSet<ObjectId>> {
        let branches = self.info.refs.refs().iter().filter(|listed| listed.name.is_branch());
        let mut commits: HashSet<_> = branches.map(|listed| listed.id).collect();
        let open = ids.iter().copied().filter(|id| !commits.contains(&self.info.refs.peeled(*id)));
        let open: Vec<_> = open.collect();
        if !open.is_empty() {
            if !Reach::Tips.is_offered(&self.server) {
                return None;
            }
            // What goes wrong here comes back when the pack is asked for, where it counts.
            let asked = self.ask_for_commits(open);
            commits.extend(asked.inspect_err(|failure| log::debug!("no answer: {failure}")).ok()?);
        }
        Some(ids.iter().copied().filter(|id| commits.contains(&self.info.refs.peeled(*id))).collect())
    }

    fn fetch<'a>(&'a mut self, request: &FetchRequest) -> Result<Box<dyn Pack + 'a>, Error> {
        let label = &self.info.label;
        let failed = |failure: Failure| label.error(Phase::Fetch, failure);
        let FetchRequest { wants, haves, thin_pack, deltas, .. } = request;
        let thin_pack = if *thin_pack == ThinPack::Allowed { "thin" } else { "not thin" };
        let deltas = if *deltas == DeltaBase::Offset { "by offset" } else { "by id" };
        let (side, wants, haves) = (label.side, wants.len(), haves.len());
        log::debug!(
            "{side}: asking for a pack, {thin_pack}, deltas {deltas}; wants: {wants}, haves: {haves}"
        );
        let body = fetch::request(request, &self.server).map_err(|error| failed(error.into()))?;
        let answer = self.transport.request(Service::UploadPack, &body).map_err(failed)?;
        let mut reader = PktReader::new(answer);
        fetch::read_until_pack(&mut reader, request, &self.server).map_err(|error| failed(error.into()))?;
        let answer = reader.into_inner();
        match PackFraming::of(&self.server) {
            PackFraming::SideBand => Ok(Box::new(BandedPack {
                band: SideBand::new(answer),
                end: End::NotSeen,
                transport: &self.transport,
                label,
                events: &*self.events,
            })),
            PackFraming::Bare => Ok(Box::new(BarePack { answer, label })),
        }
    }
}

/// A pack in the side-band.
struct BandedPack<'a> {
    band: SideBand<Answer>,
    end: End,
    transport: &'a dyn Transport,
    label: &'a RemoteLabel,
    events: &'a dyn Events,
}

/// Whether the source has certified a pack's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    NotSeen,
    Seen,
}

impl Pack for BandedPack<'_> {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, Error> {
        let (events, side) = (self.events, self.label.side);
        let read = self
            .band
            .read(buf, &mut |text| events.on(Event::ServerText { side, text }))
            .map_err(|error| self.label.error(Phase::Fetch, error))?;
        if read == 0 && !buf.is_empty() {
            self.end = End::Seen;
        }
        Ok(read)
    }
}

/// Behind Git's last packet HTTP has an end of its own. It is waited for only when the pack's last bytes have gone on,
/// which a source that does not send it must not delay.
impl Drop for BandedPack<'_> {
    fn drop(&mut self) {
        if self.end == End::Seen {
            self.transport.finish(self.band.get_mut());
        }
    }
}

/// A pack that the rest of an answer is. Its reader knows by the trailer that nothing is missing; where the transport
/// announced a length or marks the end, coming short of it is an error here.
struct BarePack<'a> {
    answer: Answer,
    label: &'a RemoteLabel,
}

impl Pack for BarePack<'_> {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, Error> {
        loop {
            match self.answer.read(buf) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                outcome => return outcome.map_err(|error| self.label.error(Phase::Fetch, error)),
            }
        }
    }
}
