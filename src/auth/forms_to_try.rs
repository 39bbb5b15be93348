//! The forms to sign in by at a server, in the order in which they are tried, each at most once.

use super::scheme::{AuthForm, AuthScheme};

/// The knowledge of a server's host before the server has answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostKnown {
    /// The schemes are those of its host.
    Yes,
    /// The schemes are a guess, and stay one whatever the server says of itself.
    No,
    /// The schemes are a guess until the server has told the kind of its host.
    NotYet,
}

/// The forms that are left to try at one server.
#[derive(Debug, Default)]
pub(crate) struct FormsToTry {
    /// The forms that were refused, the one in use, and the ones that are left.
    forms: Vec<AuthForm>,
    /// The number of those that were refused.
    refused: usize,
    /// The forms that the host is known to take, whatever it asks for: Bitbucket Data Center takes Bearer and names Basic.
    of_host: Vec<AuthForm>,
    order: Order,
}

/// The order of the forms, which may still change or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Order {
    #[default]
    Final,
    /// The forms of the host go first once the server has told which it is.
    UntilDetected,
}

impl FormsToTry {
    /// Prepares to try these forms, in their order.
    pub(crate) fn new(forms: Vec<AuthForm>, host_known: HostKnown) -> Self {
        Self {
            of_host: if host_known == HostKnown::Yes { forms.clone() } else { Vec::new() },
            forms,
            refused: 0,
            order: if host_known == HostKnown::NotYet { Order::UntilDetected } else { Order::Final },
        }
    }

    /// Returns the form to sign in by.
    pub(crate) fn current(&self) -> Option<AuthForm> {
        self.forms.get(self.refused).copied()
    }

    /// Puts the forms of the host first that the server has told that it is.
    pub(crate) fn put_first(&mut self, of_host: Vec<AuthForm>) {
        if std::mem::take(&mut self.order) == Order::Final {
            return;
        }
        self.leave_out_token_as_user();
        let left = self.take_left();
        for form in of_host.iter().copied().chain(left) {
            if !self.forms.contains(&form) {
                self.forms.push(form);
            }
        }
        self.of_host = of_host;
    }

    /// Leaves out what the server does not take, by what it has asked for.
    pub(crate) fn keep(&mut self, takes: impl Fn(AuthForm) -> bool) {
        let left = self.take_left();
        let is_wanted = |form: &AuthForm| takes(*form) || self.of_host.contains(form);
        self.forms.extend(left.into_iter().filter(is_wanted));
    }

    /// Leaves out the token as the user, for a host that would take another form.
    pub(crate) fn leave_out_token_as_user(&mut self) {
        let left = self.take_left();
        self.forms.extend(left.into_iter().filter(|form| *form != AuthForm::OfHost(AuthScheme::TokenAsUser)));
    }

    /// Takes out those that were not tried.
    fn take_left(&mut self) -> Vec<AuthForm> {
        let tried = self.forms.len().min(self.refused + 1);
        self.forms.split_off(tried)
    }

    /// Goes on to the next form; `false` if there is none, and then the last stays in use.
    pub(crate) fn advance(&mut self) -> bool {
        let more = self.refused + 1 < self.forms.len();
        self.refused += usize::from(more);
        more
    }

    /// Begins anew with the first form, for another token.
    pub(crate) fn restart(&mut self) {
        self.refused = 0;
    }

