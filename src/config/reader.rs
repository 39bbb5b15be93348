//! Reading one input after another, and keeping what is wrong with them.

use std::time::Duration;

use super::certificates::AgentTls;
use super::input_error::InputError;
use super::inputs::Input;
use super::values::Values;
use crate::agent::environment::Environment;
use crate::error::Side;
use crate::secret::Secret;

/// Goes through all inputs and keeps what is wrong.
pub(crate) struct Reader<'a> {
    pub(crate) environment: &'a Environment,
    pub(crate) values: Values<'a>,
    pub(crate) tls: AgentTls,
    pub(crate) users_in_urls: Vec<Side>,
    pub(crate) unused_secrets: Vec<Secret>,
    pub(crate) errors: Vec<InputError>,
}

impl Reader<'_> {
    pub(crate) fn either<T>(&mut self, input: &'static Input, when_true: T, when_false: T) -> Option<T> {
        let value = self.values.boolean(input);
        self.keep(value).map(|value| if value { when_true } else { when_false })
    }

    pub(crate) fn keep<T>(&mut self, result: Result<T, InputError>) -> Option<T> {
        let noted = |error| {
            // Both sides can meet the same setting of the agent.
            if !self.errors.contains(&error) {
                self.errors.push(error);
            }
        };
        result.map_err(noted).ok()
    }

    /// Reads a number of units of so many seconds.
    pub(crate) fn duration(&mut self, input: &'static Input, unit: u32, wanted: &str) -> Option<Duration> {
        self.parsed(input, wanted, |text| {
            let count: u32 = text.parse().ok().filter(|count| *count > 0)?;
            Some(Duration::from_secs(unit.into()).saturating_mul(count))
        })
    }

    /// Reads a value of few forms; letters may be of either case.
    pub(crate) fn parsed<T>(
        &mut self,
        input: &'static Input,
        wanted: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.values.text(input);
        let text = self.keep(text)?.unwrap_or_else(|| input.default.to_owned());
        let value = parse(&text.to_ascii_lowercase())
            .ok_or_else(|| self.values.wrong(input, format!("is '{text}', not {wanted}")));
        self.keep(value)
    }
}
