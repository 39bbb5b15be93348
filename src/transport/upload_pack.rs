//! The conversation with upload-pack, in v2 or before.

use std::num::NonZeroU32;
use std::sync::Arc;

use super::connection::Transport;
use super::not_listed;
use super::pack_request;
use super::pack_request::Asker;
use crate::error::{Error, Failure, Phase, RemoteLabel};
use crate::hosts::account::Account;
use crate::mirror::events::Events;
use crate::mirror::ports::{
    DepthSupport, Fetched, Filters, MOST_ASKED, PackOrder, Source, SourceInfo, TipsAlone,
};
use crate::protocol::advertisement;
use crate::protocol::advertisement::{Advertisement, History, Version};
use crate::protocol::fetch::Depth;
use crate::protocol::fetch::FetchRequest;
use crate::protocol::fetch::filter::Filter;
use crate::protocol::fetch::negotiation::{Acknowledgments, Negotiation, Rest};
use crate::protocol::ls_refs;
use crate::protocol::ls_refs::Peel;
use crate::protocol::object_id::ObjectId;
use crate::protocol::pkt_line::PktReader;
use crate::protocol::ref_list::RefList;
use crate::protocol::{ProtocolError, Service};

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
        Self::listed(transport, label, listed, events)
    }

    /// Signs in and lists the refs without asking for the capabilities, which the server has told for another repository.
    ///
    /// # Errors
    /// Those of [`open`](Self::open), and also where the repository differs from that one: then it can still be opened.
    pub fn open_known(
        mut transport: T,
        server: Advertisement,
        label: RemoteLabel,
        prefixes: &[String],
        peeled: Peel,
        events: &Arc<dyn Events>,
    ) -> Result<Self, Error> {
        let listed = list_refs(&mut transport, &server, prefixes, peeled).map(|refs| (server, refs));
        Self::listed(transport, label, listed, events)
    }

    /// Returns what the server has told of itself.
    pub(crate) fn server(&self) -> &Advertisement {
        &self.server
    }

    fn listed(
        transport: T,
        label: RemoteLabel,
        listed: Result<(Advertisement, RefList), Failure>,
        events: &Arc<dyn Events>,
    ) -> Result<Self, Error> {
        let label =
            RemoteLabel { redirected: transport.redirected().map(|url| url.to_string().into()), ..label };
        let (server, refs) = listed.map_err(|failure| label.error(Phase::List, failure))?;
        if server.history == History::Shallow {
            return Err(label.error(Phase::List, ProtocolError::Shallow));
        }
        // In v2 a `HEAD` without a target is detached.
        let refs = if server.version == Version::V0 { refs.with_likely_head() } else { refs };
        let info = SourceInfo {
            label,
            format: server.format,
            refs,
            tips_alone: tips_alone(&server),
            pack_order: PackOrder::Unknown,
            filters: filters(&server),
            depth: depth(&server),
        };
        Ok(Self { transport, server, info, events: Arc::clone(events) })
    }

    /// Asks for the account that signed in.
    pub(crate) fn account(&mut self) -> Option<Account> {
        self.transport.account()
    }
}

fn depth(server: &Advertisement) -> DepthSupport {
    let takes =
        |depth| FetchRequest { depth: Some(depth), ..FetchRequest::new(Vec::new()) }.is_offered(server);
    match (takes(Depth::Since(0)), takes(Depth::Commits(NonZeroU32::MIN))) {
        (true, _) => DepthSupport::CommitsAndTime,
        (false, true) => DepthSupport::Commits,
        (false, false) => DepthSupport::None,
    }
}

fn filters(server: &Advertisement) -> Filters {
    let filtered = FetchRequest { filter: Some(Filter::BlobNone), ..FetchRequest::new(Vec::new()) };
    if filtered.is_offered(server) { Filters::Offered } else { Filters::NotOffered }
}

/// Relies on git alone: other programs offer the same, and may name fewer commits.
fn tips_alone(server: &Advertisement) -> TipsAlone {
    if server.is_of_git() && FetchRequest::tips_alone(Vec::new()).is_offered(server) {
        TipsAlone::Given
    } else {
        TipsAlone::Unknown
    }
}

/// Asks upload-pack for its first words.
pub(super) fn first_words(transport: &mut dyn Transport) -> Result<Advertisement, Failure> {
    let mut reader = PktReader::new(transport.advertisement(Service::UploadPack)?);
    let server = advertisement::read(&mut reader).map_err(not_listed::failure)?;
    transport.finish(&mut reader.into_inner());
    let version = match server.version {
        Version::V0 => "v0",
        Version::V2 => "v2",
    };
    log::debug!("upload-pack in {version} offers {}", server.capabilities);
    Ok(server)
}

