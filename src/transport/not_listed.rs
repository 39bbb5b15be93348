//! A server that answers `ERR` where its list of refs should begin. It speaks of the repository as a whole there, and of
//! no ref: `JGit`, gitolite and others say so, behind `200 OK`, that there is none or that it is not for whoever asks.

use super::ssh::sayings;
use crate::error::{ErrorKind, Failure};
use crate::protocol::ProtocolError;

/// Returns what keeps a list away.
pub(super) fn failure(error: ProtocolError) -> Failure {
    match error {
        ProtocolError::Server(text) => {
            let kind = kind(&text);
            Failure::new(kind, "the server does not list them").with_remote(Some(text))
        }
        other => other.into(),
    }
}

/// Tells the words apart that are known; hosts use the same ones over SSH.
fn kind(text: &str) -> ErrorKind {
    let said = text.to_lowercase();
    let says = |texts: &[&str]| texts.iter().any(|text| said.contains(text));
    // `JGit`, where the repository or the host turns a service off; Google's hosts, where a right is missing.
    if says(&[
        "service not enabled",
        "service not permitted",
        "not authorized",
        "forbidden",
        "permission denied",
    ]) {
        return ErrorKind::Forbidden;
    }
    // `git daemon`, and proxies of Git in other programs' words.
    if says(&["access denied or repository not exported", "no such repository", "no repository"]) {
        return ErrorKind::NotFound;
    }
    match sayings::kind(text) {
        Some(
            kind @ (ErrorKind::NotFound
            | ErrorKind::Forbidden
            | ErrorKind::Unauthorized
            | ErrorKind::Unavailable { .. }),
        ) => kind,
        _ => ErrorKind::NotListed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_in_place_of_a_list_tell_the_kind() {
        for (expected, texts) in [
            (
                ErrorKind::NotFound,
                &[
                    "Git repository not found",
                    "FATAL: W any dst reader DENIED by fallthru\n(or you mis-spelled the reponame)",
                    "access denied or repository not exported: /app",
                    "no such repository",
                ][..],
            ),
            (
                ErrorKind::Forbidden,
                &["Service not enabled", "receive-pack: service not permitted", "Forbidden"],
            ),
            (ErrorKind::Unavailable { retry_after: None }, &["Internal API unreachable"]),
            (
                ErrorKind::NotListed,
                &["upload-pack: not our ref 12", "out of coffee", "Host key verification failed."],
            ),
        ] {
            for text in texts {
                let failure = failure(ProtocolError::Server((*text).to_owned()));
                assert_eq!((failure.kind, failure.remote.as_deref()), (expected, Some(*text)));
            }
        }
    }

    #[test]
    fn what_is_no_err_keeps_its_kind() {
        assert_eq!(failure(ProtocolError::Cut("a pkt-line")).kind, ErrorKind::Interrupted);
        assert_eq!(failure(ProtocolError::BadLength("<!DO".to_owned())).kind, ErrorKind::Protocol);
    }
}
