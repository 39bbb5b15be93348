//! The default branch of a bare repository on this machine: the branch that its `HEAD` names.

use std::path::Path;

use super::repository::{failure, open};
use crate::error::{ErrorKind, Failure};
use crate::protocol::ref_name::RefName;

/// Returns the branch that `HEAD` names, whether it exists or not; none where it cannot be read or is detached.
pub fn of(path: &Path) -> Option<RefName> {
    let repository = open(path).ok()?;
    let head = repository.find_reference("HEAD").ok()?;
    RefName::new(head.symbolic_target_bytes()?)
}

/// Lets `HEAD` name this branch.
///
/// # Errors
///
/// Fails where the repository has a work tree, whose content `HEAD` stands for, and where it cannot be written.
pub fn set(path: &Path, branch: &RefName) -> Result<(), Failure> {
    let repository = open(path)?;
    if !repository.is_bare() {
        let message = "it has a work tree, whose branch is not changed";
        return Err(Failure::new(ErrorKind::Unsupported, message));
    }
    repository.set_head_bytes(branch.as_bytes()).map_err(|error| failure(&error))
}

#[cfg(test)]
mod tests {
    use git2::Repository;

    use super::*;

    #[test]
    fn the_head_of_a_bare_repository_is_set_and_of_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let branch = RefName::new(b"refs/heads/trunk").unwrap();
        Repository::init_bare(folder.path().join("bare")).unwrap();
        Repository::init(folder.path().join("tree")).unwrap();
        let bare = folder.path().join("bare");
        assert_ne!(of(&bare), Some(branch.clone()));
        set(&bare, &branch).unwrap();
        assert_eq!(of(&bare), Some(branch.clone()));
        let tree = folder.path().join("tree");
        assert_eq!(set(&tree, &branch).unwrap_err().kind, ErrorKind::Unsupported);
        assert_ne!(of(&tree), Some(branch));
    }
}
