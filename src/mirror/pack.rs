//! A pack as the work reads it.

use crate::error::Error;

/// A pack on its way from the source.
pub trait Pack {
    /// Reads at least one byte, or 0 once the source has certified that this was all.
    ///
    /// # Errors
    /// Whatever broke the stream, with [`Phase::Fetch`](crate::error::Phase::Fetch); the bytes read so far are then no pack.
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, Error>;
}
