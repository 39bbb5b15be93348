//! The side-band: one stream that carries data, progress and errors (`gitprotocol-pack`, "Packfile Data").

use std::io::{self, Read};

use super::pkt_line::{Length, read_exact};
use super::{ProtocolError, SERVER_TEXT_LIMIT, excerpt};

/// A reader of the side-band: it gives the data of band 1, hands the text of band 2 on, and turns band 3 into an
/// error.
#[derive(Debug)]
pub struct SideBand<R> {
    inner: R,
    /// Bytes of the current data packet that are still to be read.
    remaining: usize,
    ended: Ended,
    text: Vec<u8>,
}

/// The data of a side-band, as a reader.
pub struct Data<'a, R> {
    band: &'a mut SideBand<R>,
    limit: usize,
    left: usize,
    progress: &'a mut dyn FnMut(&[u8]),
}

impl<R> std::fmt::Debug for Data<'_, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Data").field("left", &self.left).finish_non_exhaustive()
    }
}

impl<R: Read> Read for Data<'_, R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.band.read(buf, self.progress).map_err(io::Error::other)?;
        self.left = self.left.checked_sub(read).ok_or_else(|| {
            io::Error::other(ProtocolError::TooMuch { what: "bytes of report", limit: self.limit })
        })?;
        Ok(read)
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Ended {
    No,
    /// The flush-pkt was read: all data that the server meant to send has come.
    Flushed,
}

impl<R: Read> SideBand<R> {
    /// Reads from `inner`, which should be buffered and stand at the first side-band packet.
    pub fn new(inner: R) -> Self {
        Self { inner, remaining: 0, ended: Ended::No, text: Vec::new() }
    }

    /// Returns the reader, at the first byte after the last packet read.
    pub fn into_inner(self) -> R {
        self.inner
    }

    /// Returns the reader, to read what comes after the flush-pkt; it stands as [`SideBand::into_inner`] says.
    pub fn get_mut(&mut self) -> &mut R {
        &mut self.inner
    }

