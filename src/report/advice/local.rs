//! Advice about refusals of a local repository. Its reasons are values, so no words are looked for.

use super::hint::{Advice, advice};
use super::own::{CHECKED_OUT, MOVED, NAME, NOT_STORED};
use crate::error::RejectReason;

/// Returns the advice for a ref that a local repository did not take.
pub(super) fn of_rejection(reason: RejectReason) -> Advice {
    match reason {
        RejectReason::CheckedOut => CHECKED_OUT,
        RejectReason::WorkTreeChanged => advice(
            "The destination's working tree shall follow its branch (receive.denyCurrentBranch is updateInstead), and has \
         changes that are not committed.",
            "Commit or remove them there.",
        ),
        RejectReason::AlreadyExists | RejectReason::StaleOldValue | RejectReason::DoesNotExist => MOVED,
        RejectReason::BadName => NAME,
        RejectReason::DeletionsDenied => advice(
            "The destination is configured to refuse that a branch is deleted.",
            "Allow it there (receive.denyDeletes), turn 'prune' off, or leave the ref out with 'excludeRefs'.",
        ),
        RejectReason::CurrentBranch => advice(
            "The destination's default branch cannot be deleted, and the source does not have it.",
            "Make another branch the default at the destination first, or keep this one with 'excludeRefs'.",
        ),
        RejectReason::NonFastForwardsDenied => advice(
            "The destination is configured to refuse that a branch is overwritten.",
            "Allow it there (receive.denyNonFastForwards), or leave the ref out with 'excludeRefs'.",
        ),
        RejectReason::Hidden => advice(
            "The destination hides this ref and does not take it.",
            "Change receive.hideRefs or transfer.hideRefs there, or leave the ref out with 'excludeRefs'.",
        ),
        RejectReason::NotUnpacked | RejectReason::MissingObjects => NOT_STORED,
        RejectReason::Locked => advice(
            "Another process holds the lock of this ref at the destination, or one that ended left it behind.",
            "{Run again}; if this repeats, remove the file with the ending '.lock' there.",
        ),
        RejectReason::NotWritten => advice(
            "The destination could not write the ref.",
            "Check the rights to write in its folder and that no file with the ending '.lock' is left there; then {run again}.",
        ),
    }
}
