//! A source whose refs have the names that they get at the destination.

use std::fmt;

use super::ports::{Fetched, Source, SourceInfo};
use crate::error::Error;
use crate::protocol::fetch::FetchRequest;
use crate::protocol::object_id::ObjectId;
use crate::protocol::ref_list::RefList;

/// A source under other names: packs are asked for by ids, so that only its list differs.
pub struct MappedSource {
    source: Box<dyn Source>,
    info: SourceInfo,
}

impl MappedSource {
    /// Gives a source this list in place of its own.
    pub fn new(source: Box<dyn Source>, refs: RefList) -> Self {
        let info = SourceInfo { refs, ..source.info().clone() };
        Self { source, info }
    }
}

impl Source for MappedSource {
    fn info(&self) -> &SourceInfo {
        &self.info
    }
    fn own_refs(&self) -> &RefList {
        self.source.own_refs()
    }
    fn fetch<'a>(&'a mut self, request: &FetchRequest) -> Result<Fetched<'a>, Error> {
        self.source.fetch(request)
    }
    fn knows(&mut self, ids: &[ObjectId]) -> Result<Vec<ObjectId>, Error> {
        self.source.knows(ids)
    }
    fn count(&mut self, request: &FetchRequest) -> Result<u32, Error> {
        self.source.count(request)
    }
    fn boundary(&mut self, request: &FetchRequest) -> Result<Vec<ObjectId>, Error> {
        self.source.boundary(request)
    }
}

impl fmt::Debug for MappedSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MappedSource").field("info", &self.info).finish_non_exhaustive()
    }
}
