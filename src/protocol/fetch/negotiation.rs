//! Asking upload-pack which objects it knows, by the negotiation of a pack (`gitprotocol-v2`, "fetch";
//! `gitprotocol-pack`, "Packfile Negotiation") that is never asked for: no request says `done`.

use std::io::Read;

use super::request::{write_have_lines, write_wants_v0};
use super::response::ResponseLines;
use super::{FetchRequest, MULTI_ACK, ProgressText, ThinPack};
use crate::protocol::ProtocolError;
use crate::protocol::advertisement::{Advertisement, Version};
use crate::protocol::ls_refs::start_command;
use crate::protocol::object_id::ObjectId;
use crate::protocol::pkt_line::{FLUSH, PktLine, PktReader, write_text};

/// A question which of some objects a server knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Negotiation {
    /// An object that the server lists: without a want, only `wait-for-done` makes a server answer.
    pub want: ObjectId,
    /// The objects in question.
    pub haves: Vec<ObjectId>,
}

/// The answer to a [`Negotiation`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledgments {
    /// Those of the haves that the server has acknowledged, in its order.
    pub known: Vec<ObjectId>,
    /// The rest of the answer.
    pub rest: Rest,
}

/// The rest of an answer, behind the acknowledgments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// Nothing.
    Nothing,
    /// A pack, which a server of v2 without `wait-for-done` sends once it knows enough. It is not to be read.
    Pack,
}

impl Negotiation {
    /// Writes the request in the server's version.
    ///
    /// # Errors
    /// [`ProtocolError::LineTooLong`] if a line would not fit into a pkt-line.
    pub fn write(&self, server: &Advertisement) -> Result<Vec<u8>, ProtocolError> {
        let mut out = match server.version {
            Version::V2 => self.write_v2(server),
            Version::V0 => self.write_v0(server),
        }?;
        write_have_lines(&mut out, &self.haves)?;
        out.extend_from_slice(FLUSH);
        Ok(out)
    }

    fn write_v2(&self, server: &Advertisement) -> Result<Vec<u8>, ProtocolError> {
        let mut out = start_command("fetch", server)?;
        if server.capabilities.value_has("fetch", "wait-for-done") {
            write_text(&mut out, "wait-for-done")?;
        }
        write_text(&mut out, &format!("want {}", self.want))?;
        Ok(out)
    }

    fn write_v0(&self, server: &Advertisement) -> Result<Vec<u8>, ProtocolError> {
        let request = FetchRequest {
            // Some servers refuse whoever does not ask for it, and no pack comes.
            thin_pack: ThinPack::Allowed,
            progress: ProgressText::Unwanted,
            ..FetchRequest::new(vec![self.want])
        };
        let mut out = Vec::new();
        write_wants_v0(&mut out, &request, server)?;
        out.extend_from_slice(FLUSH);
        Ok(out)
    }

    /// Reads the answer up to the last acknowledgment, and no further.
    ///
    /// # Errors
    /// Everything of [`ProtocolError`], an answer that is cut among them.
    pub fn read<R: Read>(
        &self,
        reader: &mut PktReader<R>,
        server: &Advertisement,
    ) -> Result<Acknowledgments, ProtocolError> {
        let mut lines = ResponseLines::new(reader, self.haves.len());
        match server.version {
            Version::V2 => self.read_v2(&mut lines, server),
            Version::V0 => self.read_v0(&mut lines, server),
        }
    }

    fn read_v2<R: Read>(
        &self,
        lines: &mut ResponseLines<'_, R>,
        server: &Advertisement,
    ) -> Result<Acknowledgments, ProtocolError> {
        match lines.next()? {
            PktLine::Data(b"acknowledgments") => {}
            other => return Err(unexpected("acknowledgments", other)),
        }
        let mut known = Vec::new();
        loop {
            match lines.next()? {
                PktLine::Data(b"NAK") => {}
                // What then follows is for whoever wants the pack.
                PktLine::Data(b"ready") | PktLine::Delimiter => {
                    return Ok(Acknowledgments { known, rest: Rest::Pack });
                }
                PktLine::Data(line) => match Ack::parse(line, server) {
                    Some(Ack { id, .. }) => self.take(id, &mut known),
                    None => return Err(ProtocolError::unexpected("ACK or NAK", line)),
                },
                PktLine::Flush => return Ok(Acknowledgments { known, rest: Rest::Nothing }),
                PktLine::ResponseEnd => return Err(unexpected("ACK or NAK", PktLine::ResponseEnd)),
            }
        }
    }

