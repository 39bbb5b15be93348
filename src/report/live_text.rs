//! The text about what goes on, for a line of a terminal that is written again and again.

use std::fmt;
use std::time::Duration;

use super::copies;
use super::step_progress::Moved;
use super::units::{Bytes, and_rate};
use crate::error::Phase;
use crate::mirror::events::{CopyProgress, Event};

/// What has been relayed since the relay began.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LiveText {
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
    Relaying { bytes: u64, took: Duration },
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
            Event::Relayed { bytes, took, .. } => {
                self.bytes = self.bytes.saturating_add(*bytes);
                self.took = self.took.saturating_add(*took);
                Some(Doing::Relaying { bytes: self.bytes, took: self.took })
            }
            Event::Sent => Some(Doing::WaitingForReport { bytes: self.bytes }),
            Event::CopyingObjects(copy) => Some(Doing::Copying(*copy)),
            Event::Started(Phase::Verify) => Some(Doing::ListingAgain),
            _ => None,
        }
    }
}

impl fmt::Display for Doing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listing => f.write_str("listing both sides ..."),
            Self::WaitingForPack => f.write_str("waiting for the source to pack ..."),
            Self::Relaying { bytes, took } => {
                write!(f, "relaying: {}{}", Bytes(*bytes), and_rate(*bytes, *took))
            }
            Self::WaitingForReport { bytes } => {
                write!(f, "sent {}; waiting for the destination to check the pack ...", Bytes(*bytes))
            }
            Self::Copying(copy) => f.write_str(&copies::so_far(*copy, Moved::default())),
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
        let relayed = Event::Relayed { bytes: 1 << 20, objects_left: None, took: Duration::from_secs(1) };
        for _ in 0..2 {
            assert_eq!(text.after(&Event::Started(Phase::Fetch)), Some(Doing::WaitingForPack));
            text.after(&relayed);
            let doing = text.after(&relayed).unwrap();
            assert_eq!(doing, Doing::Relaying { bytes: 2 << 20, took: Duration::from_secs(2) });
        }
        assert_eq!(text.after(&Event::Sent), Some(Doing::WaitingForReport { bytes: 2 << 20 }));
        assert_eq!(text.after(&Event::Started(Phase::Push)), None);
    }

    #[test]
    fn a_relay_is_told_with_its_rate_in_words() {
        let doing = Doing::Relaying { bytes: 12 << 20, took: Duration::from_secs(2) };
        assert_eq!(doing.to_string(), "relaying: 12.0 MiB, 6.0 MiB/s");
    }
}
