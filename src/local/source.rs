//! A local repository as a source.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use git2::ObjectType;

use super::pack::LocalPack;
use super::repository::{list, oid, open};
use crate::cancel::CancelToken;
use crate::error::{Error, Failure, Phase, RemoteLabel};
use crate::mirror::events::Events;
use crate::mirror::ports::{Pack, Source, SourceInfo};
use crate::protocol::ProtocolError;
use crate::protocol::fetch::FetchRequest;
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
    /// Opens the repository and lists its refs.
    ///
    /// # Errors
    /// No repository there, one that cannot be read, and a shallow one.
    pub fn open(
        path: &Path,
        label: RemoteLabel,
        cancel: &CancelToken,
        events: &Arc<dyn Events>,
    ) -> Result<Self, Error> {
        let refs = list_complete(path).map_err(|failure| label.error(Phase::List, failure))?;
        let info = SourceInfo { label, format: ObjectFormat::Sha1, refs };
        Ok(Self { path: path.to_owned(), info, cancel: cancel.clone(), events: Arc::clone(events) })
    }
}

fn list_complete(path: &Path) -> Result<RefList, Failure> {
    let repository = open(path)?;
    if repository.is_shallow() {
        return Err(ProtocolError::Shallow.into());
    }
    list(&repository)
}

impl Source for LocalSource {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn commits(&mut self, ids: &[ObjectId]) -> Option<HashSet<ObjectId>> {
        let repository = open(&self.path).ok()?;
        let is_commit = |id: &ObjectId| {
            let object = oid(*id).and_then(|id| repository.find_object(id, None));
            object.is_ok_and(|object| object.peel(ObjectType::Commit).is_ok())
        };
        Some(ids.iter().copied().filter(is_commit).collect())
    }

    fn fetch<'a>(&'a mut self, request: &FetchRequest) -> Result<Box<dyn Pack + 'a>, Error> {
        Ok(Box::new(LocalPack::start(&self.path, request, &self.info.label, &*self.events, &self.cancel)?))
    }
}
