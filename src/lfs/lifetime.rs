//! The time for which an action holds.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

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

/// Reads a time as RFC 3339 writes it, such as `2016-11-10T15:29:07.5+01:00`, in seconds since 1970.
fn unix_seconds(text: &str) -> Option<i64> {
    let (date, time) = text.split_once(['T', 't', ' '])?;
    let zone = time.find(['Z', 'z', '+', '-'])?;
    let (time, zone) = time.split_at_checked(zone)?;
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
    let is_number = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let is_time =
        hour < 24 && minute < 60 && second <= 60 && (1..=12).contains(&month) && (1..=31).contains(&day);
    if !(is_number && is_time) {
        return None;
    }
    Some(days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset(zone)?)
}

fn numbers<const N: usize>(text: &str, separator: char, widths: [usize; N]) -> Option<[i64; N]> {
    let mut numbers = [0; N];
    let mut parts = text.split(separator);
    for (number, width) in numbers.iter_mut().zip(widths) {
        let part = parts
            .next()
            .filter(|part| part.len() == width && part.bytes().all(|byte| byte.is_ascii_digit()))?;
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

/// Reads `Z`, or how far local time is before it.
fn offset(zone: &str) -> Option<i64> {
    match zone.as_bytes() {
        [b'Z' | b'z'] => Some(0),
        [sign, ..] => {
            let [hours, minutes] = numbers(zone.get(1..)?, ':', [2, 2])?;
            let seconds = hours * 3_600 + minutes * 60;
            Some(if *sign == b'-' { -seconds } else { seconds })
        }
        [] => None,
    }
}

/// Counts the days from 1970 to a day of the Gregorian calendar; years begin in March, so that leap days end them.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_as_seconds_since_1970() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2016-11-10T15:29:07Z", 1_478_791_747),
            ("2016-11-10t15:29:07.123456789z", 1_478_791_747),
            ("2016-11-10T16:29:07+01:00", 1_478_791_747),
            ("2016-11-10T09:59:07-05:30", 1_478_791_747),
            ("2024-02-29T23:59:59Z", 1_709_251_199),
            ("2000-03-01T00:00:00Z", 951_868_800),
            ("0001-01-01T00:00:00Z", YEAR_ONE),
        ] {
            assert_eq!(unix_seconds(text), Some(seconds), "{text}");
        }
        for text in [
            "",
            "2016-11-10",
            "2016-11-10T15:29:07",
            "2016-13-10T15:29:07Z",
            "2016-11-10T25:29:07Z",
            "16-11-10T15:29:07Z",
            "2016-11-10T15:29:07.Z",
            "2016-11-10T15:29:07+0100",
            "2016-11-10T15:29:07Zx",
            "é",
        ] {
            assert_eq!(unix_seconds(text), None, "{text}");
        }
    }

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
