//! The forms of what is printed.

use super::kept_lines::KeptForm;
use crate::agent::command::{BuildTag, IssueKind, TaskResult};
use crate::agent::environment::DebugLines;

/// The form in which a text is printed.
#[derive(Clone, Copy)]
pub(super) enum LineForm<'a> {
    Line,
    /// A line in the group of what servers say.
    ServerLine,
    /// A line that the agent's page colours as a warning, without an issue.
    Attention,
    Section,
    Group,
    EndGroup,
    Issue(IssueKind),
    Debug,
    Variable(&'a str),
    Progress(u8),
    Summary,
    Result,
    Tag(BuildTag),
    Complete(TaskResult),
}

impl From<KeptForm> for LineForm<'_> {
    fn from(kept: KeptForm) -> Self {
        match kept {
            KeptForm::Line => Self::Line,
            KeptForm::Attention => Self::Attention,
            KeptForm::Section => Self::Section,
            KeptForm::Debug => Self::Debug,
            KeptForm::Issue(kind) => Self::Issue(kind),
        }
    }
}

impl LineForm<'_> {
    /// Tells whether the group of what servers say ends before such a line: it is shown, and not one of theirs.
    pub(super) fn ends_server_group(self, debug_lines: DebugLines) -> bool {
        match self {
            Self::ServerLine | Self::Variable(_) | Self::Progress(_) => false,
            Self::Debug => debug_lines == DebugLines::Shown,
            _ => true,
        }
    }
}
