//! The lines of one part of the work, kept back until it ends.

use std::mem;

use crate::agent::command::IssueKind;

/// Number of lines that are kept of a part.
pub(super) const MOST_LINES: usize = 1000;

/// Number of bytes that those may have together.
pub(super) const MOST_BYTES: usize = 256 << 10;

/// The lines of one part, each as it was given: it is cleaned when it is written, by the secrets that are known then.
#[derive(Debug, Default)]
pub(super) struct KeptLines {
    lines: Vec<(KeptForm, String)>,
    bytes: usize,
    /// The number of lines for which there was no room.
    left_out: usize,
}

/// The form of a kept line. A group is a line there: no reader of logs folds a group within a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeptForm {
    Line,
    Attention,
    Section,
    Debug,
    Issue(IssueKind),
}

impl KeptLines {
    /// Keeps a line, if there is room. An issue takes the room of the last lines that are none.
    pub(super) fn add(&mut self, form: KeptForm, text: &str) {
        if matches!(form, KeptForm::Issue(_)) && text.len() <= MOST_BYTES {
            while !self.has_room(text) && self.leave_out_last() {}
        }
        if self.has_room(text) {
            self.bytes += text.len();
            self.lines.push((form, text.to_owned()));
        } else {
            self.left_out += 1;
        }
    }

    /// Returns all lines, and the number of those that were left out; it holds nothing after that.
    pub(super) fn take(&mut self) -> (Vec<(KeptForm, String)>, usize) {
        let Self { lines, left_out, .. } = mem::take(self);
        (lines, left_out)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.left_out == 0
    }

    pub(super) fn has_issue(&self) -> bool {
        self.lines.iter().any(|(form, _)| matches!(form, KeptForm::Issue(_)))
    }

    fn has_room(&self, text: &str) -> bool {
        self.lines.len() < MOST_LINES && text.len() <= MOST_BYTES - self.bytes
    }

    fn leave_out_last(&mut self) -> bool {
        let last = self.lines.iter().rposition(|(form, _)| !matches!(form, KeptForm::Issue(_)));
        let Some(at) = last else { return false };
        let (_, text) = self.lines.remove(at);
        self.bytes -= text.len();
        self.left_out += 1;
        true
    }
}
