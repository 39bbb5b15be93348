//! The pages of hosts for browsers: of a repository, its branches, tags and commits, of two commits side by side, and of
//! the settings that refuse a ref.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::remote::ssh_url::SshUrl;
use crate::remote::url::RemoteUrl;
use crate::remote::web_url::WebUrl;

/// The pages of a host. Those of one repository are its own address with something behind it.
#[derive(Clone, Copy, Debug)]
pub struct Pages {
    /// Returns the address of a repository's pages, given its address for Git.
    pub repository: fn(&WebUrl) -> Option<WebUrl>,
    /// Returns its address for Git on a web server, given the one behind the SSH server of the cloud service.
    pub of_ssh: fn(&SshUrl) -> Option<WebUrl>,
    /// The end of the page of the repository itself.
    pub home: &'static str,
    /// The part before the short name of a branch.
    pub branch: &'static str,
    /// The part before the short name of a tag.
    pub tag: &'static str,
    /// The part before the id of a commit.
    pub commit: &'static str,
    /// The place of the name.
    pub place: PagePlace,
    /// The page of two commits side by side.
    pub compare: Option<Compare>,
    /// The settings by which a ref can be refused.
    pub settings: Option<Settings>,
}

/// The place of a name in the address of a page, which decides how it is escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PagePlace {
    /// In the path: a `/` stays.
    Path,
    /// In the value of a query.
    Query,
}

/// The address of the page of two commits side by side.
#[derive(Clone, Copy, Debug)]
pub struct Compare {
    /// The part before the first id.
    pub before: &'static str,
    /// The part between the two.
    pub between: &'static str,
    /// The commit that comes first.
    pub first: First,
}

/// The commit that comes first in such an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First {
    /// The one before the change.
    Old,
    /// The one after it.
    New,
}

/// A page of settings by which a ref can be refused.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The way to it, as the host's menus say it.
    pub name: &'static str,
    /// Returns its address, given that of the repository's pages.
    pub address: fn(&WebUrl) -> Option<WebUrl>,
    /// Words of the host by which it refuses a ref because of them, in lower case.
    pub says: &'static [&'static str],
}

/// Characters that stay in a path that is made of decoded text: none means something in a URL, in Markdown or in HTML.
pub(crate) const PATH: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'_').remove(b'-').remove(b'.').remove(b'~');

impl Pages {
    /// Returns the address of a repository's pages; none where it is not known, nor for an address with a query, which can
    /// be a signature: then the pages are elsewhere.
    pub fn address(&self, url: &RemoteUrl) -> Option<WebUrl> {
        match url {
            RemoteUrl::Web(url) if url.query().is_some() => None,
            RemoteUrl::Web(url) => (self.repository)(url),
            RemoteUrl::Ssh(url) => (self.repository)(&(self.of_ssh)(url)?),
            RemoteUrl::Local(_) => None,
        }
    }
}

/// Returns the same address, without the end that Git's addresses may have.
#[expect(clippy::unnecessary_wraps, reason = "other hosts have addresses without pages")]
pub(super) fn without_suffix(url: &WebUrl) -> Option<WebUrl> {
    Some(url.at_root(url.path().strip_suffix(".git").unwrap_or(url.path())))
}

/// Returns the address at the web server of this name that has the path of an SSH address.
pub(super) fn at_server(name: &str, url: &SshUrl) -> Option<WebUrl> {
    let path = utf8_percent_encode(url.path().trim_start_matches('/'), PATH);
    WebUrl::parse(&format!("https://{name}/{path}")).ok().map(|(url, _)| url)
}

/// Returns the address below that of a repository's pages.
pub(super) fn below(pages: &WebUrl, path: &str) -> WebUrl {
    pages.at_root(&format!("{}{path}", pages.path()))
}

