//! The list of refs in version 2, in both object formats.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mirror_git_repository::protocol::ls_refs;
use mirror_git_repository::protocol::object_id::ObjectFormat;
use mirror_git_repository::protocol::pkt_line::PktReader;

fuzz_target!(|bytes: &[u8]| {
    for format in ["sha1", "sha256"].into_iter().filter_map(ObjectFormat::from_name) {
        drop(ls_refs::read(&mut PktReader::new(bytes), format));
    }
});
