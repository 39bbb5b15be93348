//! The two repositories of a mirror, as the work sees them.

pub use super::pack::Pack;
use super::pack_header;
use super::policy::Policy;
use super::push_size::PushSize;
use super::ref_rule::RefRule;
use crate::cancel::CancelToken;
use crate::error::{Error, ErrorKind, Failure, Phase, RemoteLabel};
use crate::protocol::advertisement::History;
use crate::protocol::fetch::response::FetchHead;
use crate::protocol::fetch::{DeltaBase, FetchRequest, ThinPack};
use crate::protocol::object_id::{ObjectFormat, ObjectId};
use crate::protocol::receive_pack::RefUpdate;
use crate::protocol::ref_list::RefList;
use crate::protocol::report_status::ReportStatus;
use std::fmt;
use std::io::Read;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::Path;
use std::time::Duration;

/// The facts of a source.
#[derive(Clone, Debug)]
pub struct SourceInfo {
    /// Its name in errors.
    pub label: RemoteLabel,
    /// Its object format.
    pub format: ObjectFormat,
    /// Its refs as they were when it was opened.
    pub refs: RefList,
    /// Tells if it can be asked for some tips alone.
    pub tips_alone: TipsAlone,
    /// Tells if it can leave objects out of a pack.
    pub filters: Filters,
    /// The order of its packs.
    pub pack_order: PackOrder,
    /// The places at which it can cut history.
    pub depth: DepthSupport,
}

/// The support of [`FetchRequest::depth`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DepthSupport {
    /// By a number of commits, and by a time.
    CommitsAndTime,
    /// By a number of commits.
    Commits,
    /// None.
    None,
}

/// The order of the objects in a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackOrder {
    /// Each delta has its base before it in the same pack: none is thin.
    BasesFirst,
    /// It is not known: a base may come later, or be out of the pack.
    Unknown,
}

/// The support of [`FetchRequest::filter`]. A source that has it may still refuse single ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filters {
    /// It may be asked with one.
    Offered,
    /// It has none.
    NotOffered,
}

/// The reliability of an answer to [`FetchRequest::tips_alone`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TipsAlone {
    /// Its shallow commits are all commits among the wanted objects, and all that tags among them are of.
    Given,
    /// Such requests are not taken, or what is answered not known to be complete.
    Unknown,
}

/// The facts of a destination.
#[derive(Clone, Debug)]
pub struct DestinationInfo {
    /// Its name in errors.
    pub label: RemoteLabel,
    /// Its object format.
    pub format: ObjectFormat,
    /// Its refs as they were when they were last listed.
    pub refs: RefList,
    /// The completeness of its history.
    pub history: History,
    /// Its support of thin packs.
    pub thin_pack: ThinPack,
    /// The deltas that it understands.
    pub delta_base: DeltaBase,
    /// The most updates that it takes in one push.
    pub max_updates: NonZeroUsize,
    /// The refs that its host does not take.
    pub ref_rules: &'static [RefRule],
    /// The fate of objects that a push brings and no ref of it needs.
    pub unreferenced: Unreferenced,
    /// The largest push that its host takes, in bytes, where that is known.
    pub max_push: Option<NonZeroU64>,
    /// The time at which its host has a default branch.
    pub default_branch: DefaultBranchTime,
}

/// The time at which a repository without branches has one of those that are pushed for its default branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultBranchTime {
    /// When the push is answered, as far as is known.
    WithPush,
    /// A moment after that: the host has work of its own to do, and chooses among the branches that are there by then.
    Later,
}

/// The fate of objects that a push brings and that none of its refs needs. A later push may name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreferenced {
    /// They stay for a while, and the push that names them is refused if they do not.
    KeptAndChecked,
    /// It is not known.
    Unknown,
}

/// The repository that is read. A value exists once its refs are listed.
pub trait Source: Send {
    /// Returns what is known of it.
    fn info(&self) -> &SourceInfo;
    /// Returns its refs under the names that it has itself, which are those of [`Source::info`] unless they are mapped.
    fn own_refs(&self) -> &RefList {
        &self.info().refs
    }
    /// Asks for one pack.
    ///
    /// # Errors
    /// Those of the transport, and a refusal of the server, with [`Phase::Fetch`].
    fn fetch<'a>(&'a mut self, request: &FetchRequest) -> Result<Fetched<'a>, Error>;
    /// Asks which of some objects it holds, listed or not, and reachable or not. No pack is asked for, and it can be asked
    /// for one afterwards. Of more than [`MOST_ASKED`] objects the others are not asked about.
    ///
    /// What is returned is held. Of several, what is not returned may be held all the same: git passes over a parent of
    /// one that came before it, and servers that know less of the protocol tell the first alone. If any is held, at least
    /// one is returned; of a single object the answer is certain. A source that lists no ref holds nothing.
    ///
    /// # Errors
    /// Those of the transport, and a refusal of the server, with [`Phase::Plan`].
    fn knows(&mut self, ids: &[ObjectId]) -> Result<Vec<ObjectId>, Error>;
    /// Asks how many objects the pack of a request has. The pack is not read beyond its header, and another can be asked for
    /// afterwards.
    ///
    /// # Errors
    /// Those of [`Source::fetch`]; bytes that are no pack.
    fn count(&mut self, request: &FetchRequest) -> Result<u32, Error> {
        let label = self.info().label.clone();
        pack_header::objects_alone(&mut *self.fetch(request)?.pack, &label)
    }
    /// Asks at which commits the depth of a request cuts history. No object is read: the haves of the request are its wants,
    /// so that its pack is empty.
    ///
    /// # Errors
    /// Those of [`Source::fetch`]. Git fails where a time is later than every commit.
    fn boundary(&mut self, request: &FetchRequest) -> Result<Vec<ObjectId>, Error> {
        let label = self.info().label.clone();
        let mut fetched = self.fetch(request)?;
        pack_header::objects_alone(&mut *fetched.pack, &label)?;
        Ok(fetched.head.shallow)
    }
}

