//! Makes any text safe to print: one line, nothing hidden, nothing the agent obeys.

/// Returns the text as one line in which every hidden character is visible and no logging command is left.
///
/// Line breaks and tabs become a blank; control, zero-width and bidirectional characters become escapes
/// such as `\u{202e}`; the number signs of `##vso` and `##[` become `*`, as the agent itself does it.
pub(crate) fn sanitized(text: &str) -> String {
    without_commands(&one_visible_line(text))
}

fn one_visible_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\r' if rest.peek() == Some(&'\n') => {}
            '\r' | '\n' | '\t' => line.push(' '),
            c if is_hidden(c) => line.extend(c.escape_unicode()),
            c => line.push(c),
        }
    }
    line
}

/// Characters without a shape of their own, which can hide or turn the text beside them: Unicode's control
/// and format characters, fillers, variation selectors, private and non-characters.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{e000}'..='\u{f8ff}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{fdd1}'..='\u{fdef}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{10ffff}')
}

/// Replaces the first number sign of every `##vso` and `##[`.
///
/// .NET may compare by the rules of a culture, which pass over characters it does not know: so anything
/// that is not ASCII may stand between the letters.
fn without_commands(line: &str) -> String {
    let safe = |(at, c)| if c == '#' && opens_command(&line[at..]) { '*' } else { c };
    line.char_indices().map(safe).collect()
}

fn opens_command(text: &str) -> bool {
    let mut ascii = text.chars().filter(char::is_ascii).map(|c| c.to_ascii_lowercase());
    let mut next_is = |expected| ascii.next() == Some(expected);
    if !(next_is('#') && next_is('#')) {
        return false;
    }
    match ascii.next() {
        Some('[') => true,
        Some('v') => ascii.next() == Some('s') && ascii.next() == Some('o'),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::agent::testing;

    #[test]
    fn ordinary_text_stays_as_it_is() {
        for text in
            ["", "Größe: 10 MiB, 50%", "## heading", "issue #12 ##", "日本語 café ✔", "[##] # #[x]", r"a\nb"]
        {
            assert_eq!(sanitized(text), text);
        }
    }

    #[test]
    fn a_logging_command_becomes_visible_and_harmless() {
        for (text, safe) in [
            ("##vso[task.complete]x", "*#vso[task.complete]x"),
            ("a ##VsO[task.complete]", "a *#VsO[task.complete]"),
            ("##vso", "*#vso"),
            ("###[error]x", "#*#[error]x"),
            ("##vso##vso[x", "*#vso*#vso[x"),
            ("##\u{200b}vso[x]", "##\\u{200b}vso[x]"),
            ("#\u{0}#[error]", "#\\u{0}#[error]"),
            ("#\u{378}#v\u{1f600}so[", "*\u{378}#v\u{1f600}so["),
            ("##vs\no[", "##vs o["),
            ("##\r[group]", "## [group]"),
        ] {
            assert_eq!(sanitized(text), safe, "{text:?}");
        }
    }

    #[test]
    fn hidden_characters_become_visible() {
        for (text, safe) in [
            ("a\r\nb\nc\rd\te", "a b c d e"),
            ("\u{1b}[31mred\u{7f}\u{9b}", r"\u{1b}[31mred\u{7f}\u{9b}"),
            ("abc\u{202e}fed\u{2066}", r"abc\u{202e}fed\u{2066}"),
            ("a\u{200d}b\u{feff}c\u{ad}\0\u{85}\u{2028}", r"a\u{200d}b\u{feff}c\u{ad}\u{0}\u{85}\u{2028}"),
        ] {
            assert_eq!(sanitized(text), safe);
        }
    }

    proptest! {
        #[test]
        fn no_text_is_a_command_afterwards(
            pieces in proptest::collection::vec("##|#|vso|VSO|\\[|\\]|task\\.debug|[\r\n\t\0\u{200b}\u{378}\u{e9}]|.", 0..12)
        ) {
            let text = pieces.concat();
            let safe = sanitized(&text);
            prop_assert_eq!(testing::lines(&safe).len(), usize::from(!safe.is_empty()));
            let ascii: String = safe.chars().filter(char::is_ascii).collect::<String>().to_lowercase();
            prop_assert!(!ascii.contains("##vso") && !ascii.contains("##["), "{:?}", safe);
            prop_assert!(!safe.contains(is_hidden));
            prop_assert_eq!(sanitized(&safe), safe);
        }
    }
}
