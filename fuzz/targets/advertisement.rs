//! Advertisements of both services and of every version.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mirror_git_repository::protocol::advertisement;
use mirror_git_repository::protocol::pkt_line::PktReader;

fuzz_target!(|bytes: &[u8]| {
    // Any error will do; a panic or endless memory will not.
    drop(advertisement::read(&mut PktReader::new(bytes)));
});
