//! The folder that keeps a clone of the source: made by this task, or one whose origin is the source.
//!
//! A mirror overwrites and deletes refs. So it goes only where the repository itself names the source, and nothing
//! in the folder may lead elsewhere: a checked-out source can bring links and whole repositories along.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use git2::{Config, Repository, RepositoryOpenFlags};

use super::extensions::Unsupported;
use super::new_repository;
use super::place;
use super::place::Place;
use super::repository::{explain, failure};
use crate::error::{ErrorKind, Failure, LocalProblem};
use crate::hosts::identity::RepositoryAddress;
use crate::remote::url::RemoteUrl;

/// The mark of a clone that this task made: its value names the source.
const MARK: &str = "mirror-git-repository.source";

/// The same of a clone that Git made.
const ORIGIN: &str = "remote.origin.url";

/// Files by which Git looks for refs and objects outside of the folder.
const LEADS_ELSEWHERE: &[&str] =
    &[".git", "commondir", "gitdir", "objects/info/alternates", "objects/info/http-alternates"];

/// The place of a clone: a folder that is trusted, and the way below it, on which no link is followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloneFolder {
    trusted: PathBuf,
    below: PathBuf,
}

/// A clone folder, and the source that it is for.
#[derive(Clone, Debug)]
pub(crate) struct CloneSite {
    folder: CloneFolder,
    path: PathBuf,
    source: RepositoryAddress,
}

impl CloneFolder {
    /// Names a folder below a trusted one; `below` has normal components only.
    pub fn below(trusted: impl Into<PathBuf>, below: impl Into<PathBuf>) -> Self {
        Self { trusted: trusted.into(), below: below.into() }
    }

    /// Names a folder whose whole path is trusted, links on it included.
    pub fn trusted(path: impl Into<PathBuf>) -> Self {
        Self::below(path, "")
    }

    /// Returns the path of the folder itself.
    pub fn path(&self) -> PathBuf {
        if self.below.as_os_str().is_empty() { self.trusted.clone() } else { self.trusted.join(&self.below) }
    }

    /// Returns the folder that is trusted, and the way from there.
    pub(super) fn parts(&self) -> (&Path, &Path) {
        (&self.trusted, &self.below)
    }

    /// Refuses a link between the trusted folder and this one; what does not exist is none.
    fn refuse_links_on_the_way(&self) -> Result<(), Failure> {
        let mut at = self.trusted.clone();
        for component in self.below.components() {
            at.push(component);
            match fs::symlink_metadata(&at) {
                Ok(found) if found.is_symlink() => return Err(a_link(&at)),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                Err(error) => return Err(unreadable(&error)),
            }
        }
        Ok(())
    }
}

impl CloneSite {
    pub(crate) fn new(folder: CloneFolder, source: RepositoryAddress) -> Self {
        Self { path: folder.path(), folder, source }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Looks; refuses all but a clone of the source, an empty folder, or nothing. Folders above may be missing.
    pub(crate) fn look(&self) -> Result<Place, Failure> {
        self.folder.refuse_links_on_the_way()?;
        match fs::read_dir(&self.path).map(|mut entries| entries.next().is_none()) {
            Ok(true) => Ok(Place::Vacant),
            Ok(false) => self.open().map(Place::Repository),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Place::Vacant),
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => Err(place::a_file()),
            Err(error) => Err(unreadable(&error)),
        }
    }

    /// Makes an empty bare repository with the mark, and the folders above it.
    pub(crate) fn create(&self) -> Result<Repository, Failure> {
        if let Some(above) = self.path.parent() {
            fs::create_dir_all(above).map_err(|error| unreadable(&error))?;
        }
        self.folder.refuse_links_on_the_way()?;
        new_repository::create(&self.path, &[(MARK, &self.source.to_string())])
    }

    /// Opens what stands in the folder, once it is known to be a clone of the source.
    fn open(&self) -> Result<Repository, Failure> {
        for name in LEADS_ELSEWHERE {
            if self.path.join(name).symlink_metadata().is_ok() {
                return Err(occupied(format!("it holds '{name}', which a bare clone never has")));
            }
        }
        if let Some(link) = first_link(&self.path).map_err(|error| unreadable(&error))? {
            return Err(a_link(&link));
        }
        // As it stands, not by way of a `.git` or a folder above.
        let flags = RepositoryOpenFlags::NO_SEARCH | RepositoryOpenFlags::NO_DOTGIT;
        let repository = Repository::open_ext(&self.path, flags, &[] as &[&str])
            .map_err(|error| explain(&self.path, &error))?;
        if !repository.is_bare() {
            return Err(occupied("it is a repository with a work tree, not a bare clone".into()));
        }
        if let Some(unsupported) = Unsupported::of(&self.path).into_iter().find(Unsupported::misleads) {
            return Err(unsupported.into());
        }
        self.require_source()?;
        Ok(repository)
    }

    /// Requires that the repository's own configuration, and no other, names the source.
    fn require_source(&self) -> Result<(), Failure> {
        let config = Config::open(&self.path.join("config")).map_err(|error| failure(&error))?;
        let named: Vec<String> =
            [MARK, ORIGIN].iter().filter_map(|key| config.get_string(key).ok()).collect();
        if named.iter().any(|url| self.source.is_at(url)) {
            return Ok(());
        }
        // Shown without the user and the token that it may hold.
        let shown = named.first().and_then(|url| RemoteUrl::parse(url).ok());
        Err(occupied(match shown {
            Some((url, _)) => format!("it is a clone of '{url}', not of '{}'", self.source),
            None => format!("it is a bare repository that does not say it is a clone of '{}'", self.source),
        }))
    }
}

/// Looks through a whole folder for a link, following none.
fn first_link(folder: &Path) -> io::Result<Option<PathBuf>> {
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_symlink() {
                return Ok(Some(entry.path()));
            }
            if kind.is_dir() {
                open.push(entry.path());
            }
        }
    }
    Ok(None)
}

fn occupied(found: String) -> Failure {
    Failure::new(ErrorKind::Occupied, found)
}

fn a_link(path: &Path) -> Failure {
    occupied(format!("'{}' is a link, which could lead anywhere", path.display()))
}

fn unreadable(error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::NotADirectory {
        return place::a_file();
    }
    Failure::new(ErrorKind::Local(LocalProblem::Repository), error.to_string())
}
