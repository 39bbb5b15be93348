//! The folder of the local clone.

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

use crate::local::clone_folder::CloneFolder;

/// The reason why a name is no place for a clone; to be read after the input's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CloneDirectoryError {
    /// It climbs out with `..`, or is relative to something else, as `C:app` and `\app` are on Windows.
    #[error("leads out of the working directory; write an absolute path if that is meant")]
    Outside,
    /// Such as `.`.
    #[error("is the working directory itself, not a folder in it")]
    Itself,
    /// Windows takes it for a device, a stream of another file, or a name that is written otherwise.
    #[error("holds a name that Windows keeps for itself")]
    Reserved,
}

/// Devices of Windows, whatever extension follows.
const DEVICES: &[&str] = &["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];

/// Returns the folder of that name in the agent's working directory, or in the process's if there is none.
///
/// An absolute path is meant as it is written, unless it leads into the working directory: what is checked out there
/// can bring links along. A relative one that climbs out is taken for a mistake.
pub(crate) fn resolve(
    name: &str,
    working_directory: Option<&OsStr>,
) -> Result<CloneFolder, CloneDirectoryError> {
    let name = Path::new(name);
    let root = Path::new(working_directory.unwrap_or_default());
    let below = if name.is_absolute() {
        let inside = working_directory.and_then(|_| name.strip_prefix(root).ok());
        match inside.map(normal) {
            Some(Ok(below)) => below,
            Some(Err(_)) | None => return Ok(CloneFolder::trusted(name)),
        }
    } else {
        normal(name)?
    };
    if cfg!(windows) && below.components().any(|part| is_reserved(&part.as_os_str().to_string_lossy())) {
        return Err(CloneDirectoryError::Reserved);
    }
    Ok(CloneFolder::below(root, below))
}

/// Takes `.` and `..` out of a relative path.
fn normal(name: &Path) -> Result<PathBuf, CloneDirectoryError> {
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
    Ok(folder)
}

/// Tells whether Windows gives one part of a path a meaning of its own.
fn is_reserved(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let is_port = |port: &str| {
        stem.strip_prefix(port)
            .is_some_and(|rest| matches!(rest.as_bytes(), [digit] if digit.is_ascii_digit()))
    };
    DEVICES.contains(&stem.as_str())
        || is_port("COM")
        || is_port("LPT")
        || part.contains([':', '<', '>', '"', '|', '?', '*'])
        || part.ends_with(['.', ' '])
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "/agent/work/1/s";

    fn in_work(name: &str) -> Result<CloneFolder, CloneDirectoryError> {
        resolve(name, Some(OsStr::new(ROOT)))
    }

    #[test]
    fn a_name_is_a_folder_in_the_working_directory() {
        for (name, folder) in [("app.git", "app.git"), ("./mirrors/app", "mirrors/app"), ("a/../app", "app")]
        {
            assert_eq!(in_work(name), Ok(CloneFolder::below(ROOT, folder)));
        }
        assert_eq!(resolve("app.git", None), Ok(CloneFolder::below("", "app.git")));
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
    fn an_absolute_path_is_trusted_outside_of_what_is_checked_out() {
        let outside = "/srv/mirrors/app.git";
        assert_eq!(in_work(outside), Ok(CloneFolder::trusted(outside)));
        assert_eq!(in_work("/agent/work/1/s/a/app.git"), Ok(CloneFolder::below(ROOT, "a/app.git")));
        let climbs = "/agent/work/1/s/../app.git";
        assert_eq!(in_work(climbs), Ok(CloneFolder::trusted(climbs)));
    }

    #[cfg(windows)]
    #[test]
    fn a_path_relative_to_a_drive_leads_out() {
        for name in ["C:app", r"\app"] {
            assert_eq!(in_work(name), Err(CloneDirectoryError::Outside), "{name}");
        }
        assert_eq!(in_work("NUL"), Err(CloneDirectoryError::Reserved));
    }

    #[test]
    fn names_that_windows_keeps_for_itself_are_known() {
        for name in ["con", "NUL.git", "Com1", "lpt9.x", "a:b", "app.", "app ", "aux .git"] {
            assert!(is_reserved(name), "{name}");
        }
        for name in ["app.git", "console", "com", "com10", ".git", "nul-app"] {
            assert!(!is_reserved(name), "{name}");
        }
    }
}
