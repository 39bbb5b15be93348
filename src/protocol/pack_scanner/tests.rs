use proptest::prelude::*;

use super::*;
use crate::protocol::pack_entry::{Base, Kind};
use crate::protocol::testing::{entry, pack};

/// Writes down what it hears.
#[derive(Default, Debug, PartialEq)]
struct Log {
    entries: Vec<Entry>,
    contents: Vec<Vec<u8>>,
    ends: usize,
}

impl Visitor for Log {
    type Error = PackError;

    fn entry(&mut self, entry: &Entry) -> Result<Content, PackError> {
        self.entries.push(*entry);
        self.contents.push(Vec::new());
        Ok(Content::Wanted)
    }

    fn content(&mut self, piece: &[u8]) {
        self.contents.last_mut().unwrap().extend_from_slice(piece);
    }

    fn end(&mut self) -> Result<(), PackError> {
        self.ends += 1;
        Ok(())
    }
}

fn honest(kind: u8, data: &[u8]) -> Vec<u8> {
    entry(kind, data.len() as u64, &[], data)
}

fn scan(pack: &[u8], chunk: usize) -> (Log, Result<bool, PackError>) {
    let (mut scanner, mut log) = (PackScanner::new(IdLength::Twenty), Log::default());
    let result = pack.chunks(chunk).try_for_each(|chunk| scanner.push(chunk, &mut log));
    (log, result.map(|()| scanner.has_all_entries()))
}

#[test]
fn every_entry_is_told_with_its_size_and_content() {
    let blob = vec![b'x'; 300_000];
    let delta = [&[0xe0, 0xa7, 0x12][..], &[5], b"delta"].concat();
    let first = honest(3, &blob);
    // One byte of distance holds 127; more need the second, whose start counts from 128.
    let distance = first.len() as u64;
    let back = [0x80 | u8::try_from((distance >> 7) - 1).unwrap(), u8::try_from(distance & 0x7f).unwrap()];
    let by_id = [7; 20];
    let pack = pack(&[
        first.clone(),
        entry(6, delta.len() as u64, &back, &delta),
        entry(7, delta.len() as u64, &by_id, &delta),
        honest(1, b"tree"),
        honest(2, b""),
        honest(4, b"object"),
    ]);
    for chunk in [1, 7, 4096, pack.len()] {
        let (log, result) = scan(&pack, chunk);
        assert_eq!(result, Ok(true));
        assert_eq!((log.entries.len(), log.ends), (6, 6));
        let forms: Vec<_> = log.entries.iter().map(|entry| entry.form).collect();
        let mut id = [0; 32];
        id[..20].fill(7);
        let of = |base| Form::Delta { base, base_size: 300_000, result_size: 5 };
        assert_eq!(forms[..3], [Form::Whole(Kind::Blob), of(Base::Offset(12)), of(Base::Id(id))]);
        assert_eq!(forms[3..], [Kind::Commit, Kind::Tree, Kind::Tag].map(Form::Whole));
        assert_eq!(log.entries[0], Entry { offset: 12, form: Form::Whole(Kind::Blob), size: 300_000 });
        assert_eq!(log.entries[1].offset, 12 + distance);
        assert_eq!(log.contents, [&blob[..], &delta, &delta, b"tree", b"", b"object"]);
    }
}

#[test]
fn an_entry_that_lies_about_its_size_is_refused() {
    let data = vec![0; 1 << 20];
    for claimed in [0, 1, (1 << 20) - 1, (1 << 20) + 1, u64::MAX >> 4] {
        let (_, result) = scan(&pack(&[entry(1, claimed, &[], &data)]), 1000);
        assert_eq!(result, Err(PackError::BadData(12)), "{claimed}");
    }
}

