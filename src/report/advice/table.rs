//! The table of advice, chapter by chapter.
//!
//! The first row that fits counts: what this task says itself, then what SSH, hosts and Git say, then the kinds
//! of fault. In the texts, `{url}`, `{token}`, `{connection}`, `{verify}` and `{authority}` are the inputs of the
//! side, `{credentials}` is what was used to sign in, `{right}` is "read" or "write to", and `{proxy}` is the variable that
//! names the proxy.

use super::hint::Hint;
use super::{azure, faults, git, github, http, other_hosts, own, ssh};

/// Rows that belong together.
#[derive(Debug)]
pub struct Chapter {
    /// Who says it.
    pub title: &'static str,
    /// The rows.
    pub hints: &'static [Hint],
}

/// All that is known to go wrong.
pub static TABLE: [Chapter; 9] = [
    Chapter { title: "Inputs", hints: own::INPUTS },
    Chapter { title: "Plans and refs", hints: own::HINTS },
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
