//! What stands before a pack, and the pack's frames after it; and the answers to a question without a pack.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mirror_git_repository::protocol::advertisement::{Advertisement, History, Version};
use mirror_git_repository::protocol::capabilities::Capabilities;
use mirror_git_repository::protocol::fetch::negotiation::Negotiation;
use mirror_git_repository::protocol::fetch::{Depth, FetchRequest, response};
use mirror_git_repository::protocol::object_id::ObjectFormat;
use mirror_git_repository::protocol::pkt_line::PktReader;
use mirror_git_repository::protocol::ref_list::RefList;
use mirror_git_repository::protocol::sideband::SideBand;

fuzz_target!(|bytes: &[u8]| {
    for version in [Version::V2, Version::V0] {
        for request in requests() {
            let mut reader = PktReader::new(bytes);
            if response::read_head(&mut reader, &request, &server(version)).is_ok() {
                let mut band = SideBand::new(reader.into_inner());
                drop(band.read_to_end(1 << 20, &mut |_| ()));
            }
        }
        let haves = vec![ObjectFormat::Sha1.zero(); 3];
        for offered in ["", "multi_ack", "multi_ack_detailed"] {
            let question = Negotiation { want: ObjectFormat::Sha1.zero(), haves: haves.clone() };
            let capabilities = Capabilities::from_list(offered.as_bytes());
            let server = Advertisement { capabilities, ..server(version) };
            drop(question.read(&mut PktReader::new(bytes), &server));
        }
    }
});

/// Everything, tips alone, and a part whose shallow commits the request does not count.
fn requests() -> [FetchRequest; 3] {
    let wants = vec![ObjectFormat::Sha1.zero(); 3];
    [
        FetchRequest::new(wants.clone()),
        FetchRequest::tips_alone(wants.clone()),
        FetchRequest { depth: Some(Depth::Since(0)), ..FetchRequest::new(wants) },
    ]
}

fn server(version: Version) -> Advertisement {
    Advertisement {
        version,
        capabilities: Capabilities::default(),
        format: ObjectFormat::Sha1,
        refs: RefList::default(),
        history: History::Complete,
    }
}