/// Pages as Git hosts have them that are much alike: no address, and nothing known of their pages.
pub(super) const NONE: Pages = Pages {
    repository: without_suffix,
    of_ssh: |_| None,
    home: "",
    branch: "",
    tag: "",
    commit: "",
    place: PagePlace::Path,
    compare: None,
    settings: None,
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hosts::Host;

    fn address(host: Host, url: &str) -> Option<String> {
        let (url, _) = RemoteUrl::parse(url).unwrap();
        host.info().pages?.address(&url).map(|url| url.to_string())
    }

    #[test]
    fn the_pages_of_a_repository_are_found_from_each_of_its_addresses() {
        for (host, url, pages) in [
            (Host::GitHub, "https://github.com/o/r.git", "https://github.com/o/r"),
            (Host::GitHub, "git@github.com:o/r.git", "https://github.com/o/r"),
            (Host::GitHub, "ssh://git@ssh.github.com:443/o/r.git", "https://github.com/o/r"),
            (Host::GitLab, "git@gitlab.com:g/s/r.git", "https://gitlab.com/g/s/r"),
            (Host::GitLab, "ssh://git@altssh.gitlab.com:443/g/r.git", "https://gitlab.com/g/r"),
            (Host::BitbucketCloud, "git@bitbucket.org:w/r.git", "https://bitbucket.org/w/r"),
            (Host::AzureRepos, "git@ssh.dev.azure.com:v3/o/my p/r", "https://dev.azure.com/o/my%20p/_git/r"),
            (Host::AzureRepos, "https://dev.azure.com/o/p/_git/_full/r", "https://dev.azure.com/o/p/_git/r"),
            // A repository can be called so.
            (
                Host::AzureRepos,
                "https://dev.azure.com/o/p/_git/r.git",
                "https://dev.azure.com/o/p/_git/r.git",
            ),
            (
                Host::AzureDevOpsServer,
                "https://tfs.example.org/tfs/c/p/_git/r",
                "https://tfs.example.org/tfs/c/p/_git/r",
            ),
            (Host::Gitea, "https://codeberg.org/o/r.git", "https://codeberg.org/o/r"),
            (Host::Gitea, "git@codeberg.org:o/r.git", "https://codeberg.org/o/r"),
            (
                Host::BitbucketDataCenter,
                "https://stash.example.org/git/scm/KEY/r.git",
                "https://stash.example.org/git/projects/KEY/repos/r",
            ),
            (
                Host::BitbucketDataCenter,
                "https://stash.example.org/scm/~bob/r.git",
                "https://stash.example.org/users/bob/repos/r",
            ),
            (Host::Gerrit, "https://x.googlesource.com/a/plugins/r", "https://x.googlesource.com/plugins/r"),
            (
                Host::Gerrit,
                "https://gerrit.example.org/a/s/r",
                "https://gerrit.example.org/plugins/gitiles/s/r",
            ),
            (
                Host::CodeCommit,
                "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/r",
                "https://eu-west-1.console.aws.amazon.com/codesuite/codecommit/repositories/r",
            ),
            (
                Host::CodeCommit,
                "ssh://APKA@git-codecommit-fips.us-east-1.amazonaws.com/v1/repos/r",
                "https://us-east-1.console.aws.amazon.com/codesuite/codecommit/repositories/r",
            ),
            (
                Host::CloudSourceRepositories,
                "https://source.developers.google.com/p/contoso/r/app",
                "https://source.cloud.google.com/contoso/app",
            ),
        ] {
            assert_eq!(address(host, url).as_deref(), Some(pages), "{url}");
        }
    }

    #[test]
    fn what_has_no_pages_has_no_address() {
        for (host, url) in [
            (Host::Other, "https://git.example.org/r"),
            (Host::GitHub, "https://github.com/o/r?t=x"),
            (Host::GitHub, "git@github.example.org:o/r"),
            (Host::GitLab, "/srv/r.git"),
            (Host::BitbucketDataCenter, "https://stash.example.org/projects/KEY"),
            (Host::CodeCommit, "https://git-codecommit.cn-north-1.amazonaws.com.cn/v1/repos/r"),
        ] {
            assert_eq!(address(host, url), None, "{url}");
        }
    }

    #[test]
    fn the_settings_of_a_repository_have_a_page() {
        let (azure, _) = WebUrl::parse("https://dev.azure.com/o/p/_git/r").unwrap();
        let (same, _) = WebUrl::parse("https://dev.azure.com/o/_git/r").unwrap();
        let (other, _) = WebUrl::parse("https://git.example.org/o/r").unwrap();
        for (host, pages, settings) in [
            (Host::AzureRepos, &azure, "https://dev.azure.com/o/p/_settings/repositories"),
            (Host::AzureRepos, &same, "https://dev.azure.com/o/r/_settings/repositories"),
            (Host::GitHub, &other, "https://git.example.org/o/r/settings/rules"),
            (Host::GitLab, &other, "https://git.example.org/o/r/-/settings/repository"),
            (Host::BitbucketCloud, &other, "https://git.example.org/o/r/admin/branch-restrictions"),
            (Host::Gitea, &other, "https://git.example.org/o/r/settings/branches"),
        ] {
            let page = host.info().pages.and_then(|pages| pages.settings).unwrap();
            assert_eq!((page.address)(pages).unwrap().to_string(), settings);
        }
        let of_hosts = crate::hosts::TABLE.iter().filter_map(|row| row.pages?.settings);
        for settings in of_hosts {
            assert!(settings.says.iter().all(|words| *words == words.to_lowercase()), "{settings:?}");
        }
    }
}
