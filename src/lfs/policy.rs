//! The LFS objects that a mirror copies.

/// The policy of a run about LFS objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LfsPolicy {
    /// Refs alone are mirrored, and the pointers that they hold.
    NotCopied,
    /// Objects are copied before the refs that need them.
    Copied {
        /// The extent of what is looked at.
        extent: Extent,
        /// The meaning of an object that the source does not have.
        missing: MissingObjects,
    },
}

/// The extent of what is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// The objects that the refs need that move, and those that an earlier mirror left out.
    Auto,
    /// The objects that every selected ref needs.
    Full,
}

/// The meaning of an object that the source does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingObjects {
    /// The mirror fails, before a ref that needs it moves.
    Fail,
    /// The mirror goes on, and says so.
    Warn,
}
