//! Repositories in memory, for tests of the work without servers.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::events::{Event, Events};
use super::policy::{DeletionLimit, DivergedRefs, EmptySource, KeepReplaced, Policy, Prune, Selection};
use super::ports::{
    DefaultBranchTime, DepthSupport, Destination, DestinationInfo, Fetched, Filters, Job, Mode, OutgoingPack,
    Pack, PackOrder, Refresh, Source, SourceInfo, TipsAlone, Unreferenced,
};
use super::push_size::PushSize;
use crate::error::{Error, Phase, RemoteLabel, Side};
use crate::protocol::advertisement::History;
use crate::protocol::fetch::response::FetchHead;
use crate::protocol::fetch::{DeltaBase, FetchRequest, ThinPack};
use crate::protocol::object_id::{ObjectFormat, ObjectId};
use crate::protocol::pkt_line::{FLUSH, PktReader, write_text};
use crate::protocol::receive_pack::{RefUpdate, empty_pack};
use crate::protocol::ref_list::{AdvertisedRef, RefList};
use crate::protocol::ref_name::RefName;
use crate::protocol::report_status;
use crate::protocol::report_status::ReportStatus;

/// Hears nothing.
pub(crate) struct Silent;

impl Events for Silent {
    fn on(&self, _: Event<'_>) {}
}

/// Returns events that go nowhere.
pub(crate) fn silent() -> Arc<dyn Events> {
    Arc::new(Silent)
}

/// A pack that comes in pieces of a chosen size and ends well or not.
pub(crate) struct Bytes {
    rest: Vec<u8>,
    piece: usize,
    end: Result<(), Error>,
}

impl Bytes {
    pub(crate) fn good(pack: &[u8], piece: usize) -> Self {
        Self { rest: pack.to_vec(), piece, end: Ok(()) }
    }

    pub(crate) fn failing(pack: &[u8], piece: usize, error: Error) -> Self {
        Self { rest: pack.to_vec(), piece, end: Err(error) }
    }
}

impl Pack for Bytes {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, Error> {
        if self.rest.is_empty() {
            return self.end.clone().map(|()| 0);
        }
        let count = buf.len().min(self.piece).min(self.rest.len());
        buf[..count].copy_from_slice(&self.rest[..count]);
        self.rest.drain(..count);
        Ok(count)
    }
}

pub(crate) fn id(number: u8) -> ObjectId {
    ObjectId::Sha1([number; 20])
}

pub(crate) fn name(name: &str) -> RefName {
    RefName::new(name.as_bytes()).unwrap()
}

pub(crate) fn list(refs: &[(&str, u8)]) -> RefList {
    refs.iter().map(|(ref_name, number)| AdvertisedRef { name: name(ref_name), id: id(*number) }).collect()
}

/// The defaults of tests.
pub(crate) fn policy() -> Policy {
    let selection = Selection::new::<&str>(&[], &[]).unwrap();
    let deletions = DeletionLimit::percent(50).unwrap();
    Policy {
        selection,
        prune: Prune::Delete,
        empty_source: EmptySource::Refuse,
        deletions,
        diverged: DivergedRefs::Overwrite,
        replaced: KeepReplaced::Nothing,
    }
}

/// A job whose destination must not lag.
pub(crate) fn job(policy: &Policy, mode: Mode) -> Job<'_> {
    Job {
        policy,
        mode,
        spool: Path::new("/tmp"),
        lag: Duration::ZERO,
        push_size: PushSize::default(),
        now: 1_795_000_000,
        cancel: Box::leak(Box::default()),
    }
}

/// Lists that many refs of one object, whose names begin so.
pub(crate) fn many(prefix: &str, numbers: std::ops::Range<u8>) -> RefList {
    let listed = |number| AdvertisedRef { name: name(&format!("{prefix}{number:03}")), id: id(1) };
    numbers.map(listed).collect()
}

impl RefList {
    /// Returns the list with the refs of another.
    pub(crate) fn with(self, other: &Self) -> Self {
        self.refs().iter().chain(other.refs()).cloned().collect()
    }
}

pub(crate) fn label(side: Side) -> RemoteLabel {
    RemoteLabel::new(side, format!("https://{side}.example.org"))
}

