//! A local repository as a destination.

use std::collections::HashSet;
use std::io::Read;
use std::num::NonZeroUsize;
use std::sync::Arc;

use git2::Oid;

use super::clone_folder::{CloneFolder, CloneSite};
use super::connected;
use super::default_branch;
use super::fetch::fetch;
use super::incoming::{Incoming, Unreceived};
use super::pack::Asker;
use super::place::Place;
use super::ref_updates::RefUpdates;
use super::repository::{failure, list, oid, require_running};
use super::session::Session;
use super::site::Site;
use crate::cancel::CancelToken;
use crate::error::RejectReason;
use crate::error::{Error, ErrorKind, Failure, LocalProblem, Phase, RemoteLabel};
use crate::hosts::identity::RepositoryAddress;
use crate::mirror::events::{Event, Events};
use crate::mirror::ports::{
    DefaultBranchTime, Destination, DestinationInfo, Fetched, OutgoingPack, Refresh, Unreferenced,
};
use crate::protocol::advertisement::History;
use crate::protocol::fetch::{DeltaBase, FetchRequest, ThinPack};
use crate::protocol::ls_refs::Peel;
use crate::protocol::object_id::ObjectFormat;
use crate::protocol::receive_pack::RefUpdate;
use crate::protocol::ref_list::RefList;
use crate::protocol::ref_name::RefName;
use crate::protocol::report_status::{RefStatus, ReportStatus, Unpack};

/// A repository on this machine that is written. Where there is none, the first push makes a bare one.
#[derive(Debug)]
pub struct LocalDestination {
    site: Site,
    info: DestinationInfo,
    session: Session,
    events: Arc<dyn Events>,
}

impl LocalDestination {
    /// Opens the repository at a place and lists its refs; changes nothing.
    ///
    /// # Errors
    /// A folder that is something else than a repository, and a repository that cannot be read.
    pub(crate) fn open(
        site: Site,
        label: RemoteLabel,
        session: &Session,
        events: &Arc<dyn Events>,
    ) -> Result<Self, Error> {
        let (refs, history) = look(&site).map_err(|failure| label.error(Phase::List, failure))?;
        let info = DestinationInfo {
            label,
            format: ObjectFormat::Sha1,
            refs,
            history,
            thin_pack: ThinPack::Allowed,
            delta_base: DeltaBase::Offset,
            max_updates: NonZeroUsize::MAX,
            ref_rules: &[],
            unreferenced: Unreferenced::KeptAndChecked,
            max_push: None,
            default_branch: DefaultBranchTime::WithPush,
        };
        Ok(Self { site, info, session: session.clone(), events: Arc::clone(events) })
    }

    /// Opens the folder that keeps a clone of the source, or that shall keep one; changes nothing.
    ///
    /// # Errors
    /// A folder that is something else than a clone of the source, or that leads elsewhere by a link.
    pub fn open_clone(
        folder: CloneFolder,
        source: RepositoryAddress,
        session: &Session,
        events: &Arc<dyn Events>,
    ) -> Result<Self, Error> {
        let label = RemoteLabel::clone_directory(folder.path().display().to_string());
        Self::open(Site::Clone(CloneSite::new(folder, source)), label, session, events)
    }

    fn receive(&self, updates: &[RefUpdate], pack: Option<&mut dyn Read>) -> Result<ReportStatus, Failure> {
        let repository = match self.site.look()? {
            Place::Repository(repository) => repository,
            Place::Vacant => {
                self.begin();
                self.site.create()?
            }
        };
        let rules = self.site.rules(&repository)?;
        let hooks = self.site.hooks(&repository);
        if !hooks.is_empty() {
            self.events.on(Event::HooksNotRun { destination: &self.info.label, hooks: &hooks });
        }
        let incoming = pack.map(|pack| Incoming::receive(&repository, pack, &self.session)).transpose();
        self.require_running()?;
        let refused = match incoming {
            Ok(Some(incoming)) => self.admit(updates, incoming)?,
            Ok(None) => HashSet::new(),
            Err(Unreceived::Unpack(why)) => {
                return Ok(not_unpacked(updates, RejectReason::NotUnpacked, why));
            }
            Err(Unreceived::BasesMissing(why)) => {
                return Ok(not_unpacked(updates, RejectReason::MissingObjects, why));
            }
            Err(Unreceived::TooLarge(reason)) => return Err(Failure::new(ErrorKind::Unsupported, reason)),
            Err(Unreceived::Cut(error)) => {
                return Err(Failure::new(ErrorKind::Interrupted, error.to_string()));
            }
        };
        self.require_running()?;
        self.begin();
        let warn = |text: &str| {
            let (side, text) = (self.info.label.side, format!("warning: {text}\n"));
            self.events.on(Event::ServerText { side, text: text.as_bytes() });
        };
        let refs = RefUpdates::new(&repository, &rules, &warn);
        apply(&refs, updates, &refused, &self.session.cancel).map_err(|error| failure(&error))
    }

