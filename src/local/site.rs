//! The place of a local destination, and the rules for what may stand there.

use std::fs;
use std::path::{Path, PathBuf};

use git2::Repository;

use super::clone_folder::CloneSite;
use super::hooks;
use super::new_repository;
use super::place::Place;
use super::receive_rules::ReceiveRules;
use super::repository::failure;
use crate::error::Failure;

/// A place that the user named.
#[derive(Clone, Debug)]
pub(crate) enum Site {
    /// The destination: any repository, since that is what the user gave.
    Destination(PathBuf),
    /// One of the repositories in a folder: the user gave that folder, which is made, too.
    Member(PathBuf),
    /// The clone directory: a clone of the source only.
    Clone(CloneSite),
}

impl Site {
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Destination(path) | Self::Member(path) => path,
            Self::Clone(site) => site.path(),
        }
    }

    pub(crate) fn look(&self) -> Result<Place, Failure> {
        match self {
            Self::Destination(path) => Place::look(path),
            Self::Member(path) => Place::look_for_member(path),
            Self::Clone(site) => site.look(),
        }
    }

    /// Reads what may be pushed there. Nobody pushes to the clone: it has no rules but this task's own.
    pub(crate) fn rules(&self, repository: &Repository) -> Result<ReceiveRules, Failure> {
        match self {
            Self::Destination(_) | Self::Member(_) => {
                ReceiveRules::of(repository).map_err(|error| failure(&error))
            }
            Self::Clone(_) => Ok(ReceiveRules::default()),
        }
    }

    /// Finds the hooks that Git would run at a push there; at a fetch into the clone it would run none.
    pub(crate) fn hooks(&self, repository: &Repository) -> Vec<&'static str> {
        match self {
            Self::Destination(_) | Self::Member(_) => hooks::of(repository),
            Self::Clone(_) => Vec::new(),
        }
    }

    pub(crate) fn create(&self) -> Result<Repository, Failure> {
        match self {
            Self::Destination(path) => new_repository::create(path, &[]),
            Self::Member(path) => {
                // Others that begin at the same time may make it first. What fails here is told by what comes next.
                path.parent().map(fs::create_dir).transpose().ok();
                new_repository::create(path, &[])
            }
            Self::Clone(site) => site.create(),
        }
    }
}
