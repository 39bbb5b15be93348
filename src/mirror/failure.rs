//! The failure that a break of Git's protocol is for a run.

use crate::error::{ErrorKind, Failure, RepositoryProblem};
use crate::protocol::ProtocolError;

impl From<ProtocolError> for Failure {
    fn from(error: ProtocolError) -> Self {
        match error {
            ProtocolError::Io(error) => error.into(),
            ProtocolError::Cut(_) => Self::new(ErrorKind::Interrupted, error.to_string()),
            ProtocolError::Server(text) => {
                let kind = match () {
                    () if is_gone(&text) => ErrorKind::Stale,
                    () if is_damage(&text) => ErrorKind::Damaged,
                    () => ErrorKind::Refused,
                };
                Self::new(kind, "the server reported an error").with_remote(Some(text))
            }
            ProtocolError::Shallow => {
                Self::new(ErrorKind::Repository(RepositoryProblem::Shallow), format!("it {error}"))
            }
            _ => Self::new(ErrorKind::Protocol, format!("the server {error}")),
        }
    }
}

/// Tells the words of git, `JGit` and others for an object that is wanted and no longer to be had.
fn is_gone(text: &str) -> bool {
    text.contains("not our ref")
        || text.contains("unknown ref")
        || (text.contains("want") && text.contains("not valid"))
}

/// Tells the words of upload-pack for a repository that lacks an object, or whose pack could not be made.
fn is_damage(text: &str) -> bool {
    text.contains("repository corruption")
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::error::UnreachableReason;

    #[test]
    fn the_fault_follows_from_what_happened() {
        let kind = |error: ProtocolError| Failure::from(error).kind;
        assert_eq!(kind(ProtocolError::Cut("a pkt-line")), ErrorKind::Interrupted);
        assert_eq!(kind(ProtocolError::BadLength("<!DO".into())), ErrorKind::Protocol);
        assert_eq!(kind(ProtocolError::Shallow), ErrorKind::Repository(RepositoryProblem::Shallow));
        assert_eq!(
            kind(ProtocolError::Io(io::ErrorKind::ConnectionRefused.into())),
            ErrorKind::Unreachable(UnreachableReason::ConnectionRefused)
        );
        assert_eq!(kind(ProtocolError::Io(io::ErrorKind::ConnectionReset.into())), ErrorKind::Interrupted);
        let carried = Failure::new(ErrorKind::HostKey, "ssh exited with status 255");
        let error = ProtocolError::Io(io::Error::other(carried.clone()));
        assert_eq!(Failure::from(error), carried);
        let said = Failure::from(ProtocolError::Server("upload-pack: not our ref 12".into()));
        assert_eq!(
            (said.kind, said.remote.as_deref()),
            (ErrorKind::Stale, Some("upload-pack: not our ref 12"))
        );
        assert_eq!(kind(ProtocolError::Server("want 1234 not valid".into())), ErrorKind::Stale);
        let said = "aborting due to possible repository corruption on the remote side.";
        assert_eq!(kind(ProtocolError::Server(said.into())), ErrorKind::Damaged);
        assert_eq!(kind(ProtocolError::Server("access denied".into())), ErrorKind::Refused);
    }
}
