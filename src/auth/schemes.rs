//! The ways to sign in at a server, in the order in which they are tried, each at most once.

use super::credentials::Credentials;
use super::scheme::HostSchemes;
use crate::http::challenge::Asked;
use crate::secret::Secret;

/// How well the schemes of a server are known before it has answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// They are those of its host.
    OfHost,
    /// They are a guess, and whatever the server says of itself does not count.
    Guessed,
    /// They are a guess until the server has told the kind of its host.
    UntilHeard,
}

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
    /// Prepares to try these schemes, in their order.
    pub(crate) fn new(credentials: Option<&Credentials>, schemes: HostSchemes, known: Known) -> Self {
        let authorizations = credentials.map(|credentials| credentials.authorizations(schemes));
        let authorizations = authorizations.unwrap_or_default();
        Self {
            of_host: if known == Known::OfHost { authorizations.clone() } else { Vec::new() },
            authorizations,
            refused: 0,
            unordered: credentials.filter(|_| known == Known::UntilHeard).cloned(),
        }
    }

    /// The value of the header to sign in with.
    pub(crate) fn current(&self) -> Option<&Secret> {
        self.authorizations.get(self.refused)
    }

    /// Puts the schemes of the host first that the server has told that it is.
    pub(crate) fn heard(&mut self, schemes: HostSchemes) {
        let Some(credentials) = self.unordered.take() else { return };
        let left = self.take_left();
        self.of_host = credentials.authorizations(schemes);
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
    use crate::hosts::Host;

    /// A server of which this is known.
    type Server = (Host, Known);

    const UNKNOWN: Server = (Host::Other, Known::UntilHeard);

    fn untried((host, known): Server) -> AuthSchemes {
        AuthSchemes::new(Some(&Credentials::parse("t0ken").unwrap()), host.schemes(), known)
    }

    /// All that is tried when everything is refused by a server of these kinds, as one answer after the other says.
    fn tried(server: Server, answers: &[Host]) -> Vec<String> {
        let mut schemes = untried(server);
        let mut answers = answers.iter();
        let mut tried = Vec::new();
        while let Some(authorization) = schemes.current() {
            tried.push(authorization.expose().to_owned());
            if let Some(host) = answers.next() {
                schemes.heard(host.schemes());
            }
            if !schemes.advance() {
                break;
            }
        }
        tried
    }

    fn basic(user: &str) -> String {
        let credentials = Credentials::parse(&format!("{user}:t0ken")).unwrap();
        credentials.authorizations(Host::GitHub.schemes())[0].expose().to_owned()
    }

    #[test]
    fn a_server_that_says_what_it_is_gets_its_own_ways_next_and_each_once() {
        let [usual, bearer, oauth2] = [basic("x-access-token"), "Bearer t0ken".to_owned(), basic("oauth2")];
        assert_eq!(tried(UNKNOWN, &[]), [&*usual, &bearer, &oauth2]);
        assert_eq!(tried(UNKNOWN, &[Host::GitHub]), [&*usual, &bearer, &oauth2]);
        assert_eq!(tried(UNKNOWN, &[Host::GitLab]), [&*usual, &oauth2, &bearer]);
        assert_eq!(tried(UNKNOWN, &[Host::AzureDevOpsServer]), [&*usual, &basic(""), &bearer, &oauth2]);
        let atlassian = [&*usual, &bearer, &basic("x-token-auth"), &oauth2];
        assert_eq!(tried(UNKNOWN, &[Host::BitbucketDataCenter]), atlassian);
        assert_eq!(tried(UNKNOWN, &[Host::BitbucketDataCenter, Host::GitLab]), atlassian);
    }

    #[test]
    fn a_host_that_is_known_is_not_what_a_header_says() {
        let known = (Host::GitLab, Known::OfHost);
        assert_eq!(tried(known, &[Host::AzureDevOpsServer]), [basic("oauth2")]);
        let other = (Host::Other, Known::Guessed);
        let usual = [basic("x-access-token"), "Bearer t0ken".to_owned(), basic("oauth2")];
        assert_eq!(tried(other, &[Host::AzureDevOpsServer]), usual);
    }

    #[test]
    fn only_what_the_server_asks_for_is_tried_next() {
        let asked = |value: &'static str| {
            let name = ureq::http::header::WWW_AUTHENTICATE;
            Asked::read(&std::iter::once((name.clone(), value.parse().unwrap())).collect(), &name)
        };
        let left = |server: Server, value, heard: Option<Host>| {
            let mut schemes = untried(server);
            if let Some(host) = heard {
                schemes.heard(host.schemes());
            }
            schemes.asked(&asked(value));
            let left = schemes.take_left();
            left.iter().map(|way| way.expose().to_owned()).collect::<Vec<_>>()
        };
        let bearer = "Bearer t0ken".to_owned();
        assert_eq!(left(UNKNOWN, "Basic realm=\"x\"", None), [basic("oauth2")]);
        assert_eq!(left(UNKNOWN, "Bearer", None), std::slice::from_ref(&bearer));
        assert_eq!(left(UNKNOWN, "Negotiate, NTLM", None), [""; 0]);
        assert_eq!(left(UNKNOWN, "", None), [bearer.clone(), basic("oauth2")]);
        // A host whose ways are known asks for less than it takes.
        let bitbucket = [bearer, basic("x-token-auth"), basic("oauth2")];
        assert_eq!(left(UNKNOWN, "Basic", Some(Host::BitbucketDataCenter)), bitbucket);
        assert_eq!(
            left(UNKNOWN, "Negotiate", Some(Host::AzureDevOpsServer)),
            [basic(""), "Bearer t0ken".to_owned()]
        );
    }

    #[test]
    fn what_was_taken_stays_and_what_was_forgotten_does_not_come_back() {
        let mut schemes = untried(UNKNOWN);
        assert!(schemes.advance());
        schemes.settle();
        schemes.heard(Host::GitLab.schemes());
        assert_eq!(schemes.current().unwrap().expose(), "Bearer t0ken");
        assert!(!schemes.advance());

        let mut schemes = untried(UNKNOWN);
        schemes.forget();
        schemes.heard(Host::GitLab.schemes());
        assert!(schemes.current().is_none() && !schemes.advance());
    }
}
