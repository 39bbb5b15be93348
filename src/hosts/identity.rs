//! Tells addresses of one repository, which cannot be mirrored into itself, from those of two.
//!
//! An address that is not recognized costs a run that finds nothing to do; two repositories that were taken for one
//! could never be mirrored. So addresses count as one only where that is sure.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};

use percent_encoding::percent_decode_str;

use super::host_info::{HostInfo, Paths, Service};
use super::{Host, TABLE};
use crate::remote::local_path::LocalPath;
use crate::remote::ssh_url::SshUrl;
use crate::remote::url::RemoteUrl;
use crate::remote::web_url::{Scheme, WebUrl};

/// Tells whether both are the same repository, as far as their addresses and the kinds of their hosts show it.
pub fn same_repository(one: (&RemoteUrl, Host), other: (&RemoteUrl, Host)) -> bool {
    let place = |(url, host)| Identity::of(url, host);
    place(one) == place(other)
}

/// Repositories, each of which is told from others as by [`same_repository`].
#[derive(Debug, Default)]
pub struct RepositorySet(HashSet<Identity>);

impl RepositorySet {
    /// Tells whether the repository at this address is one of them.
    pub fn contains(&self, url: &RemoteUrl, host: Host) -> bool {
        self.0.contains(&Identity::of(url, host))
    }
}

impl<'a> FromIterator<(&'a RemoteUrl, Host)> for RepositorySet {
    fn from_iter<I: IntoIterator<Item = (&'a RemoteUrl, Host)>>(repositories: I) -> Self {
        Self(repositories.into_iter().map(|(url, host)| Identity::of(url, host)).collect())
    }
}

/// The place of a repository, whoever signs in there. It holds no user, no token and no query, so that it may be kept.
#[derive(Clone, Debug)]
pub struct RepositoryAddress {
    url: RemoteUrl,
    host_override: Option<Host>,
}

impl RepositoryAddress {
    /// Takes it from a side of a run.
    pub fn new(url: &RemoteUrl, host_override: Option<Host>) -> Self {
        Self { url: bare(url), host_override }
    }

    /// Tells whether a text, such as a remote's URL, is an address of this repository. Users, the case of the host,
    /// the default port, a `.git` and a `/` at the end make no difference.
    pub fn is_at(&self, text: &str) -> bool {
        let place = |url: &RemoteUrl| {
            let url = bare(url);
            Identity::of(&url, self.host_override.unwrap_or_else(|| Host::of_url(&url))).without_suffix()
        };
        RemoteUrl::parse(text).is_ok_and(|(url, _)| place(&url) == place(&self.url))
    }
}

impl fmt::Display for RepositoryAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.url.fmt(f)
    }
}

/// Leaves out what signs in, and makes a path on this machine mean the same from every folder.
fn bare(url: &RemoteUrl) -> RemoteUrl {
    match url {
        RemoteUrl::Web(url) => RemoteUrl::Web(url.without_query()),
        RemoteUrl::Ssh(url) => RemoteUrl::Ssh(url.without_user()),
        RemoteUrl::Local(path) => {
            let path = path.as_path();
            RemoteUrl::Local(std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).into())
        }
    }
}

/// The parts that all addresses of a repository have in common.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Identity {
    /// In a cloud service, whatever way leads there.
    Service(Host, Vec<String>),
    /// On another web server.
    Web { origin: (Scheme, String, u16), path: Vec<String>, query: Option<String> },
    /// Behind another SSH server, where the user can decide what a path means.
    Ssh { user: Option<String>, host: String, port: u16, path: String },
    /// On this machine.
    Local(PathBuf),
}

impl Identity {
    fn of(url: &RemoteUrl, host: Host) -> Self {
        match url {
            RemoteUrl::Web(url) => in_service(url).unwrap_or_else(|| on_web(url, host)),
            RemoteUrl::Ssh(url) => behind_service(url).unwrap_or_else(|| behind_ssh(url)),
            RemoteUrl::Local(path) => Self::Local(on_disk(path)),
        }
    }

    fn without_suffix(self) -> Self {
        match self {
            Self::Web { origin, path, query } => Self::Web { origin, path: without_suffix(path), query },
            Self::Ssh { user, host, port, path } => {
                let path = path.strip_suffix(".git").map_or_else(|| path.clone(), str::to_owned);
                Self::Ssh { user, host, port, path }
            }
            place @ (Self::Service(..) | Self::Local(_)) => place,
        }
    }
}

/// A way to a cloud service.
#[derive(Clone, Copy)]
enum Way {
    Web,
    Ssh,
}

