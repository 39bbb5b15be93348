//! Errors of a run: where it went wrong, at which step, whose fault it is and what the server said.
//!
//! No advice is given here; `report::advice` turns side, phase, fault and the server's text into it.

use std::fmt;
use std::io;
use std::time::Duration;

/// One of the repositories of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The repository that is read.
    Source,
    /// The repository that is written.
    Destination,
    /// The local clone that a run leaves beside its work.
    Clone,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Source => "source",
            Self::Destination => "destination",
            Self::Clone => "clone directory",
        })
    }
}

/// A step of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Signing in and listing the refs.
    List,
    /// Comparing the two lists.
    Plan,
    /// Getting the pack from the source.
    Fetch,
    /// Sending commands and pack to the destination.
    Push,
    /// Listing the destination's refs again.
    Verify,
}

/// Whose fault it is, which decides what can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The server cannot be reached: no such name, nobody listens, no route.
    Unreachable,
    /// The connection was lost, or nothing came for too long.
    Interrupted,
    /// The server's certificate is not trusted.
    Certificate(CertificateErrorKind),
    /// The two ends have no version of TLS, or no cipher suite, in common.
    TlsTerms,
    /// The SSH server's host key is not known here, or not the one that is known.
    HostKey,
    /// This machine's `ssh` and the server have no key exchange, cipher or type of host key in common.
    Algorithms,
    /// A private key on this machine cannot be used: it has a passphrase, is open to others or is damaged.
    Key,
    /// The account's login scripts print text where Git's service should speak.
    LoginOutput,
    /// The server let the key in, and started no service of Git.
    NoService,
    /// The server's shell finds no Git, or may not run it.
    NoGit,
    /// A program that is needed is not on this machine.
    ProgramMissing,
    /// The server waited too long for the client (408), or a server behind it did (504).
    RequestTimeout,
    /// The server is busy or broken for now, and may have said when to come back.
    Unavailable {
        /// What the server asked to wait.
        retry_after: Option<Duration>,
    },
    /// No credentials, wrong ones or expired ones.
    Unauthorized,
    /// The server asks only for ways to sign in that this program does not have, such as NTLM.
    SignInScheme,
    /// Signed in, but not allowed to.
    Forbidden,
    /// No such repository, or none that these credentials may see.
    NotFound,
    /// The proxy on the way.
    Proxy(ProxyErrorKind),
    /// More than the server takes at once.
    TooLarge,
    /// The server wants to be told the length of a request before its body (411).
    LengthRequired,
    /// The server refused the request with a status of HTTP that is no kind of its own here.
    Status(u16),
    /// The server sends the client elsewhere in a way that must not be followed.
    Redirect,
    /// What answers there is no Git server.
    NotAGitServer,
    /// What answers there is a page for browsers.
    WebPage,
    /// What was listed is no longer there: the repository changed meanwhile.
    Stale,
    /// The server said no by a rule of its own.
    Refused,
    /// The server broke Git's protocol.
    Protocol,
    /// The two repositories, or what was asked for, do not fit together.
    Input,
    /// Something else stands where a folder is to be written, and it is not overwritten.
    Occupied,
    /// A repository on this machine needs a feature of Git, or a size, that is not supported there.
    Unsupported,
    /// The source has nothing that is to be mirrored.
    EmptySource,
    /// The source has no branch that is to be mirrored, and the destination has some.
    NoBranches,
    /// More would be deleted than the policy allows.
    TooManyDeletions,
    /// A repository on this machine is damaged, or cannot be read or written.
    Local,
}

/// Why a server's certificate is not trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateErrorKind {
    /// Nobody who is trusted here signed it.
    UnknownIssuer,
    /// This machine has nobody to trust.
    NoTrustStore,
    /// It is for other names than the server's.
    OtherName,
    /// It holds no name of a server where clients look for one.
    NoName,
    /// Its time is over.
    Expired,
    /// Its time has not begun.
    NotYetValid,
    /// It is of a version that holds no names of servers.
    OldVersion,
    /// Its signature is wrong, or by a method that nobody trusts any longer.
    Signature,
    /// It is an authority's, and not itself trusted here.
    Authority,
    /// It is for something else than a server.
    Purpose,
    /// Its authority took it back.
    Revoked,
    /// It is broken in another way.
    Other,
}

