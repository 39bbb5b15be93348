//! The line below the log of a terminal, which tells what goes on and is written again and again.

use std::io::Write;
use std::time::Duration;

use crate::clock::Stopwatch;

/// Interval between two texts, at least: more often nobody can read them.
const INTERVAL: Duration = Duration::from_millis(200);

/// Characters that it has at most, as the narrowest terminal in use shows them in one line.
const WIDTH: usize = 79;

/// The line. What comes after it first erases it.
#[derive(Default)]
pub(super) struct LiveLine {
    /// The characters that the terminal shows now.
    shown: usize,
    /// Runs since the last text.
    since: Option<Stopwatch>,
}

impl LiveLine {
    /// Tells whether it is time for another text.
    pub(super) fn is_due(&self) -> bool {
        self.since.is_none_or(|since| since.elapsed() >= INTERVAL)
    }

    /// Shows a text in place of the last one. Where it cannot be written, nothing is lost.
    pub(super) fn show(&mut self, terminal: &mut dyn Write, text: &str) {
        let text: String = text.chars().take(WIDTH).collect();
        let length = text.chars().count();
        // Blanks and no escape sequence: not every terminal of Windows obeys one.
        let rest = " ".repeat(self.shown.saturating_sub(length));
        let written = terminal.write_all(format!("\r{text}{rest}").as_bytes());
        drop(written.and_then(|()| terminal.flush()));
        (self.shown, self.since) = (length, Some(Stopwatch::start()));
    }

    /// Erases what is shown, if something is.
    pub(super) fn erase(&mut self, terminal: &mut dyn Write) {
        if self.shown > 0 {
            // A terminal shows `^C` behind it.
            let blanks = " ".repeat(WIDTH.min(self.shown + 2));
            let written = terminal.write_all(format!("\r{blanks}\r").as_bytes());
            drop(written.and_then(|()| terminal.flush()));
            // What is next is shown at once.
            *self = Self::default();
        }
    }
}
