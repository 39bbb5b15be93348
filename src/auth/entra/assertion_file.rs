//! Reads an assertion from a file.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use super::answer;
use crate::error::{ErrorKind, Failure, TokenProblem};
use crate::secret::Secret;

/// The most bytes of a file that are read: more than the longest token.
const MOST: u64 = 128 * 1024;

/// Reads the assertion that a file holds now.
///
/// # Errors
///
/// Fails if it cannot be read, or holds no assertion.
pub(super) fn read(path: &Path) -> Result<Secret, Failure> {
    let failure = |what: &str| {
        let message = format!("the file '{}' with the assertion {what}", path.display());
        Failure::new(ErrorKind::NoToken(TokenProblem::AssertionFile), message)
    };
    let text = text_of(path).map_err(|error| failure(&format!("cannot be read: {error}")))?;
    answer::checked(text.trim()).ok_or_else(|| failure("holds no signed token"))
}

fn text_of(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(MOST).read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn an_assertion_is_read_without_blanks_and_within_bounds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let read = |text: &[u8]| {
            fs::write(&path, text).unwrap();
            read(&path).map(|assertion| assertion.expose().to_owned())
        };
        assert_eq!(read(b" eyJ.a-b_c.sig=\n").unwrap(), "eyJ.a-b_c.sig=");
        let long = vec![b'a'; 1 << 20];
        for text in [&b""[..], b"\n", b"two tokens", b"<html>", b"\xff\xfe", &long] {
            assert_eq!(read(text).unwrap_err().kind, ErrorKind::NoToken(TokenProblem::AssertionFile));
        }
        fs::remove_file(&path).unwrap();
        assert_eq!(super::read(&path).unwrap_err().kind, ErrorKind::NoToken(TokenProblem::AssertionFile));
    }
}
