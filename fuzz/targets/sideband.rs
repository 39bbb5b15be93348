//! The side-band: never more data than came, an end only by a flush packet, and the same for any size of buffer.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mirror_git_repository::protocol::sideband::SideBand;

fn read(bytes: &[u8], size: usize) -> (Vec<u8>, Vec<u8>, bool) {
    let (mut data, mut progress) = (Vec::new(), Vec::new());
    let mut band = SideBand::new(bytes);
    let mut buffer = vec![0; size];
    let ended = loop {
        match band.read(&mut buffer, &mut |text| progress.extend_from_slice(text)) {
            Ok(0) => break true,
            Ok(count) => data.extend_from_slice(&buffer[..count]),
            Err(_) => break false,
        }
    };
    (data, progress, ended)
}

fuzz_target!(|bytes: &[u8]| {
    let whole = read(bytes, 1 << 16);
    assert!(whole.0.len() + whole.1.len() <= bytes.len());
    assert!(!whole.2 || bytes.windows(4).any(|four| four == b"0000"));
    assert_eq!(read(bytes, 3), whole);
});
