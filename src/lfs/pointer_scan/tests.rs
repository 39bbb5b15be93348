use proptest::prelude::*;

use super::*;
use crate::lfs::oid::Oid;
use crate::protocol::object_id::ObjectFormat;
use crate::protocol::testing::{entry, pack};

const COMMIT: u8 = 1;
const TREE: u8 = 2;
const BLOB: u8 = 3;

fn pointer(number: u8) -> Pointer {
    Pointer { oid: Oid::new([number; 32]), size: u64::from(number) }
}

fn text(number: u8) -> Vec<u8> {
    let Pointer { oid, size } = pointer(number);
    format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {size}\n").into_bytes()
}

/// A file with a conflict between two pointers, and the number of bytes before the first one.
fn conflict(one: u8, other: u8) -> (Vec<u8>, usize) {
    let start = b"<<<<<<< HEAD\n";
    let all = [start.as_slice(), &text(one), b"=======\n", &text(other), b">>>>>>> topic\n"].concat();
    (all, start.len())
}

/// A pack that is written entry by entry.
#[derive(Default)]
struct Packed {
    entries: Vec<Vec<u8>>,
    length: u64,
}

impl Packed {
    fn add(&mut self, bytes: Vec<u8>) -> u64 {
        let offset = 12 + self.length;
        self.length += bytes.len() as u64;
        self.entries.push(bytes);
        offset
    }

    fn whole(&mut self, kind: u8, content: &[u8]) -> u64 {
        self.add(entry(kind, content.len() as u64, &[], content))
    }

    /// Adds a delta on the entry that begins at this offset.
    fn delta(&mut self, base: u64, sizes: (usize, usize), instructions: &[u8]) -> u64 {
        let mut distance = 12 + self.length - base;
        let mut back = vec![u8::try_from(distance & 0x7f).unwrap()];
        while distance >= 0x80 {
            distance = (distance >> 7) - 1;
            back.insert(0, 0x80 | u8::try_from(distance & 0x7f).unwrap());
        }
        let data = [&number(sizes.0), &number(sizes.1), instructions].concat();
        self.add(entry(6, data.len() as u64, &back, &data))
    }

    /// Adds a delta that copies an object of a kind whole, and names it by its id.
    fn copy_by_id(&mut self, kind: &str, content: &[u8]) -> u64 {
        let mut hash = ObjectFormat::Sha1.hasher();
        hash.update(format!("{kind} {}\0", content.len()).as_bytes());
        hash.update(content);
        let size = number(content.len());
        let data = [&size, &size, &copy(0, content.len())].map(Vec::as_slice).concat();
        self.add(entry(7, data.len() as u64, hash.finish().as_bytes(), &data))
    }

    fn scan(&self) -> (Vec<u64>, u64) {
        self.scan_in(PackOrder::Unknown)
    }

    fn scan_in(&self, order: PackOrder) -> (Vec<u64>, u64) {
        let pack = pack(&self.entries);
        let whole = scan(&pack, pack.len(), order);
        assert_eq!(whole, scan(&pack, 7, order));
        whole
    }
}

fn number(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(0x80 | u8::try_from(value & 0x7f).unwrap());
        value >>= 7;
    }
    bytes.push(u8::try_from(value).unwrap());
    bytes
}

fn copy(offset: usize, length: usize) -> Vec<u8> {
    let (offset, length) =
        (u32::try_from(offset).unwrap().to_le_bytes(), u32::try_from(length).unwrap().to_le_bytes());
    [&[0xff][..], &offset, &length[..3]].concat()
}

fn insert(bytes: &[u8]) -> Vec<u8> {
    bytes.chunks(127).flat_map(|chunk| [&[u8::try_from(chunk.len()).unwrap()][..], chunk].concat()).collect()
}

/// Returns the sizes of the pointers, and how many deltas were not resolved.
fn scan(pack: &[u8], chunk: usize, order: PackOrder) -> (Vec<u64>, u64) {
    let (mut scanner, mut found) = (PointerScanner::new(IdLength::Twenty).of_order(order), Vec::new());
    for bytes in pack.chunks(chunk) {
        let mut add = |pointer: Pointer| found.push(pointer.size);
        scanner.push(bytes, &mut add).unwrap();
    }
    assert!(scanner.has_all_entries());
    (found, scanner.unresolved())
}

