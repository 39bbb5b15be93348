//! The pointers in a pack: the same wherever the bytes are cut, and each whole one found.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mirror_git_repository::lfs::pointer::Pointer;
use mirror_git_repository::lfs::pointer_scan::PointerScanner;
use mirror_git_repository::protocol::pack_entry::{Content, Entry, Form, IdLength, Kind, PackError, Visitor};
use mirror_git_repository::protocol::pack_scanner::PackScanner;

/// Reads each whole blob on its own.
#[derive(Default)]
struct Whole {
    blob: Option<Vec<u8>>,
    pointers: Vec<Pointer>,
}

impl Visitor for Whole {
    type Error = PackError;

    fn entry(&mut self, entry: &Entry) -> Result<Content, PackError> {
        self.blob = (entry.form == Form::Whole(Kind::Blob)).then(Vec::new);
        Ok(Content::Wanted)
    }

    fn content(&mut self, piece: &[u8]) {
        if let Some(blob) = &mut self.blob {
            blob.extend_from_slice(piece);
        }
    }

    fn end(&mut self) -> Result<(), PackError> {
        self.pointers.extend(self.blob.take().and_then(|blob| Pointer::parse(&blob)));
        Ok(())
    }
}

fn scan(bytes: &[u8], chunk: usize) -> (Vec<Pointer>, u64, Result<bool, PackError>) {
    let (mut scanner, mut found) = (PointerScanner::new(IdLength::Twenty), Vec::new());
    let result = bytes.chunks(chunk).try_for_each(|chunk| scanner.push(chunk, &mut |pointer| found.push(pointer)));
    (found, scanner.unresolved(), result.map(|()| scanner.has_all_entries()))
}

fuzz_target!(|bytes: &[u8]| {
    // The header is known; what follows is not.
    let pack = [b"PACK\0\0\0\x02\0\0\0\x05".as_slice(), bytes].concat();
    let (whole, cut) = (scan(&pack, pack.len()), scan(&pack, 3));
    assert_eq!(whole.2, cut.2);
    if whole.2.is_ok() {
        assert_eq!(whole, cut);
        let mut alone = Whole::default();
        PackScanner::new(IdLength::Twenty).push(&pack, &mut alone).expect("it was a pack");
        let mut rest = whole.0.iter();
        assert!(alone.pointers.iter().all(|pointer| rest.any(|found| found == pointer)));
    }
});
