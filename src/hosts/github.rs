//! GitHub, GitHub Enterprise Cloud with a host of its own (`ghe.com`) included.

use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};

use serde::Deserialize;

use super::account::{Account, AccountRequest};
use super::address::{Address, ContainerKind, Parts, Words, has_git_suffix, name_of};
use super::host_info::{Host, HostInfo, Marks, MissingRepository, NO_MARKS, Paths, Service};
use super::listing;
use super::listing::Listing;
use super::management;
use super::name_rule::{NameRule, USUAL};
use super::pages;
use super::pages::{Compare, First, Pages, Settings};
use crate::auth::github_app::AppTarget;
use crate::auth::scheme::{AuthScheme, HostSchemes, InterfaceScheme};
use crate::http::api::ApiAnswer;
use crate::mirror::ports::{DefaultBranchTime, Unreferenced};
use crate::mirror::ref_rule::RefRule;
use crate::remote::web_url::{Scheme, WebUrl};

/// The names of its SSH servers; the last is for port 443.
const SSH: [&str; 2] = ["github.com", "ssh.github.com"];

pub(super) const INFO: HostInfo = HostInfo {
    host: Host::GitHub,
    word: "github",
    name: "GitHub",
    schemes: HostSchemes { bare_token: &[AuthScheme::Basic("x-access-token")], after_user: &[] },
    // Its rulesets for pushes take no more updates in one.
    max_updates: NonZeroUsize::new(1000),
    // "pack exceeds maximum allowed size (2.00 GiB)".
    max_push: |_| NonZeroU64::new(2 << 30),
    unreferenced: Unreferenced::Unknown,
    default_branch: DefaultBranchTime::WithPush,
    max_creations: NonZeroU32::new(80),
    missing: MissingRepository::Refused,
    ref_rules: &[RefRule::NoHexNames],
    marks: Marks {
        web: &["github.com", "www.github.com", "*.ghe.com"],
        ssh: &SSH,
        headers: &["x-github-request-id"],
        ..NO_MARKS
    },
    service: Service::Names { web: &["github.com", "www.github.com"], ssh: &SSH },
    paths: Paths::NoCaseNoSuffix,
    pages: Some(Pages {
        of_ssh: |url| pages::at_server("github.com", url).filter(|_| SSH.contains(&url.host())),
        branch: "/tree/",
        tag: "/tree/",
        commit: "/commit/",
        compare: Some(Compare { before: "/compare/", between: "...", first: First::Old }),
        settings: Some(Settings {
            name: "Settings › Rules",
            address: |repository| Some(pages::below(repository, "/settings/rules")),
            says: &["gh003", "gh006", "gh009", "gh013", "protected branch", "rule violations"],
        }),
        ..pages::NONE
    }),
    interface,
    interface_scheme: InterfaceScheme::Bearer,
    account: Some(AccountRequest { below: "user", read: account }),
    listing: Some(Listing {
        base: |owner| interface(&owner.url),
        container: |_| None,
        first: listing::github::first,
        read: listing::github::read,
    }),
    management: Some(management::github::MANAGEMENT),
    names: NameRule { reserved_ends: Words(".git .wiki"), ..USUAL },
    address,
};

/// The pages of a repository.
const PAGES: Words = Words(
    "tree blob raw blame edit commits commit compare branches tags releases pull pulls issues discussions \
     actions projects wiki security pulse graphs network settings find search archive packages pkgs \
     deployments labels milestones milestone stargazers watchers forks activity contributors codespaces",
);

/// The pages of an organization.
const PAGES_OF_ORGANIZATION: Words =
    Words("repositories people teams projects packages discussions dashboard settings sponsoring insights");

/// First parts of a path that no account has for its name.
pub(super) const NO_OWNERS: Words = Words(
    "about apps codespaces collections customer-stories dashboard explore features issues login \
     marketplace new notifications orgs organizations pulls search settings",
);

/// Reads an address: `OWNER`, `OWNER/REPOSITORY`, or a page of either.
fn address(parts: &Parts<'_>) -> Address {
    let owner = |name: &str| parts.container(&[name], ContainerKind::Owner { owner: name_of(name) });
    match *parts.words() {
        // A gist has no owner in its address.
        [name] if NO_OWNERS.contain(name) || has_git_suffix(name) => Address::Repository,
        [name] if parts.has_query_of(Words("tab type q language sort page")) => {
            Address::PageOfContainer(owner(name))
        }
        [name] => Address::Container(owner(name)),
        ["orgs", name, page, ..] if PAGES_OF_ORGANIZATION.contain(page) => {
            Address::PageOfContainer(owner(name))
        }
        ["organizations", name, "settings", ..] => Address::PageOfContainer(owner(name)),
        [name, repository] if parts.has_query_of(Words("tab search")) => {
            Address::PageOfRepository(parts.at(&[name, repository]))
        }
        [name, repository, page, ..] if PAGES.contain(page) => {
            Address::PageOfRepository(parts.at(&[name, repository]))
        }
        _ => Address::Repository,
    }
}

