//! The head of one entry of a pack (`gitformat-pack`): what the entry is, and how large.

use std::num::NonZeroU64;

/// The longest header of an entry, in bytes: ten of a size, ten of an offset or a whole id.
pub(super) const LONGEST_HEADER: usize = 10 + 32;

/// The longest head of a delta: two sizes.
pub(super) const LONGEST_DELTA_HEAD: usize = 20;

/// The type of an object.
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

/// The base that a delta applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// The entry that begins at this byte of the pack.
    Offset(u64),
    /// The object of this id, in the pack or out of it; as many bytes as the pack's ids have.
    Id([u8; 32]),
}

/// The content of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A whole object.
    Whole(Kind),
    /// The difference to another one.
    Delta {
        /// To which.
        base: Base,
        /// Size of the base, in bytes.
        base_size: u64,
        /// Size of the resulting object, in bytes.
        result_size: u64,
    },
}

/// The head of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Offset from the pack's start, in bytes.
    pub offset: u64,
    /// Content.
    pub form: Form,
    /// Inflated size, in bytes: of the object, or of the delta's own data.
    pub size: u64,
}

/// A visitor's answer to an entry: it wants the content, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// It is given in pieces.
    Wanted,
    /// It is passed over.
    Skipped,
}

/// Hears of entries. An error ends the scan.
pub trait Visitor {
    /// The reason for which a scan is ended.
    type Error: From<PackError>;

    /// Hears that an entry begins; of a delta, its head has been read.
    ///
    /// # Errors
    /// Whatever ends the scan.
    fn entry(&mut self, entry: &Entry) -> Result<Content, Self::Error>;

    /// A piece of the content that was wanted, of any length but none; a delta's own data with its head.
    fn content(&mut self, _piece: &[u8]) {}

    /// Hears that the current entry has ended.
    ///
    /// # Errors
    /// Whatever ends the scan.
    fn end(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

/// The reason why bytes are no pack.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    /// It does not begin like a pack of version 2 or 3.
    #[error("it does not begin as a pack does")]
    NotAPack,
    /// The head of an entry that makes no sense.
    #[error("the entry at byte {0} of the pack is malformed")]
    BadEntry(u64),
    /// An entry whose data does not inflate, not to the size it claims, or to a delta without a head. Which of them is
    /// found first depends on where the bytes were cut.
    #[error("the entry at byte {0} of the pack does not inflate to what it claims")]
    BadData(u64),
}

/// The number of bytes in an object's id.
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

/// An entry whose own header has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StartedEntry {
    Whole(Kind),
    Delta(Base),
}

/// Bytes that can begin nothing valid.
pub(super) struct Malformed;

/// Reads an entry's header: none if it is not complete.
pub(super) fn header(
    bytes: &[u8],
    offset: u64,
    ids: IdLength,
) -> Result<Option<(StartedEntry, u64)>, Malformed> {
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
        1 => StartedEntry::Whole(Kind::Commit),
        2 => StartedEntry::Whole(Kind::Tree),
        3 => StartedEntry::Whole(Kind::Blob),
        4 => StartedEntry::Whole(Kind::Tag),
        6 => match distance(rest)? {
            Some(back) => StartedEntry::Delta(Base::Offset(offset.checked_sub(back.get()).ok_or(Malformed)?)),
            None => return Ok(None),
        },
        7 => match rest.get(..ids.bytes()) {
            Some(id) => {
                let mut full = [0; 32];
                full.iter_mut().zip(id).for_each(|(to, from)| *to = *from);
                StartedEntry::Delta(Base::Id(full))
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
pub(super) fn delta_head(bytes: &[u8]) -> Result<Option<(u64, u64)>, Malformed> {
    let Some((base, rest)) = varint(bytes)? else { return Ok(None) };
    Ok(varint(rest)?.map(|(result, _)| (base, result)))
}
