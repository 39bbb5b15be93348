//! The one sink for all output.
//!
//! No text is trusted: whatever goes through any method is made one harmless line, and registered secrets in
//! it become `***`. Only the sink itself writes logging commands.

mod kept_lines;
mod line_form;
mod live_line;
mod sink;

use std::fmt;
use std::io::{self, IsTerminal as _, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use env_logger::{Builder, Target};

use self::line_form::LineForm;
use self::live_line::LiveLine;
pub use self::sink::{Details, Output};
use self::sink::{Place, ResultSaid, Sink};
use super::command::{BuildTag, IssueKind, TaskResult};
use super::environment::{Audience, DebugLines, Environment};
use super::masks::Masks;
use super::output::{LinesTo, OutputForm, Verbosity};
use crate::secret::{Secret, SecretMasker};
use crate::text;

/// In characters: a record can quote what a server offers.
const LONGEST_RECORD: usize = 4000;

/// The log of a process, written for the agent or for a person. Clones write to the same place, each line whole.
#[derive(Clone)]
pub struct Log {
    sink: Arc<Mutex<Sink>>,
    place: Place,
    said: ResultSaid,
    /// Bugs that could not be told when they struck.
    untold: Arc<Mutex<Vec<String>>>,
}

impl Log {
    /// Writes to the standard output and, for a person, errors and warnings to the standard error; where that is a
    /// terminal, with a line about what goes on.
    #[expect(clippy::disallowed_methods, reason = "the one place that writes there")]
    pub fn of_process(environment: &Environment, form: OutputForm) -> Self {
        let log = Self::in_form(Box::new(io::stdout()), Box::new(io::stderr()), environment, form);
        let can_show = io::stderr().is_terminal() && !environment.holds("TERM", "dumb");
        if can_show && environment.audience() == Audience::Terminal && form.verbosity != Verbosity::Quiet {
            log.sink().live_line = Some(LiveLine::default());
        }
        log
    }

    /// Writes as the environment asks: to `output` everything that the agent reads, which has no order between two
    /// streams; for a person, errors and warnings to `errors`.
    pub fn new(output: Output, errors: Output, environment: &Environment) -> Self {
        Self::in_form(output, errors, environment, OutputForm::default())
    }

    /// Writes so in this form.
    pub(crate) fn in_form(
        output: Output,
        errors: Output,
        environment: &Environment,
        form: OutputForm,
    ) -> Self {
        let said = ResultSaid::default();
        let sink = Sink::new(output, errors, environment, form, Arc::clone(&said));
        Self { sink: Arc::new(Mutex::new(sink)), place: Place::Direct, said, untold: Arc::default() }
    }

    /// Prints a line.
    pub fn line(&self, text: &str) {
        self.put(LineForm::Line, text);
    }

    /// Prints a line about something that is wrong and may yet come right by itself. It is no issue: only its colour differs.
    pub fn attention(&self, text: &str) {
        self.put(LineForm::Attention, text);
    }

    /// Prints a heading.
    pub fn section(&self, title: &str) {
        self.put(LineForm::Section, title);
    }

    /// Opens a group of lines that can be folded.
    pub fn group(&self, title: &str) {
        self.put(LineForm::Group, title);
    }

    /// Closes the group.
    pub fn end_group(&self) {
        self.put(LineForm::EndGroup, "");
    }

    /// Reports a warning. It does not change the result.
    pub fn warning(&self, text: &str) {
        self.put(LineForm::Issue(IssueKind::Warning), text);
    }

    /// Reports an error. It does not change the result.
    pub fn error(&self, text: &str) {
        self.put(LineForm::Issue(IssueKind::Error), text);
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
        self.put(LineForm::Debug, text);
    }

    /// Sets an output variable of the step.
    pub fn variable(&self, name: &str, value: &str) {
        self.put(LineForm::Variable(name), value);
    }

    /// Says how far the step is, from 0 to 100.
    pub fn progress(&self, percent: u8, text: &str) {
        self.put(LineForm::Progress(percent), text);
    }

    /// Shows what goes on to who watches a terminal, until the next line. Elsewhere, and where the last such text is
    /// too young, the text is not made.
    pub fn live(&self, text: impl FnOnce() -> String) {
        if self.place == Place::Direct {
            self.sink().show_live(text);
        }
    }

    /// Tells whether a text would be shown now.
    pub(crate) fn is_live_due(&self) -> bool {
        self.place == Place::Direct && self.sink().is_live_due()
    }

    /// Prints a text of this program itself as it is, which holds nothing from outside that was not cleaned.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub(crate) fn print(&self, to: LinesTo, text: &str) -> io::Result<()> {
        self.sink().print(to, text)
    }

    /// Puts a Markdown file on the run's summary page. The file must stay until the job has ended.
    pub fn upload_summary(&self, path: &str) {
        self.put(LineForm::Summary, path);
    }

    /// Attaches the JSON file of the result to the step. The file must stay until the job has ended.
    pub fn attach_result(&self, path: &str) {
        self.put(LineForm::Result, path);
    }

    /// Adds a tag to the build.
    pub fn build_tag(&self, tag: BuildTag) {
        self.put(LineForm::Tag(tag), "");
    }

    /// Says the result of the step to the agent; a person learns it from the exit status and the lines before.
    /// It is the last word: only the first call counts, and whatever else comes later is not printed.
    pub fn complete(&self, result: TaskResult, text: &str) {
        let mut sink = self.sink();
        sink.erase_live_line();
        sink.release_all();
        sink.end_remotes_at(Place::Direct);
        sink.close_server_group();
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
        self.sink().feed_remote(self.place, side, piece);
    }

    /// Prints what the servers have said without ending the line. [`complete`](Self::complete) does it too.
    pub fn end_remotes(&self) {
        self.sink().end_remotes_at(self.place);
    }

    /// Returns a log of one part of the work, whose lines are kept back until it is [released](Self::release): at most 1,000,
    /// of 256 KiB together; the others are counted. A server's lines are put together within the part. Secrets are masked
    /// and told to the agent at once, and what is for the agent alone is not kept back either, but the bar is left to the
    /// others. Where it is not released by itself, its lines have this title.
    #[must_use]
    pub fn kept_back(&self, title: &str) -> Self {
        Self { place: self.sink().begin_part(title), ..self.clone() }
    }

    /// Writes the lines that were kept back, as a group of this title, with no other line in between. Without any, or
    /// without need of them, the title is a line.
    pub fn release(&self, title: &str, details: Details) {
        self.sink().release(self.place, title, details);
    }

    /// Writes what is still kept back, each part as a group. [`complete`](Self::complete) does it too.
    pub fn release_all(&self) {
        self.sink().release_all();
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

    fn put(&self, form: LineForm<'_>, text: &str) {
        self.sink().put_at(self.place, form, text);
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
mod kept_tests;
#[cfg(test)]
mod tests;
