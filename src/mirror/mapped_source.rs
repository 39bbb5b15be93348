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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::mapped_refs;
    use crate::mirror::mirror;
    use crate::mirror::policy::{Policy, Selection};
    use crate::mirror::ports::Mode;
    use crate::mirror::ref_map::RefMap;
    use crate::mirror::testing::{MemoryDestination, MemorySource, Silent, id, job, list, name, policy};

    fn mapped(source: MemorySource, policy: &Policy) -> MappedSource {
        let refs = mapped_refs::of(&source.info.refs, &policy.selection).unwrap().refs;
        MappedSource::new(Box::new(source), refs)
    }

    fn mapping(line: &str) -> Policy {
        let selection = Selection::new::<&str>(&[], &[]).unwrap().mapped(RefMap::new(&[line]).unwrap());
        Policy { selection, ..policy() }
    }

    #[test]
    fn a_mirror_is_made_and_proved_under_the_names_at_the_destination() {
        let policy = mapping("refs/heads/*:refs/heads/up/*");
        let mut source = MemorySource::new(&[("refs/heads/main", 1), ("refs/heads/a", 2)]);
        source.info.refs = source.info.refs.with_head("refs/heads/main");
        let mut source = mapped(source, &policy);
        let mut destination = MemoryDestination::new(&[("refs/tags/own", 9)]);
        let report = mirror(&mut source, &mut destination, &job(&policy, Mode::Mirror), &Silent).unwrap();
        assert_eq!(report.counts().created, 2);
        let there = [("refs/heads/up/a", 2), ("refs/heads/up/main", 1), ("refs/tags/own", 9)];
        assert_eq!(destination.info.refs.refs(), list(&there).refs());
        assert_eq!(destination.pushes[0].0[0].name(), &name("refs/heads/up/main"));
        let again = mirror(&mut source, &mut destination, &job(&policy, Mode::Mirror), &Silent).unwrap();
        assert_eq!((again.outcomes.len(), again.unchanged), (0, 2));
    }

    #[test]
    fn its_own_names_and_its_answers_are_those_of_the_source() {
        let policy = mapping("refs/heads/a:refs/heads/up");
        let mut source = MemorySource::new(&[("refs/heads/main", 1), ("refs/heads/a", 2)]);
        source.unlisted = vec![id(7)];
        source.shallow = vec![id(8)];
        let mut source = mapped(source, &policy);
        assert_eq!(source.info().refs.refs(), list(&[("refs/heads/up", 2)]).refs());
        assert_eq!(source.own_refs().get(&name("refs/heads/main")), Some(id(1)));
        assert_eq!(source.knows(&[id(1), id(7), id(9)]).unwrap(), [id(1), id(7)]);
        let request = FetchRequest::new(vec![id(2)]);
        assert_eq!(source.count(&request).unwrap(), 0);
        assert_eq!(source.boundary(&request).unwrap(), [id(8)]);
    }
}
