//! Where the local clone is kept.

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

/// Why a name is no place for a clone; to be read after the input's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum CloneDirectoryError {
    /// It climbs out with `..`, or is relative to something else.
    #[error("leads out of the working directory; write an absolute path if that is meant")]
    Outside,
    /// Such as `.`.
    #[error("is the working directory itself, not a folder in it")]
    Itself,
}

/// Returns the folder of that name in the agent's working directory, or in the process's if there is none.
///
/// An absolute path is meant as it is written; a relative one that climbs out is taken for a mistake.
pub(super) fn resolve(name: &str, working_directory: Option<&OsStr>) -> Result<PathBuf, CloneDirectoryError> {
    let name = Path::new(name);
    if name.is_absolute() {
        return Ok(name.to_owned());
    }
    let mut folder = PathBuf::new();
    for component in name.components() {
        match component {
            Component::Normal(part) => folder.push(part),
            Component::CurDir => {}
            Component::ParentDir if folder.pop() => {}
            _ => return Err(CloneDirectoryError::Outside),
        }
    }
    if folder.as_os_str().is_empty() {
        return Err(CloneDirectoryError::Itself);
    }
    Ok(match working_directory {
        Some(root) => Path::new(root).join(folder),
        None => folder,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_work(name: &str) -> Result<PathBuf, CloneDirectoryError> {
        resolve(name, Some(OsStr::new("/agent/work/1/s")))
    }

    #[test]
    fn a_name_is_a_folder_in_the_working_directory() {
        for (name, folder) in [
            ("app.git", "/agent/work/1/s/app.git"),
            ("./mirrors/app", "/agent/work/1/s/mirrors/app"),
            ("a/../app", "/agent/work/1/s/app"),
        ] {
            assert_eq!(in_work(name), Ok(folder.into()));
        }
        assert_eq!(resolve("app.git", None), Ok("app.git".into()));
    }

    #[test]
    fn a_relative_name_stays_in_the_working_directory() {
        for name in ["..", "../app", "a/../../app"] {
            assert_eq!(in_work(name), Err(CloneDirectoryError::Outside), "{name}");
        }
        for name in [".", "./", "a/.."] {
            assert_eq!(in_work(name), Err(CloneDirectoryError::Itself), "{name}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn an_absolute_path_is_taken_as_it_is() {
        assert_eq!(in_work("/srv/mirrors/app.git"), Ok("/srv/mirrors/app.git".into()));
    }
}
