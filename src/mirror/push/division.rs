//! Divides pushes that are larger than the destination takes: first by refs, then at commits inside the history of one.

use super::bisect_budget::SearchFor;
use super::chain;
use super::chain::{Cut, Step};
use super::give_up::GiveUp;
use super::outcomes;
use super::queue::{AfterPush, PushQueue};
use super::size_order;
use super::{Cuts, Extent, PackBase, Push, SentPack, Task};
use crate::error::{ErrorKind, Failure, Indivisible};
use crate::mirror::push_size::Limit;
use crate::protocol::receive_pack::{PackNeed, RefUpdate, pack_need};
use std::num::NonZeroU32;

impl PushQueue {
    /// Decides what a push needs before it can be made; none where others have taken its place.
    pub(super) fn task(&mut self, push: Push) -> Option<Task> {
        let has_pack = pack_need(&push.updates) == PackNeed::Required && push.base != PackBase::EarlierPack;
        if !has_pack || self.sizes.known.limit.is_none() {
            return Some(Task::Push(push));
        }
        match push.extent {
            Extent::Unknown if self.sizes.measures() => Some(Task::Measure(push)),
            Extent::Commits(commits) | Extent::Estimated(commits) => {
                match self.sizes.parts_of_commits(commits) {
                    Some(parts) => self.divide(push, parts),
                    None => Some(self.bounded(push)),
                }
            }
            // The push before it is over, and was not looked at.
            Extent::CommitsWithPrevious(_) => Some(Task::Measure(push)),
            _ => Some(self.bounded(push)),
        }
    }

    fn bounded(&self, push: Push) -> Task {
        Task::Push(Push { bound: self.sizes.bound(&push), ..push })
    }

    /// Learns how many commits a push brings, if the source told.
    pub(crate) fn measured(&mut self, push: Push, commits: Option<u32>) {
        if let (Some(commits), Some(next)) = (commits, self.pending.front_mut())
            && let Extent::CommitsWithPrevious(both) = next.extent
        {
            next.extent = Extent::Commits(both.saturating_sub(commits));
        }
        let extent = commits.map_or(Extent::NotTold, Extent::Commits);
        self.pending.push_front(Push { extent, ..push });
    }

    /// Learns where the history of a push's one ref can be cut.
    pub(crate) fn cut(&mut self, push: Push, cut: Cut) {
        match cut {
            Cut::At { steps, rest, way } if is_smaller(push.extent, &steps, rest) => {
                let pushes = chain::pushes(&push, &steps, rest, &way);
                pushes.into_iter().rev().for_each(|push| self.pending.push_front(push));
            }
            Cut::At { .. } => self.try_whole(push, Indivisible::OneCommit),
            Cut::Nowhere(reason) => self.try_whole(push, reason),
        }
    }

    /// Tries a push that cannot be cut: what was foreseen can be wrong.
    fn try_whole(&mut self, push: Push, reason: Indivisible) {
        self.pending.push_front(Push { extent: Extent::Indivisible(reason), ..push });
    }

    /// Divides a push that is too large for one, into about so many parts.
    fn divide(&mut self, push: Push, parts: NonZeroU32) -> Option<Task> {
        self.division = self.sizes.known.limit;
        if !push.for_later.is_empty() {
            self.forget_earlier_pack();
            self.pending.push_front(Push::new(push.updates));
            return None;
        }
        if let Some(divided) = size_order::divide(&push.updates, parts) {
            // Deltas against what is there spare few bytes, and cost the source time for each part.
            let base = if push.base == PackBase::ThinPack { PackBase::SharedHistory } else { push.base };
            let extents = self.extents(push.extent, divided.each_ref().map(Vec::len));
            for (updates, extent) in divided.into_iter().zip(extents).rev() {
                self.pending.push_front(Push { base, extent, ..push.with(updates) });
            }
            return None;
        }
        if self.waits_for_others(&push) {
            return None;
        }
        Some(Task::Cut(push, self.cuts(parts)))
    }

    fn cuts(&self, parts: NonZeroU32) -> Cuts {
        if self.sizes.has_learned() { Cuts::Each(parts) } else { Cuts::Oldest(parts) }
    }

    /// Returns the extents of two pushes with so many refs that take the place of one. The first part of all teaches what a
    /// commit weighs, so it is counted. For the others a share is enough: to count costs a source without bitmaps a walk
    /// through the history, and the header of a pack shows in time where a share was wrong.
    fn extents(&self, whole: Extent, [first, second]: [usize; 2]) -> [Extent; 2] {
        match whole {
            Extent::Commits(commits) | Extent::Estimated(commits) if self.sizes.has_learned() => {
                let share = u64::from(commits).saturating_mul(first as u64) / (first + second).max(1) as u64;
                let share = u32::try_from(share).unwrap_or(commits);
                [share, commits.saturating_sub(share)].map(Extent::Estimated)
            }
            Extent::Commits(commits) => [Extent::Unknown, Extent::CommitsWithPrevious(commits)],
            _ => [Extent::Unknown; 2],
        }
    }

    /// Lets a push of one ref wait: a branch for the tags, which are places to cut at, and a tag for a branch, which mostly
    /// takes no temporary one. A ref waits once, and a step never does.
    fn waits_for_others(&mut self, push: &Push) -> bool {
        let Some(update) = push.updates.iter().find(|update| update.new_id().is_some()) else { return false };
        if push.step_of.is_some() || self.have_waited.contains(update.name()) {
            return false;
        }
        let is_tag = update.name().is_tag();
        let others =
            self.take_pending(if is_tag { 1 } else { usize::MAX }, |other| other.name().is_tag() != is_tag);
        if others.is_empty() {
            return false;
        }
        self.have_waited.insert(update.name().clone());
        // What arrives meanwhile makes it smaller. The tags hardly bring more than the branch that they lie on.
        self.pending.push_front(Push { extent: Extent::Unknown, ..push.clone() });
        let extent = if is_tag { Extent::Unknown } else { push.extent };
        self.pending.push_front(Push { extent, ..push.with(others) });
        true
    }

