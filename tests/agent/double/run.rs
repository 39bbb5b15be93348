//! What a test asks about a step that has ended.

use std::{collections::BTreeMap, fs, time::Duration};

use super::{
    agent::Agent,
    command::Command,
    context::{Context, IssueKind, TaskResult},
    process::Stop,
};

/// A step that has ended.
#[derive(Debug)]
pub struct Run {
    pub result: TaskResult,
    pub exit_status: i32,
    /// The last means that was needed to stop the step, and how long that took from the first.
    pub stop: Option<(Stop, Duration)>,
    /// Whether both output streams ended with the process; a child that holds one delays the agent by 5 s.
    pub output_closed: bool,
    /// How many processes of the step were left.
    pub orphans: usize,
    pub(super) context: Context,
    pub(super) agent: Agent,
}

impl Run {
    /// The log as a user reads it, masked.
    pub fn log(&self) -> String {
        self.context.log.join("\n")
    }

    /// The step's own output, before the agent's masking.
    pub fn raw(&self) -> String {
        self.context.raw.join("\n")
    }

    pub fn issues(&self, kind: IssueKind) -> Vec<&str> {
        let issues = self.context.issues.iter().filter(|(of, _)| *of == kind);
        issues.map(|(_, message)| message.as_str()).collect()
    }

    /// The data of all commands `area.event`, in order.
    pub fn commands(&self, area: &str, event: &str) -> Vec<&Command> {
        self.context.commands.iter().filter(|command| command.is(area, event)).collect()
    }

    /// An output variable, as a later step reads it.
    pub fn output(&self, name: &str) -> Option<&str> {
        self.context.outputs.get(name).map(String::as_str)
    }

    /// Variables of the job that the step has set: it should set none.
    pub fn variables(&self) -> &BTreeMap<String, String> {
        &self.context.variables
    }

    /// What the step has left in the agent's temporary folder.
    pub fn left_in_temp(&self) -> Vec<String> {
        let entries = fs::read_dir(self.agent.temp()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
    }
}
