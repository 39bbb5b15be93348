//! The life of an installation's token, by no clock of this machine.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::http::timestamp::unix_seconds;

/// The life that GitHub gives each of them.
const HOUR: Duration = Duration::from_secs(3600);

/// The life that is counted on where an answer does not tell.
const UNTOLD: Duration = Duration::from_secs(55 * 60);

/// Returns the time from the `Date` of an answer to the end that it names, at most an hour. An answer that names none,
/// or one that has passed, is taken to mean a little less than an hour.
pub(super) fn of(expires_at: Option<&str>, date: Option<SystemTime>) -> Duration {
    let end = expires_at.and_then(unix_seconds).and_then(|seconds| u64::try_from(seconds).ok());
    let end = end.map(|seconds| UNIX_EPOCH + Duration::from_secs(seconds));
    let life = end.zip(date).and_then(|(end, date)| end.duration_since(date).ok());
    life.filter(|life| !life.is_zero()).map_or(UNTOLD, |life| life.min(HOUR))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_counts_from_the_date_of_the_answer() {
        let date = Some(UNIX_EPOCH + Duration::from_secs(1_468_271_650));
        for (expires_at, date, expected) in [
            (Some("2016-07-11T22:14:10Z"), date, 3600),
            (Some("2016-07-11T21:14:12Z"), date, 2),
            (Some("2016-07-11T23:14:12+02:00"), date, 2),
            (Some("1969-12-31T23:59:59Z"), date, 3300),
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
