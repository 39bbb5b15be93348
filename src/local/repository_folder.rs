//! A folder of repositories, which is none itself.

use std::fs;
use std::path::Path;

use git2::{ErrorCode, Repository, RepositoryOpenFlags};

use crate::containers::list::{Endless, MOST_REPOSITORIES, WholeList};
use crate::hosts::listing::{Content, ListedRepository, Origin, RepositoryState};
use crate::remote::url::RemoteUrl;

/// Lists the repositories in a folder, in the order of their names, bare ones and those with a work tree. None where the
/// folder is a repository itself, cannot be read, or holds none: then it is for whoever opens it to say so.
///
/// # Errors
///
/// Fails if there are more than [`MOST_REPOSITORIES`]: no part of a list is used.
pub fn repositories_in(folder: &Path) -> Option<Result<WholeList, Endless>> {
    if is_repository(folder) {
        return None;
    }
    let mut list = WholeList::default();
    let entries = fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    for path in entries.filter(|path| is_repository(path)) {
        match listed(&path) {
            Some(repository) => list.repositories.push(repository),
            None => list.unusable.extend(path.file_name().map(|name| name.to_string_lossy().into_owned())),
        }
        if list.repositories.len() + list.unusable.len() > MOST_REPOSITORIES {
            return Some(Err(Endless));
        }
    }
    list.repositories.sort_by(|one, other| one.id.cmp(&other.id));
    list.unusable.sort();
    (!list.repositories.is_empty() || !list.unusable.is_empty()).then_some(Ok(list))
}

/// Tells whether a folder is a repository, as it stands: not by one above it. One of another owner, which is not to be
/// opened, is one.
pub fn is_repository(path: &Path) -> bool {
    let open = || Repository::open_ext(path, RepositoryOpenFlags::NO_SEARCH, &[] as &[&str]);
    path.is_dir() && open().err().is_none_or(|error| error.code() == ErrorCode::Owner)
}

/// Names a repository by its folder, without the suffix of a bare one; none if that is no text.
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
        fs::create_dir(folder.path().join("empty")).unwrap();
        fs::write(folder.path().join("file.git"), "").unwrap();
        let listed = repositories_in(folder.path()).unwrap().unwrap().repositories;
        let names: Vec<_> = listed.iter().map(|one| (one.id.as_str(), one.name.as_str())).collect();
        assert_eq!(names, [("a", "a"), ("b.git", "b")]);
        assert!(matches!(&listed[1].clone_url, RemoteUrl::Local(path) if path.as_path().ends_with("b.git")));
        for repository in ["a", "b.git"] {
            assert!(repositories_in(&folder.path().join(repository)).is_none(), "{repository}");
        }
        assert!(repositories_in(&folder.path().join("none")).is_none());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_repository_whose_name_is_no_text_is_not_passed_over() {
        use std::os::unix::ffi::OsStrExt as _;
        let folder = tempfile::tempdir().unwrap();
        Repository::init_bare(folder.path().join(std::ffi::OsStr::from_bytes(b"a\xff.git"))).unwrap();
        let list = repositories_in(folder.path()).unwrap().unwrap();
        assert_eq!((list.repositories.len(), list.unusable), (0, vec!["a\u{fffd}.git".to_owned()]));
    }
}
