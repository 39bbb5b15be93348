//! The address at which the LFS objects of a repository are asked for.
//!
//! By default that follows from the repository's URL, as in git-lfs. A source can name another place in its `.lfsconfig`,
//! which anyone who may push there writes; a destination's is never looked at, since it came from the source.

use super::batch::BATCH;
use super::lfs_url::{LfsUrl, LfsUrlError};
use super::place::Place;
use crate::hosts::Host;
use crate::hosts::bounds::Bounds;
use crate::remote::local_path::LocalPath;
use crate::remote::ssh_url::SshUrl;
use crate::remote::url::RemoteUrl;
use crate::remote::web_url::{Scheme, WebUrl};

/// The repository of one side.
#[derive(Clone, Debug)]
pub struct Repository {
    /// Its URL; at the cloud's hosts the plain one, not that of a view.
    pub url: RemoteUrl,
    /// Its host.
    pub host: Host,
    /// The part of its server that the side's credentials are for.
    pub bounds: Bounds,
    /// The place of the address that its host's name was resolved to; none if that was not looked up.
    pub place: Option<Place>,
}

impl Repository {
    /// Tells whether a URL is at its own server.
    pub(super) fn is_at_server_of(&self, url: &LfsUrl) -> bool {
        self.web().is_some_and(|own| url.is_at(own))
    }

    /// Tells whether the side's credentials may go to a URL: at the repository's own server, and where they are for a part of
    /// it, in that.
    pub(super) fn signs_in_at(&self, url: &LfsUrl) -> bool {
        let holds = |own: &WebUrl| url.is_at(own) && self.bounds.hold(&own.at_root(url.path()));
        self.web().is_some_and(holds)
    }

    fn web(&self) -> Option<&WebUrl> {
        match &self.url {
            RemoteUrl::Web(own) => Some(own),
            RemoteUrl::Ssh(_) | RemoteUrl::Local(_) => None,
        }
    }
}

/// The address at which the LFS objects of a repository are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// On a web server.
    Web(WebEndpoint),
    /// At the address that an SSH server names.
    Ssh(SshEndpoint),
    /// In the folder `lfs/objects` of a repository on this machine.
    Folder(LocalPath),
}

/// An endpoint on a web server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebEndpoint {
    /// The URL that `objects/batch` is below.
    pub url: LfsUrl,
    /// The one to ask if there is nothing at the first (404).
    pub otherwise: Option<LfsUrl>,
    /// Tells whether the side's credentials go there.
    pub trust: Trust,
}

/// Tells whose server it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// The repository's own: the same scheme, host and port, and within the bounds of the side's credentials, which go there.
    Repository,
    /// Another one: no credentials of ours go there. The log names it.
    Elsewhere,
}

/// An endpoint that `git-lfs-authenticate` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SshEndpoint {
    /// The repository's server, with the path of the repository.
    pub ssh: SshUrl,
    /// The URL to ask if the server does not know the command.
    pub guess: Option<LfsUrl>,
}

/// The reason why a repository has no LFS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoLfs {
    /// Azure Repos serves LFS by HTTPS only.
    #[error("Azure Repos has no LFS over SSH")]
    AzureBySsh,
    /// The host has none.
    #[error("the host has no LFS")]
    Host,
}

/// The reason why an endpoint that a `.lfsconfig` names is not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// It is no URL that is asked.
    #[error(transparent)]
    Url(#[from] LfsUrlError),
    /// It holds a query, which can be a key.
    #[error("it holds a query")]
    Query,
    /// It is a path or a URL of this machine.
    #[error("it is a path")]
    Path,
    /// It is behind another SSH server than the repository is, or another user's.
    #[error("it is behind another SSH server than the repository")]
    OtherSshServer,
    /// It is not encrypted, and the repository is.
    #[error("it is an http:// URL, and that of the repository is not")]
    NotEncrypted,
    /// It is where the repository is not: inside a network or a machine.
    #[error("it leads to {0}, where the repository is not")]
    Inside(Place),
}

impl Endpoint {
    /// Returns the endpoint that follows from the repository's URL.
    ///
    /// # Errors
    ///
    /// Fails if it is known that there is none.
    pub fn of(repository: &Repository) -> Result<Self, NoLfs> {
        if repository.host == Host::CodeCommit {
            return Err(NoLfs::Host);
        }
        match &repository.url {
            RemoteUrl::Web(url) => web(url, repository.host).map(Self::Web).map_err(|_| NoLfs::Host),
            RemoteUrl::Ssh(_) if repository.host == Host::AzureRepos => Err(NoLfs::AzureBySsh),
            RemoteUrl::Ssh(url) => Ok(Self::Ssh(SshEndpoint { ssh: url.clone(), guess: guess(url) })),
            RemoteUrl::Local(path) => Ok(Self::Folder(path.clone())),
        }
    }

