//! Reads one input after another, and collects what is wrong with them.

use std::fmt::Display;
use std::time::Duration;

use super::certificates::AgentTls;
use super::input_error::InputError;
use super::inputs::Input;
use super::shared_tokens::SharedTokens;
use super::values::{Values, number};
use crate::agent::environment::Environment;
use crate::error::Side;
use crate::secret::Secret;

/// A reader of all inputs, which collects what is wrong with them and what the user should know.
pub(crate) struct Reader<'a> {
    pub(crate) environment: &'a Environment,
    pub(crate) values: Values<'a>,
    pub(crate) tls: AgentTls,
    /// Facts that the log says first.
    pub(crate) notices: Vec<String>,
    pub(crate) warnings: Vec<String>,
    pub(crate) users_without_password: Vec<Side>,
    /// The forms of the passwords in URLs, which are secrets also where something else signs in.
    pub(crate) secrets_in_urls: Vec<Secret>,
    /// The tokens that both sides can share.
    pub(crate) shared: SharedTokens,
    pub(crate) errors: Vec<InputError>,
}

impl Reader<'_> {
    /// Reads a boolean input as one of two values.
    pub(crate) fn either<T>(&mut self, input: &'static Input, when_true: T, when_false: T) -> Option<T> {
        let value = self.values.boolean(input);
        self.ok_or_note(value).map(|value| if value { when_true } else { when_false })
    }

    /// Returns the value. Where there is none, notes the error, once.
    pub(crate) fn ok_or_note<T>(&mut self, result: Result<T, InputError>) -> Option<T> {
        let noted = |error| {
            // Both sides can meet the same setting of the agent.
            if !self.errors.contains(&error) {
                self.errors.push(error);
            }
        };
        result.map_err(noted).ok()
    }

    /// Notes a warning, once: both sides can meet the same setting.
    pub(crate) fn warn(&mut self, warning: Option<String>) {
        self.warnings.extend(warning.filter(|warning| !self.warnings.contains(warning)));
    }

    /// Reads a number of units of so many seconds.
    pub(crate) fn duration(&mut self, input: &'static Input, unit: u32, wanted: &str) -> Option<Duration> {
        self.parsed(input, wanted, |text| {
            let count = number(text).filter(|count: &u32| *count > 0)?;
            Some(Duration::from_secs(unit.into()).saturating_mul(count))
        })
    }

    /// Returns the lines of an input, if all can be used. Notes each that cannot.
    pub(crate) fn checked_lines<E: Display>(
        &mut self,
        input: &'static Input,
        check: impl Fn(&[String]) -> Result<(), E>,
    ) -> Option<Vec<String>> {
        let lines = self.values.lines(input);
        let lines = self.ok_or_note(lines)?;
        let mut wrong: Vec<_> = lines.chunks(1).filter_map(|line| check(line).err()).collect();
        if wrong.is_empty() {
            wrong.extend(check(&lines).err());
        }
        for error in &wrong {
            let error = self.values.error_without_example(input, format!("cannot be used: {error}"));
            self.ok_or_note::<()>(Err(error));
        }
        wrong.is_empty().then_some(lines)
    }

    /// Reads a value of few forms; letters may be of either case.
    pub(crate) fn parsed<T>(
        &mut self,
        input: &'static Input,
        wanted: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.values.text(input);
        let text = self.ok_or_note(text)?.unwrap_or_else(|| input.default.to_owned());
        let value = parse(&text.to_ascii_lowercase())
            .ok_or_else(|| self.values.wrong(input, format!("is '{text}', not {wanted}")));
        self.ok_or_note(value)
    }
}
