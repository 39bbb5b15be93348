//! Says that a push goes in parts.

use super::units::Bytes;
use crate::mirror::push_size::{Limit, LimitOrigin};

/// Returns the line of a push that is divided for a limit.
pub(super) fn line(limit: Limit) -> String {
    let why = match limit.origin {
        LimitOrigin::Asked => "as asked for",
        LimitOrigin::Host => "the limit of its host",
        LimitOrigin::Said => "as the server said",
        LimitOrigin::Learned => "as pushes that were refused or broke have shown",
    };
    format!(
        "the push goes in parts of at most {} ({why}); each part that arrives stays",
        Bytes(limit.bytes.get())
    )
}
