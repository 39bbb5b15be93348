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
    /// An agent without the launcher: its inputs come as variables.
    Agent,
    /// A person, or a script that gives flags as a person does, also one of a pipeline.
    Person,
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

    /// Returns the reader of the output.
    pub fn audience(&self) -> Audience {
        match self.started_by() {
            StartedBy::Launcher | StartedBy::Agent => Audience::Agent,
            StartedBy::Person => Audience::Terminal,
        }
    }

    /// Returns the program that started this one. An agent passes no arguments.
    pub fn started_by(&self) -> StartedBy {
        if self.has_launcher() {
            StartedBy::Launcher
        } else if self.is_in_pipeline() && self.arguments.is_empty() {
            StartedBy::Agent
        } else {
            StartedBy::Person
        }
    }

    /// Tells whether it is within the run of a pipeline, whoever started it there. An agent says so by `TF_BUILD`.
    pub(crate) fn is_in_pipeline(&self) -> bool {
        self.has_launcher() || self.holds("TF_BUILD", "true")
    }

    fn has_launcher(&self) -> bool {
        self.holds("MIRROR_STARTED_BY", "launcher")
    }

    /// Returns the folder in which the agent finds the page of a run; none where no agent reads the output.
    pub(crate) fn page_folder(&self) -> Option<PathBuf> {
        self.agent_folder().filter(|_| self.audience() == Audience::Agent)
    }

    /// Returns the folder that the agent empties after each job, in a pipeline.
    fn agent_folder(&self) -> Option<PathBuf> {
        let folder = || self.variable("AGENT_TEMPDIRECTORY").filter(|folder| !folder.is_empty());
        self.is_in_pipeline().then(folder).flatten().map(PathBuf::from)
    }

    /// Returns the folder for a pack that must wait on disk: the agent's, else the system's.
    pub(crate) fn spool_folder(&self) -> PathBuf {
        self.agent_folder().unwrap_or_else(std::env::temp_dir)
    }

    /// Returns whether `System.Debug` asks for debug lines.
    pub fn debug_lines(&self) -> DebugLines {
        if self.holds("SYSTEM_DEBUG", "true") { DebugLines::Shown } else { DebugLines::Hidden }
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
        assert_eq!(environment(&[("TF_BUILD", "True")], &[]).started_by(), StartedBy::Agent);
        assert_eq!(environment(&[], &[]).started_by(), StartedBy::Person);
        // Its silence after the exit status would else be taken for a success.
        assert_eq!(environment(&[("MIRROR_STARTED_BY", "launcher")], &[]).audience(), Audience::Agent);
    }

    #[test]
    fn a_script_of_a_pipeline_that_gives_flags_is_a_person() {
        let script = environment(&[("TF_BUILD", "True")], &["--prune"]);
        assert_eq!((script.started_by(), script.audience()), (StartedBy::Person, Audience::Terminal));
        assert!(script.is_in_pipeline());
    }

    #[test]
    fn only_an_agent_finds_a_page_and_every_pack_of_a_job_waits_in_its_folder() {
        let (build, given) = (("TF_BUILD", "True"), ("AGENT_TEMPDIRECTORY", "/agent/_temp"));
        let folder = PathBuf::from("/agent/_temp");
        let agent = environment(&[build, given], &[]);
        assert_eq!((agent.page_folder(), agent.spool_folder()), (Some(folder.clone()), folder.clone()));
        let script = environment(&[build, given], &["--prune"]);
        assert_eq!((script.page_folder(), script.spool_folder()), (None, folder));
        let by_hand = environment(&[given], &[]);
        assert_eq!((by_hand.page_folder(), by_hand.spool_folder()), (None, std::env::temp_dir()));
        assert_eq!(environment(&[build], &[]).page_folder(), None);
    }

    #[test]
    fn debug_lines_are_wanted_by_the_variable() {
        assert_eq!(environment(&[("SYSTEM_DEBUG", "True")], &[]).debug_lines(), DebugLines::Shown);
        assert_eq!(environment(&[("SYSTEM_DEBUG", "false")], &[]).debug_lines(), DebugLines::Hidden);
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
