//! The first message of a service: its version, its capabilities and, before v2, its refs
//! (`gitprotocol-pack`, "Reference Discovery"; `gitprotocol-v2`, "Capability Advertisement").

use std::io::Read;

use super::capabilities::Capabilities;
use super::object_id::{ObjectFormat, ObjectId};
use super::pkt_line::{PktLine, PktReader};
use super::ref_list::{RefList, RefListBuilder};
use super::{ProtocolError, excerpt, split_once};

/// The version of the protocol that the server chose, whatever was asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// The refs come at once; v1 differs only by saying its number first.
    V0,
    /// The refs come when asked for, by `ls-refs`.
    V2,
}

/// A service's first words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advertisement {
    /// Version of the protocol that the server speaks.
    pub version: Version,
    /// Capabilities that the server offers.
    pub capabilities: Capabilities,
    /// The repository's object format.
    pub format: ObjectFormat,
    /// The refs; empty in v2.
    pub refs: RefList,
    /// Completeness of the repository's history; v2 does not tell it here.
    pub history: History,
}

impl Advertisement {
    /// Tells whether git itself serves. Other programs offer the same, and may do less.
    pub fn is_of_git(&self) -> bool {
        self.capabilities.values("agent").any(|agent| agent.starts_with("git/"))
    }
}

/// Completeness of a repository: all that its refs reach, or less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum History {
    /// Everything, as far as the server told.
    Complete,
    /// Cut off at some commits.
    Shallow,
}

/// Reads an advertisement, with or without the `# service=` line that HTTP puts before it.
///
/// # Errors
/// Everything of [`ProtocolError`]: the server may send anything.
pub fn read<R: Read>(reader: &mut PktReader<R>) -> Result<Advertisement, ProtocolError> {
    let mut first = first_line(reader)?;
    if first.as_deref().is_some_and(|line| line.starts_with(b"# service=")) {
        if reader.read_text()? != PktLine::Flush {
            return Err(ProtocolError::Unexpected { expected: "a flush-pkt", got: "more text".into() });
        }
        first = first_line(reader)?;
    }
    match first.as_deref() {
        Some(b"version 2") => read_v2(reader),
        Some(b"version 1") => {
            first = first_line(reader)?;
            read_v0(reader, first.as_deref())
        }
        line => read_v0(reader, line),
    }
}

/// Reads a line that must be kept while others are read; none for a flush-pkt.
fn first_line<R: Read>(reader: &mut PktReader<R>) -> Result<Option<Vec<u8>>, ProtocolError> {
    match reader.read_text()? {
        PktLine::Data(line) => Ok(Some(line.to_vec())),
        PktLine::Flush => Ok(None),
        other => Err(ProtocolError::unexpected("an advertisement", format!("{other:?}").as_bytes())),
    }
}

fn read_v2<R: Read>(reader: &mut PktReader<R>) -> Result<Advertisement, ProtocolError> {
    let mut capabilities = Capabilities::default();
    loop {
        match reader.read_text()? {
            PktLine::Data(line) => capabilities.push_line(line)?,
            PktLine::Flush => break,
            other => return Err(ProtocolError::unexpected("a capability", format!("{other:?}").as_bytes())),
        }
    }
    let format = capabilities.object_format()?;
    let refs = RefList::default();
    Ok(Advertisement { version: Version::V2, capabilities, format, refs, history: History::Complete })
}

fn read_v0<R: Read>(reader: &mut PktReader<R>, first: Option<&[u8]>) -> Result<Advertisement, ProtocolError> {
    let mut refs = RefList::builder();
    let mut history = History::Complete;
    let mut capabilities = Capabilities::default();
    if let Some(line) = first {
        let (line, list) = split_at_nul(line);
        capabilities = Capabilities::from_list(list);
        let format = capabilities.object_format()?;
        take_line(line, format, &mut refs, &mut history)?;
        loop {
            match reader.read_text()? {
                PktLine::Data(line) => take_line(split_at_nul(line).0, format, &mut refs, &mut history)?,
                PktLine::Flush => break,
                other => return Err(ProtocolError::unexpected("a ref", format!("{other:?}").as_bytes())),
            }
        }
    }
    for symref in capabilities.values("symref") {
        if let Some((name, target)) = symref.split_once(':') {
            refs.add_symref(name.as_bytes(), target.as_bytes())?;
        }
    }
    let format = capabilities.object_format()?;
    Ok(Advertisement { version: Version::V0, capabilities, format, refs: refs.finish(), history })
}

fn split_at_nul(line: &[u8]) -> (&[u8], &[u8]) {
    split_once(line, 0).unwrap_or((line, &[]))
}

