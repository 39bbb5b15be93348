//! Finds the secrets in a text: the search of Knuth, Morris and Pratt, which never goes back in the text.

use std::ops::Range;

use crate::secret::{SHORTEST_MASK, Secret};
use crate::text::CUT;

/// Replaces these secrets in a text by `***`, and what a cut has left of them.
pub(crate) fn without(secrets: &[Secret], text: String) -> String {
    let mut spans = Spans::default();
    // To make one ready costs more than to see that it is not there.
    let found = secrets.iter().filter(|secret| text.contains(CUT) || text.contains(secret.expose()));
    found.for_each(|secret| SecretPattern::new(secret.clone()).find(&text, &mut spans));
    spans.replaced(text)
}

/// A secret, ready to be looked for.
#[derive(Clone, Debug)]
pub(crate) struct SecretPattern {
    secret: Secret,
    /// For each start of the secret, how long a shorter start is that ends it.
    borders: Vec<usize>,
    /// The shortest start that is hidden before a cut, in bytes.
    shortest: usize,
}

impl SecretPattern {
    pub(crate) fn new(secret: Secret) -> Self {
        let text = secret.expose();
        let shortest = text.char_indices().nth(SHORTEST_MASK).map_or(text.len(), |(end, _)| end);
        let mut pattern = Self { borders: Vec::with_capacity(text.len()), shortest, secret };
        let mut border = 0;
        for place in 0..pattern.bytes().len() {
            if place > 0
                && let Some(byte) = pattern.bytes().get(place).copied()
            {
                border = pattern.advance(border, byte);
            }
            pattern.borders.push(border);
        }
        pattern
    }

    pub(crate) fn secret(&self) -> &Secret {
        &self.secret
    }

    /// Finds the secret, and the longest start of it that a cut has left.
    pub(crate) fn find(&self, text: &str, found: &mut Spans) {
        if !text.contains(CUT) && !text.contains(self.secret.expose()) {
            return;
        }
        let mut offset = 0;
        for piece in text.split_inclusive(CUT) {
            let before = piece.strip_suffix(CUT);
            let (start, mut matched) = (offset, 0);
            for byte in before.unwrap_or(piece).bytes() {
                matched = self.advance(matched, byte);
                offset += 1;
                if matched == self.bytes().len() {
                    found.add(offset - matched..offset);
                }
            }
            if before.is_some() && matched >= self.shortest {
                found.add(offset - matched..offset);
            }
            offset = start + piece.len();
        }
    }

    /// Returns how much of the secret ends with this byte, if so much ended before it.
    fn advance(&self, mut matched: usize, byte: u8) -> usize {
        while matched > 0 && self.bytes().get(matched) != Some(&byte) {
            matched = self.borders.get(matched - 1).copied().unwrap_or_default();
        }
        if self.bytes().get(matched) == Some(&byte) { matched + 1 } else { 0 }
    }

    fn bytes(&self) -> &[u8] {
        self.secret.expose().as_bytes()
    }
}

/// Parts of a text that are not to be shown.
#[derive(Debug, Default)]
pub(crate) struct Spans(Vec<Range<usize>>);

impl Spans {
    fn add(&mut self, span: Range<usize>) {
        match self.0.last_mut() {
            Some(last) if last.start <= span.start && span.start < last.end => {
                last.end = last.end.max(span.end);
            }
            _ => self.0.push(span),
        }
    }

    /// Puts `***` in the place of each part, and of parts that overlap once.
    pub(crate) fn replaced(self, text: String) -> String {
        if self.0.is_empty() {
            return text;
        }
        let mut spans = self.0;
        spans.sort_unstable_by_key(|span| span.start);
        let mut joined = Self::default();
        for span in spans {
            joined.add(span);
        }
        let mut shown = String::with_capacity(text.len());
        let (mut rest, mut at) = (text.as_str(), 0);
        for span in joined.0 {
            // A bound inside a character is a bug, which fails the run rather than losing a part of the log.
            let (before, from) = rest.split_at(span.start - at);
            shown.push_str(before);
            shown.push_str("***");
            (rest, at) = (from.split_at(span.end - span.start).1, span.end);
        }
        shown.push_str(rest);
        shown
    }
}
