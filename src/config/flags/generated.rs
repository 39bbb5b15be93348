//! The texts that are made of the command line: completions of shells, and the manual page.

use clap_complete::{Shell, generate};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::command::{NAME, command, command_of_flags};
use super::help_texts::{EXAMPLES, EXIT_STATUSES, Entry, variables};
use crate::text;

/// Returns the text of this name, which is one of the command line.
pub(super) fn of_kind(kind: &str) -> String {
    let shell = match kind.to_ascii_lowercase().as_str() {
        "complete-bash" => Shell::Bash,
        "complete-zsh" => Shell::Zsh,
        "complete-fish" => Shell::Fish,
        "complete-powershell" => Shell::PowerShell,
        _ => return manual_page(),
    };
    // The one of bash offers the names of addresses as their values; without them it offers files.
    let mut command = if shell == Shell::Bash { command_of_flags() } else { command() };
    let mut text = Vec::new();
    generate(shell, &mut command, NAME, &mut text);
    text::of_bytes(&text).into_owned()
}

/// Returns the manual page in roff.
fn manual_page() -> String {
    let man = Man::new(command());
    let mut page = Vec::new();
    let sections = [
        man.render_title(&mut page),
        man.render_name_section(&mut page),
        man.render_synopsis_section(&mut page),
        man.render_description_section(&mut page),
        man.render_options_section(&mut page),
        own_sections().to_writer(&mut page),
    ];
    // A vector takes all that is written to it.
    debug_assert!(sections.iter().all(Result::is_ok));
    text::of_bytes(&page).into_owned()
}

/// Returns the sections that the help ends with.
fn own_sections() -> Roff {
    let mut roff = Roff::new();
    let variables = variables();
    let sections: [(&str, &[Entry]); 3] =
        [("EXIT STATUS", EXIT_STATUSES), ("ENVIRONMENT", &variables), ("EXAMPLES", EXAMPLES)];
    for (title, entries) in sections {
        roff.control("SH", [title]);
        for Entry { term, text } in entries {
            roff.control("TP", []);
            roff.text([bold(*term)]);
            roff.text([roman(*text)]);
        }
    }
    roff
}
