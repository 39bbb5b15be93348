//! The text of a server for people, apart from its progress.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::protocol::receive_pack::RefUpdate;
use crate::text::Line;

/// Bytes that are kept of the text that is about no ref.
const LIMIT: usize = 8 * 1024;

/// Bytes that are kept of one line.
const LONGEST_LINE: usize = 4 * 1024;

/// Bytes that are kept for each ref that was sent, or one line: GitHub and GitLab say some hundred of each that they
/// refuse.
const LIMIT_OF_REF: usize = 2 * 1024;

/// Bytes that are kept in all, however many refs there are.
const MOST: usize = 64 << 20;

/// Number of names that are looked for in one line.
const MOST_NAMES: usize = 8;

/// A collector of a server's text, which keeps the lines that are no progress. Each ref that was sent has room of its
/// own, so that a flood about one leaves what is said of the others.
#[derive(Debug)]
pub(crate) struct SidebandText<'a> {
    line: Line<LONGEST_LINE>,
    kept: String,
    refs: HashMap<Cow<'a, str>, usize>,
    /// Bytes kept for each ref.
    used: Vec<usize>,
    /// Bytes kept of what is about no ref.
    of_none: usize,
    /// The ref that was named last: the lines after it are about it, or lead to the next.
    last: Option<usize>,
}

impl<'a> SidebandText<'a> {
    /// Makes room for what is said of these refs.
    pub(crate) fn about(updates: &'a [RefUpdate]) -> Self {
        let refs =
            updates.iter().enumerate().map(|(place, update)| (update.name().to_text(), place)).collect();
        let (line, kept) = (Line::default(), String::new());
        Self { line, kept, refs, used: vec![0; updates.len()], of_none: 0, last: None }
    }

    /// Takes the next piece, cut anywhere.
    pub(crate) fn take(&mut self, piece: &[u8]) {
        for byte in piece {
            match byte {
                b'\n' => self.end_line(),
                // What follows overwrites what came before.
                b'\r' => self.line = Line::default(),
                _ => self.line.push(*byte),
            }
        }
    }

    /// Returns the lines, one each.
    pub(crate) fn finish(mut self) -> String {
        self.end_line();
        self.kept
    }

    fn end_line(&mut self) {
        let line = self.line.take();
        let line = line.trim();
        if line.is_empty() || is_progress(line) || !self.has_room(line) {
            return;
        }
        if !self.kept.is_empty() {
            self.kept.push('\n');
        }
        self.kept.push_str(line);
    }

    /// Takes the room that a line needs: of the ref that it names, else of the one named before, else of none.
    fn has_room(&mut self, line: &str) -> bool {
        let size = line.len() + 1;
        if self.kept.len() + size > MOST {
            return false;
        }
        let named = self.named(line);
        self.last = named.or(self.last);
        let used = self.last.and_then(|place| self.used.get_mut(place));
        if let Some(used) = used.filter(|used| **used + size <= LIMIT_OF_REF || **used == 0) {
            *used += size;
            return true;
        }
        let fits = named.is_none() && self.of_none + size <= LIMIT;
        self.of_none += if fits { size } else { 0 };
        fits
    }

    /// Finds the first ref of the push that a line names.
    fn named(&self, line: &str) -> Option<usize> {
        let words = line.match_indices("refs/").take(MOST_NAMES);
        let words = words.filter_map(|(start, _)| line.get(start..)?.split_whitespace().next());
        words.into_iter().find_map(|mut word| {
            loop {
                if let Some(place) = self.refs.get(word) {
                    return Some(*place);
                }
                // Punctuation can be part of a name.
                word = word.strip_suffix(|c: char| c.is_ascii_punctuation())?;
            }
        })
    }
}

/// Tells `Resolving deltas: 100% (5/5), done.` and its like.
fn is_progress(line: &str) -> bool {
    line.split_once(": ").is_some_and(|(_, rest)| {
        rest.starts_with(|first: char| first.is_ascii_digit())
            && (rest.contains('%') || rest.ends_with("done."))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::testing::{id, name};
    use crate::text::CUT;

    fn updates(count: usize) -> Vec<RefUpdate> {
        let name = |number| name(&format!("refs/heads/{number}"));
        (0..count).map(|number| RefUpdate::Create { name: name(number), new: id(1) }).collect()
    }

    fn words(pieces: &[&str]) -> String {
        let mut words = SidebandText::about(&[]);
        for piece in pieces {
            words.take(piece.as_bytes());
        }
        words.finish()
    }

    #[test]
    fn progress_is_left_out_and_the_rest_kept() {
        let said = words(&[
            "Resolving deltas:  50% (1/2)\rResolving deltas: 100% (2/2), completed with 1 local object.\n",
            "Checking connectivity: 406057, done.\n",
            "error: GH006: Protected branch update failed for refs/heads/main.\nerror: Changes must be made",
            " through a pull request.",
        ]);
        let expected = "error: GH006: Protected branch update failed for refs/heads/main.\n\
                        error: Changes must be made through a pull request.";
        assert_eq!(said, expected);
    }

    #[test]
    fn there_is_room_for_what_is_said_of_each_ref() {
        let updates = updates(300);
        let mut words = SidebandText::about(&updates);
        for number in 0..300 {
            let long = "x".repeat(900);
            words.take(
                format!("error: GH006: failed for refs/heads/{number}.\nerror: {long} {number}!\n")
                    .as_bytes(),
            );
        }
        let said = words.finish();
        for number in 0..300 {
            assert!(
                said.contains(&format!("refs/heads/{number}.\n")) && said.contains(&format!("x {number}!"))
            );
        }
    }

    #[test]
    fn a_flood_about_one_ref_leaves_room_for_the_others() {
        let updates = updates(3);
        let mut words = SidebandText::about(&updates);
        for _ in 0..10_000 {
            words.take(b"no 'refs/heads/0': it is too old\nand this is said of it at some length\n");
        }
        words.take(b"no refs/heads/1, since it is new\nand this as well\n");
        (0..10_000).for_each(|_| words.take(b"refs/heads/none is not known\n"));
        words.take(b"refs/heads/2: no\n");
        let said = words.finish();
        for line in ["no refs/heads/1, since it is new", "and this as well", "refs/heads/2: no"] {
            assert!(said.lines().any(|kept| kept == line), "{line}");
        }
        assert!(said.len() <= LIMIT + 3 * LIMIT_OF_REF, "{}", said.len());
    }

    #[test]
    fn endless_words_are_bounded_and_a_cut_line_says_so() {
        assert!(words(&["0123456789\n"; 1_000]).len() <= LIMIT);
        let cut = words(&["0123456789"; 1_000]);
        assert!(cut.ends_with(CUT) && cut.len() == LONGEST_LINE + CUT.len_utf8());
    }
}