    /// Reads some data: at least one byte, or 0 once the server's flush-pkt has certified the end.
    ///
    /// Empty data packets are the server's keep-alives and are passed over. Progress goes to `progress`
    /// as it comes, cut where the server cut it.
    ///
    /// # Errors
    /// [`ProtocolError::Server`] for band 3, [`ProtocolError::Cut`] for an end without a flush-pkt, and
    /// what [`Length::parse`] gives.
    pub fn read(&mut self, buf: &mut [u8], progress: &mut dyn FnMut(&[u8])) -> Result<usize, ProtocolError> {
        while self.remaining == 0 {
            if self.ended == Ended::Flushed {
                return Ok(0);
            }
            self.next_packet(progress)?;
        }
        let wanted = buf.len().min(self.remaining);
        let (buf, _) = buf.split_at_mut(wanted);
        let read = loop {
            match self.inner.read(buf) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                outcome => break outcome?,
            }
        };
        if read == 0 && wanted > 0 {
            return Err(ProtocolError::Cut("a side-band packet"));
        }
        self.remaining -= read;
        Ok(read)
    }

    /// Returns the data as a reader, which hands progress on as [`SideBand::read`] does, and at most so many bytes. Its
    /// errors hold those of [`SideBand::read`]; beyond the limit [`ProtocolError::TooMuch`].
    pub fn data<'a>(&'a mut self, limit: usize, progress: &'a mut dyn FnMut(&[u8])) -> Data<'a, R> {
        Data { band: self, limit, left: limit, progress }
    }

    /// Reads all data up to the flush-pkt.
    ///
    /// # Errors
    /// As [`SideBand::read`]; [`ProtocolError::TooMuch`] beyond `limit` bytes.
    pub fn read_to_end(
        &mut self,
        limit: usize,
        progress: &mut dyn FnMut(&[u8]),
    ) -> Result<Vec<u8>, ProtocolError> {
        let mut data = Vec::new();
        let mut buf = vec![0; 8192];
        loop {
            let read = self.read(&mut buf, progress)?;
            if read == 0 {
                return Ok(data);
            }
            if data.len() + read > limit {
                return Err(ProtocolError::TooMuch { what: "bytes of report", limit });
            }
            data.extend_from_slice(buf.split_at(read).0);
        }
    }

    fn next_packet(&mut self, progress: &mut dyn FnMut(&[u8])) -> Result<(), ProtocolError> {
        let mut digits = [0; Length::DIGITS];
        read_exact(&mut self.inner, &mut digits)?;
        let length = match Length::parse(digits)? {
            Length::Flush => {
                self.ended = Ended::Flushed;
                return Ok(());
            }
            Length::Data(length @ 1..) => length - 1,
            _ => return Err(ProtocolError::unexpected("a side-band packet", &digits)),
        };
        let mut band = [0];
        read_exact(&mut self.inner, &mut band)?;
        match band {
            [1] => self.remaining = length,
            [2] => progress(self.read_message(length)?),
            [3] => return Err(ProtocolError::Server(excerpt(self.read_message(length)?, SERVER_TEXT_LIMIT))),
            _ => return Err(ProtocolError::unexpected("side-band 1, 2 or 3", &band)),
        }
        Ok(())
    }

    fn read_message(&mut self, length: usize) -> Result<&[u8], ProtocolError> {
        self.text.resize(length, 0);
        read_exact(&mut self.inner, &mut self.text)?;
        Ok(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::testing::{OneByOne, pkt_lines};

    fn read(bytes: &[u8]) -> (Result<Vec<u8>, ProtocolError>, Vec<String>) {
        let mut said = Vec::new();
        let mut progress = |text: &[u8]| said.push(crate::text::of_bytes(text).into_owned());
        let data = SideBand::new(OneByOne(bytes)).read_to_end(1 << 20, &mut progress);
        (data, said)
    }

    #[test]
    fn data_is_joined_and_progress_handed_on() {
        let (data, said) = read(&pkt_lines(&["\x01PA", "\x02Counting", "\x01CK", "0000"]));
        assert_eq!(data.unwrap(), b"PACK");
        assert_eq!(said, ["Counting"]);
    }

    #[test]
    fn keep_alives_are_passed_over_and_never_look_like_the_end() {
        let bytes = pkt_lines(&["\x01", "\x01PA", "\x01", "\x01", "\x01CK", "\x01", "0000"]);
        let mut band = SideBand::new(&bytes[..]);
        let mut buf = [0; 16];
        assert_eq!(band.read(&mut buf, &mut |_| ()).unwrap(), 2);
        assert_eq!(band.read(&mut buf, &mut |_| ()).unwrap(), 2);
        assert_eq!(band.read(&mut buf, &mut |_| ()).unwrap(), 0);
        assert_eq!(band.read(&mut buf, &mut |_| ()).unwrap(), 0);
    }

    #[test]
    fn band_three_is_an_error_even_after_all_data() {
        let (data, _) = read(&pkt_lines(&["\x01PACK", "\x03possible repository corruption\n", "0000"]));
        assert_eq!(data.unwrap_err().to_string(), "possible repository corruption");
    }

    #[test]
    fn an_end_without_a_flush_is_an_error_wherever_it_comes() {
        let bytes = pkt_lines(&["\x01PA", "\x02so", "\x01CK", "0000"]);
        for end in 0..bytes.len() {
            let (data, _) = read(&bytes[..end]);
            assert!(matches!(data, Err(ProtocolError::Cut(_))), "cut at {end}: {data:?}");
        }
    }

    #[test]
    fn what_is_no_band_is_refused() {
        for bytes in [&b"0006\x04x"[..], b"0004", b"0001", b"HTTP"] {
            assert!(read(bytes).0.is_err());
        }
    }

    #[test]
    fn the_reader_stops_at_the_flush() {
        let bytes = pkt_lines(&["\x01a", "0000", "next"]);
        let mut band = SideBand::new(&bytes[..]);
        band.read_to_end(10, &mut |_| ()).unwrap();
        assert_eq!(band.into_inner(), b"0008next");
    }

    #[test]
    fn more_than_the_limit_is_refused() {
        let bytes = pkt_lines(&["\x01abc", "0000"]);
        let error = SideBand::new(&bytes[..]).read_to_end(2, &mut |_| ()).unwrap_err();
        assert_eq!(error.to_string(), "sent more than 2 bytes of report");
    }
}
