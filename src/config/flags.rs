//! The inputs as flags, for a run by hand.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::{Arg, Parser};

use super::input_error::{InputError, InputPlace};
use super::inputs::{CliForm, Input, InputKind, TABLE};

/// The request that the arguments make.
pub(crate) enum Request {
    /// A run.
    Run(Flags),
    Help,
    Version,
}

/// The flags of a run.
#[derive(Default)]
pub(crate) struct Flags {
    /// The inputs; the patterns among them can come several times.
    pub(crate) inputs: Vec<(&'static Input, OsString)>,
    /// The file that the result is written to.
    pub(crate) result_file: Option<PathBuf>,
}

/// The flag that names a file for the result. The task has no input for it: a later step reads its output variables.
const RESULT_FILE: &str = "--json";

/// Reads the arguments, to the end even where one is wrong.
pub(crate) fn parse(arguments: &[OsString]) -> (Request, Vec<InputError>) {
    let mut parser = Parser::from_args(arguments);
    let mut given = Flags::default();
    let mut errors = Vec::new();
    let mut after_unknown = false;
    loop {
        let flag = match parser.next() {
            Ok(None) => return (Request::Run(given), errors),
            Ok(Some(Arg::Long(name))) => format!("--{name}"),
            Ok(Some(Arg::Short('h'))) => "--help".to_owned(),
            Ok(Some(Arg::Short(letter))) => format!("-{letter}"),
            // The value of a flag that has been refused is not refused again.
            Ok(Some(Arg::Value(_))) if after_unknown => continue,
            // An argument may be a secret, so it is not shown.
            Ok(Some(Arg::Value(_))) | Err(_) => {
                errors.push(stray());
                continue;
            }
        };
        after_unknown = false;
        match flag.as_str() {
            "--help" => return (Request::Help, errors),
            "--version" => return (Request::Version, errors),
            "--debug" => continue,
            RESULT_FILE => {
                match parser.value().ok().filter(|path| !path.is_empty()) {
                    Some(path) => given.result_file = Some(path.into()),
                    None => errors.push(InputError::new(
                        InputPlace::Flag(RESULT_FILE),
                        "has no value",
                        "--json result.json",
                    )),
                }
                continue;
            }
            _ => {}
        }
        match input_of(&flag).and_then(|input| Ok((input, value(&mut parser, input)?))) {
            Ok(input_and_value) => given.inputs.push(input_and_value),
            Err(error) => {
                after_unknown = true;
                drop(parser.optional_value());
                errors.push(error);
            }
        }
    }
}

/// Returns the text of `--help`.
pub fn help() -> String {
    let rows: String = TABLE.iter().copied().filter_map(help_row).collect();
    format!(
        "Makes a Git repository an exact copy of another.\n\n\
         usage: mirror-git-repository --source <url> --destination <url> [<flag>...]\n\
         {rows}\n  {RESULT_FILE} <path>\n      The file that the whole result is written to, as JSON for scripts.\n\
         \n  --debug\n      Print debug lines.\n\
         \n  --help, --version\n      Print this text, or the version.\n"
    )
}

fn help_row(input: &Input) -> Option<String> {
    let call = match (input.cli, input.kind) {
        (CliForm::Never, _) => return None,
        (CliForm::Variable { name, .. }, _) => format!("{name} (an environment variable)"),
        (CliForm::Flag(flag), InputKind::Boolean) => format!("{flag}[=true|false]"),
        (CliForm::Flag(flag), InputKind::Patterns) => format!("{flag} <pattern> (can be repeated)"),
        (CliForm::Flag(flag), InputKind::Number) => format!("{flag} <number>"),
        (CliForm::Flag(flag), InputKind::Url) => format!("{flag} <url>"),
        (CliForm::Flag(flag), InputKind::File | InputKind::SecureFile) => format!("{flag} <path>"),
        (
            CliForm::Flag(flag),
            InputKind::Choice
            | InputKind::Text
            | InputKind::Token
            | InputKind::SecretUrl
            | InputKind::Connection(_),
        ) => {
            format!("{flag} <text>")
        }
    };
    let default = match input.default {
        "" => String::new(),
        default => format!(" Default: {}.", default.replace('\n', ", ")),
    };
    Some(format!("\n  {call}\n      {}{default}\n", input.help))
}

fn input_of(flag: &str) -> Result<&'static Input, InputError> {
    for input in TABLE {
        match input.cli {
            CliForm::Flag(known) if known == flag => return Ok(input),
            CliForm::Variable { name, refused_flag } if refused_flag == flag => {
                let problem = format!(
                    "is refused, since every process of the machine can read arguments; \
                     set the environment variable {name} instead"
                );
                return Err(InputError::plain(InputPlace::Flag(refused_flag), problem));
            }
            _ => {}
        }
    }
    Err(InputError::plain(InputPlace::Arguments, format!("has the unknown flag '{flag}'; see --help")))
}

