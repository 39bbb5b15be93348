//! Reads the time after which a busy server asks to be asked again.

use std::time::{Duration, SystemTime};

use ureq::http::{HeaderMap, HeaderName, header};

/// The longest wait that a server may ask for; beyond it what was asked of it fails at once and says so.
pub(crate) const LONGEST: Duration = Duration::from_secs(5 * 60);

/// The fields by which GitHub tells what is left of the requests of an hour, and when, in seconds of Unix time, they are
/// full again.
const LEFT: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// Reads `Retry-After`: a number of seconds, or a date, which is compared with the server's own and with no clock of
/// this machine.
pub(crate) fn read(headers: &HeaderMap) -> Option<Duration> {
    let value = text(headers, header::RETRY_AFTER)?;
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than the type holds are a very long time too.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let then = httpdate::parse_http_date(value).ok()?;
    let now = date(headers)?;
    // A date that has passed means now.
    Some(then.duration_since(now).unwrap_or_default())
}

/// Reads the time after which a server takes requests again that took the last one of an hour, by its own clock.
pub(crate) fn of_limit(headers: &HeaderMap) -> Option<Duration> {
    if text(headers, LEFT)? != "0" {
        return None;
    }
    let reset =
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(text(headers, RESET)?.parse().ok()?))?;
    Some(reset.duration_since(date(headers)?).unwrap_or_default())
}

/// Reads `Date`: the time of the server's clock.
pub(crate) fn date(headers: &HeaderMap) -> Option<SystemTime> {
    httpdate::parse_http_date(text(headers, header::DATE)?).ok()
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the time that this value means in an answer of this date.
    fn seconds(value: &'static str, date: Option<&'static str>) -> Option<u64> {
        let date = date.map(|date| (header::DATE, date.parse().unwrap()));
        let headers = date.into_iter().chain([(header::RETRY_AFTER, value.parse().unwrap())]).collect();
        read(&headers).map(|wait| wait.as_secs())
    }

    #[test]
    fn a_number_is_one_of_seconds_however_large() {
        for (value, expected) in [
            ("30", Some(30)),
            (" 0 ", Some(0)),
            ("18446744073709551616", Some(u64::MAX)),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(seconds(value, None), expected, "{value}");
        }
        assert_eq!(read(&HeaderMap::new()), None);
    }

    #[test]
    fn a_spent_limit_counts_from_the_date_of_the_answer() {
        let wait = |left: &'static str, reset: &'static str, date: Option<&'static str>| {
            let date = date.map(|date| (header::DATE, date.parse().unwrap()));
            let fields = [(LEFT, left.parse().unwrap()), (RESET, reset.parse().unwrap())];
            of_limit(&fields.into_iter().chain(date).collect()).map(|wait| wait.as_secs())
        };
        let date = Some("Thu, 01 Jan 1970 00:10:00 GMT");
        assert_eq!(wait("0", "640", date), Some(40));
        assert_eq!(wait("0", "500", date), Some(0));
        assert_eq!(wait("1", "640", date), None);
        assert_eq!(wait("0", "640", None), None);
        for odd in ["-1", "soon", "18446744073709551615", "18446744073709551616"] {
            assert_eq!(wait("0", odd, date), None, "{odd}");
        }
        assert_eq!(of_limit(&HeaderMap::new()), None);
    }

    #[test]
    fn a_date_counts_from_the_date_of_the_answer() {
        let date = Some("Fri, 31 Dec 1999 23:59:00 GMT");
        assert_eq!(seconds("Fri, 31 Dec 1999 23:59:59 GMT", date), Some(59));
        assert_eq!(seconds("Friday, 31-Dec-99 23:59:30 GMT", date), Some(30));
        assert_eq!(seconds("Fri, 31 Dec 1999 23:58:00 GMT", date), Some(0));
        assert_eq!(seconds("Fri, 31 Dec 1999 23:59:59 GMT", None), None);
        assert_eq!(seconds("Fri, 31 Dec 1999 23:59:59 GMT", Some("yesterday")), None);
    }
}
