//! The Git folder of a repository on this machine, for what stands there beside Git's own objects.

use std::path::{Path, PathBuf};

use super::clone_folder::{CloneFolder, CloneSite};
use super::place::Place;
use super::repository::open;
use super::session::Session;
use super::site::Site;
use crate::error::Failure;
use crate::hosts::identity::RepositoryAddress;
use crate::mirror::ports::Mode;

/// Returns the Git folder of a source; of several work trees it is the one that they share.
///
/// # Errors
///
/// Fails where no repository can be opened.
pub fn of_source(path: &Path) -> Result<PathBuf, Failure> {
    open(path).map(|repository| repository.commondir().to_owned())
}

/// Returns the Git folder of a destination. Where there is no repository yet, a bare one is made, but in a dry run.
///
/// # Errors
///
/// Fails where something else stands, or nothing can be made.
pub fn of_destination(path: &Path, mode: Mode, session: &Session) -> Result<PathBuf, Failure> {
    of_site(&Site::Destination(path.to_owned()), mode, session)
}

/// Returns the Git folder of the clone directory, and makes it in the same way.
///
/// # Errors
///
/// Fails where something else stands than a clone of the source, or nothing can be made.
pub fn of_clone(
    folder: &CloneFolder,
    source: RepositoryAddress,
    mode: Mode,
    session: &Session,
) -> Result<PathBuf, Failure> {
    of_site(&Site::Clone(CloneSite::new(folder.clone(), source)), mode, session)
}

fn of_site(site: &Site, mode: Mode, session: &Session) -> Result<PathBuf, Failure> {
    match (site.look()?, mode) {
        (Place::Repository(repository), _) => Ok(repository.commondir().to_owned()),
        (Place::Vacant, Mode::DryRun) => Ok(site.path().to_owned()),
        (Place::Vacant, Mode::Mirror) => {
            session.push_started.note();
            site.create().map(|repository| repository.commondir().to_owned())
        }
    }
}
