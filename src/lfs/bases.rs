//! The blobs of a pack that a delta can take a pointer from, within a bound of memory.
//!
//! Every pointer holds the words `version http`. A delta whose base and own bytes do not hold them makes no pointer,
//! so only blobs with these words are remembered. Which other entries are blobs is known by their offsets: a pack has its trees in
//! one row and its blobs in another, so a list of where one row ends is short.
//!
//! `git fast-import`, and so each tool that rewrites a history by it, stores nearly every pointer as a delta of the one
//! before, in chains of up to 50, and the packs that a server makes later keep these deltas. The links of a chain stand anywhere in
//! such a pack. So pointers are remembered by what they say, which takes 48 bytes each.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, VecDeque};

use super::pointer::Pointer;
use crate::mirror::ports::PackOrder;
use crate::protocol::object_id::ObjectFormat;
use crate::protocol::pack_entry::{Base, IdLength};

/// The largest blob that is remembered, in bytes. Git makes no delta whose base is 32 times as large as its result.
pub(super) const LARGEST: u64 = 32 << 10;

/// The most pointers that are remembered by what they say: 1.5 MiB.
const MOST_POINTERS: usize = 32 << 10;

/// The same once bases are named by their ids, for which a list takes as much again.
const MOST_POINTERS_BY_ID: usize = 8 << 10;

/// The bound of all other remembered blobs, in bytes.
const MOST_CONTENT: usize = 512 << 10;

/// Bytes that a remembered blob takes beside its content, about.
const BESIDE_CONTENT: usize = 160;

/// The most offsets of one list that are kept of blobs with the words whose content is not: a quarter of a MiB.
const MOST_OFFSETS: usize = 32 << 10;

/// The most rows of entries of one kind: half a MiB.
const MOST_ROWS: usize = 32 << 10;

/// The objects that an entry can stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// Blobs.
    Blob,
    /// Commits, trees and tags.
    Other,
    /// Either.
    Unknown,
}

/// The knowledge of a base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Known<'a> {
    /// Its content, in which the words stand.
    Content(Cow<'a, [u8]>),
    /// It does not hold the words.
    WithoutWords,
    /// Nothing.
    Nothing,
}

/// The bases of one pack, by where they begin.
#[derive(Debug)]
pub(super) struct Bases {
    ids: IdLength,
    /// In ascending order of their offsets.
    pointers: VecDeque<(u64, Pointer)>,
    most_pointers: usize,
    /// The blobs that are no pointer, or are written in another way than git-lfs does.
    contents: BTreeMap<u64, Vec<u8>>,
    held: usize,
    /// The offsets of the blobs by their ids; made when the first delta names its base so.
    by_id: Option<HashMap<[u8; 32], u64>>,
    /// Offsets of blobs that hold the words, in ascending order: some were remembered once, others never were.
    forgotten_pointers: Vec<u64>,
    forgotten_contents: Vec<u64>,
    never_held: Vec<u64>,
    /// There were more of them: nothing is known of what is not remembered.
    overflowed: Overflow,
    order: PackOrder,
    rows: Vec<(u64, Family)>,
}

/// Tells whether a bound was passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Overflow {
    Never,
    Passed,
}

impl Bases {
    pub(super) fn new(ids: IdLength) -> Self {
        Self {
            ids,
            pointers: VecDeque::new(),
            most_pointers: MOST_POINTERS,
            contents: BTreeMap::new(),
            held: 0,
            by_id: None,
            forgotten_pointers: Vec::new(),
            forgotten_contents: Vec::new(),
            never_held: Vec::new(),
            overflowed: Overflow::Never,
            order: PackOrder::Unknown,
            rows: Vec::new(),
        }
    }

    /// Takes the pack to be in this order.
    pub(super) fn set_order(&mut self, order: PackOrder) {
        self.order = order;
    }

