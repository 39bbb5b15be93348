//! Bounds of what libgit2 must hold whole, checked before it sees a byte of a pack.
//!
//! libgit2 streams a blob, and holds everything else: commits, trees and tags when they are looked at, and of a delta
//! its data, its base and its result. A server can make each as large as it likes for a thousandth of it on the wire.

use std::collections::{HashMap, HashSet};

use git2::{Odb, OdbLookupFlags, Oid};
use sha1::{Digest, Sha1};

use crate::protocol::pack_entry::{Base, Content, Entry, Form, IdLength, Kind, PackError, Visitor};
use crate::protocol::pack_scanner::PackScanner;

/// The most of one object that is held whole, whatever came before it, in bytes. Git's own trees and commits are far
/// smaller.
const HELD: u64 = 64 << 20;

/// The size that a delta's base and result may have beyond that: so many bytes for each byte of the pack so far.
const HELD_PER_BYTE: u64 = 16;

/// And never more than this: from here on Git makes no deltas (`core.bigFileThreshold`).
const MOST_HELD: u64 = 512 << 20;

/// The reason why a pack is not given to libgit2.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unbearable {
    /// It is no pack that libgit2 would take.
    #[error(transparent)]
    Malformed(#[from] PackError),
    /// An object that would be held whole is too large.
    #[error(
        "its pack holds {what} of {} MiB (at byte {offset}), more than the {} MiB that a local repository takes",
        size >> 20,
        most >> 20
    )]
    TooLarge {
        /// The reason.
        what: &'static str,
        /// Its offset in the pack.
        offset: u64,
        /// Its size in bytes.
        size: u64,
        /// The bound.
        most: u64,
    },
}

/// A look at the sizes of a pack on its way to libgit2.
pub(crate) struct Sizes<'a> {
    scanner: PackScanner,
    entries: Entries<'a>,
}

/// The part of the pack that was seen.
struct Entries<'a> {
    odb: &'a Odb<'a>,
    /// Offsets of blobs that are more than [`HELD`], and their sizes: a delta can claim another size of its base.
    large: HashMap<u64, u64>,
    /// The same by id.
    large_ids: HashMap<Oid, u64>,
    /// The large blob that is passing.
    passing: Option<(Sha1, u64)>,
    /// Bases by id, which can come later in the pack; libgit2 itself keeps more for each.
    bases: HashSet<Oid>,
}

impl<'a> Sizes<'a> {
    /// Begins a pack for a repository with these objects.
    pub(crate) fn new(odb: &'a Odb<'a>) -> Self {
        let entries = Entries {
            odb,
            large: HashMap::new(),
            large_ids: HashMap::new(),
            passing: None,
            bases: HashSet::new(),
        };
        Self { scanner: PackScanner::new(IdLength::Twenty), entries }
    }

    /// Looks at the next bytes, before libgit2 gets them.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<(), Unbearable> {
        self.scanner.push(bytes, &mut self.entries)
    }

    /// Looks at the bases that deltas name by id, before libgit2 puts any together.
    pub(crate) fn finish(&self) -> Result<(), Unbearable> {
        let Entries { odb, large_ids, bases, .. } = &self.entries;
        for base in bases {
            // Most are in the pack itself; looking for files anew for each of those would take long.
            let here = || odb.exists_ext(*base, OdbLookupFlags::NO_REFRESH).then(|| odb.read_header(*base));
            let size = large_ids.get(base).copied().or_else(|| Some(here()?.ok()?.0 as u64));
            let position = self.scanner.position();
            require("the base of a delta", position, size.unwrap_or_default(), most_held(position))?;
        }
        Ok(())
    }
}

impl Visitor for Entries<'_> {
    type Error = Unbearable;

    fn entry(&mut self, entry: &Entry) -> Result<Content, Unbearable> {
        let Entry { offset, form, size } = *entry;
        let most = most_held(offset);
        match form {
            Form::Whole(Kind::Blob) if size > HELD => {
                self.large.insert(offset, size);
                let mut hash = Sha1::new();
                hash.update(format!("blob {size}\0"));
                self.passing = Some((hash, size));
                return Ok(Content::Wanted);
            }
            Form::Whole(Kind::Blob) => {}
            Form::Whole(Kind::Commit) => require("a commit", offset, size, HELD)?,
            Form::Whole(Kind::Tree) => require("a tree", offset, size, HELD)?,
            Form::Whole(Kind::Tag) => require("a tag", offset, size, HELD)?,
            Form::Delta { base, base_size, result_size } => {
                require("a delta", offset, size, most)?;
                require("the base of a delta", offset, base_size, most)?;
                require("an object in the form of a delta", offset, result_size, most)?;
                match base {
                    Base::Offset(base) => {
                        let size = self.large.get(&base).copied().unwrap_or_default();
                        require("the base of a delta", offset, size, most)?;
                    }
                    Base::Id(id) => {
                        let (id, _) = id.split_at(20);
                        self.bases.extend(Oid::from_bytes(id));
                    }
                }
            }
        }
        Ok(Content::Skipped)
    }

    fn content(&mut self, piece: &[u8]) {
        if let Some((hash, _)) = &mut self.passing {
            hash.update(piece);
        }
    }

    fn end(&mut self) -> Result<(), Unbearable> {
        if let Some((hash, size)) = self.passing.take()
            && let Ok(id) = Oid::from_bytes(&hash.finalize())
        {
            self.large_ids.insert(id, size);
        }
        Ok(())
    }
}

