//! Sends a plan's pushes, each with a pack that comes straight from the source.
//!
//! A push that was refused as a whole is made again in other forms: with a pack that leans less on what the
//! destination should have, then in parts, until the refs that are refused stand alone. The parts come after
//! everything else, so that what the destination takes is there first, and their packs are small. A push that the
//! destination ended since the source was slow, or since it wants a length, is made again from a temporary file. So is
//! one that stood still: a server of both sides may serve one request at a time, and wait for itself.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::time::Duration;

use super::bisect_budget::{BisectBudget, SearchFor};
use super::events::{Event, Events};
use super::plan::Plan;
use super::ports::{Destination, Job, OutgoingPack, Source};
use super::rejection;
use super::rejection::Refused;
use super::repository_refusal;
use super::request;
use super::request::Leaning;
use super::spool;
use super::verified_pack::VerifiedPack;
use crate::error::{Error, ErrorKind, Failure, Phase};
use crate::protocol::fetch::{FetchRequest, ThinPack};
use crate::protocol::object_id::ObjectId;
use crate::protocol::receive_pack::{PackNeed, RefUpdate, empty_pack, pack_need};
use crate::protocol::ref_name::RefName;
use crate::protocol::report_status::{RefStatus, ReportStatus, Unpack};

/// What came of a plan's pushes, as the destination told it.
#[derive(Debug, Default)]
pub struct Relayed {
    /// The reports, one a push that was answered with one.
    pub reports: Vec<ReportStatus>,
    /// Bytes of pack that went through.
    pub pack_bytes: u64,
    /// The time that they took, without the wait for reports.
    pub pack_time: Duration,
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
    events: &dyn Events,
) -> Relayed {
    let most = destination.info().max_updates.get();
    let (relayed, arrived, search) = (Relayed::default(), Vec::new(), BisectBudget::default());
    let way = Way::Streamed;
    let mut relay = Relay {
        source,
        destination,
        job,
        events,
        relayed,
        arrived,
        most,
        way,
        search,
        damage: None,
        damaged: Vec::new(),
    };
    let mut work: VecDeque<Push> = plan.pushes.iter().map(|updates| Push::new(updates.clone())).collect();
    while let Some(push) = work.pop_front() {
        if push.updates.len() > relay.most {
            let chunks = push.updates.chunks(relay.most).map(|updates| push.with(updates.to_vec()));
            chunks.rev().for_each(|chunk| work.push_front(chunk));
            continue;
        }
        match relay.settle(&push) {
            Ok(Again::Now(push)) => work.push_front(push),
            Ok(Again::InParts(pushes)) => work.extend(pushes),
            Ok(Again::OneFirst(one, pushes)) => {
                work.push_front(one);
                work.extend(pushes);
            }
            Err(error) => {
                relay.relayed.interruption = Some(error);
                break;
            }
        }
    }
    let damage = relay.take_damage();
    relay.relayed.interruption = relay.relayed.interruption.or(damage);
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    /// As it comes.
    Streamed,
    /// Through a temporary file: at the source's pace first, then at full speed and with its length.
    Spooled,
}

/// How long a destination takes nothing when it stands still, and is not only slow.
const STANDING: Duration = Duration::from_secs(5);

/// The most refs that an error names.
const MOST_NAMED: usize = 10;

/// A push that broke off.
struct Broken {
    error: Error,
    pack: PackState,
}

/// How far a pack was when its push broke off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PackState {
    /// All of it went out, or none was needed.
    Sent,
    /// The destination ended the push before that.
    Underway,
    /// It did, and had been kept waiting for the source.
    Awaited,
    /// It took nothing for a while, and then one of the two ended the exchange.
    Standing,
}

/// The pushes to make in place of one that did not bring what it should.
enum Again {
    /// The same in another form, before anything else.
    Now(Push),
    /// Its parts, after everything else; often none.
    InParts(Vec<Push>),
    /// A single ref at once, and the rest as such parts.
    OneFirst(Push, Vec<Push>),
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

    /// Returns the same with other updates.
    fn with(&self, updates: Vec<RefUpdate>) -> Self {
        Self { updates, ..*self }
    }

    /// Returns it in parts; none of a single update.
    fn parts(&self, words: &str) -> Vec<Self> {
        rejection::parts(&self.updates, words).into_iter().map(|updates| self.with(updates)).collect()
    }
}

struct Relay<'a> {
    source: &'a mut dyn Source,
    destination: &'a mut dyn Destination,
    job: &'a Job<'a>,
    events: &'a dyn Events,
    relayed: Relayed,
    /// Objects that earlier pushes brought.
    arrived: Vec<ObjectId>,
    /// How many updates the destination takes at once, as far as it is known by now.
    most: usize,
    /// How every pack has to go at least, as far as it is known by now.
    way: Way,
    search: BisectBudget,
    /// Why the source could not give some refs, which the pushes of the others did not wait for.
    damage: Option<Error>,
    /// Those of which a pack of their own could not be had either.
    damaged: Vec<RefName>,
}

