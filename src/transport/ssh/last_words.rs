//! The last of what came on stderr: of whole lines, and of each its start, as no mark tells of what went before.

use std::collections::VecDeque;

use crate::text::Line;

/// Bytes that are kept.
const MOST: usize = 4096;

/// Bytes that are kept of one line.
const LINE: usize = MOST / 4;

/// The end of what was said.
#[derive(Debug, Default)]
pub(super) struct LastWords {
    line: Line<LINE>,
    lines: VecDeque<String>,
    bytes: usize,
}

impl LastWords {
    /// Takes the next piece, cut anywhere.
    pub(super) fn take(&mut self, piece: &[u8]) {
        for byte in piece {
            match byte {
                b'\n' => self.end_line(),
                _ => self.line.push(*byte),
            }
        }
    }

    /// Returns the lines, the one that did not end among them.
    pub(super) fn end(&mut self) -> String {
        self.end_line();
        self.bytes = 0;
        self.lines.drain(..).collect()
    }

    fn end_line(&mut self) {
        let line = self.line.take() + "\n";
        self.bytes += line.len();
        self.lines.push_back(line);
        while self.bytes > MOST
            && let Some(first) = self.lines.pop_front()
        {
            self.bytes -= first.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::CUT;

    #[test]
    fn the_last_words_are_kept_in_whole_lines() {
        let mut words = LastWords::default();
        for number in 0..1000 {
            words.take(format!("line {number}\n").as_bytes());
        }
        words.take(b"the end");
        let words = words.end();
        assert!(words.len() <= MOST && words.len() > MOST - 20, "{}", words.len());
        assert!(words.starts_with("line ") && words.ends_with("line 999\nthe end\n"));
    }

    #[test]
    fn a_line_without_end_is_cut_at_its_end() {
        let mut words = LastWords::default();
        words.take(&[b'x'; 3 * MOST]);
        assert_eq!(words.end(), format!("{}{CUT}\n", "x".repeat(LINE)));
    }
}
