//! A folder of repositories, which is none itself.

use std::fs;
use std::path::Path;

use git2::{Repository, RepositoryOpenFlags};

use super::new_repository;
use crate::hosts::listing::{Content, ListedRepository, Origin, RepositoryState};
use crate::remote::url::RemoteUrl;

/// The most entries of a folder that are looked at.
const MOST: usize = 100_000;

/// Lists the repositories in a folder, in the order of their names, bare ones and those with a work tree. None where the
/// folder is a repository itself, cannot be read, or holds none: then it is for whoever opens it to say so.
pub fn repositories_in(folder: &Path) -> Option<Vec<ListedRepository>> {
    if is_repository(folder) {
        return None;
    }
    let entries = fs::read_dir(folder).ok()?.take(MOST);
    let paths = entries
        .filter_map(Result::ok)
        .filter(|entry| !new_repository::is_incomplete(&entry.file_name()))
        .map(|entry| entry.path())
        .filter(|path| is_repository(path));
    let mut listed: Vec<_> = paths.filter_map(|path| listed(&path)).collect();
    listed.sort_by(|one, other| one.id.cmp(&other.id));
    (!listed.is_empty()).then_some(listed)
}

/// Tells whether a folder is a repository, as it stands: not by one above it.
fn is_repository(path: &Path) -> bool {
    path.is_dir() && Repository::open_ext(path, RepositoryOpenFlags::NO_SEARCH, &[] as &[&str]).is_ok()
}

/// Names a repository by its folder, without the suffix of a bare one.
fn listed(path: &Path) -> Option<ListedRepository> {
    let folder = path.file_name()?.to_str()?;
    Some(ListedRepository {
        id: folder.to_owned(),
        name: folder.strip_suffix(".git").unwrap_or(folder).to_owned(),
        project: String::new(),
        project_name: String::new(),
        content: Content::Code,
        wiki: None,
        clone_url: RemoteUrl::Local(path.to_owned().into()),
        size: None,
        default_branch: None,
        state: RepositoryState::Active,
        origin: Origin::Own,
        visibility: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repositories_of_a_folder_are_listed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        assert!(repositories_in(folder.path()).is_none());
        Repository::init_bare(folder.path().join("b.git")).unwrap();
        Repository::init(folder.path().join("a")).unwrap();
        Repository::init_bare(folder.path().join(".c.incomplete")).unwrap();
        fs::create_dir(folder.path().join("empty")).unwrap();
        fs::write(folder.path().join("file.git"), "").unwrap();
        let listed = repositories_in(folder.path()).unwrap();
        let names: Vec<_> = listed.iter().map(|one| (one.id.as_str(), one.name.as_str())).collect();
        assert_eq!(names, [("a", "a"), ("b.git", "b")]);
        assert!(matches!(&listed[1].clone_url, RemoteUrl::Local(path) if path.as_path().ends_with("b.git")));
        for repository in ["a", "b.git"] {
            assert!(repositories_in(&folder.path().join(repository)).is_none(), "{repository}");
        }
        assert!(repositories_in(&folder.path().join("none")).is_none());
    }
}