/// Gives the pack that it was made with, and remembers what was asked for.
pub(crate) struct MemorySource {
    pub(crate) info: SourceInfo,
    pub(crate) requests: Vec<FetchRequest>,
    /// The end of each pack.
    pub(crate) end: Result<(), Error>,
    /// Objects that the source cannot give: a pack of them ends as damaged.
    pub(crate) damaged: Option<ObjectId>,
    /// The shallow commits of each answer.
    pub(crate) shallow: Vec<ObjectId>,
    /// The pack or the error that answers a request; the empty pack where it has neither.
    pub(crate) answers: Answers,
    /// Objects that it holds beside those that it lists.
    pub(crate) unlisted: Vec<ObjectId>,
    /// The ids that it was asked about, by one question after another.
    pub(crate) asked_about: Vec<Vec<ObjectId>>,
}

/// The answers of a source, as a test wants them.
pub(crate) type Answers = Box<dyn Fn(&FetchRequest) -> Option<Result<Vec<u8>, Error>> + Send>;

impl MemorySource {
    pub(crate) fn new(refs: &[(&str, u8)]) -> Self {
        Self {
            info: SourceInfo {
                label: label(Side::Source),
                format: ObjectFormat::Sha1,
                refs: list(refs),
                tips_alone: TipsAlone::Unknown,
                pack_order: PackOrder::Unknown,
                filters: Filters::NotOffered,
                depth: DepthSupport::None,
            },
            requests: Vec::new(),
            end: Ok(()),
            damaged: None,
            shallow: Vec::new(),
            answers: Box::new(|_| None),
            unlisted: Vec::new(),
            asked_about: Vec::new(),
        }
    }
}

impl Source for MemorySource {
    fn info(&self) -> &SourceInfo {
        &self.info
    }
    fn fetch<'a>(&'a mut self, request: &FetchRequest) -> Result<Fetched<'a>, Error> {
        self.requests.push(request.clone());
        if self.damaged.is_some_and(|id| request.wants.contains(&id)) {
            let failure = crate::error::Failure::new(crate::error::ErrorKind::Damaged, "it lacks an object");
            return Err(self.info.label.error(Phase::Fetch, failure));
        }
        let pack = (self.answers)(request).unwrap_or_else(|| Ok(empty_pack(ObjectFormat::Sha1)))?;
        let pack = Box::new(Bytes { rest: pack, piece: 7, end: self.end.clone() });
        let head = FetchHead { shallow: self.shallow.clone(), unshallow: Vec::new() };
        Ok(Fetched { head, pack })
    }
    fn knows(&mut self, ids: &[ObjectId]) -> Result<Vec<ObjectId>, Error> {
        self.asked_about.push(ids.to_vec());
        let listed = |id: &ObjectId| self.info.refs.refs().iter().any(|listed| listed.id == *id);
        Ok(ids.iter().copied().filter(|id| listed(id) || self.unlisted.contains(id)).collect())
    }
}

/// Makes the head of a pack of so many objects, with the trailer of none.
pub(crate) fn header(objects: usize) -> Vec<u8> {
    let mut pack = empty_pack(ObjectFormat::Sha1);
    pack[8..12].copy_from_slice(&u32::try_from(objects).unwrap().to_be_bytes());
    pack
}

