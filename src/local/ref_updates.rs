//! Changing refs, each only if it still has the value that was listed.

use git2::{ErrorCode, Oid, Repository};

use super::receive_rules::{Deny, Permission, ReceiveRules};
use super::repository::oid;
use super::work_trees;
use super::work_trees::WorkTrees;
use crate::error::RejectReason;
use crate::protocol::receive_pack::RefUpdate;
use crate::protocol::ref_name::RefName;
use crate::protocol::report_status::RefStatus;

/// The updates of the refs of one repository.
pub(crate) struct RefUpdates<'a> {
    repository: &'a Repository,
    rules: &'a ReceiveRules,
    work_trees: WorkTrees,
    /// The listener to what Git would say beside its report.
    warn: &'a dyn Fn(&str),
}

impl<'a> RefUpdates<'a> {
    pub(crate) fn new(repository: &'a Repository, rules: &'a ReceiveRules, warn: &'a dyn Fn(&str)) -> Self {
        Self { repository, rules, work_trees: WorkTrees::of(repository), warn }
    }

    /// Makes one update, under the lock of its ref.
    pub(crate) fn apply(&self, update: &RefUpdate) -> RefStatus {
        self.change(update).map_or_else(|declined| declined, |()| RefStatus::Ok)
    }

    fn change(&self, update: &RefUpdate) -> Result<(), RefStatus> {
        let name = std::str::from_utf8(update.name().as_bytes()).map_err(|_| RejectReason::BadName)?;
        self.require_allowed(update)?;
        self.heed_work_tree(name, update)?;
        let done = match update {
            // The zero id stands for a ref that does not exist.
            RefUpdate::Create { new, .. } => oid(*new).and_then(|new| self.set(name, new, Oid::ZERO_SHA1)),
            RefUpdate::Update { old, new, .. } => {
                oid(*old).and_then(|old| oid(*new).and_then(|new| self.set(name, new, old)))
            }
            RefUpdate::Delete { old, .. } => oid(*old).and_then(|old| self.delete(name, old)),
        };
        done.map_err(|error| match (error.code(), update) {
            (ErrorCode::Modified | ErrorCode::Exists, RefUpdate::Create { .. }) => {
                RejectReason::AlreadyExists.into()
            }
            (ErrorCode::Modified, _) => RejectReason::StaleOldValue.into(),
            (ErrorCode::NotFound, _) => RejectReason::DoesNotExist.into(),
            (ErrorCode::Locked, _) => {
                RefStatus::Declined { reason: RejectReason::Locked, detail: error.message().to_owned() }
            }
            _ => RefStatus::Declined { reason: RejectReason::NotWritten, detail: error.message().to_owned() },
        })
    }

    /// Obeys the rules that hold for every repository, in the order in which Git does.
    fn require_allowed(&self, update: &RefUpdate) -> Result<(), RejectReason> {
        let name = update.name();
        if self.rules.hidden.hide(name.as_bytes()) {
            return Err(RejectReason::Hidden);
        }
        if !name.is_branch() {
            return Ok(());
        }
        match update {
            RefUpdate::Delete { .. } if self.rules.deletions == Permission::Denied => {
                Err(RejectReason::DeletionsDenied)
            }
            RefUpdate::Update { old, new, .. } if self.rules.non_fast_forwards == Permission::Denied => {
                let forward = oid(*old)
                    .and_then(|old| oid(*new).and_then(|new| self.repository.graph_descendant_of(new, old)));
                if forward.unwrap_or_default() { Ok(()) } else { Err(RejectReason::NonFastForwardsDenied) }
            }
            _ => Ok(()),
        }
    }

    /// Obeys the rules for branches that a work tree has, or that `HEAD` names.
    fn heed_work_tree(&self, name: &str, update: &RefUpdate) -> Result<(), RefStatus> {
        let folder = self.work_trees.with(name.as_bytes());
        let current = self.rules.current_branch.unwrap_or(Deny::Refuse);
        match (folder, current) {
            (Some(_), Deny::Refuse) => return Err(RejectReason::CheckedOut.into()),
            (Some(_), Deny::Warn) => (self.warn)("updating the current branch"),
            (Some(_), Deny::Ignore | Deny::UpdateInstead) | (None, _) => {}
        }
        let Some(new) = update.new_id() else { return Ok(self.may_delete(name, folder.is_some())?) };
        match folder {
            Some(folder) if current == Deny::UpdateInstead => {
                let stands = self.repository.refname_to_id(name).ok();
                if stands != update.old_id().and_then(|old| oid(old).ok()) {
                    return Err(RejectReason::StaleOldValue.into());
                }
                work_trees::update(folder, oid(new).unwrap_or(Oid::ZERO_SHA1))
            }
            _ => Ok(()),
        }
    }

    /// Refuses to delete a current branch, unless the rules allow it.
    ///
    /// A bare repository that has no such rule may lose the branch of its `HEAD`, which then gets another.
    fn may_delete(&self, name: &str, is_checked_out: bool) -> Result<(), RejectReason> {
        let head = self.repository.find_reference("HEAD").ok();
        let is_head = head.and_then(|head| Some(head.symbolic_target_bytes()? == name.as_bytes()));
        if !is_checked_out && !is_head.unwrap_or_default() {
            return Ok(());
        }
        match self.rules.delete_current {
            None if self.repository.is_bare() && !is_checked_out => Ok(()),
            Some(Deny::Ignore) => Ok(()),
            Some(Deny::Warn) => {
                (self.warn)("deleting the current branch");
                Ok(())
            }
            None | Some(Deny::Refuse | Deny::UpdateInstead) => Err(RejectReason::CurrentBranch),
        }
    }

    fn set(&self, name: &str, new: Oid, old: Oid) -> Result<(), git2::Error> {
        self.repository.reference_matching(name, new, true, old, "push").map(drop)
    }

    fn delete(&self, name: &str, old: Oid) -> Result<(), git2::Error> {
        let mut reference = self.repository.find_reference(name)?;
        if reference.target() != Some(old) {
            let message = "old reference value does not match";
            return Err(git2::Error::new(ErrorCode::Modified, git2::ErrorClass::Reference, message));
        }
        reference.delete()
    }

    /// Points `HEAD` at a branch that exists, where it names none: what was created first, or any.
    ///
    /// Only in a bare repository: in another one it says what the work tree holds.
    pub(crate) fn settle_head(&self, created: &[&RefName]) -> Result<(), git2::Error> {
        let head = self.repository.find_reference("HEAD")?;
        if !self.repository.is_bare() || head.resolve().is_ok() {
            return Ok(());
        }
        let created =
            created.iter().copied().find(|name| name.is_branch()).map(|name| name.as_bytes().to_vec());
        let any = || {
            let branches = self.repository.references_glob("refs/heads/*").ok()?;
            branches.flatten().map(|branch| branch.name_bytes().to_vec()).next()
        };
        match created.or_else(any) {
            Some(branch) => self.repository.set_head_bytes(&branch),
            None => Ok(()),
        }
    }
}
