//! Finds the pointers in a pack as its bytes pass, without keeping it.
//!
//! It guarantees, of all that Git packs:
//!
//! - Each pointer that is stored whole is found. That is nearly all of them where Git chose the deltas: it stores none that
//!   is half as long as its object, and the id alone is more than that.
//! - Each pointer that is a delta is found, or counted among the [`unresolved`](PointerScanner::unresolved). Such deltas
//!   are made: by `git fast-import`, of nearly each pointer; of a file with a conflict that was committed as it was, whose
//!   sides are pointers; and of pointers with lines of extensions. A delta cannot be resolved where its base is out of the pack (a thin pack), comes later, is
//!   larger than 32 KiB, or had to be forgotten.
//!
//! So a pack was read exactly where nothing is unresolved. Two things are taken for granted: the words `version http`, which each
//! pointer holds, come from one place, and are not pieced together from a base that does not have them, which no packer
//! does that looks for the longest match; and what is inserted into a pointer is of the characters that the specification
//! allows. A pointer that is missed so is seen by the destination, if it looks.

use memchr::memmem::Finder;

use super::bases::{Bases, Family, Known, LARGEST};
use super::pointer::{CUTOFF, Pointer, SHORTEST, VERSION_LINE};
use crate::mirror::ports::PackOrder;
use crate::protocol::delta::{Instruction, apply, behind_head, instructions};
use crate::protocol::pack_entry::{Base, Content, Entry, Form, IdLength, Kind, PackError, Visitor};
use crate::protocol::pack_scanner::PackScanner;

/// The longest delta that is looked at, in bytes: what Git makes for an object of 32 KiB is far shorter.
const LONGEST_DELTA: u64 = 64 << 10;

/// A scanner of a pack that is pushed to it in chunks. It takes less than 4 MiB of memory, whatever the pack.
#[derive(Debug)]
pub struct PointerScanner {
    pack: PackScanner,
    blobs: Blobs,
}

impl PointerScanner {
    /// Begins a pack whose ids have this length.
    pub fn new(ids: IdLength) -> Self {
        let blobs = Blobs {
            bases: Bases::new(ids),
            words: Finder::new(VERSION_LINE),
            passing: None,
            content: Vec::new(),
            unresolved: 0,
        };
        Self { pack: PackScanner::new(ids), blobs }
    }

    /// Takes the pack to be in this order.
    #[must_use]
    pub fn of_order(mut self, order: PackOrder) -> Self {
        self.blobs.bases.set_order(order);
        self
    }

    /// Takes the next bytes, cut anywhere, and hands over each pointer, in the order of the pack and as often as it is in
    /// it.
    ///
    /// # Errors
    /// [`PackError`] if it is no pack. Nothing can be pushed after one.
    pub fn push(&mut self, bytes: &[u8], found: &mut dyn FnMut(Pointer)) -> Result<(), PackError> {
        self.pack.push(bytes, &mut Look { blobs: &mut self.blobs, found })
    }

    /// Returns how many entries have not ended; none before the pack's header has come.
    pub fn entries_left(&self) -> Option<u32> {
        self.pack.entries_left()
    }

    /// Tells whether every entry has ended. The pack's checksum may be yet to come.
    pub fn has_all_entries(&self) -> bool {
        self.pack.has_all_entries()
    }

    /// Returns how many deltas may be pointers and could not be resolved.
    pub fn unresolved(&self) -> u64 {
        self.blobs.unresolved
    }
}

/// The blobs of the pack so far.
#[derive(Debug)]
struct Blobs {
    bases: Bases,
    words: Finder<'static>,
    passing: Option<Passing>,
    /// The bytes read of the passing one; of a large blob, its end only.
    content: Vec<u8>,
    unresolved: u64,
}

/// The entry that is passing.
#[derive(Clone, Copy, Debug)]
enum Passing {
    /// A blob that is small enough to be held.
    Small { offset: u64 },
    /// A larger one, in which the words are looked for.
    Large { offset: u64 },
    /// A delta that may make a blob.
    Delta { offset: u64, base: Base, size: u64 },
}

struct Look<'a> {
    blobs: &'a mut Blobs,
    found: &'a mut dyn FnMut(Pointer),
}

