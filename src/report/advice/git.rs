//! What Git itself says, on whichever host.

use super::hint::{Hint, says};

pub(crate) static HINTS: &[Hint] = &[
    says(
        &[
            "deletion of the current branch prohibited",
            "refusing to delete the current branch",
            "default branch",
        ],
        "The destination's default branch cannot be deleted, and the source does not have it.",
        "Make another branch the default at the destination first, or keep this one with 'excludeRefs'.",
    ),
    says(
        &["pack exceeds maximum allowed size"],
        "The push is larger than the host takes at once: GitHub 2 GiB, Bitbucket 3.5 GB, Azure Repos 5 GB.",
        "Mirror a part of the refs first, with 'includeRefs', then the rest.",
    ),
    says(
        &["atomic push failure", "atomic transaction failed"],
        "Another ref of the same push was refused.",
        "Look at the other refs' reasons.",
    ),
    says(
        &["currently checked out"],
        "The destination is a repository with a working tree, and this branch is checked out there.",
        "Give a bare repository, or check out another branch there.",
    ),
    says(
        &["incorrect old value", "reference already exists", "reference does not exist"],
        "Somebody else changed the ref meanwhile.",
        "Run the pipeline again.",
    ),
    says(
        &["funny refname"],
        "The destination does not allow that name.",
        "Rename the ref at the source, or leave it out with 'excludeRefs'.",
    ),
    says(
        &["shallow update not allowed"],
        "The source does not have all its history.",
        "Give its complete original as the source, not a checkout of the agent.",
    ),
    says(
        &[
            "(already exists)",
            "would clobber existing tag",
            "denying non-fast-forward",
            "non-fast-forward",
            "fetch first",
        ],
        "The destination is configured to refuse that a ref is overwritten.",
        "Allow force pushes there (receive.denyNonFastForwards), or leave the ref out with 'excludeRefs'.",
    ),
    says(
        &["missing necessary objects", "unpacker error", "unresolved deltas", "index-pack abnormal exit"],
        "The destination could not store the pack.",
        "Check that the source passes 'git fsck', and that the destination's disk is not full; then run the pipeline \
         again.",
    ),
    says(
        &["pre-receive hook declined"],
        "A hook or rule of the destination refuses the push.",
        "Change it for the owner of {credentials}, or leave the ref out with 'excludeRefs'.",
    ),
    says(
        &["hook declined"],
        "A hook of the destination refuses this ref.",
        "Do what it says, or leave the ref out with 'excludeRefs'.",
    ),
];
