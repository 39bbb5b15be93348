//! A pack on disk: the only case in which pack bytes touch it.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;

use super::events::{Event, Events};
use crate::error::{ErrorKind, Failure, LocalProblem};

/// The free space that a pack leaves to everything else on the disk, in bytes.
const RESERVE: u64 = 256 << 20;

/// After how many bytes the free space is looked at again.
const STEP: u64 = 16 << 20;

/// A file that holds a whole pack, at its first byte.
pub(super) struct Spooled {
    file: File,
    /// Its size in bytes.
    pub(super) length: u64,
}

/// A pack that is read from its file.
pub(super) struct SpooledPack<'a> {
    file: File,
    /// Told of its end, after which the destination's report follows.
    end: Option<&'a dyn Events>,
}

impl Spooled {
    /// Returns a reader of the pack, which tells of its end.
    pub(super) fn into_pack(self, events: &dyn Events) -> SpooledPack<'_> {
        SpooledPack { file: self.file, end: Some(events) }
    }
}

impl Read for SpooledPack<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buf)?;
        if count == 0 && !buf.is_empty() {
            self.end.take().into_iter().for_each(|events| events.on(Event::Sent));
        }
        Ok(count)
    }
}

/// Puts a pack into a file without a name in `folder`, which is gone when it is closed. Where the pack itself fails, the error does not matter.
pub(super) fn spool(pack: &mut dyn Read, folder: &Path) -> Result<Spooled, Failure> {
    into_file(pack, folder, &|| fs4::available_space(folder)).map_err(|error| {
        let message = format!("the temporary file for the pack in '{}' failed: {error}", folder.display());
        Failure::new(ErrorKind::Local(LocalProblem::TemporaryFile), message)
    })
}

/// Copies step by step: a source may send without end, and a full disk fails whatever else runs on the machine.
fn into_file(pack: &mut dyn Read, folder: &Path, free: &dyn Fn() -> io::Result<u64>) -> io::Result<Spooled> {
    let mut file = tempfile::tempfile_in(folder)?;
    let mut length = 0;
    loop {
        let copied = io::copy(&mut pack.take(STEP), &mut file)?;
        length += copied;
        if copied < STEP {
            break;
        }
        // Where it cannot be told, a full disk tells it.
        if free().is_ok_and(|free| free < RESERVE) {
            let message = format!("after {length} bytes less than {} MiB are free", RESERVE >> 20);
            return Err(io::Error::new(io::ErrorKind::StorageFull, message));
        }
    }
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
    fn a_pack_without_end_stops_at_the_reserve_of_free_space() {
        let folder = tempfile::tempdir().unwrap();
        let left = std::cell::Cell::new(RESERVE + 2 * STEP);
        let free = || {
            left.set(left.get() - STEP);
            Ok(left.get())
        };
        let failed = into_file(&mut io::repeat(7), folder.path(), &free).err().unwrap();
        assert_eq!(failed.kind(), io::ErrorKind::StorageFull);
        assert_eq!(failed.to_string(), format!("after {} bytes less than 256 MiB are free", 3 * STEP));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn free_space_matters_only_to_packs_of_some_size() {
        let folder = tempfile::tempdir().unwrap();
        let full = || Ok(0);
        let spooled = into_file(&mut io::repeat(7).take(STEP - 1), folder.path(), &full).unwrap();
        assert_eq!(spooled.length, STEP - 1);
        let unknown = || Err(io::ErrorKind::Unsupported.into());
        let spooled = into_file(&mut io::repeat(7).take(STEP * 2), folder.path(), &unknown).unwrap();
        assert_eq!(spooled.length, STEP * 2);
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let spooled = spool(&mut &b"PACK"[..], Path::new("/nonexistent/folder"));
        let failure = spooled.err().unwrap();
        assert_eq!(failure.kind, ErrorKind::Local(LocalProblem::TemporaryFile));
        assert!(failure.message.contains("'/nonexistent/folder'"), "{}", failure.message);
    }
}
