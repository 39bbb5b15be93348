//! Asking upload-pack for one pack, in v2 (`gitprotocol-v2`, "fetch") and before
//! (`gitprotocol-pack`, "Packfile Negotiation"), each in a single request that ends with `done`.

use std::io::Read;

use super::advertisement::{Advertisement, Version};
use super::capabilities::Capabilities;
use super::ls_refs::start_command;
use super::object_id::{ObjectFormat, ObjectId};
use super::pkt_line::{FLUSH, PktLine, PktReader, write_data, write_text};
use super::{AGENT, ProtocolError};

/// Which objects are wanted, and in what form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchRequest {
    /// The objects whose history is wanted; at least one, each once.
    pub wants: Vec<ObjectId>,
    /// Objects that the receiver holds with all their history. Unknown ones are passed over by the server.
    pub haves: Vec<ObjectId>,
    /// Whether the pack's receiver can complete it from its own objects.
    pub thin_pack: ThinPack,
    /// Whether the pack's receiver understands deltas by offset.
    pub deltas: DeltaBase,
    /// How much of what the wanted objects reach is asked for.
    pub reach: Reach,
}

/// How much comes with the wanted objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All that they reach.
    History,
    /// Neither history nor files. The answer then names the commits among them, and those that tags among
    /// them are of.
    Tips,
}

impl Reach {
    /// Returns the lines that ask for it.
    fn lines(self) -> &'static [&'static str] {
        match self {
            Self::History => &[],
            Self::Tips => &["deepen 1", "filter tree:0"],
        }
    }

    /// Tells whether the server can be asked for it, and what it answers be relied on: that of other programs
    /// than git may name fewer commits.
    pub fn is_offered(self, server: &Advertisement) -> bool {
        let offered = &server.capabilities;
        let has = |word| match server.version {
            Version::V2 => offered.value_has("fetch", word),
            Version::V0 => offered.has(word),
        };
        let is_git = || offered.values("agent").any(|agent| agent.starts_with("git/"));
        self == Self::History || (has("shallow") && has("filter") && is_git())
    }
}

/// Whether deltas against objects outside the pack are welcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThinPack {
    /// The receiver completes the pack.
    Allowed,
    /// Every base must be in the pack.
    Forbidden,
}

/// How a delta may name its base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeltaBase {
    /// By object id or by offset in the pack, which is smaller.
    Offset,
    /// By object id only.
    Ref,
}

/// How a pack comes behind the lines that lead to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackFraming {
    /// In the side-band, whose flush-pkt certifies the end.
    SideBand,
    /// As it is, up to the end of the answer. Servers made with go-git know nothing else.
    Bare,
}

impl PackFraming {
    /// Returns how the server sends the pack that [`request`] asks for.
    pub fn of(server: &Advertisement) -> Self {
        match server.version {
            Version::V2 => Self::SideBand,
            Version::V0 if server.capabilities.first_of(SIDE_BANDS).is_some() => Self::SideBand,
            Version::V0 => Self::Bare,
        }
    }
}

/// The larger packets first.
const SIDE_BANDS: &[&str] = &["side-band-64k", "side-band"];

/// Makes the request in the server's version.
///
/// # Errors
/// [`ProtocolError::LineTooLong`] if a line would not fit into a pkt-line.
pub fn request(request: &FetchRequest, server: &Advertisement) -> Result<Vec<u8>, ProtocolError> {
    match server.version {
        Version::V2 => request_v2(request, server),
        Version::V0 => request_v0(request, &server.capabilities, server),
    }
}

fn request_v2(request: &FetchRequest, server: &Advertisement) -> Result<Vec<u8>, ProtocolError> {
    let mut out = start_command("fetch", server)?;
    if request.thin_pack == ThinPack::Allowed {
        write_text(&mut out, "thin-pack")?;
    }
    if request.deltas == DeltaBase::Offset {
        write_text(&mut out, "ofs-delta")?;
    }
    for want in &request.wants {
        write_text(&mut out, &format!("want {want}"))?;
    }
    for line in request.reach.lines() {
        write_text(&mut out, line)?;
    }
    write_haves(&mut out, request)?;
    out.extend_from_slice(FLUSH);
    Ok(out)
}

