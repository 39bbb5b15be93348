//! `ls-refs`: how v2 lists refs (`gitprotocol-v2`, "ls-refs").

use std::io::Read;

use super::advertisement::{Advertisement, split_ref};
use super::object_id::{ObjectFormat, ObjectId};
use super::pkt_line::{DELIMITER, FLUSH, PktLine, PktReader, write_text};
use super::ref_list::{RefList, RefListBuilder};
use super::{AGENT, ProtocolError};

/// The most prefixes that are sent; a server ignores them all beyond 65,536, and they are only a hint.
const MAX_PREFIXES: usize = 1000;

/// Starts a v2 request: the command and the capabilities that the server wants repeated.
pub(super) fn start_command(command: &str, server: &Advertisement) -> Result<Vec<u8>, ProtocolError> {
    let mut out = Vec::new();
    write_text(&mut out, &format!("command={command}"))?;
    if server.capabilities.has("agent") {
        write_text(&mut out, &format!("agent={AGENT}"))?;
    }
    if server.capabilities.has("object-format") {
        write_text(&mut out, &format!("object-format={}", server.format))?;
    }
    out.extend_from_slice(DELIMITER);
    Ok(out)
}

/// Request for the objects that tags are of. They cost the server time, and a relay seldom needs them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peel {
    /// They are.
    Yes,
    /// They are not.
    No,
}

/// Makes the request for `HEAD` and the refs that begin with one of `prefixes`.
///
/// # Errors
/// [`ProtocolError::LineTooLong`] for a prefix that does not fit into a pkt-line.
pub fn request(server: &Advertisement, prefixes: &[String], peeled: Peel) -> Result<Vec<u8>, ProtocolError> {
    let mut out = start_command("ls-refs", server)?;
    if peeled == Peel::Yes {
        write_text(&mut out, "peel")?;
    }
    write_text(&mut out, "symrefs")?;
    if server.capabilities.value_has("ls-refs", "unborn") {
        write_text(&mut out, "unborn")?;
    }
    if prefixes.len() <= MAX_PREFIXES {
        write_text(&mut out, "ref-prefix HEAD")?;
        for prefix in prefixes {
            write_text(&mut out, &format!("ref-prefix {prefix}"))?;
        }
    }
    out.extend_from_slice(FLUSH);
    Ok(out)
}

/// Reads the answer. The server may list more than was asked for.
///
/// # Errors
/// Everything of [`ProtocolError`].
pub fn read<R: Read>(reader: &mut PktReader<R>, format: ObjectFormat) -> Result<RefList, ProtocolError> {
    let mut refs = RefList::builder();
    loop {
        match reader.read_text()? {
            PktLine::Data(line) => take_line(line, format, &mut refs)?,
            PktLine::Flush => return Ok(refs.finish()),
            other => return Err(ProtocolError::unexpected("a ref", format!("{other:?}").as_bytes())),
        }
    }
}

