//! The pointer that stands for an LFS object in a Git repository: a small text file with the object's id and size.
//!
//! ```text
//! version https://git-lfs.github.com/spec/v1
//! oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
//! size 12345
//! ```
//!
//! The specification knows one way to write a pointer; git-lfs reads many more, and asks its server for what they point
//! to. So what counts here is what git-lfs reads (`lfs/pointer.go`): blanks around the whole, empty lines and CRLF
//! anywhere, lines of extensions anywhere before the size, a sign and zeros before the number.

use std::fmt;

use serde::Serialize;

use super::oid::Oid;

/// The size from which on no file is a pointer, in bytes.
pub const CUTOFF: u64 = 1024;

/// The fewest bytes of a pointer: the shortest version and a size of one digit.
pub const SHORTEST: u64 = 114;

/// The start of the line by which every pointer names its version, wherever it stands.
pub(super) const VERSION_LINE: &[u8] = b"version http";

/// The three versions, which all mean the same; git-lfs writes the last.
const VERSIONS: [&[u8]; 3] =
    [b"http://git-media.io/v/2", b"https://hawser.github.com/spec/v1", b"https://git-lfs.github.com/spec/v1"];

/// The lines that a pointer must have, in this order.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    Version,
    Oid,
    Size,
    Nothing,
}

/// An LFS object, as a Git repository and requests of LFS name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Pointer {
    /// Its id.
    pub oid: Oid,
    /// Its size in bytes, at most `i64::MAX`. Whoever wrote the pointer may have lied.
    pub size: u64,
}

/// Writes it as git-lfs does, with the last line's end.
impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n", self.oid, self.size)
    }
}

impl Pointer {
    /// Reads the content of a blob; none if it is no pointer. An empty file stands for itself, and is none here.
    pub fn parse(blob: &[u8]) -> Option<Self> {
        if blob.len() as u64 >= CUTOFF {
            return None;
        }
        let (mut expected, mut extensions) = (Expected::Version, Extensions::default());
        let (mut oid, mut size) = (None, None);
        for line in trimmed(blob).split(|byte| *byte == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                continue;
            }
            let (key, value) = split_once(line)?;
            expected = match (expected, key) {
                (Expected::Version, b"version") if VERSIONS.contains(&value) => Expected::Oid,
                (Expected::Oid, b"oid") => {
                    oid = Some(sha256(value)?);
                    Expected::Size
                }
                (Expected::Size, b"size") => {
                    size = Some(number(value)?);
                    Expected::Nothing
                }
                // Nothing may follow the size.
                (Expected::Nothing, _) => return None,
                (expected, key) => {
                    extensions.add(key, value)?;
                    expected
                }
            };
        }
        extensions.are_valid().then_some(())?;
        Some(Self { oid: oid?, size: size? })
    }
}

/// The lines of extensions, by priority: programs that made the object of the file, each with the id of its input.
#[derive(Default)]
struct Extensions<'a>([Option<(&'a [u8], &'a [u8])>; 10]);

impl<'a> Extensions<'a> {
    /// Takes `ext-N-NAME`; none for another key, and where two have one priority. One that is repeated replaces itself.
    fn add(&mut self, key: &'a [u8], value: &'a [u8]) -> Option<()> {
        let [priority @ b'0'..=b'9', b'-', name @ ..] = key.strip_prefix(b"ext-")? else { return None };
        // git-lfs looks at the first character of the name alone.
        let first = name.first()?;
        (first.is_ascii_alphanumeric() || *first == b'_').then_some(())?;
        let slot = self.0.get_mut(usize::from(priority - b'0'))?;
        if slot.is_some_and(|(other, _)| other != key) {
            return None;
        }
        *slot = Some((key, value));
        Some(())
    }

    fn are_valid(&self) -> bool {
        self.0.iter().flatten().all(|(_, value)| sha256(value).is_some())
    }
}

fn sha256(value: &[u8]) -> Option<Oid> {
    Oid::from_hex(value.strip_prefix(b"sha256:")?)
}

/// Reads a number as Go does: with a sign, with zeros before it, and none that needs more than 63 bits.
fn number(value: &[u8]) -> Option<u64> {
    let text = str::from_utf8(value).ok()?;
    u64::try_from(text.parse::<i64>().ok()?).ok()
}

/// Splits a line at its first blank.
fn split_once(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = line.iter().position(|byte| *byte == b' ')?;
    Some((line.get(..at)?, line.get(at + 1..)?))
}

/// Leaves out what is white space in Unicode, at both ends of bytes that need not be UTF-8.
fn trimmed(bytes: &[u8]) -> &[u8] {
    let blank = |chunk: &str| chunk.trim().is_empty();
    let mut rest = bytes;
    while let Some(length) =
        (1..=3).find(|n| rest.get(..*n).is_some_and(|c| str::from_utf8(c).is_ok_and(blank)))
    {
        rest = rest.get(length..).unwrap_or_default();
    }
    while let Some(start) = (1..=3)
        .filter_map(|n| rest.len().checked_sub(n))
        .find(|at| rest.get(*at..).is_some_and(|c| str::from_utf8(c).is_ok_and(blank)))
    {
        rest = rest.get(..start).unwrap_or_default();
    }
    rest
}

#[cfg(test)]
mod tests;
