//! The one sink for all output.
//!
//! No text is trusted: whatever goes through any method is made one harmless line, and registered secrets in
//! it become `***`. Only the sink itself writes logging commands.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError};

use env_logger::{Builder, Target};

use super::command::{Command, Escaping, IssueKind, TaskResult};
use super::environment::DebugLines;
use super::environment::{Audience, Environment};
use super::masks::Masks;
use super::server_lines::ServerLines;
use crate::secret::{Secret, SecretMasker};
use crate::text;

/// In characters: the agent's live view shows no more of a line.
const LONGEST_REMOTE_LINE: usize = 1024;

/// In characters: a record can quote what a server offers.
const LONGEST_RECORD: usize = 4000;

/// Number of lines that one run shows of the servers' texts: they must not fill the agent's disk.
const MOST_REMOTE_LINES: usize = 5000;

/// The log of a process, written for the agent or for a person. Clones write to the same place, each line whole.
#[derive(Clone)]
pub struct Log {
    sink: Arc<Mutex<Sink>>,
    said: ResultSaid,
    /// Bugs that could not be told when they struck.
    untold: Arc<Mutex<Vec<String>>>,
}

/// The result, once it is written; to be read also while a write does not end.
type ResultSaid = Arc<OnceLock<TaskResult>>;

/// One of the two places that the sink writes to.
pub type Output = Box<dyn Write + Send>;

struct Sink {
    output: Output,
    errors: Output,
    audience: Audience,
    escaping: Escaping,
    debug_lines: DebugLines,
    masks: Masks,
    remotes: BTreeMap<String, ServerLines>,
    remote_lines: usize,
    said: ResultSaid,
}

/// The form in which a text is printed.
#[derive(Clone, Copy)]
enum LineForm<'a> {
    Line,
    Section,
    Group,
    EndGroup,
    Issue(IssueKind),
    Debug,
    Variable(&'a str),
    Progress(u8),
    Summary,
    Complete(TaskResult),
}

impl Log {
    /// Writes to the standard output and, for a person, errors and warnings to the standard error.
    #[expect(clippy::disallowed_methods, reason = "the one place that writes there")]
    pub fn of_process(environment: &Environment) -> Self {
        Self::new(Box::new(io::stdout()), Box::new(io::stderr()), environment)
    }

    /// Writes as the environment asks: to `output` everything that the agent reads, which has no order between two
    /// streams; for a person, errors and warnings to `errors`.
    pub fn new(output: Output, errors: Output, environment: &Environment) -> Self {
        let said = ResultSaid::default();
        let sink = Sink {
            output,
            errors,
            audience: environment.audience(),
            escaping: environment.escaping(),
            debug_lines: environment.debug_lines(),
            masks: Masks::default(),
            remotes: BTreeMap::new(),
            remote_lines: 0,
            said: Arc::clone(&said),
        };
        Self { sink: Arc::new(Mutex::new(sink)), said, untold: Arc::default() }
    }

    /// Prints a line.
    pub fn line(&self, text: &str) {
        self.sink().put(LineForm::Line, text);
    }

    /// Prints a heading.
    pub fn section(&self, title: &str) {
        self.sink().put(LineForm::Section, title);
    }

    /// Opens a group of lines that can be folded.
    pub fn group(&self, title: &str) {
        self.sink().put(LineForm::Group, title);
    }

    /// Closes the group.
    pub fn end_group(&self) {
        self.sink().put(LineForm::EndGroup, "");
    }

    /// Reports a warning. It does not change the result.
    pub fn warning(&self, text: &str) {
        self.sink().put(LineForm::Issue(IssueKind::Warning), text);
    }

    /// Reports an error. It does not change the result.
    pub fn error(&self, text: &str) {
        self.sink().put(LineForm::Issue(IssueKind::Error), text);
    }

