//! The table of advice, chapter by chapter, and how its rows are written.
//!
//! The first row that fits counts: what this task says itself, then what a local destination refuses, then what SSH, hosts and Git say, then the kinds
//! of fault. In the texts, `{url}`, `{token}`, `{connection}`, `{verify}` and `{authority}` are the inputs of the
//! side, `{credentials}` is what was used to sign in, `{right}` is "read" or "write to", and `{proxy}` is the variable that
//! names the proxy.

use super::{By, Cause, Hint, azure, faults, git, github, http, local, other_hosts, own, ssh};
use crate::error::ErrorKind;
use crate::protocol::reject_reason::RejectReason;

/// Rows that belong together.
#[derive(Debug)]
pub struct Chapter {
    /// Who says it.
    pub title: &'static str,
    /// The rows.
    pub hints: &'static [Hint],
}

/// All that is known to go wrong.
pub static TABLE: [Chapter; 10] = [
    Chapter { title: "Inputs", hints: own::INPUTS },
    Chapter { title: "Plans and refs", hints: own::HINTS },
    Chapter { title: "Local repositories", hints: local::HINTS },
    Chapter { title: "SSH", hints: ssh::HINTS },
    Chapter { title: "Azure Repos", hints: azure::HINTS },
    Chapter { title: "GitHub", hints: github::HINTS },
    Chapter { title: "Other hosts", hints: other_hosts::HINTS },
    Chapter { title: "Git", hints: git::HINTS },
    Chapter { title: "Web servers and proxies", hints: http::HINTS },
    Chapter { title: "Any server", hints: faults::HINTS },
];

/// All rows, in their order.
pub(crate) fn rows() -> impl Iterator<Item = &'static Hint> {
    TABLE.iter().flat_map(|chapter| chapter.hints)
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

/// A refusal of a ref by a local destination.
pub(crate) const fn reasons(
    reasons: &'static [RejectReason],
    meaning: &'static str,
    advice: &'static str,
) -> Hint {
    Hint { says: &[], kind: Cause::OfReasons(reasons), by: By::Anything, meaning, advice }
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