    /// Reads the lines of v0. How many there are, and which of them tell what the server knows, depends on the kind of
    /// acknowledgments that was asked for.
    fn read_v0<R: Read>(
        &self,
        lines: &mut ResponseLines<'_, R>,
        server: &Advertisement,
    ) -> Result<Acknowledgments, ProtocolError> {
        let asked = server.capabilities.first_of(MULTI_ACK);
        let mut known = Vec::new();
        loop {
            match lines.next()? {
                PktLine::Data(b"NAK") => return Ok(Acknowledgments { known, rest: Rest::Nothing }),
                PktLine::Data(line) => match (Ack::parse(line, server), asked) {
                    (Some(Ack { id, word: b"common" }), Some(_)) => self.take(id, &mut known),
                    // Once the server knows enough, it says so of unknown ones, too: the first alone is certain.
                    (Some(Ack { id, word: b"continue" }), Some(_)) if known.is_empty() => {
                        self.take(id, &mut known);
                    }
                    (Some(Ack { word: b"continue" | b"ready", .. }), Some(_)) => {}
                    // No other line follows the first, which is of the first that it knows.
                    (Some(Ack { id, word: b"" }), None) => {
                        self.take(id, &mut known);
                        return Ok(Acknowledgments { known, rest: Rest::Nothing });
                    }
                    _ => return Err(ProtocolError::unexpected("ACK or NAK", line)),
                },
                other => return Err(unexpected("ACK or NAK", other)),
            }
        }
    }

    /// Notes an object that was acknowledged, if it was asked about.
    fn take(&self, id: ObjectId, known: &mut Vec<ObjectId>) {
        if self.haves.contains(&id) && !known.contains(&id) {
            known.push(id);
        }
    }
}

/// A line `ACK <id>[ <word>]`.
struct Ack<'a> {
    id: ObjectId,
    word: &'a [u8],
}

impl<'a> Ack<'a> {
    fn parse(line: &'a [u8], server: &Advertisement) -> Option<Self> {
        let rest = line.strip_prefix(b"ACK ")?;
        let end = rest.iter().position(|byte| *byte == b' ').unwrap_or(rest.len());
        let (id, word) = rest.split_at_checked(end)?;
        let id = ObjectId::from_hex(id, server.format)?;
        Some(Self { id, word: word.strip_prefix(b" ").unwrap_or(word) })
    }
}

