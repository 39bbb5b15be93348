//! Gitea and Forgejo.

use serde::Deserialize;

use super::account::{Account, AccountRequest};
use super::address::{Address, ContainerKind, Parts, Words, has_git_suffix, is_number, name_of};
use super::host_info::{Host, HostInfo, Marks, MissingRepository, NO_MARKS, OTHER};
use super::listing;
use super::listing::Listing;
use super::management;
use super::name_rule::{NameRule, USUAL};
use super::pages;
use super::pages::{Compare, First, Pages, Settings};
use crate::auth::scheme::{AuthScheme, HostSchemes, InterfaceScheme};
use crate::http::api::ApiAnswer;
use crate::mirror::ports::{DefaultBranchTime, Unreferenced};

/// Servers that are for everybody.
const NAMES: &[&str] = &["codeberg.org", "gitea.com"];

pub(super) const INFO: HostInfo = HostInfo {
    host: Host::Gitea,
    word: "gitea",
    name: "Gitea",
    // Any user goes.
    schemes: HostSchemes { bare_token: &[AuthScheme::Basic("x-access-token")], after_user: &[] },
    // It runs git's own receive-pack, also where something on the way hides the agent.
    unreferenced: Unreferenced::KeptAndChecked,
    // Its hook behind a push leaves the work to a queue.
    default_branch: DefaultBranchTime::Later,
    marks: Marks { web: NAMES, labels: &["gitea", "forgejo"], ..NO_MARKS },
    interface: |repository| Some(repository.at_root("/api/v1")),
    interface_scheme: InterfaceScheme::Bearer,
    account: Some(AccountRequest { below: "user", read: account }),
    listing: Some(Listing {
        base: |owner| Some(owner.url.at_root("/api/v1")),
        container: |_| None,
        first: listing::gitea::first,
        read: listing::gitea::read,
    }),
    // Where its administrator allows for it (`ENABLE_PUSH_CREATE_USER`, `ENABLE_PUSH_CREATE_ORG`).
    missing: MissingRepository::Created,
    management: Some(management::gitea::MANAGEMENT),
    names: NameRule {
        alone: ".",
        reserved: Words(". .. -"),
        reserved_ends: Words(".git .wiki .rss .atom"),
        ..USUAL
    },
    pages: Some(Pages {
        of_ssh: |url| NAMES.contains(&url.host()).then(|| pages::at_server(url.host(), url)).flatten(),
        branch: "/src/branch/",
        tag: "/src/tag/",
        commit: "/commit/",
        compare: Some(Compare { before: "/compare/", between: "...", first: First::Old }),
        settings: Some(Settings {
            name: "Settings › Branches",
            address: |repository| Some(pages::below(repository, "/settings/branches")),
            says: &["protected branch", "is protected"],
        }),
        ..pages::NONE
    }),
    address,
    ..OTHER
};

/// Pages of a repository where none is below a folder.
const PAGES: Words = Words(
    "src raw commits commit compare branches tags releases issues pulls projects actions packages wiki \
     activity settings graph stars watchers forks labels",
);

/// Pages of an organization.
const PAGES_OF_ORGANIZATION: Words = Words("teams members settings dashboard projects issues pulls worktime");

/// First parts of a path that no account has for its name.
pub(super) const NO_OWNERS: Words =
    Words("- admin api explore issues login milestones notifications org pulls repo user");

/// Reads an address: `OWNER`, `OWNER/REPOSITORY`, or a page of either. A server may have them all below a folder, so a
/// page is known by more than one part of the path.
fn address(parts: &Parts<'_>) -> Address {
    let words = parts.words();
    let owner = |name: &str| parts.container(&[name], ContainerKind::Owner { owner: name_of(name) });
    let is_page = |at: usize| matches!(words.get(at..), Some([page, rest @ ..]) if is_page(page, rest));
    if let Some(page) = (2..words.len()).find(|at| is_page(*at)) {
        let (repository, _) = words.split_at(page);
        return Address::PageOfRepository(parts.at(repository));
    }
    match *words {
        [name, repository, page, ..] if NAMES.contains(&parts.host()) && PAGES.contain(page) => {
            Address::PageOfRepository(parts.at(&[name, repository]))
        }
        [name] if NO_OWNERS.contain(name) || has_git_suffix(name) => Address::Repository,
        [name] => Address::Container(owner(name)),
        ["org", name, page, ..] if PAGES_OF_ORGANIZATION.contain(page) => {
            Address::PageOfContainer(owner(name))
        }
        _ => Address::Repository,
    }
}

/// Tells whether a repository's address ends before a part of a path, with these behind it.
fn is_page(page: &str, behind: &[&str]) -> bool {
    match (page, behind) {
        ("src" | "raw" | "media" | "blame" | "commits" | "rss", ["branch" | "tag" | "commit", _, ..])
        | ("releases", ["tag", _, ..])
        | ("actions", ["runs", _, ..]) => true,
        ("issues" | "pulls", [number, ..]) => is_number(number),
        ("commit", [id]) => id.len() >= 7 && id.bytes().all(|byte| byte.is_ascii_hexdigit()),
        _ => false,
    }
}

/// Reads an answer to `GET /user`.
fn account(answer: &ApiAnswer) -> Option<Account> {
    #[derive(Deserialize)]
    struct User {
        login: String,
    }
    answer.success().and_then(|User { login }| Account::named(&login))
}
