//! The agent's masking: each registered value, and what its encoders make of it, becomes `***` in a line.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What .NET's `Uri.EscapeDataString` leaves as it is.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The values to hide. Nothing is added in base64 or hexadecimal: that is the task's own business.
#[derive(Debug, Default)]
pub struct Masker {
    values: Vec<String>,
}

impl Masker {
    /// Hides `value` from now on.
    pub fn add(&mut self, value: &str) {
        if value.is_empty() {
            return;
        }
        let quoted = serde_json::to_string(value).expect("text is JSON");
        let json = quoted[1..quoted.len() - 1].to_owned();
        let uri = utf8_percent_encode(value, ESCAPED).to_string();
        let unescaped = ["\\\\", "\\'", "\\\"", "\\t"]
            .iter()
            .zip(["\\", "'", "\"", "\t"])
            .fold(value.to_owned(), |text, (escape, plain)| text.replace(escape, plain));
        for form in [value.to_owned(), json, uri, unescaped] {
            if !self.values.contains(&form) {
                self.values.push(form);
            }
        }
    }

    /// Registers a secret pipeline variable, as the agent does before the first step.
    pub fn add_variable(&mut self, value: &str) {
        use base64::{Engine, prelude::BASE64_STANDARD};
        self.add(value);
        self.add(value.trim_matches(['\'', '"']));
        self.add(value.trim_matches(['\r', '\n', ' ']));
        self.add(&BASE64_STANDARD.encode(value));
    }

    /// Returns `line` with every hidden value, and the password of every URL, replaced.
    pub fn mask(&self, line: &str) -> String {
        let mut ranges: Vec<_> = self.values.iter().flat_map(|value| occurrences(line, value)).collect();
        ranges.extend(url_passwords(line));
        ranges.sort_unstable();
        let mut merged: Vec<(usize, usize)> = Vec::new();
        for (start, end) in ranges {
            match merged.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                _ => merged.push((start, end)),
            }
        }
        let mut masked = line.to_owned();
        for &(start, end) in merged.iter().rev() {
            masked.replace_range(start..end, "***");
        }
        masked
    }
}

/// All places of `value`, also where they overlap.
fn occurrences(line: &str, value: &str) -> Vec<(usize, usize)> {
    let places = line.char_indices().map(|(start, _)| start);
    places
        .filter(|&start| line[start..].starts_with(value))
        .map(|start| (start, start + value.len()))
        .collect()
}

/// `//user:PASSWORD@`; a token alone before the `@` is not covered.
fn url_passwords(line: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for (slashes, _) in line.match_indices("//") {
        let user = slashes + 2;
        let Some(colon) = line[user..].find([':', '/', '?', '#']).map(|at| user + at) else { continue };
        if colon == user || !line[colon..].starts_with(':') {
            continue;
        }
        let password = colon + 1;
        let end = line[password..].find(['/', '?', '#', '@']).map(|at| password + at);
        if let Some(end) = end.filter(|&end| end > password && line[end..].starts_with('@')) {
            found.push((password, end));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masker(values: &[&str]) -> Masker {
        let mut masker = Masker::default();
        for value in values {
            masker.add(value);
        }
        masker
    }

    #[test]
    fn the_value_and_its_encodings_are_hidden() {
        let masker = masker(&["a/b\"c"]);
        assert_eq!(
            masker.mask("plain a/b\"c, json a/b\\\"c, uri a%2Fb%22c."),
            "plain ***, json ***, uri ***."
        );
        assert_eq!(
            masker.mask("a%2fb%22c YS9iImM="),
            "a%2fb%22c YS9iImM=",
            "lower-case hex and base64 are not"
        );
    }

    #[test]
    fn overlapping_and_adjacent_values_become_one_mask() {
        let masker = masker(&["abc", "cde", "fg"]);
        assert_eq!(masker.mask("abcde abcfg x"), "*** *** x");
        assert_eq!(masker.mask("abc"), "***");
    }

    #[test]
    fn the_password_in_a_url_is_hidden_but_not_a_token_as_user() {
        let masker = masker(&[]);
        assert_eq!(
            masker.mask("https://bob:pw@host/x https://token@host"),
            "https://bob:***@host/x https://token@host"
        );
        assert_eq!(masker.mask("http://127.0.0.1:80/a@b"), "http://127.0.0.1:80/a@b");
    }

    #[test]
    fn a_secret_variable_is_hidden_in_base64_too() {
        let mut masker = Masker::default();
        masker.add_variable("s3cret");
        assert_eq!(masker.mask("czNjcmV0 s3cret"), "*** ***");
    }
}
