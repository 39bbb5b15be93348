//! The connection test of a mirror, which a dry run is: who signs in on each side, and what that side then lets happen.
//! It tells as much as is known before a push.

use crate::auth::identity::Identity;
use crate::config::inputs::Caller;
use crate::config::side_inputs::SideInputs;
use crate::error::{Asked, ErrorKind, Failure, Side};
use crate::hosts::account::Account;
use crate::remote::url::RemoteUrl;
use crate::transport::endpoint::Endpoint;

/// The connections of one mirror.
#[derive(Clone, Debug)]
pub struct ConnectionTest {
    /// The one to the source.
    pub source: Connection,
    /// The one to the destination.
    pub destination: Connection,
}

/// The connection to one side.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The way to sign in.
    pub sign_in: SignIn,
    /// The account that signed in, if the host has named one.
    pub account: Option<Account>,
    /// The extent of what it is good for.
    pub access: Access,
}

/// The way to sign in at a side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// As this identity, over HTTP.
    As(Identity),
    /// With a key of this machine, over SSH.
    SshKey,
    /// None.
    Nobody,
    /// None is needed: the repository is on this machine.
    OnThisMachine,
}

/// The access to a side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// It may be read.
    Reads,
    /// Its server lets a push begin. Rules for single refs, and the rights of some hosts, are asked for only when it is sent.
    BeginsPush,
    /// It is on this machine and was listed. Nothing was written to try it.
    Listed,
    /// It does not exist, and would be created. Whether it may be is known only when it is.
    WouldBeCreated,
    /// None, since this went wrong.
    None(Failure),
}

impl ConnectionTest {
    /// Returns both sides, the source first.
    pub(crate) fn sides(&self) -> [(Side, &Connection); 2] {
        [(Side::Source, &self.source), (Side::Destination, &self.destination)]
    }

    /// Says who signs in on each side, and what came of it.
    pub(crate) fn lines(&self, caller: Caller) -> [String; 2] {
        self.sides().map(|(side, connection)| connection.line(side, caller))
    }

    /// Says that the connection works, or else what is missing.
    pub(crate) fn verdict(&self) -> String {
        let [source, destination] = self.sides().map(|(side, connection)| match &connection.access {
            Access::None(_) => format!("at the {side} {}", connection.result(side)),
            _ => format!("the {side} {}", connection.result(side)),
        });
        if self.sides().iter().any(|(_, connection)| matches!(connection.access, Access::None(_))) {
            format!("the connection does not work: {source}; {destination}")
        } else {
            format!("the connection works: {source}, and {destination}")
        }
    }
}

impl Connection {
    fn line(&self, side: Side, caller: Caller) -> String {
        let sign_in = match &self.sign_in {
            SignIn::As(_) | SignIn::SshKey => format!("sign-in by {}", self.sign_in.in_words(side, caller)),
            SignIn::Nobody => "no sign-in".to_owned(),
            SignIn::OnThisMachine => self.sign_in.in_words(side, caller),
        };
        let account = match &self.account {
            Some(Account::Named(name)) => format!(", account '{name}'"),
            Some(account) => format!(", {}", in_words(account)),
            None => String::new(),
        };
        format!("{side}: {sign_in}{account}; {}", self.result(side))
    }

    /// Says what the side lets happen, or what is missing.
    pub(crate) fn result(&self, side: Side) -> String {
        match &self.access {
            Access::Reads => "may be read".to_owned(),
            Access::BeginsPush => "lets a push begin".to_owned(),
            Access::Listed => "is ready, as far as that shows without a write".to_owned(),
            Access::WouldBeCreated => "is not there and would be created".to_owned(),
            Access::None(failure) => missing(failure, side, &self.sign_in),
        }
    }
}

impl SignIn {
    /// Returns the way to sign in at a side, of which a redirect may have led elsewhere.
    pub(crate) fn of(endpoint: &Endpoint, redirected: Option<&str>) -> Self {
        match (&endpoint.url, &endpoint.tokens) {
            (RemoteUrl::Local(_), _) => Self::OnThisMachine,
            (RemoteUrl::Ssh(_), _) => Self::SshKey,
            (RemoteUrl::Web(_), Some(tokens)) if redirected.is_none() => Self::As(tokens.identity()),
            (RemoteUrl::Web(_), _) => Self::Nobody,
        }
    }

