//! The progress of a relay in words: bytes, objects and the rate of the last seconds.

use std::time::Duration;

use crate::report::units::{Bytes, Count, Elapsed, and_rate};

/// A relay of fewer bytes is not under way yet: the source sends the start of a pack before it has packed.
pub(super) const FIRST: u64 = 16 << 10;

/// Returns the time between two lines about something that has been under way for so long.
pub(super) fn interval(under_way: Duration) -> Duration {
    Duration::from_secs(match under_way.as_secs() {
        0..30 => 5,
        30..120 => 10,
        _ => 30,
    })
}

/// Bytes that came through, and the time that they took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Amount {
    pub(super) bytes: u64,
    pub(super) took: Duration,
}

/// A relay under way.
#[derive(Debug, Default)]
pub(super) struct Relayed {
    /// The time at which it began.
    began: Duration,
    /// The time of the last line about it.
    last_line: Duration,
    /// The bytes of all its pushes. The time that the source took to prepare a pack does not count.
    all: Amount,
    /// The part of it that the log has told.
    told: Amount,
    pack: PackUnderWay,
    /// The objects of the packs that were sent to their end.
    objects: u64,
    /// Number of pushes that were sent to their end.
    pushes: usize,
}

/// The pack of the push under way.
#[derive(Clone, Copy, Debug, Default)]
struct PackUnderWay {
    /// The number of its objects, once its header came.
    objects: Option<u32>,
    /// The number of those that are still to come, where they are counted.
    left: Option<u32>,
    bytes: u64,
}

impl Relayed {
    /// Begins at this time.
    pub(super) fn begin(now: Duration) -> Self {
        Self { began: now, last_line: now, ..Self::default() }
    }

    /// Forgets the last pack, which may have been ended early, as another is asked for.
    pub(super) fn end_pack(&mut self) {
        self.pack = PackUnderWay::default();
    }

    /// Begins a pack of so many objects.
    pub(super) fn begin_pack(&mut self, objects: u32) {
        self.pack = PackUnderWay { objects: Some(objects), ..PackUnderWay::default() };
    }

    /// Learns that more went through, and returns what counts of it: before the first byte of a pack the source was busy.
    pub(super) fn add(&mut self, more: Amount, objects_left: Option<u32>) -> Amount {
        let took = if self.pack.bytes == 0 { Duration::ZERO } else { more.took };
        self.all = Amount { bytes: self.all.bytes + more.bytes, took: self.all.took + took };
        self.pack.bytes += more.bytes;
        self.pack.left = objects_left.or(self.pack.left);
        Amount { took, ..more }
    }

    pub(super) fn has_bytes(&self) -> bool {
        self.pack.bytes > 0
    }

    /// Returns a line, if one is due.
    pub(super) fn due_line(&mut self, now: Duration) -> Option<String> {
        let is_under_way = self.all.bytes >= FIRST && self.all.bytes > self.told.bytes;
        let due = self.last_line + interval(now.saturating_sub(self.began));
        (is_under_way && now >= due).then(|| {
            self.last_line = now;
            self.tell()
        })
    }

    /// Says what a relay came to that was not sent to its end, if that is not told yet.
    pub(super) fn untold(&mut self) -> Option<String> {
        (self.all.bytes > self.told.bytes).then(|| self.tell())
    }

    /// Says how far it is, with the rate since the last time.
    fn tell(&mut self) -> String {
        let Amount { bytes, took } = self.all;
        let rate = and_rate(bytes - self.told.bytes, took.saturating_sub(self.told.took));
        self.told = self.all;
        format!("{}{rate}", self.so_far())
    }

    /// Says how far it is, without a rate.
    pub(super) fn so_far(&self) -> String {
        format!("relayed {}{}", Bytes(self.all.bytes), self.objects_in_words())
    }

    fn objects_in_words(&self) -> String {
        let push = if self.pushes == 0 { String::new() } else { format!("push {}: ", self.pushes + 1) };
        match (self.pack.objects, self.share()) {
            (Some(all), Some((read, percent))) => {
                format!(" ({push}{read} of {}, {percent} %)", Count(u64::from(all), "object"))
            }
            (Some(all), None) => format!(" ({push}{} in all)", Count(u64::from(all), "object")),
            (None, _) => String::new(),
        }
    }

    /// Returns the objects of the pack that came through, and their share in percent, where they are counted.
    fn share(&self) -> Option<(u32, u32)> {
        let all = self.pack.objects.filter(|all| *all > 0)?;
        let read = all.saturating_sub(self.pack.left?);
        let percent = u64::from(read) * 100 / u64::from(all);
        Some((read, u32::try_from(percent).unwrap_or(100)))
    }

