//! pkt-lines: the frames of Git's protocol (`gitprotocol-common`, "pkt-line Format").

use std::io::{ErrorKind, Read};

use super::{ProtocolError, SERVER_TEXT_LIMIT, excerpt};

/// The longest pkt-line, its four length digits included, in bytes.
pub const MAX_LINE: usize = 65520;

/// One frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PktLine<'a> {
    /// Payload, possibly empty.
    Data(&'a [u8]),
    /// `0000`: the end of a message.
    Flush,
    /// `0001`: the end of a section.
    Delimiter,
    /// `0002`: the end of an answer on a stateless connection.
    ResponseEnd,
}

/// The meaning of the four digits before a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// So many bytes of payload follow.
    Data(usize),
    /// `0000`
    Flush,
    /// `0001`
    Delimiter,
    /// `0002`
    ResponseEnd,
}

impl Length {
    /// The number of bytes that make up a length.
    pub const DIGITS: usize = 4;

    /// Reads the four digits.
    ///
    /// # Errors
    /// [`ProtocolError::BadLength`] if they are no hexadecimal number, `0003`, or more than [`MAX_LINE`].
    pub fn parse(digits: [u8; Self::DIGITS]) -> Result<Self, ProtocolError> {
        let mut value = [0; 2];
        match hex::decode_to_slice(digits, &mut value).map(|()| usize::from(u16::from_be_bytes(value))) {
            Ok(0) => Ok(Self::Flush),
            Ok(1) => Ok(Self::Delimiter),
            Ok(2) => Ok(Self::ResponseEnd),
            Ok(length @ Self::DIGITS..=MAX_LINE) => Ok(Self::Data(length - Self::DIGITS)),
            _ => Err(ProtocolError::BadLength(excerpt(&digits, digits.len()))),
        }
    }
}

/// A reader of pkt-lines, which takes never a byte beyond the line asked for.
#[derive(Debug)]
pub struct PktReader<R> {
    inner: R,
    line: Vec<u8>,
}

impl<R: Read> PktReader<R> {
    /// Reads from `inner`, which should be buffered.
    pub fn new(inner: R) -> Self {
        Self { inner, line: Vec::new() }
    }

    /// Returns the reader, at the first byte after the last line read.
    pub fn into_inner(self) -> R {
        self.inner
    }

    /// Reads the next line.
    ///
    /// # Errors
    /// [`ProtocolError::Cut`] at the end of the stream, [`ProtocolError::BadLength`], [`ProtocolError::Io`].
    pub fn read(&mut self) -> Result<PktLine<'_>, ProtocolError> {
        let mut digits = [0; Length::DIGITS];
        read_exact(&mut self.inner, &mut digits)?;
        let length = match Length::parse(digits)? {
            Length::Data(length) => length,
            Length::Flush => return Ok(PktLine::Flush),
            Length::Delimiter => return Ok(PktLine::Delimiter),
            Length::ResponseEnd => return Ok(PktLine::ResponseEnd),
        };
        self.line.resize(length, 0);
        read_exact(&mut self.inner, &mut self.line)?;
        Ok(PktLine::Data(&self.line))
    }

    /// Reads the next line where text is expected: one trailing LF is dropped, `ERR` is the server's error.
    ///
    /// # Errors
    /// As [`PktReader::read`], and [`ProtocolError::Server`] for an `ERR` line.
    pub fn read_text(&mut self) -> Result<PktLine<'_>, ProtocolError> {
        Ok(match self.read()? {
            PktLine::Data(line) => {
                let text = line.strip_suffix(b"\n").unwrap_or(line);
                if let Some(message) = text.strip_prefix(b"ERR ") {
                    return Err(ProtocolError::Server(excerpt(message, SERVER_TEXT_LIMIT)));
                }
                PktLine::Data(text)
            }
            special => special,
        })
    }
}

/// Fills `buf`; the end of the stream is [`ProtocolError::Cut`].
pub(super) fn read_exact(from: &mut impl Read, buf: &mut [u8]) -> Result<(), ProtocolError> {
    from.read_exact(buf).map_err(|error| match error.kind() {
        ErrorKind::UnexpectedEof => ProtocolError::Cut("a pkt-line"),
        // Lines inside a side-band: what broke that is the error.
        _ => error.downcast().unwrap_or_else(ProtocolError::Io),
    })
}

