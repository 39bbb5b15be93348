//! The Git hosts, how one is told from another and how one signs in at each: a table, one row a host.
//!
//! Rows marked "unconfirmed" rest on general knowledge, not on the host's documentation.

pub mod azure_organization;
pub mod identity;

use std::num::NonZeroUsize;

use crate::auth::scheme::{AuthScheme, HostSchemes};
use crate::mirror::ref_rule::RefRule;
use crate::remote::ssh_url::SshUrl;
use crate::remote::url::RemoteUrl;
use crate::remote::web_url::WebUrl;

/// A kind of Git host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Host {
    /// Azure Repos in the cloud.
    AzureRepos,
    /// Azure DevOps Server, on premises.
    AzureDevOpsServer,
    /// GitHub in the cloud.
    GitHub,
    /// GitLab, where its name says so.
    GitLab,
    /// Bitbucket Cloud.
    BitbucketCloud,
    /// Bitbucket Data Center, on premises.
    BitbucketDataCenter,
    /// Google Cloud Source Repositories.
    CloudSourceRepositories,
    /// Google Secure Source Manager.
    SecureSourceManager,
    /// `CodeCommit` of AWS.
    CodeCommit,
    /// Gitea or Forgejo, where its name says so.
    Gitea,
    /// Gerrit, where its name says so.
    Gerrit,
    /// Any other, such as a GitLab or a GitHub Enterprise Server under a name of its own.
    Other,
}

/// What is known of a host.
#[derive(Debug)]
pub struct HostInfo {
    /// The host.
    pub host: Host,
    /// Its name in an input.
    pub word: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// The ways to send a token there.
    pub schemes: HostSchemes,
    /// How many refs one push may change, if there is a limit.
    pub max_updates: Option<NonZeroUsize>,
    /// Which refs it does not take.
    pub ref_rules: &'static [RefRule],
}

use AuthScheme::{Basic, Bearer};

/// All hosts.
pub static TABLE: [HostInfo; 12] = [
    // A personal access token goes with any user; tokens of Microsoft Entra and of jobs are Bearer tokens.
    row(Host::AzureRepos, "azure", "Azure Repos", &[Basic(""), Bearer], &[])
        .without(&[RefRule::CaseInsensitive, RefRule::TagsMustPeelToCommits]),
    row(Host::AzureDevOpsServer, "azureServer", "Azure DevOps Server", &[Basic(""), Bearer], &[Basic("")])
        .without(&[RefRule::CaseInsensitive, RefRule::TagsMustPeelToCommits]),
    // Its rulesets for pushes take no more updates in one.
    row(Host::GitHub, "github", "GitHub", &[Basic("x-access-token")], &[])
        .at_most(1000)
        .without(&[RefRule::NoHexNames]),
    // Access tokens go with any user but an empty one, OAuth tokens only with this one.
    row(Host::GitLab, "gitlab", "GitLab", &[Basic("oauth2")], &[])
        .without(&[RefRule::NoHexNames, RefRule::NoBranchHead]),
    // Access tokens of a repository, a project or a workspace; then API tokens of a person.
    row(
        Host::BitbucketCloud,
        "bitbucketCloud",
        "Bitbucket Cloud",
        &[Basic("x-token-auth"), Basic("x-bitbucket-api-token-auth")],
        &[],
    ),
    // Tokens of projects and repositories are Bearer only; Basic with this user is unconfirmed.
    row(
        Host::BitbucketDataCenter,
        "bitbucketDataCenter",
        "Bitbucket Data Center",
        &[Bearer, Basic("x-token-auth")],
        &[Bearer],
    ),
    // The user does not matter; Bearer is unconfirmed.
    row(
        Host::CloudSourceRepositories,
        "cloudSource",
        "Google Cloud Source Repositories",
        &[Basic("git"), Bearer],
        &[],
    ),
    row(
        Host::SecureSourceManager,
        "secureSource",
        "Google Secure Source Manager",
        &[Basic("git"), Bearer],
        &[],
    ),
    // It knows no tokens but user:password pairs of IAM, so a bare one is refused in any form.
    row(Host::CodeCommit, "codeCommit", "AWS CodeCommit", &[Basic("x-access-token")], &[])
        .at_most(4000)
        .without(&[RefRule::NoHexNames]),
    // Any user goes.
    row(Host::Gitea, "gitea", "Gitea", &[Basic("x-access-token")], &[]),
    // It wants a real user; Bearer depends on a plug-in.
    row(Host::Gerrit, "gerrit", "Gerrit", &[Basic("x-access-token"), Bearer], &[]),
    row(Host::Other, "other", "a Git server", &[Basic("x-access-token"), Bearer, Basic("oauth2")], &[Bearer]),
];

/// Headers that only one kind of server sends, also with a refusal. Proxies pass them on.
const IDENTIFYING_HEADERS: [(&str, Host); 5] = [
    ("x-github-request-id", Host::GitHub),
    ("x-tfs-processid", Host::AzureDevOpsServer),
    ("x-vss-e2eid", Host::AzureDevOpsServer),
    // Unconfirmed for the answers to Git, of which the web pages and the API are sure.
    ("x-gitlab-meta", Host::GitLab),
    // Other servers of Atlassian send it too, but hold no repositories.
    ("x-arequestid", Host::BitbucketDataCenter),
];