fn in_service(url: &WebUrl) -> Option<Identity> {
    let default_port = if url.scheme() == Scheme::Https { 443 } else { 80 };
    if url.query().is_some() || url.port() != default_port {
        return None;
    }
    service(Way::Web, url.host(), &segments(url.path()))
}

fn behind_service(url: &SshUrl) -> Option<Identity> {
    // 443 is a way around firewalls.
    if !matches!(url.port(), None | Some(22 | 443)) {
        return None;
    }
    let path = url.path().split('/').filter(|part| !part.is_empty()).map(str::to_lowercase);
    service(Way::Ssh, &url.host().to_lowercase(), &path.collect::<Vec<_>>())
}

/// Finds the service that a server belongs to, and the repository in it.
fn service(way: Way, host: &str, path: &[String]) -> Option<Identity> {
    let in_service = |row: &HostInfo| match (&row.service, way) {
        (Service::Names { web: names, .. }, Way::Web) | (Service::Names { ssh: names, .. }, Way::Ssh) => {
            names.contains(&host).then(|| without_suffix(path.to_vec()))
        }
        (Service::Rules { web: rule, .. }, Way::Web) | (Service::Rules { ssh: rule, .. }, Way::Ssh) => {
            rule(host, path)
        }
        (Service::None, _) => None,
    };
    TABLE.iter().find_map(|row| Some(Identity::Service(row.host, in_service(row)?)))
}

fn on_web(url: &WebUrl, host: Host) -> Identity {
    let path = match host.info().paths {
        Paths::Exact => decoded(url.path()).collect(),
        Paths::NoCase => segments(url.path()),
        Paths::NoCaseNoSuffix => without_suffix(segments(url.path())),
    };
    let origin = (url.scheme(), url.host().to_owned(), url.port());
    Identity::Web { origin, path, query: url.query().map(str::to_owned) }
}

fn behind_ssh(url: &SshUrl) -> Identity {
    Identity::Ssh {
        user: url.user().map(str::to_owned),
        host: url.host().to_lowercase(),
        port: url.port().unwrap_or(22),
        path: url.path().trim_end_matches('/').to_owned(),
    }
}

fn on_disk(path: &LocalPath) -> PathBuf {
    let path = path.as_path();
    // Where nothing is yet, there is no link to follow.
    let absolute = || std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let full = path.canonicalize().unwrap_or_else(|_| absolute());
    let work_tree = full.parent().filter(|_| full.ends_with(".git")).map(Path::to_owned);
    work_tree.unwrap_or(full)
}

/// The parts of a path whose case does not matter.
fn segments(path: &str) -> Vec<String> {
    decoded(path).map(|part| part.to_lowercase()).collect()
}

fn decoded(path: &str) -> impl Iterator<Item = String> {
    let parts = path.split('/').filter(|part| !part.is_empty());
    // An escaped slash is none: each part is decoded by itself.
    parts.map(|part| percent_decode_str(part).decode_utf8().map_or_else(|_| part.to_owned(), Cow::into_owned))
}

