//! The folders of a repository's LFS objects, as its configuration says.

use std::path::{Path, PathBuf};

use git2::{Config, ErrorCode, Repository};

use super::clone_folder::{CloneFolder, CloneSite};
use super::place::Place;
use super::repository::{failure, open};
use super::session::Session;
use super::site::Site;
use crate::error::{ErrorKind, Failure};
use crate::hosts::identity::RepositoryAddress;
use crate::mirror::ports::Mode;

/// The name of the folder in the Git folder, if no other is set.
const FOLDER: &str = "lfs";

/// The setting that names another.
const SETTING: &str = "lfs.storage";

/// The folder of a repository's LFS objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LfsFolder {
    /// A folder whose whole path is trusted.
    pub trusted: PathBuf,
    /// The way below it, on which no link may be followed.
    pub below: PathBuf,
    /// The permissions of an object's file, where its repository is shared between users.
    pub permissions: Option<u32>,
}

/// Returns the folder of a source; several work trees share one.
///
/// # Errors
///
/// Fails where no repository can be opened.
pub fn of_source(path: &Path) -> Result<LfsFolder, Failure> {
    LfsFolder::of(&open(path)?)
}

/// Returns the folder of a destination. Where there is no repository yet, a bare one is made, but in a dry run.
///
/// # Errors
///
/// Fails where something else stands, or nothing can be made.
pub(crate) fn of_destination(site: &Site, mode: Mode, session: &Session) -> Result<LfsFolder, Failure> {
    match of_site(site, mode, session)? {
        Some(repository) => LfsFolder::of(&repository),
        None => Ok(LfsFolder::unshared(site.path().join(FOLDER), "")),
    }
}

/// Returns the folder of the clone directory, and makes the clone in the same way.
///
/// # Errors
///
/// Fails where something else stands than a clone of the source, or one whose objects are elsewhere, or nothing can be made.
pub fn of_clone(
    folder: &CloneFolder,
    source: RepositoryAddress,
    mode: Mode,
    session: &Session,
) -> Result<LfsFolder, Failure> {
    let site = Site::Clone(CloneSite::new(folder.clone(), source));
    if let Some(repository) = of_site(&site, mode, session)? {
        // A checked-out source can bring a clone along, and its configuration: it does not say where this task writes.
        let config = Config::open(&repository.path().join("config")).map_err(|error| failure(&error))?;
        if value(&config, SETTING)?.is_some() {
            let message = format!("its configuration has '{SETTING}', which leads elsewhere");
            return Err(Failure::new(ErrorKind::Occupied, message));
        }
    }
    let (trusted, below) = folder.parts();
    Ok(LfsFolder::unshared(trusted, below.join(FOLDER)))
}

/// Opens the repository of a place, or makes it; there is none before a dry run's mirror.
fn of_site(site: &Site, mode: Mode, session: &Session) -> Result<Option<Repository>, Failure> {
    match (site.look()?, mode) {
        (Place::Repository(repository), _) => Ok(Some(repository)),
        (Place::Vacant, Mode::DryRun) => Ok(None),
        (Place::Vacant, Mode::Mirror) => {
            session.push_started.note();
            site.create().map(Some)
        }
    }
}

impl LfsFolder {
    /// Reads the settings as the client of Git LFS does: a path that is not absolute begins at the Git folder.
    fn of(repository: &Repository) -> Result<Self, Failure> {
        let config = repository.config().map_err(|error| failure(&error))?;
        let storage = value(&config, SETTING)?.filter(|path| !path.is_empty());
        let trusted = repository.commondir().join(storage.as_deref().unwrap_or(FOLDER));
        let shared = value(&config, "core.sharedRepository")?;
        Ok(Self { permissions: shared.and_then(|value| permissions(&value)), ..Self::unshared(trusted, "") })
    }

    fn unshared(trusted: impl Into<PathBuf>, below: impl Into<PathBuf>) -> Self {
        Self { trusted: trusted.into(), below: below.into(), permissions: None }
    }
}

fn value(config: &Config, name: &str) -> Result<Option<String>, Failure> {
    match config.get_string(name) {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
        Err(error) => Err(failure(&error)),
    }
}

/// Returns the permissions of an object's file by the value of `core.sharedRepository`. None is what the user's mask leaves.
fn permissions(value: &str) -> Option<u32> {
    match value.to_lowercase().as_str() {
        "umask" | "0" => None,
        "group" | "1" | "true" | "yes" | "on" => Some(0o660),
        // The client of Git LFS lets the group write, too.
        "all" | "world" | "everybody" | "2" => Some(0o664),
        octal => u32::from_str_radix(octal, 8).ok().map(|permissions| permissions & 0o666),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with(settings: &[(&str, &str)]) -> (tempfile::TempDir, LfsFolder) {
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository::init_bare(folder.path()).unwrap();
        let mut config = repository.config().unwrap();
        for (name, value) in settings {
            config.set_str(name, value).unwrap();
        }
        let found = of_source(folder.path()).unwrap();
        (folder, found)
    }

    #[test]
    fn objects_lie_where_the_configuration_says() {
        let at = |settings: &[(&str, &str)], path: &str| {
            let (folder, found) = folder_with(settings);
            assert_eq!(found.trusted, folder.path().canonicalize().unwrap().join(path), "{settings:?}");
            assert_eq!((found.below, found.permissions), (PathBuf::new(), None));
        };
        at(&[], "lfs");
        at(&[(SETTING, "")], "lfs");
        at(&[(SETTING, "../shared")], "../shared");
        at(&[(SETTING, "/srv/lfs")], "/srv/lfs");
    }

    #[test]
    fn a_shared_repository_says_who_may_read_its_objects() {
        for (value, expected) in [
            ("umask", None),
            ("false", None),
            ("0", None),
            ("nonsense", None),
            ("true", Some(0o660)),
            ("Group", Some(0o660)),
            ("everybody", Some(0o664)),
            ("0640", Some(0o640)),
            ("0777", Some(0o666)),
        ] {
            assert_eq!(permissions(value), expected, "{value}");
        }
        assert_eq!(folder_with(&[("core.sharedRepository", "group")]).1.permissions, Some(0o660));
    }
}
