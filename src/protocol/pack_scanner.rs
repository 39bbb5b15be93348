//! The entries of a pack (`gitformat-pack`), one after another as its bytes come, without keeping it.
//!
//! ```text
//!  chunk ─► header ("PACK", version, count) ─► entry (type, size, base) ─► zlib stream ─► next … ─► trailer
//! ```
//!
//! A pack does not say how long an entry is on the wire, so each is inflated, into one small buffer: memory is the
//! same for every pack. An entry that does not have exactly the size it claims ends the scan, so a size that was seen
//! holds for whoever reads the pack next. The trailer is not checked: whoever stores the pack does.

use flate2::{Decompress, FlushDecompress, Status};

use super::pack_entry::{
    Content, Entry, Form, IdLength, LONGEST_DELTA_HEAD, LONGEST_HEADER, Malformed, PackError, StartedEntry,
    Visitor, delta_head, header,
};

/// Size of the buffer to inflate into, in bytes.
const BUFFER: usize = 64 * 1024;

/// The part of the pack that the next byte belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    PackHeader,
    EntryHeader,
    /// Inflating; the visitor has not heard of the entry while `content` is none.
    Data {
        kind: StartedEntry,
        content: Option<Content>,
    },
    /// All entries have been seen.
    Trailer,
}

/// A scanner of a pack that is pushed to it in chunks.
#[derive(Debug)]
pub struct PackScanner {
    ids: IdLength,
    state: State,
    /// Bytes of a header, or of a delta's head, that is not complete.
    held: Vec<u8>,
    /// Number of bytes that have been read.
    position: u64,
    remaining: u32,
    /// Offset of the current entry, and the size that it must inflate to.
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

    /// Returns how many entries have not ended; none before the pack's header has come.
    pub fn entries_left(&self) -> Option<u32> {
        (self.state != State::PackHeader).then_some(self.remaining)
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
        kind: StartedEntry,
        mut content: Option<Content>,
        visitor: &mut V,
    ) -> Result<&'a [u8], V::Error> {
        if let (None, StartedEntry::Whole(whole)) = (content, kind) {
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
        let (piece, _) = buffer.split_at(made);
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
        kind: StartedEntry,
        content: Option<Content>,
        ended: bool,
        visitor: &mut V,
    ) -> Result<Option<Content>, V::Error> {
        let mut rest = piece;
        let mut content = content;
        if let (None, StartedEntry::Delta(base)) = (content, kind) {
            let missing = LONGEST_DELTA_HEAD.saturating_sub(self.held.len()).min(piece.len());
            let (head, after) = piece.split_at_checked(missing).unwrap_or((piece, &[]));
            self.held.extend_from_slice(head);
            rest = after;
            match delta_head(&self.held).map_err(|Malformed| PackError::BadData(self.offset))? {
                Some((base_size, result_size)) => {
                    let wanted = visitor.entry(&self.entry(Form::Delta { base, base_size, result_size }))?;
                    if wanted == Content::Wanted {
                        visitor.content(&self.held);
                    }
                    content = Some(wanted);
                }
                None if ended || self.held.len() >= LONGEST_DELTA_HEAD => {
                    return Err(PackError::BadData(self.offset).into());
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

#[cfg(test)]
mod tests;
