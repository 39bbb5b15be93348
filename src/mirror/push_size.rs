//! The size of a push that a destination takes, as far as it is known. It outlives an attempt: what one attempt learned,
//! the next one keeps to.

use std::num::NonZeroU64;

/// The size of a push that a destination takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PushSize {
    /// The most bytes, and how that is known.
    pub limit: Option<Limit>,
    /// The number of bytes after which a push broke, with nothing applied.
    pub broke_at: Option<NonZeroU64>,
}

/// The most bytes of one push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The bytes, commands and pack together.
    pub bytes: NonZeroU64,
    /// The knowledge of it.
    pub origin: LimitOrigin,
}

/// The way in which a limit came to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitOrigin {
    /// The user asked for it.
    Asked,
    /// It is known of the host.
    Host,
    /// The destination said it when it refused a push.
    Said,
    /// A push was refused, or broke twice, after so many bytes.
    Learned,
}

impl PushSize {
    /// Makes the size that holds before anything is pushed: what was asked for, else what is known of the host.
    pub fn new(asked: Option<NonZeroU64>, host: Option<NonZeroU64>) -> Self {
        let asked = asked.map(|bytes| Limit { bytes, origin: LimitOrigin::Asked });
        let host = host.map(|bytes| Limit { bytes, origin: LimitOrigin::Host });
        Self { limit: asked.or(host), broke_at: None }
    }
}

impl PushSize {
    /// Returns what is known after later pushes, too, which may have begun without what these had learned.
    #[must_use]
    pub(super) fn narrowed_by(self, later: Self) -> Self {
        let limits = [self.limit, later.limit].into_iter().flatten();
        Self { limit: limits.min_by_key(|limit| limit.bytes), broke_at: later.broke_at.or(self.broke_at) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_learned_is_kept_over_pushes_that_did_not_learn_it() {
        let size = |bytes| PushSize::new(NonZeroU64::new(bytes), None);
        for (before, later) in [(5, 9), (9, 5), (5, 0), (0, 5)] {
            assert_eq!(size(before).narrowed_by(size(later)), size(5), "{before} {later}");
        }
    }

    #[test]
    fn what_was_asked_for_counts_before_what_is_known_of_the_host() {
        let bytes = NonZeroU64::new;
        for (asked, host, limit) in [
            (None, None, None),
            (None, bytes(2), Some((2, LimitOrigin::Host))),
            (bytes(3), bytes(2), Some((3, LimitOrigin::Asked))),
            (bytes(1), None, Some((1, LimitOrigin::Asked))),
        ] {
            let found = PushSize::new(asked, host).limit.map(|limit| (limit.bytes.get(), limit.origin));
            assert_eq!(found, limit);
        }
    }
}
