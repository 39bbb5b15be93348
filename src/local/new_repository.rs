//! Makes a repository all at once: whatever ends this process meanwhile, no half of one stands at its path.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use git2::{ConfigLevel, Repository, RepositoryInitOptions, RepositoryOpenFlags};

use super::repository::failure;
use crate::error::Failure;

/// The end of a repository's name while it is made.
const INCOMPLETE: &str = ".incomplete";

/// The files of a repository that was just made, and those that libgit2 writes before it gives them their name.
const FILES: &[&str] =
    &["HEAD", "HEAD.lock", "config", "config.lock", "description", "hooks/README.sample", "info/exclude"];

/// Its folders.
const FOLDERS: &[&str] =
    &["hooks", "info", "objects", "objects/info", "objects/pack", "refs", "refs/heads", "refs/tags"];

/// Makes an empty bare repository with these settings, without the hooks and settings of a template.
///
/// It is made beside its place and moved there. An empty folder that stands there gives way, and its rights stay. Where
/// nothing can be made beside it or moved onto it, as onto a mount point or a link, it is made in its place.
///
/// # Errors
///
/// Fails if something is there, and what libgit2 says.
pub(super) fn create(path: &Path, settings: &[(&str, &str)]) -> Result<Repository, Failure> {
    let Some(incomplete) = beside(path) else { return init(path, settings) };
    if remove_remains(&incomplete).and_then(|()| make_folder(&incomplete, path)).is_err() {
        return init(path, settings);
    }
    let made = init(&incomplete, settings).map(drop);
    if made.is_ok() && replace(&incomplete, path).is_ok() {
        // As it stands, not by way of a `.git` or a folder above.
        let flags = RepositoryOpenFlags::NO_SEARCH | RepositoryOpenFlags::NO_DOTGIT;
        return Repository::open_ext(path, flags, &[] as &[&str]).map_err(|error| failure(&error));
    }
    remove_remains(&incomplete).ok();
    made.and_then(|()| init(path, settings))
}

/// Tells whether this is the name of a repository that is not made yet, or never was.
pub(super) fn is_incomplete(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    name.starts_with(b".") && name.ends_with(INCOMPLETE.as_bytes())
}

fn beside(path: &Path) -> Option<PathBuf> {
    let mut name = OsString::from(".");
    name.push(path.file_name()?);
    name.push(INCOMPLETE);
    Some(path.with_file_name(name))
}

/// Makes a folder with the rights of the one that it is to replace, if there is one.
fn make_folder(folder: &Path, replaced: &Path) -> io::Result<()> {
    let rights = match fs::symlink_metadata(replaced) {
        Ok(found) if found.is_dir() => Some(found),
        Ok(_) => return Err(io::ErrorKind::NotADirectory.into()),
        Err(_) => None,
    };
    fs::create_dir(folder)?;
    match rights {
        Some(rights) => take_rights(folder, &rights).inspect_err(|_| drop(fs::remove_dir(folder))),
        None => Ok(()),
    }
}

#[cfg(unix)]
fn take_rights(folder: &Path, found: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, chown};
    // Before the mode, of which a new owner takes a part.
    chown(folder, Some(found.uid()), Some(found.gid()))?;
    fs::set_permissions(folder, found.permissions())
}

/// Windows gives a folder those of the one above; what an empty one had on its own is not copied.
#[cfg(not(unix))]
fn take_rights(_: &Path, _: &fs::Metadata) -> io::Result<()> {
    Ok(())
}

fn init(path: &Path, settings: &[(&str, &str)]) -> Result<Repository, Failure> {
    let mut options = RepositoryInitOptions::new();
    options.bare(true).no_reinit(true).external_template(false);
    let made = Repository::init_opts(path, &options).and_then(|repository| {
        let mut config = repository.config()?.open_level(ConfigLevel::Local)?;
        settings.iter().try_for_each(|(key, value)| config.set_str(key, value))?;
        Ok(repository)
    });
    made.map_err(|error| failure(&error))
}

/// Moves a folder to where nothing is, or an empty one.
fn replace(folder: &Path, place: &Path) -> io::Result<()> {
    // Windows moves nothing onto a folder.
    #[cfg(windows)]
    match fs::remove_dir(place) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::rename(folder, place)
}

