//! The words of this program's own messages, which nothing may depend on.
//!
//! In a test run with the variable `MIRROR_TESTS_REWORDED`, each such message is the name of its value instead. All
//! tests of decisions and of advice must then pass as before; `scripts/test` runs them so.

use std::fmt;

/// Tells whether messages are in their usual words.
#[cfg(not(test))]
pub(crate) const fn is_usual() -> bool {
    true
}

/// Tells whether messages are in their usual words.
#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a switch of the tests alone")]
pub(crate) fn is_usual() -> bool {
    static IS_USUAL: std::sync::LazyLock<bool> =
        std::sync::LazyLock::new(|| std::env::var_os("MIRROR_TESTS_REWORDED").is_none());
    *IS_USUAL
}

/// Writes a value in these words.
pub(crate) fn write(
    f: &mut fmt::Formatter<'_>,
    value: &dyn fmt::Debug,
    words: &dyn fmt::Display,
) -> fmt::Result {
    if is_usual() { words.fmt(f) } else { write!(f, "{value:?}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{ErrorKind, Failure};

    #[test]
    fn a_message_is_the_name_of_its_kind_where_it_is_reworded() {
        let message = Failure::new(ErrorKind::Interrupted, "nothing came").message;
        assert_eq!(message, if is_usual() { "nothing came" } else { "Interrupted" });
    }
}
