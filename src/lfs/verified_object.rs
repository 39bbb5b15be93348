//! An LFS object on its way, of which no destination gets the last bytes before they are known to be right.
//!
//! Servers exist that store whatever they get under the name that it was announced by. So a small object is read whole
//! and compared first; of a larger one the last piece is held back until the hash of all is its name.

use std::io::{self, Read};

use sha2::{Digest as _, Sha256};

use super::pointer::Pointer;
use crate::error::{ErrorKind, Failure, LfsProblem};

/// The size of an object that is read whole, in bytes; eight at a time are in memory.
const WHOLE: u64 = 1 << 20;

/// The number of bytes at the end of a larger one that are held back.
const HELD_BACK: u64 = 64 * 1024;

/// A reader of an object's bytes, which fails instead of giving the last of wrong ones.
pub struct VerifiedObject<'a> {
    from: Box<dyn Read + Send + 'a>,
    pointer: Pointer,
    hash: Sha256,
    /// The number of bytes that are still to be read before those that are held back.
    ahead: u64,
    /// The last bytes, once they are known to be right.
    end: End,
    /// The failure that ended it.
    failure: Option<Failure>,
}

/// The bytes at an object's end.
enum End {
    /// Not read yet.
    Unread,
    /// Right, and given out up to this place.
    Certain { bytes: Vec<u8>, given: usize },
}

impl<'a> VerifiedObject<'a> {
    /// Reads an object of this name and size from where it comes. Of a small one all is read here.
    ///
    /// # Errors
    ///
    /// Fails if a small object cannot be read or is not what its name says.
    pub fn open(pointer: Pointer, from: Box<dyn Read + Send + 'a>) -> Result<Self, Failure> {
        let held_back = if pointer.size <= WHOLE { pointer.size } else { HELD_BACK };
        let ahead = pointer.size - held_back;
        let mut object = Self { from, pointer, hash: Sha256::new(), ahead, end: End::Unread, failure: None };
        if object.ahead == 0 {
            object.read_end(held_back)?;
        }
        Ok(object)
    }

    /// Returns the failure that ended it, if one did: whoever read it only saw that it broke off.
    pub fn into_failure(self) -> Option<Failure> {
        self.failure
    }

    /// Reads the last bytes, and compares the hash of all with the name.
    fn read_end(&mut self, length: u64) -> io::Result<()> {
        let mut bytes = Vec::new();
        // One more byte tells whether it goes on.
        self.from.by_ref().take(length + 1).read_to_end(&mut bytes)?;
        self.hash.update(&bytes);
        if (bytes.len() as u64) < length {
            return Err(self.broken("it ended before its size was reached"));
        }
        if bytes.len() as u64 > length {
            return Err(wrong(format!(
                "LFS object {} is larger than its {} bytes",
                self.pointer.oid, self.pointer.size
            )));
        }
        let hash: [u8; 32] = self.hash.clone().finalize().into();
        if hash != *self.pointer.oid.as_bytes() {
            return Err(wrong(format!("the content of LFS object {} has another hash", self.pointer.oid)));
        }
        self.end = End::Certain { bytes, given: 0 };
        Ok(())
    }

    fn broken(&self, what: &str) -> io::Error {
        let message = format!("LFS object {} did not come whole: {what}", self.pointer.oid);
        io::Error::other(Failure::new(ErrorKind::Interrupted, message))
    }
}

/// Says that what came is not the object; asking again does not help.
fn wrong(message: String) -> io::Error {
    io::Error::other(Failure::new(ErrorKind::Lfs(LfsProblem::WrongContent), message))
}

impl Read for VerifiedObject<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        self.next(buf).map_err(|error| {
            let failure = Failure::from(error);
            self.failure = Some(failure.clone());
            io::Error::other(failure)
        })
    }
}

impl VerifiedObject<'_> {
    fn next(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.ahead > 0 {
            let most = usize::try_from(self.ahead).unwrap_or(usize::MAX).min(buf.len());
            let (piece, _) = buf.split_at_mut(most);
            let count = self.from.read(piece)?;
            if count == 0 {
                return Err(self.broken("it ended before its size was reached"));
            }
            self.hash.update(piece.split_at(count).0);
            self.ahead -= count as u64;
            return Ok(count);
        }
        if matches!(self.end, End::Unread) {
            self.read_end(HELD_BACK)?;
        }
        let End::Certain { bytes, given } = &mut self.end else { return Ok(0) };
        let left = bytes.split_at(*given).1;
        let count = left.len().min(buf.len());
        buf.split_at_mut(count).0.copy_from_slice(left.split_at(count).0);
        *given += count;
        Ok(count)
    }
}

impl std::fmt::Debug for VerifiedObject<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VerifiedObject").field("pointer", &self.pointer).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lfs::testing::pointer_to;

    /// Returns what a destination gets of these bytes, and how it ends.
    fn given(pointer: Pointer, from: &[u8]) -> (Vec<u8>, Option<ErrorKind>) {
        let mut given = Vec::new();
        let kind = match VerifiedObject::open(pointer, Box::new(from)) {
            Ok(mut object) => object.read_to_end(&mut given).err().map(|error| Failure::from(error).kind),
            Err(failure) => Some(failure.kind),
        };
        (given, kind)
    }

    fn content(size: usize) -> Vec<u8> {
        (0..251).cycle().take(size).collect()
    }

    const SIZES: [usize; 6] = [0, 1, 1 << 20, (1 << 20) + 1, (1 << 20) + 65_536, 3 << 20];

    #[test]
    fn what_is_right_goes_through() {
        for size in SIZES {
            let content = content(size);
            assert_eq!(given(pointer_to(&content), &content), (content.clone(), None), "{size}");
        }
    }

    #[test]
    fn of_wrong_bytes_the_last_are_not_given() {
        const WRONG: Option<ErrorKind> = Some(ErrorKind::Lfs(LfsProblem::WrongContent));
        const CUT: Option<ErrorKind> = Some(ErrorKind::Interrupted);
        for size in SIZES.into_iter().filter(|size| *size > 0) {
            let right = content(size);
            let pointer = pointer_to(&right);
            let mut other = right.clone();
            other[size / 2] ^= 1;
            let longer = [&right[..], b"x"].concat();
            for (from, expected) in
                [(&other[..], WRONG), (&longer, WRONG), (&right[..size - 1], CUT), (&[], CUT)]
            {
                let (given, kind) = given(pointer, from);
                assert_eq!(kind, expected, "{size}");
                let held_back = if size <= 1 << 20 { size } else { 64 * 1024 };
                assert!(given.len() <= size - held_back, "{size}: {}", given.len());
            }
        }
    }

    #[test]
    fn a_hash_of_another_size_is_refused() {
        let right = content(10);
        let shorter = Pointer { size: 9, ..pointer_to(&right) };
        assert_eq!(given(shorter, &right).1, Some(ErrorKind::Lfs(LfsProblem::WrongContent)));
    }
}