    /// Names it, with the input where it was given.
    pub(crate) fn in_words(&self, side: Side, caller: Caller) -> String {
        match self {
            Self::As(identity) => caller.named(&identity_in_words(identity, side)),
            Self::SshKey => "an SSH key".to_owned(),
            Self::Nobody => "nobody".to_owned(),
            Self::OnThisMachine => "on this machine".to_owned(),
        }
    }
}

fn identity_in_words(identity: &Identity, side: Side) -> String {
    match identity {
        Identity::Token => format!("the token in '{}'", SideInputs::of(side).names().token),
        Identity::Url => "the password in the URL".to_owned(),
        Identity::Connection { connection_type, id, application } => {
            let application = application.as_ref().map(|id| format!(" as application {id}"));
            format!("the {} connection {id}{}", connection_type.name(), application.unwrap_or_default())
        }
        Identity::Job => "the job's own identity".to_owned(),
        Identity::GitHubApp { app_id } => format!("the GitHub App {app_id}"),
        Identity::AzureEnvironment { application: Some(id) } => {
            format!("this machine's environment as application {id}")
        }
        Identity::AzureEnvironment { application: None } => "this machine's managed identity".to_owned(),
    }
}

/// Names an account.
pub(crate) fn in_words(account: &Account) -> &str {
    match account {
        Account::Named(name) => name,
        Account::AppInstallation => "an App installation",
        Account::Anonymous => "nobody to the host",
    }
}