/// The most objects that a source is asked about at once.
pub const MOST_ASKED: usize = 1_000;

/// The answer to a [`FetchRequest`].
pub struct Fetched<'a> {
    /// The facts that came before the pack.
    pub head: FetchHead,
    /// The pack, which is still to be read.
    pub pack: Box<dyn Pack + 'a>,
}

impl fmt::Debug for Fetched<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetched").field("head", &self.head).finish_non_exhaustive()
    }
}

/// A pack on its way to the destination.
pub struct OutgoingPack<'a> {
    /// Its bytes, as they come.
    pub bytes: &'a mut dyn Read,
    /// Their number, if it is known before.
    pub length: Option<u64>,
}

impl<'a> OutgoingPack<'a> {
    /// Returns a pack that ends where it ends.
    pub fn of_unknown_length(bytes: &'a mut dyn Read) -> Self {
        Self { bytes, length: None }
    }
}

impl fmt::Debug for OutgoingPack<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutgoingPack").field("length", &self.length).finish_non_exhaustive()
    }
}

/// The repository that is written. A value exists once its refs are listed with the right to write.
pub trait Destination: Send {
    /// Returns what is known of it.
    fn info(&self) -> &DestinationInfo;
    /// Asks for some facts again. Without an answer they stay as they were.
    ///
    /// # Errors
    /// Those of the transport, with the phase of [`Refresh::phase`].
    fn refresh(&mut self, what: Refresh) -> Result<(), Error>;
    /// Sends updates, followed by the pack where one must follow; reads the report, if one is given.
    ///
    /// An error of `pack` ends the push such that nothing is applied. Any error leaves open what the server
    /// did: only [`Refresh::Refs`] tells.
    ///
    /// # Errors
    /// Those of the transport, and a report that is cut or garbled, with [`Phase::Push`].
    fn push(
        &mut self,
        updates: &[RefUpdate],
        pack: Option<OutgoingPack<'_>>,
    ) -> Result<Option<ReportStatus>, Error>;
    /// Asks for a pack of what it holds, as a source is asked. Its refs need not name what is wanted, where its server
    /// lets that pass.
    ///
    /// # Errors
    /// Those of the transport, and a refusal of the server, with [`Phase::Verify`]; [`ErrorKind::Unsupported`] where it
    /// cannot be read.
    fn fetch<'a>(&'a mut self, _request: &FetchRequest) -> Result<Fetched<'a>, Error> {
        let failure = Failure::new(ErrorKind::Unsupported, "its objects cannot be read");
        Err(self.info().label.error(Phase::Verify, failure))
    }
}

/// The facts of a destination that change, or are not known from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresh {
    /// Its refs. Those known to be symbolic stay so.
    Refs,
    /// The refs that are symbolic, as far as the server tells.
    Symrefs,
    /// The branch that `HEAD` stands for, also where that does not exist yet, as far as the server tells.
    Head,
}

impl Refresh {
    /// Returns the step of a run that asks for it.
    pub fn phase(self) -> Phase {
        match self {
            Self::Refs => Phase::Verify,
            Self::Symrefs | Self::Head => Phase::List,
        }
    }
}

/// The decision whether refs may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Mirror.
    Mirror,
    /// Only say what would change.
    DryRun,
}

/// The work of one mirror.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// The refs, and the deletions that are allowed.
    pub policy: &'a Policy,
    /// The decision whether it is carried out.
    pub mode: Mode,
    /// The folder for a pack that must wait on disk, since the destination does not wait for the source.
    pub spool: &'a Path,
    /// The longest time that the destination's listing may lag behind what it reported as done.
    pub lag: Duration,
    /// The size of a push that the destination takes, as far as it is known.
    pub push_size: PushSize,
    /// The time of the run, in seconds since 1970.
    pub now: u64,
    /// Ends the work early; the destination is then only listed again.
    pub cancel: &'a CancelToken,
}
