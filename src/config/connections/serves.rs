//! The servers that a service connection's credentials are for.

use std::fmt;

use crate::hosts::Host;
use crate::hosts::azure_repos;
use crate::hosts::azure_repos::Collection;
use crate::hosts::bounds::Bounds;
use crate::remote::url::RemoteUrl;
use crate::remote::web_url::WebUrl;

/// The servers that credentials are for, told by names and addresses alone: no kind of host that is given or found out
/// adds one.
#[derive(Debug)]
pub(crate) enum Serves {
    /// The server of the connection's own URL: a repository, an organization or a host.
    Server(WebUrl),
    /// An organization or collection.
    Collection {
        /// The connection's own URL.
        url: WebUrl,
        /// The thing that it is the URL of.
        collection: Collection,
    },
    /// Every organization of Azure DevOps: the identity decides.
    AzureDevOps,
}

impl Serves {
    /// Tells whether the credentials may go to a repository.
    pub(crate) fn holds(&self, repository: &RemoteUrl) -> bool {
        let RemoteUrl::Web(repository) = repository else { return false };
        match self {
            Self::Server(url) => is_at_server(url, repository),
            Self::Collection { collection, .. } => collection.holds_given(repository),
            Self::AzureDevOps => azure_repos::is_azure_devops(repository),
        }
    }

    /// Returns the part of a repository's server that the credentials are for.
    pub(crate) fn bounds(&self) -> Bounds {
        match self {
            Self::Server(_) | Self::AzureDevOps => Bounds::Server,
            Self::Collection { collection, .. } => Bounds::Collection(collection.clone()),
        }
    }

    /// Returns the URL of a repository that it is for alone, where its own URL is one and not just a host's or an
    /// organization's.
    pub(crate) fn repository(&self) -> Option<RemoteUrl> {
        let Self::Server(url) = self else { return None };
        let is_collection = || {
            matches!(Collection::parse(&url.to_string()), Some(Collection::Organization(_)))
                && !url.path().contains("/_git/")
        };
        (!url.path().is_empty() && !is_collection()).then(|| RemoteUrl::Web(url.clone()))
    }
}

/// Names the servers.
impl fmt::Display for Serves {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server(url) | Self::Collection { url, .. } => write!(f, "'{url}'"),
            Self::AzureDevOps => f.write_str(azure_repos::AZURE_DEVOPS),
        }
    }
}

/// Tells whether a repository is at the server of this URL, by scheme, host and port. An organization of Azure DevOps has two
/// addresses, and so have some hosts: their own, and that of their interface.
fn is_at_server(url: &WebUrl, repository: &WebUrl) -> bool {
    let collection = Collection::parse(&url.to_string());
    url.same_origin(repository)
        || is_interface_of(url, repository)
        || collection.is_some_and(|collection| collection.holds_given(repository))
}

/// Some kinds of connection lead to the interface of their host, which can be at a server of its own.
fn is_interface_of(url: &WebUrl, repository: &WebUrl) -> bool {
    let interface = Host::of(repository).info().interface;
    interface(repository).is_some_and(|interface| interface.same_origin(url))
}
