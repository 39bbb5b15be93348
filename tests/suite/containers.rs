//! Whole runs over the repositories of a container, against doubles of hosts and real Git.

mod default_branches;
mod destinations;
mod doubles;
mod hostile;
mod interrupted;
mod jobs;
mod json;
mod large;
mod many;
mod names;
mod requests;
mod sources;
mod states;
mod strangers;
mod trouble;

use std::path::Path;

use crate::support::git::{BRANCHES_AND_TAGS, Repository};
use crate::support::host_double::{HostDouble, Kind};
use crate::support::task::Task;

/// The kinds of hosts that there are doubles of.
const KINDS: [Kind; 5] = [Kind::AzureServer, Kind::GitHub, Kind::GitLab, Kind::Gitea, Kind::Bitbucket];

/// The path of a container, as each kind has it.
fn container(kind: Kind) -> &'static str {
    match kind {
        Kind::AzureServer => "contoso/Team",
        Kind::GitHub | Kind::Gitea | Kind::GitLab => "contoso",
        Kind::Bitbucket => "TEAM",
    }
}

/// A host with a container of repositories, each with branches, a tag and a commit of its own.
pub(super) fn host_with(kind: Kind, names: &[&str]) -> HostDouble {
    let host = empty_host(kind);
    for name in names {
        fill(&host.add(&format!("{}/{name}", container(kind))), name);
    }
    host
}

/// A host with an empty container that everybody may see, so that a repository in it is as visible as it is made.
pub(super) fn empty_host(kind: Kind) -> HostDouble {
    let host = HostDouble::start(kind);
    let visibility = if kind == Kind::AzureServer { "private" } else { "public" };
    host.world().add_container(container(kind), visibility);
    host
}

/// Gives a repository two branches and a tag, with a commit that no other has.
fn fill(repository: &Repository, name: &str) {
    repository.commit("main", 3);
    repository.commit("topic", 2);
    let tree = repository.git(&["rev-parse", "main^{tree}"]);
    let own = repository.git(&["commit-tree", "-p", "main", "-m", name, &tree]);
    repository.set("refs/heads/main", &own);
    repository.set("refs/tags/v1", "refs/heads/main");
}

/// A folder with repositories, or one for them.
pub(super) struct Folder(tempfile::TempDir);

impl Folder {
    pub(super) fn new(names: &[&str]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for name in names {
            fill(&folder.add(name), name);
        }
        folder
    }

    fn add(&self, name: &str) -> Repository {
        Repository::init(self.0.path().join(format!("{name}.git")))
    }

    fn path(&self) -> &str {
        self.0.path().to_str().unwrap()
    }

    fn repository(&self, name: &str) -> Repository {
        Repository { path: self.0.path().join(format!("{name}.git")) }
    }

    /// The names of the repositories in it, in their order.
    fn names(&self) -> Vec<String> {
        names_in(self.0.path())
    }
}

/// The names of the repositories in a folder, in their order.
fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.map(|name| name.trim_end_matches(".git").to_owned()).collect();
    names.sort();
    names
}

/// A run from a container of a host into a folder.
pub(super) fn from_host(host: &HostDouble, folder: &Folder) -> Task {
    let source = host.url(container(host.kind()));
    Task::new(&source, folder.path()).input("sourceHostKind", host.kind().word())
}

/// A run from a folder into a container of a host, where what is missing is created.
pub(super) fn to_host(folder: &Folder, host: &HostDouble) -> Task {
    let destination = host.url(container(host.kind()));
    Task::new(folder.path(), &destination)
        .input("destinationHostKind", host.kind().word())
        .input("createDestination", "private")
}

/// The repository of this name in a host's usual container.
#[track_caller]
pub(super) fn hosted(host: &HostDouble, name: &str) -> Repository {
    host.repository(&format!("{}/{name}", container(host.kind())))
}

/// Expects the same branches and tags, all of them whole.
#[track_caller]
fn expect_mirror(source: &Repository, mirror: &Repository) {
    assert_eq!(mirror.refs(BRANCHES_AND_TAGS), source.refs(BRANCHES_AND_TAGS), "{}", mirror.path.display());
    mirror.fsck();
}
