//! Text in Markdown that stays text, whatever it holds.
//!
//! Markdown has many dialects, so nothing relies on one: what comes from outside stands in a code span, where
//! no dialect finds a link, an image or an address, without the few characters that could end the span, the
//! cell or the row.

use std::fmt::Write;

use crate::agent::masks::Masks;
use crate::text::cut;

/// Number of characters of a text that are shown.
const LONGEST: usize = 1000;

/// Shows text from outside: one line in a code span, without secrets.
pub(crate) fn code_span(text: &str, masks: &Masks) -> String {
    let clean = masks.clean(&cut(text, LONGEST));
    let clean = clean.trim();
    let mut span = String::with_capacity(clean.len() + 2);
    for c in clean.chars() {
        match c {
            '`' | '|' | '<' | '>' => span.extend(c.escape_unicode()),
            c => span.push(c),
        }
    }
    if span.is_empty() { "–".to_owned() } else { format!("`{span}`") }
}

/// Shows a sentence of this program, which may name an input or a pattern.
pub(crate) fn prose(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~' | '&' | '!' | '@' | '$' => {
                let _infallible = write!(out, "&#{};", u32::from(c));
            }
            '\n' | '\r' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    fn shown(text: &str) -> String {
        code_span(text, &Masks::of(&[Secret::new("hunter2")]))
    }

    #[test]
    fn ordinary_names_look_as_they_are() {
        for name in ["refs/heads/main", "refs/heads/feature/a_b-c", "refs/tags/v1.0+rc*", "refs/heads/日本"]
        {
            assert_eq!(shown(name), format!("`{name}`"));
        }
    }

    #[test]
    fn what_could_end_the_span_or_the_cell_is_spelt_out() {
        assert_eq!(shown("a`b|c"), r"`a\u{60}b\u{7c}c`");
        assert_eq!(shown("<img src=x>"), r"`\u{3c}img src=x\u{3e}`");
        assert_eq!(shown("a\nb\r\n| c |"), r"`a b \u{7c} c \u{7c}`");
        assert_eq!(shown(" \n "), "–");
    }

    #[test]
    fn a_secret_does_not_show_and_a_long_text_ends() {
        assert_eq!(shown("x hunter2 y"), "`x *** y`");
        assert_eq!(shown(&"x".repeat(5000)).chars().count(), LONGEST + 3);
    }

    #[test]
    fn advice_that_names_a_pattern_is_no_emphasis() {
        assert_eq!(prose("'refs/heads/*' and <b>"), "'refs/heads/&#42;' and &#60;b&#62;");
    }
}
