//! The body of a large push: what is already there, then the rest of the pack as it comes.

use std::io::{self, Cursor, Read};
use std::sync::Arc;

use super::connection::BrokenWrites;

/// Gives the command list and the pack. It ends early once the server has stopped listening, so that the
/// client goes on to read why; the pack's trailer is then not sent, and nothing can be applied.
pub(super) struct PushBody<'a> {
    head: Cursor<Vec<u8>>,
    rest: &'a mut dyn Read,
    broken: Arc<BrokenWrites>,
}

impl<'a> PushBody<'a> {
    pub(super) fn new(head: Vec<u8>, rest: &'a mut dyn Read, broken: &Arc<BrokenWrites>) -> Self {
        Self { head: Cursor::new(head), rest, broken: Arc::clone(broken) }
    }
}

impl Read for PushBody<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.broken.happened() {
            return Ok(0);
        }
        match self.head.read(buf)? {
            0 => {
                // The head can be large, and the pack takes long.
                self.head = Cursor::default();
                self.rest.read(buf)
            }
            count => Ok(count),
        }
    }
}
