//! The life of an installation's token, by no clock of this machine.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The life that GitHub gives each of them.
const HOUR: Duration = Duration::from_secs(3600);

/// The life that is counted on where an answer does not tell.
const UNTOLD: Duration = Duration::from_secs(55 * 60);

/// Returns the time from the `Date` of an answer to the end that it names, at most an hour. An answer that names none,
/// or one that has passed, is taken to mean a little less than an hour.
pub(super) fn of(expires_at: Option<&str>, date: Option<SystemTime>) -> Duration {
    let end = expires_at.and_then(seconds).map(|seconds| UNIX_EPOCH + Duration::from_secs(seconds));
    let life = end.zip(date).and_then(|(end, date)| end.duration_since(date).ok());
    life.filter(|life| !life.is_zero()).map_or(UNTOLD, |life| life.min(HOUR))
}

/// Reads a time of ISO 8601 in UTC, such as `2016-07-11T22:14:10Z`, as seconds since 1970.
fn seconds(text: &str) -> Option<u64> {
    let (date, time) = text.trim().strip_suffix('Z')?.split_once('T')?;
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(time.split('.').next()?, ':')?;
    let is_time = hour < 24 && minute < 60 && second <= 60;
    if !((1970..10_000).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day) && is_time) {
        return None;
    }
    // Years that begin in March end with the leap day.
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468;
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

fn numbers(text: &str, between: char) -> Option<[u64; 3]> {
    let numbers: Option<Vec<_>> =
        text.split(between).map(|number| number.parse::<u32>().ok().map(u64::from)).collect();
    numbers?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_iso_8601_is_read() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2000-02-29T12:00:00Z", Some(951_825_600)),
            ("2016-07-11T22:14:10Z", Some(1_468_275_250)),
            ("2024-12-31T23:59:59.123Z", Some(1_735_689_599)),
            ("2100-03-01T00:00:00Z", Some(4_107_542_400)),
            ("2016-07-11T22:14:10+02:00", None),
            ("2016-07-11 22:14:10Z", None),
            ("2016-13-11T22:14:10Z", None),
            ("2016-07-11T24:14:10Z", None),
            ("0000-00-00T00:00:00Z", None),
            ("99999999999-07-11T22:14:10Z", None),
            ("2016-07-11-01T22:14:10Z", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }

    #[test]
    fn the_end_counts_from_the_date_of_the_answer() {
        let date = Some(UNIX_EPOCH + Duration::from_secs(1_468_271_650));
        for (expires_at, date, expected) in [
            (Some("2016-07-11T22:14:10Z"), date, 3600),
            (Some("2016-07-11T21:14:12Z"), date, 2),
            (Some("2017-07-11T21:14:12Z"), date, 3600),
            (Some("2016-07-11T21:14:10Z"), date, 3300),
            (Some("2015-07-11T21:14:10Z"), date, 3300),
            (Some("2016-07-11T22:14:10Z"), None, 3300),
            (Some("tomorrow"), date, 3300),
            (None, date, 3300),
        ] {
            assert_eq!(of(expires_at, date).as_secs(), expected, "{expires_at:?}");
        }
    }
}
