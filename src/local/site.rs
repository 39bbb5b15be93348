//! Where a local destination is, and the rules for what may stand there.

use std::path::{Path, PathBuf};

use git2::Repository;

use super::clone_folder::CloneSite;
use super::place;
use super::place::Place;
use crate::error::Failure;

/// A place that the user named.
#[derive(Clone, Debug)]
pub(crate) enum Site {
    /// The destination: any repository, since that is what the user gave.
    Destination(PathBuf),
    /// The clone directory: a clone of the source only.
    Clone(CloneSite),
}

impl Site {
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Destination(path) => path,
            Self::Clone(site) => site.path(),
        }
    }

    pub(crate) fn look(&self) -> Result<Place, Failure> {
        match self {
            Self::Destination(path) => Place::look(path),
            Self::Clone(site) => site.look(),
        }
    }

    pub(crate) fn create(&self) -> Result<Repository, Failure> {
        match self {
            Self::Destination(path) => place::create(path),
            Self::Clone(site) => site.create(),
        }
    }
}
