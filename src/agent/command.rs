//! Logging commands: lines of output that the agent obeys instead of printing them.

use std::fmt;

use crate::secret::Secret;

/// One logging command. Its `Display` is the line for the agent, fully escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// The agent replaces this text by `***` in all later lines.
    SetSecret(Secret),
    /// An error or a warning, shown beside the step. It does not change the result.
    LogIssue {
        /// Error or warning.
        kind: IssueKind,
        /// The message.
        text: String,
    },
    /// The result of the step.
    Complete {
        /// The result.
        result: TaskResult,
        /// The outcome in a few words.
        text: String,
    },
    /// An output variable, for later steps and jobs as `<step name>.<name>`.
    SetVariable {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    },
    /// Progress of the step.
    SetProgress {
        /// From 0 to 100; it never goes back.
        percent: u8,
        /// The current operation.
        text: String,
    },
    /// A line that is shown only when the pipeline runs with `System.Debug`.
    Debug(String),
    /// The path of a Markdown file for the run's summary page. It must stay there until the job has ended.
    UploadSummary(String),
    /// The path of a file with the result for programs, which is kept with the run. It must stay there as well.
    AttachResult(String),
    /// A tag of the build. In a release there is none, and the agent fails the step.
    AddBuildTag(BuildTag),
}

/// A tag of the build: letters and hyphens, since the server refuses others, and the agent fails the step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuildTag {
    /// A ref was changed.
    Changed,
    /// The step failed.
    Failed,
}

/// The type of the attachment, by which others find it.
const ATTACHMENT: &str = "mirror-git-repository";

/// The severity of an issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssueKind {
    /// Something failed.
    Error,
    /// Something deserves a look.
    Warning,
}

/// The result of a step, in the agent's own words; the worst is the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TaskResult {
    /// All is done.
    Succeeded,
    /// All that could be done is done.
    SucceededWithIssues,
    /// It is not done.
    Failed,
}

/// The characters of a value that are escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escaping {
    /// All that mean something to the agent.
    Full,
    /// All but `%`, for an agent with `DECODE_PERCENTS=false`, which would show `%AZP25`.
    WithoutPercent,
}

impl Command {
    /// Returns the command as a line, without its end.
    pub fn line(&self, escaping: Escaping) -> String {
        let (name, properties, data): (_, &[(&str, &str)], _) = match self {
            Self::SetSecret(secret) => ("setsecret", &[], secret.expose()),
            Self::LogIssue { kind, text } => ("logissue", &[("type", kind.word())], text.as_str()),
            Self::Complete { result, text } => ("complete", &[("result", result.word())], text.as_str()),
            Self::SetVariable { name, value } => {
                ("setvariable", &[("variable", name), ("isOutput", "true")], value.as_str())
            }
            Self::SetProgress { percent, text } => {
                ("setprogress", &[("value", &percent.min(&100).to_string())], text.as_str())
            }
            Self::Debug(text) => ("debug", &[], text.as_str()),
            Self::AddBuildTag(tag) => return format!("##vso[build.addbuildtag]{}", tag.word()),
            Self::UploadSummary(path) => ("uploadsummary", &[], path.as_str()),
            Self::AttachResult(path) => {
                ("addattachment", &[("type", ATTACHMENT), ("name", "result.json")], path.as_str())
            }
        };
        let property = |(name, value): &(&str, &str)| format!("{name}={}", escaping.property(value));
        let properties: Vec<_> = properties.iter().map(property).collect();
        let space = if properties.is_empty() { "" } else { " " };
        format!("##vso[task.{name}{space}{}]{}", properties.join(";"), escaping.data(data))
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line(Escaping::Full))
    }
}

impl IssueKind {
    fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

impl BuildTag {
    fn word(self) -> &'static str {
        match self {
            Self::Changed => "mirror-changed",
            Self::Failed => "mirror-failed",
        }
    }
}

impl TaskResult {
    fn word(self) -> &'static str {
        match self {
            Self::Succeeded => "Succeeded",
            Self::SucceededWithIssues => "SucceededWithIssues",
            Self::Failed => "Failed",
        }
    }
}

impl Escaping {
    fn data(self, text: &str) -> String {
        // The percent sign first, or the escapes themselves would be escaped.
        let text = match self {
            Self::Full => text.replace('%', "%AZP25"),
            Self::WithoutPercent => text.to_owned(),
        };
        text.replace('\r', "%0D").replace('\n', "%0A")
    }

    fn property(self, text: &str) -> String {
        self.data(text).replace(']', "%5D").replace(';', "%3B")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::agent::testing;
    use crate::agent::testing::Parsed;

    fn parsed(command: &Command) -> Parsed {
        let output = format!("{command}\n");
        let lines = testing::lines(&output);
        assert_eq!(lines.len(), 1, "one command is one line");
        testing::parse(lines[0]).unwrap()
    }

    #[test]
    fn each_command_is_written_as_the_agent_documents_it() {
        let text = || "50% of\r\n[a];b".to_owned();
        for (command, line) in [
            (Command::SetSecret(Secret::new("p%w")), "##vso[task.setsecret]p%AZP25w"),
            (
                Command::LogIssue { kind: IssueKind::Error, text: text() },
                "##vso[task.logissue type=error]50%AZP25 of%0D%0A[a];b",
            ),
            (
                Command::LogIssue { kind: IssueKind::Warning, text: String::new() },
                "##vso[task.logissue type=warning]",
            ),
            (
                Command::Complete { result: TaskResult::SucceededWithIssues, text: "done".to_owned() },
                "##vso[task.complete result=SucceededWithIssues]done",
            ),
            (
                Command::SetVariable { name: "a]b;c".to_owned(), value: "1]".to_owned() },
                "##vso[task.setvariable variable=a%5Db%3Bc;isOutput=true]1]",
            ),
            (
                Command::SetProgress { percent: 255, text: "pack".to_owned() },
                "##vso[task.setprogress value=100]pack",
            ),
            (Command::Debug("x".to_owned()), "##vso[task.debug]x"),
            (Command::UploadSummary("/t/a.md".to_owned()), "##vso[task.uploadsummary]/t/a.md"),
            (Command::AddBuildTag(BuildTag::Changed), "##vso[build.addbuildtag]mirror-changed"),
            (
                Command::AttachResult("/t/a.json".to_owned()),
                "##vso[task.addattachment type=mirror-git-repository;name=result.json]/t/a.json",
            ),
        ] {
            assert_eq!(command.to_string(), line);
        }
    }

    #[test]
    fn percents_stay_for_an_agent_that_does_not_decode_them() {
        let command = Command::Debug("50%\n".to_owned());
        assert_eq!(command.line(Escaping::WithoutPercent), "##vso[task.debug]50%%0A");
    }

    proptest! {
        #[test]
        fn the_agent_reads_back_what_was_meant(
            name in "([a-z%;\\]\\[\r\n=0-9A-F]|\\PC){1,12}",
            value in "([%;\\]\r\n #vso\\[0-9A-FZP]|\\PC){0,30}",
        ) {
            let read = parsed(&Command::SetVariable { name: name.clone(), value: value.clone() });
            prop_assert_eq!((read.area.as_str(), read.event.as_str()), ("task", "setvariable"));
            prop_assert_eq!(read.property("variable"), Some(name.as_str()));
            prop_assert_eq!(read.property("isoutput"), Some("true"));
            prop_assert_eq!(&read.data, &value);

            let read = parsed(&Command::SetSecret(Secret::new(value.clone())));
            prop_assert_eq!(read.event.as_str(), "setsecret");
            prop_assert_eq!(read.data, value);
        }
    }
}
