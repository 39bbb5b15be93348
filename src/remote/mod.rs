//! Where a repository is, and how one signs in there.
//!
//! Nothing in here can print a secret by accident: a [`WebUrl`] has no user info and shows no query, and
//! a [`Secret`] shows itself as `***`.

mod collection;
mod credentials;
pub mod host;
mod invisible;
mod local_path;
pub mod network;
mod place;
mod ref_rule;
mod secret;
mod ssh_program;
mod ssh_url;
mod url;
mod url_error;
mod web_url;

pub use collection::Collection;
pub use credentials::{Credentials, Origin, TokenError};
pub use host::Host;
pub use invisible::trimmed;
pub use local_path::LocalPath;
pub use network::Network;
pub use place::{RepositoryAddress, same_repository};
pub use ref_rule::RefRule;
pub use secret::{SHORTEST_MASK, Secret};
pub use ssh_program::{ChildEnvironment, SshProgram};
pub use ssh_url::SshUrl;
pub use url::RemoteUrl;
pub use url_error::UrlError;
pub use web_url::{Scheme, UserInfo, WebUrl};

/// A repository and how to get at it.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Where it is.
    pub url: RemoteUrl,
    /// The kind of its host, if that is given; else its URL or its server tells it.
    pub given_host: Option<Host>,
    /// What signs in there.
    pub credentials: Option<Credentials>,
    /// Whether the server must prove who it is.
    pub certificates: CertificateVerification,
    /// What stands between this machine and it.
    pub network: Network,
}

impl Endpoint {
    /// Every form in which a secret could be printed, to be masked before anything is sent.
    pub fn masks(&self) -> Vec<Secret> {
        let host = self.host();
        let of_credentials = self.credentials.iter().flat_map(|credentials| credentials.masks(host));
        let of_url = match &self.url {
            RemoteUrl::Web(url) => url.masks(),
            RemoteUrl::Ssh(_) | RemoteUrl::Local(_) => Vec::new(),
        };
        of_credentials
            .chain(self.network.proxy.iter().flat_map(network::Proxy::masks))
            .chain(of_url)
            .collect()
    }

    /// The kind of host that it is at, as far as it is known without asking the server.
    pub fn host(&self) -> Host {
        self.given_host.unwrap_or_else(|| self.url.host_kind())
    }

    /// Whether only the server itself can tell the kind of its host.
    pub fn is_at_unknown_host(&self) -> bool {
        let can_tell = matches!(self.url, RemoteUrl::Web(_));
        can_tell && self.given_host.is_none() && self.host() == Host::Other
    }

    /// Whether its host may have this rule, as far as is known without asking the server.
    pub fn may_have(&self, rule: RefRule) -> bool {
        self.is_at_unknown_host() || self.host().facts().ref_rules.contains(&rule)
    }
}

/// Whether a server must prove who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateVerification {
    /// By a certificate that this machine trusts.
    On,
    /// Not at all: anybody on the way could read and change everything.
    Off,
}

#[cfg(test)]
mod tests;
