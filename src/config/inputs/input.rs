//! The shape of an input.

use crate::auth::identity::ConnectionType;

/// One input of the task.
#[derive(Debug)]
pub struct Input {
    /// Its name in `task.json` and in a pipeline's YAML.
    pub name: &'static str,
    /// The group in the help.
    pub group: Group,
    /// The help in a few words, for the list of flags; empty where there is none.
    pub summary: &'static str,
    /// The form in a run by hand.
    pub cli: CliForm,
    /// The type of its value.
    pub kind: InputKind,
    /// The default, for an input that is absent or empty; itself empty for nothing.
    pub default: &'static str,
    /// The help text, one sentence.
    pub help: &'static str,
    /// Good values, for error messages.
    pub example: Example,
}

/// A group of inputs in the help, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// The source alone.
    Source,
    /// The destination alone.
    Destination,
    /// The refs and objects that are mirrored.
    Selection,
    /// All repositories of a project or organization.
    Projects,
    /// The changes that are allowed, and those that fail a run.
    Safety,
    /// Sizes, attempts and waits.
    Limits,
    /// Ways by which others learn how a run ended.
    Monitoring,
}

/// A good value of an input for each caller.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// In a pipeline.
    pub agent: &'static str,
    /// By hand.
    pub person: &'static str,
}

impl Example {
    /// Makes the example that does for both.
    pub const fn of_both(value: &'static str) -> Self {
        Self { agent: value, person: value }
    }
}

/// The form of an input in a run by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CliForm {
    /// By this flag.
    Flag(&'static str),
    /// By this environment variable, since every process of the machine can read arguments.
    Variable {
        /// Its name.
        name: &'static str,
        /// The flag that one would look for, and that is refused.
        refused_flag: &'static str,
    },
    /// Not at all: only an agent has what it names.
    Never,
}

/// The type of an input's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputKind {
    /// The address of a repository; required, unless a service connection has it.
    Url,
    /// `token` or `user:token`.
    Token,
    /// A URL that is a secret as a whole.
    SecretUrl,
    /// `true` or `false`.
    Boolean,
    /// Patterns on names of refs or repositories, one a line.
    Patterns,
    /// The id of a service connection of this type.
    Connection(ConnectionType),
    /// The path of a file.
    File,
    /// The id of a secure file of the pipeline; by hand the path of a file.
    SecureFile,
    /// One of these words, as a person can give them.
    Choice(&'static [&'static str]),
    /// A whole number.
    Number,
    /// Any text.
    Text,
}

impl Group {
    /// Returns its heading in the help.
    pub(crate) const fn heading(self) -> &'static str {
        match self {
            Self::Source => "Source",
            Self::Destination => "Destination",
            Self::Selection => "What to mirror",
            Self::Projects => "Projects",
            Self::Safety => "Safety",
            Self::Limits => "Limits and time-outs",
            Self::Monitoring => "Monitoring",
        }
    }
}

impl Input {
    /// Returns the environment variable in which the agent hands it over.
    pub fn variable(&self) -> String {
        format!("INPUT_{}", self.name.replace(['.', ' '], "_").to_uppercase())
    }
}