    /// Takes some updates out of the pushes that are still to be made.
    fn take_pending(&mut self, most: usize, is_one: impl Fn(&RefUpdate) -> bool) -> Vec<RefUpdate> {
        let mut taken = Vec::new();
        for pending in self.pending.iter_mut().filter(|pending| pending.step_of.is_none()) {
            let before = taken.len();
            pending.updates.retain(|update| {
                let goes = taken.len() < most && update.new_id().is_some() && is_one(update);
                taken.extend(goes.then(|| update.clone()));
                !goes
            });
            if taken.len() > before {
                pending.extent = Extent::Unknown;
            }
        }
        self.pending.retain(|pending| !pending.updates.is_empty());
        taken
    }

    /// Makes what an earlier pack should have brought with packs of their own.
    pub(super) fn forget_earlier_pack(&mut self) {
        for push in self.pending.iter_mut().filter(|push| push.base == PackBase::EarlierPack) {
            push.base = PackBase::ThinPack;
        }
    }

    /// Goes on after a push that its header showed to be too large, so that nothing was sent.
    pub(super) fn on_too_many_objects(&mut self, push: &Push, pack: SentPack) -> Result<AfterPush, GiveUp> {
        self.spend_on_size("")?;
        let parts = self.sizes.parts_of_pack(pack);
        self.ready = self.divide(without_estimate(push), parts);
        Ok(AfterPush::Repeat)
    }

    /// Goes on after a push that was ended when it reached its bound.
    pub(super) fn on_bound_reached(&mut self, push: &Push, pack: SentPack) -> Result<AfterPush, GiveUp> {
        let failure = Failure::new(ErrorKind::TooLarge, too_large(push, pack, self.sizes.known.limit));
        self.on_too_large(push, pack, &failure)
    }

    /// Goes on after a push that the destination refused for its size.
    pub(super) fn on_size_refused(
        &mut self,
        push: &Push,
        pack: SentPack,
        failure: &Failure,
    ) -> Result<AfterPush, GiveUp> {
        let words = format!("{}\n{}", failure.message, failure.remote.as_deref().unwrap_or_default());
        // One commit that is too large says nothing of the limit that is not known.
        if !matches!(push.extent, Extent::Indivisible(_)) {
            self.sizes.note_refusal(pack.bytes, &words);
        }
        let message = format!("{}; {}", failure.message, too_large(push, pack, self.sizes.known.limit));
        self.on_too_large(push, pack, &Failure { message, ..failure.clone() })
    }

    /// Notes that a single ref is not taken, of which the destination gave no report.
    pub(super) fn refuse_alone(&mut self, push: &Push, failure: &Failure) {
        self.results.reports.push(outcomes::refused_alone(push, failure));
        self.end_refused_steps(push);
    }

    /// Counts one more push after one that was too large.
    ///
    /// # Errors
    /// The reason to make none, since too many in a row brought nothing.
    fn spend_on_size(&mut self, said: &str) -> Result<(), GiveUp> {
        let made = self.budget.pushes_without_progress();
        if self.budget.try_spend(1, SearchFor::Size) {
            return Ok(());
        }
        Err(GiveUp::search_exhausted(SearchFor::Size, made, said))
    }

    fn on_too_large(&mut self, push: &Push, pack: SentPack, failure: &Failure) -> Result<AfterPush, GiveUp> {
        self.sizes.note_part(push, pack);
        if push.extent == Extent::Indivisible(Indivisible::Merge) {
            self.spend_on_size(failure.remote.as_deref().unwrap_or_default())?;
            self.ready = Some(Task::Cut(push.clone(), self.cuts(self.sizes.parts_of_pack(pack))));
            return Ok(AfterPush::Repeat);
        }
        if let Extent::Indivisible(reason) = push.extent {
            let kind = ErrorKind::Indivisible(reason);
            self.refuse_alone(push, &Failure { kind, ..failure.clone() });
            return Ok(AfterPush::Continue);
        }
        self.spend_on_size(failure.remote.as_deref().unwrap_or_default())?;
        let parts = self.sizes.parts_of_pack(pack);
        self.ready = self.divide(without_estimate(push), parts);
        Ok(AfterPush::Repeat)
    }
}

/// Returns a push whose extent is asked for where an estimate of it has proven wrong.
fn without_estimate(push: &Push) -> Push {
    match push.extent {
        Extent::Estimated(_) => Push { extent: Extent::Unknown, ..push.clone() },
        _ => push.clone(),
    }
}

/// Tells whether each part has less than the whole: else they could be cut for ever.
fn is_smaller(whole: Extent, steps: &[Step], rest: Extent) -> bool {
    let Extent::Commits(whole) = whole else { return true };
    let mut parts = steps.iter().map(|step| step.extent).chain([rest]);
    parts.all(|part| !matches!(part, Extent::Commits(commits) if commits >= whole))
}

/// Says what is too large where no place to cut at is left.
fn too_large(push: &Push, pack: SentPack, limit: Option<Limit>) -> String {
    let mib = |bytes: u64| bytes.div_ceil(1 << 20);
    let what = push.new_ids().next().map_or_else(|| "the push".to_owned(), |id| format!("the commit {id}"));
    let limit = limit.map_or_else(String::new, |limit| {
        format!(" where the destination takes {} MiB", mib(limit.bytes.get()))
    });
    format!("{what} cannot be sent in parts: {} MiB went out{limit}", mib(pack.bytes))
}
