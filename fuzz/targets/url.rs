//! URLs of every kind: what is shown is read again as the same, and holds neither user nor password of a web URL.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mirror_git_repository::remote::url::RemoteUrl;

fuzz_target!(|text: &str| {
    if let Ok((url, _)) = RemoteUrl::parse(text) {
        let shown = url.to_string();
        let again = RemoteUrl::parse(&shown);
        assert!(matches!(&again, Ok((same, None)) if same.to_string() == shown), "{shown:?}: {again:?}");
    }
});
