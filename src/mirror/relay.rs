//! Moves the bytes of one push: from the source, through the check of the pack, to the destination.

use std::time::Duration;

use super::events::{Event, Events};
use super::gate::TrailerGate;
use super::ports::{Destination, Fetched, Job, OutgoingPack, Source};
use super::push::request;
use super::push::{Delivery, PackBase, PackProgress, Push, PushEnd, PushOutcome, SentPack};
use super::spool;
use super::verified_pack::{Followers, VerifiedPack, Withheld};
use crate::error::{Error, Phase};
use crate::protocol::fetch::FetchRequest;
use crate::protocol::object_id::ObjectId;
use crate::protocol::receive_pack::{PackNeed, RefUpdate, empty_pack, pack_need};
use crate::protocol::report_status::ReportStatus;

/// The time for which a destination takes nothing when it stands still, and is not only slow.
const STALL_TIME: Duration = Duration::from_secs(5);

/// The two repositories of a run's pushes, and those who follow them.
pub(super) struct Relay<'a> {
    pub(super) source: &'a mut dyn Source,
    pub(super) destination: &'a mut dyn Destination,
    pub(super) job: &'a Job<'a>,
    pub(super) gate: &'a mut dyn TrailerGate,
    pub(super) events: &'a dyn Events,
}

impl Relay<'_> {
    /// Returns the same for some of its pushes.
    pub(super) fn again(&mut self) -> Relay<'_> {
        let Self { source, destination, job, gate, events } = self;
        Relay {
            source: &mut **source,
            destination: &mut **destination,
            job,
            gate: &mut **gate,
            events: *events,
        }
    }

    /// Makes one push: with no pack, with the empty one, or with what the destination lacks. `arrived` are objects that
    /// earlier pushes brought.
    pub(super) fn push(&mut self, push: &Push, arrived: &[ObjectId]) -> PushOutcome {
        if pack_need(&push.updates) == PackNeed::Forbidden {
            return self.push_without_objects(&push.updates);
        }
        if let Some(request) = request::for_push(self.destination, push, arrived) {
            return self.push_pack(push, request);
        }
        if push.base != PackBase::EarlierPack
            && let Some(there) = push.new_ids().next()
            && let Err(error) = self.gate.before_refs_alone(self.source, there)
        {
            return PushOutcome { ended: PushEnd::Failed(error), pack: SentPack::SOURCE_FAILED };
        }
        self.push_without_objects(&push.updates)
    }

    fn push_without_objects(&mut self, updates: &[RefUpdate]) -> PushOutcome {
        self.events.on(Event::Started(Phase::Push));
        without_objects(self.destination, updates)
    }

    fn push_pack(&mut self, push: &Push, mut request: FetchRequest) -> PushOutcome {
        let (label, format) = (self.source.info().label.clone(), self.source.info().format);
        let prepared = self.gate.before_pack(self.source, &mut request);
        if prepared.is_ok() {
            self.events.on(Event::PackRequested);
        }
        let pack = match prepared.and_then(|()| self.source.fetch(&request)) {
            Ok(Fetched { pack, .. }) => pack,
            Err(error) => {
                return PushOutcome { ended: PushEnd::Failed(error), pack: SentPack::SOURCE_FAILED };
            }
        };
        let (events, gate, cancel) = (self.events, &mut *self.gate, self.job.cancel);
        let followers = Followers { events, gate, cancel };
        let mut pack = VerifiedPack::new(pack, format, label, push.delivery, push.bound.bytes, followers);
        let objects = pack.objects();
        if let (Some(objects), Some(most)) = (objects, push.bound.objects)
            && objects > most
        {
            let pack = SentPack { objects, ..SentPack::NONE };
            return PushOutcome { ended: PushEnd::TooManyObjects, pack };
        }
        if let Some(objects) = objects {
            events.on(Event::PackBegun { objects });
        }
        let answer = match push.delivery {
            Delivery::Streamed => stream(self.destination, push, &mut pack, events),
            Delivery::Spooled => push_spooled(self.destination, push, &mut pack, self.job, events),
        };
        let sent = SentPack {
            bytes: pack.given(),
            objects: objects.unwrap_or_default(),
            took: pack.took(),
            thin: request.thin_pack,
            progress: progress(&pack),
        };
        // Where the pack's end was withheld, the push failed only because of that.
        let ended = match pack.into_withheld() {
            Some(Withheld::Failed(error)) => PushEnd::Failed(error),
            Some(Withheld::Aborted) => PushEnd::Aborted,
            Some(Withheld::BoundReached) => PushEnd::BoundReached,
            None => answer.into(),
        };
        PushOutcome { ended, pack: sent }
    }
}

impl From<Result<Option<ReportStatus>, Error>> for PushEnd {
    fn from(answer: Result<Option<ReportStatus>, Error>) -> Self {
        match answer {
            Ok(Some(report)) => Self::Reported(report),
            Ok(None) => Self::Unreported,
            Err(error) => Self::Failed(error),
        }
    }
}

/// Sends updates for which the destination lacks no object: with the empty pack, or with none where nothing may follow.
pub(super) fn without_objects(destination: &mut dyn Destination, updates: &[RefUpdate]) -> PushOutcome {
    let empty = empty_pack(destination.info().format);
    let mut bytes = empty.as_slice();
    let pack = match pack_need(updates) {
        PackNeed::Forbidden => None,
        PackNeed::Required => Some(OutgoingPack { length: Some(empty.len() as u64), bytes: &mut bytes }),
    };
    PushOutcome { ended: destination.push(updates, pack).into(), pack: SentPack::NONE }
}

fn stream(
    destination: &mut dyn Destination,
    push: &Push,
    pack: &mut VerifiedPack<'_>,
    events: &dyn Events,
) -> Result<Option<ReportStatus>, Error> {
    events.on(Event::Started(Phase::Push));
    destination.push(&push.updates, Some(OutgoingPack::of_unknown_length(pack)))
}

fn push_spooled(
    destination: &mut dyn Destination,
    push: &Push,
    pack: &mut VerifiedPack<'_>,
    job: &Job<'_>,
    events: &dyn Events,
) -> Result<Option<ReportStatus>, Error> {
    let spooled = spool::spool(pack, job.spool);
    let spooled = spooled.map_err(|failure| destination.info().label.error(Phase::Push, failure))?;
    if pack.is_withheld() {
        // It was ended at its bound; that is what counts.
        return Ok(None);
    }
    events.on(Event::Started(Phase::Push));
    let length = Some(spooled.length);
    let pack = OutgoingPack { length, bytes: &mut spooled.into_pack(events) };
    destination.push(&push.updates, Some(pack))
}

/// Tells how far a pack came, after its push.
fn progress(pack: &VerifiedPack<'_>) -> PackProgress {
    match () {
        () if pack.is_complete() => PackProgress::Complete,
        () if !pack.source_was_slow() && pack.longest_pause() >= STALL_TIME => {
            PackProgress::DestinationStalled
        }
        () if pack.is_withheld() => PackProgress::SourceFailed,
        () if pack.source_was_slow() => PackProgress::SourceStalled,
        () => PackProgress::Partial,
    }
}
