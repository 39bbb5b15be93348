//! A folder of repositories, which is none itself.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use super::new_repository;
use crate::containers::list::{Endless, MOST_REPOSITORIES, WholeList};
use crate::hosts::listing::{Content, ListedRepository, Origin, RepositoryState};
use crate::remote::url::RemoteUrl;

/// The beginning of a file `.git` that names the folder of the repository.
const GITDIR: &[u8; 8] = b"gitdir: ";

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
    let entries = fs::read_dir(folder).ok()?.filter_map(Result::ok);
    let paths = entries.filter(|entry| !new_repository::is_incomplete(&entry.file_name()));
    for path in paths.map(|entry| entry.path()).filter(|path| is_repository(path)) {
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

/// Tells whether a folder is a repository, as it stands: not by one above it. Its parts tell, so one whose format is not
/// supported is listed too, and says so where it is opened.
pub fn is_repository(path: &Path) -> bool {
    let git = path.join(".git");
    has_parts(path) || has_parts(&git) || leads_to_repository(&git)
}

/// Tells whether a folder has the parts of a repository, each of which may be a link.
fn has_parts(folder: &Path) -> bool {
    // A link that leads nowhere, too: so a branch that has no commit yet was once written.
    let head = folder.join("HEAD").symlink_metadata();
    head.is_ok_and(|head| !head.is_dir()) && folder.join("objects").is_dir() && folder.join("refs").is_dir()
}

/// Tells whether the file `.git` of a work tree names the folder of its repository, as in a submodule.
fn leads_to_repository(git: &Path) -> bool {
    let start = fs::File::open(git).and_then(|mut file| {
        let mut start = [0; GITDIR.len()];
        file.read_exact(&mut start).map(|()| start)
    });
    start.is_ok_and(|start| start == *GITDIR)
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
    use git2::Repository;

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

    #[test]
    fn a_repository_is_one_by_its_parts_though_it_cannot_be_opened() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for (name, config) in [
            ("future", "[core]\n\trepositoryformatversion = 7\n"),
            ("sha256", "[core]\n\trepositoryformatversion = 1\n[extensions]\n\tobjectFormat = sha256\n"),
            ("unknown", "[core]\n\trepositoryformatversion = 1\n[extensions]\n\tnone = yes\n"),
        ] {
            Repository::init_bare(at(name)).unwrap();
            fs::write(at(name).join("config"), config).unwrap();
        }
        Repository::init(at("tree")).unwrap();
        for (name, lead) in [("submodule", "gitdir: ../future\n"), ("other", "gitdir"), ("short", "g")] {
            fs::create_dir(at(name)).unwrap();
            fs::write(at(name).join(".git"), lead).unwrap();
        }
        for missing in ["HEAD", "objects", "refs"] {
            let part = Repository::init_bare(at(missing)).unwrap().path().join(missing);
            if part.is_dir() { fs::remove_dir_all(part) } else { fs::remove_file(part) }.unwrap();
        }
        let listed = repositories_in(folder.path()).unwrap().unwrap().repositories;
        let names: Vec<_> = listed.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(names, ["future", "sha256", "submodule", "tree", "unknown"]);
    }
}
