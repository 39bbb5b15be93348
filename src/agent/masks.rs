//! The secrets that no text may show, and how they are taken out of one.

use super::sanitize::neutral;
use crate::secret::{SHORTEST_MASK, Secret};

/// What stands at the end of a text that was cut, and nowhere else as a rule.
const CUT: char = '…';

/// Secrets to replace by `***`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Masks {
    /// The longest first, so that a part of a secret never hides the whole from the search.
    secrets: Vec<Secret>,
}

impl Masks {
    /// Masks of all these.
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
        let new: Vec<_> = lines.filter(|line| !self.secrets.contains(line)).collect();
        self.secrets.extend(new.iter().cloned());
        self.secrets.sort_by_key(|secret| std::cmp::Reverse(secret.expose().len()));
        new
    }

    /// Makes a text one harmless line without secrets. They are looked for before and after, since either
    /// may be what puts a secret's characters side by side.
    pub(crate) fn clean(&self, text: &str) -> String {
        self.masked(neutral(&self.masked(text.to_owned())))
    }

    fn masked(&self, text: String) -> String {
        let whole = self.secrets.iter().fold(text, |text, secret| {
            if text.contains(secret.expose()) { text.replace(secret.expose(), "***") } else { text }
        });
        if whole.contains(CUT) { self.without_cut_ones(&whole) } else { whole }
    }

    /// Takes out what a cut has left of a secret.
    fn without_cut_ones(&self, text: &str) -> String {
        let mut masked = String::with_capacity(text.len());
        for piece in text.split_inclusive(CUT) {
            let start = piece.strip_suffix(CUT).and_then(|before| self.start_of_one(before));
            match start {
                Some(start) => masked.extend([start, "***…"]),
                None => masked.push_str(piece),
            }
        }
        masked
    }

    /// Returns what stands before the longest start of a secret that ends the text, if one does.
    fn start_of_one<'a>(&self, text: &'a str) -> Option<&'a str> {
        let before = |secret: &'_ Secret| {
            let secret = secret.expose();
            let ends = secret.char_indices().skip(SHORTEST_MASK).map(|(end, _)| end);
            ends.filter_map(|end| text.strip_suffix(secret.get(..end)?)).min_by_key(|before| before.len())
        };
        self.secrets.iter().filter_map(before).min_by_key(|before| before.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(clean(text), shown);
        }
    }

    #[test]
    fn a_secret_that_is_not_ascii_is_cut_between_characters() {
        let masks = Masks::of(&[Secret::new("çédille")]);
        assert_eq!(masks.clean("x çédi…"), "x ***…");
    }
}
