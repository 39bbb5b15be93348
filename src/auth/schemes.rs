//! The ways to sign in at a server, in the order in which they are tried, each at most once.

use super::credentials::Credentials;
use crate::hosts::Host;
use crate::http::challenge::Asked;
use crate::secret::Secret;
use crate::transport::endpoint::Endpoint;

/// What is left to try at one server.
#[derive(Debug)]
pub(crate) struct AuthSchemes {
    /// Those that were refused, the one in use, and those that are left.
    authorizations: Vec<Secret>,
    /// How many were refused.
    refused: usize,
    /// Those that the host is known to take, whatever it asks for: Bitbucket Data Center takes Bearer and names Basic.
    of_host: Vec<Secret>,
    /// What to order anew once the server has told its kind, if only it can.
    unordered: Option<Credentials>,
}

impl AuthSchemes {
    pub(crate) fn new(endpoint: &Endpoint) -> Self {
        let credentials = endpoint.credentials.as_ref();
        let authorizations = credentials.map(|credentials| credentials.authorizations(endpoint.host()));
        let authorizations = authorizations.unwrap_or_default();
        Self {
            of_host: if endpoint.host() == Host::Other { Vec::new() } else { authorizations.clone() },
            authorizations,
            refused: 0,
            unordered: credentials.filter(|_| endpoint.is_host_unknown()).cloned(),
        }
    }

    /// The value of the header to sign in with.
    pub(crate) fn current(&self) -> Option<&Secret> {
        self.authorizations.get(self.refused)
    }

    /// Puts the ways of this host first, of which the server has told that it is one.
    pub(crate) fn heard(&mut self, host: Host) {
        let Some(credentials) = self.unordered.take() else { return };
        let left = self.take_left();
        self.of_host = credentials.authorizations(host);
        for authorization in self.of_host.clone().into_iter().chain(left) {
            if !self.authorizations.contains(&authorization) {
                self.authorizations.push(authorization);
            }
        }
    }

    /// Leaves out what the server did not ask for, where it has asked for something.
    pub(crate) fn asked(&mut self, asked: &Asked) {
        let left = self.take_left();
        let is_wanted = |way: &Secret| asked.takes(way) || self.of_host.contains(way);
        self.authorizations.extend(left.into_iter().filter(is_wanted));
    }

    /// Takes out those that were not tried.
    fn take_left(&mut self) -> Vec<Secret> {
        let tried = self.authorizations.len().min(self.refused + 1);
        self.authorizations.split_off(tried)
    }

    /// Goes on to the next way; `false` if there is none, and then the last stays in use.
    pub(crate) fn advance(&mut self) -> bool {
        let more = self.refused + 1 < self.authorizations.len();
        self.refused += usize::from(more);
        more
    }

    /// Keeps the way in use alone, since the server has taken it.
    pub(crate) fn settle(&mut self) {
        self.authorizations.truncate(self.refused + 1);
        self.unordered = None;
    }