    fn require_running(&self) -> Result<(), Failure> {
        require_running(&self.session.cancel).map_err(|error| failure(&error))
    }

    /// Notes that the repository changes from now on.
    fn begin(&self) {
        self.session.push_started.note();
    }

    /// Keeps the pack if it completes what an update needs. Returns the refs whose objects are missing.
    fn admit(&self, updates: &[RefUpdate], incoming: Incoming) -> Result<HashSet<RefName>, Failure> {
        let with_pack = incoming.open_with(self.site.path())?;
        let to_oids =
            |ids: &mut dyn Iterator<Item = _>| ids.filter_map(|id| oid(id).ok()).collect::<Vec<_>>();
        let tips = to_oids(&mut updates.iter().filter_map(RefUpdate::new_id));
        let old = match self.info.history {
            History::Complete => to_oids(&mut self.info.refs.refs().iter().map(|listed| listed.id)),
            History::Shallow => Vec::new(),
        };
        let complete = |tips: &[Oid]| {
            connected::check(&with_pack, tips, &old, &self.session.cancel)
                .inspect_err(|error| log::debug!("{error}"))
                .is_ok()
        };
        let mut refused = HashSet::new();
        if !complete(&tips) {
            let lacks = |update: &&RefUpdate| {
                update.new_id().is_some_and(|id| !oid(id).is_ok_and(|id| complete(&[id])))
            };
            refused.extend(updates.iter().filter(lacks).map(|update| update.name().clone()));
        }
        self.require_running()?;
        if refused.len() < tips.len() {
            drop(with_pack);
            self.begin();
            incoming.keep().map_err(|error| {
                Failure::new(ErrorKind::Local(LocalProblem::Repository), error.to_string())
            })?;
        }
        Ok(refused)
    }
}

fn look(site: &Site) -> Result<(RefList, History), Failure> {
    match site.look()? {
        Place::Vacant => Ok((RefList::default(), History::Complete)),
        Place::Repository(repository) => {
            let history = if repository.is_shallow() { History::Shallow } else { History::Complete };
            let refs = list(&repository, &site.rules(&repository)?.hidden, Peel::No)?;
            // The HEAD of a bare repository is moved to a branch that exists; a work tree's is not touched.
            Ok((if repository.is_bare() { refs.without_head() } else { refs }, history))
        }
    }
}

fn not_unpacked(updates: &[RefUpdate], reason: RejectReason, why: String) -> ReportStatus {
    let declined = RefStatus::Declined { reason, detail: why.clone() };
    let refs = updates.iter().map(|update| (update.name().clone(), declined.clone()));
    ReportStatus::new(Unpack::Failed(why), refs)
}

fn apply(
    refs: &RefUpdates<'_>,
    updates: &[RefUpdate],
    refused: &HashSet<RefName>,
    cancel: &CancelToken,
) -> Result<ReportStatus, git2::Error> {
    let mut created = Vec::new();
    let mut statuses = Vec::new();
    for update in updates {
        require_running(cancel)?;
        let name = update.name();
        let status =
            if refused.contains(name) { RejectReason::MissingObjects.into() } else { refs.apply(update) };
        if !status.is_rejected() && update.new_id().is_some() {
            created.push(name);
        }
        statuses.push((name.clone(), status));
    }
    if let Err(error) = refs.settle_head(&created) {
        log::debug!("HEAD stays as it is: {error}");
    }
    Ok(ReportStatus::new(Unpack::Ok, statuses))
}

impl Destination for LocalDestination {
    fn info(&self) -> &DestinationInfo {
        &self.info
    }

    fn refresh(&mut self, what: Refresh) -> Result<(), Error> {
        match what {
            Refresh::Refs => {
                (self.info.refs, self.info.history) =
                    look(&self.site).map_err(|failure| self.info.label.error(what.phase(), failure))?;
            }
            // The list has them from the start.
            Refresh::Symrefs => {}
            Refresh::Head => {
                let head = default_branch::of(self.site.path());
                self.info.refs = std::mem::take(&mut self.info.refs).with_head_of(head);
            }
        }
        Ok(())
    }

    fn fetch<'a>(&'a mut self, request: &FetchRequest) -> Result<Fetched<'a>, Error> {
        let Self { site, info: DestinationInfo { label, .. }, session, events } = self;
        let asker = Asker { label, phase: Phase::Verify, events: &**events, cancel: &session.cancel };
        fetch(site.path(), request, asker)
    }

    fn push(
        &mut self,
        updates: &[RefUpdate],
        pack: Option<OutgoingPack<'_>>,
    ) -> Result<Option<ReportStatus>, Error> {
        let pack = pack.map(|pack| pack.bytes);
        self.receive(updates, pack).map(Some).map_err(|failure| self.info.label.error(Phase::Push, failure))
    }
}
