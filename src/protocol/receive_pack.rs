//! Telling receive-pack which refs to change (`gitprotocol-pack`, "Reference Update Request and Packfile
//! Transfer").

use std::fmt;

use super::advertisement::Advertisement;
use super::object_id::{ObjectFormat, ObjectId};
use super::pkt_line::{FLUSH, write_data};
use super::ref_name::RefName;
use super::{AGENT, ProtocolError};

/// One change of one ref. The old value is what the server compares before it changes anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefUpdate {
    /// The ref does not exist yet.
    Create {
        /// The ref.
        name: RefName,
        /// Its new value.
        new: ObjectId,
    },
    /// The ref moves, forward or not.
    Update {
        /// The ref.
        name: RefName,
        /// Its present value.
        old: ObjectId,
        /// Its new value.
        new: ObjectId,
    },
    /// The ref goes.
    Delete {
        /// The ref.
        name: RefName,
        /// Its present value.
        old: ObjectId,
    },
}

impl RefUpdate {
    /// Returns the ref that changes.
    pub fn name(&self) -> &RefName {
        match self {
            Self::Create { name, .. } | Self::Update { name, .. } | Self::Delete { name, .. } => name,
        }
    }

    /// Returns what the ref names before.
    pub fn old_id(&self) -> Option<ObjectId> {
        match self {
            Self::Create { .. } => None,
            Self::Update { old, .. } | Self::Delete { old, .. } => Some(*old),
        }
    }

    /// Returns what the ref shall name after.
    pub fn new_id(&self) -> Option<ObjectId> {
        match self {
            Self::Create { new, .. } | Self::Update { new, .. } => Some(*new),
            Self::Delete { .. } => None,
        }
    }
}

impl fmt::Display for RefUpdate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create { name, new } => write!(f, "create {name} at {new:.10}"),
            Self::Update { name, old, new } => write!(f, "update {name} from {old:.10} to {new:.10}"),
            Self::Delete { name, old } => write!(f, "delete {name}, which was {old:.10}"),
        }
    }
}

/// The need for a pack after a command list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackNeed {
    /// The list creates or updates a ref: a pack must follow, even an empty one.
    Required,
    /// The list only deletes: nothing may follow.
    Forbidden,
}

/// Tells whether a pack must follow these updates.
pub fn pack_need(updates: &[RefUpdate]) -> PackNeed {
    if updates.iter().any(|update| update.new_id().is_some()) {
        PackNeed::Required
    } else {
        PackNeed::Forbidden
    }
}

/// The capabilities for the first line of a push, picked from those that the server offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushCapabilities {
    words: String,
    format: ObjectFormat,
    /// The framing of the server's report, if it sends one.
    pub reporting: Reporting,
}

/// The way in which the server reports the outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reporting {
    /// In side-band 1.
    SideBand,
    /// As it is.
    Plain,
    /// Not at all: only a fresh listing tells.
    None,
}

impl PushCapabilities {
    /// Picks the terms of a push to this server.
    pub fn negotiate(server: &Advertisement) -> Self {
        let offered = &server.capabilities;
        let report = offered.first_of(&["report-status-v2", "report-status"]);
        let side_band = offered.first_of(&["side-band-64k"]);
        let mut words: Vec<String> = report.into_iter().chain(side_band).map(str::to_owned).collect();
        if offered.has("object-format") {
            words.push(format!("object-format={}", server.format));
        }
        if offered.has("agent") {
            words.push(format!("agent={AGENT}"));
        }
        let reporting = match (report, side_band) {
            (None, _) => Reporting::None,
            (Some(_), Some(_)) => Reporting::SideBand,
            (Some(_), None) => Reporting::Plain,
        };
        Self { words: words.join(" "), format: server.format, reporting }
    }

    /// Returns the capabilities that the server is told.
    pub fn words(&self) -> &str {
        &self.words
    }

    /// Makes the command list, in the order given. Each ref may stand in it once.
    ///
    /// # Errors
    /// [`ProtocolError::LineTooLong`] for a command that does not fit into a pkt-line.
    pub fn command_list(&self, updates: &[RefUpdate]) -> Result<Vec<u8>, ProtocolError> {
        let line = self.format.hash_len() * 4 + 64;
        let mut out = Vec::with_capacity(updates.len() * line + self.words.len() + FLUSH.len());
        let zero = self.format.zero();
        for (place, update) in updates.iter().enumerate() {
            let (old, new) = (update.old_id().unwrap_or(zero), update.new_id().unwrap_or(zero));
            let mut command = format!("{old} {new} ").into_bytes();
            command.extend_from_slice(update.name().as_bytes());
            if place == 0 {
                command.extend_from_slice(b"\0 ");
                command.extend_from_slice(self.words.as_bytes());
            }
            write_data(&mut out, &command)?;
        }
        out.extend_from_slice(FLUSH);
        Ok(out)
    }
}

