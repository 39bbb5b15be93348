//! Errors of a run: where it went wrong, at which step, whose fault it is and what the server said.
//!
//! No advice is given here; `report::advice` turns side, phase, fault and the server's text into it.

mod container_problem;
mod kind;
mod lfs_problem;
mod reject_reason;
mod token_problem;

use std::fmt;
use std::io;

pub use container_problem::{ContainerProblem, CreateProblem};
pub use kind::{
    CertificateErrorKind, ErrorKind, Indivisible, LocalProblem, ProxyErrorKind, RepositoryProblem,
    UnreachableReason,
};
pub use lfs_problem::LfsProblem;
pub use reject_reason::RejectReason;
pub use token_problem::TokenProblem;

use crate::wording;

/// One of the two repositories of a mirror.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The repository that is read.
    Source,
    /// The repository that is written.
    Destination,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Purpose::Mirror.role(*self))
    }
}

/// The use of a mirror.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// For the destination, by which a run is judged.
    Mirror,
    /// For the clone directory, a folder that a run leaves beside its work.
    Clone,
}

impl Purpose {
    /// Returns what people call the repository on that side.
    pub fn role(self, side: Side) -> &'static str {
        match (side, self) {
            (Side::Source, _) => "source",
            (Side::Destination, Self::Mirror) => "destination",
            (Side::Destination, Self::Clone) => "clone directory",
        }
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
    /// Copying the objects of Git LFS.
    Lfs,
    /// Listing the repositories of a project or an organization.
    ListRepositories,
    /// Creating the destination.
    Create,
    /// Setting the destination's default branch.
    SetDefaultBranch,
}

/// The server that a request went to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The repository's.
    Repository,
    /// One that issues tokens for it.
    TokenService,
}

/// A fault of one exchange, without the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The kind of the fault.
    pub kind: ErrorKind,
    /// The event, as the end of a sentence that begins with the place.
    pub message: String,
    /// The server's own words, from outside and not yet sanitized.
    pub remote: Option<String>,
    /// The server that was asked. For what a token service did, no repository is to blame.
    pub asked: Asked,
}

impl Failure {
    /// Makes a failure without words of the server.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let message = message.into();
        let message = if wording::is_usual() { message } else { format!("{kind:?}") };
        Self { kind, message, remote: None, asked: Asked::Repository }
    }

    /// Says that it happened at a server that issues tokens, or before a token could be asked for.
    #[must_use]
    pub fn of_token_service(self) -> Self {
        Self { asked: Asked::TokenService, ..self }
    }

    /// Adds what the server said, if it did.
    #[must_use]
    pub fn with_remote(self, remote: Option<String>) -> Self {
        Self { remote, ..self }
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
            Kind::ConnectionRefused => ErrorKind::Unreachable(UnreachableReason::ConnectionRefused),
            Kind::HostUnreachable | Kind::NetworkUnreachable | Kind::NetworkDown | Kind::AddrNotAvailable => {
                ErrorKind::Unreachable(UnreachableReason::Other)
            }
            Kind::InvalidData | Kind::InvalidInput => ErrorKind::Protocol,
            _ => ErrorKind::Interrupted,
        };
        Self::new(kind, error.to_string())
    }
}

/// A repository as errors speak of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteLabel {
    /// The side.
    pub side: Side,
    /// The use of the mirror that it takes part in.
    pub purpose: Purpose,
    /// Its URL, without credentials.
    pub url: Box<str>,
    /// The URL where it was read instead, without credentials, since its server redirected to another one.
    pub redirected: Option<Box<str>>,
}

impl RemoteLabel {
    /// Names a repository at its own URL.
    pub fn new(side: Side, url: impl Into<Box<str>>) -> Self {
        Self { side, purpose: Purpose::Mirror, url: url.into(), redirected: None }
    }

    /// Names a clone directory by its path.
    pub fn clone_directory(path: impl Into<Box<str>>) -> Self {
        Self { purpose: Purpose::Clone, ..Self::new(Side::Destination, path) }
    }

    /// Says that a step failed at this repository.
    pub fn error(&self, phase: Phase, failure: impl Into<Failure>) -> Error {
        Error { label: self.clone(), phase, failure: failure.into() }
    }
}

impl fmt::Display for RemoteLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} '{}'", self.purpose.role(self.side), self.url)?;
        match &self.redirected {
            Some(address) => write!(f, ", redirected to '{address}'"),
            None => Ok(()),
        }
    }
}

/// An error that ended a run, or a part of it. `Display` is one sentence without the server's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The repository.
    pub label: RemoteLabel,
    /// The step.
    pub phase: Phase,
    /// The fault.
    pub failure: Failure,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let label = &self.label;
        match self.phase {
            _ if self.failure.asked == Asked::TokenService => write!(f, "cannot sign in at {label}"),
            Phase::List => write!(f, "cannot list refs of {label}"),
            Phase::Plan => {
                let verb = if self.failure.kind.is_refused_plan() { "refused to" } else { "cannot" };
                let preposition = if label.side == Side::Source { "from" } else { "to" };
                write!(f, "{verb} mirror {preposition} {label}")
            }
            Phase::Fetch => write!(f, "cannot get the pack of {label}"),
            Phase::Push => write!(f, "cannot push to {label}"),
            Phase::Verify => write!(f, "cannot list refs of {label} again"),
            Phase::Lfs if label.side == Side::Source => write!(f, "cannot copy LFS objects from {label}"),
            Phase::Lfs => write!(f, "cannot copy LFS objects to {label}"),
            Phase::ListRepositories => write!(f, "cannot list the repositories of {label}"),
            Phase::Create => write!(f, "cannot create {label}"),
            Phase::SetDefaultBranch => write!(f, "cannot set the default branch of {label}"),
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