    /// Notes that an entry of these objects begins here.
    pub(super) fn begin(&mut self, offset: u64, family: Family) {
        let last = self.rows.last().map(|(_, family)| *family);
        match self.rows.len() {
            _ if last == Some(family) => {}
            MOST_ROWS.. => {}
            length if length == MOST_ROWS - 1 => self.rows.push((offset, Family::Unknown)),
            _ => self.rows.push((offset, family)),
        }
    }

    /// Returns the objects that a base is of.
    pub(super) fn family(&mut self, base: Base) -> Family {
        match base {
            Base::Offset(offset) => {
                let row = self.rows.partition_point(|(start, _)| *start <= offset).checked_sub(1);
                row.and_then(|row| self.rows.get(row)).map_or(Family::Unknown, |(_, family)| *family)
            }
            Base::Id(id) if self.offset_of(id).is_some() => Family::Blob,
            Base::Id(_) => Family::Unknown,
        }
    }

    /// Returns what is known of a base. One that is named by its id and not remembered may come later, or be out of the pack;
    /// where neither can be, it does not hold the words unless some that does was forgotten.
    pub(super) fn get(&mut self, base: Base) -> Known<'_> {
        let offset = match base {
            Base::Offset(offset) => Some(offset),
            Base::Id(id) => self.offset_of(id),
        };
        let Some(offset) = offset else {
            let has_forgotten = self.overflowed == Overflow::Passed
                || [&self.forgotten_pointers, &self.forgotten_contents, &self.never_held]
                    .into_iter()
                    .any(|offsets| !offsets.is_empty());
            return match self.order {
                PackOrder::BasesFirst if !has_forgotten => Known::WithoutWords,
                PackOrder::BasesFirst | PackOrder::Unknown => Known::Nothing,
            };
        };
        if let Some(content) = self.content(offset) {
            return Known::Content(content);
        }
        let holds = |offsets: &Vec<u64>| offsets.binary_search(&offset).is_ok();
        let lists = [&self.forgotten_pointers, &self.forgotten_contents, &self.never_held];
        if self.overflowed == Overflow::Passed || lists.into_iter().any(holds) {
            Known::Nothing
        } else {
            Known::WithoutWords
        }
    }

    fn content(&self, offset: u64) -> Option<Cow<'_, [u8]>> {
        let place = self.pointers.binary_search_by_key(&offset, |(offset, _)| *offset);
        match place.ok().and_then(|place| self.pointers.get(place)) {
            Some((_, pointer)) => Some(Cow::Owned(pointer.to_string().into_bytes())),
            None => self.contents.get(&offset).map(|content| Cow::Borrowed(content.as_slice())),
        }
    }

    /// Remembers a blob that holds the words, and forgets the first ones where there is no room. `pointer` is what it says,
    /// if it is one.
    pub(super) fn keep(&mut self, offset: u64, content: &[u8], pointer: Option<Pointer>) {
        if let Some(by_id) = &mut self.by_id {
            by_id.insert(id(content, self.ids), offset);
        }
        if let Some(pointer) = pointer.filter(|pointer| pointer.to_string().as_bytes() == content) {
            self.forget_pointers(self.most_pointers - 1);
            self.pointers.push_back((offset, pointer));
            return;
        }
        self.held += content.len() + BESIDE_CONTENT;
        self.contents.insert(offset, content.to_vec());
        while self.held > MOST_CONTENT
            && let Some((offset, content)) = self.contents.pop_first()
        {
            self.held -= content.len() + BESIDE_CONTENT;
            self.forget_id(&content);
            note(offset, &mut self.forgotten_contents, &mut self.overflowed);
        }
    }

    /// Forgets the first pointers until so many are left.
    fn forget_pointers(&mut self, left: usize) {
        while self.pointers.len() > left
            && let Some((offset, pointer)) = self.pointers.pop_front()
        {
            self.forget_id(pointer.to_string().as_bytes());
            note(offset, &mut self.forgotten_pointers, &mut self.overflowed);
        }
    }

    fn forget_id(&mut self, content: &[u8]) {
        if let Some(by_id) = &mut self.by_id {
            by_id.remove(&id(content, self.ids));
        }
    }

    /// Notes that the blob here may hold the words, though its content is not known.
    pub(super) fn note_unknown(&mut self, offset: u64) {
        note(offset, &mut self.never_held, &mut self.overflowed);
    }

    fn offset_of(&mut self, base: [u8; 32]) -> Option<u64> {
        if self.by_id.is_none() {
            self.most_pointers = MOST_POINTERS_BY_ID;
            self.forget_pointers(self.most_pointers);
            self.pointers.shrink_to_fit();
            let pointers = self
                .pointers
                .iter()
                .map(|(offset, pointer)| (id(pointer.to_string().as_bytes(), self.ids), *offset));
            let contents = self.contents.iter().map(|(offset, content)| (id(content, self.ids), *offset));
            self.by_id = Some(pointers.chain(contents).collect());
        }
        self.by_id.as_ref()?.get(&base).copied()
    }
}

