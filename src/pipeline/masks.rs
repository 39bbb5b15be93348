//! The secrets that no text may show, and how they are taken out of one.

use super::neutral::neutral;
use crate::remote::Secret;

/// Secrets to replace by `***`.
#[derive(Clone, Debug, Default)]
pub(super) struct Masks {
    /// The longest first, so that a part of a secret never hides the whole from the search.
    secrets: Vec<Secret>,
}

impl Masks {
    /// Masks of all these.
    pub(super) fn of(secrets: &[Secret]) -> Self {
        let mut masks = Self::default();
        for secret in secrets {
            masks.add(secret);
        }
        masks
    }

    /// Adds a secret, of several lines each of them, and returns what is new. Texts so short that they would
    /// hit ordinary words are passed over.
    pub(super) fn add(&mut self, secret: &Secret) -> Vec<Secret> {
        let lines = secret.expose().lines().map(Secret::new).filter(Secret::is_maskable);
        let new: Vec<_> = lines.filter(|line| !self.secrets.contains(line)).collect();
        self.secrets.extend(new.iter().cloned());
        self.secrets.sort_by_key(|secret| std::cmp::Reverse(secret.expose().len()));
        new
    }

    /// Makes a text one harmless line without secrets. They are looked for before and after, since either
    /// may be what puts a secret's characters side by side.
    pub(super) fn clean(&self, text: &str) -> String {
        self.masked(neutral(&self.masked(text.to_owned())))
    }

    fn masked(&self, text: String) -> String {
        self.secrets.iter().fold(text, |text, secret| {
            if text.contains(secret.expose()) { text.replace(secret.expose(), "***") } else { text }
        })
    }
}
