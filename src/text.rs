//! Text from outside: how bytes become text, and how a text that is too long is cut.
//!
//! A cut can leave half a secret, which no search for the whole finds. So every cut leaves `CUT`, which no text from
//! outside holds, and the log looks for the start of a secret before each. A text that could write the mark itself
//! would learn from what the log then hides how a secret begins.

pub(crate) mod guid;
pub mod invisible;
pub(crate) mod wildcards;

use std::borrow::Cow;

/// Stands where a text was cut; it is printed as `…`. Unicode keeps this character for a program's own use.
pub(crate) const CUT: char = '\u{fdd0}';

/// Number of characters that are shown of a ref's name. Where refs are files, a name is hardly longer.
pub(crate) const LONGEST_NAME: usize = 300;

/// The end of a text: its sender's, or a cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum End {
    #[default]
    Whole,
    Cut,
}

/// Makes bytes from outside a text. What is no UTF-8 becomes U+FFFD, and so does the mark of a cut.
#[expect(clippy::disallowed_methods, reason = "the one place that makes such a text")]
pub(crate) fn of_bytes(bytes: &[u8]) -> Cow<'_, str> {
    without_mark(String::from_utf8_lossy(bytes))
}

/// Replaces the mark of a cut in a text from outside.
fn without_mark(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.contains(CUT) { text.replace(CUT, "\u{fffd}").into() } else { text }
}

/// Makes bytes a text without blanks at its end, with the mark if more came.
pub(crate) fn ended(bytes: &[u8], end: End) -> String {
    let text = of_bytes(bytes);
    match end {
        End::Whole => text.trim_end().to_owned(),
        // Half a character may stand at the cut.
        End::Cut => format!("{}{CUT}", text.trim_end_matches(char::REPLACEMENT_CHARACTER).trim_end()),
    }
}

/// Makes at most so many of the bytes a text, with the mark where there are more.
pub(crate) fn excerpt(bytes: &[u8], most: usize) -> String {
    match bytes.get(..most) {
        Some(start) if start.len() < bytes.len() => ended(start, End::Cut),
        _ => ended(bytes, End::Whole),
    }
}

/// Cuts a text after so many characters.
pub(crate) fn cut(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}{CUT}", text.split_at(end).0).into(),
        None => text.into(),
    }
}

/// A line that comes byte by byte, of which at most `MOST` bytes are kept.
#[derive(Debug, Default)]
pub(crate) struct Line<const MOST: usize> {
    bytes: Vec<u8>,
    end: End,
}

impl<const MOST: usize> Line<MOST> {
    /// Adds a byte, if there is room.
    pub(crate) fn push(&mut self, byte: u8) {
        if self.bytes.len() < MOST {
            self.bytes.push(byte);
        } else if !byte.is_ascii_whitespace() {
            self.end = End::Cut;
        }
    }

    /// Returns the line without blanks at its end, and begins the next.
    pub(crate) fn take(&mut self) -> String {
        let Self { bytes, end } = std::mem::take(self);
        ended(&bytes, end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_from_outside_never_holds_the_mark_of_a_cut() {
        assert_eq!(of_bytes("a\u{fdd0}b".as_bytes()), "a\u{fffd}b");
        assert_eq!(excerpt("a\u{fdd0}bc".as_bytes(), 5), format!("a\u{fffd}b{CUT}"));
    }

    #[test]
    fn a_cut_leaves_its_mark_and_no_half_of_a_character() {
        assert_eq!(excerpt("xé".as_bytes(), 2), format!("x{CUT}"));
        assert_eq!(excerpt(b"abc  ", 5), "abc");
        assert_eq!(cut("éab", 2), format!("éa{CUT}"));
        assert_eq!(cut("éab", 3), "éab");
    }

    #[test]
    fn a_line_is_kept_up_to_its_bound_and_says_so() {
        let mut line = Line::<3>::default();
        "abc".bytes().for_each(|byte| line.push(byte));
        assert_eq!(line.take(), "abc");
        "abcd".bytes().for_each(|byte| line.push(byte));
        assert_eq!(line.take(), format!("abc{CUT}"));
        "abc ".bytes().for_each(|byte| line.push(byte));
        assert_eq!((line.take(), line.take()), ("abc".to_owned(), String::new()));
    }
}
