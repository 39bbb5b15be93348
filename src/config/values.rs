//! The value of one input, from the flags or from the agent, read as its kind.

use std::ffi::{OsStr, OsString};
use std::str::FromStr;

use super::input_error::{InputError, InputPlace, InputProblem};
use super::inputs::{Caller, CliForm, Input, InputKind};
use super::{clone_directory, replaced};
use crate::agent::environment::Environment;
use crate::auth::credentials::Credentials;
use crate::local::clone_folder::CloneFolder;
use crate::remote::url::RemoteUrl;
use crate::remote::url_error::UrlError;
use crate::remote::web_url::UserInfo;
use crate::text::invisible::trimmed;

/// All that was given.
pub(crate) struct Values<'a> {
    environment: &'a Environment,
    flags: Vec<(&'static Input, OsString)>,
    caller: Caller,
}

/// A value that is not empty, and where it came from.
struct Given {
    text: String,
    place: InputPlace,
}

impl<'a> Values<'a> {
    pub(crate) fn new(environment: &'a Environment, flags: Vec<(&'static Input, OsString)>) -> Self {
        Self { environment, flags, caller: Caller::of(environment) }
    }

    pub(crate) fn url(
        &self,
        input: &'static Input,
    ) -> Result<Option<(RemoteUrl, Option<UserInfo>)>, InputError> {
        let Some(Given { text, place }) = self.given(input)? else { return Ok(None) };
        RemoteUrl::parse(&text).map(Some).map_err(|error| match error {
            UrlError::Tfvc => InputError::plain(place, InputProblem::Tfvc),
            error => InputError::of(place, format!("cannot be used: {error}"), input),
        })
    }

    pub(crate) fn token(&self, input: &'static Input) -> Result<Option<Credentials>, InputError> {
        let Some(Given { text, place }) = self.given(input)? else { return Ok(None) };
        let credentials = Credentials::parse(&text);
        credentials
            .map(Some)
            .map_err(|error| InputError::of(place, format!("cannot be used: {error}"), input))
    }

    pub(crate) fn boolean(&self, input: &'static Input) -> Result<bool, InputError> {
        let Some(Given { text, place }) = self.given(input)? else { return Ok(input.default == "true") };
        match text.to_ascii_lowercase().as_str() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(InputError::plain(place, format!("must be true or false, not '{text}'"))),
        }
    }

    /// Returns the lines that are not blank.
    pub(crate) fn lines(&self, input: &'static Input) -> Result<Vec<String>, InputError> {
        let text = self.text(input)?.unwrap_or_else(|| input.default.to_owned());
        Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect())
    }

    pub(crate) fn text(&self, input: &'static Input) -> Result<Option<String>, InputError> {
        Ok(self.given(input)?.map(|given| given.text))
    }

    /// Tells whether nothing was given. What is wrong is something.
    pub(crate) fn is_empty(&self, input: &'static Input) -> bool {
        matches!(self.given(input), Ok(None))
    }

    /// Tells whether the default holds: the agent gives that too. What is wrong is none.
    pub(crate) fn is_default(&self, input: &'static Input) -> bool {
        self.text(input).is_ok_and(|text| text.is_none_or(|text| text.eq_ignore_ascii_case(input.default)))
    }

    /// Returns a folder, in the working directory unless its path is absolute.
    pub(crate) fn folder(&self, input: &'static Input) -> Result<Option<CloneFolder>, InputError> {
        let Some(Given { text, place }) = self.given(input)? else { return Ok(None) };
        let working_directory = self.environment.variable("SYSTEM_DEFAULTWORKINGDIRECTORY");
        clone_directory::resolve(&text, working_directory.filter(|path| !path.is_empty()))
            .map(Some)
            .map_err(|error| InputError::of(place, error.to_string(), input))
    }

    /// Says that an input, wherever it was given, has a problem that no example mends.
    pub(crate) fn error_without_example(
        &self,
        input: &'static Input,
        problem: impl Into<InputProblem>,
    ) -> InputError {
        InputError::plain(self.place(input), problem)
    }

    /// Says that an input, wherever it was given, has a problem.
    pub(crate) fn wrong(&self, input: &'static Input, problem: impl Into<InputProblem>) -> InputError {
        InputError::of(self.place(input), problem, input)
    }

    /// Says that an input is missing.
    pub(crate) fn missing(&self, input: &'static Input) -> InputError {
        let is_given_by_hand = !self.raw_by_hand(input).is_empty();
        match self.caller {
            Caller::Person if !is_given_by_hand => self.wrong(input, "is not given"),
            Caller::Agent | Caller::Person => self.wrong(input, "is empty"),
        }
    }

    /// Returns the giver of the inputs.
    pub(crate) fn caller(&self) -> Caller {
        self.caller
    }

    /// Names the input as the caller gives it, in quotes.
    pub(crate) fn name(&self, input: &'static Input) -> String {
        self.caller.named(&format!("'{}'", input.name))
    }

    /// Returns the place where the caller gives the input.
    pub(crate) fn place(&self, input: &'static Input) -> InputPlace {
        match self.caller {
            Caller::Agent => InputPlace::Input(input.name),
            Caller::Person => InputPlace::cli(input),
        }
    }

    fn given(&self, input: &'static Input) -> Result<Option<Given>, InputError> {
        if self.raw_by_hand(input).is_empty()
            && let Some(variable) = self.environment.replaced(|name| name == input.variable())
        {
            let problem = replaced::problem("is", &variable);
            return Err(InputError::plain(InputPlace::Input(input.name), problem));
        }
        let (place, values) = self.raw(input);
        let texts: Option<Vec<&str>> = values.into_iter().map(OsStr::to_str).collect();
        let Some(texts) = texts else {
            return Err(InputError::of(place, "is not valid UTF-8", input));
        };
        let text = trimmed(&texts.join("\n")).to_owned();
        if let Some(variable) = missing_variable(input.kind, &text) {
            return Err(InputError::plain(place, InputProblem::UndefinedVariable(variable.to_owned())));
        }
        Ok((!text.is_empty()).then_some(Given { text, place }))
    }

    /// Returns the values given by hand, which win, or by the agent. Only patterns can come several times.
    fn raw(&self, input: &'static Input) -> (InputPlace, Vec<&OsStr>) {
        let cli = self.raw_by_hand(input);
        if cli.is_empty() {
            return (
                InputPlace::Input(input.name),
                self.environment.variable(&input.variable()).into_iter().collect(),
            );
        }
        (InputPlace::cli(input), cli)
    }

    fn raw_by_hand(&self, input: &'static Input) -> Vec<&OsStr> {
        match input.cli {
            CliForm::Flag(_) => {
                let of_input = self.flags.iter().filter(|(flag, _)| flag.name == input.name);
                of_input.map(|(_, value)| &**value).collect()
            }
            CliForm::Never => Vec::new(),
            // In a task it would be some variable of the pipeline, not meant for this.
            CliForm::Variable { .. } if self.caller == Caller::Agent => Vec::new(),
            CliForm::Variable { name, .. } => {
                self.environment.variable(name).filter(|value| !value.is_empty()).into_iter().collect()
            }
        }
    }
}