#[test]
fn each_whole_pointer_is_found_as_often_as_it_is_there() {
    let mut packed = Packed::default();
    packed.whole(COMMIT, &text(9));
    packed.whole(BLOB, &text(1));
    packed.whole(BLOB, b"");
    packed.whole(BLOB, &[&text(9)[..], &[b' '; 1000]].concat());
    packed.whole(BLOB, &vec![b'x'; 200_000]);
    packed.whole(TREE, &text(9));
    packed.whole(BLOB, &text(2));
    packed.whole(BLOB, &text(1));
    assert_eq!(packed.scan(), (vec![1, 2, 1], 0));
}

#[test]
fn a_side_of_a_committed_conflict_is_found() {
    let mut packed = Packed::default();
    let (conflict, start) = conflict(1, 2);
    let length = text(1).len();
    let base = packed.whole(BLOB, &conflict);
    packed.delta(base, (conflict.len(), length), &copy(start, length));
    // A delta on a delta: the end of the conflict, of that the second side.
    let (from, rest) = (start + length, conflict.len() - start - length);
    let middle = packed.delta(base, (conflict.len(), rest), &copy(from, rest));
    packed.delta(middle, (rest, length), &copy(b"=======\n".len(), length));
    assert_eq!(packed.scan(), (vec![1, 2], 0));
}

#[test]
fn a_pointer_whose_size_alone_was_changed_is_found() {
    let mut packed = Packed::default();
    let base = packed.whole(BLOB, &text(7));
    let kept = text(7).len() - 2;
    let changed = [copy(0, kept), insert(b"88\n")].concat();
    packed.delta(base, (kept + 2, kept + 3), &changed);
    assert_eq!(packed.scan(), (vec![7, 88], 0));
}

#[test]
fn a_delta_on_what_is_not_known_counts_as_unresolved() {
    let mut packed = Packed::default();
    let large = [vec![b'x'; 100_000], text(1)].concat();
    let base = packed.whole(BLOB, &large);
    packed.delta(base, (large.len(), 130), &copy(100_000, 130));
    assert_eq!(packed.scan(), (vec![], 1), "a base that is too large");

    let mut packed = Packed::default();
    let data = [&number(300)[..], &number(130), &copy(0, 130)].concat();
    packed.add(entry(7, data.len() as u64, &[7; 20], &data));
    assert_eq!(packed.scan(), (vec![], 1), "a base that is out of the pack");

    let mut packed = Packed::default();
    let base = packed.whole(BLOB, &vec![b'x'; 500]);
    let sent = text(3);
    let all = [insert(&sent), copy(0, 1)].concat();
    packed.delta(base, (500, sent.len() + 1), &all);
    assert_eq!(packed.scan(), (vec![], 1), "the words are inserted");
    packed.delta(base, (500, 5000), &[insert(&sent), copy(0, 5000 - sent.len())].concat());
    assert_eq!(packed.scan(), (vec![], 1), "it makes more than a pointer has");
}

#[test]
fn a_delta_that_cannot_be_a_pointer_does_not_count() {
    let mut packed = Packed::default();
    let tree = packed.whole(TREE, &[b'x'; 500]);
    let child = packed.delta(tree, (500, 400), &copy(0, 400));
    packed.delta(child, (400, 300), &copy(0, 300));
    let blob = packed.whole(BLOB, &vec![b'x'; 100_000]);
    packed.delta(blob, (100_000, 400), &copy(0, 400));
    let words = packed.whole(BLOB, &[vec![b'x'; 100_000], text(1)].concat());
    packed.delta(words, (100_200, 113), &copy(0, 113));
    packed.delta(words, (100_200, 1024), &copy(0, 1024));
    packed.delta(words, (100_200, 400), &[copy(0, 397), insert(b"{\0}")].concat());
    assert_eq!(packed.scan(), (vec![], 0));
}

