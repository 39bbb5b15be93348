//! Asking upload-pack for one pack, in v2 (`gitprotocol-v2`, "fetch") and before
//! (`gitprotocol-pack`, "Packfile Negotiation"), each in a single request that ends with `done`; and, without it, which
//! objects the server knows.
//!
//! ```text
//!  FetchRequest ─► request ─► server ─► response ─► FetchHead, then the pack as PackFraming says
//! ```

pub mod filter;
pub mod negotiation;
pub mod request;
pub mod response;

use std::fmt;
use std::num::NonZeroU32;

use super::advertisement::{Advertisement, Version};
use super::object_id::ObjectId;
use filter::Filter;

/// A request for one pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchRequest {
    /// The objects that are wanted with all that they reach; at least one, each once.
    pub wants: Vec<ObjectId>,
    /// Objects that the receiver holds with all their history. Unknown ones are passed over by the server.
    pub haves: Vec<ObjectId>,
    /// Permission to leave out the bases of deltas that the pack's receiver holds.
    pub thin_pack: ThinPack,
    /// The deltas that the pack's receiver understands.
    pub delta_base: DeltaBase,
    /// The place where history is cut; none for all of it.
    pub depth: Option<Depth>,
    /// Commits at which the receiver says that its history ends. With a depth the server tells which of them it reaches.
    pub shallow: Vec<ObjectId>,
    /// The objects that are left out; none for no object. The wanted ones come in any case.
    pub filter: Option<Filter>,
    /// Permission to say how far the server is.
    pub progress: ProgressText,
}

impl FetchRequest {
    /// Asks for all that some objects reach, in a pack that every receiver understands.
    pub fn new(wants: Vec<ObjectId>) -> Self {
        Self {
            wants,
            haves: Vec::new(),
            thin_pack: ThinPack::Forbidden,
            delta_base: DeltaBase::Ref,
            depth: None,
            shallow: Vec::new(),
            filter: None,
            progress: ProgressText::Wanted,
        }
    }

    /// Asks for some objects without their history and files. The answer names the commits among them, and those that
    /// tags among them are of, as shallow; the pack is small and seldom of use.
    pub fn tips_alone(wants: Vec<ObjectId>) -> Self {
        Self {
            depth: Some(Depth::Commits(NonZeroU32::MIN)),
            filter: Some(Filter::TreeDepth(0)),
            progress: ProgressText::Unwanted,
            ..Self::new(wants)
        }
    }

    /// Tells whether the server offers what the request needs. It is not to be made where it does not.
    pub fn is_offered(&self, server: &Advertisement) -> bool {
        let offered = &server.capabilities;
        let has = |word| match server.version {
            Version::V2 => offered.value_has("fetch", word),
            Version::V0 => offered.has(word),
        };
        let takes_depth = match self.depth {
            None => true,
            Some(Depth::Commits(_)) => has("shallow"),
            // In v2 it is part of `shallow`.
            Some(Depth::Since(_)) => has("shallow") && (server.version == Version::V2 || has("deepen-since")),
        };
        takes_depth && (self.filter.is_none() || has("filter"))
    }
}

impl fmt::Display for FetchRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let thin_pack = if self.thin_pack == ThinPack::Allowed { "thin" } else { "not thin" };
        let delta_base = if self.delta_base == DeltaBase::Offset { "by offset" } else { "by id" };
        write!(f, "a pack, {thin_pack}, deltas {delta_base}")?;
        if let Some(depth) = self.depth {
            write!(f, ", {depth}")?;
        }
        if let Some(filter) = &self.filter {
            write!(f, ", filter {filter}")?;
        }
        write!(f, "; wants: {}, haves: {}", self.wants.len(), self.haves.len())
    }
}

/// The place where the history in a pack is cut. Git takes one kind at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// So many commits on each way down, the wanted one included.
    Commits(NonZeroU32),
    /// The commits since this time, in seconds since 1970.
    Since(u64),
}

/// Writes Git's line for it.
impl fmt::Display for Depth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Commits(count) => write!(f, "deepen {count}"),
            Self::Since(time) => write!(f, "deepen-since {time}"),
        }
    }
}

/// The server's progress, in side-band 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgressText {
    /// The server tells it.
    Wanted,
    /// The server is silent, if it can be asked for that.
    Unwanted,
}

/// The receiver's stand on deltas against objects outside the pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThinPack {
    /// The receiver completes the pack.
    Allowed,
    /// Every base must be in the pack.
    Forbidden,
}

