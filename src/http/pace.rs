//! The least pace of an answer. A server that sends a byte now and then is alive for every limit on silence, and would
//! hold a run to its end.

use std::io;
use std::time::Duration;

use crate::error::{ErrorKind, Failure};

/// The least that an answer brings within the time limit, in bytes. Over an hour, the keep-alives of Git's servers come to
/// a half of it, and lines of progress to much more.
const LEAST: usize = 64 * 1024;

/// A watch on one answer.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    /// The time that it was waited for, without that in which nobody asked for more.
    waited: Duration,
    /// The bytes that came in that time.
    bytes: usize,
}

impl Pace {
    /// Counts one wait and what it brought.
    ///
    /// # Errors
    ///
    /// Fails if too little came within `limit`.
    pub(crate) fn count(&mut self, waited: Duration, bytes: usize, limit: Duration) -> io::Result<()> {
        self.waited += waited;
        self.bytes += bytes;
        if self.bytes >= LEAST {
            *self = Self::default();
        }
        if self.waited < limit {
            return Ok(());
        }
        let message =
            format!("timed out: no more than {} bytes came in {} s", self.bytes, self.waited.as_secs());
        Err(io::Error::other(Failure::new(ErrorKind::Interrupted, message)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const LIMIT: Duration = Duration::from_secs(60);

    /// Returns after how many waits of a second an answer of so many bytes each is given up, if it is within an hour.
    fn given_up(bytes: usize) -> Option<usize> {
        let mut pace = Pace::default();
        (1..=3600).find(|_| pace.count(SECOND, bytes, LIMIT).is_err())
    }

    #[test]
    fn an_answer_in_drips_ends_and_a_slow_one_does_not() {
        for (bytes, expected) in [(0, Some(60)), (1, Some(60)), (1000, Some(60)), (1200, None), (LEAST, None)]
        {
            assert_eq!(given_up(bytes), expected, "{bytes}");
        }
    }

    #[test]
    fn the_error_says_how_little_came() {
        let error = Pace::default().count(LIMIT, 5, LIMIT).unwrap_err();
        assert_eq!(error.to_string(), "timed out: no more than 5 bytes came in 60 s");
        assert_eq!(Failure::from(error).kind, ErrorKind::Interrupted);
    }
}
