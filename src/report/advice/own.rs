//! What this task says itself: of its inputs, of a plan, of a ref.

use super::hint::{Hint, kind, says};
use crate::error::ErrorKind;

/// Of inputs, whose errors are told before anything is known of a side.
pub(crate) static INPUTS: &[Hint] = &[
    says(
        &["which is not defined in this run"],
        "",
        "Check its spelling, that its variable group is linked, and that this run may use secrets (a build of a fork \
         may not).",
    ),
    says(&["is the same repository as the source"], "", "Check both URLs: nothing is mirrored into itself."),
];

/// Of plans and refs.
pub(crate) static HINTS: &[Hint] = &[
    kind(
        ErrorKind::TooManyDeletions,
        "",
        "The log names the refs to be deleted (a dry run names all). If they are to go, raise 'maxDeletionsPercent'; \
         `100` allows to delete all refs of a pattern. Else check the source, 'includeRefs' and 'excludeRefs'.",
    ),
    kind(
        ErrorKind::NoBranches,
        "No branch would be left of those that the selection includes. A checkout of the agent has none: its HEAD is \
         detached.",
        "Give the repository's own URL in '{url}', not a checkout, and check that branches may be read there. If the \
         branches are to go, turn 'allowEmptySource' on, and set 'maxDeletionsPercent' to `100` where they are \
         several; if only tags are to be mirrored, name only them in 'includeRefs'.",
    ),
    kind(
        ErrorKind::EmptySource,
        "",
        "Check both URLs, 'includeRefs' and 'excludeRefs'. If the source is meant to be empty, turn 'allowEmptySource' \
         on.",
    ),
    says(
        &["its object format is"],
        "",
        "Make the destination anew with the object format of the source ('git init --object-format').",
    ),
    says(
        &["somebody else changed it during this run"],
        "",
        "Run the pipeline again. If this repeats, look for another writer to the destination.",
    ),
    says(
        &["it is listed as before", "the run ended before it was done", "could not be listed again"],
        "",
        "Run the pipeline again; if this repeats, ask the host's administrator.",
    ),
    says(
        &["differs only in case from"],
        "",
        "Rename one of the two at the source, or leave one out with 'excludeRefs'.",
    ),
];