impl Visitor for Look<'_> {
    type Error = PackError;

    fn entry(&mut self, entry: &Entry) -> Result<Content, PackError> {
        self.blobs.content.clear();
        self.blobs.passing = self.blobs.begin(entry);
        Ok(if self.blobs.passing.is_some() { Content::Wanted } else { Content::Skipped })
    }

    fn content(&mut self, piece: &[u8]) {
        match self.blobs.passing {
            Some(Passing::Large { offset }) => self.blobs.look_into(piece, offset),
            _ => self.blobs.content.extend_from_slice(piece),
        }
    }

    fn end(&mut self) -> Result<(), PackError> {
        let content = std::mem::take(&mut self.blobs.content);
        let pointer = match self.blobs.passing.take() {
            Some(Passing::Small { offset }) => self.blobs.blob(offset, &content),
            Some(Passing::Delta { offset, base, size }) => self.blobs.delta(offset, base, size, &content),
            Some(Passing::Large { .. }) | None => None,
        };
        self.blobs.content = content;
        pointer.into_iter().for_each(&mut *self.found);
        Ok(())
    }
}

impl Blobs {
    /// Notes what begins; none where its content does not matter.
    fn begin(&mut self, entry: &Entry) -> Option<Passing> {
        let Entry { offset, form, size } = *entry;
        let family = match form {
            Form::Whole(Kind::Blob) => Family::Blob,
            Form::Whole(_) => Family::Other,
            Form::Delta { base, .. } => self.bases.family(base),
        };
        self.bases.begin(offset, family);
        match form {
            _ if family == Family::Other => None,
            Form::Whole(_) if size <= LARGEST => Some(Passing::Small { offset }),
            Form::Whole(_) => Some(Passing::Large { offset }),
            Form::Delta { base, result_size, .. } if size <= LONGEST_DELTA => {
                Some(Passing::Delta { offset, base, size: result_size })
            }
            Form::Delta { result_size, .. } => {
                self.not_resolved(offset, result_size);
                None
            }
        }
    }

    /// Looks for the words in a blob that is not held. They may stand across two pieces.
    fn look_into(&mut self, piece: &[u8], offset: u64) {
        let overlap = VERSION_LINE.len() - 1;
        let start = piece.get(..overlap).unwrap_or(piece);
        self.content.extend_from_slice(start);
        if self.words.find(&self.content).or_else(|| self.words.find(piece)).is_some() {
            self.bases.note_unknown(offset);
            self.passing = None;
            return;
        }
        if piece.len() > overlap {
            self.content.clear();
            self.content.extend_from_slice(piece.get(piece.len() - overlap..).unwrap_or_default());
        } else {
            let surplus = self.content.len().saturating_sub(overlap);
            self.content.drain(..surplus);
        }
    }

    /// Looks at a whole blob.
    fn blob(&mut self, offset: u64, content: &[u8]) -> Option<Pointer> {
        self.words.find(content)?;
        let pointer = Pointer::parse(content);
        self.bases.keep(offset, content, pointer);
        pointer
    }

    /// Looks at a delta, which makes an object of this size.
    fn delta(&mut self, offset: u64, base: Base, size: u64, data: &[u8]) -> Option<Pointer> {
        let data = behind_head(data)?;
        let inserted = inserted(data);
        match self.bases.get(base) {
            Known::WithoutWords if self.words.find(&inserted).is_none() => None,
            Known::Content(base) if size <= LARGEST => {
                let made = apply(data, &base, usize::try_from(size).ok()?)?;
                self.blob(offset, &made)
            }
            Known::WithoutWords | Known::Content(_) | Known::Nothing => {
                let size = if inserted.iter().copied().all(is_of_pointer) { size } else { size.max(CUTOFF) };
                self.not_resolved(offset, size);
                None
            }
        }
    }

    /// Notes a delta whose object, of this size, may hold the words and is not known.
    fn not_resolved(&mut self, offset: u64, size: u64) {
        self.bases.note_unknown(offset);
        if (SHORTEST..CUTOFF).contains(&size) {
            self.unresolved += 1;
        }
    }
}

/// Returns the bytes that a delta inserts, one after the other.
fn inserted(data: &[u8]) -> Vec<u8> {
    let mut inserted = Vec::new();
    for instruction in instructions(data).flatten() {
        if let Instruction::Insert(bytes) = instruction {
            inserted.extend_from_slice(bytes);
        }
    }
    inserted
}

/// Tells whether a byte can be part of a pointer as it is specified, or of the blanks around it.
fn is_of_pointer(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || byte.is_ascii_whitespace()
        || b"_.:/+-\x0b".contains(&byte)
        || !byte.is_ascii()
}

#[cfg(test)]
mod tests;