/// The ways in which a delta may name its base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeltaBase {
    /// By object id or by offset in the pack, which is smaller.
    Offset,
    /// By object id only.
    Ref,
}

/// The form of a pack behind the lines that lead to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackFraming {
    /// In the side-band, whose flush-pkt certifies the end.
    SideBand,
    /// As it is, up to the end of the answer. Servers made with go-git know nothing else.
    Bare,
}

impl PackFraming {
    /// Returns how the server sends the pack that a [`FetchRequest`] asks for.
    pub fn of(server: &Advertisement) -> Self {
        match server.version {
            Version::V2 => Self::SideBand,
            Version::V0 if server.capabilities.first_of(SIDE_BANDS).is_some() => Self::SideBand,
            Version::V0 => Self::Bare,
        }
    }
}

/// The kinds of acknowledgments in v0, those that tell more first. Without any the server tells the first object that it
/// knows, and no other.
const MULTI_ACK: &[&str] = &["multi_ack_detailed", "multi_ack"];

/// The larger packets first.
const SIDE_BANDS: &[&str] = &["side-band-64k", "side-band"];

#[cfg(test)]
mod testing {
    use super::*;
    use crate::protocol::advertisement::History;
    use crate::protocol::capabilities::Capabilities;
    use crate::protocol::object_id::ObjectFormat;
    use crate::protocol::ref_list::RefList;

    pub(super) const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    pub(super) const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    pub(super) fn id(digits: &str) -> ObjectId {
        ObjectId::from_hex(digits.as_bytes(), ObjectFormat::Sha1).unwrap()
    }

    pub(super) fn server(version: Version, offered: &str) -> Advertisement {
        let capabilities = Capabilities::from_list(offered.as_bytes());
        let format = capabilities.object_format().unwrap();
        Advertisement { version, capabilities, format, refs: RefList::default(), history: History::Complete }
    }

    /// A v2 server whose `fetch` has these features.
    pub(super) fn server_v2(features: &str) -> Advertisement {
        let mut server = server(Version::V2, "");
        server.capabilities.push_line(format!("fetch={features}").as_bytes()).unwrap();
        server
    }

    /// Wants two objects.
    pub(super) fn both() -> FetchRequest {
        FetchRequest::new(vec![id(A), id(B)])
    }

    /// Wants them without their history and files.
    pub(super) fn tips() -> FetchRequest {
        FetchRequest::tips_alone(both().wants)
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{both, server, server_v2, tips};
    use super::*;

    #[test]
    fn only_v0_without_side_band_sends_the_pack_bare() {
        let of = |version, offered: &str| PackFraming::of(&server(version, offered));
        assert_eq!(of(Version::V0, "ofs-delta"), PackFraming::Bare);
        assert_eq!(of(Version::V0, "side-band"), PackFraming::SideBand);
        assert_eq!(of(Version::V0, "side-band-64k"), PackFraming::SideBand);
        assert_eq!(of(Version::V2, ""), PackFraming::SideBand);
    }

    #[test]
    fn everything_can_be_asked_of_every_server() {
        assert!(both().is_offered(&server(Version::V0, "")));
        assert!(both().is_offered(&server(Version::V2, "fetch")));
    }

    #[test]
    fn depth_and_filter_are_asked_for_only_where_offered() {
        let of = |offered: &str| tips().is_offered(&server(Version::V0, offered));
        assert!(of("shallow filter"));
        assert!(!of("shallow"));
        assert!(!of("filter"));
        assert!(tips().is_offered(&server_v2("shallow wait-for-done filter")));
        assert!(!tips().is_offered(&server_v2("shallow wait-for-done")));
    }

    #[test]
    fn a_time_is_a_capability_of_its_own_before_v2() {
        let request = FetchRequest { depth: Some(Depth::Since(1)), ..both() };
        assert!(!request.is_offered(&server(Version::V0, "shallow")));
        assert!(request.is_offered(&server(Version::V0, "shallow deepen-since")));
        assert!(request.is_offered(&server_v2("shallow")));
    }

    #[test]
    fn a_request_is_shown_with_what_it_leaves_out() {
        assert_eq!(both().to_string(), "a pack, not thin, deltas by id; wants: 2, haves: 0");
        assert_eq!(
            tips().to_string(),
            "a pack, not thin, deltas by id, deepen 1, filter tree:0; wants: 2, haves: 0"
        );
    }
}