    /// Reports a bug from where it struck, which may be in the middle of another line: then it is told with the
    /// result, since whoever waited for the line here would wait for ever.
    pub fn bug(&self, text: &str) {
        match self.sink.try_lock() {
            Ok(mut sink) => sink.put(LineForm::Issue(IssueKind::Error), text),
            Err(TryLockError::Poisoned(sink)) => {
                sink.into_inner().put(LineForm::Issue(IssueKind::Error), text);
            }
            Err(TryLockError::WouldBlock) => self.untold().push(text.to_owned()),
        }
    }

    /// Prints a line that is only for debugging.
    pub fn debug(&self, text: &str) {
        self.sink().put(LineForm::Debug, text);
    }

    /// Sets an output variable of the step.
    pub fn variable(&self, name: &str, value: &str) {
        self.sink().put(LineForm::Variable(name), value);
    }

    /// Says how far the step is, from 0 to 100.
    pub fn progress(&self, percent: u8, text: &str) {
        self.sink().put(LineForm::Progress(percent), text);
    }

    /// Puts a Markdown file on the run's summary page. The file must stay until the job has ended.
    pub fn upload_summary(&self, path: &str) {
        self.sink().put(LineForm::Summary, path);
    }

    /// Says the result of the step to the agent; a person learns it from the exit status and the lines before.
    /// It is the last word: only the first call counts, and whatever else comes later is not printed.
    pub fn complete(&self, result: TaskResult, text: &str) {
        let mut sink = self.sink();
        sink.end_remotes();
        for bug in std::mem::take(&mut *self.untold()) {
            sink.put(LineForm::Issue(IssueKind::Error), &bug);
        }
        if self.said().is_none() && sink.write(LineForm::Complete(result), text).is_ok() {
            self.said.get_or_init(|| result);
        }
    }

    /// Returns the result that was said. It does not wait for a write that does not end.
    pub fn said(&self) -> Option<TaskResult> {
        self.said.get().copied()
    }

    /// Prints the progress text of a server, line by line, as the pieces complete them.
    pub fn remote(&self, side: &str, piece: &[u8]) {
        let mut sink = self.sink();
        let lines = sink.remotes.entry(side.to_owned()).or_default().feed(piece);
        for line in lines {
            sink.put_remote(side, &line);
        }
    }

    /// Prints what the servers have said without ending the line. [`complete`](Self::complete) does it too.
    pub fn end_remotes(&self) {
        self.sink().end_remotes();
    }

    /// Returns the secrets that are known now, for what is written elsewhere.
    pub(crate) fn masks(&self) -> Masks {
        self.sink().masks.clone()
    }

    /// Registers this log as the logger of the process, for the debug records of this crate and of its dependencies,
    /// if debug lines are written.
    ///
    /// Records of the HTTP client are left out: they can hold headers.
    pub fn log_debug_records(&self) {
        if self.sink().debug_lines == DebugLines::Hidden {
            return;
        }
        let started = Builder::new()
            .filter_level(::log::LevelFilter::Debug)
            .filter_module("ureq", ::log::LevelFilter::Off)
            .filter_module("ureq_proto", ::log::LevelFilter::Off)
            .format(|line, record| match record.target().split("::").next() {
                Some(env!("CARGO_CRATE_NAME")) => write!(line, "{}", record.args()),
                _ => write!(line, "{}: {}", record.target(), record.args()),
            })
            .target(Target::Pipe(Box::new(Records(self.clone()))))
            .try_init();
        if started.is_err() {
            self.debug("the records of the 'log' crate go elsewhere already");
        }
    }

    fn untold(&self) -> MutexGuard<'_, Vec<String>> {
        self.untold.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sink(&self) -> MutexGuard<'_, Sink> {
        self.sink.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Masks in all later lines, here and in the agent.
impl SecretMasker for Log {
    fn mask(&self, secret: &Secret) {
        self.sink().mask(secret);
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log").finish_non_exhaustive()
    }
}

impl Sink {
    fn put(&mut self, form: LineForm<'_>, text: &str) {
        if self.said.get().is_none() {
            // Where even the log cannot be written, there is nobody left to tell.
            drop(self.write(form, text));
        }
    }

