//! The time for which an action holds.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::http::timestamp::unix_seconds;

/// The time before an action's end from which on it is not begun; git-lfs's.
const MARGIN: Duration = Duration::from_secs(5);

/// The time for which an action holds, counted from the request that it was an answer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// So long.
    For(Duration),
    /// The server named no end, or one that cannot be told without this machine's clock.
    Open,
}

impl Lifetime {
    /// Reads what a server said. Seconds count before a time, and zero is none, as in git-lfs. A time is compared with
    /// the date of the answer, and with no clock of this machine.
    pub(super) fn new(seconds: Option<f64>, at: Option<&str>, answered: Option<SystemTime>) -> Self {
        if let Some(seconds) = seconds.filter(|seconds| *seconds != 0.0) {
            return Self::For(Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX));
        }
        let end = at.and_then(unix_seconds);
        let now = answered.and_then(|date| date.duration_since(UNIX_EPOCH).ok());
        match (end, now) {
            // The zero of Go's time means never (lfstest-gitserver).
            (Some(end), Some(now)) if end > YEAR_ONE => {
                let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
                Self::For(Duration::from_secs(u64::try_from(end.saturating_sub(now)).unwrap_or(0)))
            }
            _ => Self::Open,
        }
    }

    /// Tells whether a request may still begin, so long after the action was asked for.
    pub fn holds_after(self, age: Duration) -> bool {
        match self {
            Self::For(time) => age.saturating_add(MARGIN) <= time,
            Self::Open => true,
        }
    }
}

/// The first second of the year 1, as Unix counts.
const YEAR_ONE: i64 = -62_135_596_800;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_count_before_a_time() {
        let date = |seconds| Some(UNIX_EPOCH + Duration::from_secs(seconds));
        let at = Some("1970-01-01T01:00:00Z");
        let lasts = |seconds| Lifetime::For(Duration::from_secs(seconds));
        for (seconds, at, answered, expected) in [
            (Some(900.0), None, None, lasts(900)),
            (Some(900.0), at, date(0), lasts(900)),
            (Some(0.0), at, date(600), lasts(3000)),
            (None, at, date(600), lasts(3000)),
            (None, at, date(4000), lasts(0)),
            (None, at, None, Lifetime::Open),
            (Some(-1.0), None, None, lasts(0)),
            (Some(f64::MAX), None, None, Lifetime::For(Duration::MAX)),
            (None, Some("0001-01-01T00:00:00Z"), date(600), Lifetime::Open),
            (None, Some("soon"), date(600), Lifetime::Open),
            (None, None, date(600), Lifetime::Open),
        ] {
            assert_eq!(Lifetime::new(seconds, at, answered), expected, "{seconds:?} {at:?}");
        }
    }

    #[test]
    fn an_action_is_not_begun_in_its_last_five_seconds() {
        let action = Lifetime::For(Duration::from_secs(60));
        assert!(action.holds_after(Duration::from_secs(55)));
        assert!(!action.holds_after(Duration::from_secs(56)));
        assert!(!action.holds_after(Duration::MAX));
        assert!(Lifetime::Open.holds_after(Duration::MAX));
    }
}
