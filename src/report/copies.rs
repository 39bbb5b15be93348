//! Copies of LFS objects in words.

use super::step_progress::Moved;
use super::units::{Bytes, Count, Elapsed, and_rate};
use crate::mirror::events::CopyProgress;
use crate::mirror::ports::Mode;

/// Says how far a copy of LFS objects is, with the rate since the line before, which told so much.
pub(crate) fn so_far(copy: CopyProgress, told: Moved) -> String {
    let CopyProgress { copied, needed, unasked, moved, left, took } = copy;
    let most = if unasked > 0 { "at most " } else { "" };
    let rate = and_rate(moved.saturating_sub(told.bytes), took.saturating_sub(told.took));
    let (moved, left) = (Bytes(moved), Bytes(left));
    format!("copied {copied} of {most}{}, {moved}{rate}, {most}{left} left", Count(needed, "LFS object"))
}

/// Says what a copy of LFS objects came to; in a dry run, what it would.
pub(crate) fn in_all(copy: CopyProgress, mode: Mode) -> String {
    let CopyProgress { copied, needed, moved, took, .. } = copy;
    let objects = Count(needed, "LFS object");
    let objects = if copied == needed { objects.to_string() } else { format!("{copied} of {objects}") };
    match mode {
        Mode::DryRun => format!("would copy {objects}, {}", Bytes(moved)),
        Mode::Mirror => {
            format!("copied {objects}, {} in {}{}", Bytes(moved), Elapsed(took), and_rate(moved, took))
        }
    }
}

/// Returns the part of a share of the bar that a copy has passed. All bytes are known but of the objects that are not asked for yet.
pub(crate) fn share_of(span: u8, copy: CopyProgress) -> u8 {
    let (moved, all) = (u128::from(copy.moved), u128::from(copy.moved) + u128::from(copy.left));
    let passed = (u128::from(span) * moved).checked_div(all).unwrap_or_default();
    u8::try_from(passed).unwrap_or(span)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const UNDER_WAY: CopyProgress = CopyProgress {
        copied: 120,
        needed: 3400,
        unasked: 0,
        moved: 1_288_490_189,
        left: 6_012_954_215,
        took: Duration::from_secs(16),
    };

    #[test]
    fn a_copy_under_way_tells_its_rate_and_what_is_left() {
        let first = Moved::default();
        assert_eq!(
            so_far(UNDER_WAY, first),
            "copied 120 of 3400 LFS objects, 1.2 GiB, 76.7 MiB/s, 5.6 GiB left"
        );
        let told = so_far(CopyProgress { unasked: 1, ..UNDER_WAY }, first);
        assert_eq!(told, "copied 120 of at most 3400 LFS objects, 1.2 GiB, 76.7 MiB/s, at most 5.6 GiB left");
        let before = Moved { bytes: UNDER_WAY.moved - (6 << 20), took: Duration::from_secs(13) };
        let told = so_far(UNDER_WAY, before);
        assert_eq!(told, "copied 120 of 3400 LFS objects, 1.2 GiB, 2.0 MiB/s, 5.6 GiB left");
    }

    #[test]
    fn a_copy_that_ended_early_tells_how_many_arrived() {
        let told = in_all(UNDER_WAY, Mode::Mirror);
        assert_eq!(told, "copied 120 of 3400 LFS objects, 1.2 GiB in 16.0 s, 76.7 MiB/s");
        let all = CopyProgress { copied: 1, needed: 1, moved: 5, left: 0, ..UNDER_WAY };
        assert_eq!(in_all(all, Mode::Mirror), "copied 1 LFS object, 5 bytes in 16.0 s, 0 bytes/s");
        assert_eq!(in_all(all, Mode::DryRun), "would copy 1 LFS object, 5 bytes");
    }

    #[test]
    fn a_copy_takes_no_more_than_its_share_of_the_bar() {
        let of = |moved, left| share_of(35, CopyProgress { moved, left, ..UNDER_WAY });
        assert_eq!(
            [of(0, 0), of(0, 9), of(1, 1), of(u64::MAX, 0), of(u64::MAX, u64::MAX)],
            [0, 0, 17, 35, 17]
        );
    }
}
