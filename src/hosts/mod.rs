//! The Git hosts, one file each: how a host is told from others and one repository's addresses from another's, how one
//! signs in there, its limits, its rules for refs, its pages and the account that signed in.
//!
//! Comments that say "unconfirmed" rest on general knowledge, not on the host's documentation.

pub mod account;
pub mod address;
mod azure_address;
mod azure_devops_server;
pub mod azure_repos;
mod bitbucket;
mod bitbucket_address;
pub mod bounds;
mod codecommit;
mod gerrit;
mod gitea;
pub mod github;
mod gitlab;
mod google;
pub mod host_info;
pub mod identity;
pub mod listing;
pub mod management;
pub mod name_rule;
pub mod pages;

pub use host_info::{Host, HostInfo};

use self::address::{Address, Parts};
use crate::auth::scheme::HostSchemes;
use crate::remote::ssh_url::SshUrl;
use crate::remote::url::RemoteUrl;
use crate::remote::web_url::WebUrl;

/// All hosts.
pub static TABLE: [HostInfo; 12] = [
    azure_repos::INFO,
    azure_devops_server::INFO,
    github::INFO,
    gitlab::INFO,
    bitbucket::CLOUD,
    bitbucket::DATA_CENTER,
    google::CLOUD_SOURCE_REPOSITORIES,
    google::SECURE_SOURCE_MANAGER,
    codecommit::INFO,
    gitea::INFO,
    gerrit::INFO,
    host_info::OTHER,
];

impl Host {
    /// Tells the host by an address of any kind.
    pub fn of_url(url: &RemoteUrl) -> Self {
        match url {
            RemoteUrl::Web(url) => Self::of(url),
            RemoteUrl::Ssh(url) => Self::of_ssh(url),
            RemoteUrl::Local(_) => Self::Other,
        }
    }

    /// Tells the host by its name, else by the shape of the path where anybody can run one, else by a label of its name.
    pub fn of(url: &WebUrl) -> Self {
        let (name, path) = (url.host(), url.path());
        by_name(name)
            .or_else(|| found(|row| row.marks.path.is_some_and(|part| path.contains(part))))
            .or_else(|| by_label(name))
            .unwrap_or(Self::Other)
    }

    /// Tells the host by the name of its SSH server.
    pub fn of_ssh(url: &SshUrl) -> Self {
        found(|row| row.marks.ssh.iter().any(|pattern| fits(url.host(), pattern))).unwrap_or(Self::Other)
    }

    /// Tells the host by its word in an input, in letters of either case.
    pub fn from_word(word: &str) -> Option<Self> {
        TABLE.iter().find(|row| row.word.eq_ignore_ascii_case(word)).map(|row| row.host)
    }

    /// Tells the host by the names of the headers of one of its answers, in letters of either case.
    pub fn of_headers<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let is_mark = |row: &HostInfo, name: &str| {
            row.marks.headers.iter().any(|header| header.eq_ignore_ascii_case(name))
        };
        names.into_iter().find_map(|name| found(|row| is_mark(row, name)))
    }

    /// Returns the schemes to sign in with there.
    pub fn schemes(self) -> HostSchemes {
        self.info().schemes
    }

    /// Returns the schemes of every host that it may turn out to be; one that is not known may be any.
    pub fn possible_schemes(self) -> impl Iterator<Item = HostSchemes> {
        let others = TABLE.iter().filter(move |_| self == Self::Other);
        std::iter::once(self.info()).chain(others).map(|row| row.schemes)
    }

    /// Returns what is known of it.
    pub fn info(self) -> &'static HostInfo {
        let [.., other] = &TABLE;
        TABLE.iter().find(|row| row.host == self).unwrap_or(other)
    }
}

/// Reads what an address leads to. The host is the given one, else the one that the server's name tells; the shape of a
/// path alone tells none, since any server may have such a path.
pub fn address(url: &RemoteUrl, given: Option<Host>) -> Address {
    let RemoteUrl::Web(url) = url else { return Address::Repository };
    let host = given.or_else(|| by_name(url.host())).or_else(|| by_label(url.host()));
    host.map_or(Address::Repository, |host| (host.info().address)(&Parts::of(url)))
}

