//! The texts of the help beside those of the inputs.

use crate::config::inputs::{CliForm, Input, TABLE};
use crate::homepage;
use crate::homepage::Document;

/// Columns of the help.
pub(super) const WIDTH: usize = 100;

/// Columns before what is told of a flag.
const INDENT: usize = 10;

/// A term and what it means.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) term: &'static str,
    pub(super) text: &'static str,
}

const fn entry(term: &'static str, text: &'static str) -> Entry {
    Entry { term, text }
}

pub(super) const ABOUT: &str = "Makes a Git repository an exact copy of another.";

/// Both forms of a call, the second below the first.
pub(super) const USAGE: &str = "mirror-git-repository [FLAGS] SOURCE DESTINATION\n       \
     mirror-git-repository [FLAGS] --source URL --destination URL";

pub(super) const AFTER_SHORT_HELP: &str = "Tokens come in the environment variables SOURCE_TOKEN and \
     DESTINATION_TOKEN.\nSee '--help' for details, examples, exit statuses and all environment variables.";

pub(super) const EXAMPLES: &[Entry] = &[
    entry(
        "mirror-git-repository https://dev.azure.com/contoso/shop/_git/app https://github.com/contoso/app",
        "Mirrors one repository. The tokens are in SOURCE_TOKEN and DESTINATION_TOKEN.",
    ),
    entry(
        "mirror-git-repository --dry-run git@github.com:contoso/app.git /srv/mirrors/app.git",
        "Says what a mirror over SSH into a folder would change, and changes nothing.",
    ),
    entry(
        "mirror-git-repository https://dev.azure.com/contoso/shop /srv/mirrors/shop",
        "Mirrors all repositories of a project.",
    ),
    entry(
        "mirror-git-repository --quiet --json - SOURCE DESTINATION | jq .result",
        "Gives the result to another program.",
    ),
];

pub(super) const EXIT_STATUSES: &[Entry] = &[
    entry(
        "0",
        "The destination is a copy of the source, or all that could be done is done; warnings say what is not.",
    ),
    entry("1", "The run failed."),
    entry("2", "The flags or the inputs cannot be used. Nothing was changed."),
    entry("3", "All is done but for refs that the destination refused, and '--rejected-refs' is 'fail'."),
    entry("130", "The run was cancelled, for example with Ctrl+C."),
];

/// The environment variables that no input stands behind.
const VARIABLES: &[Entry] = &[
    entry(
        "AZURE_TENANT_ID, AZURE_CLIENT_ID",
        "With AZURE_CLIENT_SECRET, AZURE_CLIENT_CERTIFICATE_PATH or AZURE_FEDERATED_TOKEN_FILE, the application of \
         Microsoft Entra that signs in at Azure Repos where no token is given. AZURE_AUTHORITY_HOST names the cloud. \
         IDENTITY_ENDPOINT and IDENTITY_HEADER name a managed identity.",
    ),
    entry(
        "HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY",
        "The proxy for each kind of URL, and the hosts that it is not for; in small letters, too.",
    ),
    entry(
        "SSL_CERT_FILE, SSL_CERT_DIR",
        "On Linux, certificate authorities to trust in place of the system's.",
    ),
    entry("GIT_SSH_COMMAND, GIT_SSH", "The program for SSH in place of 'ssh', as Git takes it."),
    entry("TMPDIR", "The folder for a pack that must wait on disk; on Windows TMP or TEMP."),
];

/// Returns all environment variables that are read, those of inputs first.
pub(super) fn variables() -> Vec<Entry> {
    let of_input = |input: &&'static Input| match input.cli {
        CliForm::Variable { name, .. } => Some(entry(name, input.help)),
        CliForm::Flag(_) | CliForm::Never => None,
    };
    TABLE.iter().filter_map(of_input).chain(VARIABLES.iter().copied()).collect()
}

/// Returns what the help begins with.
pub(super) fn long_about() -> String {
    let more = "An address is a URL (https, http or ssh), one of the form host:path as in Git, or a folder of this machine. \
                Where the source is a project or an organization, all its repositories are mirrored.";
    format!("{ABOUT}\n\n{}", wrapped(more, 0))
}

/// Returns what the help ends with.
pub(super) fn after_long_help() -> String {
    let sections =
        [("Examples", EXAMPLES), ("Exit statuses", EXIT_STATUSES), ("Environment variables", &variables())];
    let documentation = homepage::document(Document::CommandLine)
        .map(|address| format!("\n\nDocumentation:\n  {address}"))
        .unwrap_or_default();
    sections.map(|(title, entries)| section(title, entries)).join("\n\n") + &documentation
}

fn section(title: &str, entries: &[Entry]) -> String {
    let indent = " ".repeat(INDENT);
    let meaning = |text| wrapped(text, INDENT).replace('\n', &format!("\n{indent}"));
    let lines = entries.iter().map(|Entry { term, text }| format!("\n  {term}\n{indent}{}", meaning(text)));
    format!("{title}:{}", lines.collect::<String>())
}

/// Returns the help of an input, with its default.
pub(super) fn long_help(input: &Input) -> String {
    match input.default {
        "" => of_flag(input.help),
        default => of_flag(&format!("{} Default: {}.", input.help, default.replace('\n', ", "))),
    }
}

/// Returns the help of a flag in lines.
pub(super) fn of_flag(text: &str) -> String {
    wrapped(text, INDENT)
}

/// Returns the text in lines that are short enough behind so many columns; a paragraph, and an item of a list, begins one.
fn wrapped(text: &str, indent: usize) -> String {
    let items = |paragraph: &str| {
        let items = paragraph.split("\n- ").map(|item| filled(item, WIDTH - indent));
        items.collect::<Vec<_>>().join("\n- ")
    };
    text.split("\n\n").map(items).collect::<Vec<_>>().join("\n\n")
}

fn filled(text: &str, width: usize) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
}
