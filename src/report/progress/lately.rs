//! The rate of the last seconds of a relay, for a line of a terminal that is written again and again.

use std::time::Duration;

use super::relayed::Amount;
use crate::report::units::and_rate;

/// The time that the rate is of, at least, once so much has passed.
const SPAN: Duration = Duration::from_secs(3);

/// The amount that came through lately.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lately {
    now: Amount,
    /// The amounts of two spans ago, and of one span ago. The rate is that since the older of them.
    marks: [Amount; 2],
}

impl Lately {
    /// Learns that more came through.
    pub(super) fn add(&mut self, more: Amount) {
        self.now.bytes = self.now.bytes.saturating_add(more.bytes);
        self.now.took = self.now.took.saturating_add(more.took);
        let [_, younger] = self.marks;
        if self.now.took.saturating_sub(younger.took) >= SPAN {
            self.marks = [younger, self.now];
        }
    }

    /// Returns the rate, to go behind a comma.
    pub(super) fn and_rate(&self) -> String {
        let [older, _] = self.marks;
        let took = self.now.took.saturating_sub(older.took);
        and_rate(self.now.bytes.saturating_sub(older.bytes), took)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_long_ago_does_not_count() {
        let mut lately = Lately::default();
        let mut second = |bytes| {
            lately.add(Amount { bytes, took: Duration::from_secs(1) });
            lately.and_rate()
        };
        for _ in 0..60 {
            second(0);
        }
        let rates: Vec<_> = (0..8).map(|_| second(1000)).collect();
        assert_eq!((rates[0].as_str(), rates[7].as_str()), (", 250 bytes/s", ", 1000 bytes/s"));
    }
}
