//! The body of a large request: what is already there, then the rest as it comes.

use std::io::{self, Cursor, Read};
use std::sync::Arc;

use super::early_response::Wire;

/// A reader of such a body. Once the server has stopped listening nothing more is sent, so that the client goes on to read
/// why; the end of the body is then missing, so that a server which knows the end of a whole one applies nothing.
pub(crate) struct UploadBody<'a> {
    head: Cursor<Vec<u8>>,
    rest: &'a mut dyn Read,
    /// Number of bytes that are left, if that is known.
    left: Option<u64>,
    wire: Arc<Wire>,
}

impl<'a> UploadBody<'a> {
    /// Takes what was read already and the rest; `length` is that of both.
    pub(crate) fn new(head: Vec<u8>, rest: &'a mut dyn Read, length: Option<u64>, wire: &Arc<Wire>) -> Self {
        Self { head: Cursor::new(head), rest, left: length, wire: Arc::clone(wire) }
    }

    fn next(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.wire.is_broken() {
            // Who was promised a length waits for it, and the connection drops it.
            let fill = if self.left.is_some() { buf.len() } else { 0 };
            buf.iter_mut().take(fill).for_each(|byte| *byte = 0);
            return Ok(fill);
        }
        match self.head.read(buf)? {
            0 => {
                // The head can be large, and the rest takes long.
                self.head = Cursor::default();
                self.rest.read(buf)
            }
            count => Ok(count),
        }
    }
}

impl Read for UploadBody<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let most =
            self.left.map_or(buf.len(), |left| usize::try_from(left).unwrap_or(usize::MAX).min(buf.len()));
        if most == 0 {
            return Ok(0);
        }
        let count = self.next(buf.split_at_mut(most).0)?;
        if let Some(left) = &mut self.left {
            if count == 0 {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it is shorter than was said"));
            }
            *left -= count as u64;
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(rest: &[u8], length: Option<u64>) -> io::Result<Vec<u8>> {
        let (mut rest, mut read) = (rest, Vec::new());
        let mut body = UploadBody::new(b"commands".to_vec(), &mut rest, length, &Arc::default());
        body.read_to_end(&mut read).map(|_| read)
    }

    #[test]
    fn a_body_is_as_long_as_was_promised() {
        assert_eq!(read(b"PACK", None).unwrap(), b"commandsPACK");
        assert_eq!(read(b"PACK", Some(12)).unwrap(), b"commandsPACK");
        assert_eq!(read(b"PACK and more", Some(12)).unwrap(), b"commandsPACK");
        assert_eq!(read(b"PACK", Some(13)).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
