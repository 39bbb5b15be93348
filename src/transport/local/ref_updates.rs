//! Changing refs, each only if it still has the value that was listed.

use std::collections::HashSet;

use git2::{ErrorCode, Repository};

use super::oid;
use crate::protocol::receive_pack::RefUpdate;
use crate::protocol::ref_name::RefName;
use crate::protocol::reject_reason::RejectReason;
use crate::protocol::report_status::RefStatus;

/// Changes the refs of one repository.
pub(super) struct RefUpdates<'a> {
    repository: &'a Repository,
    checked_out: HashSet<Vec<u8>>,
}

impl<'a> RefUpdates<'a> {
    pub(super) fn new(repository: &'a Repository) -> Self {
        Self { repository, checked_out: checked_out(repository) }
    }

    /// Makes one update, under the lock of its ref.
    pub(super) fn apply(&self, update: &RefUpdate) -> RefStatus {
        self.change(update).map_or_else(|declined| declined, |()| RefStatus::Ok)
    }

    fn change(&self, update: &RefUpdate) -> Result<(), RefStatus> {
        let name = std::str::from_utf8(update.name().as_bytes()).map_err(|_| RejectReason::BadName)?;
        if self.checked_out.contains(update.name().as_bytes()) {
            return Err(RejectReason::CheckedOut.into());
        }
        let done = match update {
            // The zero id stands for a ref that does not exist.
            RefUpdate::Create { new, .. } => {
                oid(*new).and_then(|new| self.set(name, new, git2::Oid::ZERO_SHA1))
            }
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
            _ => RefStatus::Declined { reason: RejectReason::NotWritten, detail: error.message().to_owned() },
        })
    }

    fn set(&self, name: &str, new: git2::Oid, old: git2::Oid) -> Result<(), git2::Error> {
        self.repository.reference_matching(name, new, true, old, "push").map(drop)
    }

    fn delete(&self, name: &str, old: git2::Oid) -> Result<(), git2::Error> {
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
    pub(super) fn settle_head(&self, created: &[&RefName]) -> Result<(), git2::Error> {
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

/// The branches that a work tree holds: the repository's own, and those added by `git worktree`.
fn checked_out(repository: &Repository) -> HashSet<Vec<u8>> {
    let branch_of = |repository: &Repository| {
        let head = repository.find_reference("HEAD").ok()?;
        head.symbolic_target_bytes().map(<[u8]>::to_vec)
    };
    let own = (!repository.is_bare()).then(|| branch_of(repository)).flatten();
    let names = repository.worktrees();
    let others = names.iter().flat_map(|names| names.iter()).flatten().flatten().filter_map(|name| {
        let worktree = repository.find_worktree(name).ok()?;
        branch_of(&Repository::open_from_worktree(&worktree).ok()?)
    });
    own.into_iter().chain(others).collect()
}
