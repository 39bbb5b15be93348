//! Characters that nobody sees, which come along where a token is copied from a file or a page.

/// Returns true if nobody sees the character: it marks the order of bytes, joins or parts words, or hyphenates.
pub(crate) fn is_hidden(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    )
}

/// Takes away blanks, line breaks and hidden characters at both ends.
pub fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || is_hidden(c))
}

/// Returns true if the text has a character that looks like nothing, or like a blank and is none.
pub(crate) fn has_hidden(text: &str) -> bool {
    text.chars().any(|c| is_hidden(c) || (c.is_whitespace() && !c.is_ascii()))
}
