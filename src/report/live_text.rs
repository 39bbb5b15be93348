//! The text about what goes on, for a line of a terminal that is written again and again.

use std::fmt;
use std::time::Duration;

use super::copies;
use super::units::{Bytes, and_rate};
use crate::error::Phase;
use crate::mirror::events::{CopyProgress, Event};

/// The time that a rate is of, at least.
const OF_RATE: Duration = Duration::from_secs(3);

/// What has been relayed since the relay began.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LiveText {
    now: Relayed,
    /// As it was two spans ago and one span ago: the rate is that since the older one.
    marks: [Relayed; 2],
}

/// So many bytes in so much time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Relayed {
    bytes: u64,
    took: Duration,
}

/// Work under way. Its `Display` is the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doing {
    /// Both sides are asked for their refs.
    Listing,
    /// The source packs, and sends nothing yet.
    WaitingForPack,
    /// A pack goes through.
    Relaying {
        bytes: u64,
        /// The last of them.
        lately: Relayed,
    },
    /// The destination has all of a push.
    WaitingForReport { bytes: u64 },
    /// LFS objects go through.
    Copying(CopyProgress),
    /// The destination is asked again.
    ListingAgain,
}

impl LiveText {
    /// Returns what goes on after an event, if that tells it.
    pub(super) fn after(&mut self, event: &Event<'_>) -> Option<Doing> {
        match event {
            Event::Started(Phase::List) => Some(Doing::Listing),
            Event::Started(Phase::Fetch) => {
                *self = Self::default();
                Some(Doing::WaitingForPack)
            }
            Event::Relayed { bytes, took } => {
                self.add(*bytes, *took);
                Some(Doing::Relaying { bytes: self.now.bytes, lately: self.lately() })
            }
            Event::Sent => Some(Doing::WaitingForReport { bytes: self.now.bytes }),
            Event::CopyingObjects(copy) => Some(Doing::Copying(*copy)),
            Event::Started(Phase::Verify) => Some(Doing::ListingAgain),
            _ => None,
        }
    }

    fn add(&mut self, bytes: u64, took: Duration) {
        self.now.bytes = self.now.bytes.saturating_add(bytes);
        self.now.took = self.now.took.saturating_add(took);
        let [_, younger] = self.marks;
        if self.now.took.saturating_sub(younger.took) >= OF_RATE {
            self.marks = [younger, self.now];
        }
    }

    fn lately(&self) -> Relayed {
        let [older, _] = self.marks;
        Relayed {
            bytes: self.now.bytes.saturating_sub(older.bytes),
            took: self.now.took.saturating_sub(older.took),
        }
    }
}

impl fmt::Display for Doing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listing => f.write_str("listing both sides ..."),
            Self::WaitingForPack => f.write_str("waiting for the source to pack ..."),
            Self::Relaying { bytes, lately } => {
                write!(f, "relaying: {}{}", Bytes(*bytes), and_rate(lately.bytes, lately.took))
            }
            Self::WaitingForReport { bytes } => {
                write!(f, "sent {}; waiting for the destination to process the push ...", Bytes(*bytes))
            }
            Self::Copying(copy) => f.write_str(&copies::so_far(*copy)),
            Self::ListingAgain => f.write_str("listing the destination again ..."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relay_counts_from_its_begin() {
        let mut text = LiveText::default();
        let relayed = Event::Relayed { bytes: 1 << 20, took: Duration::from_secs(1) };
        for _ in 0..2 {
            assert_eq!(text.after(&Event::Started(Phase::Fetch)), Some(Doing::WaitingForPack));
            text.after(&relayed);
            let lately = Relayed { bytes: 2 << 20, took: Duration::from_secs(2) };
            assert_eq!(text.after(&relayed), Some(Doing::Relaying { bytes: 2 << 20, lately }));
        }
        assert_eq!(text.after(&Event::Sent), Some(Doing::WaitingForReport { bytes: 2 << 20 }));
        assert_eq!(text.after(&Event::Started(Phase::Push)), None);
    }

    #[test]
    fn the_rate_is_that_of_the_last_seconds() {
        let mut text = LiveText::default();
        let second = |bytes| Event::Relayed { bytes, took: Duration::from_secs(1) };
        for _ in 0..60 {
            text.after(&second(0));
        }
        let rates: Vec<_> = (0..8).map(|_| text.after(&second(1000)).unwrap().to_string()).collect();
        assert!(rates[0].ends_with(", 250 bytes/s"), "{rates:?}");
        assert!(rates[7].ends_with(", 1000 bytes/s"), "{rates:?}");
    }

    #[test]
    fn a_relay_is_told_with_its_rate_in_words() {
        let lately = Relayed { bytes: 12 << 20, took: Duration::from_secs(2) };
        let doing = Doing::Relaying { bytes: 12 << 20, lately };
        assert_eq!(doing.to_string(), "relaying: 12.0 MiB, 6.0 MiB/s");
    }
}
