//! Changing refs, each only if it still has the value that was listed.

use std::collections::HashSet;

use git2::{ErrorCode, Repository};

use super::repository::oid;
use crate::protocol::receive_pack::RefUpdate;
use crate::protocol::ref_name::RefName;

/// Why a ref was left as it was, in Git's words where Git has them.
type Reason = String;

/// Changes the refs of one repository.
pub(crate) struct RefUpdates<'a> {
    repository: &'a Repository,
    checked_out: HashSet<Vec<u8>>,
}

impl<'a> RefUpdates<'a> {
    pub(crate) fn new(repository: &'a Repository) -> Self {
        Self { repository, checked_out: checked_out(repository) }
    }

    /// Makes one update, under the lock of its ref.
    pub(crate) fn apply(&self, update: &RefUpdate) -> Result<(), Reason> {
        let name = std::str::from_utf8(update.name().as_bytes());
        let name =
            name.map_err(|_| "funny refname: a local repository takes only names in UTF-8".to_owned())?;
        if self.checked_out.contains(update.name().as_bytes()) {
            return Err("branch is currently checked out".into());
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
                "reference already exists".into()
            }
            (ErrorCode::Modified, _) => "incorrect old value provided".into(),
            (ErrorCode::NotFound, _) => "reference does not exist".into(),
            _ => format!("failed to update ref: {}", error.message()),
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
