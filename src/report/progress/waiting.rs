//! The wait of a run for its servers, in the log and on a terminal.

use std::time::Duration;

use super::Watched;
use crate::mirror::events::Event;
use crate::report::copies;
use crate::report::step_progress::Moved;

impl Watched {
    /// Shows what goes on to who watches a terminal. Of one of many mirrors the step does that.
    pub(super) fn show(&self, event: &Event<'_>, now: Duration) {
        let state = self.state();
        let text = match event {
            _ if !self.log.is_live_due() => None,
            Event::Relayed { .. } => Some(format!("{}{}", state.relay.so_far(), state.lately.and_rate())),
            // It comes between two pieces; only if it takes long, it is told.
            Event::PackAwaited if state.relay.has_bytes() => None,
            Event::CopyingObjects(copy) => Some(copies::so_far(*copy, Moved::default())),
            _ => state.wait.in_words(now, state.target()),
        };
        if let Some(text) = text {
            self.log.live(|| text);
        }
    }

    /// Says what is waited for, if the log had no line for long enough.
    pub(super) fn tell_wait(&self, now: Duration) {
        let mut state = self.state();
        let target = state.target();
        if let Some(line) = state.wait.due_line(now, target) {
            self.log.line(&line);
        }
        if let Some(text) = state.wait.in_words(now, target).filter(|_| state.wait.is_long(now)) {
            self.log.live(|| text);
        }
    }
}