/// Returns the address of the interface: in the cloud a server of its own, else a path of GitHub Enterprise Server.
pub fn interface(repository: &WebUrl) -> Option<WebUrl> {
    let of_ghe = repository.host().strip_suffix(".ghe.com");
    let server = match (repository.host(), of_ghe) {
        ("github.com" | "www.github.com", _) => "https://api.github.com".to_owned(),
        (_, Some(name)) if !name.contains('.') => format!("https://api.{name}.ghe.com"),
        (_, Some(_)) => return None,
        (_, None) => return Some(repository.at_root("/api/v3")),
    };
    let is_usual = repository.scheme() == Scheme::Https && repository.port() == 443;
    WebUrl::parse(&server).ok().filter(|_| is_usual).map(|(url, _)| url)
}

/// Reads an answer to `GET /user`, which is for users alone.
fn account(answer: &ApiAnswer) -> Option<Account> {
    #[derive(Deserialize)]
    struct User {
        login: String,
    }
    #[derive(Deserialize)]
    struct Refusal {
        message: String,
    }
    if let Some(User { login }) = answer.success() {
        return Account::named(&login);
    }
    let Refusal { message } = answer.json()?;
    message.contains("not accessible by integration").then_some(Account::AppInstallation)
}

/// Returns what a GitHub App is looked for by. None if the path is neither `OWNER/REPOSITORY` nor `OWNER`.
pub fn app_target(url: &WebUrl) -> Option<AppTarget> {
    let path = url.path().trim_start_matches('/');
    let (owner, name) = path.split_once('/').unwrap_or((path, ""));
    let repository = (!name.is_empty()).then(|| {
        let name = name.strip_suffix(".git").unwrap_or(name);
        // A wiki is a part of its repository.
        name.strip_suffix(".wiki").unwrap_or(name)
    });
    AppTarget::new(interface(url)?, owner, repository)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_github_has_an_interface_of_its_own() {
        for (repository, expected) in [
            ("https://github.com/o/r.git", "https://api.github.com"),
            ("https://www.github.com/o/r", "https://api.github.com"),
            ("https://contoso.ghe.com/o/r", "https://api.contoso.ghe.com"),
            ("https://git.example.org/o/r", "https://git.example.org/api/v3"),
            ("https://git.example.org:8443/o/r", "https://git.example.org:8443/api/v3"),
            ("http://[::1]:80/o/r", "http://[::1]/api/v3"),
            // These are somebody else's.
            ("https://github.com.example.org/o/r", "https://github.com.example.org/api/v3"),
            ("https://ghe.com/o/r", "https://ghe.com/api/v3"),
            ("https://xghe.com/o/r", "https://xghe.com/api/v3"),
        ] {
            let url = WebUrl::parse(repository).unwrap().0;
            assert_eq!(interface(&url).unwrap().to_string(), expected, "{repository}");
        }
        for repository in
            ["http://github.com/o/r", "https://github.com:8443/o/r", "https://a.contoso.ghe.com/o/r"]
        {
            let url = WebUrl::parse(repository).unwrap().0;
            assert_eq!(interface(&url), None, "{repository}");
        }
    }

    #[test]
    fn an_app_is_looked_for_by_owner_and_repository() {
        let target = |url: &str| app_target(&WebUrl::parse(url).unwrap().0);
        let api = WebUrl::parse("https://api.github.com").unwrap().0;
        let expected = AppTarget::new(api.clone(), "o", Some("r"));
        assert!(expected.is_some());
        for path in ["o/r", "o/r.git", "o/r.wiki.git", "o/r/"] {
            assert_eq!(target(&format!("https://github.com/{path}")), expected, "{path}");
        }
        for path in ["o", "o/"] {
            assert_eq!(
                target(&format!("https://github.com/{path}")),
                AppTarget::new(api.clone(), "o", None),
                "{path}"
            );
        }
        for path in ["", "o/.git", "o/r/s"] {
            assert_eq!(target(&format!("https://github.com/{path}")), None, "{path}");
        }
    }
}