/// Says what is missing, by the error that the log tells in full.
fn missing(failure: &Failure, side: Side, sign_in: &SignIn) -> String {
    let right = match side {
        Side::Source => "read",
        Side::Destination => "write",
    };
    match (failure.kind, failure.asked) {
        (_, Asked::TokenService) | (ErrorKind::NoToken(_), _) => {
            "there is no token to sign in with".to_owned()
        }
        (ErrorKind::Unauthorized | ErrorKind::SignInScheme, _) if *sign_in == SignIn::Nobody => {
            "a sign-in is missing".to_owned()
        }
        (ErrorKind::Unauthorized | ErrorKind::TokenExpired | ErrorKind::SignInScheme | ErrorKind::Key, _) => {
            "the sign-in is not accepted".to_owned()
        }
        (ErrorKind::Forbidden, _) => format!("the right to {right} is missing"),
        (ErrorKind::NotFound, _) => {
            format!("there is no such repository, or the right to {right} is missing")
        }
        (
            ErrorKind::Unreachable(_)
            | ErrorKind::Interrupted
            | ErrorKind::Certificate(_)
            | ErrorKind::TlsTerms
            | ErrorKind::HostKey
            | ErrorKind::Algorithms
            | ErrorKind::RequestTimeout
            | ErrorKind::Unavailable { .. }
            | ErrorKind::Proxy(_),
            _,
        ) => "no connection to the server came about".to_owned(),
        _ => "the refs could not be listed".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::identity::ConnectionType;
    use crate::error::{TokenProblem, UnreachableReason};
    use crate::report::testing::step;

    const SOURCE: Connection = Connection { sign_in: SignIn::Nobody, account: None, access: Access::Reads };

    const DESTINATION: Connection =
        Connection { sign_in: SignIn::As(Identity::Token), account: None, access: Access::BeginsPush };

    fn verdict(source: Connection, destination: Connection) -> String {
        ConnectionTest { source, destination }.verdict()
    }

    fn failing(connection: Connection, kind: ErrorKind) -> Connection {
        Connection { access: Access::None(Failure::new(kind, "no")), ..connection }
    }

    #[test]
    fn each_way_to_sign_in_is_named_in_words() {
        let connection = |connection_type, application: Option<&str>| Identity::Connection {
            connection_type,
            id: "3f2b".into(),
            application: application.map(str::to_owned),
        };
        for (identity, agent, person) in [
            (
                Identity::Token,
                "the token in 'sourceGitRepositoryPersonalAccessToken'",
                "the token in 'SOURCE_TOKEN'",
            ),
            (Identity::Url, "the password in the URL", ""),
            (
                connection(ConnectionType::AzureDevOps, Some("a1")),
                "the Azure DevOps connection 3f2b as application a1",
                "",
            ),
            (connection(ConnectionType::OtherGit, None), "the Other Git connection 3f2b", ""),
            (Identity::Job, "the job's own identity", ""),
            (Identity::GitHubApp { app_id: 1234 }, "the GitHub App 1234", ""),
            (
                Identity::AzureEnvironment { application: Some("a1".into()) },
                "this machine's environment as application a1",
                "",
            ),
            (Identity::AzureEnvironment { application: None }, "this machine's managed identity", ""),
        ] {
            let sign_in = SignIn::As(identity);
            assert_eq!(sign_in.in_words(Side::Source, Caller::Agent), agent);
            let person = if person.is_empty() { agent } else { person };
            assert_eq!(sign_in.in_words(Side::Source, Caller::Person), person);
        }
    }

    #[test]
    fn each_side_is_told_in_words() {
        let account = Some(Account::Named("octo'cat".into()));
        let destination = Connection { account, ..DESTINATION };
        let [source, destination] = ConnectionTest { source: SOURCE, destination }.lines(Caller::Agent);
        assert_eq!(source, "source: no sign-in; may be read");
        let token = "the token in 'destinationGitRepositoryPersonalAccessToken'";
        assert_eq!(
            destination,
            format!("destination: sign-in by {token}, account 'octo'cat'; lets a push begin")
        );
        let app = Connection {
            sign_in: SignIn::As(Identity::GitHubApp { app_id: 7 }),
            account: Some(Account::AppInstallation),
            access: Access::Reads,
        };
        assert_eq!(
            app.line(Side::Source, Caller::Agent),
            "source: sign-in by the GitHub App 7, an App installation; may be read"
        );
        let local = Connection { sign_in: SignIn::OnThisMachine, account: None, access: Access::Listed };
        assert_eq!(
            local.line(Side::Destination, Caller::Agent),
            "destination: on this machine; is ready, as far as that shows without a write"
        );
    }

    #[test]
    fn a_connection_that_works_says_so_in_words() {
        assert_eq!(
            verdict(SOURCE, DESTINATION),
            "the connection works: the source may be read, and the destination lets a push begin"
        );
        assert_eq!(
            verdict(SOURCE, Connection { access: Access::WouldBeCreated, ..DESTINATION }),
            "the connection works: the source may be read, and the destination is not there and would be created"
        );
    }

    #[test]
    fn a_connection_that_fails_says_what_is_missing_in_words() {
        for (kind, at_source, at_destination) in [
            (ErrorKind::Unauthorized, "a sign-in is missing", "the sign-in is not accepted"),
            (ErrorKind::Forbidden, "the right to read is missing", "the right to write is missing"),
            (
                ErrorKind::NotFound,
                "there is no such repository, or the right to read is missing",
                "there is no such repository, or the right to write is missing",
            ),
            (
                ErrorKind::NoToken(TokenProblem::Entra),
                "there is no token to sign in with",
                "there is no token to sign in with",
            ),
            (
                ErrorKind::Unreachable(UnreachableReason::UnknownName),
                "no connection to the server came about",
                "no connection to the server came about",
            ),
            (ErrorKind::WebPage, "the refs could not be listed", "the refs could not be listed"),
        ] {
            assert_eq!(
                verdict(failing(SOURCE, kind), DESTINATION),
                format!(
                    "the connection does not work: at the source {at_source}; the destination lets a push begin"
                )
            );
            assert_eq!(
                verdict(SOURCE, failing(DESTINATION, kind)),
                format!(
                    "the connection does not work: the source may be read; at the destination {at_destination}"
                )
            );
        }
        let at_service = Failure::new(ErrorKind::Interrupted, "no").of_token_service();
        let destination = Connection { access: Access::None(at_service), ..DESTINATION };
        assert!(
            verdict(SOURCE, destination).ends_with("at the destination there is no token to sign in with")
        );
    }

    #[test]
    fn nobody_signs_in_where_a_redirect_leads() {
        let token = ("INPUT_SOURCEGITREPOSITORYPERSONALACCESSTOKEN", "hunter22");
        let of = |source: &str, redirected: Option<&str>| {
            SignIn::of(&step(source, "/srv/b.git", &[token]).given.source, redirected)
        };
        assert_eq!(of("https://git.example.org/a", None), SignIn::As(Identity::Token));
        assert_eq!(of("https://git.example.org/a", Some("https://b.example/a")), SignIn::Nobody);
        assert_eq!(of("git@git.example.org:o/a.git", None), SignIn::SshKey);
        assert_eq!(of("/srv/a.git", None), SignIn::OnThisMachine);
        let nobody = step("https://git.example.org/a", "/srv/b.git", &[]);
        assert_eq!(SignIn::of(&nobody.given.source, None), SignIn::Nobody);
    }
}