fn by_name(name: &str) -> Option<Host> {
    found(|row| row.marks.web.iter().any(|pattern| fits(name, pattern)))
}

fn by_label(name: &str) -> Option<Host> {
    let has_label = |label: &&str| name.split('.').any(|part| part == *label);
    found(|row| row.marks.labels.iter().any(has_label))
}

fn found(is_it: impl Fn(&HostInfo) -> bool) -> Option<Host> {
    TABLE.iter().find(|row| is_it(row)).map(|row| row.host)
}

/// Tells whether a name is the pattern's, in which a `*` stands for anything.
fn fits(name: &str, pattern: &str) -> bool {
    match pattern.split_once('*') {
        None => name == pattern,
        Some((start, end)) => {
            name.strip_prefix(start).is_some_and(|rest| rest.len() > end.len() && rest.ends_with(end))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::{NonZeroU64, NonZeroUsize};

    use super::*;

    #[test]
    fn a_host_is_known_by_its_url() {
        for (url, host) in [
            ("https://dev.azure.com/contoso/p/_git/r", Host::AzureRepos),
            ("https://contoso.visualstudio.com/DefaultCollection/p/_git/r", Host::AzureRepos),
            ("https://tfs.example.org/tfs/DefaultCollection/p/_git/r", Host::AzureDevOpsServer),
            ("https://github.com/o/r.git", Host::GitHub),
            ("https://contoso.ghe.com/o/r.git", Host::GitHub),
            ("https://gitlab.com/g/s/r.git", Host::GitLab),
            ("https://gitlab.example.org/g/s/r.git", Host::GitLab),
            ("https://bitbucket.org/w/r.git", Host::BitbucketCloud),
            ("https://stash.example.org/scm/~bob/r.git", Host::BitbucketDataCenter),
            ("https://example.org/bitbucket/scm/p/r.git", Host::BitbucketDataCenter),
            ("https://source.developers.google.com/p/project/r/repo", Host::CloudSourceRepositories),
            ("https://i-12-git.us-central1.sourcemanager.dev/p/r.git", Host::SecureSourceManager),
            ("https://git-codecommit.us-east-1.amazonaws.com/v1/repos/r", Host::CodeCommit),
            ("https://git-codecommit-fips.us-east-1.amazonaws.com/v1/repos/r", Host::CodeCommit),
            ("https://git-codecommit.cn-north-1.amazonaws.com.cn/v1/repos/r", Host::CodeCommit),
            ("https://codeberg.org/o/r.git", Host::Gitea),
            ("https://gerrit.example.org/a/r", Host::Gerrit),
            ("https://git.example.org/o/r.git", Host::Other),
        ] {
            assert_eq!(Host::of(&WebUrl::parse(url).unwrap().0), host, "{url}");
        }
    }

    #[test]
    fn a_host_is_known_by_its_ssh_server() {
        for (url, host) in [
            ("git@ssh.dev.azure.com:v3/o/p/r", Host::AzureRepos),
            ("git@github.com:o/r.git", Host::GitHub),
            ("ssh://APKA@git-codecommit.us-east-1.amazonaws.com/v1/repos/r", Host::CodeCommit),
            ("ssh://git-codecommit-fips.us-east-1.amazonaws.com/v1/repos/r", Host::CodeCommit),
            ("ssh://git-codecommit.cn-north-1.amazonaws.com.cn/v1/repos/r", Host::CodeCommit),
            ("ssh://git-codecommit.amazonaws.com.evil.net/v1/repos/r", Host::Other),
            ("git@github.com.evil.net:o/r.git", Host::Other),
        ] {
            let RemoteUrl::Ssh(url) = RemoteUrl::parse(url).unwrap().0 else { panic!("no SSH URL: {url}") };
            assert_eq!(Host::of_ssh(&url), host, "{url}");
        }
    }

    #[test]
    fn a_name_that_only_looks_like_a_host_is_not_that_host() {
        for url in [
            "https://evil-github.com/o/r",
            "https://github.com.evil.net/o/r",
            "https://evilvisualstudio.com/o/r",
            "https://dev.azure.com.evil.net/o/r",
            "https://git-codecommit.evil.net/v1/repos/r",
            "https://evilgitlab.com/o/r",
        ] {
            assert_eq!(Host::of(&WebUrl::parse(url).unwrap().0), Host::Other, "{url}");
        }
    }

    #[test]
    fn a_star_in_a_name_stands_for_something() {
        for (name, pattern, expected) in [
            ("a.example", "a.example", true),
            ("b.example", "a.example", false),
            ("b.a.example", "a.example", false),
            ("b.example", "*.example", true),
            ("c.b.example", "*.example", true),
            ("example", "*.example", false),
            (".example", "*.example", false),
            ("a.b.example", "a.*.example", true),
            ("a.example", "a.*.example", false),
            ("a.b.example.net", "a.*.example", false),
        ] {
            assert_eq!(fits(name, pattern), expected, "{name} {pattern}");
        }
    }

    #[test]
    fn every_host_has_one_row_and_a_way_in() {
        for (at, row) in TABLE.iter().enumerate() {
            assert!(std::ptr::eq(row.host.info(), row), "{:?}", row.host);
            assert!(
                !row.schemes.bare_token.is_empty() && TABLE[..at].iter().all(|other| other.name != row.name)
            );
        }
        assert_eq!(Host::Other.info().host, Host::Other);
    }

    #[test]
    fn a_host_is_known_by_its_word() {
        for row in &TABLE {
            assert_eq!(Host::from_word(&row.word.to_uppercase()), Some(row.host));
        }
        assert_eq!(Host::from_word("bitbucketdatacenter"), Some(Host::BitbucketDataCenter));
        for none in ["", "auto", "bitbucket"] {
            assert_eq!(Host::from_word(none), None, "{none}");
        }
    }

    #[test]
    fn a_server_tells_its_kind_only_by_headers_of_its_own() {
        for (name, host) in [
            ("X-GitHub-Request-Id", Host::GitHub),
            ("X-TFS-ProcessId", Host::AzureDevOpsServer),
            ("X-VSS-E2EID", Host::AzureDevOpsServer),
            ("X-Gitlab-Meta", Host::GitLab),
            ("X-AREQUESTID", Host::BitbucketDataCenter),
        ] {
            assert_eq!(Host::of_headers(["Server", name]), Some(host), "{name}");
        }
        for name in ["X-Request-Id", "Server", "WWW-Authenticate", "Set-Cookie", ""] {
            assert_eq!(Host::of_headers([name]), None, "{name}");
        }
    }

    #[test]
    fn some_hosts_limit_the_size_of_a_push_and_gitlab_in_the_cloud_alone() {
        for row in &TABLE {
            let (cloud, own) = match row.host {
                Host::GitHub => (Some(2 << 30), Some(2 << 30)),
                Host::BitbucketCloud => (Some(3_500_000_000), Some(3_500_000_000)),
                Host::AzureRepos => (Some(5_000_000_000), Some(5_000_000_000)),
                Host::GitLab => (Some(5_000_000_000), None),
                _ => (None, None),
            };
            let limit = |server| (row.max_push)(server).map(NonZeroU64::get);
            assert_eq!((limit("GitLab.com"), limit("gitlab.example.org")), (cloud, own), "{}", row.name);
        }
    }

    #[test]
    fn some_hosts_limit_the_refs_of_a_push() {
        for row in &TABLE {
            let expected = match row.host {
                Host::GitHub => Some(1000),
                Host::CodeCommit => Some(4000),
                _ => None,
            };
            assert_eq!(row.max_updates.map(NonZeroUsize::get), expected, "{}", row.name);
        }
    }
}
