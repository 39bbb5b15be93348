//! The report of receive-pack (`gitprotocol-pack`, "Report Status").

use std::collections::{HashMap, HashSet};
use std::io::Read;
use std::sync::Arc;

use crate::error::ErrorKind;

use super::pkt_line::{PktLine, PktReader};
use super::receive_pack::RefUpdate;
use super::ref_name::RefName;
use super::{ProtocolError, SERVER_TEXT_LIMIT, excerpt, split_once};
use crate::error::RejectReason;

/// The most bytes of reasons that are kept at their full length, in sum.
const FULL_REASONS: usize = 8 << 20;

/// Bytes that are kept of each reason beyond that: each ref has a reason of its own, however many there are.
const SHORT_REASON: usize = 256;

/// A complete report. It is what the server says; what holds is what a fresh listing shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportStatus {
    /// The outcome of the pack.
    pub unpack: Unpack,
    /// Text that the server sent to people meanwhile, without its progress; from outside and not sanitized.
    pub remote: Arc<str>,
    /// The kind of error that the whole push failed by, where that is known by other means than words.
    pub kind: Option<ErrorKind>,
    refs: HashMap<RefName, RefStatus>,
}

/// The outcome of the pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unpack {
    /// All objects are stored.
    Ok,
    /// None are; the server's reason.
    Failed(String),
}

/// The outcome of one ref.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefStatus {
    /// Changed.
    Ok,
    /// Left as it was; the server's reason.
    Rejected(String),
    /// Left as it was, in a push that was refused before any report; what happened.
    NoReport(String),
    /// Left as it was by this program itself, which was the receiver.
    Declined {
        /// The reason.
        reason: RejectReason,
        /// More about it, for people; can be empty.
        detail: String,
    },
}

impl RefStatus {
    /// Tells whether the ref was left as it was.
    pub fn is_rejected(&self) -> bool {
        !matches!(self, Self::Ok)
    }
}

impl From<RejectReason> for RefStatus {
    fn from(reason: RejectReason) -> Self {
        Self::Declined { reason, detail: String::new() }
    }
}

impl ReportStatus {
    /// Makes the report of a push that this program took itself.
    pub fn new(unpack: Unpack, refs: impl IntoIterator<Item = (RefName, RefStatus)>) -> Self {
        Self { unpack, remote: "".into(), kind: None, refs: refs.into_iter().collect() }
    }

    /// Returns the report with what the server said beside it.
    #[must_use]
    pub fn with_remote(self, remote: &str) -> Self {
        Self { remote: remote.into(), ..self }
    }

    /// Returns the report with the reason of a push that failed as a whole.
    #[must_use]
    pub fn with_kind(self, kind: ErrorKind) -> Self {
        Self { kind: Some(kind), ..self }
    }

    /// Leaves out a ref, of which the report says nothing that holds.
    pub fn forget(&mut self, name: &RefName) {
        self.refs.remove(name);
    }

    /// Returns what the server said of a ref, if anything.
    pub fn get(&self, name: &RefName) -> Option<&RefStatus> {
        self.refs.get(name)
    }
}

/// Reads a report on these updates up to its flush-pkt. What it says of other refs is passed over.
///
/// `option` lines of report-status-v2 tell how a hook rewrote a ref; they are passed over, since the
/// listing after the push shows it. A server that names no ref where it could not store the pack (go-git's) has refused
/// all of them.
///
/// # Errors
/// Everything of [`ProtocolError`]: a report that is cut or garbled is no report.
pub fn read<R: Read>(
    reader: &mut PktReader<R>,
    updates: &[RefUpdate],
) -> Result<ReportStatus, ProtocolError> {
    let unpack = match reader.read_text()? {
        PktLine::Data(b"unpack ok") => Unpack::Ok,
        PktLine::Data(line) => match line.strip_prefix(b"unpack ") {
            Some(reason) => Unpack::Failed(excerpt(reason, SERVER_TEXT_LIMIT)),
            None => return Err(ProtocolError::unexpected("'unpack'", line)),
        },
        other => return Err(ProtocolError::unexpected("'unpack'", format!("{other:?}").as_bytes())),
    };
    let sent = updates.iter().map(RefUpdate::name).collect();
    let mut statuses = Statuses { sent, refs: HashMap::new(), reasons: 0 };
    loop {
        match reader.read_text()? {
            PktLine::Data(line) => statuses.take(line)?,
            PktLine::Flush => break,
            other => return Err(ProtocolError::unexpected("'ok' or 'ng'", format!("{other:?}").as_bytes())),
        }
    }
    let mut refs = statuses.refs;
    if let Unpack::Failed(_) = unpack {
        for update in updates {
            let refused = || RefStatus::Rejected("unpacker error".to_owned());
            refs.entry(update.name().clone()).or_insert_with(refused);
        }
    }
    Ok(ReportStatus { unpack, remote: "".into(), kind: None, refs })
}

