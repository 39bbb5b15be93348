//! Reading what leads to a pack.

use std::io::Read;

use super::{Depth, FetchRequest};
use crate::protocol::ProtocolError;
use crate::protocol::advertisement::{Advertisement, Version};
use crate::protocol::object_id::{ObjectFormat, ObjectId};
use crate::protocol::pkt_line::{PktLine, PktReader};

/// The facts about a pack that come before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FetchHead {
    /// The commits at which the depth that was asked for cuts history: they come, their parents do not. Git names every
    /// one, also where it has no parents.
    pub shallow: Vec<ObjectId>,
    /// Those of [`FetchRequest::shallow`] that lie within the depth: the wanted objects reach them.
    pub unshallow: Vec<ObjectId>,
}

/// The most shallow commits of a request that does not itself bound them: 20 to 32 bytes each.
const MAX_SHALLOW: usize = 1 << 20;

/// Number of lines that may come before a pack beside those that the request calls for.
const MORE_LINES: usize = 100;

/// Reads up to the pack, which follows as [`PackFraming`](super::PackFraming) says.
///
/// # Errors
/// Everything of [`ProtocolError`]; [`ProtocolError::Shallow`] if the pack would lack history that was asked for.
pub fn read_head<R: Read>(
    reader: &mut PktReader<R>,
    request: &FetchRequest,
    server: &Advertisement,
) -> Result<FetchHead, ProtocolError> {
    let max = max_shallow(request);
    let reached = Reached { told: Vec::new(), max: request.shallow.len() };
    let mut boundary = Boundary { shallow: Vec::new(), max, reached, format: server.format };
    let mut lines = ResponseLines::new(reader, request.haves.len());
    lines.left += request.wants.len() + request.shallow.len() + max;
    match server.version {
        Version::V2 => read_sections(&mut lines, &mut boundary)?,
        Version::V0 => read_acknowledgments(&mut lines, &mut boundary)?,
    }
    Ok(FetchHead { shallow: boundary.shallow, unshallow: boundary.reached.told })
}

fn max_shallow(request: &FetchRequest) -> usize {
    match request.depth {
        None => 0,
        Some(Depth::Commits(count)) if count.get() == 1 => request.wants.len(),
        Some(Depth::Commits(_) | Depth::Since(_)) => MAX_SHALLOW,
    }
}

/// The lines before a pack: not endlessly many.
pub(super) struct ResponseLines<'a, R> {
    reader: &'a mut PktReader<R>,
    left: usize,
}

impl<'a, R: Read> ResponseLines<'a, R> {
    /// Allows two lines for each have, as `common` and as `ready`, and some that end sections.
    pub(super) fn new(reader: &'a mut PktReader<R>, haves: usize) -> Self {
        Self { reader, left: haves * 2 + MORE_LINES }
    }

    pub(super) fn next(&mut self) -> Result<PktLine<'_>, ProtocolError> {
        self.left = self
            .left
            .checked_sub(1)
            .ok_or(ProtocolError::TooMuch { what: "lines before a pack", limit: MORE_LINES })?;
        self.reader.read_text()
    }
}

/// The shallow commits, as they are told.
struct Boundary {
    shallow: Vec<ObjectId>,
    /// As many as may be; none where all history was asked for.
    max: usize,
    reached: Reached,
    format: ObjectFormat,
}

/// The commits at which the receiver's history ended, as they are told to be reached.
struct Reached {
    told: Vec<ObjectId>,
    /// As many as were asked about.
    max: usize,
}

impl Boundary {
    /// Takes a line `shallow <id>` or `unshallow <id>`.
    fn take(&mut self, line: &[u8]) -> Result<(), ProtocolError> {
        if let Some(id) =
            line.strip_prefix(b"unshallow ").filter(|_| self.reached.told.len() < self.reached.max)
        {
            let id = ObjectId::from_hex(id, self.format);
            self.reached.told.push(id.ok_or_else(|| ProtocolError::unexpected("an unshallow line", line))?);
            return Ok(());
        }
        if self.max == 0 {
            return Err(ProtocolError::Shallow);
        }
        if self.shallow.len() == self.max {
            return Err(ProtocolError::TooMuch { what: "shallow commits", limit: self.max });
        }
        let id = line.strip_prefix(b"shallow ").and_then(|id| ObjectId::from_hex(id, self.format));
        self.shallow.push(id.ok_or_else(|| ProtocolError::unexpected("a shallow line", line))?);
        Ok(())
    }
}

