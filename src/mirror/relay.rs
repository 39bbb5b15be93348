//! Sends a plan's pushes, each with a pack that comes straight from the source.
//!
//! A push that was refused as a whole is tried again in other forms: with a pack that leans less on what
//! the destination should have, then in halves, until the refs that are refused stand alone. A push that the
//! destination ended since the source was slow is made again from a temporary file.

use std::collections::VecDeque;

use super::held_pack::HeldPack;
use super::plan::Plan;
use super::refusal::{self, Refused};
use super::request::{self, Leaning};
use super::{Destination, Job, Observer, Source, spool};
use crate::error::{Error, Failure, Fault, Phase};
use crate::protocol::fetch::FetchRequest;
use crate::protocol::object_id::ObjectId;
use crate::protocol::receive_pack::{PackNeed, RefUpdate, empty_pack, pack_need};
use crate::protocol::ref_name::RefName;
use crate::protocol::report_status::{RefStatus, ReportStatus, Unpack};

/// How many pushes more than planned one run makes to find the refs that are refused.
const MAX_EXTRA_PUSHES: usize = 64;

/// What came of a plan's pushes, as the destination told it.
#[derive(Debug, Default)]
pub struct Relayed {
    /// The reports, one a push that was answered with one.
    pub reports: Vec<ReportStatus>,
    /// Bytes of pack that went through.
    pub pack_bytes: u64,
    /// What broke the relay off; the pushes after it were not made.
    pub interruption: Option<Error>,
}

impl Relayed {
    /// Returns the last report that tells of a ref, and what it says.
    pub fn status(&self, name: &RefName) -> Option<(&ReportStatus, &RefStatus)> {
        self.reports.iter().rev().find_map(|report| Some((report, report.get(name)?)))
    }
}

/// Makes the plan's pushes, until one breaks off or the run is stopped.
pub fn relay(
    source: &mut dyn Source,
    destination: &mut dyn Destination,
    plan: &Plan,
    job: &Job<'_>,
    observer: &dyn Observer,
) -> Relayed {
    let most = destination.max_updates().get();
    let pushes = plan.pushes.iter().flat_map(|updates| updates.chunks(most));
    let mut work: VecDeque<Push> = pushes.map(|updates| Push::new(updates.to_vec())).collect();
    let relayed = Relayed::default();
    let mut relay = Relay { source, destination, job, observer, relayed, arrived: Vec::new(), extra: 0 };
    while let Some(push) = work.pop_front() {
        if let Some(error) = relay.stopped() {
            relay.relayed.interruption = Some(error);
            break;
        }
        let forms = match relay.make(&push) {
            Ok(None) => Vec::new(),
            Ok(Some(report)) => relay.take(&push, report),
            Err(broken) => match relay.forms_after(&push, &broken) {
                forms if forms.is_empty() && !relay.is_too_large_alone(&push, &broken.error) => {
                    relay.relayed.interruption = Some(broken.error);
                    break;
                }
                forms => forms,
            },
        };
        forms.into_iter().rev().for_each(|form| work.push_front(form));
    }
    relay.relayed
}

/// Some updates, what their pack may lean on, and how it goes.
#[derive(Clone, Debug)]
struct Push {
    updates: Vec<RefUpdate>,
    leaning: Leaning,
    way: Way,
}

/// How a pack goes to the destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// As it comes.
    Streamed,
    /// Through a temporary file: at the source's pace first, then at full speed.
    Spooled,
}

/// A push that broke off.
struct Broken {
    error: Error,
    /// Whether the destination had got the whole pack by then.
    pack: PackState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PackState {
    /// All of it went out, or none was needed.
    Sent,
    /// The destination ended the push before that.
    Underway,
}

impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        Self { error, pack: PackState::Sent }
    }
}

impl Push {
    fn new(updates: Vec<RefUpdate>) -> Self {
        Self { updates, leaning: Leaning::ThinPack, way: Way::Streamed }
    }

    /// Returns both halves; none of a single update.
    fn halves(&self) -> Vec<Self> {
        if self.updates.len() < 2 {
            return Vec::new();
        }
        let (first, second) = self.updates.split_at(self.updates.len() / 2);
        [first, second].into_iter().map(|half| Self { updates: half.to_vec(), ..*self }).collect()
    }
}

struct Relay<'a> {
    source: &'a mut dyn Source,
    destination: &'a mut dyn Destination,
    job: &'a Job<'a>,
    observer: &'a dyn Observer,
    relayed: Relayed,
    /// Objects that earlier pushes brought.
    arrived: Vec<ObjectId>,
    extra: usize,
}

