//! Looks at the path where a destination shall be.

use std::fs;
use std::io;
use std::path::Path;

use git2::Repository;

use super::repository::open;
use crate::error::{ErrorKind, Failure, LocalProblem, RepositoryProblem};

/// The thing at a path.
pub(crate) enum Place {
    /// A repository.
    Repository(Repository),
    /// Nothing, or an empty folder: a repository can be made there.
    Vacant,
}

impl Place {
    /// Looks; anything but a repository, an empty folder, or nothing in an existing folder is refused.
    pub(crate) fn look(path: &Path) -> Result<Self, Failure> {
        match fs::read_dir(path).map(|mut entries| entries.next().is_none()) {
            Ok(true) => Ok(Self::Vacant),
            Ok(false) => open(path).map(Self::Repository),
            Err(error) if error.kind() == io::ErrorKind::NotFound => vacant_below(path),
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => Err(a_file()),
            Err(error) => Err(Failure::new(ErrorKind::Local(LocalProblem::Repository), error.to_string())),
        }
    }
}

pub(crate) fn a_file() -> Failure {
    Failure::new(
        ErrorKind::Repository(RepositoryProblem::File),
        "it is a file, not the folder of a Git repository",
    )
}

fn vacant_below(path: &Path) -> Result<Place, Failure> {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() || parent.is_dir() => Ok(Place::Vacant),
        _ => Err(Failure::new(
            ErrorKind::Repository(RepositoryProblem::NoParentFolder),
            "the folder above it does not exist",
        )),
    }
}