/// Returns the pack of no objects, which must follow updates whose objects are all there already.
pub fn empty_pack(format: ObjectFormat) -> Vec<u8> {
    let mut pack = b"PACK\0\0\0\x02\0\0\0\0".to_vec();
    let mut hash = format.hasher();
    hash.update(&pack);
    pack.extend_from_slice(hash.finish().as_bytes());
    pack
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::advertisement::{History, Version};
    use crate::protocol::capabilities::Capabilities;
    use crate::protocol::ref_list::RefList;
    use crate::protocol::testing::pkt_lines;

    const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    const Z: &str = "0000000000000000000000000000000000000000";

    fn server(offered: &str) -> Advertisement {
        let capabilities = Capabilities::from_list(offered.as_bytes());
        let format = capabilities.object_format().unwrap();
        Advertisement {
            version: Version::V0,
            capabilities,
            format,
            refs: RefList::default(),
            history: History::Complete,
        }
    }

    fn id(digits: &str) -> ObjectId {
        ObjectId::from_hex(digits.as_bytes(), ObjectFormat::Sha1).unwrap()
    }

    fn name(name: &str) -> RefName {
        RefName::new(name.as_bytes()).unwrap()
    }

    fn hex_of(bytes: &[u8]) -> String {
        let mut digits = vec![0; bytes.len() * 2];
        hex::encode_to_slice(bytes, &mut digits).unwrap();
        String::from_utf8(digits).unwrap()
    }

    #[test]
    fn a_command_carries_the_true_old_value_and_the_first_the_terms() {
        let terms = PushCapabilities::negotiate(&server(
            "report-status report-status-v2 delete-refs side-band-64k ofs-delta agent=git object-format=sha1",
        ));
        let updates = [
            RefUpdate::Delete { name: name("refs/heads/gone"), old: id(A) },
            RefUpdate::Create { name: name("refs/heads/new"), new: id(B) },
            RefUpdate::Update { name: name("refs/tags/v1"), old: id(A), new: id(B) },
        ];
        let first = format!(
            "{A} {Z} refs/heads/gone\0 report-status-v2 side-band-64k object-format=sha1 agent={AGENT}"
        );
        let lines = [&first, &format!("{Z} {B} refs/heads/new"), &format!("{A} {B} refs/tags/v1"), "0000"];
        assert_eq!(terms.command_list(&updates).unwrap(), pkt_lines(&lines));
        assert_eq!(terms.reporting, Reporting::SideBand);
    }

    #[test]
    fn only_what_is_offered_is_asked_for() {
        for (offered, words, reporting) in [
            (
                "report-status side-band-64k quiet delete-refs",
                "report-status side-band-64k",
                Reporting::SideBand,
            ),
            ("report-status delete-refs", "report-status", Reporting::Plain),
            ("side-band-64k", "side-band-64k", Reporting::None),
            ("", "", Reporting::None),
        ] {
            let terms = PushCapabilities::negotiate(&server(offered));
            assert_eq!((terms.words.as_str(), terms.reporting), (words, reporting));
        }
    }

    #[test]
    fn a_pack_follows_exactly_where_something_is_created_or_updated() {
        let delete = RefUpdate::Delete { name: name("refs/heads/a"), old: id(A) };
        let create = RefUpdate::Create { name: name("refs/heads/b"), new: id(A) };
        assert_eq!(pack_need(std::slice::from_ref(&delete)), PackNeed::Forbidden);
        assert_eq!(pack_need(&[delete, create]), PackNeed::Required);
    }

    #[test]
    fn the_empty_pack_is_the_one_that_git_writes() {
        let digits = hex_of(&empty_pack(ObjectFormat::Sha1));
        assert_eq!(digits, "5041434b0000000200000000029d08823bd8a8eab510ad6ac75c823cfd3ed31e");
        let long = empty_pack(ObjectFormat::Sha256);
        assert_eq!((long.len(), &long[12..16]), (44, &[0x7e, 0xd8, 0x90, 0xd8][..]));
    }

    #[test]
    fn an_update_says_what_it_does() {
        let update = RefUpdate::Update { name: name("refs/heads/main"), old: id(A), new: id(B) };
        assert_eq!(update.to_string(), "update refs/heads/main from aaaaaaaaaa to bbbbbbbbbb");
    }
}
