//! The data of a delta (`gitformat-pack`): how an object is put together from parts of another and from bytes of its own.

/// One instruction of a delta.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instruction<'a> {
    /// So many bytes of the base, from this offset on.
    Copy {
        /// Offset in the base, in bytes.
        offset: u32,
        /// Number of bytes.
        length: u32,
    },
    /// These bytes.
    Insert(&'a [u8]),
}

/// Returns what follows a delta's head, its two sizes; none if there is no whole head.
pub fn behind_head(data: &[u8]) -> Option<&[u8]> {
    let ends = data.iter().enumerate().filter(|(_, byte)| **byte & 0x80 == 0);
    let (end, _) = ends.take(2).nth(1)?;
    data.get(end + 1..)
}

/// Reads the instructions behind a delta's head; none stands for bytes that are no instruction, and ends them.
pub fn instructions(data: &[u8]) -> impl Iterator<Item = Option<Instruction<'_>>> {
    let mut rest = data;
    std::iter::from_fn(move || {
        let (first, behind) = rest.split_first()?;
        let read = if first & 0x80 == 0 { insert(*first, behind) } else { copy(*first, behind) };
        rest = read.map_or(&[], |(_, rest)| rest);
        Some(read.map(|(instruction, _)| instruction))
    })
}

/// Puts the object together, which must have exactly this size; none if the delta does not fit its base or makes
/// another size. No more memory is taken than that size.
pub fn apply(data: &[u8], base: &[u8], size: usize) -> Option<Vec<u8>> {
    let mut result = Vec::with_capacity(size);
    for instruction in instructions(data) {
        let piece = match instruction? {
            Instruction::Copy { offset, length } => {
                let (offset, length) = (usize::try_from(offset).ok()?, usize::try_from(length).ok()?);
                base.get(offset..offset.checked_add(length)?)?
            }
            Instruction::Insert(bytes) => bytes,
        };
        if piece.len() > size - result.len() {
            return None;
        }
        result.extend_from_slice(piece);
    }
    (result.len() == size).then_some(result)
}

fn insert(length: u8, rest: &[u8]) -> Option<(Instruction<'_>, &[u8])> {
    // An instruction of zero is reserved.
    let (bytes, rest) = rest.split_at_checked(usize::from(length)).filter(|_| length > 0)?;
    Some((Instruction::Insert(bytes), rest))
}

/// Each of the low seven bits says whether a byte of the offset (four) or of the length (three) follows.
fn copy(first: u8, rest: &[u8]) -> Option<(Instruction<'_>, &[u8])> {
    let (mut numbers, mut rest) = ([0_u8; 7], rest);
    for (bit, number) in numbers.iter_mut().enumerate() {
        if first >> bit & 1 == 1 {
            let (byte, behind) = rest.split_first()?;
            (*number, rest) = (*byte, behind);
        }
    }
    let [o0, o1, o2, o3, l0, l1, l2] = numbers;
    let length = match u32::from_le_bytes([l0, l1, l2, 0]) {
        0 => 0x10000,
        length => length,
    };
    Some((Instruction::Copy { offset: u32::from_le_bytes([o0, o1, o2, o3]), length }, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_object_is_put_together_from_base_and_own_bytes() {
        let base: Vec<u8> = (0..=255).cycle().take(70_000).collect();
        // Offset and length of one byte each, own bytes, an offset of two bytes and no length at all.
        let delta = [&[0x91, 3, 4, 2][..], b"ab", &[0x83, 1, 2]].concat();
        let expected = [&[3, 4, 5, 6][..], b"ab", &base[0x201..0x201 + 0x10000]].concat();
        assert_eq!(apply(&delta, &base, expected.len()), Some(expected.clone()));
        for size in [expected.len() - 1, expected.len() + 1, 0] {
            assert_eq!(apply(&delta, &base, size), None);
        }
        assert_eq!(apply(&delta, &base[..60_000], expected.len()), None, "the base is too short");
        let all = [0xff, 1, 2, 3, 4, 5, 6, 7];
        let copied = Instruction::Copy { offset: 0x0403_0201, length: 0x0007_0605 };
        assert_eq!(instructions(&all).collect::<Vec<_>>(), [Some(copied)]);
    }

    #[test]
    fn what_follows_the_head_is_found() {
        assert_eq!(behind_head(&[0xe0, 0xa7, 0x12, 5, 7, 7]), Some(&[7, 7][..]));
        assert_eq!(behind_head(&[1, 2]), Some(&[][..]));
        assert_eq!(behind_head(&[0xe0, 1, 0x80]), None);
    }

    #[test]
    fn what_is_no_instruction_ends_them() {
        for bad in [&[0][..], &[3, 1, 2], &[0x81], &[0xff, 1, 2, 3]] {
            assert_eq!(instructions(bad).collect::<Vec<_>>(), [None], "{bad:?}");
            assert_eq!(apply(bad, &[0; 100], 2), None);
        }
    }

    proptest! {
        #[test]
        fn no_delta_makes_more_than_it_is_allowed_to(
            data in prop::collection::vec(any::<u8>(), 0..60), base in prop::collection::vec(any::<u8>(), 0..600),
            size in 0_usize..2000,
        ) {
            if let Some(made) = apply(&data, &base, size) {
                prop_assert_eq!(made.len(), size);
            }
        }
    }
}
