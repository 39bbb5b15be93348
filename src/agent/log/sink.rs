//! The place where all output is written: for the agent or for a person, masked, line by line.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::mem;
use std::sync::{Arc, OnceLock};

use super::kept_lines::{KeptForm, KeptLines};
use super::line_form::LineForm;
use super::live_line::LiveLine;
use crate::agent::command::{Command, Escaping, IssueKind, TaskResult};
use crate::agent::environment::{Audience, DebugLines, Environment};
use crate::agent::masks::Masks;
use crate::agent::output::{LinesTo, OutputForm, Verbosity};
use crate::agent::server_lines::ServerLines;
use crate::secret::Secret;
use crate::text;

/// In characters: the agent's live view shows no more of a line.
const LONGEST_REMOTE_LINE: usize = 1024;

/// Number of lines that one run shows of the servers' texts: they must not fill the agent's disk.
pub(super) const MOST_REMOTE_LINES: usize = 5000;

/// The result, once it is written; to be read also while a write does not end.
pub(super) type ResultSaid = Arc<OnceLock<TaskResult>>;

/// One of the two places that the sink writes to.
pub type Output = Box<dyn Write + Send>;

/// The need of the lines of a part that ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Details {
    /// They are written.
    Needed,
    /// The title tells all, if there is no error or warning among them and nobody debugs.
    Dispensable,
}

/// The place of a line in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// It is written at once.
    Direct,
    /// It is kept back with those of this part.
    Part(usize),
}

/// The group of the lines of servers, which are details. It ends where another line comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ServerGroup {
    None,
    Open,
}

/// The lines that the servers of one part of the work are saying, or of all that has no part.
type Remotes = BTreeMap<String, ServerLines>;

pub(super) struct Sink {
    output: Output,
    errors: Output,
    audience: Audience,
    form: OutputForm,
    escaping: Escaping,
    pub(super) debug_lines: DebugLines,
    /// The line that a terminal shows below the last one; none elsewhere.
    pub(super) live_line: Option<LiveLine>,
    pub(super) masks: Masks,
    remotes: Remotes,
    remote_lines: usize,
    server_group: ServerGroup,
    /// Those that were released stay, and are empty: a thread that was left alone may have one more line.
    parts: Vec<Part>,
    said: ResultSaid,
}

/// A part of the work whose lines are kept back.
struct Part {
    /// The title where it is not released by itself.
    title: String,
    remotes: Remotes,
    kept: KeptLines,
}

impl Sink {
    pub(super) fn new(
        output: Output,
        errors: Output,
        environment: &Environment,
        form: OutputForm,
        said: ResultSaid,
    ) -> Self {
        Self {
            output,
            errors,
            audience: environment.audience(),
            form,
            escaping: environment.escaping(),
            debug_lines: match form.verbosity {
                Verbosity::Quiet => DebugLines::Hidden,
                Verbosity::Usual => environment.debug_lines(),
                Verbosity::Verbose => DebugLines::Shown,
            },
            live_line: None,
            masks: Masks::default(),
            remotes: Remotes::new(),
            remote_lines: 0,
            server_group: ServerGroup::None,
            parts: Vec::new(),
            said,
        }
    }

    /// Begins a part, which has this title if it is not released by itself.
    pub(super) fn begin_part(&mut self, title: &str) -> Place {
        self.parts.push(Part {
            title: title.to_owned(),
            remotes: Remotes::new(),
            kept: KeptLines::default(),
        });
        Place::Part(self.parts.len() - 1)
    }

    /// Writes a text, or keeps it back. What is for the agent alone is never kept; the bar is moved by the whole, and not
    /// by a part of it.
    pub(super) fn put_at(&mut self, place: Place, form: LineForm<'_>, text: &str) {
        let kept = match form {
            LineForm::Line | LineForm::ServerLine | LineForm::Group => KeptForm::Line,
            LineForm::Attention => KeptForm::Attention,
            LineForm::Section => KeptForm::Section,
            LineForm::Issue(kind) => KeptForm::Issue(kind),
            LineForm::Debug if self.debug_lines == DebugLines::Shown => KeptForm::Debug,
            LineForm::Debug | LineForm::EndGroup | LineForm::Progress(_) if place != Place::Direct => return,
            _ => return self.put(form, text),
        };
        match self.kept(place) {
            Some(lines) => lines.add(kept, text),
            None => self.put(form, text),
        }
    }

