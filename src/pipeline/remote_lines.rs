//! A server's progress text, which comes in pieces of any size, as whole lines.

/// A bound on memory, far above what is shown of a line: a cut could leave half a secret at its end.
const LONGEST_LINE: usize = 16 * 1024;

/// Puts pieces together; keeps at most one line.
#[derive(Debug, Default)]
pub(crate) struct RemoteLines {
    line: Vec<u8>,
}

impl RemoteLines {
    /// Takes the next piece and returns the lines it completes. CR and LF end a line; empty ones are dropped.
    pub(crate) fn feed(&mut self, piece: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        for &byte in piece {
            match byte {
                b'\r' | b'\n' => lines.extend(self.end()),
                _ if self.line.len() < LONGEST_LINE => self.line.push(byte),
                _ => {}
            }
        }
        lines
    }

    /// Returns what stands there without an end.
    pub(crate) fn end(&mut self) -> Option<String> {
        let mut line = String::from_utf8_lossy(&std::mem::take(&mut self.line)).into_owned();
        line.truncate(line.trim_end().len());
        (!line.is_empty()).then_some(line)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_comes_when_it_is_whole() {
        let mut lines = RemoteLines::default();
        assert_eq!(lines.feed(b"Counting: 1"), [""; 0]);
        assert_eq!(lines.feed(b"0%\rCounting: 100%\r\n\nrest"), ["Counting: 10%", "Counting: 100%"]);
        assert_eq!(lines.end().as_deref(), Some("rest"));
        assert_eq!(lines.end(), None);
    }

    #[test]
    fn an_overlong_line_is_cut_and_the_next_is_whole() {
        let mut lines = RemoteLines::default();
        let long = vec![b'x'; LONGEST_LINE + 1];
        assert_eq!(lines.feed(&long), [""; 0]);
        assert_eq!(lines.feed(b"y\nz\n"), ["x".repeat(LONGEST_LINE), "z".to_owned()]);
    }

    #[test]
    fn what_is_not_utf_8_is_shown_as_such() {
        assert_eq!(RemoteLines::default().feed(b"caf\xe9!\n"), ["caf\u{fffd}!"]);
    }

    proptest! {
        #[test]
        fn the_size_of_the_pieces_does_not_matter(text in "[ab\r\n é]{0,40}", size in 1_usize..8) {
            let mut whole = RemoteLines::default();
            let mut expected = whole.feed(text.as_bytes());
            expected.extend(whole.end());
            let mut pieces = RemoteLines::default();
            let mut lines: Vec<_> = text.as_bytes().chunks(size).flat_map(|piece| pieces.feed(piece)).collect();
            lines.extend(pieces.end());
            prop_assert_eq!(lines, expected);
        }
    }
}