#[test]
fn a_base_by_its_id_is_resolved() {
    let mut packed = Packed::default();
    let (conflict, start) = conflict(1, 2);
    packed.whole(BLOB, &conflict);
    let id = git2::Oid::hash_object(git2::ObjectType::Blob, &conflict).unwrap();
    let length = text(1).len();
    let data = [&number(conflict.len())[..], &number(length), &copy(start, length)].concat();
    packed.add(entry(7, data.len() as u64, id.as_bytes(), &data));
    assert_eq!(packed.scan(), (vec![1], 0));
}

#[test]
fn the_words_are_seen_wherever_a_large_blob_is_cut() {
    // Pieces are as long as the buffer that is inflated into.
    for at in (65_536 - 14..65_536 + 3).chain([40_000]) {
        let mut packed = Packed::default();
        let mut large = vec![b'x'; 140_000];
        large[at..at + VERSION_LINE.len()].copy_from_slice(VERSION_LINE);
        let base = packed.whole(BLOB, &large);
        packed.delta(base, (large.len(), 130), &copy(at, 130));
        assert_eq!(packed.scan(), (vec![], 1), "{at}");
    }
}

#[test]
fn a_broken_delta_is_no_pointer() {
    let mut packed = Packed::default();
    let (conflict, _) = conflict(1, 2);
    let base = packed.whole(BLOB, &conflict);
    packed.delta(base, (conflict.len(), 130), &copy(10_000, 130));
    packed.delta(base, (conflict.len(), 130), &[0]);
    assert_eq!(packed.scan(), (vec![], 0));
}

proptest! {
    #[test]
    fn what_deltas_make_is_found_as_if_it_were_whole(
        bases in prop::collection::vec((1_u8..100, 1_u8..100, any::<bool>()), 1..5),
        children in prop::collection::vec(
            (any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0_usize..420, "[a-f0-9\n]{0,3}"), 0..12,
        ),
    ) {
        let (mut packed, mut known, mut expected) = (Packed::default(), Vec::new(), Vec::new());
        for (one, other, is_conflict) in bases {
            let content = if is_conflict { conflict(one, other).0 } else { text(one) };
            expected.extend(Pointer::parse(&content).map(|pointer| pointer.size));
            known.push((packed.whole(BLOB, &content), content));
        }
        for (base, start, length, inserted) in children {
            let (offset, content) = known[base.index(known.len())].clone();
            let start = [0, 13, start.index(content.len() + 1)][length % 3].min(content.len());
            let length = if length % 2 == 0 { text(12).len() } else { length }.min(content.len() - start);
            let made = [&content[start..start + length], inserted.as_bytes()].concat();
            let mut instructions = if length > 0 { copy(start, length) } else { Vec::new() };
            instructions.extend(insert(inserted.as_bytes()));
            expected.extend(Pointer::parse(&made).map(|pointer| pointer.size));
            known.push((packed.delta(offset, (content.len(), made.len()), &instructions), made));
        }
        let (found, unresolved) = packed.scan();
        prop_assert_eq!(found, expected);
        prop_assert_eq!(unresolved, 0);
    }
}

#[test]
fn a_base_that_came_before_and_is_not_held_is_no_pointer() {
    let tree = [b"40000 a\0", [7; 20].as_slice()].concat().repeat(6);
    let mut packed = Packed::default();
    packed.whole(TREE, &tree);
    packed.copy_by_id("tree", &tree);
    assert_eq!(packed.scan(), (vec![], 1));
    assert_eq!(packed.scan_in(PackOrder::BasesFirst), (vec![], 0));
    packed.whole(BLOB, &text(1));
    packed.copy_by_id("blob", &text(1));
    assert_eq!(packed.scan_in(PackOrder::BasesFirst), (vec![1, 1], 0));
    // One that holds the words and is too large to be held could be the base.
    packed.whole(BLOB, &text(2).repeat(400));
    packed.copy_by_id("tree", &tree);
    assert_eq!(packed.scan_in(PackOrder::BasesFirst), (vec![1, 1], 1));
}