    fn write(&mut self, form: LineForm<'_>, text: &str) -> io::Result<()> {
        let text = self.masks.clean(text);
        let line = match self.audience {
            Audience::Agent => self.for_agent(form, text),
            Audience::Terminal => self.for_terminal(form, text),
        };
        line.map_or(Ok(()), |line| write_line(self.output_for(form), line))
    }

    fn output_for(&mut self, form: LineForm<'_>) -> &mut Output {
        match (self.audience, form) {
            (Audience::Terminal, LineForm::Issue(_)) => &mut self.errors,
            _ => &mut self.output,
        }
    }

    fn put_remote(&mut self, side: &str, line: &str) {
        self.remote_lines = self.remote_lines.saturating_add(1);
        if self.remote_lines > MOST_REMOTE_LINES {
            if self.remote_lines == MOST_REMOTE_LINES + 1 {
                self.put(
                    LineForm::Line,
                    &format!("further server output is hidden ({MOST_REMOTE_LINES} lines shown)"),
                );
            }
            return;
        }
        // Masked before it is cut, so that as much as can be is shown.
        let line = self.masks.clean(line);
        let line = text::cut(&line, LONGEST_REMOTE_LINE);
        self.put(LineForm::Line, &format!("remote ({side}): {line}"));
    }

    fn for_agent(&self, form: LineForm<'_>, text: String) -> Option<String> {
        let command = match form {
            LineForm::Line => return Some(text),
            LineForm::Section => return Some(format!("##[section]{text}")),
            LineForm::Group => return Some(format!("##[group]{text}")),
            LineForm::EndGroup => return Some("##[endgroup]".to_owned()),
            LineForm::Debug if self.debug_lines == DebugLines::Hidden => return None,
            LineForm::Debug => Command::Debug(text),
            LineForm::Issue(kind) => Command::LogIssue { kind, text },
            LineForm::Variable(name) => Command::SetVariable { name: self.masks.clean(name), value: text },
            LineForm::Progress(percent) => Command::SetProgress { percent, text },
            LineForm::Summary => Command::UploadSummary(text),
            LineForm::Complete(result) => Command::Complete { result, text },
        };
        Some(command.line(self.escaping))
    }

    fn for_terminal(&self, form: LineForm<'_>, text: String) -> Option<String> {
        match form {
            LineForm::Line | LineForm::Group => Some(text),
            LineForm::Section => Some(format!("== {text}")),
            LineForm::Issue(IssueKind::Error) => Some(format!("error: {text}")),
            LineForm::Issue(IssueKind::Warning) => Some(format!("warning: {text}")),
            LineForm::Debug if self.debug_lines == DebugLines::Shown => Some(format!("debug: {text}")),
            LineForm::Debug
            | LineForm::EndGroup
            | LineForm::Variable(_)
            | LineForm::Progress(_)
            | LineForm::Summary
            | LineForm::Complete(_) => None,
        }
    }

    fn mask(&mut self, secret: &Secret) {
        for new in self.masks.add(secret) {
            if self.audience == Audience::Agent {
                drop(write_line(&mut self.output, Command::SetSecret(new).line(self.escaping)));
            }
        }
    }

    fn end_remotes(&mut self) {
        for (side, mut lines) in std::mem::take(&mut self.remotes) {
            if let Some(line) = lines.end() {
                self.put_remote(&side, &line);
            }
        }
    }
}

fn write_line(output: &mut Output, mut line: String) -> io::Result<()> {
    line.push('\n');
    output.write_all(line.as_bytes()).and_then(|()| output.flush())
}

/// A writer that takes one formatted record a call.
struct Records(Log);

impl Write for Records {
    fn write(&mut self, record: &[u8]) -> io::Result<usize> {
        self.0.debug(&text::cut(&text::of_bytes(record), LONGEST_RECORD));
        Ok(record.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
