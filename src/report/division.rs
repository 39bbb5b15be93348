//! Pushes that went in parts.

use super::units::Bytes;
use crate::mirror::push_size::{Limit, LimitOrigin};

/// Returns the line of a push that is divided for a limit.
pub(super) fn line(limit: Limit) -> String {
    format!("the push goes {}; each part that arrives stays", in_parts(limit))
}

/// Says in which parts pushes go, and why.
pub(super) fn in_parts(limit: Limit) -> String {
    let why = match limit.origin {
        LimitOrigin::Asked => "as asked for",
        LimitOrigin::Host => "the limit of the host",
        LimitOrigin::Said => "as the server said when it refused a push",
        LimitOrigin::Learned => "as pushes that were refused or broke have shown",
    };
    format!("in parts of at most {}, {why}", Bytes(limit.bytes.get()))
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;

    use super::*;

    #[test]
    fn a_push_in_parts_is_told_with_its_limit_in_words() {
        let of = |bytes, origin| line(Limit { bytes: NonZeroU64::new(bytes).unwrap(), origin });
        assert_eq!(
            of(100 << 20, LimitOrigin::Asked),
            "the push goes in parts of at most 100.0 MiB, as asked for; each part that arrives stays"
        );
        assert_eq!(
            of(2 << 30, LimitOrigin::Host),
            "the push goes in parts of at most 2.0 GiB, the limit of the host; each part that arrives stays"
        );
        for origin in [LimitOrigin::Said, LimitOrigin::Learned] {
            assert!(of(1 << 20, origin).contains("refused"));
        }
    }
}
