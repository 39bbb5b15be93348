//! Texts of Git itself, on whichever host.

use super::hint::{Hint, says};
use super::own::{CHECKED_OUT, MOVED, NAME, NOT_STORED};
use super::size::SAY_LIMIT;

pub(crate) static HINTS: &[Hint] = &[
    says(
        &[
            "deletion of the current branch prohibited",
            "refusing to delete the current branch",
            "default branch and cannot be deleted",
            "cannot delete the default branch",
            "deleting the default branch",
        ],
        "The destination's default branch cannot be deleted, and the source does not have it.",
        "Make another branch the default at the destination first, or keep this one with 'excludeRefs'.",
    ),
    says(
        &["pack exceeds maximum allowed size"],
        "The push is larger than the host takes at once: GitHub 2 GiB, Bitbucket Cloud 3.5 GB, GitLab.com and Azure Repos 5 GB.",
        SAY_LIMIT,
    ),
    says(
        &["atomic push failure", "atomic transaction failed"],
        "Another ref of the same push was refused.",
        "Look at the other refs' reasons.",
    ),
    says(&["currently checked out"], CHECKED_OUT.meaning, CHECKED_OUT.text),
    says(
        &["incorrect old value", "reference already exists", "reference does not exist"],
        MOVED.meaning,
        MOVED.text,
    ),
    says(&["funny refname"], NAME.meaning, NAME.text),
    says(
        &["shallow update not allowed"],
        "The source does not have all its history.",
        "Give its complete original as the source, not {a checkout}.",
    ),
    says(
        &[
            "(already exists)",
            "would clobber existing tag",
            "denying non-fast-forward",
            "non-fast-forward",
            "non-fast forward",
            "fetch first",
        ],
        "The destination is configured to refuse that a ref is overwritten.",
        "Allow force pushes there (receive.denyNonFastForwards), or leave the ref out with 'excludeRefs'.",
    ),
    says(
        &["pack exceeds the limit", "object too large"],
        "The server limits the size of a push or of an object.",
        "Ask its administrator to raise the limit (at Gerrit receive.maxObjectSizeLimit or the project's quota). If it is \
         one of a push, give a size below it in 'maxPushSize': the push then goes in parts.",
    ),
    says(
        &["': File exists"],
        "Another process holds the lock of this ref at the destination, or one that ended left it behind.",
        "{Run again}; if this repeats, let the destination's administrator remove the '.lock' file.",
    ),
    says(
        &["fsck error in pack", "fsckObjects", "error in object"],
        "The destination checks objects (receive.fsckObjects), and the history holds one that does not pass.",
        "Leave the refs that hold it out with 'excludeRefs', or let its administrator accept that kind of fault \
         (receive.fsck.NAME).",
    ),
    says(
        &["missing necessary objects", "unpacker error", "unresolved deltas", "index-pack abnormal exit"],
        NOT_STORED.meaning,
        NOT_STORED.text,
    ),
    says(
        &["pre-receive hook declined"],
        "A hook or rule of the destination refuses the push.",
        "Change it for {account}, or leave the ref out with 'excludeRefs'.",
    ),
    says(
        &["hook declined"],
        "A hook of the destination refuses this ref.",
        "Do what it says, or leave the ref out with 'excludeRefs'.",
    ),
];