impl Relay<'_> {
    /// Returns the error that ends a relay which was stopped from outside.
    fn stopped(&self) -> Option<Error> {
        self.job.stop.reason()?;
        let failure = Failure::new(Fault::Interrupted, "the run was stopped");
        Some(self.destination.peer().error(Phase::Push, failure))
    }

    /// Notes a single ref whose pack is more than the destination takes as refused; the others go on.
    fn is_too_large_alone(&mut self, push: &Push, error: &Error) -> bool {
        let ([update], Fault::TooLarge) = (push.updates.as_slice(), error.failure.fault) else {
            return false;
        };
        let refused = RefStatus::Rejected(error.failure.message.clone());
        let report = ReportStatus::new(Unpack::Ok, [(update.name().clone(), refused)]);
        self.relayed.reports.push(report.with_remote(error.failure.remote.clone().unwrap_or_default()));
        true
    }

    /// Makes one push: with no pack, with the empty one, or with what the destination lacks.
    fn make(&mut self, push: &Push) -> Result<Option<ReportStatus>, Broken> {
        if pack_need(&push.updates) == PackNeed::Forbidden {
            return Ok(self.destination.push(&push.updates, None, self.observer)?);
        }
        if let Some(request) = request::make(self.destination, &push.updates, &self.arrived, push.leaning) {
            return match push.way {
                Way::Streamed => self.stream(push, &request),
                Way::Spooled => Ok(self.push_spooled(push, &request)?),
            };
        }
        let pack = empty_pack(self.destination.format());
        self.relayed.pack_bytes += pack.len() as u64;
        Ok(self.destination.push(&push.updates, Some(&mut pack.as_slice()), self.observer)?)
    }

    fn stream(&mut self, push: &Push, request: &FetchRequest) -> Result<Option<ReportStatus>, Broken> {
        let (peer, format) = (self.source.peer().clone(), self.source.format());
        let pack = self.source.fetch(request, self.observer)?;
        self.observer.phase(Phase::Push);
        let mut held =
            HeldPack::new(pack, format, peer, self.observer, self.relayed.pack_bytes).until(self.job.stop);
        let outcome = self.destination.push(&push.updates, Some(&mut held), self.observer);
        self.relayed.pack_bytes += held.given();
        let pack = if held.is_complete() { PackState::Sent } else { PackState::Underway };
        // Where the source failed, the push failed only because of that.
        match held.into_failure() {
            Some(error) => Err(error.into()),
            None => outcome.map_err(|error| Broken { error, pack }),
        }
    }

    fn push_spooled(&mut self, push: &Push, request: &FetchRequest) -> Result<Option<ReportStatus>, Error> {
        let (peer, format) = (self.source.peer().clone(), self.source.format());
        let pack = self.source.fetch(request, self.observer)?;
        let mut held =
            HeldPack::new(pack, format, peer, self.observer, self.relayed.pack_bytes).until(self.job.stop);
        let spooled = spool::spool(&mut held, self.job.spool);
        self.relayed.pack_bytes += held.given();
        if let Some(error) = held.into_failure() {
            return Err(error);
        }
        let mut file = spooled.map_err(|failure| self.destination.peer().error(Phase::Push, failure))?;
        self.observer.phase(Phase::Push);
        self.destination.push(&push.updates, Some(&mut file), self.observer)
    }

    /// Notes what a push brought, and returns the pushes to make in place of what was refused as a whole.
    fn take(&mut self, push: &Push, report: ReportStatus) -> Vec<Push> {
        let status = |update: &RefUpdate| report.get(update.name());
        let accepted = push.updates.iter().filter(|update| status(update) == Some(&RefStatus::Ok));
        self.arrived.extend(accepted.filter_map(RefUpdate::new_id));
        let refused = push.updates.iter().filter(|update| status(update) != Some(&RefStatus::Ok));
        let refused = Push { updates: refused.cloned().collect(), ..*push };
        let forms = match (refusal::classify(&push.updates, &report), push.leaning.less()) {
            (Refused::Some, _) => Vec::new(),
            (Refused::ObjectsMissing, Some(leaning)) => {
                log::debug!("the destination lacks objects; once more with {leaning:?}");
                vec![Push { leaning, ..refused }]
            }
            (Refused::ObjectsMissing | Refused::All, _) => refused.halves(),
        };
        self.relayed.reports.push(report);
        self.within_bounds(forms)
    }

    /// Returns what to do in place of a push that broke off: halves where it was too large, the same again
    /// from a temporary file where the destination lost patience with the source's pace; else nothing.
    fn forms_after(&mut self, push: &Push, broken: &Broken) -> Vec<Push> {
        let forms = match (broken.error.failure.fault, broken.pack, push.way) {
            (Fault::TooLarge, ..) => push.halves(),
            (Fault::Impatient | Fault::Interrupted, PackState::Underway, Way::Streamed)
                if self.job.stop.reason().is_none() =>
            {
                log::debug!("{}; once more from a temporary file", broken.error);
                vec![Push { way: Way::Spooled, ..push.clone() }]
            }
            _ => Vec::new(),
        };
        self.within_bounds(forms)
    }

    fn within_bounds(&mut self, forms: Vec<Push>) -> Vec<Push> {
        self.extra += forms.len();
        if self.extra > MAX_EXTRA_PUSHES { Vec::new() } else { forms }
    }
}
