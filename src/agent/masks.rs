//! The secrets that no text may show, and how they are taken out of one.

use super::sanitize::sanitized;
use crate::secret::Secret;
use crate::secret::spans::{SecretPattern, Spans};
use crate::text::CUT;

/// Secrets to replace by `***`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Masks {
    patterns: Vec<SecretPattern>,
}

impl Masks {
    /// Masks of all these.
    #[cfg(test)]
    pub(crate) fn of(secrets: &[Secret]) -> Self {
        let mut masks = Self::default();
        for secret in secrets {
            masks.add(secret);
        }
        masks
    }

    /// Adds a secret, of several lines each of them, and returns what is new. Texts so short that they would
    /// hit ordinary words are passed over.
    pub(crate) fn add(&mut self, secret: &Secret) -> Vec<Secret> {
        let lines = secret.expose().lines().map(Secret::new).filter(Secret::is_maskable);
        let known = |line: &Secret| self.patterns.iter().any(|pattern| pattern.secret() == line);
        let new: Vec<_> = lines.filter(|line| !known(line)).collect();
        self.patterns.extend(new.iter().cloned().map(SecretPattern::new));
        new
    }

    /// Makes a text one harmless line without secrets. They are looked for before and after, since either
    /// may be what puts a secret's characters side by side.
    pub(crate) fn clean(&self, text: &str) -> String {
        let clean = self.masked(sanitized(&self.masked(text.to_owned())));
        if clean.contains(CUT) { clean.replace(CUT, "…") } else { clean }
    }

    /// Replaces every secret, and what a cut has left of one, in time that grows with the text and the number of
    /// secrets, whatever stands in the text.
    fn masked(&self, text: String) -> String {
        let mut spans = Spans::default();
        self.patterns.iter().for_each(|pattern| pattern.find(&text, &mut spans));
        spans.replaced(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::cut;

    fn clean(text: &str) -> String {
        Masks::of(&["hunter2", "hunting", "Bearer hunter2"].map(Secret::new)).clean(text)
    }

    #[test]
    fn what_a_cut_leaves_of_a_secret_goes_with_it() {
        for (text, shown) in [
            ("a hunter2…", "a ***…"),
            ("a hunter…", "a ***…"),
            ("a hunt…", "a ***…"),
            ("a Bearer hun…", "a ***…"),
            ("a Bearer…: b hunti… c", "a ***…: b ***… c"),
            ("a hun…", "a hun…"),
            ("hunter", "hunter"),
            ("…hunter", "…hunter"),
        ] {
            assert_eq!(clean(&text.replace('…', &CUT.to_string())), shown);
        }
    }

    #[test]
    fn a_secret_that_is_not_ascii_is_cut_between_characters() {
        let masks = Masks::of(&[Secret::new("çédille")]);
        assert_eq!(masks.clean(&cut("x çédille", 6)), "x ***…");
    }

    #[test]
    fn a_text_cannot_ask_how_a_secret_begins() {
        for text in ["a hunt…", "a hunter…", "Bearer hun… …"] {
            assert_eq!(clean(text), text);
        }
    }

    #[test]
    fn secrets_that_overlap_leave_nothing_of_either() {
        let masks = Masks::of(&["abcdef", "defghi", "aaaa"].map(Secret::new));
        for (text, shown) in [
            ("x abcdefghi y", "x *** y"),
            ("abcdef defghi", "*** ***"),
            ("abcdefabcdef", "******"),
            ("aaaaaaab", "***b"),
            ("abcabcdef", "abc***"),
        ] {
            assert_eq!(masks.clean(text), shown);
        }
    }
}
