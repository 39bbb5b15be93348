//! What runs for each packet of a pack allocates nothing, and a listing takes little more than what it says.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected, and says so")]

use mirror_git_repository::protocol::ls_refs;
use mirror_git_repository::protocol::object_id::ObjectFormat;
use mirror_git_repository::protocol::pkt_line::{FLUSH, PktReader, write_data, write_text};
use mirror_git_repository::protocol::sideband::SideBand;

/// A stream of so many full side-band packets, a short progress text after each.
fn stream(packets: usize) -> Vec<u8> {
    let data = vec![1; 65515];
    let mut bytes = Vec::new();
    for _ in 0..packets {
        write_data(&mut bytes, &data).unwrap();
        write_data(&mut bytes, b"\x02Compressing objects\r").unwrap();
    }
    bytes.extend_from_slice(FLUSH);
    bytes
}

/// The allocations while such a stream is read to its end.
fn allocations(packets: usize) -> u64 {
    let bytes = stream(packets);
    let mut buf = vec![0; 65536];
    let mut data = 0;
    let counted = allocation_counter::measure(|| {
        let mut band = SideBand::new(&bytes[..]);
        loop {
            match band.read(&mut buf, &mut |_| ()).unwrap() {
                0 => break,
                read => data += read,
            }
        }
    });
    assert_eq!(data, packets * 65514);
    counted.count_total
}

#[test]
fn a_packet_of_the_side_band_allocates_nothing() {
    let few = allocations(2);
    assert!(few > 0, "the counter counts: the buffer for progress is one");
    assert_eq!(allocations(200), few);
}

#[test]
fn a_pkt_line_allocates_nothing() {
    let count = |lines: usize| {
        let mut bytes = Vec::new();
        (0..lines).for_each(|_| write_data(&mut bytes, &[b'x'; 100]).unwrap());
        bytes.extend_from_slice(FLUSH);
        let mut reader = PktReader::new(&bytes[..]);
        let counted = allocation_counter::measure(|| {
            for _ in 0..=lines {
                reader.read().unwrap();
            }
        });
        counted.count_total
    };
    assert_eq!(count(1000), count(2));
}

#[test]
fn a_ref_of_a_listing_takes_no_allocation_of_its_own() {
    const REFS: usize = 10_000;
    let mut bytes = Vec::new();
    for number in 0..REFS {
        write_text(&mut bytes, &format!("{:040x} refs/heads/team/topic-{number:06}", number + 1)).unwrap();
    }
    bytes.extend_from_slice(FLUSH);
    let mut list = None;
    let counted = allocation_counter::measure(|| {
        list = Some(ls_refs::read(&mut PktReader::new(&bytes[..]), ObjectFormat::Sha1).unwrap());
    });
    assert_eq!(list.unwrap().refs().len(), REFS);
    assert!(counted.count_total < REFS as u64 / 50, "{counted:?}");
    // The name has 28 bytes, its place and the object id 56.
    assert!(counted.bytes_current < 90 * i64::try_from(REFS).unwrap(), "{counted:?}");
}