    /// Returns the part of a share of the bar that has passed; never all of it. Where no objects are counted nobody knows how many
    /// bytes there will be, so each MiB counts less than the one before.
    pub(super) fn passed(&self, span: u8) -> u8 {
        const HALF: u64 = 64 << 20;
        let bytes = u128::from(self.all.bytes);
        let (passed, all) = match self.share() {
            Some((_, percent)) if self.pushes == 0 => (u128::from(percent), 100),
            _ => (bytes, bytes + u128::from(HALF)),
        };
        let passed = u128::from(span) * passed / all;
        u8::try_from(passed).unwrap_or(span).min(span.saturating_sub(1))
    }

    /// Says that a push was sent to its end. Of several each has a line, with what all came to until then.
    pub(super) fn tell_sent(&mut self) -> String {
        self.pushes += 1;
        self.objects += u64::from(self.pack.objects.unwrap_or_default());
        self.told = self.all;
        self.pack = PackUnderWay::default();
        let Amount { bytes, took } = self.all;
        let pushes = if self.pushes == 1 { String::new() } else { format!("{} pushes, ", self.pushes) };
        let objects =
            if self.objects == 0 { String::new() } else { format!("{}, ", Count(self.objects, "object")) };
        format!("sent {pushes}{objects}{} in {}{}", Bytes(bytes), Elapsed(took), and_rate(bytes, took))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn amount(bytes: u64, seconds: u32) -> Amount {
        Amount { bytes, took: seconds * SECOND }
    }

    #[test]
    fn the_interval_grows_with_the_time() {
        for (under_way, seconds) in [(0, 5), (29, 5), (30, 10), (119, 10), (120, 30), (100_000, 30)] {
            assert_eq!(interval(under_way * SECOND), seconds * SECOND);
        }
    }

    #[test]
    fn a_line_tells_objects_and_the_rate_of_the_last_seconds_in_words() {
        let mut relayed = Relayed::begin(7 * SECOND);
        relayed.begin_pack(509);
        // The source took a minute to prepare the pack, which slows nothing down.
        assert_eq!(relayed.add(amount(1 << 20, 60), Some(500)), amount(1 << 20, 0));
        relayed.add(amount(4 << 20, 5), Some(389));
        assert_eq!(
            relayed.due_line(67 * SECOND).unwrap(),
            "relayed 5.0 MiB (120 of 509 objects, 23 %), 1.0 MiB/s"
        );
        relayed.add(amount(40 << 20, 10), Some(0));
        assert_eq!(relayed.due_line(68 * SECOND), None);
        assert_eq!(
            relayed.due_line(77 * SECOND).unwrap(),
            "relayed 45.0 MiB (509 of 509 objects, 100 %), 4.0 MiB/s"
        );
        assert_eq!(relayed.due_line(1000 * SECOND), None, "nothing came since");
        assert_eq!(relayed.tell_sent(), "sent 509 objects, 45.0 MiB in 15.0 s, 3.0 MiB/s");
        assert_eq!(relayed.untold(), None);
    }

    #[test]
    fn objects_that_nobody_counts_are_told_by_their_number_in_words() {
        let mut relayed = Relayed::begin(Duration::ZERO);
        relayed.begin_pack(509);
        relayed.add(amount(1 << 20, 0), None);
        assert_eq!(relayed.due_line(5 * SECOND).unwrap(), "relayed 1.0 MiB (509 objects in all)");
    }

    #[test]
    fn a_later_push_is_told_by_its_number_in_words() {
        let mut relayed = Relayed::begin(Duration::ZERO);
        relayed.begin_pack(2);
        relayed.add(amount(1 << 20, 0), Some(0));
        assert_eq!(relayed.tell_sent(), "sent 2 objects, 1.0 MiB in under 0.1 s");
        relayed.begin_pack(4);
        relayed.add(amount(1 << 20, 9), Some(3));
        assert_eq!(relayed.due_line(9 * SECOND).unwrap(), "relayed 2.0 MiB (push 2: 1 of 4 objects, 25 %)");
        assert_eq!(relayed.tell_sent(), "sent 2 pushes, 6 objects, 2.0 MiB in under 0.1 s");
    }

    #[test]
    fn the_bar_of_a_relay_stays_below_the_next_step() {
        let passed = |bytes, left| {
            let mut relayed = Relayed::begin(Duration::ZERO);
            relayed.begin_pack(4);
            relayed.add(amount(bytes, 0), left);
            relayed.passed(70)
        };
        assert_eq!([passed(0, None), passed(64 << 20, None), passed(u64::MAX, None)], [0, 35, 69]);
        assert_eq!([passed(9, Some(4)), passed(9, Some(2)), passed(9, Some(0))], [0, 35, 69]);
    }

    #[test]
    fn the_first_bytes_are_no_relay_under_way() {
        let mut relayed = Relayed::begin(Duration::ZERO);
        relayed.begin_pack(9);
        relayed.add(amount(39, 0), None);
        assert_eq!(relayed.due_line(60 * SECOND), None);
        relayed.add(amount(FIRST - 39, 0), None);
        assert!(relayed.due_line(60 * SECOND).is_some());
    }
}
