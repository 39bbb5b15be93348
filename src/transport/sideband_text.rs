//! What a server says to people, as opposed to how far it has come.

use crate::text::Line;

/// How much is kept of what is about no ref, in bytes.
const LIMIT: usize = 8 * 1024;

/// How much is kept of one line, in bytes.
const LONGEST_LINE: usize = 4 * 1024;

/// How much is kept for each ref that was sent: GitHub and GitLab say some hundred bytes of each that they refuse.
const LIMIT_OF_REF: usize = 2 * 1024;

/// How much is kept in all, however many refs there are.
const MOST: usize = 8 << 20;

/// Collects a server's text; keeps the lines that are no progress.
#[derive(Debug)]
pub(crate) struct SidebandText {
    line: Line<LONGEST_LINE>,
    kept: String,
    limit: usize,
}

impl SidebandText {
    /// Makes room for what is said of so many refs.
    pub(crate) fn about(refs: usize) -> Self {
        let limit = LIMIT.saturating_add(refs.saturating_mul(LIMIT_OF_REF)).min(MOST);
        Self { line: Line::default(), kept: String::new(), limit }
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
        if line.is_empty() || is_progress(line) || self.kept.len() + line.len() > self.limit {
            return;
        }
        if !self.kept.is_empty() {
            self.kept.push('\n');
        }
        self.kept.push_str(line);
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
    use crate::text::CUT;

    fn words(pieces: &[&str]) -> String {
        let mut words = SidebandText::about(0);
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
        let mut words = SidebandText::about(300);
        let line = |number| format!("{} GH006: refs/heads/{number}\n", "x".repeat(1000));
        (0..300).for_each(|number| words.take(line(number).as_bytes()));
        let said = words.finish();
        assert!((0..300).all(|number| said.contains(&format!("refs/heads/{number}"))));
        let mut words = SidebandText::about(usize::MAX);
        (0..20_000).for_each(|number| words.take(line(number).as_bytes()));
        assert!(words.finish().len() <= MOST);
    }

    #[test]
    fn endless_words_are_bounded_and_a_cut_line_says_so() {
        assert!(words(&["0123456789\n"; 1_000]).len() <= LIMIT);
        let cut = words(&["0123456789"; 1_000]);
        assert!(cut.ends_with(CUT) && cut.len() == LONGEST_LINE + CUT.len_utf8());
    }
}