impl Relay<'_> {
    /// Makes one push, and says what is to be done in place of what it did not bring.
    fn settle(&mut self, push: &Push) -> Result<Again, Error> {
        self.require_running()?;
        let before = self.relayed.pack_bytes;
        match self.make(push) {
            Ok(None) => Ok(Again::InParts(Vec::new())),
            Ok(Some(report)) => self.take(push, report, before),
            Err(broken) => self.replace(push, broken, before),
        }
    }

    fn require_running(&self) -> Result<(), Error> {
        match self.job.cancel.reason() {
            None => Ok(()),
            Some(_) => Err(self.broken(Failure::new(ErrorKind::Interrupted, "the run was stopped"))),
        }
    }

    fn broken(&self, failure: Failure) -> Error {
        self.destination.info().label.error(Phase::Push, failure)
    }

    /// Makes one push: with no pack, with the empty one, or with what the destination lacks.
    fn make(&mut self, push: &Push) -> Result<Option<ReportStatus>, Broken> {
        if pack_need(&push.updates) == PackNeed::Forbidden {
            return Ok(self.destination.push(&push.updates, None)?);
        }
        if let Some(request) = request::make(self.destination, &push.updates, &self.arrived, push.leaning) {
            return match push.way.max(self.way) {
                Way::Streamed => self.stream(push, &request),
                Way::Spooled => Ok(self.push_spooled(push, &request)?),
            };
        }
        let pack = empty_pack(self.destination.info().format);
        let pack = OutgoingPack { length: Some(pack.len() as u64), bytes: &mut pack.as_slice() };
        Ok(self.destination.push(&push.updates, Some(pack))?)
    }

    fn stream(&mut self, push: &Push, request: &FetchRequest) -> Result<Option<ReportStatus>, Broken> {
        let (label, format) = (self.source.info().label.clone(), self.source.info().format);
        let pack = self.source.fetch(request)?.pack;
        self.events.on(Event::Started(Phase::Push));
        let mut held = VerifiedPack::new(pack, format, label, self.events).until(self.job.cancel);
        let mut pack = Announced { pack: &mut held, events: Some(self.events) };
        let pack = OutgoingPack::of_unknown_length(&mut pack);
        let outcome = self.destination.push(&push.updates, Some(pack));
        self.relayed.pack_bytes += held.given();
        self.relayed.pack_time += held.took();
        let pack = match (held.is_complete(), held.is_awaited()) {
            (true, _) => PackState::Sent,
            (false, true) => PackState::Awaited,
            (false, false) if held.longest_pause() >= STANDING => PackState::Standing,
            (false, false) => PackState::Underway,
        };
        // Where the source failed, the push failed only because of that.
        match held.into_failure() {
            Some(error) if pack == PackState::Standing => Err(Broken { error, pack }),
            Some(error) => Err(error.into()),
            None => outcome.map_err(|error| Broken { error, pack }),
        }
    }

    fn push_spooled(&mut self, push: &Push, request: &FetchRequest) -> Result<Option<ReportStatus>, Error> {
        let (label, format) = (self.source.info().label.clone(), self.source.info().format);
        let pack = self.source.fetch(request)?.pack;
        let mut held = VerifiedPack::new(pack, format, label, self.events).until(self.job.cancel);
        let spooled = spool::spool(&mut held, self.job.spool);
        self.relayed.pack_bytes += held.given();
        self.relayed.pack_time += held.took();
        if let Some(error) = held.into_failure() {
            return Err(error);
        }
        let mut spooled =
            spooled.map_err(|failure| self.destination.info().label.error(Phase::Push, failure))?;
        self.events.on(Event::Started(Phase::Push));
        let mut pack = Announced { pack: &mut spooled.file, events: Some(self.events) };
        let pack = OutgoingPack { bytes: &mut pack, length: Some(spooled.length) };
        self.destination.push(&push.updates, Some(pack))
    }

    /// Notes what a push brought; `before` is how much had been relayed until then.
    fn take(&mut self, push: &Push, mut report: ReportStatus, before: u64) -> Result<Again, Error> {
        let is_accepted = |update: &&RefUpdate| report.get(update.name()) == Some(&RefStatus::Ok);
        let accepted: Vec<_> = push.updates.iter().filter(is_accepted).collect();
        self.search.note(accepted.len(), self.relayed.pack_bytes - before);
        self.arrived.extend(accepted.into_iter().filter_map(RefUpdate::new_id));
        let words = report.remote.clone();
        let kind = rejection::fault_of_unpack(&report);
        if let (Some(ErrorKind::Storage), Unpack::Failed(why)) = (kind, &report.unpack) {
            let failure = Failure::new(ErrorKind::Storage, "the server cannot store the pack");
            let said = if words.is_empty() { why.clone() } else { format!("{why}\n{words}") };
            return Err(self.broken(failure.or_in_words(said)));
        }
        let refused = rejection::classify(&push.updates, &report);
        if let (Refused::AsAWhole(_), Some(kind)) =
            (&refused, repository_refusal::in_report(&push.updates, &report))
        {
            let reason = push.updates.first().and_then(|update| report.get(update.name()));
            let said = match reason {
                _ if !words.is_empty() => words.to_string(),
                Some(RefStatus::Rejected(reason)) => reason.clone(),
                _ => String::new(),
            };
            return Err(self.refused_repository(kind, said));
        }
        let what = if kind == Some(ErrorKind::TooLarge) { SearchFor::Size } else { SearchFor::Refs };
        let is_untold = kind.is_none() && report.unpack != Unpack::Ok;
        let again = match refused {
            Refused::ForItself => Again::InParts(Vec::new()),
            // Some servers do not complete thin packs, and say so in words of their own.
            Refused::AsAWhole(updates) if is_untold && self.was_thin(push) => {
                Again::Now(Push { leaning: Leaning::Haves, ..push.with(updates) })
            }
            Refused::WithOthers(updates) => Again::Now(push.with(updates)),
            Refused::AsAWhole(updates) => Again::InParts(self.parts(&push.with(updates), &words)),
            Refused::ObjectsMissing(updates) => match push.leaning.less() {
                Some(leaning) => {
                    log::debug!("the destination lacks objects; once more with a pack that takes {leaning}");
                    Again::Now(Push { leaning, ..push.with(updates) })
                }
                None => Again::InParts(self.parts(&push.with(updates), &words)),
            },
        };
        let pending = again.updates().map(RefUpdate::name);
        pending.for_each(|name| report.forget(name));
        self.relayed.reports.push(report);
        self.go_on(again, &words, what)
    }

    /// Says what is to be done in place of a push that broke off.
    fn replace(&mut self, push: &Push, Broken { error, pack }: Broken, before: u64) -> Result<Again, Error> {
        self.search.note(0, self.relayed.pack_bytes - before);
        let (kind, failure) = (error.failure.kind, &error.failure);
        if kind == ErrorKind::Damaged && error.phase == Phase::Fetch {
            // A destination loses nothing for a source that cannot give what should stand in its place.
            let is_deletion = |update: &&RefUpdate| matches!(update, RefUpdate::Delete { .. });
            let others = push.updates.iter().filter(|update| !is_deletion(update)).cloned().collect();
            let wanted = push.with(others);
            let parts = self.parts(&wanted, "");
            if parts.is_empty() {
                self.damaged.extend(wanted.updates.iter().map(|update| update.name().clone()));
            }
            self.damage.get_or_insert(error);
            return self.go_on(Again::InParts(parts), "", SearchFor::Damage);
        }
        let is_size = kind == ErrorKind::TooLarge || rejection::is_about_size(failure);
        let is_refusal =
            kind == ErrorKind::TooLarge || kind == ErrorKind::Refused || rejection::is_about_size(failure);
        if is_refusal && error.phase == Phase::Push {
            let words = failure.remote.clone().unwrap_or_default();
            if let Some(kind) = repository_refusal::in_words(&push.updates, &words) {
                return Err(self.refused_repository(kind, words));
            }
            let parts = self.parts(push, &words);
            if parts.is_empty() {
                self.note_refusal(push, &error);
            }
            let what = if is_size { SearchFor::Size } else { SearchFor::Refs };
            return self.go_on(Again::InParts(parts), &words, what);
        }
        if kind == ErrorKind::LengthRequired {
            // So it will be with every push.
            self.way = Way::Spooled;
        }
        let wants_file = match pack {
            _ if kind == ErrorKind::LengthRequired => true,
            PackState::Sent => false,
            PackState::Underway => kind == ErrorKind::RequestTimeout,
            PackState::Awaited | PackState::Standing => {
                matches!(kind, ErrorKind::RequestTimeout | ErrorKind::Interrupted)
            }
        };
        if wants_file && push.way == Way::Streamed && self.job.cancel.reason().is_none() {
            log::debug!("{error}; once more from a temporary file");
            return Ok(Again::Now(Push { way: Way::Spooled, ..push.clone() }));
        }
        Err(error)
    }

    /// Takes what went wrong at the source, with the refs that it was found to be about.
    fn take_damage(&mut self) -> Option<Error> {
        let mut error = self.damage.take()?;
        let named: Vec<_> = self.damaged.iter().take(MOST_NAMED).map(|name| format!("'{name}'")).collect();
        if !named.is_empty() {
            let more = match self.damaged.len() - named.len() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            error.failure.message =
                format!("{}; it cannot give {}{more}", error.failure.message, named.join(", "));
        }
        Some(error)
    }

    /// Ends the pushes: what the server said is about no ref.
    fn refused_repository(&self, kind: ErrorKind, words: String) -> Error {
        let message = match kind {
            ErrorKind::Storage => "the server has no room for the push",
            _ => "the server takes no push to this repository",
        };
        self.broken(Failure::new(kind, message).or_in_words(words))
    }

    /// Notes a single ref as refused of which the destination said no by other means than a report.
    fn note_refusal(&mut self, push: &Push, error: &Error) {
        let refused =
            |update: &RefUpdate| (update.name().clone(), RefStatus::NoReport(error.failure.message.clone()));
        let report = ReportStatus::new(Unpack::Ok, push.updates.iter().map(refused));
        let report = report.with_remote(error.failure.remote.as_deref().unwrap_or_default());
        self.relayed.reports.push(report.with_fault(error.failure.kind));
    }

    fn was_thin(&self, push: &Push) -> bool {
        let request = request::make(self.destination, &push.updates, &self.arrived, push.leaning);
        request.is_some_and(|request| request.thin_pack == ThinPack::Allowed)
    }

    fn parts(&mut self, push: &Push, words: &str) -> Vec<Push> {
        if let Some(most) = rejection::most_updates(words) {
            self.most = self.most.min(most.get());
        }
        let parts = push.parts(words);
        if !parts.is_empty() {
            self.events.on(Event::Split { updates: push.updates.len() });
        }
        parts
    }

    /// Goes on unless it is time to give up on finding the refs that are the cause.
    fn go_on(&mut self, again: Again, words: &str, what: SearchFor) -> Result<Again, Error> {
        let pushes = match &again {
            Again::Now(_) => 1,
            Again::InParts(pushes) => pushes.len(),
            Again::OneFirst(_, pushes) => pushes.len() + 1,
        };
        if what == SearchFor::Size && pushes > 0 {
            self.search.note_too_large();
        }
        let is_size_of_all = what == SearchFor::Size && self.search.needs_single_ref();
        if pushes == 0 && is_size_of_all {
            let count = self.search.pushes_without_progress();
            let message = format!(
                "it refused {count} pushes in a row for their size, the last of them with a single ref; the others \
                 were not tried alone"
            );
            return Err(self.broken(Failure::new(ErrorKind::TooLarge, message).or_in_words(words.to_owned())));
        }
        if pushes == 0 || self.search.goes_on(pushes, what) {
            return Ok(if is_size_of_all { again.one_first() } else { again });
        }
        let count = self.search.pushes_without_progress();
        let (kind, message) = match what {
            SearchFor::Refs => (
                ErrorKind::Refused,
                format!("it refused {count} pushes in a row, and which refs are the cause was not found"),
            ),
            SearchFor::Size => {
                (ErrorKind::TooLarge, format!("it refused {count} pushes in a row, since each is too large"))
            }
            SearchFor::Damage => match self.take_damage() {
                Some(error) => return Err(error),
                None => (ErrorKind::Damaged, "the source cannot give some refs".to_owned()),
            },
        };
        Err(self.broken(Failure::new(kind, message).or_in_words(words.to_owned())))
    }
}

