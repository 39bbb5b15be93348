//! A pack on disk: the only case in which pack bytes touch it.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;

use crate::error::{ErrorKind, Failure, LocalProblem};

/// A file that holds a whole pack, at its first byte.
pub(super) struct Spooled {
    pub(super) file: File,
    /// Its size in bytes.
    pub(super) length: u64,
}

/// Puts a pack into a file without a name in `folder`, which is gone when it is closed. Where the pack itself fails, the error does not matter.
pub(super) fn spool(pack: &mut dyn Read, folder: &Path) -> Result<Spooled, Failure> {
    into_file(pack, folder).map_err(|error| {
        let message = format!("the temporary file for the pack in '{}' failed: {error}", folder.display());
        Failure::new(ErrorKind::Local(LocalProblem::TemporaryFile), message)
    })
}

fn into_file(pack: &mut dyn Read, folder: &Path) -> io::Result<Spooled> {
    let mut file = tempfile::tempfile_in(folder)?;
    let length = io::copy(pack, &mut file)?;
    file.rewind()?;
    Ok(Spooled { file, length })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spooled_pack_is_the_same_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let bytes: Vec<u8> = (0..=255).cycle().take(300_000).collect();
        let Spooled { mut file, length } = spool(&mut bytes.as_slice(), folder.path()).unwrap();
        assert_eq!(length, bytes.len() as u64);
        let mut read = Vec::new();
        file.read_to_end(&mut read).unwrap();
        assert!(read == bytes);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let spooled = spool(&mut &b"PACK"[..], Path::new("/nonexistent/folder"));
        let failure = spooled.err().unwrap();
        assert_eq!(failure.kind, ErrorKind::Local(LocalProblem::TemporaryFile));
        assert!(failure.message.contains("'/nonexistent/folder'"), "{}", failure.message);
    }
}
