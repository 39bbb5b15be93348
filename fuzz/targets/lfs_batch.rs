//! What LFS servers and `.lfsconfig` files say: an answer for each object that was asked for, or an error; no key is shown.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mirror_git_repository::lfs::batch::{Operation, read};
use mirror_git_repository::lfs::lfs_url::LfsUrl;
use mirror_git_repository::lfs::lfsconfig::LfsConfig;
use mirror_git_repository::lfs::oid::Oid;
use mirror_git_repository::lfs::pointer::Pointer;
use mirror_git_repository::lfs::refusal::Refusal;

fuzz_target!(|bytes: &[u8]| {
    let asked = [Pointer { oid: Oid::EMPTY, size: 0 }, Pointer { oid: Oid::new([0x11; 32]), size: 1 }];
    for operation in [Operation::Download, Operation::Upload] {
        if let Ok(answers) = read(operation, &asked, bytes, None) {
            assert_eq!(answers.len(), asked.len());
        }
    }
    let _ = Refusal::read(404, None, bytes);
    if let Ok(config) = LfsConfig::parse(bytes)
        && let Some(url) = config.url().and_then(|url| LfsUrl::parse(url).ok())
    {
        let shown = url.to_string();
        let query = url.query().unwrap_or_default();
        assert!(query.is_empty() || shown.ends_with("?***"), "{shown:?}");
        assert_eq!(LfsUrl::parse(url.expose()), Ok(url));
    }
});