    /// Forgets all ways, at a server that none of them is for.
    pub(crate) fn forget(&mut self) {
        self.authorizations.clear();
        self.unordered = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::network::{CertificateVerification, Network};
    use crate::remote::url::RemoteUrl;

    fn endpoint(url: &str, host_override: Option<Host>) -> Endpoint {
        Endpoint {
            url: RemoteUrl::parse(url).unwrap().0,
            host_override,
            credentials: Some(Credentials::parse("t0ken").unwrap()),
            certificates: CertificateVerification::On,
            network: Network::default(),
        }
    }

    /// All that is tried when everything is refused by a server of these kinds, as one answer after the other says.
    fn tried(endpoint: &Endpoint, answers: &[Host]) -> Vec<String> {
        let mut schemes = AuthSchemes::new(endpoint);
        let mut answers = answers.iter();
        let mut tried = Vec::new();
        while let Some(authorization) = schemes.current() {
            tried.push(authorization.expose().to_owned());
            if let Some(host) = answers.next() {
                schemes.heard(*host);
            }
            if !schemes.advance() {
                break;
            }
        }
        tried
    }

    fn basic(user: &str) -> String {
        let credentials = Credentials::parse(&format!("{user}:t0ken")).unwrap();
        credentials.authorizations(Host::GitHub)[0].expose().to_owned()
    }

    #[test]
    fn a_server_that_says_what_it_is_gets_its_own_ways_next_and_each_once() {
        let unknown = endpoint("https://git.example.org/o/r", None);
        let [usual, bearer, oauth2] = [basic("x-access-token"), "Bearer t0ken".to_owned(), basic("oauth2")];
        assert_eq!(tried(&unknown, &[]), [&*usual, &bearer, &oauth2]);
        assert_eq!(tried(&unknown, &[Host::GitHub]), [&*usual, &bearer, &oauth2]);
        assert_eq!(tried(&unknown, &[Host::GitLab]), [&*usual, &oauth2, &bearer]);
        assert_eq!(tried(&unknown, &[Host::AzureDevOpsServer]), [&*usual, &basic(""), &bearer, &oauth2]);
        let atlassian = [&*usual, &bearer, &basic("x-token-auth"), &oauth2];
        assert_eq!(tried(&unknown, &[Host::BitbucketDataCenter]), atlassian);
        assert_eq!(tried(&unknown, &[Host::BitbucketDataCenter, Host::GitLab]), atlassian);
    }

    #[test]
    fn a_host_that_is_known_is_not_what_a_header_says() {
        for known in [
            endpoint("https://git.example.org/o/r", Some(Host::GitLab)),
            endpoint("https://gitlab.example.org/o/r", None),
        ] {
            assert_eq!(tried(&known, &[Host::AzureDevOpsServer]), [basic("oauth2")]);
        }
        let other = endpoint("https://gitlab.com/o/r", Some(Host::Other));
        let usual = [basic("x-access-token"), "Bearer t0ken".to_owned(), basic("oauth2")];
        assert_eq!(tried(&other, &[Host::AzureDevOpsServer]), usual);
    }

    #[test]
    fn only_what_the_server_asks_for_is_tried_next() {
        let asked = |value: &'static str| {
            let name = ureq::http::header::WWW_AUTHENTICATE;
            Asked::read(&std::iter::once((name.clone(), value.parse().unwrap())).collect(), &name)
        };
        let left = |endpoint: &Endpoint, value, heard: Option<Host>| {
            let mut schemes = AuthSchemes::new(endpoint);
            if let Some(host) = heard {
                schemes.heard(host);
            }
            schemes.asked(&asked(value));
            let left = schemes.take_left();
            left.iter().map(|way| way.expose().to_owned()).collect::<Vec<_>>()
        };
        let unknown = endpoint("https://git.example.org/o/r", None);
        let bearer = "Bearer t0ken".to_owned();
        assert_eq!(left(&unknown, "Basic realm=\"x\"", None), [basic("oauth2")]);
        assert_eq!(left(&unknown, "Bearer", None), std::slice::from_ref(&bearer));
        assert_eq!(left(&unknown, "Negotiate, NTLM", None), [""; 0]);
        assert_eq!(left(&unknown, "", None), [bearer.clone(), basic("oauth2")]);
        // A host whose ways are known asks for less than it takes.
        let bitbucket = [bearer, basic("x-token-auth"), basic("oauth2")];
        assert_eq!(left(&unknown, "Basic", Some(Host::BitbucketDataCenter)), bitbucket);
        assert_eq!(
            left(&unknown, "Negotiate", Some(Host::AzureDevOpsServer)),
            [basic(""), "Bearer t0ken".to_owned()]
        );
    }

    #[test]
    fn what_was_taken_stays_and_what_was_forgotten_does_not_come_back() {
        let unknown = endpoint("https://git.example.org/o/r", None);
        let mut schemes = AuthSchemes::new(&unknown);
        assert!(schemes.advance());
        schemes.settle();
        schemes.heard(Host::GitLab);
        assert_eq!(schemes.current().unwrap().expose(), "Bearer t0ken");
        assert!(!schemes.advance());

        let mut schemes = AuthSchemes::new(&unknown);
        schemes.forget();
        schemes.heard(Host::GitLab);
        assert!(schemes.current().is_none() && !schemes.advance());
    }
}
