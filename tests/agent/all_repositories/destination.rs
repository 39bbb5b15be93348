//! The place where the mirrors of an example go.

use std::fs;
use std::path::{Path, PathBuf};

use super::super::support::git::Repository;
use super::super::support::host_double::HostDouble;
use super::super::support::host_double::world::Hosted;
use super::hosts::Hosts;

/// The folder that the page shows; a folder of the test takes its place.
pub(super) const SHOWN_FOLDER: &str = "/srv/backup";

/// A container at a host, or a folder.
pub(super) enum Destination<'a> {
    GitHub(&'a HostDouble),
    /// A project of *fabrikam*, by its path before a name.
    Fabrikam(&'a HostDouble, &'static str),
    Folder(PathBuf),
}

/// A repository at the destination.
pub(super) struct Mirror {
    pub(super) git: Repository,
    /// Of a host alone.
    pub(super) hosted: Option<Hosted>,
}

impl<'a> Destination<'a> {
    /// Reads the address that the page shows.
    pub(super) fn new(shown: &str, hosts: &'a Hosts, folder: &Path) -> Self {
        match (shown, shown.strip_prefix(SHOWN_FOLDER)) {
            ("https://github.com/contoso", _) => Self::GitHub(&hosts.github),
            ("https://dev.azure.com/fabrikam/backup", _) => Self::Fabrikam(&hosts.azure, "fabrikam/backup/"),
            ("https://dev.azure.com/fabrikam", _) => Self::Fabrikam(&hosts.azure, "fabrikam/shop/"),
            (_, Some(below)) => Self::Folder(folder.join(below.trim_start_matches('/'))),
            _ => panic!("no double is at '{shown}'"),
        }
    }

    fn host(&self) -> Option<(&'a HostDouble, &'static str)> {
        match self {
            Self::GitHub(host) => Some((host, "contoso/")),
            Self::Fabrikam(host, project) => Some((host, project)),
            Self::Folder(_) => None,
        }
    }

    /// The name of the mirror that there is to be of a repository, if there is to be one.
    pub(super) fn name_of(&self, source: &Hosted) -> Option<String> {
        let name = source.name.replace(".wiki", "-wiki");
        match self {
            Self::GitHub(_) => Some(name.replace(' ', "-")),
            Self::Fabrikam(..) => Some(name),
            Self::Folder(_) => (!source.is_empty()).then_some(name),
        }
    }

    /// The names of all that is there, in their order.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = match (self, self.host()) {
            (_, Some((host, container))) => {
                let paths = host.paths().into_iter();
                paths.filter_map(|path| path.strip_prefix(container).map(str::to_owned)).collect()
            }
            (Self::Folder(folder), _) => {
                let entries = fs::read_dir(folder).into_iter().flatten();
                let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
                names.map(|name| name.strip_suffix(".git").expect("a bare repository").to_owned()).collect()
            }
            (_, None) => Vec::new(),
        };
        names.sort();
        names
    }

    /// The mirror of this name.
    #[track_caller]
    pub(super) fn mirror(&self, name: &str) -> Mirror {
        match (self, self.host()) {
            (Self::Folder(folder), _) => {
                Mirror { git: Repository { path: folder.join(format!("{name}.git")) }, hosted: None }
            }
            (_, host) => {
                let (host, container) = host.expect("a host");
                let path = format!("{container}{name}");
                Mirror { git: host.repository(&path), hosted: host.find(&path) }
            }
        }
    }
}