    /// Returns the endpoint that the `.lfsconfig` of a source names. What is secret in a text that is refused is found by
    /// [`LfsUrl::masks_in`].
    ///
    /// # Errors
    ///
    /// Fails if it is not one that a stranger may choose. Where its host is a name, the place of each address that it is
    /// resolved to is still to be checked, by [`Place::may_be_reached`], unless it is [`Trust::Repository`].
    pub fn configured(text: &str, repository: &Repository) -> Result<Self, EndpointError> {
        match LfsUrl::parse(text) {
            Ok(url) => configured_web(url, repository).map(Self::Web),
            Err(LfsUrlError::NotWeb | LfsUrlError::Malformed) => configured_remote(text, repository),
            Err(error) => Err(error.into()),
        }
    }
}

impl WebEndpoint {
    /// Returns the URL of the batch interface.
    pub fn batch(&self) -> LfsUrl {
        self.url.below(BATCH)
    }
}

fn configured_web(url: LfsUrl, repository: &Repository) -> Result<WebEndpoint, EndpointError> {
    if url.query().is_some() {
        return Err(EndpointError::Query);
    }
    if repository.is_at_server_of(&url) {
        let trust = if repository.signs_in_at(&url) { Trust::Repository } else { Trust::Elsewhere };
        return Ok(WebEndpoint { url, otherwise: None, trust });
    }
    if url.scheme() == Scheme::Http && repository.web().is_none_or(|own| own.scheme() == Scheme::Https) {
        return Err(EndpointError::NotEncrypted);
    }
    if let Some(place) = Place::of_host(&url.host())
        && !place.may_be_reached(repository.place)
    {
        return Err(EndpointError::Inside(place));
    }
    Ok(WebEndpoint { url, otherwise: None, trust: Trust::Elsewhere })
}

/// Reads what is no web URL: git-lfs takes addresses behind SSH, too.
fn configured_remote(text: &str, repository: &Repository) -> Result<Endpoint, EndpointError> {
    match (RemoteUrl::parse(text), &repository.url) {
        (Ok((RemoteUrl::Ssh(url), _)), RemoteUrl::Ssh(own)) => {
            let server =
                |url: &SshUrl| (url.user().map(str::to_owned), url.host().to_lowercase(), url.port());
            if server(&url) == server(own) {
                let guess = guess(&url);
                Ok(Endpoint::Ssh(SshEndpoint { ssh: url, guess }))
            } else {
                Err(EndpointError::OtherSshServer)
            }
        }
        (Ok((RemoteUrl::Ssh(_), _)), _) => Err(EndpointError::OtherSshServer),
        (Ok((RemoteUrl::Local(_), _)), _) => Err(EndpointError::Path),
        (Ok((RemoteUrl::Web(_), _)) | Err(_), _) => Err(LfsUrlError::NotWeb.into()),
    }
}

/// The views of a repository at Azure DevOps, which LFS does not know.
const VIEWS: [&str; 2] = ["/_git/_full/", "/_git/_optimized/"];

/// Appends what git-lfs does. Azure DevOps itself writes its URLs without the `.git`, so that is tried there, too.
fn web(url: &WebUrl, host: Host) -> Result<WebEndpoint, LfsUrlError> {
    let is_azure = matches!(host, Host::AzureRepos | Host::AzureDevOpsServer);
    let path = match VIEWS.iter().find_map(|view| url.path().split_once(view)) {
        Some((before, repository)) if is_azure => format!("{before}/_git/{repository}"),
        _ => url.path().to_owned(),
    };
    let first = LfsUrl::of_repository(url, &with_suffix(&path))?;
    let otherwise = if is_azure && path.strip_suffix(".git").is_none() {
        Some(LfsUrl::of_repository(url, &format!("{path}/info/lfs"))?)
    } else {
        None
    };
    Ok(WebEndpoint { url: first, otherwise, trust: Trust::Repository })
}

fn with_suffix(path: &str) -> String {
    let is_whole = path.is_empty() || path.strip_suffix(".git").is_some();
    format!("{path}{}/info/lfs", if is_whole { "" } else { ".git" })
}

/// Returns the web URL at which git-lfs takes the repository to be, too.
fn guess(url: &SshUrl) -> Option<LfsUrl> {
    let host = if url.host().contains(':') { format!("[{}]", url.host()) } else { url.host().to_owned() };
    let (root, _) = WebUrl::parse(&format!("https://{host}/")).ok()?;
    let path = url.path().trim_matches('/');
    LfsUrl::of_repository(&root, &with_suffix(&format!("/{path}"))).ok()
}

#[cfg(test)]
mod tests;
