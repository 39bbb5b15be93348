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