fn value(parser: &mut Parser, input: &'static Input) -> Result<OsString, InputError> {
    if input.kind == InputKind::Boolean {
        return Ok(parser.optional_value().unwrap_or_else(|| "true".into()));
    }
    let missing = |_| InputError::of(InputPlace::cli(input), "has no value", input);
    parser.value().map_err(missing)
}

fn stray() -> InputError {
    InputError::new(
        InputPlace::Arguments,
        "has a value without a flag",
        "--source <url>, or --prune=false with '='",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> (Request, Vec<String>) {
        let arguments: Vec<OsString> = arguments.iter().map(Into::into).collect();
        let (request, errors) = parse(&arguments);
        (request, errors.iter().map(ToString::to_string).collect())
    }

    fn given(arguments: &[&str]) -> Vec<(&'static str, String)> {
        let (Request::Run(given), errors) = parsed(arguments) else { panic!("a run was asked for") };
        assert_eq!(errors, [""; 0]);
        given.inputs.into_iter().map(|(input, value)| (input.name, value.into_string().unwrap())).collect()
    }

    #[test]
    fn a_flag_is_the_input_of_its_row() {
        assert_eq!(
            given(&[
                "--source",
                "https://a",
                "--include=x",
                "--include",
                "y",
                "--dry-run",
                "--debug",
                "--prune=no"
            ]),
            [
                ("sourceGitRepositoryUri", "https://a".to_owned()),
                ("includeRefs", "x".to_owned()),
                ("includeRefs", "y".to_owned()),
                ("dryRun", "true".to_owned()),
                ("prune", "no".to_owned()),
            ]
        );
    }

    #[test]
    fn the_result_goes_to_the_file_that_was_named_last() {
        for arguments in [&["--json", "a.json"][..], &["--json=x", "--json=a.json"]] {
            let (Request::Run(given), errors) = parsed(arguments) else { panic!("a run was asked for") };
            assert_eq!((given.result_file, errors), (Some("a.json".into()), vec![]));
        }
        for arguments in [&["--json"][..], &["--json="]] {
            assert_eq!(parsed(arguments).1, ["flag '--json' has no value; for example: --json result.json"]);
        }
    }

    #[test]
    fn help_and_version_are_requests_of_their_own() {
        assert!(matches!(parsed(&["--dry-run", "--help"]).0, Request::Help));
        assert!(matches!(parsed(&["-h"]).0, Request::Help));
        assert!(matches!(parsed(&["--version"]).0, Request::Version));
    }

    #[test]
    fn a_token_is_never_taken_as_an_argument_nor_shown() {
        for arguments in [&["--source-token", "hunter2"][..], &["--source-token=hunter2"]] {
            let (_, errors) = parsed(arguments);
            assert_eq!(
                errors,
                ["flag '--source-token' is refused, since every process of the machine can read arguments; \
                  set the environment variable SOURCE_TOKEN instead"]
            );
        }
    }

    #[test]
    fn every_wrong_argument_is_reported() {
        let (_, errors) =
            parsed(&["hunter2", "--sorce", "hunter2", "--prune", "hunter2", "-x=hunter2", "--source"]);
        assert_eq!(
            errors,
            [
                "the command line has a value without a flag; \
                 for example: --source <url>, or --prune=false with '='",
                "the command line has the unknown flag '--sorce'; see --help",
                "the command line has a value without a flag; \
                 for example: --source <url>, or --prune=false with '='",
                "the command line has the unknown flag '-x'; see --help",
                "flag '--source' has no value; for example: https://dev.azure.com/contoso/project/_git/app",
            ]
        );
    }

    #[test]
    fn the_help_names_every_input() {
        let help = help();
        for input in TABLE {
            let (CliForm::Flag(name) | CliForm::Variable { name, .. }) = input.cli else { continue };
            assert!(help.contains(&format!("\n  {name}")) && help.contains(input.help), "{name}");
        }
        assert!(help.lines().all(|line| line.len() <= 120));
    }
}