/// Takes `<id> <name>[ <attribute>]…` or `unborn <name>[ <attribute>]…`. Of an attribute that is repeated the first
/// counts, so that a line costs no more memory than its own length.
fn take_line(line: &[u8], format: ObjectFormat, refs: &mut RefListBuilder) -> Result<(), ProtocolError> {
    refs.count(line)?;
    let (id, rest) = match line.strip_prefix(b"unborn ") {
        Some(rest) => (None, rest),
        None => split_ref(line, format).map(|(id, rest)| (Some(id), rest))?,
    };
    let mut words = rest.split(|byte| *byte == b' ');
    let name = words.next().unwrap_or_default();
    let attribute = |key: &[u8]| words.clone().find_map(|attribute| attribute.strip_prefix(key));
    if let Some(target) = attribute(b"symref-target:") {
        refs.add_symref(name, target)?;
    }
    let peeled = attribute(b"peeled:").and_then(|digits| ObjectId::from_hex(digits, format));
    if let (Some(tag), Some(peeled)) = (id, peeled) {
        refs.add_peeled(tag, peeled)?;
    }
    id.map_or(Ok(()), |id| refs.add(name, id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::advertisement::{History, Version};
    use crate::protocol::capabilities::Capabilities;
    use crate::protocol::testing::{OneByOne, pkt_lines};

    const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    fn server(lines: &[&str]) -> Advertisement {
        let mut capabilities = Capabilities::default();
        for line in lines {
            capabilities.push_line(line.as_bytes()).unwrap();
        }
        let format = capabilities.object_format().unwrap();
        Advertisement {
            version: Version::V2,
            capabilities,
            format,
            refs: RefList::default(),
            history: History::Complete,
        }
    }

    fn parse(lines: &[&str]) -> Result<RefList, ProtocolError> {
        read(&mut PktReader::new(OneByOne(&pkt_lines(lines))), ObjectFormat::Sha1)
    }

    #[test]
    fn the_request_repeats_what_the_server_wants_and_asks_by_prefix() {
        let server = server(&["agent=git/2.47", "ls-refs=unborn", "object-format=sha256"]);
        let request = request(&server, &["refs/heads/".into(), "refs/tags/".into()], Peel::Yes);
        let expected = pkt_lines(&[
            "command=ls-refs\n",
            &format!("agent={AGENT}\n"),
            "object-format=sha256\n",
            "0001",
            "peel\n",
            "symrefs\n",
            "unborn\n",
            "ref-prefix HEAD\n",
            "ref-prefix refs/heads/\n",
            "ref-prefix refs/tags/\n",
            "0000",
        ]);
        assert_eq!(request.unwrap(), expected);
    }

    #[test]
    fn nothing_is_sent_that_the_server_does_not_offer() {
        let request = request(&server(&[]), &[], Peel::No);
        assert_eq!(
            request.unwrap(),
            pkt_lines(&["command=ls-refs\n", "0001", "symrefs\n", "ref-prefix HEAD\n", "0000"])
        );
    }

    #[test]
    fn attributes_come_in_any_order_and_unknown_are_ignored() {
        let refs = parse(&[
            &format!("{A} HEAD symref-target:refs/heads/main\n"),
            &format!("{A} refs/heads/alias peeled:{A} symref-target:refs/heads/main new:thing"),
            &format!("{A} refs/heads/main\n"),
            &format!("{B} refs/tags/v1 peeled:{A}"),
            "0000",
        ])
        .unwrap();
        assert_eq!((refs.refs().len(), refs.symrefs().len()), (3, 1));
        let [a, b] = [A, B].map(|id| ObjectId::from_hex(id.as_bytes(), ObjectFormat::Sha1).unwrap());
        assert_eq!((refs.peeled(b), refs.peeled(a)), (a, a));
        assert_eq!(refs.head().unwrap().to_string(), "refs/heads/main");
    }

    #[test]
    fn an_attribute_counts_once() {
        let line = format!("{A} refs/heads/alias{}", " symref-target:refs/heads/main".repeat(1000));
        assert_eq!(parse(&[&line, "0000"]).unwrap().symrefs().len(), 1);
    }

    #[test]
    fn an_empty_repository_lists_nothing_but_may_tell_its_head() {
        assert_eq!(parse(&["0000"]).unwrap(), RefList::default());
        let refs = parse(&["unborn HEAD symref-target:refs/heads/trunk\n", "0000"]).unwrap();
        assert_eq!((refs.refs().len(), refs.head().unwrap().to_string()), (0, "refs/heads/trunk".into()));
    }

    #[test]
    fn a_line_that_is_no_ref_or_a_missing_end_is_an_error() {
        assert!(parse(&["refs/heads/main", "0000"]).is_err());
        assert!(parse(&[&format!("{A}refs/heads/main"), "0000"]).is_err());
        assert!(matches!(parse(&[&format!("{A} refs/heads/main")]), Err(ProtocolError::Cut(_))));
        assert!(parse(&["0001"]).is_err());
    }
}
