//! A few small objects of a source, read whole from a pack that holds little else.

use std::fmt;

use crate::error::{ErrorKind, Failure};
use crate::mirror::ports::Pack;
use crate::protocol::object_id::ObjectFormat;
use crate::protocol::pack_entry::{Content, Entry, Form, IdLength, Kind, PackError, Visitor};
use crate::protocol::pack_scanner::PackScanner;

/// The most bytes of all objects together, and of the pack.
const MOST: usize = 4 << 20;

/// An object that came whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmallObject {
    /// Its type.
    pub kind: Kind,
    /// Its content.
    pub content: Vec<u8>,
}

/// The reason why the objects are not known.
#[derive(Debug)]
enum Unread {
    Pack(PackError),
    TooMuch,
}

#[derive(Default)]
struct Collector {
    objects: Vec<SmallObject>,
    bytes: usize,
}

/// Reads the objects of a pack in their order, without those that came as the difference to another.
///
/// # Errors
///
/// Fails if it is no pack, or is larger than a few mebibytes; and with the errors of the source.
pub fn read(mut pack: Box<dyn Pack + '_>, format: ObjectFormat) -> Result<Vec<SmallObject>, Failure> {
    let ids = match format {
        ObjectFormat::Sha1 => IdLength::Twenty,
        ObjectFormat::Sha256 => IdLength::ThirtyTwo,
    };
    let (mut scanner, mut collector) = (PackScanner::new(ids), Collector::default());
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let count = pack.read(&mut buffer).map_err(|error| error.failure)?;
        if count == 0 {
            break;
        }
        scanner.push(buffer.split_at(count).0, &mut collector)?;
        if scanner.position() > MOST as u64 {
            return Err(Unread::TooMuch.into());
        }
    }
    if !scanner.has_all_entries() {
        return Err(Failure::new(ErrorKind::Interrupted, "the pack ended before its last object"));
    }
    Ok(collector.objects)
}

impl Visitor for Collector {
    type Error = Unread;

    fn entry(&mut self, entry: &Entry) -> Result<Content, Unread> {
        let Form::Whole(kind) = entry.form else { return Ok(Content::Skipped) };
        self.bytes = self.bytes.saturating_add(usize::try_from(entry.size).unwrap_or(usize::MAX));
        if self.bytes > MOST {
            return Err(Unread::TooMuch);
        }
        self.objects.push(SmallObject { kind, content: Vec::new() });
        Ok(Content::Wanted)
    }

    fn content(&mut self, piece: &[u8]) {
        if let Some(object) = self.objects.last_mut() {
            object.content.extend_from_slice(piece);
        }
    }
}

impl From<PackError> for Unread {
    fn from(error: PackError) -> Self {
        Self::Pack(error)
    }
}

impl From<Unread> for Failure {
    fn from(unread: Unread) -> Self {
        Self::new(ErrorKind::Protocol, unread.to_string())
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pack(error) => write!(f, "the pack cannot be read: {error}"),
            Self::TooMuch => f.write_str("more came than was asked for"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::ZlibEncoder;

    use super::*;
    use crate::mirror::testing::Bytes;

    /// Returns a pack of these entries, each with its type in the pack.
    fn pack(entries: &[(u8, &[u8])]) -> Vec<u8> {
        let mut pack = b"PACK\0\0\0\x02\0\0\0".to_vec();
        pack.push(u8::try_from(entries.len()).unwrap());
        for (kind, content) in entries {
            assert!(content.len() < 2048, "two bytes hold the size");
            let (low, high) = (content.len() & 15, content.len() >> 4);
            let byte = |part: usize| u8::try_from(part).unwrap();
            pack.extend([0x80 | (kind << 4) | byte(low), byte(high)]);
            let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
            zlib.write_all(content).unwrap();
            pack.extend(zlib.finish().unwrap());
        }
        let mut hash = ObjectFormat::Sha1.hasher();
        hash.update(&pack);
        pack.extend_from_slice(hash.finish().as_bytes());
        pack
    }

    fn read_all(bytes: &[u8]) -> Result<Vec<SmallObject>, Failure> {
        read(Box::new(Bytes::good(bytes, 7)), ObjectFormat::Sha1)
    }

    #[test]
    fn objects_come_whole_and_in_order() {
        let objects = read_all(&pack(&[(1, b"tree 00"), (3, b"*.psd filter=lfs")])).unwrap();
        assert_eq!(
            objects,
            [
                SmallObject { kind: Kind::Commit, content: b"tree 00".to_vec() },
                SmallObject { kind: Kind::Blob, content: b"*.psd filter=lfs".to_vec() },
            ]
        );
        assert_eq!(read_all(&pack(&[])).unwrap(), []);
    }

    #[test]
    fn what_is_no_small_pack_is_refused() {
        let good = pack(&[(3, b"content")]);
        let cut = read_all(&good[..good.len() - 24]).unwrap_err();
        assert_eq!(cut.kind, ErrorKind::Interrupted, "{cut}");
        assert!(read_all(b"not a pack at all").is_err());
        let mut endless = good.clone();
        endless.resize(MOST + 100, 0);
        let read = read(Box::new(Bytes::good(&endless, 1 << 20)), ObjectFormat::Sha1);
        assert_eq!(read.unwrap_err().kind, ErrorKind::Protocol);
    }
}
