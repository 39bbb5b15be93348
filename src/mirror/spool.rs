//! A pack on disk: the only case in which pack bytes touch it.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;

use crate::error::{Failure, Fault};

/// Puts a pack into a file without a name in `folder`, which is gone when it is closed, and returns the file
/// at its first byte. Where the pack itself fails, the error does not matter.
pub(super) fn spool(pack: &mut dyn Read, folder: &Path) -> Result<File, Failure> {
    into_file(pack, folder).map_err(|error| {
        let message = format!("the temporary file for the pack in '{}' failed: {error}", folder.display());
        Failure::new(Fault::Local, message)
    })
}

fn into_file(pack: &mut dyn Read, folder: &Path) -> io::Result<File> {
    let mut file = tempfile::tempfile_in(folder)?;
    io::copy(pack, &mut file)?;
    file.rewind()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spooled_pack_is_the_same_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let bytes: Vec<u8> = (0..=255).cycle().take(300_000).collect();
        let mut file = spool(&mut bytes.as_slice(), folder.path()).unwrap();
        let mut read = Vec::new();
        file.read_to_end(&mut read).unwrap();
        assert!(read == bytes);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let failure = spool(&mut &b"PACK"[..], Path::new("/nonexistent/folder")).unwrap_err();
        assert_eq!(failure.fault, Fault::Local);
        assert!(failure.message.contains("'/nonexistent/folder'"), "{}", failure.message);
    }
}
