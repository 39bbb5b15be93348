//! Patterns with `*` for any characters, also `/` and none at all, and `?` for one.

use std::{fmt, str};

use wildmatch::WildMatch;

/// A pattern. It shows itself as it was given, but for several `*` in a row, which mean one.
#[derive(Clone, Debug)]
pub(crate) enum Wildcards {
    /// No wildcard.
    Exact(String),
    /// `refs/heads/*`: the usual shape, matched without looking at characters.
    Prefix(String),
    /// Any other.
    Wild {
        /// The text before the first wildcard.
        literal: String,
        /// The whole.
        pattern: WildMatch,
    },
}

impl Wildcards {
    /// Takes any text for a pattern.
    pub(crate) fn new(text: &str) -> Self {
        match text.split_once(['*', '?']) {
            None => Self::Exact(text.to_owned()),
            Some((prefix, "")) if text.ends_with('*') => Self::Prefix(prefix.to_owned()),
            Some((literal, _)) => Self::Wild { literal: literal.to_owned(), pattern: WildMatch::new(text) },
        }
    }

    /// Tells whether a name matches it as a whole. What is no UTF-8 counts as U+FFFD.
    pub(crate) fn matches(&self, name: &[u8]) -> bool {
        match self {
            Self::Exact(exact) => name == exact.as_bytes(),
            Self::Prefix(prefix) => name.starts_with(prefix.as_bytes()),
            Self::Wild { pattern, .. } => match str::from_utf8(name) {
                Ok(name) => pattern.matches(name),
                Err(_) => pattern.matches(&super::of_bytes(name)),
            },
        }
    }

    /// Returns what every name that matches it begins with.
    pub(crate) fn literal(&self) -> &str {
        match self {
            Self::Exact(text) | Self::Prefix(text) | Self::Wild { literal: text, .. } => text,
        }
    }
}

impl fmt::Display for Wildcards {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(name) => f.write_str(name),
            Self::Prefix(prefix) => write!(f, "{prefix}*"),
            Self::Wild { pattern, .. } => write!(f, "{pattern}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_fast_path_agrees_with_the_wildcards(text in "[ab/]{0,4}[*?]{0,2}", name in "[ab/]{0,6}") {
            let pattern = Wildcards::new(&text);
            prop_assert_eq!(pattern.matches(name.as_bytes()), WildMatch::new(&text).matches(&name));
            prop_assert_eq!(pattern.to_string(), text.replace("**", "*"));
            if pattern.matches(name.as_bytes()) {
                prop_assert!(name.starts_with(pattern.literal()));
            }
        }
    }
}