/// A pack whose end is told of: what follows is the destination's report, which can take long.
struct Announced<'a> {
    pack: &'a mut dyn Read,
    events: Option<&'a dyn Events>,
}

impl Read for Announced<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.pack.read(buf)?;
        if count == 0 && !buf.is_empty() {
            self.events.take().into_iter().for_each(|events| events.on(Event::Sent));
        }
        Ok(count)
    }
}

impl Again {
    fn updates(&self) -> impl Iterator<Item = &RefUpdate> {
        let (first, pushes) = match self {
            Self::Now(push) => (Some(push), &[][..]),
            Self::InParts(pushes) => (None, pushes.as_slice()),
            Self::OneFirst(one, pushes) => (Some(one), pushes.as_slice()),
        };
        first.into_iter().chain(pushes).flat_map(|push| &push.updates)
    }

    /// Takes a single ref out of the parts, to be pushed at once.
    fn one_first(self) -> Self {
        let Self::InParts(mut pushes) = self else { return self };
        let Some(first) = pushes.first_mut() else { return Self::InParts(pushes) };
        let rest = first.updates.split_off(first.updates.len().min(1));
        let one = std::mem::replace(first, first.with(rest));
        pushes.retain(|push| !push.updates.is_empty());
        Self::OneFirst(one, pushes)
    }
}
