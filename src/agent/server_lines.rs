//! A server's progress text, which comes in pieces of any size, as whole lines.

use std::time::Duration;

use crate::clock::Stopwatch;
use crate::text::Line;

/// A bound on memory, in bytes, far above what is shown of a line.
const LONGEST_LINE: usize = 16 * 1024;

/// Interval between two showings of a line that the server overwrites again and again.
const EVERY: Duration = Duration::from_secs(5);

/// A joiner of pieces, which keeps at most one line.
///
/// A server ends a line with CR to overwrite it by the next, as a percentage does: of those, one is shown
/// every few seconds.
#[derive(Debug)]
pub(crate) struct ServerLines {
    line: Line<LONGEST_LINE>,
    /// True if the last byte was a CR; only the next one tells whether it ended the line for good.
    returned: bool,
    watch: Stopwatch,
    next: Duration,
}

impl Default for ServerLines {
    fn default() -> Self {
        Self { line: Line::default(), returned: false, watch: Stopwatch::start(), next: EVERY }
    }
}

impl ServerLines {
    /// Takes the next piece and returns the lines it completes that are to be shown. Empty ones are dropped.
    pub(crate) fn feed(&mut self, piece: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        for &byte in piece {
            match (byte, std::mem::replace(&mut self.returned, byte == b'\r')) {
                (b'\n', _) => lines.extend(self.end()),
                (_, true) => lines.extend(self.end().filter(|_| self.is_due())),
                _ => {}
            }
            if !matches!(byte, b'\r' | b'\n') {
                self.line.push(byte);
            }
        }
        lines
    }

    fn is_due(&mut self) -> bool {
        let elapsed = self.watch.elapsed();
        let due = elapsed >= self.next;
        if due {
            self.next = elapsed + EVERY;
        }
        due
    }

    /// Returns what stands there without an end.
    pub(crate) fn end(&mut self) -> Option<String> {
        let line = self.line.take();
        (!line.is_empty()).then_some(line)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::CUT;

    #[test]
    fn a_line_comes_when_it_is_whole() {
        let mut lines = ServerLines::default();
        assert_eq!(lines.feed(b"Counting: 1"), [""; 0]);
        assert_eq!(lines.feed(b"0\r\nCounting: 100%\n\nrest"), ["Counting: 10", "Counting: 100%"]);
        assert_eq!(lines.end().as_deref(), Some("rest"));
        assert_eq!(lines.end(), None);
    }

    #[test]
    fn a_line_that_is_overwritten_at_once_is_not_shown() {
        let mut lines = ServerLines::default();
        assert_eq!(
            lines.feed(b"Counting: 1%\rCounting: 99%\rCounting: 100%, done.\n"),
            ["Counting: 100%, done."]
        );
    }

    #[test]
    fn an_overwritten_line_is_shown_when_one_is_due() {
        let mut lines = ServerLines { next: Duration::ZERO, ..ServerLines::default() };
        assert_eq!(lines.feed(b"Counting: 1%\rCounting: 2%\r\rx"), ["Counting: 1%"]);
    }

    #[test]
    fn an_overlong_line_is_cut_and_the_next_is_whole() {
        let mut lines = ServerLines::default();
        let long = vec![b'x'; LONGEST_LINE + 1];
        assert_eq!(lines.feed(&long), [""; 0]);
        assert_eq!(lines.feed(b"y\nz\n"), [format!("{}{CUT}", "x".repeat(LONGEST_LINE)), "z".to_owned()]);
    }

    #[test]
    fn what_is_not_utf_8_is_shown_as_such() {
        assert_eq!(ServerLines::default().feed(b"caf\xe9!\n"), ["caf\u{fffd}!"]);
    }

    proptest! {
        #[test]
        fn the_size_of_the_pieces_does_not_matter(text in "[ab\r\n é]{0,40}", size in 1_usize..8) {
            let mut whole = ServerLines::default();
            let mut expected = whole.feed(text.as_bytes());
            expected.extend(whole.end());
            let mut pieces = ServerLines::default();
            let mut lines: Vec<_> = text.as_bytes().chunks(size).flat_map(|piece| pieces.feed(piece)).collect();
            lines.extend(pieces.end());
            prop_assert_eq!(lines, expected);
        }
    }
}
