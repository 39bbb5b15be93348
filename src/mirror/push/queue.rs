//! Decides what is pushed next, from the plan and from the outcomes of the pushes before. Moves no bytes.
//!
//! A push that was refused as a whole is repeated in other forms: with a pack that takes less for granted, then in
//! parts, until the refs that are refused stand alone. The parts come after everything else, so that what the
//! destination takes is there first, and their packs are small. A push that the destination ended since the source was
//! slow, or since it wants a length, is repeated from a temporary file. So is one that stood still: a server of both
//! sides may serve one request at a time, and wait for itself.

use std::collections::{HashSet, VecDeque};
use std::num::NonZeroUsize;

use super::bisect_budget::{BisectBudget, SearchFor};
use super::damage::Damage;
use super::first;
use super::first::FirstMirror;
use super::give_up::GiveUp;
use super::outcomes;
use super::parts;
use super::rejection;
use super::rejection::Refused;
use super::repository_refusal;
use super::results::PushResults;
use super::sizes::Sizes;
use super::{Delivery, PackBase, Push, PushEnd, PushOutcome, SentPack, Task};
use crate::error::{Error, ErrorKind, Failure, Phase, Side};
use crate::mirror::push_size::{Limit, PushSize};
use crate::protocol::fetch::ThinPack;
use crate::protocol::object_id::ObjectId;
use crate::protocol::receive_pack::RefUpdate;
use crate::protocol::ref_name::RefName;
use crate::protocol::report_status::{RefStatus, ReportStatus, Unpack};

/// The most times in a row that the gate may end a push before its last bytes.
const MAX_ABORTS: usize = 3;

/// The pushes that are still to be made, and what came of the others.
#[derive(Debug)]
pub(crate) struct PushQueue {
    pub(super) pending: VecDeque<Push>,
    /// The task that comes before those.
    pub(super) ready: Option<Task>,
    pub(super) sizes: Sizes,
    /// The limit for which a push was divided last, until it is told.
    pub(super) division: Option<Limit>,
    /// Refs that have waited for others, since they were too large.
    pub(super) have_waited: HashSet<RefName>,
    /// The most updates that the destination takes at once, as far as it is known by now.
    max_updates: NonZeroUsize,
    /// The least delivery of every pack, as far as it is known by now.
    delivery: Delivery,
    pub(super) budget: BisectBudget,
    damage: Damage,
    /// The number of times in a row that the gate aborted the push.
    aborts: usize,
    /// Objects that pushes brought.
    arrived: Vec<ObjectId>,
    /// The limit that was told last.
    told: Option<Limit>,
    pub(super) results: PushResults,
}

/// The effect of an outcome on the queue, for those who follow the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AfterPush {
    /// Goes on as planned.
    Continue,
    /// The push comes again, in the same form or in another.
    Repeat,
    /// Its updates, so many, come again in parts, for a cause on this side.
    Split { cause: Side, updates: usize },
}

/// The pushes in place of one that did not bring what it should.
enum FollowUp {
    None,
    /// This, before anything else.
    Repeat(Push),
    /// These, after everything else.
    Parts(Vec<Push>),
}

impl PushQueue {
    /// Starts with the pushes of a plan, each of at most so many updates, to a destination that takes pushes of this size.
    pub(crate) fn new(
        planned: &[Vec<RefUpdate>],
        first: FirstMirror,
        max_updates: NonZeroUsize,
        size: PushSize,
    ) -> Self {
        Self::of(first::pushes(planned, first), max_updates, size)
    }

    /// Starts with these pushes.
    pub(crate) fn of(pushes: Vec<Push>, max_updates: NonZeroUsize, size: PushSize) -> Self {
        Self {
            pending: pushes.into(),
            ready: None,
            sizes: Sizes::new(size),
            division: None,
            have_waited: HashSet::new(),
            max_updates,
            delivery: Delivery::Streamed,
            budget: BisectBudget::default(),
            damage: Damage::default(),
            aborts: 0,
            arrived: Vec::new(),
            told: None,
            results: PushResults::default(),
        }
    }

    /// Returns what to do now; none when all pushes are made.
    pub(crate) fn next(&mut self) -> Option<Task> {
        loop {
            if let Some(task) = self.ready.take() {
                return Some(task);
            }
            let push = self.next_push()?;
            self.ready = self.task(push);
        }
    }

    fn next_push(&mut self) -> Option<Push> {
        let mut push = self.pending.pop_front()?;
        if push.updates.len() > self.max_updates.get() {
            let rest = push.updates.split_off(self.max_updates.get());
            self.pending.push_front(push.with(rest));
        }
        push.delivery = push.delivery.max(self.delivery);
        Some(push)
    }

    /// Returns the limit for which a push was divided, each time that it is another.
    pub(crate) fn take_division(&mut self) -> Option<Limit> {
        let division = self.division.take().filter(|limit| self.told != Some(*limit));
        self.told = division.or(self.told);
        division
    }

    /// Returns the objects that pushes brought so far.
    pub(crate) fn arrived(&self) -> &[ObjectId] {
        &self.arrived
    }