#[test]
fn what_is_no_pack_is_refused() {
    assert_eq!(scan(b"PACX\0\0\0\x02\0\0\0\0", 3).1, Err(PackError::NotAPack));
    assert_eq!(scan(b"PACK\0\0\0\x04\0\0\0\0", 3).1, Err(PackError::NotAPack));
    for bad in [
        vec![0x00],
        vec![0x50],
        // A base before the pack, none, and a number without an end.
        vec![0x60, 0x0d],
        vec![0x60, 0x00],
        [&[0x9f][..], &[0xff; 11]].concat(),
        [&[0x60][..], &[0xff; 11]].concat(),
    ] {
        assert_eq!(scan(&pack(std::slice::from_ref(&bad)), 2).1, Err(PackError::BadEntry(12)), "{bad:?}");
    }
    for bad in [
        b"\x31no zlib stream".to_vec(),
        // A delta that ends within its head.
        entry(7, 1, &[7; 20], &[0x80]),
        entry(7, 0, &[7; 20], &[]),
        entry(7, 30, &[7; 20], &[0xff; 30]),
    ] {
        assert_eq!(scan(&pack(std::slice::from_ref(&bad)), 2).1, Err(PackError::BadData(12)), "{bad:?}");
    }
}

#[test]
fn a_pack_that_is_cut_is_known_to_lack_entries() {
    let whole = pack(&[honest(3, b"one"), honest(3, b"two")]);
    for end in 0..whole.len() - 20 {
        assert_eq!(scan(&whole[..end], 5).1, Ok(false), "{end}");
    }
    assert_eq!(scan(&pack(&[]), 5).1, Ok(true));
}

proptest! {
    #[test]
    fn any_bytes_give_the_same_wherever_they_are_cut(
        kinds in prop::collection::vec((1_u8..8, prop::collection::vec(any::<u8>(), 0..40)), 0..4),
        spoilt in prop::option::of((any::<prop::sample::Index>(), any::<u8>())),
        chunk in 1_usize..20,
    ) {
        let entries: Vec<_> = kinds.iter().map(|(kind, data)| {
            let base: &[u8] = match kind { 6 => &[1], 7 => &[7; 20], _ => &[] };
            entry(*kind, data.len() as u64, base, data)
        }).collect();
        let mut pack = pack(&entries);
        if let Some((index, byte)) = spoilt {
            let at = index.index(pack.len());
            pack[at] ^= byte;
        }
        let (whole, cut) = (scan(&pack, pack.len()), scan(&pack, chunk));
        prop_assert_eq!(&whole.1, &cut.1);
        if whole.1.is_ok() {
            prop_assert_eq!(&whole.0, &cut.0);
            for (entry, content) in whole.0.entries.iter().zip(&whole.0.contents).take(whole.0.ends) {
                prop_assert_eq!(entry.size, content.len() as u64);
            }
        }
    }
}

#[test]
fn ids_of_sha256_have_thirty_two_bytes() {
    let delta = [&[3, 3][..], b"data"].concat();
    let by_id = entry(7, delta.len() as u64, &[9; 32], &delta);
    let whole = pack(&[by_id, honest(3, b"one")]);
    for chunk in [1, 7, whole.len()] {
        let (mut scanner, mut log) = (PackScanner::new(IdLength::ThirtyTwo), Log::default());
        whole.chunks(chunk).try_for_each(|chunk| scanner.push(chunk, &mut log)).unwrap();
        assert!(scanner.has_all_entries());
        let form = Form::Delta { base: Base::Id([9; 32]), base_size: 3, result_size: 3 };
        assert_eq!((log.entries[0].form, log.entries[1].form), (form, Form::Whole(Kind::Blob)));
        assert_eq!(log.contents, [&delta[..], b"one"]);
    }
    let short = pack(&[entry(7, delta.len() as u64, &[9; 20], &delta)]);
    let (mut scanner, mut log) = (PackScanner::new(IdLength::ThirtyTwo), Log::default());
    assert!(scanner.push(&short, &mut log).is_err(), "twelve bytes of its data are taken for the id");
}
