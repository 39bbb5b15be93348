//! What is wrong with an input, and where it was given.

use std::fmt;

use super::inputs::{CliForm, Input};

/// One thing that is wrong. It never shows the value of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputError {
    /// Where it was given, or was to be given.
    pub place: Place,
    /// What is wrong, to be read after the place.
    pub problem: String,
    /// What would be right, where an example says it.
    pub example: Option<String>,
}

/// Where an input is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The task's input of this name.
    Input(&'static str),
    /// The flag.
    Flag(&'static str),
    /// The environment variable of a run by hand.
    Variable(&'static str),
    /// The arguments as a whole.
    Arguments,
}

impl InputError {
    pub(crate) fn new(place: Place, problem: impl Into<String>, example: impl Into<String>) -> Self {
        Self { place, problem: problem.into(), example: Some(example.into()) }
    }

    /// One that no example mends.
    pub(crate) fn plain(place: Place, problem: impl Into<String>) -> Self {
        Self { place, problem: problem.into(), example: None }
    }
}

impl Place {
    /// Where a person gives the input.
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

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input(name) => write!(f, "input '{name}'"),
            Self::Flag(flag) => write!(f, "flag '{flag}'"),
            Self::Variable(name) => write!(f, "environment variable '{name}'"),
            Self::Arguments => f.write_str("the command line"),
        }
    }
}
