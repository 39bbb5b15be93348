//! A size in bytes as people write it: `1500 MiB`, `2 GB`, `104857600`.

use std::num::NonZeroU64;

use thiserror::Error;

use super::values::number;

/// The least size of a push: below it, hardly any history could be cut.
const LEAST: u64 = 1 << 20;

/// The units, in lower case, and the bytes of each.
const UNITS: [(&str, u64); 10] = [
    ("", 1),
    ("b", 1),
    ("kb", 1_000),
    ("kib", 1 << 10),
    ("mb", 1_000_000),
    ("mib", 1 << 20),
    ("gb", 1_000_000_000),
    ("gib", 1 << 30),
    ("tb", 1_000_000_000_000),
    ("tib", 1 << 40),
];

/// The reason why a text is no size of a push.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum SizeError {
    /// It does not begin with digits.
    #[error("'{0}' is no size; write a whole number and a unit, such as '1500 MiB' or '2 GB'")]
    NoNumber(String),
    /// It has a fraction.
    #[error("'{0}' is no whole number; write it in a smaller unit, such as '1536 MiB' for 1.5 GiB")]
    Fraction(String),
    /// Its unit is none of those that are known.
    #[error(
        "the unit '{unit}' is not known; write '{number} MiB', or one of B, KB, KiB, MB, MiB, GB, GiB, TB and TiB"
    )]
    Unit {
        /// The digits.
        number: String,
        /// The text after them.
        unit: String,
    },
    /// It is less than what a push needs.
    #[error("'{0}' is less than 1 MiB; write at least '1 MiB'")]
    TooSmall(String),
    /// It is more than can be counted.
    #[error("'{0}' is more than any push; leave it empty where no size is to count")]
    TooLarge(String),
}

/// Reads the size of a push. A number without a unit is one of bytes.
///
/// # Errors
///
/// Where it is no size, or too small for a push.
pub(crate) fn parse(text: &str) -> Result<NonZeroU64, SizeError> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    if digits.is_empty() {
        return Err(SizeError::NoNumber(text.to_owned()));
    }
    if rest.starts_with(['.', ',']) {
        return Err(SizeError::Fraction(text.to_owned()));
    }
    let unit = rest.trim();
    let known = UNITS.iter().find(|(name, _)| unit.eq_ignore_ascii_case(name));
    let Some((_, bytes)) = known else {
        return Err(SizeError::Unit { number: digits.to_owned(), unit: unit.to_owned() });
    };
    let size = number::<u64>(digits).and_then(|number| number.checked_mul(*bytes));
    let size = size.ok_or_else(|| SizeError::TooLarge(text.to_owned()))?;
    NonZeroU64::new(size)
        .filter(|size| size.get() >= LEAST)
        .ok_or_else(|| SizeError::TooSmall(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_has_a_unit_or_is_of_bytes() {
        for (text, bytes) in [
            ("1500 MiB", 1_572_864_000),
            ("100MiB", 104_857_600),
            ("100 mib", 104_857_600),
            ("2 GB", 2_000_000_000),
            ("2\u{a0}GiB", 2_147_483_648),
            ("1 TiB", 1_099_511_627_776),
            ("1025 KiB", 1_049_600),
            ("1049kb", 1_049_000),
            ("1048576", 1_048_576),
            ("1048576 B", 1_048_576),
            ("18446744073709551615", u64::MAX),
        ] {
            assert_eq!(parse(text).map(NonZeroU64::get), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_is_told_apart() {
        let owned = str::to_owned;
        let unit = |number, unit| SizeError::Unit { number: owned(number), unit: owned(unit) };
        for (text, error) in [
            ("large", SizeError::NoNumber(owned("large"))),
            ("-5 MiB", SizeError::NoNumber(owned("-5 MiB"))),
            ("1.5 GiB", SizeError::Fraction(owned("1.5 GiB"))),
            ("1,500 MiB", SizeError::Fraction(owned("1,500 MiB"))),
            ("100m", unit("100", "m")),
            ("100 Mbit", unit("100", "Mbit")),
            ("100 MiB per push", unit("100", "MiB per push")),
            ("0", SizeError::TooSmall(owned("0"))),
            ("100", SizeError::TooSmall(owned("100"))),
            ("1 MB", SizeError::TooSmall(owned("1 MB"))),
            ("18446744073709551616", SizeError::TooLarge(owned("18446744073709551616"))),
            ("99999999 TiB", SizeError::TooLarge(owned("99999999 TiB"))),
        ] {
            assert_eq!(parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn errors_say_what_to_write_in_words() {
        for (text, words) in [
            ("100m", "the unit 'm' is not known; write '100 MiB', or one of B, KB,"),
            ("100", "'100' is less than 1 MiB; write at least '1 MiB'"),
            ("1.5 GB", "'1.5 GB' is no whole number; write it in a smaller unit, such as"),
            ("MiB", "'MiB' is no size; write a whole number and a unit, such as '1500 MiB'"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.starts_with(words), "{error}");
        }
    }
}
