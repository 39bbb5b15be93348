//! Looks for pointers in a pack that goes through to the destination.
//!
//! It does so in the thread of the relay. Of all its time, 95 % inflates; 64 KiB take about half a millisecond, in which the
//! buffers of the connections go on, and a destination takes several times as long to index them.

use super::need::{Found, Objects, TooManyObjects};
use super::pointer_scan::PointerScanner;
use super::scan::{id_length, too_many_pointers};
use crate::error::{ErrorKind, Failure};
use crate::mirror::ports::PackOrder;
use crate::protocol::object_id::ObjectFormat;
use crate::protocol::pack_entry::PackError;

/// The pack that passes.
#[derive(Debug)]
pub(super) struct Stream {
    scanner: PointerScanner,
    objects: Objects,
    /// The reason why no more is looked at.
    ended: Option<Ended>,
}

#[derive(Debug)]
enum Ended {
    Unreadable(PackError),
    TooMany(TooManyObjects),
}

impl Stream {
    /// Begins a pack of this format and order.
    pub(super) fn new(format: ObjectFormat, order: PackOrder) -> Self {
        Self {
            scanner: PointerScanner::new(id_length(format)).of_order(order),
            objects: Objects::default(),
            ended: None,
        }
    }

    /// Looks at more of the pack.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        if self.ended.is_some() {
            return;
        }
        let Self { scanner, objects, .. } = self;
        let mut too_many = None;
        let read = scanner.push(bytes, &mut |pointer| {
            too_many = too_many.or(objects.add(pointer).err());
        });
        self.ended = read.err().map(Ended::Unreadable).or_else(|| too_many.map(Ended::TooMany));
    }

    /// Returns how many objects are still to come; none where they are not counted.
    pub(super) fn objects_left(&self) -> Option<u32> {
        self.scanner.entries_left().filter(|_| self.ended.is_none())
    }

    /// Returns the objects that its pointers name, and how many deltas may be pointers and could not be read.
    ///
    /// # Errors
    ///
    /// Fails if it could not be read to its end, or names too many.
    pub(super) fn finish(self) -> Result<(Found, u64), Failure> {
        match self.ended {
            None => Ok((self.objects.finish(), self.scanner.unresolved())),
            Some(Ended::TooMany(error)) => Err(too_many_pointers(error)),
            Some(Ended::Unreadable(error)) => {
                let message = format!("the pack cannot be read for pointers of Git LFS: {error}");
                Err(Failure::new(ErrorKind::Protocol, message))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::LfsProblem;
    use crate::lfs::testing::text_of_pointer_to;
    use crate::protocol::testing::{entry, pack};

    fn pointers(count: u32) -> Vec<u8> {
        let blob = |number: u32| {
            let text = text_of_pointer_to(&number.to_be_bytes());
            entry(3, text.len() as u64, &[], text.as_bytes())
        };
        pack(&(0..count).map(blob).collect::<Vec<_>>())
    }

    fn finished(mut stream: Stream, bytes: &[u8]) -> Result<(usize, u64), ErrorKind> {
        bytes.chunks(1000).for_each(|bytes| stream.push(bytes));
        let read = stream.finish().map_err(|failure| failure.kind);
        read.map(|(found, unread)| (found.objects.len(), unread))
    }

    #[test]
    fn pointers_are_found_as_the_pack_passes() {
        assert_eq!(finished(Stream::new(ObjectFormat::Sha1, PackOrder::Unknown), &pointers(20)), Ok((20, 0)));
    }

    #[test]
    fn more_pointers_than_are_kept_are_an_error() {
        let stream =
            Stream { objects: Objects::at_most(4096), ..Stream::new(ObjectFormat::Sha1, PackOrder::Unknown) };
        let too_many = Err(ErrorKind::Lfs(LfsProblem::TooManyPointers));
        assert_eq!(finished(stream, &pointers(6000)), too_many);
    }

    #[test]
    fn a_pack_that_cannot_be_read_is_an_error() {
        let mut bytes = pointers(3);
        bytes[12] = 0;
        assert_eq!(
            finished(Stream::new(ObjectFormat::Sha1, PackOrder::Unknown), &bytes),
            Err(ErrorKind::Protocol)
        );
    }
}