/// The lines of a report so far. Only what is about a ref that was sent is kept, and under the name that was sent, so
/// that the server does not choose how much that is.
struct Statuses<'a> {
    sent: HashSet<&'a RefName>,
    refs: HashMap<RefName, RefStatus>,
    /// Bytes of reasons that are kept.
    reasons: usize,
}

impl Statuses<'_> {
    fn take(&mut self, line: &[u8]) -> Result<(), ProtocolError> {
        let (word, rest) = split_word(line);
        let (name, reason) = match word {
            b"ok" => (rest, None),
            b"ng" => {
                let (name, reason) = split_word(rest);
                (name, Some(reason))
            }
            b"option" => return Ok(()),
            _ => return Err(ProtocolError::unexpected("'ok' or 'ng'", line)),
        };
        let name = RefName::new(name);
        let Some(name) = name.and_then(|name| self.sent.get(&name).copied()) else { return Ok(()) };
        let status = reason.map_or(RefStatus::Ok, |reason| RefStatus::Rejected(self.keep(reason)));
        self.refs.insert(name.clone(), status);
        Ok(())
    }

    fn keep(&mut self, reason: &[u8]) -> String {
        let limit = if self.reasons < FULL_REASONS { SERVER_TEXT_LIMIT } else { SHORT_REASON };
        let reason = excerpt(if reason.is_empty() { b"failed" } else { reason }, limit);
        self.reasons += reason.len();
        reason
    }
}

fn split_word(line: &[u8]) -> (&[u8], &[u8]) {
    split_once(line, b' ').unwrap_or((line, &[]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::object_id::ObjectFormat;
    use crate::protocol::testing::{OneByOne, pkt_lines};

    fn updates() -> Vec<RefUpdate> {
        let names = ["refs/heads/main", "refs/heads/release", "refs/heads/x"];
        let create = |name: &str| RefUpdate::Create {
            name: RefName::new(name.as_bytes()).unwrap(),
            new: ObjectFormat::Sha1.zero(),
        };
        names.map(create).to_vec()
    }

    fn parse(lines: &[&str]) -> Result<ReportStatus, ProtocolError> {
        read(&mut PktReader::new(OneByOne(&pkt_lines(lines))), &updates())
    }

    #[test]
    fn a_failed_unpack_refuses_refs_that_it_does_not_name() {
        let report = parse(&["unpack reference delta not found\n", "0000"]).unwrap();
        assert_eq!(report.unpack, Unpack::Failed("reference delta not found".into()));
        for update in updates() {
            assert_eq!(report.get(update.name()), Some(&RefStatus::Rejected("unpacker error".into())));
        }
    }

    fn status(report: &ReportStatus, name: &str) -> Option<RefStatus> {
        report.get(&RefName::new(name.as_bytes()).unwrap()).cloned()
    }

    #[test]
    fn each_ref_has_its_status_and_its_reason() {
        let report = parse(&[
            "unpack ok\n",
            "ok refs/heads/main\n",
            "option refname refs/heads/other\n",
            "option forced-update\n",
            "ng refs/heads/release TF402455: Pushes to this branch are not permitted\n",
            "ng refs/heads/x\n",
            "ok refs/heads/unknown\n",
            "0000",
        ])
        .unwrap();
        assert_eq!(report.unpack, Unpack::Ok);
        assert_eq!(status(&report, "refs/heads/main"), Some(RefStatus::Ok));
        let reason = "TF402455: Pushes to this branch are not permitted".to_owned();
        assert_eq!(status(&report, "refs/heads/release"), Some(RefStatus::Rejected(reason)));
        assert_eq!(status(&report, "refs/heads/x"), Some(RefStatus::Rejected("failed".into())));
        assert_eq!(status(&report, "refs/heads/unknown"), None);
    }

    #[test]
    fn a_failed_unpack_keeps_its_reason_and_the_refs_theirs() {
        let report =
            parse(&["unpack index-pack abnormal exit\n", "ng refs/heads/main unpacker error\n", "0000"])
                .unwrap();
        assert_eq!(report.unpack, Unpack::Failed("index-pack abnormal exit".into()));
        assert_eq!(status(&report, "refs/heads/main"), Some(RefStatus::Rejected("unpacker error".into())));
    }

    #[test]
    fn a_report_without_its_end_is_no_report() {
        let bytes = pkt_lines(&["unpack ok\n", "ok refs/heads/main\n", "0000"]);
        for end in 0..bytes.len() {
            let parsed = read(&mut PktReader::new(&bytes[..end]), &updates());
            assert!(matches!(parsed, Err(ProtocolError::Cut(_))), "cut at {end}");
        }
    }

    #[test]
    fn other_lines_are_refused() {
        for lines in
            [&["ok refs/heads/main", "0000"][..], &["unpack ok", "maybe refs/heads/main", "0000"], &["0000"]]
        {
            assert!(parse(lines).is_err(), "{lines:?}");
        }
    }
}
