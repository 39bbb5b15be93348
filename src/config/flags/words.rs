//! A value that is one of a few words.

use std::ffi::{OsStr, OsString};

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Arg, Command, Error};

/// The meaning of a value that is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nothing {
    /// It is the default.
    Default,
    /// A word is missing.
    Missing,
}

/// The words that a flag takes, in letters of either case.
#[derive(Clone, Debug)]
pub(super) struct Words {
    words: &'static [&'static str],
    nothing: Nothing,
}

impl Words {
    /// Takes the words of a choice. Nothing at all is taken, too, as the default: scripts give variables that are empty.
    pub(super) fn of_choice(words: &'static [&'static str]) -> Self {
        Self { words, nothing: Nothing::Default }
    }

    /// Takes these words and nothing else. An empty `--dry-run=` would otherwise be no dry run.
    pub(super) fn only(words: &'static [&'static str]) -> Self {
        Self { words, nothing: Nothing::Missing }
    }

    fn take(&self, value: &OsStr) -> bool {
        let is_known = self.words.iter().any(|word| value.eq_ignore_ascii_case(word));
        // Tools that write YAML make `false` of a choice of nothing.
        let is_none = value.eq_ignore_ascii_case("false") && self.words.contains(&"none");
        let is_default = value.is_empty() && self.nothing == Nothing::Default;
        is_default || is_known || is_none
    }
}

impl TypedValueParser for Words {
    type Value = OsString;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<OsString, Error> {
        if self.take(value) {
            return Ok(value.to_owned());
        }
        PossibleValuesParser::new(self.words).parse_ref(command, arg, value).map(OsString::from)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.words.iter().copied().map(PossibleValue::new)))
    }
}