/// Returns how large an object may be that takes part in a delta, after so many bytes of the pack.
fn most_held(position: u64) -> u64 {
    position.saturating_mul(HELD_PER_BYTE).clamp(HELD, MOST_HELD)
}

fn require(what: &'static str, offset: u64, size: u64, most: u64) -> Result<(), Unbearable> {
    if size > most { Err(Unbearable::TooLarge { what, offset, size, most }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(offset: u64, form: Form, size: u64) -> Entry {
        Entry { offset, form, size }
    }

    fn refuses(earlier: &[Entry], last: Entry) -> bool {
        let folder = tempfile::tempdir().unwrap();
        let repository = git2::Repository::init_bare(folder.path()).unwrap();
        let odb = repository.odb().unwrap();
        let mut entries = Sizes::new(&odb).entries;
        for entry in earlier {
            entries.entry(entry).unwrap();
        }
        matches!(entries.entry(&last), Err(Unbearable::TooLarge { .. }))
    }

    #[test]
    fn what_libgit2_holds_whole_is_bounded() {
        let whole = |kind, size| refuses(&[], entry(12, Form::Whole(kind), size));
        for kind in [Kind::Commit, Kind::Tree, Kind::Tag] {
            assert!(whole(kind, HELD + 1) && !whole(kind, HELD), "{kind:?}");
        }
        assert!(!whole(Kind::Blob, 4 << 30), "it is streamed");
    }

    #[test]
    fn each_part_of_a_delta_is_bounded_by_what_was_sent() {
        let delta = |offset, size, base_size, result_size| {
            let form = Form::Delta { base: Base::Offset(12), base_size, result_size };
            refuses(&[], entry(offset, form, size))
        };
        for (size, base, result) in [(HELD + 1, 1, 1), (1, HELD + 1, 1), (1, 1, HELD + 1)] {
            assert!(delta(100, size, base, result));
            assert!(!delta(64 << 20, size, base, result), "an honest pack of large files");
        }
        assert!(delta(64 << 30, 1, 1, MOST_HELD + 1));
    }

    #[test]
    fn a_base_counts_by_its_true_size() {
        let blob = entry(12, Form::Whole(Kind::Blob), HELD * 4);
        let form = Form::Delta { base: Base::Offset(12), base_size: 1, result_size: 1 };
        assert!(refuses(&[blob], entry(300_000, form, 10)));
        assert!(!refuses(&[blob], entry(HELD, form, 10)));
    }

    /// Returns true if a pack is refused at its end that has a delta of the object of this id, after these entries.
    fn refuses_base(repository: &git2::Repository, id: Oid, passing: &[u64], wire: u64) -> bool {
        let odb = repository.odb().unwrap();
        let mut sizes = Sizes::new(&odb);
        // The scanner must have come so far; its trailer has no bound.
        sizes.push(b"PACK\0\0\0\x02\0\0\0\0").unwrap();
        for _ in 0..wire >> 20 {
            sizes.push(&vec![0; 1 << 20]).unwrap();
        }
        for &size in passing {
            sizes.entries.entry(&entry(12, Form::Whole(Kind::Blob), size)).unwrap();
            (0..size >> 20).for_each(|_| sizes.entries.content(&vec![b'a'; 1 << 20]));
            sizes.entries.end().unwrap();
        }
        let mut base = [0; 32];
        base[..20].copy_from_slice(id.as_bytes());
        let form = Form::Delta { base: Base::Id(base), base_size: 1, result_size: 1 };
        sizes.entries.entry(&entry(12, form, 10)).unwrap();
        matches!(sizes.finish(), Err(Unbearable::TooLarge { what: "the base of a delta", .. }))
    }

    #[test]
    fn a_base_by_its_id_counts_by_its_true_size() {
        let folder = tempfile::tempdir().unwrap();
        let repository = git2::Repository::init_bare(folder.path()).unwrap();
        let (small, large) = (vec![b'a'; 1 << 20], vec![b'a'; usize::try_from(HELD).unwrap() + (1 << 20)]);
        let id = |content: &[u8]| Oid::hash_object(git2::ObjectType::Blob, content).unwrap();
        let refuses = |id, passing: &[u64], wire| refuses_base(&repository, id, passing, wire);
        assert!(!refuses(id(&large), &[], 0), "it is nowhere, which libgit2 tells");
        assert!(refuses(id(&large), &[large.len() as u64], 0), "it is in the pack");
        assert!(!refuses(id(&small), &[large.len() as u64], 0), "another one is");
        repository.blob(&large).unwrap();
        repository.blob(&small).unwrap();
        assert!(refuses(id(&large), &[], 0), "it is in the repository");
        assert!(!refuses(id(&large), &[], 8 << 20), "enough was sent");
        assert!(!refuses(id(&small), &[], 0));
    }
}