/// Appends one pkt-line.
///
/// # Errors
/// [`ProtocolError::LineTooLong`] if `data` is longer than [`MAX_LINE`] less four bytes: its length would have five
/// digits, and the server would read the data as lines of their own. Nothing is appended then.
pub fn write_data(out: &mut Vec<u8>, data: &[u8]) -> Result<(), ProtocolError> {
    let length = data.len() + Length::DIGITS;
    if length > MAX_LINE {
        return Err(ProtocolError::LineTooLong { length });
    }
    out.extend_from_slice(format!("{length:04x}").as_bytes());
    out.extend_from_slice(data);
    Ok(())
}

/// Appends one pkt-line of text with the LF that Git puts after it.
///
/// # Errors
/// As [`write_data`].
pub fn write_text(out: &mut Vec<u8>, text: &str) -> Result<(), ProtocolError> {
    write_data(out, format!("{text}\n").as_bytes())
}

/// A flush-pkt.
pub const FLUSH: &[u8] = b"0000";

/// A delim-pkt.
pub const DELIMITER: &[u8] = b"0001";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::protocol::testing::{OneByOne, pkt_lines};

    fn all(bytes: &[u8]) -> Result<Vec<String>, ProtocolError> {
        let mut reader = PktReader::new(OneByOne(bytes));
        let mut lines = Vec::new();
        while !reader.inner.0.is_empty() {
            lines.push(match reader.read_text()? {
                PktLine::Data(data) => crate::text::of_bytes(data).into_owned(),
                special => format!("{special:?}"),
            });
        }
        Ok(lines)
    }

    #[test]
    fn lines_and_special_lines_are_told_apart() {
        let lines = all(b"0006a\n0005b0004000000010002").unwrap();
        assert_eq!(lines, ["a", "b", "", "Flush", "Delimiter", "ResponseEnd"]);
    }

    #[test]
    fn only_one_line_feed_is_dropped() {
        assert_eq!(all(b"0007a\n\n").unwrap(), ["a\n"]);
    }

    #[test]
    fn a_length_that_is_none_is_refused_and_shown() {
        for digits in ["<!DO", "0003", "fff1", "ffff", " 004", "+004"] {
            let error = all(digits.as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), format!("sent '{digits}' where a pkt-line length was expected"));
        }
    }

    #[test]
    fn the_longest_line_is_accepted() {
        let mut bytes = Vec::new();
        write_data(&mut bytes, &vec![b'x'; MAX_LINE - 4]).unwrap();
        let whole = bytes.len();
        let longer = write_data(&mut bytes, &vec![b'x'; MAX_LINE - 3]);
        assert!(matches!(longer, Err(ProtocolError::LineTooLong { length: 65521 })));
        assert_eq!(bytes.len(), whole);
        assert!(bytes.starts_with(b"fff0"));
        assert_eq!(all(&bytes).unwrap()[0].len(), MAX_LINE - 4);
    }

    #[test]
    fn a_cut_line_is_an_error_wherever_it_is_cut() {
        let whole = b"000ahello\n";
        for end in 1..whole.len() {
            assert!(matches!(all(&whole[..end]), Err(ProtocolError::Cut(_))), "cut at {end}");
        }
    }

    #[test]
    fn an_err_line_is_the_servers_error() {
        let error = all(&pkt_lines(&["ERR access denied\n"])).unwrap_err();
        assert_eq!(error.to_string(), "access denied");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..2000), 0..8)) {
            let mut bytes = Vec::new();
            for payload in &payloads {
                write_data(&mut bytes, payload).unwrap();
            }
            let mut reader = PktReader::new(OneByOne(&bytes));
            for payload in &payloads {
                prop_assert_eq!(reader.read().unwrap(), PktLine::Data(payload));
            }
            prop_assert!(matches!(reader.read(), Err(ProtocolError::Cut(_))));
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut reader = PktReader::new(&bytes[..]);
            while reader.read_text().is_ok() {}
        }
    }
}
