//! The entries of a pack (`gitformat-pack`), one after another as its bytes come, without keeping it.
//!
//! ```text
//!  chunk ─► header ("PACK", version, count) ─► entry (type, size, base) ─► zlib stream ─► next … ─► trailer
//! ```
//!
//! A pack does not say how long an entry is on the wire, so each is inflated, into one small buffer: memory is the
//! same for every pack. An entry that does not have exactly the size it claims ends the scan, so a size that was seen
//! holds for whoever reads the pack next. The trailer is not checked: whoever stores the pack does.

use std::num::NonZeroU64;

use flate2::{Decompress, FlushDecompress, Status};

/// How much is inflated at once.
const BUFFER: usize = 64 * 1024;

/// The longest header of an entry, in bytes: ten of a size, ten of an offset or a whole id.
const LONGEST_HEADER: usize = 10 + 32;

/// The longest head of a delta: two sizes.
const LONGEST_DELTA_HEAD: usize = 20;

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A commit.
    Commit,
    /// A tree.
    Tree,
    /// A blob.
    Blob,
    /// An annotated tag.
    Tag,
}

/// What a delta applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// The entry that begins at this byte of the pack.
    Offset(u64),
    /// The object of this id, in the pack or out of it; as many bytes as the pack's ids have.
    Id([u8; 32]),
}

/// What an entry holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A whole object.
    Whole(Kind),
    /// The difference to another one.
    Delta {
        /// To which.
        base: Base,
        /// How large that must be, in bytes.
        base_size: u64,
        /// How large the object becomes, in bytes.
        result_size: u64,
    },
}

/// The head of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it begins, in bytes from the pack's start.
    pub offset: u64,
    /// What it holds.
    pub form: Form,
    /// How much it inflates to, in bytes: the object, or the delta's own data.
    pub size: u64,
}

/// Whether the content of an entry is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// It is given in pieces.
    Wanted,
    /// It is passed over.
    Skipped,
}

/// Hears of entries. An error ends the scan.
pub trait Visitor {
    /// Why a scan is ended.
    type Error: From<PackError>;

    /// An entry begins; of a delta, its head has been read.
    ///
    /// # Errors
    /// Whatever ends the scan.
    fn entry(&mut self, entry: &Entry) -> Result<Content, Self::Error>;

    /// A piece of the content that was wanted, of any length but none; a delta's own data with its head.
    fn content(&mut self, _piece: &[u8]) {}

    /// The entry that was heard of last has ended.
    ///
    /// # Errors
    /// Whatever ends the scan.
    fn end(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

/// Why something is no pack.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    /// It does not begin like a pack of version 2 or 3.
    #[error("it does not begin as a pack does")]
    NotAPack,
    /// The head of an entry, or of a delta, that makes no sense.
    #[error("the entry at byte {0} of the pack is malformed")]
    BadEntry(u64),
    /// An entry whose data does not inflate, or not to the size it claims.
    #[error("the entry at byte {0} of the pack does not inflate to the size that it claims")]
    BadData(u64),
}

/// How many bytes an object's id has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdLength {
    /// SHA-1.
    Twenty,
    /// SHA-256.
    ThirtyTwo,
}

impl IdLength {
    fn bytes(self) -> usize {
        match self {
            Self::Twenty => 20,
            Self::ThirtyTwo => 32,
        }
    }
}

/// Where in the pack the next byte is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    PackHeader,
    EntryHeader,
    /// Inflating; the visitor has not heard of the entry while `content` is none.
    Data {
        kind: Started,
        content: Option<Content>,
    },
    /// All entries have been seen.
    Trailer,
}

/// An entry whose own header has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Started {
    Whole(Kind),
    Delta(Base),
}

/// Reads a pack that is pushed to it in chunks.
#[derive(Debug)]
pub struct PackScanner {
    ids: IdLength,
    state: State,
    /// Bytes of a header, or of a delta's head, that is not complete.
    held: Vec<u8>,
    /// How many bytes have been read.
    position: u64,
    remaining: u32,
    /// Where the current entry began, and what it must inflate to.
    offset: u64,
    size: u64,
    inflated: u64,
    zlib: Decompress,
    buffer: Vec<u8>,
}

impl PackScanner {
    /// Begins a pack whose ids have this length.
    pub fn new(ids: IdLength) -> Self {
        Self {
            ids,
            state: State::PackHeader,
            held: Vec::with_capacity(LONGEST_HEADER),
            position: 0,
            remaining: 0,
            offset: 0,
            size: 0,
            inflated: 0,
            zlib: Decompress::new(true),
            buffer: vec![0; BUFFER],
        }
    }