fn request_v0(
    request: &FetchRequest,
    offered: &Capabilities,
    server: &Advertisement,
) -> Result<Vec<u8>, ProtocolError> {
    // Azure Repos refuses a client that does not ask for multi_ack.
    let mut words = Vec::from_iter(offered.first_of(&["multi_ack_detailed", "multi_ack"]));
    words.extend(offered.first_of(SIDE_BANDS));
    // dulwich refuses a client that does not ask for it. Without haves no pack is thin.
    if request.thin_pack == ThinPack::Allowed || request.haves.is_empty() {
        words.extend(offered.first_of(&["thin-pack"]));
    }
    if request.deltas == DeltaBase::Offset {
        words.extend(offered.first_of(&["ofs-delta"]));
    }
    if request.reach == Reach::Tips {
        words.extend(["shallow", "filter"]);
    }
    let format = format!("object-format={}", server.format);
    if offered.has("object-format") {
        words.push(&format);
    }
    let agent = format!("agent={AGENT}");
    if offered.has("agent") {
        words.push(&agent);
    }
    let mut out = Vec::new();
    for (place, want) in request.wants.iter().enumerate() {
        match place {
            0 if !words.is_empty() => write_text(&mut out, &format!("want {want} {}", words.join(" ")))?,
            _ => write_text(&mut out, &format!("want {want}"))?,
        }
    }
    for line in request.reach.lines() {
        write_text(&mut out, line)?;
    }
    out.extend_from_slice(FLUSH);
    write_haves(&mut out, request)?;
    Ok(out)
}

fn write_haves(out: &mut Vec<u8>, request: &FetchRequest) -> Result<(), ProtocolError> {
    for have in &request.haves {
        write_text(out, &format!("have {have}"))?;
    }
    write_data(out, b"done\n")
}

/// Reads what comes before the pack, and returns the commits at which its history is cut; the pack
/// follows, as [`PackFraming`] says.
///
/// # Errors
/// Everything of [`ProtocolError`]; [`ProtocolError::Shallow`] if the pack would lack history that was asked for.
pub fn read_until_pack<R: Read>(
    reader: &mut PktReader<R>,
    request: &FetchRequest,
    server: &Advertisement,
) -> Result<Vec<ObjectId>, ProtocolError> {
    let most = match request.reach {
        Reach::History => 0,
        Reach::Tips => request.wants.len(),
    };
    let mut cut = Cut { commits: Vec::new(), most, format: server.format };
    // Two for each have, as `common` and as `ready`, and some that end sections.
    let mut lines = Lines { reader, left: request.haves.len() * 2 + request.wants.len() + MORE_LINES };
    match server.version {
        Version::V2 => read_sections(&mut lines, &mut cut)?,
        Version::V0 => read_acknowledgments(&mut lines, &mut cut)?,
    }
    Ok(cut.commits)
}

/// How many lines may come before a pack beside those that wants and haves call for.
const MORE_LINES: usize = 100;

/// The lines before a pack: not endlessly many.
struct Lines<'a, R> {
    reader: &'a mut PktReader<R>,
    left: usize,
}

impl<R: Read> Lines<'_, R> {
    fn next(&mut self) -> Result<PktLine<'_>, ProtocolError> {
        self.left = self
            .left
            .checked_sub(1)
            .ok_or(ProtocolError::TooMuch { what: "lines before a pack", limit: MORE_LINES })?;
        self.reader.read_text()
    }
}

/// The commits whose parents a pack leaves out.
struct Cut {
    commits: Vec<ObjectId>,
    /// As many as may be: one a want, where that was asked for.
    most: usize,
    format: ObjectFormat,
}

impl Cut {
    /// Takes a line `shallow <id>`.
    fn take(&mut self, line: &[u8]) -> Result<(), ProtocolError> {
        if self.commits.len() == self.most {
            return Err(ProtocolError::Shallow);
        }
        let id = line.strip_prefix(b"shallow ").and_then(|id| ObjectId::from_hex(id, self.format));
        self.commits.push(id.ok_or_else(|| ProtocolError::unexpected("a shallow line", line))?);
        Ok(())
    }
}