/// Removes what a run left that was killed while it made a repository, and nothing else: where there is more, that stays,
/// and this fails.
fn remove_remains(incomplete: &Path) -> io::Result<()> {
    match fs::symlink_metadata(incomplete) {
        Ok(found) if found.is_dir() => {}
        Ok(_) => return Err(io::ErrorKind::AlreadyExists.into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    }
    if !is_just_made(incomplete)? {
        return Err(io::ErrorKind::DirectoryNotEmpty.into());
    }
    fs::remove_dir_all(incomplete)
}

/// Tells whether a folder holds no more than a repository that was just made, or a part of one.
fn is_just_made(folder: &Path) -> io::Result<bool> {
    let is_in =
        |list: &[&str], path: &Path| list.iter().any(|name| path.strip_prefix(folder) == Ok(Path::new(name)));
    let mut open = vec![folder.to_owned()];
    while let Some(at) = open.pop() {
        for entry in fs::read_dir(at)? {
            let entry = entry?;
            let (path, kind) = (entry.path(), entry.file_type()?);
            if kind.is_dir() && is_in(FOLDERS, &path) {
                open.push(path);
            } else if !(kind.is_file() && is_in(FILES, &path)) {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names in a folder, in their order.
    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_repository_is_made_with_its_settings_and_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.git");
        let repository = create(&path, &[("a.b", "value")]).unwrap();
        assert!(repository.is_bare() && repository.path().starts_with(&path));
        assert_eq!(Repository::open(&path).unwrap().config().unwrap().get_string("a.b").unwrap(), "value");
        assert_eq!(names(folder.path()), ["app.git"]);
        assert!(create(&path, &[]).is_err(), "it is there");
        assert_eq!(names(folder.path()), ["app.git"]);
    }

    #[test]
    fn what_a_killed_run_left_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (path, incomplete) = (folder.path().join("app"), folder.path().join(".app.incomplete"));
        assert!(is_incomplete(incomplete.file_name().unwrap()) && !is_incomplete(path.file_name().unwrap()));
        let whole = init(&incomplete, &[("a.b", "value")]).unwrap();
        assert!(is_just_made(whole.path()).unwrap(), "{:?}", names(&incomplete));
        fs::remove_file(incomplete.join("HEAD")).unwrap();
        fs::write(incomplete.join("config.lock"), "[core]").unwrap();
        create(&path, &[]).unwrap();
        assert_eq!(names(folder.path()), ["app"]);
        assert!(Repository::open(&path).unwrap().config().unwrap().get_string("a.b").is_err());
    }

    #[test]
    fn what_is_no_such_remains_is_left_alone() {
        for name in ["objects/pack/pack-1.pack", "refs/heads/main", "mine", "objects/mine/x"] {
            let folder = tempfile::tempdir().unwrap();
            let incomplete = folder.path().join(".app.incomplete");
            let mine = incomplete.join(name);
            fs::create_dir_all(mine.parent().unwrap()).unwrap();
            fs::write(&mine, "").unwrap();
            create(&folder.path().join("app"), &[]).unwrap();
            assert!(mine.is_file(), "{name}");
            Repository::open(folder.path().join("app")).unwrap();
        }
    }

    #[test]
    fn a_folder_with_something_in_it_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app");
        fs::create_dir_all(path.join("objects")).unwrap();
        fs::write(path.join("mine"), "").unwrap();
        let beside = beside(&path).unwrap();
        init(&beside, &[]).unwrap();
        assert!(replace(&beside, &path).is_err());
        assert!(path.join("mine").is_file());
    }

    #[cfg(unix)]
    #[test]
    fn an_empty_folder_gives_way_and_its_rights_stay() {
        use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app");
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o2750)).unwrap();
        let before = fs::metadata(&path).unwrap();
        create(&path, &[]).unwrap();
        let after = fs::metadata(&path).unwrap();
        assert_eq!(after.mode(), before.mode());
        assert_eq!((after.uid(), after.gid()), (before.uid(), before.gid()));
        // The folder behind a link is not the link.
        let (link, behind) = (folder.path().join("link"), folder.path().join("behind"));
        fs::create_dir(&behind).unwrap();
        symlink(&behind, &link).unwrap();
        create(&link, &[]).unwrap();
        assert!(link.is_symlink() && behind.join("HEAD").is_file());
        assert_eq!(names(folder.path()), ["app", "behind", "link"]);
    }
}
