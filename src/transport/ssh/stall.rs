//! The error of a far side that is silent for too long.

use std::io;
use std::time::Duration;

/// Says what did not happen for so long.
pub(super) fn stalled(what: &str, timeouts: Duration) -> io::Error {
    let message = format!("timed out: {what} for {} s", timeouts.as_secs());
    io::Error::new(io::ErrorKind::TimedOut, message)
}
