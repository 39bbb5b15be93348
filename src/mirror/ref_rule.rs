//! Rules of a host for refs, beyond Git's own.

use std::fmt;

use crate::wording;

/// One rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefRule {
    /// No branch or tag is named by as many hexadecimal digits as an object id has: 40, or 64.
    NoHexNames,
    /// No branch is named `HEAD`.
    NoBranchHead,
    /// No two names, or folders of names, differ only in case.
    CaseInsensitive,
    /// No tag is of anything but a commit.
    TagsMustPeelToCommits,
}

/// A break of a rule by a ref.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefRuleViolation {
    /// Its name looks like an object id.
    HexName,
    /// It is a branch named `HEAD`.
    BranchNamedHead,
    /// Its name differs only in case from that of another ref.
    CaseConflict {
        /// The other.
        other: String,
    },
    /// A folder of its name differs only in case from that of other refs.
    FolderCaseConflict {
        /// The other.
        other: String,
    },
    /// It is a tag of a file or a folder.
    NotACommit,
}

impl fmt::Display for RefRuleViolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            Self::HexName => "the host takes no name that looks like an object id".to_owned(),
            Self::BranchNamedHead => "the host takes no branch named HEAD".to_owned(),
            Self::CaseConflict { other } => {
                format!("it differs only in case from {other}, which the host takes for the same")
            }
            Self::FolderCaseConflict { other } => {
                format!("its folder differs only in case from {other}, which the host takes for the same")
            }
            Self::NotACommit => {
                "the host takes tags of commits only, and this one is of a file or a folder".to_owned()
            }
        };
        wording::write(f, self, &words)
    }
}
