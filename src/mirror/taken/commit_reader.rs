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