    /// Returns how many bytes of the pack have been read.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Tells whether every entry has ended. The pack's checksum may be yet to come.
    pub fn has_all_entries(&self) -> bool {
        self.state == State::Trailer
    }

    /// Takes the next bytes, cut anywhere.
    ///
    /// # Errors
    /// [`PackError`], and those of the visitor. Nothing can be pushed after one.
    pub fn push<V: Visitor>(&mut self, mut chunk: &[u8], visitor: &mut V) -> Result<(), V::Error> {
        while !chunk.is_empty() {
            chunk = match self.state {
                State::PackHeader => self.pack_header(chunk)?,
                State::EntryHeader => self.entry_header(chunk)?,
                State::Data { kind, content } => self.data(chunk, kind, content, visitor)?,
                State::Trailer => {
                    self.position += chunk.len() as u64;
                    &[]
                }
            };
        }
        Ok(())
    }

    fn pack_header<'a>(&mut self, chunk: &'a [u8]) -> Result<&'a [u8], PackError> {
        let rest = self.hold(chunk, 12);
        let Ok([p, a, c, k, version @ .., n0, n1, n2, n3]) = <[u8; 12]>::try_from(self.held.as_slice())
        else {
            return Ok(rest);
        };
        if [p, a, c, k] != *b"PACK" || !matches!(version, [0, 0, 0, 2 | 3]) {
            return Err(PackError::NotAPack);
        }
        self.remaining = u32::from_be_bytes([n0, n1, n2, n3]);
        self.next_entry();
        Ok(rest)
    }

    /// Moves bytes of the chunk to the held ones until those are so many.
    fn hold<'a>(&mut self, chunk: &'a [u8], length: usize) -> &'a [u8] {
        let missing = length.saturating_sub(self.held.len()).min(chunk.len());
        let (taken, rest) = chunk.split_at_checked(missing).unwrap_or((chunk, &[]));
        self.held.extend_from_slice(taken);
        self.position += taken.len() as u64;
        rest
    }

    fn next_entry(&mut self) {
        self.held.clear();
        self.offset = self.position;
        self.state = if self.remaining == 0 { State::Trailer } else { State::EntryHeader };
    }

    fn entry_header<'a>(&mut self, chunk: &'a [u8]) -> Result<&'a [u8], PackError> {
        let bad = PackError::BadEntry(self.offset);
        // Byte by byte: a header is short, and must not take bytes of the data.
        let rest = self.hold(chunk, self.held.len() + 1);
        match header(&self.held, self.offset, self.ids).map_err(|Malformed| bad.clone())? {
            Some((kind, size)) => {
                self.held.clear();
                (self.size, self.inflated) = (size, 0);
                self.zlib.reset(true);
                self.state = State::Data { kind, content: None };
            }
            None if self.held.len() >= LONGEST_HEADER => return Err(bad),
            None => {}
        }
        Ok(rest)
    }

    fn data<'a, V: Visitor>(
        &mut self,
        chunk: &'a [u8],
        kind: Started,
        mut content: Option<Content>,
        visitor: &mut V,
    ) -> Result<&'a [u8], V::Error> {
        if let (None, Started::Whole(whole)) = (content, kind) {
            content = Some(visitor.entry(&self.entry(Form::Whole(whole)))?);
        }
        let (before, given) = (self.zlib.total_in(), self.zlib.total_out());
        let status = self.zlib.decompress(chunk, &mut self.buffer, FlushDecompress::None);
        let status = status.map_err(|_| PackError::BadData(self.offset))?;
        let taken = usize::try_from(self.zlib.total_in() - before).unwrap_or(chunk.len());
        let made = usize::try_from(self.zlib.total_out() - given).unwrap_or(BUFFER);
        self.position += taken as u64;
        self.inflated += made as u64;
        let ended = status == Status::StreamEnd;
        if self.inflated > self.size || (ended && self.inflated != self.size) {
            return Err(PackError::BadData(self.offset).into());
        }
        // zlib would wait for ever.
        if taken == 0 && made == 0 && !ended {
            return Err(PackError::BadData(self.offset).into());
        }
        let buffer = std::mem::take(&mut self.buffer);
        let piece = buffer.split_at(made).0;
        let heard = self.give(piece, kind, content, ended, visitor);
        self.buffer = buffer;
        self.state = State::Data { kind, content: heard? };
        if ended {
            visitor.end()?;
            self.remaining -= 1;
            self.next_entry();
        }
        Ok(chunk.split_at(taken).1)
    }

    /// Passes on what was inflated; a delta's head must be complete before the visitor hears of it.
    fn give<V: Visitor>(
        &mut self,
        piece: &[u8],
        kind: Started,
        content: Option<Content>,
        ended: bool,
        visitor: &mut V,
    ) -> Result<Option<Content>, V::Error> {
        let mut rest = piece;
        let mut content = content;
        if let (None, Started::Delta(base)) = (content, kind) {
            let missing = LONGEST_DELTA_HEAD.saturating_sub(self.held.len()).min(piece.len());
            let (head, after) = piece.split_at_checked(missing).unwrap_or((piece, &[]));
            self.held.extend_from_slice(head);
            rest = after;
            match delta_head(&self.held).map_err(|Malformed| PackError::BadEntry(self.offset))? {
                Some((base_size, result_size)) => {
                    let wanted = visitor.entry(&self.entry(Form::Delta { base, base_size, result_size }))?;
                    if wanted == Content::Wanted {
                        visitor.content(&self.held);
                    }
                    content = Some(wanted);
                }
                None if ended || self.held.len() >= LONGEST_DELTA_HEAD => {
                    return Err(PackError::BadEntry(self.offset).into());
                }
                None => {}
            }
        }
        if content == Some(Content::Wanted) && !rest.is_empty() {
            visitor.content(rest);
        }
        Ok(content)
    }

    fn entry(&self, form: Form) -> Entry {
        Entry { offset: self.offset, form, size: self.size }
    }
}