/// Reads the sections of a v2 answer up to the line `packfile`.
fn read_sections<R: Read>(
    lines: &mut ResponseLines<'_, R>,
    boundary: &mut Boundary,
) -> Result<(), ProtocolError> {
    loop {
        match lines.next()? {
            PktLine::Data(b"packfile") => return Ok(()),
            PktLine::Data(b"shallow-info") if boundary.max == 0 => return Err(ProtocolError::Shallow),
            PktLine::Data(b"shallow-info") => read_section(lines, |line| boundary.take(line))?,
            PktLine::Data(b"acknowledgments" | b"wanted-refs") => read_section(lines, |_| Ok(()))?,
            PktLine::Data(line) => {
                return Err(ProtocolError::unexpected("a section of a fetch answer", line));
            }
            PktLine::Flush => return Err(ProtocolError::Cut("a fetch answer, before its pack")),
            other => return Err(ProtocolError::unexpected("a section", format!("{other:?}").as_bytes())),
        }
    }
}

fn read_section<R: Read>(
    lines: &mut ResponseLines<'_, R>,
    mut take: impl FnMut(&[u8]) -> Result<(), ProtocolError>,
) -> Result<(), ProtocolError> {
    loop {
        match lines.next()? {
            PktLine::Data(line) => take(line)?,
            PktLine::Delimiter => return Ok(()),
            _ => return Err(ProtocolError::Cut("a fetch answer, before its pack")),
        }
    }
}

