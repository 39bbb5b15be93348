//! Moves the bytes of one push: from the source, through the check of the pack, to the destination.

use std::time::Duration;

use super::gate::TrailerGate;
use super::ports::{Destination, Job, Observer, OutgoingPack, Source};
use super::push::request;
use super::push::{Delivery, PackProgress, Push, PushEnd, PushOutcome, SentPack};
use super::spool;
use super::verified_pack::{Followers, VerifiedPack, Withheld};
use crate::error::{Error, Phase};
use crate::protocol::fetch::FetchRequest;
use crate::protocol::object_id::ObjectId;
use crate::protocol::receive_pack::{PackNeed, empty_pack, pack_need};
use crate::protocol::report_status::ReportStatus;

/// How long a destination takes nothing when it stands still, and is not only slow.
const STANDING: Duration = Duration::from_secs(5);

/// What the pushes of a run go between, and those who follow them.
pub(super) struct Relay<'a> {
    pub(super) source: &'a mut dyn Source,
    pub(super) destination: &'a mut dyn Destination,
    pub(super) job: &'a Job<'a>,
    pub(super) gate: &'a mut dyn TrailerGate,
    pub(super) observer: &'a dyn Observer,
}

/// What the pushes before one brought.
#[derive(Clone, Copy, Debug)]
pub(super) struct Before<'a> {
    /// Objects that are at the destination since.
    pub(super) arrived: &'a [ObjectId],
    /// Bytes of pack that went through.
    pub(super) pack_bytes: u64,
}

impl Relay<'_> {
    /// Makes one push: with no pack, with the empty one, or with what the destination lacks.
    pub(super) fn push(&mut self, push: &Push, before: Before<'_>) -> PushOutcome {
        if pack_need(&push.updates) == PackNeed::Forbidden {
            let answer = self.destination.push(&push.updates, None, self.observer);
            return PushOutcome { ended: answer.into(), pack: SentPack::NONE };
        }
        if let Some(request) = request::for_push(self.destination, push, before.arrived) {
            return self.push_pack(push, &request, before.pack_bytes);
        }
        let pack = empty_pack(self.destination.info().format);
        let pack = OutgoingPack { length: Some(pack.len() as u64), bytes: &mut pack.as_slice() };
        let answer = self.destination.push(&push.updates, Some(pack), self.observer);
        PushOutcome { ended: answer.into(), pack: SentPack::NONE }
    }

    fn push_pack(&mut self, push: &Push, request: &FetchRequest, before: u64) -> PushOutcome {
        let (label, format) = (self.source.info().label.clone(), self.source.info().format);
        let pack = match self.source.fetch(request, self.observer) {
            Ok(pack) => pack,
            Err(error) => {
                let pack = SentPack { progress: PackProgress::SourceFailed, ..SentPack::NONE };
                return PushOutcome { ended: PushEnd::Failed(error), pack };
            }
        };
        let (observer, gate, cancel) = (self.observer, &mut *self.gate, self.job.cancel);
        let followers = Followers { observer, gate, cancel, before };
        let mut pack = VerifiedPack::new(pack, format, label, push.delivery, followers);
        let answer = match push.delivery {
            Delivery::Streamed => stream(self.destination, push, &mut pack, observer),
            Delivery::Spooled => push_spooled(self.destination, push, &mut pack, self.job, observer),
        };
        let sent = SentPack { bytes: pack.given(), thin: request.thin_pack, progress: progress(&pack) };
        // Where the pack's end was withheld, the push failed only because of that.
        let ended = match pack.into_withheld() {
            Some(Withheld::Failed(error)) => PushEnd::Failed(error),
            Some(Withheld::Aborted) => PushEnd::Aborted,
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

fn stream(
    destination: &mut dyn Destination,
    push: &Push,
    pack: &mut VerifiedPack<'_>,
    observer: &dyn Observer,
) -> Result<Option<ReportStatus>, Error> {
    observer.phase(Phase::Push);
    destination.push(&push.updates, Some(OutgoingPack::of_unknown_length(pack)), observer)
}

fn push_spooled(
    destination: &mut dyn Destination,
    push: &Push,
    pack: &mut VerifiedPack<'_>,
    job: &Job<'_>,
    observer: &dyn Observer,
) -> Result<Option<ReportStatus>, Error> {
    let spooled = spool::spool(pack, job.spool);
    let spooled = spooled.map_err(|failure| destination.info().label.error(Phase::Push, failure))?;
    observer.phase(Phase::Push);
    let length = Some(spooled.length);
    let pack = OutgoingPack { length, bytes: &mut spooled.into_pack(observer) };
    destination.push(&push.updates, Some(pack), observer)
}

/// Tells how far a pack came, after its push.
fn progress(pack: &VerifiedPack<'_>) -> PackProgress {
    match () {
        () if pack.is_complete() => PackProgress::Complete,
        () if !pack.source_was_slow() && pack.longest_pause() >= STANDING => PackProgress::DestinationStalled,
        () if pack.is_withheld() => PackProgress::SourceFailed,
        () if pack.source_was_slow() => PackProgress::SourceStalled,
        () => PackProgress::Partial,
    }
}
