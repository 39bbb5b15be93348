//! What stands before a pack, and the pack's frames after it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mirror_git_repository::protocol::advertisement::Version;
use mirror_git_repository::protocol::fetch;
use mirror_git_repository::protocol::pkt_line::PktReader;
use mirror_git_repository::protocol::sideband::SideBand;

fuzz_target!(|bytes: &[u8]| {
    for version in [Version::V2, Version::V0] {
        let mut reader = PktReader::new(bytes);
        if fetch::read_until_pack(&mut reader, version).is_ok() {
            let mut band = SideBand::new(reader.into_inner());
            drop(band.read_to_end(1 << 20, &mut |_| ()));
        }
    }
});
