//! GitLab, in the cloud and where the server's name says so.

use std::num::NonZeroU64;

use serde::Deserialize;

use super::account::{Account, AccountRequest};
use super::address::{Address, ContainerKind, Parts, Words, has_git_suffix, name_of};
use super::host_info::{Host, HostInfo, Marks, MissingRepository, NO_MARKS, OTHER, Paths, Service};
use super::listing;
use super::listing::Listing;
use super::management;
use super::name_rule::{Longest, NameRule, USUAL};
use super::pages;
use super::pages::{Compare, First, Pages, Settings};
use crate::auth::scheme::{AuthScheme, HostSchemes, InterfaceScheme};
use crate::http::api::ApiAnswer;
use crate::mirror::ports::DefaultBranchTime;
use crate::mirror::ref_rule::RefRule;

/// The names of the cloud service; the last is for SSH on port 443.
const CLOUD: [&str; 2] = ["gitlab.com", "altssh.gitlab.com"];

pub(super) const INFO: HostInfo = HostInfo {
    host: Host::GitLab,
    word: "gitlab",
    name: "GitLab",
    // Access tokens go with any user but an empty one, OAuth tokens only with this one.
    schemes: HostSchemes { bare_token: &[AuthScheme::Basic("oauth2")], after_user: &[] },
    // A limit of the cloud service alone.
    max_push: |server| {
        let is_cloud = CLOUD.iter().any(|name| server.eq_ignore_ascii_case(name));
        NonZeroU64::new(5_000_000_000).filter(|_| is_cloud)
    },
    // Its work behind a push (`PostReceive`) names and protects the branch.
    default_branch: DefaultBranchTime::Later,
    ref_rules: &[RefRule::NoHexNames, RefRule::NoBranchHead],
    marks: Marks {
        web: &["gitlab.com"],
        ssh: &CLOUD,
        labels: &["gitlab"],
        // Unconfirmed for the answers to Git, of which the web pages and the API are sure.
        headers: &["x-gitlab-meta"],
        ..NO_MARKS
    },
    service: Service::Names { web: &["gitlab.com"], ssh: &CLOUD },
    paths: Paths::NoCaseNoSuffix,
    pages: Some(Pages {
        of_ssh: |url| pages::at_server("gitlab.com", url).filter(|_| CLOUD.contains(&url.host())),
        branch: "/-/tree/",
        tag: "/-/tree/",
        commit: "/-/commit/",
        compare: Some(Compare { before: "/-/compare/", between: "...", first: First::Old }),
        settings: Some(Settings {
            name: "Settings › Repository",
            address: |repository| Some(pages::below(repository, "/-/settings/repository")),
            says: &["protected branch", "protected tag", "push rule"],
        }),
        ..pages::NONE
    }),
    interface: |repository| Some(repository.at_root("/api/v4")),
    interface_scheme: InterfaceScheme::Bearer,
    account: Some(AccountRequest { below: "user", read: account }),
    listing: Some(Listing {
        base: |group| Some(group.url.at_root("/api/v4")),
        container: management::gitlab::group_request,
        first: listing::gitlab::first,
        read: listing::gitlab::read,
    }),
    management: Some(management::gitlab::MANAGEMENT),
    missing: MissingRepository::Created,
    names: NameRule {
        alone: "-_.",
        no_start: "-_.",
        no_end: "-_.",
        longest: Longest::Characters(255),
        reserved: Words(
            "badges blame blob builds commits create create_dir edit files find_file new preview raw refs tree update wikis",
        ),
        reserved_ends: Words(".git .atom"),
        ..USUAL
    },
    address,
    ..OTHER
};

/// Pages of a project before GitLab put them behind a `-`. No group and no project may have such a name.
const OLD_PAGES: Words = Words("tree blob raw blame commits wikis");

/// First parts of a path that no group and no user has for its name.
pub(super) const NO_GROUPS: Words = Words("- admin api dashboard explore groups help import search users");

/// Reads an address: `GROUP`, `GROUP/…/PROJECT`, which may as well be a group, or a page behind `/-/`.
fn address(parts: &Parts<'_>) -> Address {
    let (words, is_group) = match parts.words() {
        ["groups", words @ ..] => (words, true),
        words => (words, false),
    };
    let group =
        |words: &[&str]| parts.container(words, ContainerKind::Group { path: name_of(&words.join("/")) });
    let page = words
        .iter()
        .enumerate()
        .position(|(at, word)| *word == "-" || at >= 2 && OLD_PAGES.contain(word) && words.len() > at + 1);
    let (above, page) = words.split_at(page.unwrap_or(words.len()));
    match (above, page) {
        ([], _) => Address::Repository,
        ([first, ..], _) if NO_GROUPS.contain(first) => Address::Repository,
        (_, [_, ..]) if is_group || above.len() == 1 => Address::PageOfContainer(group(above)),
        (_, [_, ..]) => Address::PageOfRepository(parts.at(above)),
        (_, []) if is_group => Address::PageOfContainer(group(above)),
        ([.., last], []) if has_git_suffix(last) => Address::Repository,
        ([_], []) => Address::Container(group(above)),
        (_, []) => Address::AskHost(group(above)),
    }
}

/// Reads an answer to `GET /user`. Tokens of projects and groups have users of their own.
fn account(answer: &ApiAnswer) -> Option<Account> {
    #[derive(Deserialize)]
    struct User {
        username: String,
    }
    answer.success().and_then(|User { username }| Account::named(&username))
}