fn note(offset: u64, offsets: &mut Vec<u64>, overflowed: &mut Overflow) {
    if offsets.len() < MOST_OFFSETS {
        offsets.push(offset);
    } else {
        *overflowed = Overflow::Passed;
    }
}

/// Returns the id of a blob, as the base of a delta is named.
fn id(content: &[u8], ids: IdLength) -> [u8; 32] {
    let format = match ids {
        IdLength::Twenty => ObjectFormat::Sha1,
        IdLength::ThirtyTwo => ObjectFormat::Sha256,
    };
    let mut hash = format.hasher();
    hash.update(format!("blob {}\0", content.len()).as_bytes());
    hash.update(content);
    let mut full = [0; 32];
    full.iter_mut().zip(hash.finish().as_bytes()).for_each(|(to, from)| *to = *from);
    full
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lfs::testing::{pointer_to, text_of_pointer_to};

    fn content(bytes: &[u8]) -> Known<'_> {
        Known::Content(bytes.into())
    }

    fn bases() -> Bases {
        Bases::new(IdLength::Twenty)
    }

    #[test]
    fn a_base_is_of_the_row_it_stands_in() {
        let mut bases = bases();
        for (offset, family) in
            [(12, Family::Other), (40, Family::Other), (90, Family::Blob), (99, Family::Other)]
        {
            bases.begin(offset, family);
        }
        let mut family = |offset| bases.family(Base::Offset(offset));
        assert_eq!([12, 40, 41].map(&mut family), [Family::Other; 3]);
        assert_eq!((family(90), family(100)), (Family::Blob, Family::Other));
        assert_eq!(family(11), Family::Unknown);
        assert_eq!(bases.family(Base::Id([1; 32])), Family::Unknown);
    }

    #[test]
    fn a_pack_without_rows_is_not_known_from_some_entry_on() {
        let mut bases = bases();
        for offset in 0..200_000 {
            bases.begin(offset, if offset % 2 == 0 { Family::Blob } else { Family::Other });
        }
        assert_eq!(bases.rows.len(), MOST_ROWS);
        assert_eq!(
            (bases.family(Base::Offset(2)), bases.family(Base::Offset(3))),
            (Family::Blob, Family::Other)
        );
        assert_eq!(bases.family(Base::Offset(150_000)), Family::Unknown);
    }

    #[test]
    fn a_blob_is_remembered_by_offset_and_by_id() {
        let mut bases = bases();
        bases.keep(12, b"version", None);
        let mut full = [0; 32];
        // printf version | git hash-object --stdin
        hex::decode_to_slice("ca291e96547dc1000e5dca5104181b606f4e0ce0", &mut full[..20]).unwrap();
        assert_eq!(bases.get(Base::Offset(12)), content(b"version"));
        assert_eq!(bases.get(Base::Id(full)), content(b"version"), "one that came before");
        assert_eq!(bases.family(Base::Id(full)), Family::Blob);
        bases.keep(50, b"other", None);
        let other = id(b"other", IdLength::Twenty);
        assert_eq!(bases.get(Base::Id(other)), content(b"other"), "and a later one");
        assert_eq!(bases.get(Base::Id([7; 32])), Known::Nothing);
        assert_eq!(bases.get(Base::Offset(13)), Known::WithoutWords);
    }

    #[test]
    fn what_was_forgotten_or_never_held_is_not_known() {
        let mut bases = bases();
        bases.note_unknown(5);
        let large = vec![b'x'; MOST_CONTENT / 2];
        (0..3).for_each(|number| bases.keep(100 + number, &large, None));
        assert_eq!(bases.get(Base::Offset(5)), Known::Nothing);
        assert_eq!(bases.get(Base::Offset(100)), Known::Nothing);
        assert_eq!(bases.get(Base::Offset(101)), Known::Nothing);
        assert_eq!(bases.get(Base::Offset(102)), content(&large));
        assert_eq!(bases.get(Base::Offset(103)), Known::WithoutWords);
    }

    #[test]
    fn pointers_are_remembered_by_what_they_say() {
        let mut bases = bases();
        let text = |number: u64| text_of_pointer_to(&number.to_be_bytes());
        let keep = |bases: &mut Bases, number: u64, text: &str| {
            bases.keep(number, text.as_bytes(), Pointer::parse(text.as_bytes()));
        };
        for number in 0..30_000 {
            keep(&mut bases, number, &text(number));
        }
        // One that git-lfs does not write so.
        let other = text(30_000).replace('\n', "\r\n");
        keep(&mut bases, 30_000, &other);
        for number in [0, 1, 17_000, 29_999] {
            assert_eq!(bases.get(Base::Offset(number)), content(text(number).as_bytes()));
        }
        assert_eq!(bases.get(Base::Offset(30_000)), content(other.as_bytes()));

        let full = |text: &str| Base::Id(id(text.as_bytes(), IdLength::Twenty));
        assert_eq!(bases.get(full(&text(29_999))), content(text(29_999).as_bytes()));
        assert_eq!(bases.get(full(&other)), content(other.as_bytes()));
        // By their ids fewer are remembered.
        assert_eq!(bases.get(full(&text(0))), Known::Nothing);
        assert_eq!(bases.get(Base::Offset(0)), Known::Nothing);
        assert_eq!(bases.get(Base::Offset(29_999)), content(text(29_999).as_bytes()));
    }

    #[test]
    fn memory_is_bounded_whatever_a_pack_holds() {
        for named in [Base::Id([0; 32]), Base::Offset(0)] {
            let mut bases = bases();
            for offset in 0..100_000_u64 {
                if offset == 90_000 {
                    bases.family(named);
                }
                bases.begin(offset, if offset % 2 == 0 { Family::Blob } else { Family::Other });
                if offset % 3 == 0 {
                    bases.keep(offset, format!("{offset:0130}").as_bytes(), None);
                } else {
                    let pointer = pointer_to(&offset.to_be_bytes());
                    bases.keep(offset, pointer.to_string().as_bytes(), Some(pointer));
                }
                bases.note_unknown(offset);
            }
            let lists = [&bases.forgotten_pointers, &bases.forgotten_contents, &bases.never_held];
            let lists: usize = lists.iter().map(|list| list.capacity() * 8).sum();
            let rows = bases.rows.capacity() * 16;
            let ids = bases.by_id.as_ref().map_or(0, |ids| ids.capacity() * 48);
            let pointers = bases.pointers.capacity() * size_of::<(u64, Pointer)>();
            let contents: usize = bases.contents.values().map(|content| content.capacity() + 64).sum();
            let all = lists + rows + ids + pointers + contents;
            assert!(all < 7 << 19, "{lists} {rows} {ids} {pointers} {contents}");
            let last = text_of_pointer_to(&99_998_u64.to_be_bytes());
            assert_eq!(bases.get(Base::Offset(99_998)), content(last.as_bytes()));
            assert_eq!(bases.get(Base::Offset(99_999)), content(format!("{:0130}", 99_999).as_bytes()));
            assert_eq!(bases.get(Base::Offset(1 << 40)), Known::Nothing, "it may have been one of them");
        }
    }
}