    /// Writes the lines of a part as a group; nothing comes in between. Without lines, or without need of them, the title
    /// is a line.
    pub(super) fn release(&mut self, place: Place, title: &str, details: Details) {
        self.end_remotes_at(place);
        let needs_all = details == Details::Needed || self.debug_lines == DebugLines::Shown;
        let Some(kept) = self.kept(place) else { return self.put(LineForm::Line, title) };
        let is_group = !kept.is_empty() && (needs_all || kept.has_issue());
        let (lines, left_out) = kept.take();
        if !is_group {
            return self.put(LineForm::Line, title);
        }
        self.put(LineForm::Group, title);
        for (form, text) in lines {
            self.put(form.into(), &text);
        }
        if left_out > 0 {
            let lines = if left_out == 1 { "line" } else { "lines" };
            self.put(LineForm::Line, &format!("  and {left_out} more {lines}, which are not kept"));
        }
        self.put(LineForm::EndGroup, "");
    }

    /// Releases each part that holds something.
    pub(super) fn release_all(&mut self) {
        for at in 0..self.parts.len() {
            let part = Place::Part(at);
            self.end_remotes_at(part);
            if let Some(Part { title, kept, .. }) = self.parts.get(at)
                && !kept.is_empty()
            {
                let title = title.clone();
                self.release(part, &title, Details::Needed);
            }
        }
    }

    /// Takes the next piece of a server's text.
    pub(super) fn feed_remote(&mut self, place: Place, side: &str, piece: &[u8]) {
        let lines = self.remotes(place).entry(side.to_owned()).or_default().feed(piece);
        for line in lines {
            self.put_remote(place, side, &line);
        }
    }

    /// Ends the lines of the servers at this place.
    pub(super) fn end_remotes_at(&mut self, place: Place) {
        for (side, mut lines) in mem::take(self.remotes(place)) {
            if let Some(line) = lines.end() {
                self.put_remote(place, &side, &line);
            }
        }
    }

    fn remotes(&mut self, place: Place) -> &mut Remotes {
        match place {
            Place::Direct => &mut self.remotes,
            Place::Part(at) => self.parts.get_mut(at).map_or(&mut self.remotes, |part| &mut part.remotes),
        }
    }

    fn kept(&mut self, place: Place) -> Option<&mut KeptLines> {
        match place {
            Place::Direct => None,
            Place::Part(at) => self.parts.get_mut(at).map(|part| &mut part.kept),
        }
    }

    pub(super) fn put(&mut self, form: LineForm<'_>, text: &str) {
        if self.said.get().is_none() {
            if form.ends_server_group(self.debug_lines) {
                self.close_server_group();
            }
            // Where even the log cannot be written, there is nobody left to tell.
            drop(self.write(form, text));
        }
    }

    pub(super) fn write(&mut self, form: LineForm<'_>, text: &str) -> io::Result<()> {
        let text = self.masks.clean(text);
        let line = match self.audience {
            Audience::Agent => self.for_agent(form, text),
            Audience::Terminal => self.for_terminal(form, text),
        };
        line.map_or(Ok(()), |line| self.write_below(form, line))
    }

    fn write_below(&mut self, form: LineForm<'_>, line: String) -> io::Result<()> {
        self.erase_live_line();
        write_line(self.output_for(form), line)
    }

    fn output_for(&mut self, form: LineForm<'_>) -> &mut Output {
        match (self.audience, form, self.form.lines_to) {
            (Audience::Terminal, LineForm::Issue(_), _) | (Audience::Terminal, _, LinesTo::StandardError) => {
                &mut self.errors
            }
            _ => &mut self.output,
        }
    }

    /// Writes a text of this program itself, as it is.
    pub(super) fn print(&mut self, to: LinesTo, text: &str) -> io::Result<()> {
        self.erase_live_line();
        let output = match to {
            LinesTo::StandardOutput => &mut self.output,
            LinesTo::StandardError => &mut self.errors,
        };
        output.write_all(text.as_bytes()).and_then(|()| output.flush())
    }