/// Reads a number of digits alone, without the sign that Rust lets stand before one.
pub(crate) fn number<T: FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// Returns the name in a `$(Some.Variable)` that the agent has left as it is, since it knows no such variable.
///
/// A password may hold such a text, and must not be shown: in a token, and before the `@` of a URL, only what is
/// nothing but a reference is one.
fn missing_variable(kind: InputKind, text: &str) -> Option<&str> {
    match kind {
        InputKind::Token => text.splitn(2, ':').find_map(whole_reference),
        InputKind::Url => match text.rsplit_once('@') {
            Some((before, behind)) => {
                let user_info = before.split_once("://").map_or(before, |(_, user_info)| user_info);
                user_info.splitn(2, ':').find_map(whole_reference).or_else(|| reference_within(behind))
            }
            None => reference_within(text),
        },
        _ => reference_within(text),
    }
}

fn whole_reference(text: &str) -> Option<&str> {
    text.strip_prefix("$(")?.strip_suffix(')').filter(|name| is_name(name))
}

fn reference_within(text: &str) -> Option<&str> {
    let mut candidates = text.split("$(").skip(1).filter_map(|rest| rest.split_once(')'));
    candidates.find_map(|(name, _)| is_name(name).then_some(name))
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | ' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_that_was_not_expanded_is_found_anywhere() {
        for (text, name) in [
            ("$(Some.Variable)", Some("Some.Variable")),
            ("https://$(my host)/r", Some("my host")),
            ("$()$(a$(b-c_1)", Some("b-c_1")),
            ("$(a", None),
            ("$(a/b)", None),
            ("(a) $ b", None),
        ] {
            assert_eq!(missing_variable(InputKind::Text, text), name, "{text}");
            assert_eq!(missing_variable(InputKind::Url, text), name, "{text}");
        }
    }

    #[test]
    fn what_may_be_a_part_of_a_password_is_no_variable() {
        for (kind, text, name) in [
            (InputKind::Token, "$(pat)", Some("pat")),
            (InputKind::Token, "bob:$(pat)", Some("pat")),
            (InputKind::Token, "$(user):x", Some("user")),
            (InputKind::Token, "a$(pat)", None),
            (InputKind::Token, "$(pat)b", None),
            (InputKind::Token, "bob:a$(pat)b", None),
            (InputKind::Token, "bob:a:$(pat)", None),
            (InputKind::Url, "https://$(pat)@host/r", Some("pat")),
            (InputKind::Url, "https://bob:$(pat)@host/r", Some("pat")),
            (InputKind::Url, "https://bob:a$(pat)@host/r", None),
            (InputKind::Url, "https://bob:a$(pat)@$(host)/r", Some("host")),
        ] {
            assert_eq!(missing_variable(kind, text), name, "{text}");
        }
    }
}
