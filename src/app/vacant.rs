//! A destination that does not exist, in a dry run that would create it.

use std::num::NonZeroUsize;

use crate::error::{CreateProblem, Error, ErrorKind, Failure, Phase, RemoteLabel};
use crate::mirror::ports::{
    DefaultBranchTime, Destination, DestinationInfo, OutgoingPack, Refresh, Unreferenced,
};
use crate::mirror::ref_rule::RefRule;
use crate::protocol::advertisement::History;
use crate::protocol::fetch::{DeltaBase, ThinPack};
use crate::protocol::object_id::ObjectFormat;
use crate::protocol::receive_pack::RefUpdate;
use crate::protocol::ref_list::RefList;
use crate::protocol::report_status::ReportStatus;

/// A repository without refs, to which nothing can be pushed.
#[derive(Debug)]
pub(super) struct VacantDestination(DestinationInfo);

impl VacantDestination {
    /// Stands for the repository that would be created for a source of this format.
    pub(super) fn new(label: RemoteLabel, format: ObjectFormat, ref_rules: &'static [RefRule]) -> Self {
        Self(DestinationInfo {
            label,
            format,
            refs: RefList::default(),
            history: History::Complete,
            thin_pack: ThinPack::Allowed,
            delta_base: DeltaBase::Offset,
            max_updates: NonZeroUsize::MAX,
            ref_rules,
            unreferenced: Unreferenced::Unknown,
            max_push: None,
            default_branch: DefaultBranchTime::WithPush,
        })
    }
}

impl Destination for VacantDestination {
    fn info(&self) -> &DestinationInfo {
        &self.0
    }

    fn refresh(&mut self, _: Refresh) -> Result<(), Error> {
        Ok(())
    }

    fn push(&mut self, _: &[RefUpdate], _: Option<OutgoingPack<'_>>) -> Result<Option<ReportStatus>, Error> {
        let failure = Failure::new(ErrorKind::Create(CreateProblem::Answer), "it was not created");
        Err(self.0.label.error(Phase::Push, failure))
    }
}