/// Bytes that can begin nothing valid.
struct Malformed;

/// Reads an entry's header: none if it is not complete.
fn header(bytes: &[u8], offset: u64, ids: IdLength) -> Result<Option<(Started, u64)>, Malformed> {
    let Some((first, rest)) = bytes.split_first() else { return Ok(None) };
    let (more, rest) = if first & 0x80 == 0 {
        (0, rest)
    } else {
        match varint(rest)? {
            Some(found) => found,
            None => return Ok(None),
        }
    };
    let size = more.checked_mul(16).ok_or(Malformed)? | u64::from(first & 0x0f);
    let begun = match first >> 4 & 7 {
        1 => Started::Whole(Kind::Commit),
        2 => Started::Whole(Kind::Tree),
        3 => Started::Whole(Kind::Blob),
        4 => Started::Whole(Kind::Tag),
        6 => match distance(rest)? {
            Some(back) => Started::Delta(Base::Offset(offset.checked_sub(back.get()).ok_or(Malformed)?)),
            None => return Ok(None),
        },
        7 => match rest.get(..ids.bytes()) {
            Some(id) => {
                let mut full = [0; 32];
                full.iter_mut().zip(id).for_each(|(to, from)| *to = *from);
                Started::Delta(Base::Id(full))
            }
            None => return Ok(None),
        },
        _ => return Err(Malformed),
    };
    Ok(Some((begun, size)))
}

/// Reads a number of seven bits a byte, the lowest first, and returns it with what follows.
fn varint(bytes: &[u8]) -> Result<Option<(u64, &[u8])>, Malformed> {
    let mut number = 0_u64;
    for (index, byte) in bytes.iter().enumerate() {
        let bits = u64::from(byte & 0x7f);
        let shift = u32::try_from(index).ok().and_then(|index| index.checked_mul(7)).ok_or(Malformed)?;
        let part = bits.checked_shl(shift).filter(|part| part >> shift == bits).ok_or(Malformed)?;
        number |= part;
        if byte & 0x80 == 0 {
            return Ok(Some((number, bytes.split_at(index + 1).1)));
        }
    }
    Ok(None)
}

/// Reads how far before an entry its base is: seven bits a byte, the highest first, each continuation plus one.
fn distance(bytes: &[u8]) -> Result<Option<NonZeroU64>, Malformed> {
    let mut number = 0_u64;
    for (index, byte) in bytes.iter().enumerate() {
        let above = if index == 0 { 0 } else { number.checked_add(1).ok_or(Malformed)? };
        number = above.checked_mul(128).ok_or(Malformed)? | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return NonZeroU64::new(number).map(Some).ok_or(Malformed);
        }
    }
    Ok(None)
}

/// Reads the sizes with which a delta begins: its base's and its result's.
fn delta_head(bytes: &[u8]) -> Result<Option<(u64, u64)>, Malformed> {
    let Some((base, rest)) = varint(bytes)? else { return Ok(None) };
    Ok(varint(rest)?.map(|(result, _)| (base, result)))
}

#[cfg(test)]
mod tests;