/// Reads the sections of a v2 answer up to the line `packfile`.
fn read_sections<R: Read>(lines: &mut Lines<'_, R>, cut: &mut Cut) -> Result<(), ProtocolError> {
    loop {
        match lines.next()? {
            PktLine::Data(b"packfile") => return Ok(()),
            PktLine::Data(b"shallow-info") if cut.most == 0 => return Err(ProtocolError::Shallow),
            PktLine::Data(b"shallow-info") => read_section(lines, |line| cut.take(line))?,
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
    lines: &mut Lines<'_, R>,
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
fn read_acknowledgments<R: Read>(lines: &mut Lines<'_, R>, cut: &mut Cut) -> Result<(), ProtocolError> {
    let mut flushes = usize::from(cut.most > 0);
    loop {
        match lines.next()? {
            PktLine::Data(b"NAK") => return Ok(()),
            PktLine::Data(line) => match line.strip_prefix(b"ACK ") {
                Some(id) if !id.contains(&b' ') => return Ok(()),
                Some(_) => {}
                None if line.starts_with(b"shallow ") => cut.take(line)?,
                None => return Err(ProtocolError::unexpected("ACK or NAK", line)),
            },
            PktLine::Flush if flushes > 0 => flushes -= 1,
            other => return Err(ProtocolError::unexpected("ACK or NAK", format!("{other:?}").as_bytes())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::advertisement::History;
    use crate::protocol::object_id::ObjectFormat;
    use crate::protocol::ref_list::RefList;
    use crate::protocol::testing::{OneByOne, pkt_lines};

    const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    fn server(version: Version, offered: &str) -> Advertisement {
        let capabilities = Capabilities::from_list(offered.as_bytes());
        let format = capabilities.object_format().unwrap();
        Advertisement { version, capabilities, format, refs: RefList::default(), history: History::Complete }
    }

    fn wish(haves: &[&str], thin_pack: ThinPack, deltas: DeltaBase) -> FetchRequest {
        let id = |digits: &&str| ObjectId::from_hex(digits.as_bytes(), ObjectFormat::Sha1).unwrap();
        FetchRequest {
            wants: [A, B].iter().map(id).collect(),
            haves: haves.iter().map(id).collect(),
            thin_pack,
            deltas,
            reach: Reach::History,
        }
    }

    /// What is wanted without its history.
    fn tips() -> FetchRequest {
        FetchRequest { reach: Reach::Tips, ..wish(&[], ThinPack::Forbidden, DeltaBase::Ref) }
    }

    fn outcome(version: Version, lines: &[&str]) -> Result<Vec<u8>, ProtocolError> {
        let bytes = pkt_lines(lines);
        let mut reader = PktReader::new(OneByOne(&bytes));
        let request = wish(&[], ThinPack::Forbidden, DeltaBase::Ref);
        assert_eq!(read_until_pack(&mut reader, &request, &server(version, ""))?, []);
        Ok(reader.into_inner().0.to_vec())
    }

    fn commits(version: Version, lines: &[&str]) -> Result<Vec<ObjectId>, ProtocolError> {
        read_until_pack(&mut PktReader::new(OneByOne(&pkt_lines(lines))), &tips(), &server(version, ""))
    }

    #[test]
    fn a_v2_request_is_one_command_that_ends_with_done() {
        let server = server(Version::V2, "agent=git object-format=sha1");
        let bytes = request(&wish(&[B], ThinPack::Allowed, DeltaBase::Offset), &server).unwrap();
        let (agent, want_a) = (format!("agent={AGENT}\n"), format!("want {A}\n"));
        let (want_b, have) = (format!("want {B}\n"), format!("have {B}\n"));
        let lines = [
            "command=fetch\n",
            &agent,
            "object-format=sha1\n",
            "0001",
            "thin-pack\n",
            "ofs-delta\n",
            &want_a,
            &want_b,
            &have,
            "done\n",
            "0000",
        ];
        assert_eq!(bytes, pkt_lines(&lines));
    }

    #[test]
    fn a_v0_request_asks_for_multi_ack_and_the_side_band_on_the_first_want() {
        let server =
            server(Version::V0, "multi_ack thin-pack side-band side-band-64k ofs-delta multi_ack_detailed");
        let bytes = request(&wish(&[], ThinPack::Forbidden, DeltaBase::Ref), &server).unwrap();
        let first = format!("want {A} multi_ack_detailed side-band-64k thin-pack\n");
        assert_eq!(bytes, pkt_lines(&[&first, &format!("want {B}\n"), "0000", "done\n"]));
    }

    #[test]
    fn a_v0_request_with_haves_asks_for_no_thin_pack_unwelcome() {
        let server = server(Version::V0, "thin-pack side-band-64k ofs-delta");
        let bytes = request(&wish(&[B], ThinPack::Forbidden, DeltaBase::Ref), &server).unwrap();
        let first = format!("want {A} side-band-64k\n");
        let lines = [&first, &format!("want {B}\n"), "0000", &format!("have {B}\n"), "done\n"];
        assert_eq!(bytes, pkt_lines(&lines));
    }

    #[test]
    fn a_v0_request_takes_what_an_azure_server_offers() {
        let server = server(Version::V0, "multi_ack thin-pack side-band side-band-64k no-progress");
        let bytes = request(&wish(&[B], ThinPack::Allowed, DeltaBase::Offset), &server).unwrap();
        let first = format!("want {A} multi_ack side-band-64k thin-pack\n");
        let lines = [&first, &format!("want {B}\n"), "0000", &format!("have {B}\n"), "done\n"];
        assert_eq!(bytes, pkt_lines(&lines));
    }

    #[test]
    fn a_v0_server_without_side_band_is_asked_for_none() {
        let asked = |offered: &str| {
            request(&wish(&[], ThinPack::Forbidden, DeltaBase::Ref), &server(Version::V0, offered)).unwrap()
        };
        let rest = [&format!("want {B}\n"), "0000", "done\n"];
        let with = |first: String| pkt_lines(&[&[first.as_str()], &rest[..]].concat());
        assert_eq!(asked("multi_ack"), with(format!("want {A} multi_ack\n")));
        // Without a word there is no space either.
        assert_eq!(asked("symref=HEAD:refs/heads/main"), with(format!("want {A}\n")));
    }

    #[test]
    fn only_v0_without_side_band_sends_the_pack_bare() {
        let of = |version, offered: &str| PackFraming::of(&server(version, offered));
        assert_eq!(of(Version::V0, "ofs-delta"), PackFraming::Bare);
        assert_eq!(of(Version::V0, "side-band"), PackFraming::SideBand);
        assert_eq!(of(Version::V0, "side-band-64k"), PackFraming::SideBand);
        assert_eq!(of(Version::V2, ""), PackFraming::SideBand);
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
    fn tips_are_asked_for_without_their_history_and_files() {
        let bytes = request(&tips(), &server(Version::V2, "")).unwrap();
        let (want_a, want_b) = (format!("want {A}\n"), format!("want {B}\n"));
        let lines = [&want_a, &want_b, "deepen 1\n", "filter tree:0\n", "done\n", "0000"];
        assert_eq!(bytes, pkt_lines(&[&["command=fetch\n", "0001"], &lines[..]].concat()));
        let bytes = request(&tips(), &server(Version::V0, "side-band-64k shallow filter")).unwrap();
        let first = format!("want {A} side-band-64k shallow filter\n");
        let lines = [&first, &want_b, "deepen 1\n", "filter tree:0\n", "0000", "done\n"];
        assert_eq!(bytes, pkt_lines(&lines));
    }

    #[test]
    fn only_git_that_offers_both_is_asked_for_tips() {
        let of = |version, offered: &str| Reach::Tips.is_offered(&server(version, offered));
        assert!(of(Version::V0, "shallow filter agent=git/2.47.3"));
        assert!(!of(Version::V0, "shallow agent=git/2.47.3"));
        assert!(!of(Version::V0, "shallow filter"));
        assert!(!of(Version::V0, "shallow filter agent=JGit/6.1"));
        let mut v2 = server(Version::V2, "agent=git/github-1");
        assert!(!Reach::Tips.is_offered(&v2));
        assert!(Reach::History.is_offered(&v2));
        v2.capabilities.push_line(b"fetch=shallow wait-for-done filter").unwrap();
        assert!(Reach::Tips.is_offered(&v2));
    }

    #[test]
    fn the_commits_among_the_tips_are_named_before_the_pack() {
        let shallow = format!("shallow {A}");
        let lines = ["shallow-info\n", &shallow, &shallow, "0001", "packfile\n"];
        assert_eq!(commits(Version::V2, &lines).unwrap(), [tips().wants[0]; 2]);
        assert_eq!(commits(Version::V2, &["packfile\n"]).unwrap(), []);
        assert_eq!(commits(Version::V0, &[&shallow, "0000", "NAK\n"]).unwrap(), [tips().wants[0]]);
        assert_eq!(commits(Version::V0, &["0000", "NAK\n"]).unwrap(), []);
    }

    #[test]
    fn no_more_commits_are_taken_than_were_wanted() {
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
}
