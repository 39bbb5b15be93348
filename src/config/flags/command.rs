//! The command line as the library that reads it needs it, made of the table of inputs.

use clap::builder::{OsStringValueParser, ValueHint};
use clap::{Arg, ArgAction, Command};

use super::help_texts;
use super::words::Words;
use crate::config::inputs::{CliForm, Input, InputKind, TABLE};

/// The name of the program.
pub(super) const NAME: &str = "mirror-git-repository";

// The names by which values are found; inputs have their own.
pub(super) const SOURCE: &str = "SOURCE";
pub(super) const DESTINATION: &str = "DESTINATION";
pub(super) const JSON: &str = "json";
pub(super) const QUIET: &str = "quiet";
pub(super) const VERBOSE: &str = "verbose";
pub(super) const GENERATE: &str = "generate";

/// The texts that can be generated.
pub(super) const GENERATED: &[&str] =
    &["complete-bash", "complete-zsh", "complete-fish", "complete-powershell", "man"];

/// The heading of the flags that no input of the task stands behind.
const OUTPUT: &str = "Output";

const BOOLEANS: &[&str] = &["true", "false"];

/// Returns the whole command line.
pub(super) fn command() -> Command {
    command_of_flags().args([
        address(SOURCE, "The repository to copy from"),
        address(DESTINATION, "The repository or folder to make equal to it"),
    ])
}

/// Returns it without the two addresses: a completion would offer their names as their values.
pub(super) fn command_of_flags() -> Command {
    Command::new(NAME)
        .version(env!("CARGO_PKG_VERSION"))
        .about(help_texts::ABOUT)
        .long_about(help_texts::long_about())
        .override_usage(help_texts::USAGE)
        .after_help(help_texts::AFTER_SHORT_HELP)
        .after_long_help(help_texts::after_long_help())
        .term_width(help_texts::WIDTH)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .args(flags_by_group())
        .args(output_flags())
        .args(text_flags())
}

/// Returns the flags of the inputs, group after group.
fn flags_by_group() -> Vec<Arg> {
    let mut inputs = TABLE.to_vec();
    inputs.sort_by_key(|input| input.group);
    inputs.into_iter().filter_map(flag).collect()
}

fn address(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).help(help).value_parser(OsStringValueParser::new()).value_hint(ValueHint::AnyPath)
}

/// Returns the flag of an input, if it has one.
fn flag(input: &'static Input) -> Option<Arg> {
    let CliForm::Flag(name) = input.cli else { return None };
    let flag = Arg::new(input.name)
        .long(name.trim_start_matches('-'))
        .help(input.summary)
        .long_help(help_texts::long_help(input))
        .help_heading(input.group.heading())
        .hide_possible_values(true)
        .action(ArgAction::Set)
        .value_parser(OsStringValueParser::new());
    Some(match input.kind {
        InputKind::Boolean => boolean(flag),
        InputKind::Patterns => flag.value_name("PATTERN").action(ArgAction::Append),
        InputKind::Choice(words) => flag.value_name(name_of(words)).value_parser(Words::of_choice(words)),
        InputKind::Url => flag.value_name("URL").value_hint(ValueHint::AnyPath),
        InputKind::File | InputKind::SecureFile => flag.value_name("FILE").value_hint(ValueHint::FilePath),
        InputKind::Number => flag.value_name("NUMBER"),
        InputKind::Text | InputKind::Token | InputKind::SecretUrl | InputKind::Connection(_) => {
            flag.value_name("TEXT")
        }
    })
}

/// Makes a flag one that is on where it stands alone. Its value comes after `=`, since what stands apart is an address.
fn boolean(flag: Arg) -> Arg {
    flag.value_name("true|false")
        .num_args(0..=1)
        .require_equals(true)
        .default_missing_value("true")
        .value_parser(Words::only(BOOLEANS))
}

/// Names a value by its words, if they are short.
fn name_of(words: &[&str]) -> String {
    const LONGEST: usize = 24;
    let words = words.join("|");
    if words.len() > LONGEST { "WORD".to_owned() } else { words }
}

fn output_flags() -> [Arg; 3] {
    let flag = |name: &'static str| Arg::new(name).long(name).help_heading(OUTPUT);
    [
        flag(QUIET)
            .short('q')
            .action(ArgAction::SetTrue)
            .overrides_with(QUIET)
            .conflicts_with(VERBOSE)
            .help("Print only errors and warnings"),
        flag(VERBOSE)
            .short('v')
            .alias("debug")
            .action(ArgAction::SetTrue)
            .overrides_with(VERBOSE)
            .help("Print debug lines, too"),
        flag(JSON)
            .value_name("FILE")
            .value_parser(OsStringValueParser::new())
            .value_hint(ValueHint::FilePath)
            .help("Write the result as JSON ('-' for standard output)")
            .long_help(help_texts::of_flag(
                "The file that the whole result is written to, as JSON for scripts. With '-' it goes to standard \
                 output, and the log to standard error.",
            )),
    ]
}

/// Returns the flags that print a text and end.
fn text_flags() -> [Arg; 3] {
    let flag = |name: &'static str| Arg::new(name).long(name).help_heading(OUTPUT);
    [
        flag(GENERATE)
            .value_name("WHAT")
            .value_parser(Words::only(GENERATED))
            .hide_possible_values(true)
            .hide_short_help(true)
            .help("Print completions or the manual page")
            .long_help(help_texts::of_flag(&format!(
                "Print a text for the shell and exit: {}.",
                GENERATED.join(", ")
            ))),
        flag("help")
            .short('h')
            .action(ArgAction::Help)
            .help("Print the flags ('--help': with all details)")
            .long_help("Print help and exit: with '-h' one line a flag."),
        flag("version").short('V').action(ArgAction::Version).help("Print the version"),
    ]
}