const fn row(
    host: Host,
    word: &'static str,
    name: &'static str,
    bare_token: &'static [AuthScheme],
    after_user: &'static [AuthScheme],
) -> HostInfo {
    let schemes = HostSchemes { bare_token, after_user };
    HostInfo { host, word, name, schemes, max_updates: None, ref_rules: &[] }
}

impl HostInfo {
    const fn at_most(self, max_updates: usize) -> Self {
        Self { max_updates: NonZeroUsize::new(max_updates), ..self }
    }

    const fn without(self, ref_rules: &'static [RefRule]) -> Self {
        Self { ref_rules, ..self }
    }
}

impl Host {
    /// Tells the host by an address of any kind.
    pub fn of_url(url: &RemoteUrl) -> Self {
        match url {
            RemoteUrl::Web(url) => Self::of(url),
            RemoteUrl::Ssh(url) => Self::of_ssh(url),
            RemoteUrl::Local(_) => Self::Other,
        }
    }

    /// Tells the host by its name, or by the shape of the path where anybody can run one.
    pub fn of(url: &WebUrl) -> Self {
        let (name, path) = (url.host(), url.path());
        let is_below = |domain: &str| name.strip_suffix(domain).is_some_and(|sub| sub.ends_with('.'));
        let has_label = |label: &str| name.split('.').any(|part| part == label);
        match name {
            "dev.azure.com" => Self::AzureRepos,
            "github.com" | "www.github.com" => Self::GitHub,
            "gitlab.com" => Self::GitLab,
            "bitbucket.org" => Self::BitbucketCloud,
            "source.developers.google.com" => Self::CloudSourceRepositories,
            "codeberg.org" | "gitea.com" => Self::Gitea,
            _ if is_below("visualstudio.com") => Self::AzureRepos,
            // Organisations with a host of their own, in GitHub Enterprise Cloud.
            _ if is_below("ghe.com") => Self::GitHub,
            _ if is_below("sourcemanager.dev") => Self::SecureSourceManager,
            _ if is_below("googlesource.com") => Self::Gerrit,
            _ if is_code_commit(name) => Self::CodeCommit,
            _ if path.contains("/_git/") => Self::AzureDevOpsServer,
            _ if path.contains("/scm/") => Self::BitbucketDataCenter,
            _ if has_label("gitlab") => Self::GitLab,
            _ if has_label("gitea") || has_label("forgejo") => Self::Gitea,
            _ if has_label("gerrit") => Self::Gerrit,
            _ => Self::Other,
        }
    }

    /// Tells the host by the name of its SSH server.
    pub fn of_ssh(url: &SshUrl) -> Self {
        match url.host() {
            "ssh.dev.azure.com" | "vs-ssh.visualstudio.com" => Self::AzureRepos,
            "github.com" | "ssh.github.com" => Self::GitHub,
            "gitlab.com" | "altssh.gitlab.com" => Self::GitLab,
            "bitbucket.org" | "altssh.bitbucket.org" => Self::BitbucketCloud,
            name if is_code_commit(name) => Self::CodeCommit,
            _ => Self::Other,
        }
    }

    /// Tells the host by its word in an input, in letters of either case.
    pub fn from_id(word: &str) -> Option<Self> {
        TABLE.iter().find(|row| row.word.eq_ignore_ascii_case(word)).map(|row| row.host)
    }

    /// Tells the host by the names of the headers of one of its answers, in letters of either case.
    pub fn of_headers<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let told =
            |name: &str| IDENTIFYING_HEADERS.iter().find(|(header, _)| header.eq_ignore_ascii_case(name));
        names.into_iter().find_map(told).map(|(_, host)| *host)
    }

    /// The schemes to sign in with there.
    pub fn schemes(self) -> HostSchemes {
        self.info().schemes
    }

    /// The schemes of every host that it may turn out to be; one that is not known may be any.
    pub fn possible_schemes(self) -> impl Iterator<Item = HostSchemes> {
        let others = TABLE.iter().filter(move |_| self == Self::Other);
        std::iter::once(self.info()).chain(others).map(|row| row.schemes)
    }

    /// What is known of it.
    pub fn info(self) -> &'static HostInfo {
        let [.., other] = &TABLE;
        TABLE.iter().find(|row| row.host == self).unwrap_or(other)
    }
}

/// `git-codecommit.REGION.amazonaws.com`, or `git-codecommit-fips`, or `.com.cn` in China: for web and SSH.
fn is_code_commit(name: &str) -> bool {
    let region = name.strip_suffix(".amazonaws.com").or_else(|| name.strip_suffix(".amazonaws.com.cn"));
    region.is_some_and(|name| name.starts_with("git-codecommit.") || name.starts_with("git-codecommit-fips."))
}

#[cfg(test)]
mod tests {
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
            assert_eq!(Host::from_id(&row.word.to_uppercase()), Some(row.host));
        }
        assert_eq!(Host::from_id("bitbucketdatacenter"), Some(Host::BitbucketDataCenter));
        for none in ["", "auto", "bitbucket"] {
            assert_eq!(Host::from_id(none), None, "{none}");
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