/// Reads the `ACK` and `NAK` lines of v0: the last is `NAK`, or an `ACK` with nothing behind its id. Where the
/// history is cut, `shallow` lines and a flush-pkt come before them.
fn read_acknowledgments<R: Read>(
    lines: &mut ResponseLines<'_, R>,
    boundary: &mut Boundary,
) -> Result<(), ProtocolError> {
    let mut flushes = usize::from(boundary.max > 0);
    loop {
        match lines.next()? {
            PktLine::Data(b"NAK") => return Ok(()),
            PktLine::Data(line) => match line.strip_prefix(b"ACK ") {
                Some(id) if !id.contains(&b' ') => return Ok(()),
                Some(_) => {}
                None if line.starts_with(b"shallow ") || line.starts_with(b"unshallow ") => {
                    boundary.take(line)?;
                }
                None => return Err(ProtocolError::unexpected("ACK or NAK", line)),
            },
            PktLine::Flush if flushes > 0 => flushes -= 1,
            other => return Err(ProtocolError::unexpected("ACK or NAK", format!("{other:?}").as_bytes())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{A, both, id, server, tips};
    use super::*;
    use crate::protocol::testing::{OneByOne, pkt_lines};
    use std::num::NonZeroU32;

    /// Returns what follows the head of an answer to a request for everything.
    fn outcome(version: Version, lines: &[&str]) -> Result<Vec<u8>, ProtocolError> {
        let bytes = pkt_lines(lines);
        let mut reader = PktReader::new(OneByOne(&bytes));
        assert_eq!(read_head(&mut reader, &both(), &server(version, ""))?, FetchHead::default());
        Ok(reader.into_inner().0.to_vec())
    }

    #[test]
    fn commits_that_a_depth_reaches_are_told_as_many_as_were_asked_about() {
        let of = |version, lines: &[&str]| {
            let depth = NonZeroU32::new(2_147_483_646).map(Depth::Commits);
            let request = FetchRequest { shallow: vec![id(A)], depth, ..both() };
            let bytes = pkt_lines(lines);
            read_head(&mut PktReader::new(OneByOne(&bytes)), &request, &server(version, ""))
        };
        let line = format!("unshallow {A}\n");
        let v0 = of(Version::V0, &[&line, "0000", "NAK\n"]).unwrap();
        let v2 = of(Version::V2, &["shallow-info\n", &line, "0001", "packfile\n"]).unwrap();
        assert_eq!((v0.unshallow, v2.unshallow), (vec![id(A)], vec![id(A)]));
        assert!(of(Version::V0, &[&line, &line, "0000", "NAK\n"]).is_err());
        assert!(of(Version::V2, &["shallow-info\n", "unshallow 12\n", "0001", "packfile\n"]).is_err());
    }

    fn shallow_of(
        request: &FetchRequest,
        version: Version,
        lines: &[&str],
    ) -> Result<Vec<ObjectId>, ProtocolError> {
        let bytes = pkt_lines(lines);
        let head = read_head(&mut PktReader::new(OneByOne(&bytes)), request, &server(version, ""))?;
        Ok(head.shallow)
    }

    fn commits(version: Version, lines: &[&str]) -> Result<Vec<ObjectId>, ProtocolError> {
        shallow_of(&tips(), version, lines)
    }

    #[test]
    fn a_v2_answer_is_read_up_to_the_packfile_line_and_no_further() {
        let rest = outcome(Version::V2, &["packfile\n", "\x01PACK", "0000"]).unwrap();
        assert_eq!(rest, pkt_lines(&["\x01PACK", "0000"]));
        let acks = ["acknowledgments\n", &format!("ACK {A}\n"), "ready\n", "0001", "packfile\n"];
        assert_eq!(outcome(Version::V2, &acks).unwrap(), b"");
    }

    #[test]
    fn a_v2_answer_of_a_shallow_repository_is_refused() {
        let lines = ["shallow-info\n", &format!("shallow {A}"), "0001", "packfile\n"];
        assert!(matches!(outcome(Version::V2, &lines), Err(ProtocolError::Shallow)));
    }

    #[test]
    fn a_v2_answer_without_a_pack_is_an_error() {
        for lines in [&[][..], &["0000"], &["acknowledgments\n", "NAK\n", "0000"], &["pack\n"], &["0001"]] {
            assert!(outcome(Version::V2, lines).is_err(), "{lines:?}");
        }
        let error = outcome(Version::V2, &["ERR upload-pack: not our ref\n"]).unwrap_err();
        assert_eq!(error.to_string(), "upload-pack: not our ref");
    }

    #[test]
    fn a_depth_of_one_names_the_commits_among_the_wants() {
        let shallow = format!("shallow {A}");
        let lines = ["shallow-info\n", &shallow, &shallow, "0001", "packfile\n"];
        assert_eq!(commits(Version::V2, &lines).unwrap(), [id(A); 2]);
        assert_eq!(commits(Version::V2, &["packfile\n"]).unwrap(), []);
        assert_eq!(commits(Version::V0, &[&shallow, "0000", "NAK\n"]).unwrap(), [id(A)]);
        assert_eq!(commits(Version::V0, &["0000", "NAK\n"]).unwrap(), []);
    }

    #[test]
    fn a_depth_of_one_names_no_more_commits_than_wants() {
        let shallow = format!("shallow {A}");
        let lines = ["shallow-info\n", &shallow, &shallow, &shallow, "0001", "packfile\n"];
        assert!(commits(Version::V2, &lines).is_err());
        assert!(commits(Version::V0, &[&shallow, &shallow, &shallow, "0000", "NAK\n"]).is_err());
        assert!(commits(Version::V0, &["0000", "0000", "NAK\n"]).is_err());
        assert!(commits(Version::V2, &["shallow-info\n", "shallow abc", "0001", "packfile\n"]).is_err());
    }

    #[test]
    fn lines_before_a_pack_without_end_are_refused() {
        let ack = format!("ACK {A} common\n");
        let endless = vec![ack.as_str(); 1000];
        let v2 = [&["acknowledgments\n"], &endless[..]].concat();
        for (version, lines) in [(Version::V0, &endless), (Version::V2, &v2)] {
            assert!(matches!(outcome(version, lines), Err(ProtocolError::TooMuch { .. })), "{version:?}");
        }
    }

    #[test]
    fn v0_acknowledgments_end_with_nak_or_a_bare_ack() {
        let common = format!("ACK {A} common\n");
        let ready = format!("ACK {A} ready\n");
        let last = format!("ACK {A}\n");
        for lines in [&["NAK\n"][..], &[&last], &[&common, &common, &ready, &last], &[&common, "NAK\n"]] {
            let mut all = lines.to_vec();
            all.extend(["\x01PACK", "0000"]);
            assert_eq!(outcome(Version::V0, &all).unwrap(), pkt_lines(&["\x01PACK", "0000"]), "{lines:?}");
        }
    }

    #[test]
    fn v0_answers_that_are_none_are_errors() {
        for lines in [&[][..], &["0000"], &["\x01PACK"], &["ERR upload-pack: not our ref"]] {
            assert!(outcome(Version::V0, lines).is_err(), "{lines:?}");
        }
        assert!(matches!(outcome(Version::V0, &[&format!("shallow {A}")]), Err(ProtocolError::Shallow)));
    }

    #[test]
    fn a_greater_depth_may_name_more_commits_than_wants() {
        let shallow = format!("shallow {A}");
        for depth in [Depth::Commits(NonZeroU32::MAX), Depth::Since(0)] {
            let request = FetchRequest { depth: Some(depth), ..both() };
            let section = vec![shallow.as_str(); 1000];
            let lines = [&["shallow-info\n"], &section[..], &["0001", "packfile\n"]].concat();
            assert_eq!(shallow_of(&request, Version::V2, &lines).unwrap().len(), 1000);
            let lines = [&section[..], &["0000", "NAK\n"]].concat();
            assert_eq!(shallow_of(&request, Version::V0, &lines).unwrap().len(), 1000);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_name_no_more_commits_than_were_asked_for(
            lines in proptest::collection::vec("(shallow-info|shallow a{40}|NAK|ACK a{40}( ready)?|packfile|0000|0001)\n", 0..12),
            is_v2: bool,
        ) {
            let lines: Vec<&str> = lines.iter().map(|line| match line.as_str() {
                "0000\n" => "0000",
                "0001\n" => "0001",
                line => line,
            }).collect();
            let version = if is_v2 { Version::V2 } else { Version::V0 };
            if let Ok(shallow) = commits(version, &lines) {
                proptest::prop_assert!(shallow.len() <= tips().wants.len());
            }
            // Only what was asked for in parts may come in parts.
            if let Ok(shallow) = shallow_of(&both(), version, &lines) {
                proptest::prop_assert_eq!(shallow, []);
            }
        }
    }
}
