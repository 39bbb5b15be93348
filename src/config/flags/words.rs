//! A value that is one of a few words.

use std::ffi::{OsStr, OsString};

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Arg, Command, Error};

/// The words that a flag takes, in letters of either case. Nothing at all is taken, too, as the default: scripts give
/// variables that are empty.
#[derive(Clone, Debug)]
pub(super) struct Words(pub(super) &'static [&'static str]);

impl Words {
    fn take(&self, value: &OsStr) -> bool {
        let is_known = self.0.iter().any(|word| value.eq_ignore_ascii_case(word));
        // Tools that write YAML make `false` of a choice of nothing.
        let is_nothing = value.eq_ignore_ascii_case("false") && self.0.contains(&"none");
        value.is_empty() || is_known || is_nothing
    }
}

impl TypedValueParser for Words {
    type Value = OsString;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<OsString, Error> {
        if self.take(value) {
            return Ok(value.to_owned());
        }
        PossibleValuesParser::new(self.0).parse_ref(command, arg, value).map(OsString::from)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.0.iter().copied().map(PossibleValue::new)))
    }
}
