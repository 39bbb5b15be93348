//! A row of the table of advice, and how it is written.

use crate::auth::credentials::CredentialSource;
use crate::error::ErrorKind;

/// One thing that can go wrong: how it is recognised, what it means, and what to do.
#[derive(Debug)]
pub struct Hint {
    /// What the server or the error says: any of these, letters of either case. Empty: no matter what.
    pub says: &'static [&'static str],
    /// Whose fault it is.
    pub kind: Cause,
    /// What was used to sign in.
    pub by: By,
    /// What it means, in a sentence; empty where the error has said it.
    pub meaning: &'static str,
    /// What to do, with names in braces for what depends on the side.
    pub advice: &'static str,
}

/// Which faults a row is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// All.
    Any,
    /// This one; a time to wait that goes with it does not matter.
    Of(ErrorKind),
    /// A refusal by a status of HTTP that has no row of its own.
    OfAnyStatus,
}

/// Which credentials a row is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// All, and none.
    Anything,
    /// None: nothing was given.
    Nothing,
    /// A key of this machine, over SSH.
    Key,
    /// Those of this origin.
    Credentials(CredentialSource),
}

pub(crate) const JOB_SCOPE: &str = "The job's own identity, 'PROJECT Build Service (ORGANIZATION)', must be allowed to {right} \
    the repository; if the job is limited to repositories that it names, name this one in the YAML ('resources' and \
    'uses'), or turn off 'Limit job authorization scope' and 'Protect access to repositories in YAML pipelines' in \
    the project's settings. Or give a token in '{token}'.";

pub(crate) const fn says(says: &'static [&'static str], meaning: &'static str, advice: &'static str) -> Hint {
    Hint { says, kind: Cause::Any, by: By::Anything, meaning, advice }
}

pub(crate) const fn kind(kind: ErrorKind, meaning: &'static str, advice: &'static str) -> Hint {
    Hint { says: &[], kind: Cause::Of(kind), by: By::Anything, meaning, advice }
}

/// A refusal by this status of HTTP.
pub(crate) const fn status(status: u16, meaning: &'static str, advice: &'static str) -> Hint {
    kind(ErrorKind::Status(status), meaning, advice)
}

/// The same, where the status alone does not tell what the words do.
pub(crate) const fn status_says(
    number: u16,
    says: &'static [&'static str],
    meaning: &'static str,
    advice: &'static str,
) -> Hint {
    Hint { says, ..status(number, meaning, advice) }
}

/// A refusal by any other status of HTTP.
pub(crate) const fn any_status(meaning: &'static str, advice: &'static str) -> Hint {
    Hint { says: &[], kind: Cause::OfAnyStatus, by: By::Anything, meaning, advice }
}

/// Only where it is this fault, for words that could be said of another.
pub(crate) const fn says_of(kind: ErrorKind, says: &'static [&'static str], advice: &'static str) -> Hint {
    Hint { says, kind: Cause::Of(kind), by: By::Anything, meaning: "", advice }
}

impl Hint {
    pub(crate) const fn by(self, by: By) -> Self {
        Self { by, ..self }
    }
}
