//! Frames: never more than their bound, and read again as they were written.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mirror_git_repository::protocol::pkt_line::{MAX_LINE, PktLine, PktReader, write_data};

fuzz_target!(|bytes: &[u8]| {
    let mut reader = PktReader::new(bytes);
    while let Ok(line) = reader.read() {
        if let PktLine::Data(data) = line {
            assert!(data.len() <= MAX_LINE - 4);
            let mut written = Vec::new();
            write_data(&mut written, data).expect("what was read fits");
            assert_eq!(PktReader::new(written.as_slice()).read().ok(), Some(PktLine::Data(data)));
        }
    }
    let mut reader = PktReader::new(bytes);
    while reader.read_text().is_ok() {}
});