impl ErrorKind {
    /// Returns whether credentials that have more rights may change it.
    pub fn is_lack_of_rights(self) -> bool {
        matches!(self, Self::Unauthorized | Self::SignInScheme | Self::Forbidden | Self::NotFound)
    }
}

/// What a proxy is at fault in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyErrorKind {
    /// It cannot be reached, or does not answer.
    Unreachable,
    /// It wants credentials, or other ones.
    Unauthorized,
    /// It asks only for ways to sign in that this program does not have.
    SignInScheme,
    /// It does not let the request through.
    Refused,
    /// It cannot reach the server.
    ServerUnreachable,
}

/// What went wrong in one exchange, without the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Whose fault it is.
    pub kind: ErrorKind,
    /// What happened, as the end of a sentence that begins with the place.
    pub message: String,
    /// The server's own words, from outside and not yet neutralised.
    pub remote: Option<String>,
}

impl Failure {
    /// Makes a failure without words of the server.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), remote: None }
    }

    /// Adds what the server said before, if it did not give a reason already.
    #[must_use]
    pub fn or_in_words(mut self, words: String) -> Self {
        if self.remote.is_none() && !words.is_empty() {
            self.remote = Some(words);
        }
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// So that a reader can fail with it, inside an [`io::Error`].
impl std::error::Error for Failure {}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        use io::ErrorKind as Kind;
        let error = match error.downcast::<Self>() {
            Ok(failure) => return failure,
            Err(error) => error,
        };
        let kind = match error.kind() {
            Kind::ConnectionRefused
            | Kind::HostUnreachable
            | Kind::NetworkUnreachable
            | Kind::NetworkDown
            | Kind::AddrNotAvailable => ErrorKind::Unreachable,
            Kind::InvalidData | Kind::InvalidInput => ErrorKind::Protocol,
            _ => ErrorKind::Interrupted,
        };
        Self::new(kind, error.to_string())
    }
}

/// A repository as errors speak of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteLabel {
    /// Which one.
    pub side: Side,
    /// Its URL, without credentials.
    pub url: Box<str>,
    /// The URL where it was read instead, without credentials, since its server redirected to another one.
    pub redirected: Option<Box<str>>,
}

impl RemoteLabel {
    /// Names a repository at its own URL.
    pub fn new(side: Side, url: impl Into<Box<str>>) -> Self {
        Self { side, url: url.into(), redirected: None }
    }

    /// Says that a step failed at this repository.
    pub fn error(&self, phase: Phase, failure: impl Into<Failure>) -> Error {
        Error { label: self.clone(), phase, failure: failure.into() }
    }
}

impl fmt::Display for RemoteLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} '{}'", self.side, self.url)?;
        match &self.redirected {
            Some(address) => write!(f, ", redirected to '{address}'"),
            None => Ok(()),
        }
    }
}

/// What ended a run, or a part of it. `Display` is one sentence without the server's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// Where.
    pub label: RemoteLabel,
    /// At which step.
    pub phase: Phase,
    /// What.
    pub failure: Failure,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let label = &self.label;
        match self.phase {
            Phase::List => write!(f, "cannot list refs of {label}"),
            Phase::Plan => write!(f, "cannot mirror with {label}"),
            Phase::Fetch => write!(f, "cannot get the pack of {label}"),
            Phase::Push => write!(f, "cannot push to {label}"),
            Phase::Verify => write!(f, "cannot list refs of {label} again"),
        }?;
        write!(f, ": {}", self.failure.message)
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_side_step_and_cause() {
        let label = RemoteLabel::new(Side::Source, "https://github.com/contoso/app");
        let error = label.error(
            Phase::List,
            Failure::new(ErrorKind::Unauthorized, "the server answered 401 Unauthorized"),
        );
        assert_eq!(
            error.to_string(),
            "cannot list refs of source 'https://github.com/contoso/app': the server answered 401 Unauthorized"
        );
        let elsewhere = Some("https://git.example.org/app".into());
        let moved = RemoteLabel { redirected: elsewhere, ..error.label };
        assert_eq!(
            moved.to_string(),
            "source 'https://github.com/contoso/app', redirected to 'https://git.example.org/app'"
        );
    }
}
