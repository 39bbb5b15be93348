//! The bounds of credentials within the server that they are for.

use super::azure_repos::Collection;
use crate::remote::web_url::WebUrl;

/// The part of a server that credentials are for: a redirect on the same server, or the address of its interface, can
/// lead out of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Bounds {
    /// The whole server.
    #[default]
    Server,
    /// An organization or collection of Azure DevOps: its neighbors at the same server are somebody else's.
    Collection(Collection),
}

impl Bounds {
    /// Tells whether the credentials may go to a repository of the server that they are for.
    pub fn hold(&self, repository: &WebUrl) -> bool {
        match self {
            Self::Server => true,
            Self::Collection(collection) => collection.holds(repository),
        }
    }

    /// Tells whether the credentials may go to this address of an interface, one of those that the host has.
    pub fn hold_interface(&self, interface: &WebUrl) -> bool {
        match self {
            Self::Server => true,
            Self::Collection(collection) => collection.holds_interface(interface),
        }
    }
}
