//! The ids of the first commits of a pack, as its bytes come.

use std::collections::HashMap;

use crate::error::Error;
use crate::mirror::ports::Pack;
use crate::protocol::delta;
use crate::protocol::object_id::{ObjectFormat, ObjectId};
use crate::protocol::pack_entry::{Base, Content, Entry, Form, IdLength, Kind, PackError, Visitor};
use crate::protocol::pack_scanner::PackScanner;

/// The most entries that are read.
pub(super) const MOST_ENTRIES: usize = 100;

/// The largest commit that is read, in bytes.
const LARGEST: u64 = 64 << 10;

/// The most bytes of all commits that are read.
const MOST_BYTES: u64 = 1 << 20;

/// Returns the ids of the first commits, in the order of the pack. One that came as the difference to a commit which was not
/// read, or that is very long, is passed over. The rest of the pack is not read.
///
/// # Errors
/// Those of the pack. What is no pack has no commits.
pub(super) fn read(pack: &mut dyn Pack, format: ObjectFormat) -> Result<Vec<ObjectId>, Error> {
    let ids = match format {
        ObjectFormat::Sha1 => IdLength::Twenty,
        ObjectFormat::Sha256 => IdLength::ThirtyTwo,
    };
    let (mut scanner, mut reader) = (PackScanner::new(ids), CommitReader::new(format));
    let mut buffer = vec![0; 16 << 10];
    loop {
        let count = pack.read(&mut buffer)?;
        let (bytes, _) = buffer.split_at(count);
        if count == 0 || scanner.push(bytes, &mut reader).is_err() || scanner.has_all_entries() {
            return Ok(reader.ids);
        }
    }
}

/// The commits that were read.
struct CommitReader {
    format: ObjectFormat,
    ids: Vec<ObjectId>,
    contents: Vec<Vec<u8>>,
    /// The places of the commits, by the offset of their entries and by their ids.
    by_offset: HashMap<u64, usize>,
    by_id: HashMap<[u8; 32], usize>,
    entries: usize,
    bytes: u64,
    /// The entry that is being read, and the data that came of it.
    current: Option<Entry>,
    data: Vec<u8>,
}

/// The end of the reading.
struct Enough;

impl From<PackError> for Enough {
    fn from(_: PackError) -> Self {
        Self
    }
}

impl CommitReader {
    fn new(format: ObjectFormat) -> Self {
        Self {
            format,
            ids: Vec::new(),
            contents: Vec::new(),
            by_offset: HashMap::new(),
            by_id: HashMap::new(),
            entries: 0,
            bytes: 0,
            current: None,
            data: Vec::new(),
        }
    }

    fn base(&self, base: Base) -> Option<&Vec<u8>> {
        let place = match base {
            Base::Offset(offset) => self.by_offset.get(&offset),
            Base::Id(id) => self.by_id.get(&id),
        };
        self.contents.get(*place?)
    }

    /// Puts the commit of an entry together.
    fn commit(&self, entry: &Entry) -> Option<Vec<u8>> {
        match entry.form {
            Form::Whole(_) => Some(self.data.clone()),
            Form::Delta { base, result_size, .. } => {
                delta::apply(delta::behind_head(&self.data)?, self.base(base)?, result_size.try_into().ok()?)
            }
        }
    }

    fn add(&mut self, offset: u64, content: Vec<u8>) {
        let mut hasher = self.format.hasher();
        hasher.update(format!("commit {}\0", content.len()).as_bytes());
        hasher.update(&content);
        let id = hasher.finish();
        let mut key = [0; 32];
        key.iter_mut().zip(id.as_bytes()).for_each(|(to, from)| *to = *from);
        self.by_id.insert(key, self.ids.len());
        self.by_offset.insert(offset, self.ids.len());
        self.ids.push(id);
        self.contents.push(content);
    }
}

impl Visitor for CommitReader {
    type Error = Enough;

