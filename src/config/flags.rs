//! The command line of a run by hand: the inputs as flags, two of them also by their place, and what is printed.

mod command;
mod generated;
mod help_texts;
#[cfg(test)]
mod tests;
mod usage_error;
mod words;

use std::ffi::OsString;
use std::iter;
use std::path::PathBuf;

use clap::ArgMatches;
use clap::error::ErrorKind;

use self::command::{DESTINATION, GENERATE, JSON, NAME, QUIET, SOURCE, VERBOSE};
use super::inputs::{CliForm, DESTINATION_URL, Input, SOURCE_URL, TABLE};
use crate::agent::environment::{Environment, StartedBy};
use crate::agent::output::{LinesTo, OutputForm, Verbosity};

pub use self::usage_error::UsageError;

/// The request that the arguments make.
#[derive(Debug)]
pub enum Request {
    /// A run.
    Run(Flags),
    /// This text, on standard output: help, the version, completions or the manual page.
    Print(String),
}

/// The flags of a run. Their `Debug` shows no value, which may be a secret.
#[derive(Default)]
pub struct Flags {
    /// The inputs; the patterns among them can come several times.
    pub(crate) inputs: Vec<(&'static Input, OsString)>,
    /// The place that the result is written to.
    pub(crate) result: Option<ResultPlace>,
    /// The lines that are written.
    pub(crate) verbosity: Verbosity,
}

/// The place that the whole result is written to, for scripts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResultPlace {
    /// This file.
    File(PathBuf),
    /// The standard output, which then holds nothing else.
    StandardOutput,
}

impl std::fmt::Debug for Flags {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Flags").finish_non_exhaustive()
    }
}

impl Request {
    /// Returns the form of the log's output that was asked for.
    pub fn output_form(&self) -> OutputForm {
        match self {
            Self::Print(_) => OutputForm::default(),
            Self::Run(Flags { result, verbosity, .. }) => {
                let is_taken = *result == Some(ResultPlace::StandardOutput);
                let lines_to = if is_taken { LinesTo::StandardError } else { LinesTo::StandardOutput };
                OutputForm { verbosity: *verbosity, lines_to }
            }
        }
    }
}

/// Reads the arguments of a process. A person who gives none, and no input by a variable, is told how to.
///
/// # Errors
/// The first thing that is wrong with them.
pub fn read(environment: &Environment) -> Result<Request, UsageError> {
    let is_given = |input: &Input| environment.text(&input.variable()).is_some();
    let is_bare = environment.started_by() == StartedBy::Person && environment.arguments.is_empty();
    if is_bare && !is_given(&SOURCE_URL) && !is_given(&DESTINATION_URL) {
        return Err(UsageError::NoArguments);
    }
    parse(&environment.arguments)
}

fn parse(arguments: &[OsString]) -> Result<Request, UsageError> {
    let given = iter::once(OsString::from(NAME)).chain(arguments.iter().cloned());
    match command::command().try_get_matches_from(given) {
        Ok(matches) => request(matches),
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Ok(Request::Print(error.to_string())),
            _ => Err(UsageError::of(&error, arguments)),
        },
    }
}

fn request(mut matches: ArgMatches) -> Result<Request, UsageError> {
    if let Some(wanted) = one(&mut matches, GENERATE) {
        return Ok(Request::Print(generated::of_kind(&wanted.to_string_lossy())));
    }
    let verbosity = match (matches.get_flag(QUIET), matches.get_flag(VERBOSE)) {
        (true, _) => Verbosity::Quiet,
        (false, true) => Verbosity::Verbose,
        (false, false) => Verbosity::Usual,
    };
    let result = match one(&mut matches, JSON) {
        None => None,
        Some(path) if path.is_empty() => return Err(UsageError::missing_value("--json")),
        Some(path) if path == "-" => Some(ResultPlace::StandardOutput),
        Some(path) => Some(ResultPlace::File(path.into())),
    };
    Ok(Request::Run(Flags { inputs: inputs(&mut matches)?, result, verbosity }))
}

/// Returns the inputs that were given, each value with its row.
fn inputs(matches: &mut ArgMatches) -> Result<Vec<(&'static Input, OsString)>, UsageError> {
    let mut given = Vec::new();
    for input in TABLE {
        let CliForm::Flag(flag) = input.cli else { continue };
        let values = matches.try_remove_many::<OsString>(input.name).ok().flatten();
        let mut values: Vec<_> = values.into_iter().flatten().collect();
        if let Some(address) = address(matches, input) {
            if address == "true" || address == "false" {
                return Err(UsageError::BooleanApart);
            }
            if !values.is_empty() {
                return Err(UsageError::AddressTwice(flag));
            }
            values.push(address);
        }
        given.extend(values.into_iter().map(|value| (*input, value)));
    }
    Ok(given)
}

/// Returns the address that was given by its place, if this input is that of a side.
fn address(matches: &mut ArgMatches, input: &Input) -> Option<OsString> {
    let place = match input.name {
        name if name == SOURCE_URL.name => SOURCE,
        name if name == DESTINATION_URL.name => DESTINATION,
        _ => return None,
    };
    one(matches, place)
}

fn one(matches: &mut ArgMatches, id: &str) -> Option<OsString> {
    matches.try_remove_one::<OsString>(id).ok().flatten()
}