/// Lists a repository's refs through upload-pack.
pub(super) fn list(
    transport: &mut dyn Transport,
    prefixes: &[String],
    peeled: Peel,
) -> Result<(Advertisement, RefList), Failure> {
    let mut server = first_words(transport)?;
    let refs = match server.version {
        Version::V0 => std::mem::take(&mut server.refs),
        Version::V2 => list_refs(transport, &server, prefixes, peeled)?,
    };
    Ok((server, refs))
}

impl<T: Transport> UploadPack<T> {
    /// Asks one question, and leaves the service such that it takes another request.
    fn negotiate(&mut self, question: &Negotiation) -> Result<Vec<ObjectId>, Failure> {
        log::debug!("{}: asking about {} objects", self.info.label.side, question.haves.len());
        let body = question.write(&self.server)?;
        let mut reader = PktReader::new(self.transport.request(Service::UploadPack, &body)?);
        let Acknowledgments { known, rest } = question.read(&mut reader, &self.server)?;
        let mut answer = reader.into_inner();
        if rest == Rest::Nothing {
            self.transport.finish(&mut answer);
        }
        drop(answer);
        self.transport.hang_up(Service::UploadPack);
        Ok(known)
    }
}

/// Asks a server of protocol v2 for the refs.
pub(super) fn list_refs(
    transport: &mut dyn Transport,
    server: &Advertisement,
    prefixes: &[String],
    peeled: Peel,
) -> Result<RefList, Failure> {
    let request = ls_refs::request(server, prefixes, peeled)?;
    let mut reader = PktReader::new(transport.request(Service::UploadPack, &request)?);
    let refs = ls_refs::read(&mut reader, server.format).map_err(not_listed::failure)?;
    transport.finish(&mut reader.into_inner());
    Ok(refs)
}

impl<T: Transport> Source for UploadPack<T> {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn fetch<'a>(&'a mut self, request: &FetchRequest) -> Result<Fetched<'a>, Error> {
        let label = &self.info.label;
        let asker = Asker { server: &self.server, label, phase: Phase::Fetch, events: &*self.events };
        pack_request::fetch(&mut self.transport, asker, request)
    }

    fn knows(&mut self, ids: &[ObjectId]) -> Result<Vec<ObjectId>, Error> {
        let refs = &self.info.refs;
        let head = refs.head().and_then(|name| refs.get(name));
        let Some(want) = head.or_else(|| refs.refs().first().map(|listed| listed.id)) else {
            return Ok(Vec::new());
        };
        // An id of another format would end the service.
        let is_asked = |id: &ObjectId| id.format() == self.server.format;
        let haves: Vec<_> = ids.iter().copied().take(MOST_ASKED).filter(is_asked).collect();
        if haves.is_empty() {
            return Ok(Vec::new());
        }
        let known = self.negotiate(&Negotiation { want, haves });
        known.map_err(|failure| self.info.label.error(Phase::Plan, failure))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::capabilities::Capabilities;
    use crate::protocol::object_id::ObjectFormat;

    fn of(version: Version, lines: &[&str]) -> TipsAlone {
        let (format, refs, history) = (ObjectFormat::Sha1, RefList::default(), History::Complete);
        let mut capabilities = Capabilities::default();
        for line in lines {
            capabilities.push_line(line.as_bytes()).unwrap();
        }
        tips_alone(&Advertisement { version, capabilities, format, refs, history })
    }

    #[test]
    fn git_that_offers_depth_and_filter_gives_tips_alone() {
        assert_eq!(of(Version::V0, &["shallow", "filter", "agent=git/2.47.3"]), TipsAlone::Given);
        let v2 = ["agent=git/github-1", "fetch=shallow wait-for-done filter"];
        assert_eq!(of(Version::V2, &v2), TipsAlone::Given);
    }

    #[test]
    fn without_one_of_them_or_from_others_nothing_is_certain() {
        for lines in [
            &["shallow", "agent=git/2.47.3"][..],
            &["filter", "agent=git/2.47.3"],
            &["shallow", "filter"],
            &["shallow", "filter", "agent=JGit/6.1"],
        ] {
            assert_eq!(of(Version::V0, lines), TipsAlone::Unknown, "{lines:?}");
        }
        assert_eq!(of(Version::V2, &["agent=git/github-1"]), TipsAlone::Unknown);
    }
}