    fn entry(&mut self, entry: &Entry) -> Result<Content, Enough> {
        self.entries += 1;
        if self.entries > MOST_ENTRIES {
            return Err(Enough);
        }
        let size = match entry.form {
            Form::Whole(Kind::Commit) => entry.size,
            Form::Delta { base, result_size, .. } if self.base(base).is_some() => entry.size.max(result_size),
            Form::Whole(_) | Form::Delta { .. } => return Ok(Content::Skipped),
        };
        self.bytes = self.bytes.saturating_add(size);
        if size > LARGEST || self.bytes > MOST_BYTES {
            return Ok(Content::Skipped);
        }
        self.current = Some(*entry);
        self.data.clear();
        Ok(Content::Wanted)
    }

    fn content(&mut self, piece: &[u8]) {
        self.data.extend_from_slice(piece);
    }

    fn end(&mut self) -> Result<(), Enough> {
        if let Some(entry) = self.current.take()
            && let Some(content) = self.commit(&entry)
        {
            self.add(entry.offset, content);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::ZlibEncoder;

    use super::*;
    use crate::mirror::testing::Bytes;

    const FIRST: &[u8] = b"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor A <a@b> 1 +0000\n\nfirst\n";

    /// Makes a pack of entries, each with its type, what names its base, and its data.
    fn pack(entries: &[(u8, &[u8], &[u8])]) -> Vec<u8> {
        let mut pack = b"PACK\0\0\0\x02\0\0\0".to_vec();
        pack.push(u8::try_from(entries.len()).unwrap());
        for (kind, base, data) in entries {
            let (low, high) = (data.len() & 15, data.len() >> 4);
            pack.extend([0x80 | (kind << 4) | u8::try_from(low).unwrap(), u8::try_from(high).unwrap()]);
            pack.extend_from_slice(base);
            let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
            zlib.write_all(data).unwrap();
            pack.extend(zlib.finish().unwrap());
        }
        pack
    }

    fn ids(pack: &[u8]) -> Vec<String> {
        let read = read(&mut Bytes::good(pack, 5), ObjectFormat::Sha1).unwrap();
        read.iter().map(ToString::to_string).collect()
    }

    fn id_of(commit: &[u8]) -> String {
        let id = git2::Oid::hash_object(git2::ObjectType::Commit, commit).unwrap();
        id.to_string()
    }

    /// Returns the delta that ends the first commit in another word, and that commit.
    fn delta() -> (Vec<u8>, Vec<u8>) {
        let kept = FIRST.len() - 6;
        let second = [&FIRST[..kept], b"second\n"].concat();
        let length = |length: usize| u8::try_from(length).unwrap();
        let delta = [&[length(FIRST.len()), length(second.len()), 0x90, length(kept), 7][..], b"second\n"];
        (delta.concat(), second)
    }

    #[test]
    fn commits_are_named_by_their_hash_and_other_objects_passed_over() {
        let pack = pack(&[(4, b"", b"a tag"), (1, b"", FIRST), (3, b"", b"a blob")]);
        assert_eq!(ids(&pack), [id_of(FIRST)]);
    }

    #[test]
    fn a_commit_that_is_a_delta_is_put_together_where_its_base_was_read() {
        let (delta, second) = delta();
        let base = ObjectId::from_hex(id_of(FIRST).as_bytes(), ObjectFormat::Sha1).unwrap();
        let base = base.as_bytes();
        let by_id = pack(&[(1, b"", FIRST), (7, base, &delta)]);
        assert_eq!(ids(&by_id), [id_of(FIRST), id_of(&second)]);
        assert_eq!(ids(&pack(&[(7, base, &delta), (1, b"", FIRST)])), [id_of(FIRST)]);
    }

    #[test]
    fn a_pack_that_is_cut_or_none_at_all_has_the_commits_that_came() {
        let whole = pack(&[(1, b"", FIRST), (1, b"", b"tree other")]);
        assert_eq!(ids(&whole[..whole.len() - 4]), [id_of(FIRST)]);
        assert_eq!(ids(b"<html>no pack</html>"), [""; 0]);
        assert_eq!(ids(&pack(&[])), [""; 0]);
    }
}
