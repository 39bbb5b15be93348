//! Advice about pushes that are larger than the destination takes.

use super::hint::{Advice, advice};
use crate::error::Indivisible;

/// For a limit of a server's administrator.
pub(super) const TOO_LARGE: Advice = advice(
    "A server or a proxy before it limits the size of a push, and no part was small enough.",
    "Ask its administrator for the limit, and give it in 'maxPushSize': a push then goes in parts below it from the \
     beginning. Or let the limit be raised (in nginx client_max_body_size, in Git receive.maxInputSize).",
);

/// For a limit of a host that its words tell of.
pub(super) const SAY_LIMIT: &str = "Give a size below that in 'maxPushSize', such as '1500 MiB': the push then goes in \
                                    parts, and each that arrived stays.";

/// Returns the advice for what cannot go in parts.
pub(super) fn of_indivisible(reason: Indivisible) -> Advice {
    match reason {
        Indivisible::OneCommit => advice(
            "A push is cut between commits alone, and one commit is larger than the destination takes at once.",
            "Raise 'maxPushSize' if it is set, or let the destination's administrator raise the limit. Else rewrite that \
             commit at the source: move its large files to Git LFS ('git lfs migrate import'), or split it. Until then \
             leave the refs that hold it out with 'excludeRefs'.",
        ),
        Indivisible::NoCuts => advice(
            "The source serves no shallow requests, which tell where a history can be cut.",
            "Raise 'maxPushSize' if it is set, or let the destination's administrator raise the limit. Or push a few tags \
             or branches into the middle of this history at the source: each then is a part of its own.",
        ),
        Indivisible::Merge => advice(
            "What a merge brings beside its branch is larger than the destination takes at once, and was not cut.",
            "Raise 'maxPushSize' if it is set, or let the destination's administrator raise the limit. Or push a few tags \
             into the middle of what was merged: each then is a part of its own.",
        ),
    }
}
