//! One repository, and what is needed to get at it.

use crate::auth::authenticator::ServerSchemes;
use crate::auth::forms_to_try::HostKnown;
use crate::auth::token_cache::TokenCache;
use crate::hosts::Host;
use crate::hosts::bounds::Bounds;
use crate::http::network::{CertificateVerification, Network};
use crate::mirror::ref_rule::RefRule;
use crate::remote::url::RemoteUrl;
use crate::remote::web_url::{Scheme, WebUrl};
use crate::secret::Secret;

/// A repository and how to get at it.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Its address.
    pub url: RemoteUrl,
    /// The kind of its host, if that is given; else its URL or its server tells it.
    pub host_override: Option<Host>,
    /// The tokens that sign in there, if any does.
    pub tokens: Option<TokenCache>,
    /// The part of its server that they are for.
    pub bounds: Bounds,
    /// The verification of its server's certificate.
    pub verification: CertificateVerification,
    /// The way from this machine to it.
    pub network: Network,
}

impl Endpoint {
    /// Returns every form in which a secret that was given could be printed, to be masked before anything is sent.
    pub fn masks(&self) -> Vec<Secret> {
        let possible = self.server_schemes().possible;
        let of_tokens = self.tokens.iter().flat_map(|tokens| tokens.masks(&possible));
        let of_url = match &self.url {
            RemoteUrl::Web(url) => url.masks(),
            RemoteUrl::Ssh(_) | RemoteUrl::Local(_) => Vec::new(),
        };
        of_tokens
            .chain(self.network.proxy.iter().flat_map(crate::http::network::Proxy::masks))
            .chain(of_url)
            .collect()
    }

    /// Returns the kind of host that it is at, as far as it is known without asking the server.
    pub fn host(&self) -> Host {
        self.host_override.unwrap_or_else(|| Host::of_url(&self.url))
    }

    /// Tells whether only the server itself can tell the kind of its host.
    pub fn is_host_unknown(&self) -> bool {
        let can_tell = matches!(self.url, RemoteUrl::Web(_));
        can_tell && self.host_override.is_none() && self.host() == Host::Other
    }

    /// Returns the schemes to sign in there, as far as they are known without asking the server.
    pub(crate) fn server_schemes(&self) -> ServerSchemes {
        let host = self.host();
        let host_known = match host {
            _ if self.is_host_unknown() => HostKnown::NotYet,
            Host::Other => HostKnown::No,
            _ => HostKnown::Yes,
        };
        let schemes = match &self.url {
            RemoteUrl::Web(url) if Self::takes_token_as_user(url, host_known) => host.schemes(),
            _ => host.schemes().without_token_as_user(),
        };
        ServerSchemes { schemes, possible: host.possible_schemes().collect(), host_known }
    }

    /// Tells whether a token may be tried as the user: where nobody has said what host it is, and nobody on the way can
    /// read it, who would write it into a log as servers do with users.
    fn takes_token_as_user(url: &WebUrl, host_known: HostKnown) -> bool {
        host_known == HostKnown::NotYet && (url.scheme() == Scheme::Https || url.is_loopback())
    }

    /// Tells whether its host may have this rule, as far as is known without asking the server.
    pub fn may_have(&self, rule: RefRule) -> bool {
        self.is_host_unknown() || self.host().info().ref_rules.contains(&rule)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::scheme::AuthScheme;

    #[test]
    fn a_token_goes_as_the_user_over_https_and_loopback_alone() {
        let may = |url: &str, host_override| {
            let (url, _) = RemoteUrl::parse(url).unwrap();
            let verification = CertificateVerification::On;
            let network = Network::default();
            let bounds = Bounds::Server;
            let endpoint = Endpoint { url, host_override, tokens: None, bounds, verification, network };
            endpoint.server_schemes().schemes.bare_token.contains(&AuthScheme::TokenAsUser)
        };
        for url in
            ["https://git.example.org/r", "http://127.0.0.1/r", "http://[::1]:80/r", "http://localhost/r"]
        {
            assert!(may(url, None), "{url}");
            assert!(!may(url, Some(Host::Other)) && !may(url, Some(Host::GitLab)), "{url}");
        }
        for url in [
            "http://git.example.org/r",
            "http://10.0.0.1/r",
            "http://localhost.example.org/r",
            "https://github.com/o/r",
        ] {
            assert!(!may(url, None), "{url}");
        }
    }
}
