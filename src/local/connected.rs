//! Checks that everything that new tips reach is there.

use std::collections::HashSet;

use git2::{ErrorCode, ObjectType, Odb, Oid, Repository};

use super::repository::require_running;
use crate::cancel::CancelToken;

/// Checks everything that the tips reach and the old ones do not; what those reach is taken to be there.
///
/// # Errors
/// The first object that is missing, or cannot be read; that the run was stopped.
pub(crate) fn check(
    repository: &Repository,
    tips: &[Oid],
    old: &[Oid],
    cancel: &CancelToken,
) -> Result<(), git2::Error> {
    let mut walk = repository.revwalk()?;
    let mut trees = Trees { repository, odb: repository.odb()?, cancel, seen: HashSet::new() };
    for tip in tips {
        let mut object = repository.find_object(*tip, None)?;
        while let Some(tag) = object.as_tag() {
            object = tag.target()?;
        }
        match object.kind() {
            Some(ObjectType::Commit) => walk.push(object.id())?,
            Some(ObjectType::Tree) => trees.check(object.id())?,
            _ => {}
        }
    }
    for tip in old {
        let object = repository.find_object(*tip, None);
        if let Ok(commit) = object.and_then(|object| object.peel(ObjectType::Commit)) {
            walk.hide(commit.id())?;
        }
    }
    for id in walk {
        require_running(cancel)?;
        trees.check(repository.find_commit(id?)?.tree_id())?;
    }
    Ok(())
}

/// A walk through trees, each once.
struct Trees<'a> {
    repository: &'a Repository,
    odb: Odb<'a>,
    cancel: &'a CancelToken,
    seen: HashSet<Oid>,
}

impl Trees<'_> {
    fn check(&mut self, root: Oid) -> Result<(), git2::Error> {
        let mut open = vec![root];
        while let Some(id) = open.pop() {
            if !self.seen.insert(id) {
                continue;
            }
            require_running(self.cancel)?;
            for entry in &self.repository.find_tree(id)? {
                match entry.kind() {
                    Some(ObjectType::Tree) => open.push(entry.id()),
                    Some(ObjectType::Blob) => self.check_blob(entry.id())?,
                    // A submodule's commit is in another repository.
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn check_blob(&mut self, id: Oid) -> Result<(), git2::Error> {
        if !self.seen.insert(id) || self.odb.exists(id) {
            return Ok(());
        }
        let message = format!("the blob {id} is missing");
        Err(git2::Error::new(ErrorCode::NotFound, git2::ErrorClass::Odb, message))
    }
}
