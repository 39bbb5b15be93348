//! What a local destination refuses. Its reasons are values, so no words are looked for.

use super::Hint;
use super::table::reasons;
use crate::protocol::reject_reason::RejectReason::{
    AlreadyExists, BadName, CheckedOut, CurrentBranch, DeletionsDenied, DoesNotExist, Hidden, MissingObjects,
    NonFastForwardsDenied, NotUnpacked, NotWritten, StaleOldValue, WorkTreeChanged,
};

pub(crate) static HINTS: &[Hint] = &[
    reasons(
        &[CheckedOut],
        "The destination is a repository with a working tree, and this branch is checked out there.",
        "Give a bare repository, or check out another branch there.",
    ),
    reasons(
        &[WorkTreeChanged],
        "The destination's working tree shall follow its branch (receive.denyCurrentBranch is updateInstead), and has \
         changes that are not committed.",
        "Commit or remove them there.",
    ),
    reasons(
        &[AlreadyExists, StaleOldValue, DoesNotExist],
        "Somebody else changed the ref meanwhile.",
        "Run the pipeline again.",
    ),
    reasons(
        &[BadName],
        "The destination does not allow that name.",
        "Rename the ref at the source, or leave it out with 'excludeRefs'.",
    ),
    reasons(
        &[DeletionsDenied],
        "The destination is configured to refuse that a branch is deleted.",
        "Allow it there (receive.denyDeletes), turn 'prune' off, or leave the ref out with 'excludeRefs'.",
    ),
    reasons(
        &[CurrentBranch],
        "The destination's default branch cannot be deleted, and the source does not have it.",
        "Make another branch the default at the destination first, or keep this one with 'excludeRefs'.",
    ),
    reasons(
        &[NonFastForwardsDenied],
        "The destination is configured to refuse that a branch is overwritten.",
        "Allow it there (receive.denyNonFastForwards), or leave the ref out with 'excludeRefs'.",
    ),
    reasons(
        &[Hidden],
        "The destination hides this ref and does not take it.",
        "Change receive.hideRefs or transfer.hideRefs there, or leave the ref out with 'excludeRefs'.",
    ),
    reasons(
        &[NotUnpacked, MissingObjects],
        "The destination could not store the pack.",
        "Check that the source passes 'git fsck', and that the destination's disk is not full; then run the pipeline \
         again.",
    ),
    reasons(
        &[NotWritten],
        "The destination could not write the ref.",
        "Check the rights to write in its folder and that no file with the ending '.lock' is left there; then run the \
         pipeline again.",
    ),
];