    /// Keeps the form in use alone, since the server has taken it.
    pub(crate) fn settle(&mut self) {
        self.forms = self.current().into_iter().collect();
        self.refused = 0;
        self.order = Order::Final;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::credentials::Credentials;
    use crate::hosts::Host;
    use crate::http::challenge::Challenges;
    use crate::secret::Secret;

    /// A server of which this is known.
    type Server = (Host, HostKnown);

    const UNKNOWN: Server = (Host::Other, HostKnown::NotYet);

    /// The token as the user.
    const AS_USER: &str = "Basic dDBrZW46";

    fn credentials() -> Credentials {
        Credentials::parse("t0ken").unwrap()
    }

    fn forms(host: Host) -> Vec<AuthForm> {
        credentials().forms(host.schemes())
    }

    fn header(form: AuthForm) -> String {
        credentials().authorization(form).expose().to_owned()
    }

    fn untried((host, known): Server) -> FormsToTry {
        FormsToTry::new(forms(host), known)
    }

    /// All that is tried when everything is refused by a server of these kinds, as one answer after the other says.
    fn tried(server: Server, answers: &[Host]) -> Vec<String> {
        let mut schemes = untried(server);
        let mut answers = answers.iter();
        let mut tried = Vec::new();
        while let Some(form) = schemes.current() {
            tried.push(header(form));
            if let Some(host) = answers.next() {
                schemes.put_first(forms(*host));
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
    fn a_host_that_is_detected_gets_its_own_forms_next_each_once() {
        let [usual, bearer, oauth2] = [basic("x-access-token"), "Bearer t0ken".to_owned(), basic("oauth2")];
        assert_eq!(tried(UNKNOWN, &[]), [&*usual, &bearer, &oauth2, AS_USER]);
        assert_eq!(tried(UNKNOWN, &[Host::GitHub]), [&*usual, &bearer, &oauth2]);
        assert_eq!(tried(UNKNOWN, &[Host::GitLab]), [&*usual, &oauth2, &bearer]);
        assert_eq!(tried(UNKNOWN, &[Host::AzureDevOpsServer]), [&*usual, &basic(""), &bearer, &oauth2]);
        let atlassian = [&*usual, &bearer, &basic("x-token-auth"), &oauth2];
        assert_eq!(tried(UNKNOWN, &[Host::BitbucketDataCenter]), atlassian);
        assert_eq!(tried(UNKNOWN, &[Host::BitbucketDataCenter, Host::GitLab]), atlassian);
    }

    #[test]
    fn a_host_that_is_known_is_not_what_a_header_says() {
        let known = (Host::GitLab, HostKnown::Yes);
        assert_eq!(tried(known, &[Host::AzureDevOpsServer]), [basic("oauth2")]);
        let other = (Host::Other, HostKnown::No);
        let usual = [basic("x-access-token"), "Bearer t0ken".to_owned(), basic("oauth2"), AS_USER.to_owned()];
        assert_eq!(tried(other, &[Host::AzureDevOpsServer]), usual);
    }

    #[test]
    fn only_what_the_server_asks_for_is_tried_next() {
        let asked = |value: &'static str| {
            let name = ureq::http::header::WWW_AUTHENTICATE;
            Challenges::read(&std::iter::once((name.clone(), value.parse().unwrap())).collect(), &name)
        };
        let left = |server: Server, value, heard: Option<Host>| {
            let mut schemes = untried(server);
            if let Some(host) = heard {
                schemes.put_first(forms(host));
            }
            let asked = asked(value);
            schemes.keep(|form| asked.takes(&Secret::new(header(form))));
            schemes.take_left().into_iter().map(header).collect::<Vec<_>>()
        };
        let bearer = "Bearer t0ken".to_owned();
        assert_eq!(left(UNKNOWN, "Basic realm=\"x\"", None), [&*basic("oauth2"), AS_USER]);
        assert_eq!(left(UNKNOWN, "Bearer", None), std::slice::from_ref(&bearer));
        assert_eq!(left(UNKNOWN, "Negotiate, NTLM", None), [""; 0]);
        assert_eq!(left(UNKNOWN, "", None), [&*bearer, &basic("oauth2"), AS_USER]);
        // A host whose ways are known asks for less than it takes.
        let bitbucket = [bearer, basic("x-token-auth"), basic("oauth2")];
        assert_eq!(left(UNKNOWN, "Basic", Some(Host::BitbucketDataCenter)), bitbucket);
        assert_eq!(
            left(UNKNOWN, "Negotiate", Some(Host::AzureDevOpsServer)),
            [basic(""), "Bearer t0ken".to_owned()]
        );
    }

    #[test]
    fn what_was_taken_stays() {
        let mut schemes = untried(UNKNOWN);
        assert!(schemes.advance());
        schemes.settle();
        schemes.put_first(forms(Host::GitLab));
        assert_eq!(schemes.current().map(header).as_deref(), Some("Bearer t0ken"));
        assert!(!schemes.advance());
        schemes.restart();
        assert_eq!(schemes.current().map(header).as_deref(), Some("Bearer t0ken"));
    }
}
