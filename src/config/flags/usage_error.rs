//! The faults of a command line, in words that hold no value of an argument: it may be a secret.

use std::ffi::OsString;
use std::fmt;

use clap::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::command::NAME;
use super::help_texts::{ABOUT, USAGE};
use crate::config::inputs::{CliForm, Input, TABLE};

/// The first thing that is wrong with a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UsageError {
    /// Nothing was given.
    NoArguments,
    /// There is no such flag, but perhaps one like it.
    UnknownFlag {
        /// The flag up to its value.
        flag: String,
        /// The known flag that is most like it.
        similar: Option<String>,
    },
    /// A token is no argument.
    TokenAsFlag {
        /// The flag that one would look for.
        flag: &'static str,
        /// The environment variable that takes it.
        variable: &'static str,
    },
    /// A third address, or a value of no flag.
    SurplusAddress,
    /// The value of a boolean stands apart from its flag.
    BooleanApart,
    /// An address is given by its place and by this flag.
    AddressTwice(&'static str),
    /// This flag is given twice.
    Repeated(String),
    /// These two flags exclude each other.
    Excluded(String, String),
    /// This flag has no value.
    MissingValue {
        /// The flag.
        flag: String,
        /// A good value.
        example: Option<&'static str>,
    },
    /// This flag takes no value.
    NeedlessValue(String),
    /// The value of this flag is none of its words.
    WrongWord {
        /// The flag.
        flag: String,
        /// The words.
        words: Vec<String>,
        /// The word that is most like the value.
        similar: Option<String>,
    },
    /// An argument is no text.
    NotUtf8,
    /// Anything else.
    Other,
}

impl UsageError {
    /// Returns what the library says without the values that it repeats.
    pub(super) fn of(error: &Error, arguments: &[OsString]) -> Self {
        let flag = || name_in(text(error, ContextKind::InvalidArg));
        match error.kind() {
            ErrorKind::UnknownArgument => unknown(text(error, ContextKind::InvalidArg), error, arguments),
            ErrorKind::ArgumentConflict => match name_in(text(error, ContextKind::PriorArg)) {
                prior if prior == flag() || prior.is_empty() => Self::Repeated(flag()),
                prior => Self::Excluded(flag(), prior),
            },
            ErrorKind::InvalidValue if text(error, ContextKind::InvalidValue).is_empty() => {
                Self::missing_value(&flag())
            }
            ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => Self::missing_value(&flag()),
            ErrorKind::TooManyValues => Self::NeedlessValue(flag()),
            ErrorKind::InvalidValue => Self::WrongWord {
                flag: flag(),
                words: texts(error, ContextKind::ValidValue),
                similar: texts(error, ContextKind::SuggestedValue).into_iter().next(),
            },
            ErrorKind::InvalidUtf8 => Self::NotUtf8,
            _ => Self::Other,
        }
    }

    /// Says that a flag has no value, with a good one where it is that of an input.
    pub(super) fn missing_value(flag: &str) -> Self {
        let is_this = |input: &&&Input| matches!(input.cli, CliForm::Flag(name) if name == flag);
        let example = TABLE.iter().find(is_this).map(|input| input.example.person);
        Self::MissingValue { flag: flag.to_owned(), example }
    }

    /// Returns the text that is shown instead of an error, where nothing was given.
    pub fn usage(&self) -> Option<String> {
        (*self == Self::NoArguments).then(|| {
            format!("{ABOUT}\n\nUsage: {USAGE}\n\n'{NAME} -h' lists all flags; '{NAME} --help' tells all of them.\n")
        })
    }
}

/// Says what an argument is that the library does not know. Only up to a `=` can it be shown, and only if it is a flag.
fn unknown(argument: &str, error: &Error, arguments: &[OsString]) -> UsageError {
    let (flag, _) = argument.split_once('=').unwrap_or((argument, ""));
    for input in TABLE {
        if let CliForm::Variable { name: variable, refused_flag } = input.cli
            && refused_flag == flag
        {
            return UsageError::TokenAsFlag { flag: refused_flag, variable };
        }
    }
    // Behind this, nothing is a flag.
    let may_be_address = arguments.iter().any(|argument| argument == "--");
    match (argument, flag.strip_prefix("--"), flag.strip_prefix('-')) {
        ("true" | "false", ..) => UsageError::BooleanApart,
        (_, Some(_), _) if !may_be_address => {
            let similar = texts(error, ContextKind::SuggestedArg).into_iter().next();
            UsageError::UnknownFlag { flag: flag.to_owned(), similar }
        }
        // One letter is a flag, and what follows its value.
        (_, None, Some(letters)) if !may_be_address => {
            let letter: String = letters.chars().take(1).collect();
            UsageError::UnknownFlag { flag: format!("-{letter}"), similar: None }
        }
        _ => UsageError::SurplusAddress,
    }
}

fn text(error: &Error, kind: ContextKind) -> &str {
    match error.get(kind) {
        Some(ContextValue::String(text)) => text,
        _ => "",
    }
}

fn texts(error: &Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => Vec::new(),
    }
}

/// Returns the name of a flag that the library shows with the form of its value.
fn name_in(shown: &str) -> String {
    shown.split([' ', '[', '=', '<']).next().unwrap_or_default().to_owned()
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let see = |f: &mut fmt::Formatter<'_>| write!(f, "; see '{NAME} --help'");
        match self {
            Self::NoArguments => f.write_str("no repository was given").and_then(|()| see(f)),
            Self::UnknownFlag { flag, similar: Some(similar) } => {
                write!(f, "unknown flag '{flag}'; did you mean '{similar}'? See '{NAME} --help'")
            }
            Self::UnknownFlag { flag, similar: None } => {
                write!(f, "unknown flag '{flag}'").and_then(|()| see(f))
            }
            Self::TokenAsFlag { flag, variable } => write!(
                f,
                "flag '{flag}' is refused, since every process of the machine can read arguments; set the environment \
                 variable {variable} instead"
            ),
            Self::SurplusAddress => f
                .write_str("more than a source and a destination are given without a flag")
                .and_then(|()| see(f)),
            Self::BooleanApart => {
                f.write_str("'true' and 'false' follow their flag after '=', for example '--prune=false'")
            }
            Self::AddressTwice(flag) => {
                write!(f, "an address is given without a flag and with '{flag}', too: give each side once")
            }
            Self::Repeated(flag) => write!(f, "flag '{flag}' is given more than once"),
            Self::Excluded(flag, other) => write!(f, "flags '{flag}' and '{other}' exclude each other"),
            Self::MissingValue { flag, example: Some(example) } => {
                write!(f, "flag '{flag}' has no value; for example: {example}")
            }
            Self::MissingValue { flag, example: None } => {
                write!(f, "flag '{flag}' has no value").and_then(|()| see(f))
            }
            Self::NeedlessValue(flag) => write!(f, "flag '{flag}' takes no value"),
            Self::WrongWord { flag, words, similar } => {
                write!(f, "the value of flag '{flag}' is none of: {}", words.join(", "))?;
                match similar {
                    Some(similar) => write!(f, "; did you mean '{similar}'?"),
                    None => Ok(()),
                }
            }
            Self::NotUtf8 => f.write_str("an argument is not valid UTF-8"),
            Self::Other => f.write_str("the command line cannot be read").and_then(|()| see(f)),
        }
    }
}

impl std::error::Error for UsageError {}
