//! Reasons for which a local repository, where this program itself is the receiver, left a ref as it was.

use std::fmt;

use crate::wording;

/// A reason that is known by its value. A server's reason is text instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RejectReason {
    /// The pack could not be stored.
    NotUnpacked,
    /// The pack, with what is there, lacks objects that the ref needs.
    MissingObjects,
    /// The ref exists, and was to be created.
    AlreadyExists,
    /// The ref has another value than was listed.
    StaleOldValue,
    /// The ref does not exist, and was to be changed or deleted.
    DoesNotExist,
    /// The repository cannot have a ref of this name.
    BadName,
    /// A work tree has the branch (`receive.denyCurrentBranch`).
    CheckedOut,
    /// A work tree that shall follow its branch has changes of its own (`updateInstead`).
    WorkTreeChanged,
    /// No branch may be deleted (`receive.denyDeletes`).
    DeletionsDenied,
    /// `HEAD` names the branch, which may not be deleted (`receive.denyDeleteCurrent`).
    CurrentBranch,
    /// No branch may be overwritten (`receive.denyNonFastForwards`).
    NonFastForwardsDenied,
    /// The ref is hidden (`receive.hideRefs`, `transfer.hideRefs`).
    Hidden,
    /// Writing it failed.
    NotWritten,
}

impl fmt::Display for RejectReason {
    /// Says it in Git's words, as far as Git has some.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            Self::NotUnpacked => "unpacker error",
            Self::MissingObjects => "missing necessary objects",
            Self::AlreadyExists => "reference already exists",
            Self::StaleOldValue => "incorrect old value provided",
            Self::DoesNotExist => "reference does not exist",
            Self::BadName => "funny refname: a local repository takes only names in UTF-8",
            Self::CheckedOut => "branch is currently checked out",
            Self::WorkTreeChanged => "the working directory has changes",
            Self::DeletionsDenied => "deletion prohibited",
            Self::CurrentBranch => "deletion of the current branch prohibited",
            Self::NonFastForwardsDenied => "non-fast-forward",
            Self::Hidden => "deny updating a hidden ref",
            Self::NotWritten => "failed to update ref",
        };
        wording::write(f, self, &words)
    }
}
