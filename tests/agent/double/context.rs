//! What a step's output does: log, issues, variables, and in the end one result.

use std::collections::BTreeMap;

use super::{
    command::{self, Command, Line},
    masking::Masker,
    task::Definition,
};

/// A step's result, in the agent's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TaskResult {
    Succeeded,
    SucceededWithIssues,
    Failed,
    Canceled,
    Skipped,
    Abandoned,
}

impl TaskResult {
    const ALL: [(&str, Self); 6] = [
        ("Succeeded", Self::Succeeded),
        ("SucceededWithIssues", Self::SucceededWithIssues),
        ("Failed", Self::Failed),
        ("Canceled", Self::Canceled),
        ("Skipped", Self::Skipped),
        ("Abandoned", Self::Abandoned),
    ];

    /// Reads the exact name or the number; `Cancelled` and `failed` are none.
    fn read(text: &str) -> Option<Self> {
        let by_number = text.parse().ok().and_then(|number: usize| Self::ALL.get(number));
        by_number.or_else(|| Self::ALL.iter().find(|(name, _)| *name == text)).map(|(_, result)| *result)
    }

    /// The worse of both, but nothing replaces a result from `Canceled` on.
    fn merged(self, other: Self) -> Self {
        if self >= Self::Canceled { self } else { self.max(other) }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssueKind {
    Error,
    Warning,
}

/// A running step, as its output has made it so far.
#[derive(Debug)]
pub struct Context {
    settable: Option<Vec<String>>,
    output_names: Vec<String>,
    debug: bool,
    pub masker: Masker,
    pub raw: Vec<String>,
    pub log: Vec<String>,
    pub issues: Vec<(IssueKind, String)>,
    pub commands: Vec<Command>,
    pub outputs: BTreeMap<String, String>,
    pub variables: BTreeMap<String, String>,
    result: Option<TaskResult>,
    command_failed: bool,
}

impl Context {
    pub fn new(task: &Definition, masker: Masker, debug: bool) -> Self {
        let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
        Self {
            settable: task.settable_variables().map(owned),
            output_names: owned(task.output_variables()),
            debug,
            masker,
            raw: Vec::new(),
            log: Vec::new(),
            issues: Vec::new(),
            commands: Vec::new(),
            outputs: BTreeMap::new(),
            variables: BTreeMap::new(),
            result: None,
            command_failed: false,
        }
    }

    /// Takes in one line of the step's standard output or standard error; both are the same to the agent.
    pub fn line(&mut self, line: String) {
        match command::parse(&line) {
            Line::Text => self.print(&line),
            Line::Malformed => {
                self.issue(
                    IssueKind::Warning,
                    &format!("'{line}' contains logging command keyword '##vso', but is no command"),
                );
                self.print(&line);
            }
            Line::Command(command) => {
                if let Err(problem) = self.obey(&command) {
                    self.issue(IssueKind::Error, &problem);
                    self.command_failed = true;
                }
                if self.debug && !command.is("task", "debug") {
                    self.print(&format!("##[debug]Processed: {}", command::unescape(&line)));
                }
                self.commands.push(command);
            }
        }
        self.raw.push(line);
    }

    fn obey(&mut self, command: &Command) -> Result<(), String> {
        if (command.area.as_str(), command.event.as_str()) == ("build", "addbuildtag") {
            // The server refuses other characters, which are part of a path, and then the step fails.
            let is_plain = command.data.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
            return if is_plain { Ok(()) } else { Err(format!("the tag '{}' is refused", command.data)) };
        }
        if command.area != "task" {
            // Other areas act on the build; none is this task's to use, and a test finds them in `commands`.
            return Ok(());
        }
        match command.event.as_str() {
            "complete" => {
                let result = command
                    .property("result")
                    .and_then(TaskResult::read)
                    .ok_or("task.complete without a valid result")?;
                self.result = Some(self.result.map_or(result, |before| before.merged(result)));
            }
            "logissue" | "issue" => match command.property("type") {
                Some("error") => self.issue(IssueKind::Error, &command.data),
                None | Some("warning") => self.issue(IssueKind::Warning, &command.data),
                Some(other) => return Err(format!("task.logissue with type '{other}'")),
            },
            "setvariable" => self.set_variable(command)?,
            "setsecret" => self.masker.add(&command.data),
            "debug" if self.debug => self.print(&format!("##[debug]{}", command.data)),
            "debug" | "setprogress" | "logdetail" | "settaskvariable" | "prependpath" | "setendpoint" => {}
            "uploadsummary" | "uploadfile" | "addattachment" => {
                let needed: &[&str] = if command.event == "addattachment" { &["type", "name"] } else { &[] };
                if let Some(missing) = needed.iter().find(|name| command.property(name).is_none()) {
                    return Err(format!("task.{} without '{missing}'", command.event));
                }
                if !std::path::Path::new(&command.data).is_file() {
                    return Err(format!("cannot find file '{}'", command.data));
                }
            }
            other => return Err(format!("'{other}' is no command of the area 'task'")),
        }
        Ok(())
    }

    fn set_variable(&mut self, command: &Command) -> Result<(), String> {
        let name = command.property("variable").ok_or("task.setvariable without a name")?;
        let known = |names: &[String]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
        if self.settable.as_deref().is_some_and(|settable| !known(settable)) {
            self.issue(IssueKind::Warning, &format!("Setting variable '{name}' has been disabled"));
            return Ok(());
        }
        if command.flag("issecret") {
            if command.data.contains(['\r', '\n']) {
                return Err("a secret variable with several lines".to_owned());
            }
            self.masker.add_variable(&command.data);
        }
        let output = command.flag("isoutput") || known(&self.output_names);
        let target = if output { &mut self.outputs } else { &mut self.variables };
        target.insert(name.to_owned(), command.data.clone());
        Ok(())
    }

    fn issue(&mut self, kind: IssueKind, message: &str) {
        let tag = match kind {
            IssueKind::Error => "##[error]",
            IssueKind::Warning => "##[warning]",
        };
        self.issues.push((kind, self.masker.mask(message)));
        self.print(&format!("{tag}{message}"));
    }

    fn print(&mut self, line: &str) {
        self.log.push(self.masker.mask(line));
    }

    /// Decides the step's result. An exit status other than 0 overrules what the step said; `stopped`, the agent's
    /// own decision to cancel or to time out, overrules all.
    pub fn finish(&mut self, exit_status: i32, stopped: Option<TaskResult>) -> TaskResult {
        let mut result = self.result.unwrap_or(TaskResult::Succeeded);
        if exit_status != 0 {
            self.issue(IssueKind::Error, &format!("Exit code {exit_status} returned from process"));
            result = TaskResult::Failed;
        }
        if self.command_failed {
            result = result.merged(TaskResult::Failed);
        }
        stopped.unwrap_or(result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result_of(lines: &[&str], exit_status: i32) -> TaskResult {
        let task = Definition::read(&super::super::task::source_tree().join("task.json"));
        let mut context = Context::new(&task, Masker::default(), false);
        for &line in lines {
            context.line(line.to_owned());
        }
        context.finish(exit_status, None)
    }

    #[test]
    fn the_worst_result_counts_until_one_is_final() {
        assert_eq!(result_of(&[], 0), TaskResult::Succeeded);
        let failed = "##vso[task.complete result=Failed;]";
        assert_eq!(result_of(&[failed, "##vso[task.complete result=Succeeded;]"], 0), TaskResult::Failed);
        assert_eq!(result_of(&[failed, "##vso[task.complete result=4]"], 0), TaskResult::Skipped);
        assert_eq!(result_of(&["##vso[task.complete result=Skipped]", failed], 0), TaskResult::Skipped);
    }

    #[test]
    fn an_exit_status_fails_and_an_error_issue_alone_does_not() {
        assert_eq!(result_of(&["##vso[task.complete result=Succeeded;]"], 1), TaskResult::Failed);
        assert_eq!(result_of(&["##vso[task.logissue type=error]bad"], 0), TaskResult::Succeeded);
    }

    #[test]
    fn a_command_that_the_agent_cannot_obey_fails_the_step() {
        for line in
            ["##vso[task.complete result=Cancelled]", "##vso[task.logissue type=info]x", "##vso[task.finish]"]
        {
            assert_eq!(result_of(&[line], 0), TaskResult::Failed, "{line}");
        }
    }
}
