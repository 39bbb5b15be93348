//! The report of a push.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mirror_git_repository::protocol::pkt_line::PktReader;
use mirror_git_repository::protocol::report_status;

fuzz_target!(|bytes: &[u8]| {
    drop(report_status::read(&mut PktReader::new(bytes)));
});
