//! The times for which a server may be silent. A run never hangs: it ends in an error that says so.

use std::time::Duration;

use crate::cancel::CancelToken;

/// For how many stalls an answer may come in drips: an hour by default, in which a large source counts its objects.
const STALLS_OF_DRIPS: u32 = 60;

/// The time limits of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Time for connecting, TLS included.
    pub connect: Duration,
    /// Time in which nothing may move while bytes are due.
    pub stall: Duration,
    /// Time for a destination's silence after the last byte of a pack: it checks every object meanwhile.
    pub report: Duration,
}

impl Timeouts {
    /// Time that is left once the run is stopped, to see what holds at the destination.
    const AFTER_CANCEL: Self = {
        let moment = Duration::from_secs(2);
        Self { connect: moment, stall: moment, report: moment }
    };

    /// Returns those that hold now.
    pub(crate) fn until(self, cancel: &CancelToken) -> Self {
        if cancel.reason().is_none() { self } else { Self::AFTER_CANCEL }
    }

    /// Returns those of a conversation that is worth no longer waits.
    pub(crate) fn at_most(self, longest: Duration) -> Self {
        let Self { connect, stall, report } = self;
        Self { connect: connect.min(longest), stall: stall.min(longest), report: report.min(longest) }
    }

    /// Returns how long the head of an HTTP answer may take that may begin after `silence`: it is short, so what comes in
    /// drips or announces itself over and over (`100 Continue`) has no end.
    pub(crate) fn head(&self, silence: Duration) -> Duration {
        silence + self.stall
    }

    /// Returns how long an answer that may be silent for `silence` may bring next to nothing, such as keep-alives.
    pub(crate) fn drips(&self, silence: Duration) -> Duration {
        silence.max(self.stall * STALLS_OF_DRIPS)
    }
}