fn without_suffix(mut path: Vec<String>) -> Vec<String> {
    if let Some(last) = path.last_mut()
        && let Some(name) = last.strip_suffix(".git").filter(|name| !name.is_empty())
    {
        *last = name.to_owned();
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(url: &str) -> RemoteUrl {
        RemoteUrl::parse(url).unwrap().0
    }

    fn same(one: &str, other: &str) -> bool {
        let [one, other] = [one, other].map(parsed);
        same_repository((&one, Host::of_url(&one)), (&other, Host::of_url(&other)))
    }

    /// The addresses of one repository a line.
    const REPOSITORIES: &[&[&str]] = &[
        &[
            "https://github.com/Contoso/App",
            "https://github.com/contoso/app.git",
            "https://GitHub.com:443/contoso/app/",
            "http://www.github.com/contoso/app",
            "https://bob@github.com/contoso/app.git/",
            "git@github.com:contoso/app.git",
            "ssh://git@github.com/contoso/app",
            "ssh://git@ssh.github.com:443/Contoso/app.git",
        ],
        &["https://github.com/contoso/app2", "https://github.com/contoso/app2.git"],
        &["https://github.com/contoso/app.git.git"],
        &["https://github.com:8443/contoso/app"],
        &["https://contoso.ghe.com/contoso/app", "https://contoso.ghe.com/Contoso/App.git"],
        &["https://gitlab.com/contoso/team/app", "git@gitlab.com:contoso/team/App.git"],
        &["https://gitlab.com/contoso/app", "ssh://git@altssh.gitlab.com:443/contoso/app.git"],
        &["https://gitlab.example.org/contoso/app", "https://gitlab.example.org/Contoso/app.git/"],
        &["https://gitlab.example.org:8443/contoso/app"],
        &["http://gitlab.example.org/contoso/app"],
        &["git@gitlab.example.org:contoso/app.git"],
        &["https://bitbucket.org/contoso/app", "git@bitbucket.org:contoso/app.git"],
        &["https://stash.example.org/scm/PRJ/app.git", "https://stash.example.org/scm/prj/app"],
        &[
            "https://dev.azure.com/Contoso/My%20Project/_git/app",
            "https://contoso@dev.azure.com/contoso/my project/_git/App/",
            "https://contoso.visualstudio.com/DefaultCollection/My%20Project/_git/app",
            "https://contoso.visualstudio.com/My%20Project/_git/_full/app",
            "git@ssh.dev.azure.com:v3/contoso/My Project/app",
            "ssh://git@ssh.dev.azure.com/v3/contoso/My%20Project/app",
            "contoso@vs-ssh.visualstudio.com:v3/contoso/My Project/app",
        ],
        &["https://dev.azure.com/contoso/My%20Project/_git/app.git"],
        &[
            "https://dev.azure.com/contoso/_git/app",
            "https://dev.azure.com/contoso/app/_git/app",
            "https://contoso.visualstudio.com/_git/app",
        ],
        &["https://dev.azure.com/fabrikam/_git/app"],
        &["https://tfs.example.org/tfs/Main/p/_git/app", "https://tfs.example.org/TFS/main/P/_git/App"],
        &["https://tfs.example.org/tfs/Main/p/_git/app.git"],
        &["https://git.example.org/app", "https://GIT.example.org:443/app/"],
        &["https://git.example.org/App"],
        &["https://git.example.org/app.git"],
        &["https://git.example.org/app?sig=1"],
        &["https://git.example.org/a/b", "https://git.example.org/%61/b"],
        &["https://git.example.org/a%2Fb"],
        &["https://git.example.org/%FF"],
        &["https://git.example.org/%FE"],
        &["git@git.example.org:o/app", "git@GIT.example.org:o/app/"],
        &["ssh://git@git.example.org/app", "ssh://git@git.example.org:22/app/"],
        &["ssh://git@git.example.org:2222/app"],
        &["ssh://alice@git.example.org/app"],
        &["/nowhere/app", "file:///nowhere/app", "/nowhere/app/", "/nowhere/./app", "/nowhere/app/.git"],
        &["/nowhere/app.git"],
        &["./nowhere/app"],
    ];

    #[test]
    fn only_addresses_of_one_repository_are_the_same() {
        let all =
            || REPOSITORIES.iter().enumerate().flat_map(|(row, urls)| urls.iter().map(move |url| (row, url)));
        for (row, url) in all() {
            for (other_row, other) in all() {
                assert_eq!(same(url, other), row == other_row, "{url} {other}");
            }
        }
    }

    #[test]
    fn an_address_is_known_whoever_signs_in_there() {
        let same = [
            "https://git.example.org/o/app",
            "https://bob:hunter2@GIT.example.org:443/o/app.git/",
            "https://git.example.org/o/app?sig=hunter2",
        ];
        let ssh = ["git@git.example.org:o/app.git", "bob@GIT.example.org:o/app/"];
        let github = ["https://github.com/contoso/app", "git@github.com:Contoso/App.git"];
        for urls in [&same[..], &ssh, &github] {
            for url in urls {
                let address = RepositoryAddress::new(&parsed(url), None);
                assert!(urls.iter().all(|other| address.is_at(other)), "{url}");
                assert!(!address.to_string().contains("hunter2") && !address.to_string().contains('@'));
                assert!(address.is_at(&address.to_string()), "{address}");
                for other in ["", "https://git.example.org/o/App2", "http://git.example.org/o/app", "/o/app"]
                {
                    assert!(!address.is_at(other), "{url} {other}");
                }
            }
        }
    }

    #[test]
    fn an_input_that_says_what_a_server_is_counts() {
        let [one, other] = ["https://git.example.org/App.git", "https://git.example.org/app"].map(parsed);
        assert!(same_repository((&one, Host::GitLab), (&other, Host::GitLab)));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_leads_to_the_repository_itself() {
        let folder = tempfile::tempdir().unwrap();
        let [real, link] = ["real", "link"].map(|name| folder.path().join(name));
        std::fs::create_dir(&real).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        assert!(same(real.to_str().unwrap(), link.to_str().unwrap()));
        let here = std::env::current_dir().unwrap();
        assert!(same("./src", here.join("src").to_str().unwrap()));
    }
}
