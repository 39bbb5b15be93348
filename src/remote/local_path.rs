//! A repository on this machine.

use std::fmt;
use std::path::{Path, PathBuf};

use url::Url;

use super::url_error::UrlError;
use super::url_error::malformed;

/// The path of a repository on this machine, absolute or relative to the working directory.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LocalPath(PathBuf);

impl LocalPath {
    /// Returns the path itself.
    pub fn as_path(&self) -> &Path {
        &self.0
    }

    /// Reads an absolute path, or one that begins with `./` or `../`; none for any other text.
    pub(crate) fn parse(text: &str) -> Result<Option<Self>, UrlError> {
        let is_separator = |c| c == '/' || (c == '\\' && cfg!(windows));
        let first = text.split(is_separator).next().unwrap_or_default();
        let is_plain = matches!(first, "" | "." | "..");
        if !is_plain && is_of_windows(text) && !cfg!(windows) {
            return Err(UrlError::WindowsPath);
        }
        Ok((is_plain || is_of_windows(text)).then(|| Self(text.into())))
    }

    /// Reads a `file://` URL.
    pub(crate) fn from_url(text: &str) -> Result<Self, UrlError> {
        let url = Url::parse(text).map_err(|error| malformed(error.to_string()))?;
        let path = url.to_file_path();
        path.map(Self).map_err(|()| malformed("it names no path of this machine; write file:///path"))
    }
}

/// `C:\app`, `C:/app` and `\\server\share\app`.
fn is_of_windows(text: &str) -> bool {
    match text.as_bytes() {
        [drive, b':', b'\\' | b'/', ..] => drive.is_ascii_alphabetic(),
        [b'\\', b'\\', ..] => true,
        _ => false,
    }
}

impl fmt::Display for LocalPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.display().fmt(f)
    }
}

impl From<PathBuf> for LocalPath {
    fn from(path: PathBuf) -> Self {
        Self(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_taken_as_it_is() {
        for given in ["/srv/my repos/r%20.git", "./r", "../r", "/", "."] {
            assert_eq!(LocalPath::parse(given).unwrap().unwrap().as_path(), Path::new(given));
        }
        for given in ["r", "r/s", "~/r", "host:r", ".git"] {
            assert_eq!(LocalPath::parse(given), Ok(None), "{given}");
        }
    }

    #[test]
    fn paths_of_windows_are_paths_only_there() {
        for given in [r"C:\repos\r", "c:/repos/r", r"\\server\share\r"] {
            match LocalPath::parse(given) {
                Ok(path) => assert!(cfg!(windows) && path.is_some(), "{given}"),
                Err(error) => {
                    assert!(!cfg!(windows) && error == UrlError::WindowsPath, "{given}");
                }
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_url_is_decoded() {
        for (given, path) in [
            ("file:///srv/my%20repos/r.git", "/srv/my repos/r.git"),
            ("file://localhost/srv/r", "/srv/r"),
            ("FILE:///srv/r/", "/srv/r/"),
        ] {
            assert_eq!(LocalPath::from_url(given).unwrap().as_path(), Path::new(path));
        }
        for given in ["file://server/share/r", "file://srv"] {
            assert!(matches!(LocalPath::from_url(given), Err(UrlError::Malformed(_))), "{given}");
        }
    }
}
