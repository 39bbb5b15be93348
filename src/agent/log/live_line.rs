//! The line below the log of a terminal, which tells what goes on and is written again and again.

use std::io::Write;
use std::time::Duration;

use crate::clock::Stopwatch;

/// Interval between two texts, at least: more often nobody can read them.
const INTERVAL: Duration = Duration::from_millis(200);

/// Columns that it has at most, as the narrowest terminal in use has them: a text that wraps could not be erased.
const WIDTH: usize = 79;

/// The line. What comes after it first erases it.
#[derive(Default)]
pub(super) struct LiveLine {
    /// The columns that the terminal shows something in now.
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
        let mut length = 0;
        let fits = |char: &char| {
            length += columns(*char);
            length <= WIDTH
        };
        let text: String = text.chars().take_while(fits).collect();
        let length: usize = text.chars().map(columns).sum();
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

/// Returns the columns of a character, at most: from Hangul Jamo on, many scripts have letters of two.
fn columns(char: char) -> usize {
    if char < '\u{1100}' { 1 } else { 2 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_two_columns_make_no_line_that_wraps() {
        let (mut line, mut terminal) = (LiveLine::default(), Vec::new());
        line.show(&mut terminal, &"日本語".repeat(40));
        assert_eq!(String::from_utf8(terminal.clone()).unwrap().chars().count(), 1 + WIDTH / 2);
        terminal.clear();
        line.show(&mut terminal, "short");
        assert_eq!(String::from_utf8(terminal).unwrap(), format!("\rshort{}", " ".repeat(73)));
    }
}