/// Applies pushes to a list, refuses chosen refs, and remembers what came.
pub(crate) struct MemoryDestination {
    /// With its refs as they are, whatever a listing that lags shows.
    pub(crate) info: DestinationInfo,
    /// Refs that are refused.
    pub(crate) protected: Vec<RefName>,
    /// Refs with which a hook refuses the whole push.
    pub(crate) poisoned: Vec<RefName>,
    /// The text that refuses a whole push.
    pub(crate) words: String,
    /// More updates in one push are refused as a whole.
    pub(crate) takes: usize,
    /// Updates that are made and reported as refused.
    pub(crate) lies: bool,
    /// Number of pushes that are ended with a 408 after the pack's first bytes.
    pub(crate) impatient: usize,
    /// Set if a pack of a length that is not told is refused with 411.
    pub(crate) wants_length: bool,
    /// The error that asking for the symbolic refs ends with.
    pub(crate) learning: Result<(), Error>,
    /// A ref that no push may hold, since its pack is too large.
    pub(crate) too_large: Vec<RefName>,
    /// Number of pushes that were refused for size.
    pub(crate) refused_for_size: usize,
    /// The error that listing again ends with.
    pub(crate) listing: Result<(), Error>,
    /// The listing, counted from the first after a push, that fails alone.
    pub(crate) listing_fails_at: Option<(usize, Error)>,
    /// Number of listings after a push that show the refs of before.
    pub(crate) lag: usize,
    before: Option<DestinationInfo>,
    pub(crate) listings: usize,
    /// Reports to give, in turn, instead of applying anything.
    pub(crate) refusals: Vec<ReportStatus>,
    /// The error that the push ends with after it was applied.
    pub(crate) answer: Result<(), Error>,
    pub(crate) pushes: Vec<(Vec<RefUpdate>, Option<Vec<u8>>)>,
    /// The symbolic refs that are found when they are asked for.
    pub(crate) symrefs: RefList,
    /// The branches of `HEAD` that are told one after another, the last one for ever.
    pub(crate) heads: Vec<RefName>,
    pub(crate) heads_asked: usize,
    /// The packs that it was asked for.
    pub(crate) requests: Vec<FetchRequest>,
    /// The pack or the error that answers a request; where it has neither, all that refs name and that is not lost.
    pub(crate) answers: Answers,
    /// Objects that refs name and that are not there.
    pub(crate) lost: Vec<ObjectId>,
    /// The end of each pack.
    pub(crate) end: Result<(), Error>,
}

impl MemoryDestination {
    pub(crate) fn new(refs: &[(&str, u8)]) -> Self {
        Self {
            info: DestinationInfo {
                label: label(Side::Destination),
                format: ObjectFormat::Sha1,
                refs: list(refs),
                history: History::Complete,
                thin_pack: ThinPack::Allowed,
                delta_base: DeltaBase::Ref,
                max_updates: NonZeroUsize::MAX,
                ref_rules: &[],
                unreferenced: Unreferenced::Unknown,
                max_push: None,
                default_branch: DefaultBranchTime::WithPush,
            },
            protected: Vec::new(),
            poisoned: Vec::new(),
            words: String::new(),
            takes: usize::MAX,
            lies: false,
            impatient: 0,
            wants_length: false,
            learning: Ok(()),
            too_large: Vec::new(),
            refused_for_size: 0,
            listing: Ok(()),
            listing_fails_at: None,
            lag: 0,
            before: None,
            listings: 0,
            refusals: Vec::new(),
            answer: Ok(()),
            pushes: Vec::new(),
            symrefs: RefList::default(),
            heads: Vec::new(),
            heads_asked: 0,
            requests: Vec::new(),
            answers: Box::new(|_| None),
            lost: Vec::new(),
            end: Ok(()),
        }
    }

    fn apply(&mut self, updates: &[RefUpdate]) -> ReportStatus {
        let whole =
            updates.len() > self.takes || updates.iter().any(|update| self.poisoned.contains(update.name()));
        let mut statuses = Vec::new();
        let mut refs = self.info.refs.refs().to_vec();
        for update in updates {
            let fits = self.info.refs.get(update.name()) == update.old_id();
            let reason = match (whole, fits && !self.protected.contains(update.name())) {
                (true, _) => "pre-receive hook declined",
                (false, true) => "",
                (false, false) => "hook declined",
            };
            if reason.is_empty() {
                refs.retain(|listed| listed.name != *update.name());
                refs.extend(update.new_id().map(|id| AdvertisedRef { name: update.name().clone(), id }));
                // What is symbolic for it follows.
                let following =
                    self.info.refs.symrefs().iter().filter(|symref| symref.target == *update.name());
                for symref in following {
                    refs.retain(|listed| listed.name != symref.name);
                    refs.extend(update.new_id().map(|id| AdvertisedRef { name: symref.name.clone(), id }));
                }
            }
            statuses.push((update.name().to_string(), if self.lies { "no" } else { reason }));
        }
        let symrefs = std::mem::replace(&mut self.info.refs, refs.into_iter().collect());
        self.info.refs.adopt_symrefs(symrefs);
        let statuses: Vec<_> = statuses.iter().map(|(name, reason)| (name.as_str(), *reason)).collect();
        report("ok", &statuses).with_remote(if whole { &self.words } else { "" })
    }
}

