//! Decides what holds each tip that is taken away: other refs that stay, or a tag.

use std::collections::HashSet;

use super::phases::Phases;
use super::tag::{self, KeptTag};
use super::tip::{AtSource, Holder, TakenTip};
use crate::mirror::ancestry;
use crate::mirror::plan::Plan;
use crate::mirror::policy::KeepReplaced;
use crate::mirror::ports::{Job, Source};
use crate::mirror::reserved::is_reserved;
use crate::protocol::object_id::ObjectId;
use crate::protocol::ref_list::RefList;
use crate::protocol::ref_name::RefName;

/// The objects that refs of the destination hold, whatever a plan takes away.
#[derive(Debug, Default)]
pub(super) struct Staying {
    /// The objects, those that a push brings first.
    pub(super) ids: Vec<ObjectId>,
    named: HashSet<ObjectId>,
}

impl Staying {
    /// Collects what the refs of a destination hold beside those that are `moving`, and what will be held by refs that a push
    /// brings to these `coming` objects. A symbolic ref holds nothing of its own, and a reserved one not for long.
    pub(super) fn beside<'a>(
        moving: impl IntoIterator<Item = &'a RefName>,
        refs: &RefList,
        coming: impl Iterator<Item = ObjectId>,
    ) -> Self {
        let gone: HashSet<&RefName> = moving.into_iter().collect();
        let (branches, others): (Vec<_>, Vec<_>) = refs
            .refs()
            .iter()
            .filter(|listed| !gone.contains(&listed.name) && !is_reserved(listed.name.as_bytes()))
            .filter(|listed| refs.symref_target(&listed.name).is_none())
            .partition(|listed| listed.name.is_branch());
        let there = branches.into_iter().chain(others).map(|listed| listed.id);
        let mut named = HashSet::new();
        let ids = coming.chain(there).filter(|id| named.insert(*id)).collect();
        Self { ids, named }
    }
}

/// Decides for each tip that leaves its ref; only where the policy wants tags. `refs` are those of the destination as it is,
/// and `coming` the objects that it will hold before anything is taken away.
pub(crate) fn decide(
    taken: &mut [TakenTip],
    source: &mut dyn Source,
    refs: &RefList,
    coming: &[ObjectId],
    job: &Job<'_>,
) {
    let KeepReplaced::Tags { days } = job.policy.replaced else { return };
    let gone = taken.iter().filter(|taken| taken.is_taken()).map(|taken| &taken.name);
    let staying = Staying::beside(gone, refs, coming.iter().copied());
    let may_be_reached: Vec<_> = taken
        .iter()
        .filter(|taken| taken.is_taken() && taken.at_source == AtSource::Known)
        .map(|taken| taken.tip)
        .filter(|tip| !staying.named.contains(tip))
        .collect();
    let reached = ancestry::reached(source, &may_be_reached, &staying.ids);
    let tags = Tags::of(refs, days, job.now);
    for taken in taken.iter_mut().filter(|taken| taken.is_taken()) {
        taken.holder = if staying.named.contains(&taken.tip) || reached.contains(&taken.tip) {
            Holder::OtherRefs
        } else if let Some(tag) = tags.holding(taken) {
            Holder::Tag(tag.clone())
        } else {
            tag::new_name(&taken.name, job.now, refs).map_or(Holder::Nobody, Holder::NewTag)
        };
    }
}

/// The tags of earlier runs that will still be there for a while.
struct Tags<'a>(Vec<(&'a RefName, KeptTag<'a>, ObjectId)>);

impl<'a> Tags<'a> {
    fn of(refs: &'a RefList, days: u32, now: u64) -> Self {
        let tags = refs.refs().iter().filter_map(|listed| {
            let tag = KeptTag::of(&listed.name).filter(|tag| !tag.is_past(days, now))?;
            Some((&listed.name, tag, listed.id))
        });
        Self(tags.collect())
    }

    /// Returns the tag that holds the tip of a ref for that ref.
    fn holding(&self, taken: &TakenTip) -> Option<&'a RefName> {
        let mut tags = self.0.iter().rev();
        tags.find(|(_, tag, id)| *id == taken.tip && tag.is_of(&taken.name)).map(|(name, ..)| *name)
    }
}

/// Returns the objects to which a plan moves refs without taking anything away.
pub(crate) fn coming(plan: &Plan) -> Vec<ObjectId> {
    let first = Phases::of(plan).first;
    first.into_iter().flatten().filter_map(|update| update.new_id()).collect()
}