    pub(super) fn is_live_due(&self) -> bool {
        self.live_line.as_ref().is_some_and(LiveLine::is_due)
    }

    /// Shows a text below the last line until the next one comes, where a terminal can.
    pub(super) fn show_live(&mut self, text: impl FnOnce() -> String) {
        if let Some(line) = self.live_line.as_mut().filter(|line| line.is_due()) {
            line.show(&mut *self.errors, &self.masks.clean(&text()));
        }
    }

    pub(super) fn erase_live_line(&mut self) {
        if let Some(line) = &mut self.live_line {
            line.erase(&mut *self.errors);
        }
    }

    fn put_remote(&mut self, place: Place, side: &str, line: &str) {
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
        if place == Place::Direct {
            self.begin_server_group();
        }
        // Masked before it is cut, so that as much as can be is shown.
        let line = self.masks.clean(line);
        let line = text::cut(&line, LONGEST_REMOTE_LINE);
        self.put_at(place, LineForm::ServerLine, &format!("remote ({side}): {line}"));
    }

    /// Begins a group of what servers say. A person reads no groups.
    fn begin_server_group(&mut self) {
        let is_wanted = self.audience == Audience::Agent && self.said.get().is_none();
        if is_wanted && self.server_group == ServerGroup::None {
            self.put(LineForm::Group, "messages of servers");
            self.server_group = ServerGroup::Open;
        }
    }

    pub(super) fn close_server_group(&mut self) {
        if mem::replace(&mut self.server_group, ServerGroup::None) == ServerGroup::Open {
            drop(self.write(LineForm::EndGroup, ""));
        }
    }

    fn for_agent(&self, form: LineForm<'_>, text: String) -> Option<String> {
        let command = match form {
            LineForm::Line | LineForm::ServerLine => return Some(text),
            LineForm::Attention => return Some(format!("##[warning]{text}")),
            LineForm::Section => return Some(format!("##[section]{text}")),
            LineForm::Group => return Some(format!("##[group]{text}")),
            LineForm::EndGroup => return Some("##[endgroup]".to_owned()),
            LineForm::Debug if self.debug_lines == DebugLines::Hidden => return None,
            LineForm::Debug => Command::Debug(text),
            LineForm::Issue(kind) => Command::LogIssue { kind, text },
            LineForm::Variable(name) => Command::SetVariable { name: self.masks.clean(name), value: text },
            LineForm::Progress(percent) => Command::SetProgress { percent, text },
            LineForm::Summary => Command::UploadSummary(text),
            LineForm::Result => Command::AttachResult(text),
            LineForm::Tag(tag) => Command::AddBuildTag(tag),
            LineForm::Complete(result) => Command::Complete { result, text },
        };
        Some(command.line(self.escaping))
    }

    fn for_terminal(&self, form: LineForm<'_>, text: String) -> Option<String> {
        match form {
            LineForm::Line
            | LineForm::ServerLine
            | LineForm::Attention
            | LineForm::Group
            | LineForm::Section
                if self.form.verbosity == Verbosity::Quiet =>
            {
                None
            }
            LineForm::Line | LineForm::ServerLine | LineForm::Attention | LineForm::Group => Some(text),
            LineForm::Section => Some(format!("== {text}")),
            LineForm::Issue(IssueKind::Error) => Some(format!("error: {text}")),
            LineForm::Issue(IssueKind::Warning) => Some(format!("warning: {text}")),
            LineForm::Debug if self.debug_lines == DebugLines::Shown => Some(format!("debug: {text}")),
            LineForm::Debug
            | LineForm::EndGroup
            | LineForm::Variable(_)
            | LineForm::Progress(_)
            | LineForm::Summary
            | LineForm::Result
            | LineForm::Tag(_)
            | LineForm::Complete(_) => None,
        }
    }

    pub(super) fn mask(&mut self, secret: &Secret) {
        for new in self.masks.add(secret) {
            if self.audience == Audience::Agent {
                drop(write_line(&mut self.output, Command::SetSecret(new).line(self.escaping)));
            }
        }
    }
}

fn write_line(output: &mut Output, mut line: String) -> io::Result<()> {
    line.push('\n');
    output.write_all(line.as_bytes()).and_then(|()| output.flush())
}