/// Makes a report; a ref without a reason is accepted.
pub(crate) fn report(unpack: &str, statuses: &[(&str, &str)]) -> ReportStatus {
    let mut lines = Vec::new();
    write_text(&mut lines, &format!("unpack {unpack}")).unwrap();
    for (ref_name, reason) in statuses {
        let line = match *reason {
            "" => format!("ok {ref_name}"),
            reason => format!("ng {ref_name} {reason}"),
        };
        write_text(&mut lines, &line).unwrap();
    }
    lines.extend_from_slice(FLUSH);
    let update = |(ref_name, _): &(&str, &str)| RefUpdate::Create { name: name(ref_name), new: id(1) };
    let updates: Vec<_> = statuses.iter().map(update).collect();
    report_status::read(&mut PktReader::new(&lines[..]), &updates).unwrap()
}

impl Destination for MemoryDestination {
    fn info(&self) -> &DestinationInfo {
        self.before.as_ref().unwrap_or(&self.info)
    }
    fn refresh(&mut self, what: Refresh) -> Result<(), Error> {
        if what == Refresh::Symrefs {
            self.learning.clone()?;
            self.info.refs.adopt_symrefs(self.symrefs.clone());
            return Ok(());
        }
        if what == Refresh::Head {
            self.heads_asked += 1;
            self.learning.clone()?;
            let told =
                if self.heads.len() > 1 { Some(self.heads.remove(0)) } else { self.heads.first().cloned() };
            self.info.refs.adopt_head(RefList::default().with_head_of(told));
            return Ok(());
        }
        self.listings += 1;
        if let Some((_, error)) = self.listing_fails_at.as_ref().filter(|(place, _)| *place == self.listings)
        {
            return Err(error.clone());
        }
        match self.lag.checked_sub(1) {
            Some(left) => self.lag = left,
            None => self.before = None,
        }
        self.listing.clone()
    }
    fn fetch<'a>(&'a mut self, request: &FetchRequest) -> Result<Fetched<'a>, Error> {
        self.requests.push(request.clone());
        let is_named = |id: &ObjectId| self.info.refs.refs().iter().any(|listed| listed.id == *id);
        let is_there = |id: &ObjectId| is_named(id) && !self.lost.contains(id);
        let pack = (self.answers)(request).unwrap_or_else(|| {
            if request.wants.iter().all(is_there) {
                return Ok(header(request.wants.len()));
            }
            let failure = crate::error::Failure::new(crate::error::ErrorKind::Stale, "not our ref");
            Err(self.info.label.error(Phase::Verify, failure))
        })?;
        let pack = Box::new(Bytes { rest: pack, piece: 7, end: self.end.clone() });
        Ok(Fetched { head: FetchHead::default(), pack })
    }
    fn push(
        &mut self,
        updates: &[RefUpdate],
        pack: Option<OutgoingPack<'_>>,
    ) -> Result<Option<ReportStatus>, Error> {
        if updates.iter().any(|update| self.too_large.contains(update.name())) {
            self.refused_for_size += 1;
            let failure =
                crate::error::Failure::new(crate::error::ErrorKind::TooLarge, "the server answered 413");
            return Err(label(Side::Destination).error(Phase::Push, failure));
        }
        let mut bytes = None;
        if let Some(pack) = pack {
            if self.impatient > 0 {
                self.impatient -= 1;
                pack.bytes.read_exact(&mut [0; 4]).unwrap();
                let busy = crate::error::ErrorKind::RequestTimeout;
                let failure = crate::error::Failure::new(busy, "the server answered 408 Request Timeout");
                return Err(label(Side::Destination).error(Phase::Push, failure));
            }
            if self.wants_length && pack.length.is_none() {
                let wanting = crate::error::ErrorKind::LengthRequired;
                let failure = crate::error::Failure::new(wanting, "the server answered 411 Length Required");
                return Err(label(Side::Destination).error(Phase::Push, failure));
            }
            let body = bytes.insert(Vec::new());
            if pack.bytes.read_to_end(body).is_err() {
                let failure =
                    crate::error::Failure::new(crate::error::ErrorKind::Interrupted, "the push broke off");
                return Err(label(Side::Destination).error(Phase::Push, failure));
            }
        }
        self.pushes.push((updates.to_vec(), bytes));
        self.before = (self.lag > 0).then(|| self.info.clone());
        let report = if self.refusals.is_empty() { self.apply(updates) } else { self.refusals.remove(0) };
        self.answer.clone().map(|()| Some(report))
    }
}
