//! The surroundings of the process, as a value.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;

use super::command::Escaping;
use crate::text::invisible::trimmed;

/// The variables and arguments of a process. Its `Debug` shows none of them, since they hold secrets.
#[derive(Clone, Default)]
pub struct Environment {
    /// The environment variables.
    pub variables: Vec<(OsString, OsString)>,
    /// The arguments, without the program's own name.
    pub arguments: Vec<OsString>,
}

/// The reader of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// The agent, which obeys logging commands.
    Agent,
    /// A person, who runs the program by hand.
    Terminal,
}

/// The program that started this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartedBy {
    /// The task's launcher: it holds the standard input open for as long as it lives.
    Launcher,
    /// A person, a script or anything else.
    Other,
}

/// Debug lines: written or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DebugLines {
    /// They are.
    Shown,
    /// They are dropped.
    Hidden,
}

impl Environment {
    /// Returns the surroundings of this process.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads them")]
    pub fn of_process() -> Self {
        Self { variables: std::env::vars_os().collect(), arguments: std::env::args_os().skip(1).collect() }
    }

    /// Returns the variable of this exact name.
    pub fn variable(&self, name: &str) -> Option<&OsStr> {
        self.variables.iter().find(|(variable, _)| variable == name).map(|(_, value)| value.as_os_str())
    }

    /// Returns the variable of this exact name, if it is text and not blank.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.variable(name)?.to_str().map(trimmed).filter(|text| !text.is_empty())
    }

    /// Returns the reader of the output. An agent says that it is there by `TF_BUILD`, and only it starts the launcher.
    pub fn audience(&self) -> Audience {
        match self.started_by() {
            StartedBy::Other if !self.holds("TF_BUILD", "true") => Audience::Terminal,
            _ => Audience::Agent,
        }
    }

    /// Returns the program that started this one.
    pub fn started_by(&self) -> StartedBy {
        if self.holds("MIRROR_STARTED_BY", "launcher") { StartedBy::Launcher } else { StartedBy::Other }
    }

    /// Returns the folder that the agent empties after each job, if there is an agent.
    pub(crate) fn temporary_folder(&self) -> Option<PathBuf> {
        let folder = || self.variable("AGENT_TEMPDIRECTORY").filter(|folder| !folder.is_empty());
        (self.audience() == Audience::Agent).then(folder).flatten().map(PathBuf::from)
    }

    /// Returns the folder for a pack that must wait on disk: the agent's, else the system's.
    pub(crate) fn spool_folder(&self) -> PathBuf {
        self.temporary_folder().unwrap_or_else(std::env::temp_dir)
    }

    /// Returns the verbosity: `System.Debug` in a pipeline, `--debug` by hand.
    pub fn debug_lines(&self) -> DebugLines {
        let asked_by_flag = || self.arguments.iter().any(|argument| argument == "--debug");
        if self.holds("SYSTEM_DEBUG", "true") || asked_by_flag() {
            DebugLines::Shown
        } else {
            DebugLines::Hidden
        }
    }

    /// Returns the escaping by which the agent reads the percent signs of logging commands.
    pub fn escaping(&self) -> Escaping {
        if self.holds("DECODE_PERCENTS", "false") { Escaping::WithoutPercent } else { Escaping::Full }
    }

    pub(crate) fn holds(&self, name: &str, value: &str) -> bool {
        self.variable(name).is_some_and(|given| given.eq_ignore_ascii_case(value))
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)], arguments: &[&str]) -> Environment {
        Environment {
            variables: variables.iter().map(|(name, value)| (name.into(), value.into())).collect(),
            arguments: arguments.iter().map(Into::into).collect(),
        }
    }

    #[test]
    fn the_agent_is_known_by_tf_build_in_any_case() {
        for value in ["True", "true", "TRUE"] {
            assert_eq!(environment(&[("TF_BUILD", value)], &[]).audience(), Audience::Agent);
        }
        for variables in [&[][..], &[("TF_BUILD", "")], &[("TF_BUILD", "False")]] {
            assert_eq!(environment(variables, &[]).audience(), Audience::Terminal);
        }
    }

    #[test]
    fn the_launcher_makes_itself_known() {
        assert_eq!(environment(&[("MIRROR_STARTED_BY", "launcher")], &[]).started_by(), StartedBy::Launcher);
        assert_eq!(environment(&[("TF_BUILD", "True")], &[]).started_by(), StartedBy::Other);
        // Its silence after the exit status would else be taken for a success.
        assert_eq!(environment(&[("MIRROR_STARTED_BY", "launcher")], &[]).audience(), Audience::Agent);
    }

    #[test]
    fn only_an_agent_has_a_temporary_folder() {
        let given = ("AGENT_TEMPDIRECTORY", "/agent/_temp");
        let agent = environment(&[("TF_BUILD", "True"), given], &[]);
        assert_eq!(agent.temporary_folder(), Some(PathBuf::from("/agent/_temp")));
        assert_eq!(environment(&[given], &[]).temporary_folder(), None);
        assert_eq!(environment(&[("TF_BUILD", "True")], &[]).temporary_folder(), None);
    }

    #[test]
    fn debug_lines_are_wanted_by_variable_or_flag() {
        assert_eq!(environment(&[("SYSTEM_DEBUG", "True")], &[]).debug_lines(), DebugLines::Shown);
        assert_eq!(environment(&[], &["--debug"]).debug_lines(), DebugLines::Shown);
        let neither = environment(&[("SYSTEM_DEBUG", "false")], &["--source", "x"]);
        assert_eq!(neither.debug_lines(), DebugLines::Hidden);
    }

    #[test]
    fn percents_are_kept_for_an_agent_that_does_not_decode_them() {
        assert_eq!(environment(&[("DECODE_PERCENTS", "False")], &[]).escaping(), Escaping::WithoutPercent);
        assert_eq!(environment(&[], &[]).escaping(), Escaping::Full);
    }

    #[test]
    fn it_does_not_show_what_it_holds() {
        let shown = format!("{:?}", environment(&[("INPUT_TOKEN", "hunter2")], &["hunter2"]));
        assert!(!shown.contains("hunter2"));
    }
}
