//! The report of a push.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mirror_git_repository::protocol::object_id::ObjectFormat;
use mirror_git_repository::protocol::pkt_line::PktReader;
use mirror_git_repository::protocol::receive_pack::RefUpdate;
use mirror_git_repository::protocol::ref_name::RefName;
use mirror_git_repository::protocol::report_status;

fuzz_target!(|bytes: &[u8]| {
    let name = RefName::new(b"refs/heads/main").unwrap();
    let update = RefUpdate::Delete { name, old: ObjectFormat::Sha1.zero() };
    drop(report_status::read(&mut PktReader::new(bytes), &[update]));
});