fn unexpected(wanted: &'static str, line: PktLine<'_>) -> ProtocolError {
    match line {
        PktLine::Data(line) => ProtocolError::unexpected(wanted, line),
        other => ProtocolError::unexpected(wanted, format!("{other:?}").as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{A, B, id, server, server_v2};
    use super::*;
    use crate::protocol::AGENT;
    use crate::protocol::testing::{OneByOne, pkt_lines};

    const C: &str = "cccccccccccccccccccccccccccccccccccccccc";

    /// Asks about `B` and `C`.
    fn question() -> Negotiation {
        Negotiation { want: id(A), haves: vec![id(B), id(C)] }
    }

    /// Returns what an answer tells, and what of it was left unread.
    fn told(server: &Advertisement, lines: &[&str]) -> Result<(Vec<ObjectId>, Rest, Vec<u8>), ProtocolError> {
        let bytes = pkt_lines(lines);
        let mut reader = PktReader::new(OneByOne(&bytes));
        let Acknowledgments { known, rest } = question().read(&mut reader, server)?;
        Ok((known, rest, reader.into_inner().0.to_vec()))
    }

    fn ack(id: &str, word: &str) -> String {
        if word.is_empty() { format!("ACK {id}\n") } else { format!("ACK {id} {word}\n") }
    }

    #[test]
    fn a_v2_question_has_one_want_and_no_done() {
        let (want, have_b, have_c) = (format!("want {A}\n"), format!("have {B}\n"), format!("have {C}\n"));
        let rest = [want.as_str(), &have_b, &have_c, "0000"];
        let plain = question().write(&server_v2("shallow")).unwrap();
        assert_eq!(plain, pkt_lines(&[&["command=fetch\n", "0001"], &rest[..]].concat()));
        let waits = question().write(&server_v2("shallow wait-for-done")).unwrap();
        assert_eq!(waits, pkt_lines(&[&["command=fetch\n", "0001", "wait-for-done\n"], &rest[..]].concat()));
    }

    #[test]
    fn a_v0_question_ends_with_a_flush_and_no_done() {
        let offered = "multi_ack thin-pack side-band-64k no-progress multi_ack_detailed agent=git/2";
        let first =
            format!("want {A} multi_ack_detailed side-band-64k thin-pack no-progress agent={AGENT}\n");
        let lines = [&first, "0000", &format!("have {B}\n"), &format!("have {C}\n"), "0000"];
        assert_eq!(question().write(&server(Version::V0, offered)).unwrap(), pkt_lines(&lines));
    }

    #[test]
    fn a_v2_answer_is_read_to_its_flush() {
        let v2 = server_v2("wait-for-done");
        let known = ["acknowledgments\n", &ack(C, ""), &ack(B, ""), "0000"];
        assert_eq!(told(&v2, &known).unwrap(), (vec![id(C), id(B)], Rest::Nothing, Vec::new()));
        let none = ["acknowledgments\n", "NAK\n", "0000"];
        assert_eq!(told(&v2, &none).unwrap(), (Vec::new(), Rest::Nothing, Vec::new()));
    }

    #[test]
    fn a_pack_behind_a_v2_answer_is_left_unread() {
        let pack = ["0001", "packfile\n", "\x01PACK"];
        let acks = ack(B, "");
        let lines = [&["acknowledgments\n", &acks, "ready\n"], &pack[..]].concat();
        let outcome = told(&server_v2(""), &lines).unwrap();
        assert_eq!(outcome, (vec![id(B)], Rest::Pack, pkt_lines(&pack)));
    }

    #[test]
    fn only_what_was_asked_about_is_known() {
        let v2 = ["acknowledgments\n", &ack(A, ""), &ack(B, ""), &ack(B, ""), "0000"];
        assert_eq!(told(&server_v2(""), &v2).unwrap().0, [id(B)]);
        let v0 = [&ack(A, "common"), "NAK\n"];
        assert_eq!(told(&server(Version::V0, "multi_ack_detailed"), &v0).unwrap().0, []);
    }

    #[test]
    fn detailed_acknowledgments_of_v0_tell_common_from_ready() {
        let v0 = server(Version::V0, "multi_ack multi_ack_detailed");
        let lines = [&ack(B, "common"), &ack(C, "ready"), "NAK\n"];
        assert_eq!(told(&v0, &lines).unwrap(), (vec![id(B)], Rest::Nothing, Vec::new()));
        let both = [&ack(B, "common"), &ack(C, "common"), &ack(C, "ready"), "NAK\n"];
        assert_eq!(told(&v0, &both).unwrap().0, [id(B), id(C)]);
        assert_eq!(told(&v0, &["NAK\n"]).unwrap().0, []);
    }

    #[test]
    fn of_other_acknowledgments_of_v0_the_first_alone_is_certain() {
        let several = server(Version::V0, "multi_ack");
        let lines = [&ack(B, "continue"), &ack(C, "continue"), "NAK\n"];
        assert_eq!(told(&several, &lines).unwrap(), (vec![id(B)], Rest::Nothing, Vec::new()));
        let one = server(Version::V0, "");
        assert_eq!(told(&one, &[&ack(C, "")]).unwrap(), (vec![id(C)], Rest::Nothing, Vec::new()));
        assert_eq!(told(&one, &["NAK\n"]).unwrap().0, []);
    }

    #[test]
    fn what_is_no_answer_is_an_error() {
        for lines in
            [&[][..], &["0000"], &["packfile\n"], &["acknowledgments\n"], &["acknowledgments\n", "ACK b\n"]]
        {
            assert!(told(&server_v2(""), lines).is_err(), "{lines:?}");
        }
        let bare = ack(B, "");
        for lines in [&[][..], &["0000"], &["\x01PACK"], &[&bare], &["ACK b common\n"]] {
            assert!(told(&server(Version::V0, "multi_ack_detailed"), lines).is_err(), "{lines:?}");
        }
        let error = told(&server_v2(""), &["ERR upload-pack: not our ref\n"]).unwrap_err();
        assert_eq!(error.to_string(), "upload-pack: not our ref");
    }

    #[test]
    fn acknowledgments_without_end_are_refused() {
        let (common, plain) = (ack(B, "common"), ack(B, ""));
        let v0 = vec![common.as_str(); 1000];
        let v2 = [&["acknowledgments\n"], &vec![plain.as_str(); 1000][..]].concat();
        for (server, lines) in [(server(Version::V0, "multi_ack_detailed"), v0), (server_v2(""), v2)] {
            assert!(
                matches!(told(&server, &lines), Err(ProtocolError::TooMuch { .. })),
                "{:?}",
                server.version
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn any_lines_tell_nothing_but_what_was_asked_about(
            lines in proptest::collection::vec(
                "(acknowledgments|ACK (a{40}|b{40}|c{40})( ready| common| continue)?|NAK|ready|0000|0001)\n", 0..12),
            offered in "(multi_ack|multi_ack_detailed|)",
            is_v2: bool,
        ) {
            let lines: Vec<&str> = lines.iter().map(|line| match line.as_str() {
                "0000\n" => "0000",
                "0001\n" => "0001",
                line => line,
            }).collect();
            let server = if is_v2 { server_v2("") } else { server(Version::V0, &offered) };
            if let Ok((known, ..)) = told(&server, &lines) {
                let asked = question().haves;
                proptest::prop_assert!(known.len() <= 2 && known.iter().all(|id| asked.contains(id)));
            }
        }
    }
}
