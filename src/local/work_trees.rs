//! The branches that work trees have, and what a push to one of them does.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use git2::build::CheckoutBuilder;
use git2::{ErrorCode, Oid, Repository, StatusOptions};

use crate::error::RejectReason;
use crate::protocol::report_status::RefStatus;

/// The folders of work trees by the branch that they have.
pub(crate) struct WorkTrees(HashMap<Vec<u8>, PathBuf>);

impl WorkTrees {
    /// Finds the repository's own work tree, and those added by `git worktree`.
    pub(crate) fn of(repository: &Repository) -> Self {
        let branch_of = |repository: &Repository| {
            let head = repository.find_reference("HEAD").ok()?;
            Some((head.symbolic_target_bytes()?.to_vec(), repository.workdir()?.to_owned()))
        };
        let own = (!repository.is_bare()).then(|| branch_of(repository)).flatten();
        let names = repository.worktrees();
        let others = names.iter().flat_map(|names| names.iter()).flatten().flatten().filter_map(|name| {
            let worktree = repository.find_worktree(name).ok()?;
            branch_of(&Repository::open_from_worktree(&worktree).ok()?)
        });
        Self(own.into_iter().chain(others).collect())
    }

    /// Returns the folder in which a branch is checked out.
    pub(crate) fn with(&self, branch: &[u8]) -> Option<&Path> {
        self.0.get(branch).map(PathBuf::as_path)
    }
}

/// Brings a work tree that has no changes of its own to a commit, as `updateInstead` asks for.
pub(crate) fn update(folder: &Path, commit: Oid) -> Result<(), RefStatus> {
    let failed = |error: git2::Error| {
        let reason = match error.code() {
            ErrorCode::Conflict | ErrorCode::Uncommitted => RejectReason::WorkTreeChanged,
            _ => RejectReason::NotWritten,
        };
        RefStatus::Declined { reason, detail: error.message().to_owned() }
    };
    let repository = Repository::open(folder).map_err(failed)?;
    let mut tracked = StatusOptions::new();
    tracked.include_untracked(false).exclude_submodules(true);
    if !repository.statuses(Some(&mut tracked)).map_err(failed)?.is_empty() {
        return Err(RejectReason::WorkTreeChanged.into());
    }
    let commit = repository.find_object(commit, None).map_err(failed)?;
    repository.checkout_tree(&commit, Some(CheckoutBuilder::new().safe())).map_err(failed)
}
