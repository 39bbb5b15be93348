//! Git's messages, without I/O of their own: bytes in, typed values out, and the other way round.
//!
//! The words are those of `gitprotocol-common`, `gitprotocol-pack` and `gitprotocol-v2`. Readers take any
//! [`std::io::Read`] and never read past the message, so the same code serves one HTTP answer and one long
//! SSH session. A server is free to send anything: every length and count that it chooses is bounded here.
//!
//! ```text
//!  upload-pack     advertisement ─► (v2: ls_refs) ─► fetch ─► sideband (v0: if offered) ─► pack
//!  receive-pack    advertisement ─► receive_pack (command list, pack) ─► sideband ─► report_status
//!  into a folder   pack ─► pack_entry (sizes of its objects), delta; reject_reason in place of a server's words
//! ```

pub mod advertisement;
pub mod capabilities;
pub mod delta;
pub mod fetch;
pub mod ls_refs;
pub mod object_id;
pub mod pack_entry;
pub mod pack_scanner;
pub mod pkt_line;
pub mod receive_pack;
pub mod ref_list;
pub mod ref_name;
pub mod report_status;
pub mod sideband;

use std::io;

use crate::text::excerpt;

/// The longest piece of a server's text that is kept for a message, in bytes.
pub(crate) const SERVER_TEXT_LIMIT: usize = 4096;

/// A message of a server that Git's protocol does not allow, or a break of the conversation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// The connection failed, stalled or was ended by an error below the protocol.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The stream ended inside a message.
    #[error("the connection was closed in the middle of {0}")]
    Cut(&'static str),
    /// Four bytes that are no pkt-line length.
    #[error("sent '{0}' where a pkt-line length was expected")]
    BadLength(String),
    /// A well-formed pkt-line that has no place where it stands.
    #[error("sent '{got}' where {expected} was expected")]
    Unexpected {
        /// The message that the protocol allows here.
        expected: &'static str,
        /// The start of what came.
        got: String,
    },
    /// The server reported an error of its own: an `ERR` line or side-band 3.
    #[error("{0}")]
    Server(String),
    /// A bound of this program was passed.
    #[error("sent more than {limit} {what}")]
    TooMuch {
        /// The things that were too many.
        what: &'static str,
        /// The bound.
        limit: usize,
    },
    /// A message of this program does not fit into the protocol's frames.
    #[error("would have to read a line of {length} bytes, more than Git's protocol allows")]
    LineTooLong {
        /// The length that the line would have, in bytes.
        length: usize,
    },
    /// The repository's history is cut off; its pack would be incomplete.
    #[error("is a shallow repository, whose history is incomplete")]
    Shallow,
    /// An object format that this program does not know.
    #[error("uses the unknown object format '{0}'")]
    UnknownObjectFormat(String),
}

impl ProtocolError {
    fn unexpected(expected: &'static str, got: &[u8]) -> Self {
        Self::Unexpected { expected, got: excerpt(got, 80) }
    }
}

/// A Git service that a server runs for one repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Gives packs.
    UploadPack,
    /// Takes packs.
    ReceivePack,
}

impl Service {
    /// Returns the service's name on the wire, such as `git-upload-pack`.
    pub fn name(self) -> &'static str {
        match self {
            Self::UploadPack => "git-upload-pack",
            Self::ReceivePack => "git-receive-pack",
        }
    }
}

/// Splits at the first byte of this value, which is in neither part.
fn split_once(bytes: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let mut parts = bytes.splitn(2, |byte| *byte == at);
    Some((parts.next()?, parts.next()?))
}

/// The name that this program gives itself in `agent=`.
pub const AGENT: &str = concat!("mirror-git-repository/", env!("CARGO_PKG_VERSION"));

#[cfg(test)]
pub(crate) mod testing {
    use std::io::{self, Read, Write as _};

    use flate2::Compression;
    use flate2::write::ZlibEncoder;

    /// Gives its bytes one at a time, as the slowest network would.
    pub(crate) struct OneByOne<'a>(pub(crate) &'a [u8]);

    impl Read for OneByOne<'_> {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            let n = buf.len().min(1);
            self.0.read(&mut buf[..n])
        }
    }

    /// Writes pkt-lines from a short notation: `0000`, `0001` and `0002` stand for themselves.
    pub(crate) fn pkt_lines(lines: &[&str]) -> Vec<u8> {
        let mut out = Vec::new();
        for line in lines {
            match *line {
                "0000" | "0001" | "0002" => out.extend_from_slice(line.as_bytes()),
                text => super::pkt_line::write_data(&mut out, text.as_bytes()).unwrap(),
            }
        }
        out
    }

    /// Makes a pack of these entries; its checksum is none.
    pub(crate) fn pack(entries: &[Vec<u8>]) -> Vec<u8> {
        let count = u32::try_from(entries.len()).unwrap();
        let mut pack = [b"PACK\0\0\0\x02".as_slice(), &count.to_be_bytes()].concat();
        pack.extend(entries.concat());
        pack.extend([0; 20]);
        pack
    }

    /// Makes an entry of this type and claimed size, with its base's offset or id.
    pub(crate) fn entry(kind: u8, claimed: u64, base: &[u8], data: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let (mut first, mut rest) = (kind << 4 | u8::try_from(claimed & 15).unwrap(), claimed >> 4);
        while rest > 0 {
            bytes.push(first | 0x80);
            (first, rest) = (u8::try_from(rest & 0x7f).unwrap(), rest >> 7);
        }
        bytes.push(first);
        bytes.extend_from_slice(base);
        let mut zlib = ZlibEncoder::new(bytes, Compression::default());
        zlib.write_all(data).unwrap();
        zlib.finish().unwrap()
    }
}
