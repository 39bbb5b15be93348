//! Bitbucket, in the cloud and on premises: two programs with little in common.

use std::num::NonZeroU64;

use serde::Deserialize;

use super::account::{Account, AccountRequest};
use super::bitbucket_address;
use super::host_info::{Host, HostInfo, Marks, NO_MARKS, OTHER, Paths, Service};
use super::listing::{Listing, bitbucket as listing};
use super::management;
use super::name_rule::{Alphabet, Longest, NameRule, USUAL};
use super::pages;
use super::pages::{Compare, First, PagePlace, Pages, Settings};
use crate::auth::scheme::{AuthScheme, HostSchemes, InterfaceScheme};
use crate::http::api::ApiAnswer;
use crate::remote::web_url::{Scheme, WebUrl};

/// The names of the cloud's SSH servers; the last is for port 443.
const SSH: [&str; 2] = ["bitbucket.org", "altssh.bitbucket.org"];

pub(super) const CLOUD: HostInfo = HostInfo {
    host: Host::BitbucketCloud,
    word: "bitbucketCloud",
    name: "Bitbucket Cloud",
    // Access tokens of a repository, a project or a workspace; then API tokens of a person.
    schemes: HostSchemes {
        bare_token: &[AuthScheme::Basic("x-token-auth"), AuthScheme::Basic("x-bitbucket-api-token-auth")],
        after_user: &[],
    },
    // What it announced in 2022.
    max_push: |_| NonZeroU64::new(3_500_000_000),
    marks: Marks { web: &["bitbucket.org"], ssh: &SSH, ..NO_MARKS },
    service: Service::Names { web: &["bitbucket.org"], ssh: &SSH },
    pages: Some(Pages {
        of_ssh: |url| pages::at_server("bitbucket.org", url).filter(|_| SSH.contains(&url.host())),
        branch: "/branch/",
        tag: "/commits/tag/",
        commit: "/commits/",
        compare: Some(Compare { before: "/branches/compare/", between: "..", first: First::New }),
        settings: Some(Settings {
            name: "Repository settings › Branch restrictions",
            address: |repository| Some(pages::below(repository, "/admin/branch-restrictions")),
            says: &["permission denied to", "branch restriction", "restricted"],
        }),
        ..pages::NONE
    }),
    interface,
    interface_scheme: InterfaceScheme::Own,
    account: Some(AccountRequest { below: "user", read: account }),
    listing: Some(Listing {
        base: |workspace| interface(&workspace.url),
        container: |_| None,
        first: listing::first_in_cloud,
        read: listing::read_in_cloud,
    }),
    management: Some(management::bitbucket::CLOUD),
    // Of names it makes such "slugs"; the ends are unconfirmed.
    names: NameRule {
        alphabet: Alphabet::LowerCase,
        no_start: "-_.",
        longest: Longest::Characters(62),
        ..USUAL
    },
    address: bitbucket_address::of_cloud,
    ..OTHER
};

/// Returns the address of the interface, a server of its own.
fn interface(repository: &WebUrl) -> Option<WebUrl> {
    let is_usual = repository.scheme() == Scheme::Https && repository.port() == 443;
    let (url, _) = WebUrl::parse("https://api.bitbucket.org/2.0").ok()?;
    (is_usual && repository.host() == "bitbucket.org").then_some(url)
}

/// Reads an answer to `GET /user`.
fn account(answer: &ApiAnswer) -> Option<Account> {
    #[derive(Deserialize)]
    struct User {
        username: Option<String>,
        nickname: Option<String>,
        display_name: Option<String>,
    }
    let User { username, nickname, display_name } = answer.success()?;
    [username, nickname, display_name].iter().flatten().find_map(|name| Account::named(name))
}

pub(super) const DATA_CENTER: HostInfo = HostInfo {
    host: Host::BitbucketDataCenter,
    word: "bitbucketDataCenter",
    name: "Bitbucket Data Center",
    // Tokens of projects and repositories are Bearer only; Basic with this user is unconfirmed.
    schemes: HostSchemes {
        bare_token: &[AuthScheme::Bearer, AuthScheme::Basic("x-token-auth")],
        after_user: &[AuthScheme::Bearer],
    },
    marks: Marks {
        path: Some("/scm/"),
        // Other servers of Atlassian send it too, but hold no repositories.
        headers: &["x-arequestid"],
        ..NO_MARKS
    },
    paths: Paths::NoCaseNoSuffix,
    pages: Some(Pages {
        repository: bitbucket_address::pages_on_server,
        branch: "/browse?at=refs%2Fheads%2F",
        tag: "/browse?at=refs%2Ftags%2F",
        commit: "/commits/",
        place: PagePlace::Query,
        compare: Some(Compare {
            before: "/compare/commits?sourceBranch=",
            between: "&targetBranch=",
            first: First::New,
        }),
        ..pages::NONE
    }),
    interface_scheme: InterfaceScheme::Own,
    listing: Some(Listing {
        base: listing::base_on_server,
        container: |_| None,
        first: listing::first_on_server,
        read: listing::read_on_server,
    }),
    management: Some(management::bitbucket::SERVER),
    names: NameRule {
        alphabet: Alphabet::LowerCase,
        no_start: "-_.",
        longest: Longest::Characters(128),
        ..USUAL
    },
    address: bitbucket_address::of_server,
    ..OTHER
};
