//! The entries of a pack: the same wherever the bytes are cut, and never more content than an entry claims.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mirror_git_repository::protocol::pack_entry::{Content, Entry, IdLength, PackError, Visitor};
use mirror_git_repository::protocol::pack_scanner::PackScanner;

#[derive(Default, PartialEq, Debug)]
struct Heard {
    entries: Vec<(Entry, u64)>,
    ended: usize,
}

impl Visitor for Heard {
    type Error = PackError;

    fn entry(&mut self, entry: &Entry) -> Result<Content, PackError> {
        self.entries.push((*entry, 0));
        Ok(Content::Wanted)
    }

    fn content(&mut self, piece: &[u8]) {
        let (entry, length) = self.entries.last_mut().expect("content belongs to an entry");
        *length += piece.len() as u64;
        assert!(*length <= entry.size);
    }

    fn end(&mut self) -> Result<(), PackError> {
        let (entry, length) = self.entries.last().expect("an end belongs to an entry");
        assert_eq!(*length, entry.size);
        self.ended += 1;
        Ok(())
    }
}

fn scan(bytes: &[u8], chunk: usize) -> (Heard, Result<bool, PackError>) {
    let (mut scanner, mut heard) = (PackScanner::new(IdLength::Twenty), Heard::default());
    let result = bytes.chunks(chunk).try_for_each(|chunk| scanner.push(chunk, &mut heard));
    (heard, result.map(|()| scanner.has_all_entries()))
}

fuzz_target!(|bytes: &[u8]| {
    // The header is known; what follows is not.
    let pack = [b"PACK\0\0\0\x02\0\0\0\x05".as_slice(), bytes].concat();
    let (whole, cut) = (scan(&pack, pack.len()), scan(&pack, 3));
    assert_eq!(whole.1, cut.1);
    if whole.1.is_ok() {
        assert_eq!(whole.0, cut.0);
    }
});
