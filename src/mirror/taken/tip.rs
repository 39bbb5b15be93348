//! A tip that leaves its ref at a destination, and what is known of it.

use crate::protocol::object_id::ObjectId;
use crate::protocol::ref_name::RefName;

/// A tip that a plan takes away from a ref, or would take away if the policy did not keep the ref.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenTip {
    /// The ref.
    pub name: RefName,
    /// The object that it names at the destination.
    pub tip: ObjectId,
    /// The relation of the ref to the source's.
    pub divergence: Divergence,
    /// The knowledge of the tip at the source.
    pub at_source: AtSource,
    /// The holder of the tip from then on.
    pub holder: Holder,
    /// The commits that the ref alone holds.
    pub commits: CommitsBehind,
}

/// The relation of a ref to the source's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Divergence {
    /// To make it equal takes commits away that the source does not have there.
    Diverged,
    /// It goes, and its tip is one that the source knows.
    Outdated,
}

/// The knowledge of an object at the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtSource {
    /// It has it.
    Known,
    /// It does not have it, or has not said so.
    Unknown,
}

/// The holder of a tip that is taken away from its ref.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// None: the host drops it in its own time.
    Nobody,
    /// The ref itself, which is kept.
    TheRef,
    /// Other refs of the destination, which stay.
    OtherRefs,
    /// A tag of this name, of an earlier run.
    Tag(RefName),
    /// A tag of this name, which is made before.
    NewTag(RefName),
}

/// The commits behind a tip that nothing else holds, as far as they are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommitsBehind {
    /// Some of them, mostly the newest.
    pub ids: Vec<ObjectId>,
    /// The others.
    pub others: Others,
}

/// The commits that are not listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Others {
    /// There is none.
    None,
    /// There are some.
    Some,
    /// It is not known if there are any.
    #[default]
    Unknown,
}

impl TakenTip {
    /// Tells whether the tip leaves its ref.
    pub fn is_taken(&self) -> bool {
        self.holder != Holder::TheRef
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;
    use crate::mirror::testing::{id, name};

    /// Returns the tip of a ref that is taken away, of which nothing more is known.
    pub(crate) fn taken(ref_name: &str, tip: u8) -> TakenTip {
        TakenTip {
            name: name(ref_name),
            tip: id(tip),
            divergence: Divergence::Diverged,
            at_source: AtSource::Unknown,
            holder: Holder::Nobody,
            commits: CommitsBehind::default(),
        }
    }
}
