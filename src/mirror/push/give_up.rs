//! The reasons to make no further push of a plan.

use super::bisect_budget::SearchFor;
use crate::error::{Error, ErrorKind, Failure, Phase, RemoteLabel};

/// The reason to end the pushes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum GiveUp {
    /// This broke a push off.
    Failed(Error),
    /// The destination takes no further push.
    Refused(Failure),
}

impl GiveUp {
    /// Returns it as the error of a push to this destination.
    pub(crate) fn into_error(self, destination: &RemoteLabel) -> Error {
        match self {
            Self::Failed(error) => error,
            Self::Refused(failure) => destination.error(Phase::Push, failure),
        }
    }

    fn refused(kind: ErrorKind, message: impl Into<String>, said: impl Into<String>) -> Self {
        Self::Refused(Failure::new(kind, message).or_in_words(said.into()))
    }

    /// Says that the pack could not be stored, for a reason that holds for every pack.
    pub(super) fn not_stored(said: String) -> Self {
        Self::refused(ErrorKind::Storage, "the server cannot store the pack", said)
    }

    /// Says that the server spoke of the repository and of no ref.
    pub(super) fn repository_refused(kind: ErrorKind, said: String) -> Self {
        let message = match kind {
            ErrorKind::Storage => "the server has no room for the push",
            ErrorKind::Unavailable { .. } => "the server takes no push now",
            _ => "the server takes no push to this repository",
        };
        Self::refused(kind, message, said)
    }

    /// Says that a search was not worth its cost any longer, after so many refused pushes.
    pub(super) fn search_exhausted(search: SearchFor, pushes: usize, said: &str) -> Self {
        let (kind, message) = match search {
            SearchFor::Refs => (
                ErrorKind::Refused,
                format!("it refused {pushes} pushes in a row; the refs responsible could not be isolated"),
            ),
            SearchFor::Size => {
                (ErrorKind::TooLarge, format!("it refused {pushes} pushes in a row, since each is too large"))
            }
            SearchFor::Damage => (ErrorKind::Damaged, "the source cannot give some refs".to_owned()),
        };
        Self::refused(kind, message, said)
    }

    /// Says that the gate kept a trailer back again and again.
    pub(super) fn aborted(times: usize) -> Self {
        let message = format!(
            "the push was ended {times} times before its last bytes: what its refs need is not there"
        );
        Self::refused(ErrorKind::Interrupted, message, "")
    }
}
