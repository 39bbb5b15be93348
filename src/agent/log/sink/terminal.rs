//! The output of a person: plain lines, and one about what goes on.

use std::io;

use super::{LineForm, Sink};
use crate::agent::command::IssueKind;
use crate::agent::environment::DebugLines;
use crate::agent::log::live_line::LiveLine;
use crate::agent::output::{LinesTo, Verbosity};

impl Sink {
    pub(super) fn for_terminal(&self, form: LineForm<'_>, text: String) -> Option<String> {
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

    /// Writes a text of this program itself, as it is; none once the result is said.
    pub(in crate::agent::log) fn print(&mut self, to: LinesTo, text: &str) -> io::Result<()> {
        if self.said.get().is_some() {
            return Ok(());
        }
        self.erase_live_line();
        let output = match to {
            LinesTo::StandardOutput => &mut self.output,
            LinesTo::StandardError => &mut self.errors,
        };
        output.write_all(text.as_bytes()).and_then(|()| output.flush())
    }

    pub(in crate::agent::log) fn is_live_due(&self) -> bool {
        self.said.get().is_none() && self.live_line.as_ref().is_some_and(LiveLine::is_due)
    }

    /// Shows a text below the last line until the next one comes, where a terminal can; none once the result is said, as
    /// no line would come and erase it.
    pub(in crate::agent::log) fn show_live(&mut self, text: impl FnOnce() -> String) {
        if !self.is_live_due() {
            return;
        }
        if let Some(line) = &mut self.live_line {
            line.show(&mut *self.errors, &self.masks.clean(&text()));
        }
    }

    pub(in crate::agent::log) fn erase_live_line(&mut self) {
        if let Some(line) = &mut self.live_line {
            line.erase(&mut *self.errors);
        }
    }
}
