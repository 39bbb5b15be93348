//! The places that each credential may go to.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::super::double::{JOB_TOKEN, PROJECT_ID};
use super::super::services::{ACCESS_TOKEN, AZURE_TOKEN, GITHUB_TOKEN};
use super::super::support::http::Head;
use super::hosts::Hosts;

const CONTOSO: &[&str] = &["dev.azure.com/contoso/"];

/// The identity decides which organizations it may enter.
const AZURE: &[&str] = &["dev.azure.com/contoso/", "dev.azure.com/fabrikam/"];

const GITHUB: &[&str] = &["github.com/contoso/", "api.github.com/"];

/// Where the App shows who it is.
const OF_APP: &[&str] =
    &["api.github.com/orgs/contoso/", "api.github.com/users/contoso/", "api.github.com/app/installations/"];

/// The token that a request signs in with.
pub(super) fn token(head: &Head) -> Option<String> {
    let (scheme, sent) = head.header("authorization")?.split_once(' ')?;
    if scheme != "Basic" {
        return Some(sent.to_owned());
    }
    let pair = String::from_utf8(BASE64_STANDARD.decode(sent).unwrap()).unwrap();
    pair.split_once(':').map(|(_, password)| password.to_owned())
}

/// Expects that each credential went where it may go and in the field for it, and that no other went anywhere.
#[track_caller]
pub(super) fn expect_at_home(hosts: &Hosts) {
    let (issued, signed) = hosts.tokens_of_app();
    let known = [(JOB_TOKEN, CONTOSO), (AZURE_TOKEN, CONTOSO), (ACCESS_TOKEN, AZURE), (GITHUB_TOKEN, GITHUB)];
    let of_app = issued.iter().map(|token| (token.as_str(), GITHUB));
    let of_app = of_app.chain(signed.iter().map(|token| (token.as_str(), OF_APP)));
    let homes: Vec<_> = known.into_iter().chain(of_app).collect();
    let ticket = format!("dev.azure.com/contoso/{PROJECT_ID}/_apis/distributedtask/securefiles/");
    for head in hosts.cloud.seen() {
        let place = format!("{}{}", head.header("host").unwrap_or_default(), head.target);
        if let Some(sent) = token(&head) {
            let homes = homes.iter().find(|(known, _)| *known == sent).map_or(&[][..], |(_, homes)| homes);
            assert!(homes.iter().any(|home| place.starts_with(home)), "{sent} went to {place}");
        }
        let others = head.headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("authorization"));
        for text in others.map(|(_, value)| value).chain([&place]) {
            assert!(!homes.iter().any(|(known, _)| text.contains(known)), "{place}: {text}");
        }
        assert!(!place.contains("ticket=") || place.starts_with(&ticket), "the ticket went to {place}");
    }
}
