//! The policy of a mirror: its refs, and what may be deleted.

use std::borrow::Cow;
use std::fmt;

use super::ref_map::RefMap;
pub use super::selection::{Pattern, Selection};

/// The policy of a run.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The refs the run looks at; it touches no other.
    pub selection: Selection,
    /// The fate of the destination's selected refs that the source does not have.
    pub prune: Prune,
    /// The meaning of an empty source.
    pub empty_source: EmptySource,
    /// The share of each included pattern that may be deleted at the destination without further consent.
    pub deletions: DeletionLimit,
    /// The fate of refs at the destination that hold commits which the source does not have there.
    pub diverged: DivergedRefs,
    /// The fate of what a forced update or a deletion takes away.
    pub replaced: KeepReplaced,
}

impl Policy {
    /// Returns the policy of a mirror in which each ref keeps its name.
    pub fn with_own_names(&self) -> Cow<'_, Self> {
        if self.selection.map().is_identity() {
            return Cow::Borrowed(self);
        }
        Cow::Owned(Self { selection: self.selection.clone().mapped(RefMap::default()), ..self.clone() })
    }
}

/// The fate of a ref that has diverged: to make it equal to the source's takes commits away from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DivergedRefs {
    /// It is made equal all the same, as by a forced push.
    Overwrite,
    /// It stays, and all others are mirrored.
    Keep,
    /// No ref is changed.
    Fail,
}

/// The fate of what a forced update or a deletion takes away from a ref.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeepReplaced {
    /// Nothing holds it: the destination's host drops it in its own time.
    Nothing,
    /// A tag of its own holds each tip for so many days.
    Tags {
        /// Days after which the tag is deleted, from 1 on.
        days: u32,
    },
}

/// The share of a pattern's refs at the destination that one run may delete, in percent.
///
/// A handful may always go, since in a small repository that is soon more than any share; but none where the share
/// is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeletionLimit(u8);

impl DeletionLimit {
    /// So many are a handful.
    const HANDFUL: usize = 10;

    /// Everything may go.
    pub const ALL: Self = Self(100);

    /// Returns the limit if it is a share, from 0 to 100.
    pub fn percent(share: u8) -> Option<Self> {
        (share <= 100).then_some(Self(share))
    }

    /// Tells whether so many of a pattern's refs may be deleted.
    pub fn allows(self, deletions: usize, there: usize) -> bool {
        let is_handful = deletions <= Self::HANDFUL && self.0 > 0;
        is_handful || deletions.saturating_mul(100) <= there.saturating_mul(self.0.into())
    }
}

impl fmt::Display for DeletionLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", self.0)
    }
}

/// The fate of the destination's selected refs that the source does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prune {
    /// They are deleted.
    Delete,
    /// They are kept.
    Keep,
}

/// The meaning of a source that has no selected ref at all, or none of the selected branches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmptySource {
    /// A mistake: nothing is done, so that it does not empty the destination.
    Refuse,
    /// The truth: the destination loses them too.
    Allow,
}
