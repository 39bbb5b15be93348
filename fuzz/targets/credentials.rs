//! Tokens: whatever is sent is masked, and Debug shows nothing of them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mirror_git_repository::auth::credentials::Credentials;
use mirror_git_repository::hosts::Host;
use mirror_git_repository::remote::url::RemoteUrl;
use mirror_git_repository::secret::Secret;

fuzz_target!(|text: &str| {
    let Ok(credentials) = Credentials::parse(text) else { return };
    let urls = ["https://dev.azure.com/o/p/_git/r", "https://github.com/o/r", "https://git.example.org/r"];
    for url in urls {
        let Ok((RemoteUrl::Web(url), _)) = RemoteUrl::parse(url) else { panic!("a good URL") };
        let host = Host::of(&url);
        let masks: Vec<String> =
            credentials.masks(host.possible_schemes()).iter().map(|mask| mask.expose().to_owned()).collect();
        for authorization in credentials.authorizations(host.schemes()) {
            let (_, sent) = authorization.expose().split_once(' ').expect("a scheme and a value");
            // A value of few characters would hit ordinary words, so that only the whole of it is masked.
            let whole = if Secret::new(sent).is_maskable() { sent } else { authorization.expose() };
            assert!(masks.iter().any(|mask| mask == whole), "sent and not masked");
            assert!(!sent.contains(char::is_control));
        }
    }
});
