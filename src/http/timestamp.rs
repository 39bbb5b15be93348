//! Times as interfaces write them in JSON (RFC 3339).

/// Reads a time as RFC 3339 writes it, such as `2016-11-10T15:29:07.5+01:00`, in seconds since 1970.
pub(crate) fn unix_seconds(text: &str) -> Option<i64> {
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
            ("2000-02-29T12:00:00Z", 951_825_600),
            ("2000-03-01T00:00:00Z", 951_868_800),
            ("2016-07-11T22:14:10Z", 1_468_275_250),
            ("2024-12-31T23:59:59.123Z", 1_735_689_599),
            ("2100-03-01T00:00:00Z", 4_107_542_400),
            ("0001-01-01T00:00:00Z", -62_135_596_800),
        ] {
            assert_eq!(unix_seconds(text), Some(seconds), "{text}");
        }
        for text in [
            "",
            "2016-11-10",
            "2016-11-10T15:29:07",
            "2016-13-10T15:29:07Z",
            "2016-11-10T24:29:07Z",
            "2016-11-10T25:29:07Z",
            "0000-00-00T00:00:00Z",
            "99999999999-07-11T22:14:10Z",
            "2016-07-11-01T22:14:10Z",
            "soon",
            "16-11-10T15:29:07Z",
            "2016-11-10T15:29:07.Z",
            "2016-11-10T15:29:07+0100",
            "2016-11-10T15:29:07Zx",
            "é",
        ] {
            assert_eq!(unix_seconds(text), None, "{text}");
        }
    }
}