    /// Learns what came of a push, and puts the pushes that take its place into the queue.
    ///
    /// # Errors
    /// The reason to make no further push.
    pub(crate) fn record(&mut self, push: &Push, outcome: PushOutcome) -> Result<AfterPush, GiveUp> {
        let PushOutcome { ended, pack } = outcome;
        self.results.pack_bytes += pack.bytes;
        self.results.pack_time += pack.took;
        self.aborts = if ended == PushEnd::Aborted { self.aborts + 1 } else { 0 };
        if !push.for_later.is_empty() && !outcomes::is_accepted(push, &ended) {
            self.forget_earlier_pack();
            if outcomes::is_refused(&ended) {
                // What the other refs bring may be the cause: the default branch is tried without them.
                return Ok(self.repeat(push.with(push.updates.clone())));
            }
        }
        match ended {
            PushEnd::Reported(report) => self.on_report(push, report, pack),
            PushEnd::Unreported => Ok(AfterPush::Continue),
            PushEnd::Failed(error) => self.on_error(push, error, pack),
            PushEnd::Aborted if self.aborts < MAX_ABORTS => Ok(self.repeat(push.clone())),
            PushEnd::Aborted => Err(GiveUp::aborted(self.aborts)),
            PushEnd::TooManyObjects => self.on_too_many_objects(push, pack),
            PushEnd::BoundReached => {
                self.budget.note(0, pack.bytes);
                self.on_bound_reached(push, pack)
            }
        }
    }

    /// Ends the pushes, with what broke them off.
    pub(crate) fn into_results(self, give_up: Option<Error>) -> PushResults {
        let interruption = give_up.or_else(|| self.damage.to_error());
        PushResults { interruption, push_size: self.sizes.known, divided: self.told, ..self.results }
    }

    fn on_report(
        &mut self,
        push: &Push,
        mut report: ReportStatus,
        pack: SentPack,
    ) -> Result<AfterPush, GiveUp> {
        self.note_accepted(push, &report, pack);
        let said = report.remote.clone();
        let fault = rejection::fault_of_unpack(&report);
        if let (Some(ErrorKind::Storage), Unpack::Failed(why)) = (fault, &report.unpack) {
            return Err(GiveUp::not_stored(if said.is_empty() {
                why.clone()
            } else {
                format!("{why}\n{said}")
            }));
        }
        if let (Some(ErrorKind::TooLarge), Unpack::Failed(why)) = (fault, &report.unpack) {
            let failure = Failure::new(ErrorKind::TooLarge, why.clone()).with_remote(Some(said.to_string()));
            return self.on_size_refused(push, pack, &failure);
        }
        let refused = rejection::classify(&push.updates, &report);
        if matches!(refused, Refused::AsAWhole(_)) {
            outcomes::require_open_repository(push, &report)?;
        }
        // Some servers do not complete thin packs, and say so in words of their own.
        let may_be_thin = fault.is_none() && report.unpack != Unpack::Ok && pack.thin == ThinPack::Allowed;
        let follow_up = match refused {
            Refused::EachForItself => FollowUp::None,
            Refused::AsAWhole(updates) if may_be_thin => {
                FollowUp::Repeat(Push { base: PackBase::SharedHistory, ..push.with(updates) })
            }
            Refused::WithOthers(updates) => FollowUp::Repeat(push.with(updates)),
            Refused::AsAWhole(updates) => self.split(&push.with(updates), &said),
            Refused::ObjectsMissing(updates) => match push.base.weaker() {
                Some(base) => FollowUp::Repeat(Push { base, ..push.with(updates) }),
                None => self.split(&push.with(updates), &said),
            },
        };
        follow_up.updates().for_each(|update| report.forget(update.name()));
        self.results.reports.push(report);
        if follow_up.pushes().is_empty() {
            self.end_refused_steps(push);
        }
        self.enqueue_within_budget(follow_up, SearchFor::Refs, &said)
    }

    /// Notes the refs that a push brought, and its cost.
    fn note_accepted(&mut self, push: &Push, report: &ReportStatus, pack: SentPack) {
        let is_accepted = |update: &&RefUpdate| report.get(update.name()) == Some(&RefStatus::Ok);
        let accepted: Vec<_> = push.updates.iter().filter(is_accepted).collect();
        self.budget.note(accepted.len(), pack.bytes);
        if !accepted.is_empty() {
            self.sizes.note_whole(push, pack);
        }
        if push.base == PackBase::EarlierPack {
            self.results.relied_on.extend(accepted.iter().copied().cloned());
        }
        if push.step_of.is_some() {
            let landed = accepted.iter().filter_map(|update| Some((update.name().clone(), update.new_id()?)));
            self.results.landed.extend(landed);
        }
        self.arrived.extend(accepted.into_iter().filter_map(RefUpdate::new_id));
    }

