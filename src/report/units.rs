//! Numbers as people read them.

use std::fmt;
use std::time::Duration;

use crate::clock::Utc;

/// A number of bytes, as `17 bytes` or `18.4 MiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bytes(pub(crate) u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const KIB: u64 = 1024;
        let (unit, size) = match self.0 {
            bytes if bytes < KIB => return write!(f, "{}", Count(bytes, "byte")),
            bytes if bytes < KIB * KIB => ("KiB", KIB),
            bytes if bytes < KIB * KIB * KIB => ("MiB", KIB * KIB),
            _ => ("GiB", KIB * KIB * KIB),
        };
        // In tenths of the unit, rounded down, so that the figure never claims more than was sent.
        let tenths = u128::from(self.0) * 10 / u128::from(size);
        write!(f, "{}.{} {unit}", tenths / 10, tenths % 10)
    }
}

/// So many of something: `1 ref`, `2 refs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Count<N>(pub(crate) N, pub(crate) &'static str);

impl<N: fmt::Display + PartialEq + From<u8>> fmt::Display for Count<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.0 == N::from(1) { "" } else { "s" };
        write!(f, "{} {}{plural}", self.0, self.1)
    }
}

/// Says how many are not shown: `1 more ref`, `2 more refs`.
pub(crate) fn more(rest: usize, of: &str) -> String {
    let plural = if rest == 1 { "" } else { "s" };
    format!("{rest} more {of}{plural}")
}

/// A time, as `under 0.1 s`, `0.4 s` or `3 min 20 s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Elapsed(pub(crate) Duration);

impl Elapsed {
    /// Writes it without a fraction, as `10 s` or `3 min 20 s`.
    pub(crate) fn in_seconds(self) -> String {
        match self.0.as_secs() {
            seconds @ 0..60 => format!("{seconds} s"),
            _ => self.to_string(),
        }
    }
}

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_secs() {
            _ if self.0 < Duration::from_millis(100) => f.write_str("under 0.1 s"),
            0..60 => write!(f, "{:.1} s", self.0.as_secs_f64()),
            seconds => write!(f, "{} min {} s", seconds / 60, seconds % 60),
        }
    }
}

/// A time of day, as `17:04:16 UTC`, of seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimeOfDay(pub(crate) u64);

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Utc { hour, minute, second, .. } = Utc::of(self.0);
        write!(f, "{hour:02}:{minute:02}:{second:02} UTC")
    }
}

/// Makes a sentence begin as one.
pub(crate) fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// Returns a rate of bytes over a time, as `12.0 MiB/s`; nothing for a time too short to measure.
pub(crate) fn rate(bytes: u64, time: Duration) -> Option<String> {
    let milliseconds = u64::try_from(time.as_millis()).ok().filter(|milliseconds| *milliseconds > 0)?;
    let per_second = u128::from(bytes) * 1000 / u128::from(milliseconds);
    Some(format!("{}/s", Bytes(u64::try_from(per_second).ok()?)))
}

/// Returns the same to go behind a comma, if there is one.
pub(crate) fn and_rate(bytes: u64, time: Duration) -> String {
    rate(bytes, time).map(|rate| format!(", {rate}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_the_unit_that_fits() {
        for (bytes, shown) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (1023, "1023 bytes"),
            (1024, "1.0 KiB"),
            (19_293_798, "18.3 MiB"),
            (u64::MAX, "17179869183.9 GiB"),
        ] {
            assert_eq!(Bytes(bytes).to_string(), shown);
        }
    }

    #[test]
    fn times_and_rates_are_short() {
        assert_eq!(Elapsed(Duration::from_millis(99)).to_string(), "under 0.1 s");
        assert_eq!(Elapsed(Duration::from_millis(420)).to_string(), "0.4 s");
        assert_eq!(Elapsed(Duration::from_secs(200)).to_string(), "3 min 20 s");
        assert_eq!(TimeOfDay(1_795_971_856).to_string(), "17:04:16 UTC");
        assert_eq!(rate(12 << 20, Duration::from_secs(2)).unwrap(), "6.0 MiB/s");
        assert_eq!(rate(5, Duration::ZERO), None);
    }

    #[test]
    fn the_time_of_the_day_has_two_digits_each() {
        assert_eq!(TimeOfDay(0).to_string(), "00:00:00 UTC");
        assert_eq!(TimeOfDay(1_700_000_000).to_string(), "22:13:20 UTC");
    }

    #[test]
    fn one_is_no_plural() {
        assert_eq!(
            (Count(1_u64, "ref").to_string(), Count(2_u64, "ref").to_string()),
            ("1 ref".into(), "2 refs".into())
        );
    }
}
