//! The program that Git over SSH runs, and what it gets to see.

use std::ffi::OsString;
use std::fmt;

/// The form in which SSH is run, as Git decides it. Every form must take OpenSSH's options.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SshProgram {
    /// `ssh`, wherever it is found.
    #[default]
    Ssh,
    /// `GIT_SSH`: the path of one program.
    Program(OsString),
    /// `GIT_SSH_COMMAND`: a command for the shell; on Windows words, put together by quotes.
    Command(OsString),
}

/// The environment of a child: nothing of what the agent gives to this task alone. Its `Debug` shows no value.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ChildEnvironment(Vec<(OsString, OsString)>);

impl ChildEnvironment {
    /// Takes variables that a child may see.
    pub fn new(variables: Vec<(OsString, OsString)>) -> Self {
        Self(variables)
    }

    /// Returns the variables.
    pub fn variables(&self) -> impl Iterator<Item = (&OsString, &OsString)> {
        self.0.iter().map(|(name, value)| (name, value))
    }
}

impl fmt::Debug for ChildEnvironment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}