    fn on_error(&mut self, push: &Push, error: Error, pack: SentPack) -> Result<AfterPush, GiveUp> {
        self.budget.note(0, pack.bytes);
        let kind = error.failure.kind;
        let is_size = kind == ErrorKind::TooLarge || rejection::is_about_size(&error.failure);
        match error.phase {
            Phase::Fetch if kind == ErrorKind::Damaged => return self.on_damage(push, error),
            Phase::Push if is_size => return self.on_size_error(push, pack, &error),
            Phase::Push if kind == ErrorKind::Refused => {
                return self.on_refusal(push, &error);
            }
            _ => {}
        }
        if kind == ErrorKind::LengthRequired {
            // So it will be with every push.
            self.delivery = Delivery::Spooled;
        }
        if push.delivery == Delivery::Streamed && outcomes::wants_spooling(kind, pack.progress) {
            let spooled = Push { delivery: Delivery::Spooled, ..push.clone() };
            return Ok(self.repeat(spooled));
        }
        if error.phase == Phase::Push && kind != ErrorKind::TokenExpired {
            self.sizes.note_break(pack.bytes);
        }
        Err(GiveUp::Failed(error))
    }

    fn on_size_error(&mut self, push: &Push, pack: SentPack, error: &Error) -> Result<AfterPush, GiveUp> {
        let said = error.failure.remote.as_deref().unwrap_or_default();
        match repository_refusal::in_words(&push.updates, said) {
            Some(kind) => Err(GiveUp::repository_refused(kind, said.to_owned())),
            None => self.on_size_refused(push, pack, &error.failure),
        }
    }

    /// Looks for the refs that the source cannot give. A destination loses nothing for them: no ref is deleted for a
    /// source that cannot give what should stand in its place.
    fn on_damage(&mut self, push: &Push, error: Error) -> Result<AfterPush, GiveUp> {
        let others = push.updates.iter().filter(|update| update.new_id().is_some()).cloned().collect();
        let wanted = push.with(others);
        let follow_up = self.split(&wanted, "");
        if follow_up.pushes().is_empty() {
            self.damage.note_refs(&wanted.updates);
        }
        self.damage.note(error);
        self.enqueue_within_budget(follow_up, SearchFor::Damage, "")
    }

    /// Looks for the refs that a destination refuses without a report.
    fn on_refusal(&mut self, push: &Push, error: &Error) -> Result<AfterPush, GiveUp> {
        let said = error.failure.remote.as_deref().unwrap_or_default();
        if let Some(kind) = repository_refusal::in_words(&push.updates, said) {
            return Err(GiveUp::repository_refused(kind, said.to_owned()));
        }
        let follow_up = self.split(push, said);
        if follow_up.pushes().is_empty() {
            self.refuse_alone(push, &error.failure);
        }
        self.enqueue_within_budget(follow_up, SearchFor::Refs, said)
    }

    /// Divides a push; a single update cannot be divided. Lowers the most updates of a push to come, where the words
    /// tell how many the destination takes.
    fn split(&mut self, push: &Push, said: &str) -> FollowUp {
        if let Some(most) = parts::most_updates(said) {
            self.max_updates = self.max_updates.min(most);
        }
        let parts = parts::parts(&push.updates, said);
        if parts.is_empty() {
            return FollowUp::None;
        }
        FollowUp::Parts(parts.into_iter().map(|updates| push.with(updates)).collect())
    }

    /// Enqueues what follows up, unless the search for the refs or the size that are the cause has cost enough.
    fn enqueue_within_budget(
        &mut self,
        follow_up: FollowUp,
        search: SearchFor,
        said: &str,
    ) -> Result<AfterPush, GiveUp> {
        let (pushes, made) = (follow_up.pushes().len(), self.budget.pushes_without_progress());
        match pushes {
            0 => Ok(AfterPush::Continue),
            _ if !self.budget.try_spend(pushes, search) => Err(match (search, self.damage.to_error()) {
                (SearchFor::Damage, Some(error)) => GiveUp::Failed(error),
                _ => GiveUp::search_exhausted(search, made, said),
            }),
            _ => {
                let next = follow_up.after_push(search.cause());
                self.enqueue(follow_up);
                Ok(next)
            }
        }
    }

    fn enqueue(&mut self, follow_up: FollowUp) {
        match follow_up {
            FollowUp::None => {}
            FollowUp::Repeat(push) => self.pending.push_front(push),
            FollowUp::Parts(parts) => self.pending.extend(parts),
        }
    }

    fn repeat(&mut self, push: Push) -> AfterPush {
        self.pending.push_front(push);
        AfterPush::Repeat
    }
}

impl FollowUp {
    fn pushes(&self) -> &[Push] {
        match self {
            Self::None => &[],
            Self::Repeat(push) => std::slice::from_ref(push),
            Self::Parts(parts) => parts,
        }
    }

    fn updates(&self) -> impl Iterator<Item = &RefUpdate> {
        self.pushes().iter().flat_map(|push| &push.updates)
    }

    fn after_push(&self, cause: Side) -> AfterPush {
        match self {
            Self::None => AfterPush::Continue,
            Self::Repeat(_) => AfterPush::Repeat,
            Self::Parts(_) => AfterPush::Split { cause, updates: self.updates().count() },
        }
    }
}

#[cfg(test)]
mod size_tests;
#[cfg(test)]
mod tests;
