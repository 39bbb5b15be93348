//! Errors of inputs, each with the place of the input.

use std::fmt;

use super::inputs::{CliForm, Input};
use crate::remote::web_url::WebUrl;
use crate::wording;

/// One thing that is wrong. It never shows the value of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputError {
    /// The place where it was given, or was to be given.
    pub place: InputPlace,
    /// The problem, to be read after the place.
    pub problem: InputProblem,
    /// An example of a right value.
    pub example: Option<String>,
}

/// The problem of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputProblem {
    /// It names a variable of the pipeline that has no value in this run.
    UndefinedVariable(String),
    /// It is the destination, and the source too.
    SameRepository,
    /// It leads to a page for browsers of the repository at this URL.
    PageOfRepository(Box<WebUrl>),
    /// It leads to a page of the project, organization or group at this URL.
    PageOfContainer(Box<WebUrl>),
    /// It leads to Team Foundation Version Control.
    Tfvc,
    /// Something that it says itself how to mend, if with the example.
    Text(String),
}

/// The place of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputPlace {
    /// The task's input of this name.
    Input(&'static str),
    /// The flag.
    Flag(&'static str),
    /// The environment variable, of a run by hand or of the agent.
    Variable(&'static str),
    /// The arguments as a whole.
    Arguments,
}

impl InputError {
    /// Makes an error with the example of the caller who gives the input at this place.
    pub(crate) fn of(place: InputPlace, problem: impl Into<InputProblem>, input: &Input) -> Self {
        let example = match place {
            InputPlace::Input(_) => input.example.agent,
            InputPlace::Flag(_) | InputPlace::Variable(_) | InputPlace::Arguments => input.example.person,
        };
        Self::new(place, problem, example)
    }

    pub(crate) fn new(
        place: InputPlace,
        problem: impl Into<InputProblem>,
        example: impl Into<String>,
    ) -> Self {
        Self { place, problem: problem.into(), example: Some(example.into()) }
    }

    /// Makes an error that no example mends.
    pub(crate) fn plain(place: InputPlace, problem: impl Into<InputProblem>) -> Self {
        Self { place, problem: problem.into(), example: None }
    }
}

impl fmt::Display for InputProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            Self::UndefinedVariable(name) => {
                format!("refers to the variable '{name}', which is not defined in this run")
            }
            Self::SameRepository => "is the same repository as the source".to_owned(),
            Self::PageOfRepository(own) => {
                format!("leads to a page for browsers; {own} is the repository's own address")
            }
            Self::PageOfContainer(own) => format!("leads to a page of {own}, not to a repository"),
            Self::Tfvc => "leads to Team Foundation Version Control, which is not Git".to_owned(),
            Self::Text(text) => text.clone(),
        };
        wording::write(f, self, &words)
    }
}

impl From<String> for InputProblem {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for InputProblem {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl InputPlace {
    /// Returns the place in a run by hand.
    pub(crate) fn cli(input: &Input) -> Self {
        match input.cli {
            CliForm::Flag(flag) => Self::Flag(flag),
            CliForm::Variable { name, .. } => Self::Variable(name),
            CliForm::Never => Self::Input(input.name),
        }
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.place, self.problem)?;
        match &self.example {
            Some(example) => write!(f, "; for example: {example}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for InputError {}

impl fmt::Display for InputPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input(name) => write!(f, "input '{name}'"),
            Self::Flag(flag) => write!(f, "flag '{flag}'"),
            Self::Variable(name) => write!(f, "environment variable '{name}'"),
            Self::Arguments => f.write_str("the command line"),
        }
    }
}
