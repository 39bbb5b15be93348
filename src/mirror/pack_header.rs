//! The header of a pack: `PACK`, its version, and the number of its objects (`gitformat-pack`).

use super::pack::Pack;
use crate::error::{Error, ErrorKind, Failure, Phase, RemoteLabel};

/// The bytes before a pack's first object.
pub(super) const LENGTH: usize = 12;

/// The bytes behind a pack's last object, in the format of the longer ids.
const LONGEST_TRAILER: usize = 32;

/// Returns the number of objects that a header tells; none if it is not that of a pack.
pub(super) fn parse(header: &[u8]) -> Option<u32> {
    match header {
        [b'P', b'A', b'C', b'K', 0, 0, 0, 2 | 3, a, b, c, d, ..] => {
            Some(u32::from_be_bytes([*a, *b, *c, *d]))
        }
        _ => None,
    }
}

/// Reads the number of objects in a pack, of which nothing else is wanted. One that is empty is read to its end, so that
/// its connection can be kept.
///
/// # Errors
/// Those of [`objects`].
pub(super) fn objects_alone(pack: &mut dyn Pack, label: &RemoteLabel) -> Result<u32, Error> {
    let count = objects(pack, label)?;
    if count == 0 {
        finish(pack);
    }
    Ok(count)
}

/// Reads the trailer and the end behind it. What fails here costs a connection, and nothing else.
fn finish(pack: &mut dyn Pack) {
    let mut left = LONGEST_TRAILER;
    while let Ok(count @ 1..) = pack.read(&mut [0; LONGEST_TRAILER]) {
        match left.checked_sub(count) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}

/// Reads the header of a pack that came from `label`, and returns the number of objects.
///
/// # Errors
/// Those of the pack, and bytes that are none.
pub(super) fn objects(pack: &mut dyn Pack, label: &RemoteLabel) -> Result<u32, Error> {
    let (mut header, mut filled) = ([0; LENGTH], 0);
    while filled < LENGTH {
        match pack.read(header.split_at_mut(filled).1)? {
            0 => break,
            count => filled += count,
        }
    }
    parse(header.split_at(filled).0).ok_or_else(|| {
        label.error(
            Phase::Fetch,
            Failure::new(ErrorKind::Interrupted, "the source sent something that is no pack"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Side;
    use crate::mirror::testing::{Bytes, label};
    use crate::protocol::object_id::ObjectFormat;
    use crate::protocol::receive_pack::empty_pack;

    fn read(pack: &[u8]) -> Result<u32, ErrorKind> {
        objects(&mut Bytes::good(pack, 5), &label(Side::Source)).map_err(|error| error.failure.kind)
    }

    #[test]
    fn the_number_of_objects_follows_the_version() {
        assert_eq!(read(b"PACK\0\0\0\x02\0\x01\0\x02 and so on"), Ok(65_538));
        assert_eq!(read(b"PACK\0\0\0\x03\0\0\0\0"), Ok(0));
    }

    #[test]
    fn an_empty_pack_is_read_to_its_end_and_no_other() {
        let mut empty = Bytes::good(&empty_pack(ObjectFormat::Sha1), 5);
        assert_eq!(objects_alone(&mut empty, &label(Side::Source)), Ok(0));
        assert_eq!(empty.read(&mut [0; 9]), Ok(0));
        let mut other = Bytes::good(b"PACK\0\0\0\x02\0\0\0\x01 and so on", 5);
        assert_eq!(objects_alone(&mut other, &label(Side::Source)), Ok(1));
        assert_eq!(other.read(&mut [0; 5]), Ok(5));
        let mut endless = Bytes::good(&[&b"PACK\0\0\0\x02\0\0\0\0"[..], &[7; 1000]].concat(), 32);
        assert_eq!(objects_alone(&mut endless, &label(Side::Source)), Ok(0));
        assert_ne!(endless.read(&mut [0; 1]), Ok(0));
    }

    #[test]
    fn what_is_no_pack_has_no_number() {
        for pack in
            [&b""[..], b"PACK", b"PACK\0\0\0\x02\0\0\0", b"PACK\0\0\0\x04\0\0\0\0", b"<html>no</html>"]
        {
            assert_eq!(read(pack), Err(ErrorKind::Interrupted), "{pack:?}");
        }
    }
}
