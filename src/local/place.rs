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
        Self::look_below(path, path)
    }

    /// As [`Self::look`], where the folder that holds the repository need not be there either: the one above it must.
    pub(crate) fn look_for_member(path: &Path) -> Result<Self, Failure> {
        Self::look_below(path, path.parent().unwrap_or(path))
    }

    /// Looks at a path; the folder above `first`, which is that path or above it, must be there.
    fn look_below(path: &Path, first: &Path) -> Result<Self, Failure> {
        match fs::read_dir(path).map(|mut entries| entries.next().is_none()) {
            Ok(true) => Ok(Self::Vacant),
            Ok(false) => open(path).map(Self::Repository),
            Err(error) if error.kind() == io::ErrorKind::NotFound => vacant_below(first),
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

fn vacant_below(first: &Path) -> Result<Place, Failure> {
    match first.parent() {
        Some(parent) if parent.as_os_str().is_empty() || parent.is_dir() => Ok(Place::Vacant),
        _ => Err(Failure::new(
            ErrorKind::Repository(RepositoryProblem::NoParentFolder),
            "the folder above it does not exist",
        )),
    }
}