/// Takes `<id> <name>` or `shallow <id>`.
fn take_line(
    line: &[u8],
    format: ObjectFormat,
    refs: &mut RefListBuilder,
    history: &mut History,
) -> Result<(), ProtocolError> {
    refs.count(line)?;
    if line.starts_with(b"shallow ") {
        *history = History::Shallow;
        return Ok(());
    }
    let (id, name) = split_ref(line, format)?;
    // An empty repository shows its capabilities behind the name `capabilities^{}`, which is no ref.
    refs.add(name, id)
}

/// Splits `<id> <rest>`.
pub(super) fn split_ref(line: &[u8], format: ObjectFormat) -> Result<(ObjectId, &[u8]), ProtocolError> {
    let (digits, rest) = line.split_at_checked(format.hash_len() * 2).unwrap_or((line, &[]));
    match (ObjectId::from_hex(digits, format), rest) {
        (Some(id), [b' ', rest @ ..]) => Ok((id, rest)),
        _ => {
            Err(ProtocolError::Unexpected { expected: "an object id and a ref name", got: excerpt(line, 80) })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::testing::{OneByOne, pkt_lines};

    const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const Z: &str = "0000000000000000000000000000000000000000";

    fn parse(lines: &[&str]) -> Result<Advertisement, ProtocolError> {
        read(&mut PktReader::new(OneByOne(&pkt_lines(lines))))
    }

    fn names(advertisement: &Advertisement) -> Vec<String> {
        advertisement.refs.refs().iter().map(|listed| listed.name.to_string()).collect()
    }

    #[test]
    fn v0_lists_refs_with_capabilities_behind_the_first() {
        let head = format!("{A} HEAD\0multi_ack symref=HEAD:refs/heads/main object-format=sha1\n");
        let lines = [
            &head,
            &format!("{A} refs/heads/main\n"),
            &format!("{A} refs/tags/v1\n"),
            &format!("{A} refs/tags/v1^{{}}\n"),
        ];
        for start in [
            &["# service=git-upload-pack\n", "0000"][..],
            &[],
            &["# service=git-upload-pack\n", "0000", "version 1\n"],
        ] {
            let mut all = start.to_vec();
            all.extend(lines.map(String::as_str));
            all.push("0000");
            let advertisement = parse(&all).unwrap();
            assert_eq!(advertisement.version, Version::V0);
            assert_eq!(names(&advertisement), ["refs/heads/main", "refs/tags/v1"]);
            assert_eq!(advertisement.refs.head().unwrap().to_string(), "refs/heads/main");
            assert!(advertisement.capabilities.has("multi_ack"));
            assert_eq!(advertisement.history, History::Complete);
        }
    }

    #[test]
    fn v2_lists_capabilities_with_or_without_a_service_line() {
        let caps = [
            "version 2\n",
            "agent=git/2.47\n",
            "ls-refs=unborn\n",
            "fetch=shallow\n",
            "object-format=sha256\n",
            "0000",
        ];
        for start in [&[][..], &["# service=git-upload-pack\n", "0000"]] {
            let advertisement = parse(&[start, &caps].concat()).unwrap();
            assert_eq!((advertisement.version, advertisement.format), (Version::V2, ObjectFormat::Sha256));
            assert!(advertisement.capabilities.value_has("fetch", "shallow"));
        }
    }

    #[test]
    fn an_empty_repository_has_capabilities_and_no_refs() {
        let advertisement =
            parse(&[&format!("{Z} capabilities^{{}}\0report-status delete-refs"), "0000"]).unwrap();
        assert!(names(&advertisement).is_empty() && advertisement.capabilities.has("delete-refs"));
        assert!(names(&parse(&["0000"]).unwrap()).is_empty());
    }

    #[test]
    fn have_lines_are_objects_and_no_refs() {
        let advertisement =
            parse(&[&format!("{A} .have\0report-status"), &format!("{A} .have"), "0000"]).unwrap();
        assert_eq!((advertisement.refs.haves().len(), names(&advertisement).len()), (1, 0));
    }

    #[test]
    fn a_shallow_repository_is_known_as_such() {
        let advertisement =
            parse(&[&format!("{A} refs/heads/main\0x"), &format!("shallow {A}"), "0000"]).unwrap();
        assert_eq!(advertisement.history, History::Shallow);
    }

    #[test]
    fn an_advertisement_cut_anywhere_is_an_error() {
        let bytes =
            pkt_lines(&["# service=git-upload-pack\n", "0000", &format!("{A} refs/heads/main\0x"), "0000"]);
        for end in 0..bytes.len() {
            let parsed = read(&mut PktReader::new(&bytes[..end]));
            assert!(matches!(parsed, Err(ProtocolError::Cut(_))), "cut at {end}: {parsed:?}");
        }
    }

    #[test]
    fn what_is_no_advertisement_is_refused_with_an_excerpt() {
        let error = parse(&["<html>sign in</html>", "0000"]).unwrap_err();
        assert!(error.to_string().contains("<html>sign in"), "{error}");
        assert_eq!(parse(&["ERR no such repository\n"]).unwrap_err().to_string(), "no such repository");
    }
}
