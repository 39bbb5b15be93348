//! The content codings of an answer (RFC 9110, section 8.4), which some servers use unasked: `force-gzip` of apache does.
//!
//! Decoded content is a stream: it takes a fixed amount of memory, and whoever reads it has limits of his own.

use std::io::{self, BufReader, Read};

use flate2::bufread::{MultiGzDecoder, ZlibDecoder};
use ureq::http::{HeaderMap, header};

use crate::error::{ErrorKind, Failure};
use crate::text;

/// Returns an answer's bytes without their coding.
pub(crate) fn decoded<R: Read + Send + 'static>(body: R, headers: &HeaderMap) -> Box<dyn Read + Send> {
    let codings = headers.get_all(header::CONTENT_ENCODING);
    let names = codings.iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    let names: Vec<_> = names.map(|name| name.trim_ascii().to_ascii_lowercase()).collect();
    let names: Vec<_> = names.iter().map(Vec::as_slice).filter(|name| !name.is_empty()).collect();
    match names.as_slice() {
        [] | [b"identity"] => Box::new(body),
        [b"gzip" | b"x-gzip"] => Box::new(MultiGzDecoder::new(BufReader::new(body))),
        [b"deflate"] => Box::new(ZlibDecoder::new(BufReader::new(body))),
        _ => Box::new(Unknown(text::excerpt(&names.join(&b", "[..]), 60))),
    }
}

/// An answer that cannot be read, with its codings.
struct Unknown(String);

impl Read for Unknown {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        let message =
            format!("the server compressed its answer in a way that was not asked for, '{}'", self.0);
        Err(io::Error::other(Failure::new(ErrorKind::Protocol, message)))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::{GzEncoder, ZlibEncoder};

    use super::*;

    const TEXT: &[u8] = b"0000 and so on";

    fn read(body: Vec<u8>, codings: &[&'static str]) -> io::Result<Vec<u8>> {
        let headers =
            codings.iter().map(|coding| (header::CONTENT_ENCODING, coding.parse().unwrap())).collect();
        let mut read = Vec::new();
        decoded(io::Cursor::new(body), &headers).read_to_end(&mut read).map(|_| read)
    }

    fn gzip() -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(TEXT).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn codings_are_undone_in_any_letter_case() {
        for codings in [&["gzip"][..], &["GZip "], &["x-gzip"], &["", "gzip"]] {
            assert_eq!(read(gzip(), codings).unwrap(), TEXT, "{codings:?}");
        }
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
        zlib.write_all(TEXT).unwrap();
        assert_eq!(read(zlib.finish().unwrap(), &["deflate"]).unwrap(), TEXT);
        for codings in [&[][..], &["identity"], &[""]] {
            assert_eq!(read(TEXT.to_vec(), codings).unwrap(), TEXT, "{codings:?}");
        }
    }

    #[test]
    fn a_coding_that_is_not_known_is_named() {
        for codings in [&["br"][..], &["gzip, gzip"], &["gzip", "br"]] {
            let failure = Failure::from(read(gzip(), codings).unwrap_err());
            assert_eq!(failure.kind, ErrorKind::Protocol);
            assert!(failure.message.contains(&codings.join(", ")), "{failure}");
        }
    }

    #[test]
    fn damage_is_told_from_a_cut() {
        let mut cut = gzip();
        cut.truncate(cut.len() - 9);
        assert_eq!(Failure::from(read(cut, &["gzip"]).unwrap_err()).kind, ErrorKind::Interrupted);
        assert_eq!(Failure::from(read(TEXT.to_vec(), &["gzip"]).unwrap_err()).kind, ErrorKind::Protocol);
    }
}
