//! A local repository as a source.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::cuts;
use super::fetch::fetch;
use super::hidden_refs::HiddenRefs;
use super::pack::Asker;
use super::repository::{failure, list, oid, open};
use crate::cancel::CancelToken;
use crate::error::{Error, Failure, Phase, RemoteLabel};
use crate::mirror::events::Events;
use crate::mirror::ports::{
    DepthSupport, Fetched, Filters, MOST_ASKED, PackOrder, Source, SourceInfo, TipsAlone,
};
use crate::protocol::ProtocolError;
use crate::protocol::fetch::FetchRequest;
use crate::protocol::ls_refs::Peel;
use crate::protocol::object_id::{ObjectFormat, ObjectId};
use crate::protocol::ref_list::RefList;

/// A repository on this machine that is read.
#[derive(Debug)]
pub struct LocalSource {
    path: PathBuf,
    info: SourceInfo,
    cancel: CancelToken,
    events: Arc<dyn Events>,
}

impl LocalSource {
    /// Opens the repository and lists its refs, on request with the objects that tags are of.
    ///
    /// # Errors
    /// No repository there, one that cannot be read, and a shallow one.
    pub fn open(
        path: &Path,
        label: RemoteLabel,
        peel: Peel,
        cancel: &CancelToken,
        events: &Arc<dyn Events>,
    ) -> Result<Self, Error> {
        let refs = list_complete(path, peel).map_err(|failure| label.error(Phase::List, failure))?;
        let info = SourceInfo {
            label,
            format: ObjectFormat::Sha1,
            refs,
            tips_alone: TipsAlone::Given,
            // libgit2 writes the base of a delta before it (`write_one` of its pack-objects.c).
            pack_order: PackOrder::BasesFirst,
            filters: Filters::Offered,
            depth: DepthSupport::None,
        };
        Ok(Self { path: path.to_owned(), info, cancel: cancel.clone(), events: Arc::clone(events) })
    }
}

fn list_complete(path: &Path, peel: Peel) -> Result<RefList, Failure> {
    let repository = open(path)?;
    if repository.is_shallow() {
        return Err(ProtocolError::Shallow.into());
    }
    list(&repository, &HiddenRefs::default(), peel)
}

impl Source for LocalSource {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn fetch<'a>(&'a mut self, request: &FetchRequest) -> Result<Fetched<'a>, Error> {
        let Self { path, info: SourceInfo { label, .. }, cancel, events } = self;
        fetch(path, request, Asker { label, phase: Phase::Fetch, events: &**events, cancel })
    }

    fn count(&mut self, request: &FetchRequest) -> Result<u32, Error> {
        let count = cuts::count(&self.path, request, &self.cancel);
        count.map_err(|failure| self.info.label.error(Phase::Fetch, failure))
    }

    fn boundary(&mut self, request: &FetchRequest) -> Result<Vec<ObjectId>, Error> {
        let boundary = cuts::boundary(&self.path, request, &self.cancel);
        boundary.map_err(|failure| self.info.label.error(Phase::Fetch, failure))
    }

    fn knows(&mut self, ids: &[ObjectId]) -> Result<Vec<ObjectId>, Error> {
        let ids = ids.get(..MOST_ASKED).unwrap_or(ids);
        if self.info.refs.refs().is_empty() {
            return Ok(Vec::new());
        }
        held(&self.path, ids).map_err(|failure| self.info.label.error(Phase::Plan, failure))
    }
}

/// Returns those of some objects that a repository holds; one of another format is none of them.
fn held(path: &Path, ids: &[ObjectId]) -> Result<Vec<ObjectId>, Failure> {
    let repository = open(path)?;
    let objects = repository.odb().map_err(|error| failure(&error))?;
    let is_held = |id: &&ObjectId| oid(**id).is_ok_and(|id| objects.exists(id));
    Ok(ids.iter().filter(is_held).copied().collect())
}
