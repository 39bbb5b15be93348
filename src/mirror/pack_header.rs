//! The header of a pack: `PACK`, its version, and the number of its objects (`gitformat-pack`).

use super::ports::Pack;
use crate::error::{Error, ErrorKind, Failure, Phase, RemoteLabel};

/// The bytes before a pack's first object.
pub(super) const LENGTH: usize = 12;

/// Returns the number of objects that a header tells; none if it is not that of a pack.
pub(super) fn parse(header: &[u8]) -> Option<u32> {
    match header {
        [b'P', b'A', b'C', b'K', 0, 0, 0, 2 | 3, a, b, c, d, ..] => {
            Some(u32::from_be_bytes([*a, *b, *c, *d]))
        }
        _ => None,
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

    fn read(pack: &[u8]) -> Result<u32, ErrorKind> {
        objects(&mut Bytes::good(pack, 5), &label(Side::Source)).map_err(|error| error.failure.kind)
    }

    #[test]
    fn the_number_of_objects_follows_the_version() {
        assert_eq!(read(b"PACK\0\0\0\x02\0\x01\0\x02 and so on"), Ok(65_538));
        assert_eq!(read(b"PACK\0\0\0\x03\0\0\0\0"), Ok(0));
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
