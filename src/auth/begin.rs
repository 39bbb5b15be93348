//! The begin of a conversation, before a stop of the run or after it.

use std::time::Duration;

use crate::cancel::{CancelReason, CancelToken};
use crate::clock::Stopwatch;
use crate::error::{ErrorKind, Failure};

/// The time for all requests of one token once the run is stopped. A listing is to follow, and the run ends within
/// 5 seconds.
pub(super) const AFTER_STOP: Duration = Duration::from_secs(2);

/// The begin of the conversation that a token is needed for.
///
/// A stop ends what began before it: whoever then still asks for a token fails at once. What begins after it looks at what
/// holds at the destination, and may get a token in a short time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Begin {
    watch: Stopwatch,
    after: Option<CancelReason>,
}

impl Begin {
    /// Begins now.
    pub(crate) fn now(cancel: &CancelToken) -> Self {
        Self { watch: Stopwatch::start(), after: cancel.reason() }
    }

    /// Tells whether the run was stopped before both, or before none.
    pub(super) fn is_on_the_same_side_of_a_stop(self, other: Self) -> bool {
        self.after == other.after
    }

    /// Tells whether the run was stopped before.
    pub(super) fn is_after_a_stop(self) -> bool {
        self.after.is_some()
    }

    /// Returns the time that requests may still take.
    ///
    /// # Errors
    ///
    /// Fails if a stop has ended it.
    pub(super) fn left(self, cancel: &CancelToken) -> Result<Duration, Failure> {
        let left = match (cancel.reason(), self.after) {
            (None, _) => Some(Duration::MAX),
            (Some(_), None) => None,
            (Some(_), Some(_)) => AFTER_STOP.checked_sub(self.watch.elapsed()),
        };
        left.filter(|left| !left.is_zero())
            .ok_or_else(|| Failure::new(ErrorKind::Interrupted, "the run was stopped"))
    }
}
