//! The policy of a mirror: its refs, and what may be deleted.

use std::fmt;

use thiserror::Error;

use super::reserved::is_reserved;
use crate::text::wildcards::Wildcards;

/// The refs that are mirrored when nothing else is said. Hosts own the other namespaces.
pub const DEFAULT_INCLUDE: [&str; 2] = ["refs/heads/*", "refs/tags/*"];

/// The policy of a run.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The refs the run looks at; it touches no other.
    pub selection: Selection,
    /// The fate of the destination's selected refs that the source does not have.
    pub prune: Prune,
    /// The meaning of an empty source.
    pub empty_source: EmptySource,
    /// The share of each included pattern that may be deleted at the destination without further consent.
    pub deletions: DeletionLimit,
    /// The fate of refs at the destination that hold commits which the source does not have there.
    pub diverged: DivergedRefs,
    /// The fate of what a forced update or a deletion takes away.
    pub replaced: KeepReplaced,
}

/// The fate of a ref that has diverged: to make it equal to the source's takes commits away from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DivergedRefs {
    /// It is made equal all the same, as by a forced push.
    Overwrite,
    /// It stays, and all others are mirrored.
    Keep,
    /// No ref is changed.
    Fail,
}

/// The fate of what a forced update or a deletion takes away from a ref.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeepReplaced {
    /// Nothing holds it: the destination's host drops it in its own time.
    Nothing,
    /// A tag of its own holds each tip for so many days.
    Tags {
        /// Days after which the tag is deleted, from 1 on.
        days: u32,
    },
}

/// The share of a pattern's refs at the destination that one run may delete, in percent.
///
/// A handful may always go, since in a small repository that is soon more than any share; but none where the share
/// is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeletionLimit(u8);

impl DeletionLimit {
    /// So many are a handful.
    const HANDFUL: usize = 10;

    /// Everything may go.
    pub const ALL: Self = Self(100);

    /// Returns the limit if it is a share, from 0 to 100.
    pub fn percent(share: u8) -> Option<Self> {
        (share <= 100).then_some(Self(share))
    }

    /// Tells whether so many of a pattern's refs may be deleted.
    pub fn allows(self, deletions: usize, there: usize) -> bool {
        let is_handful = deletions <= Self::HANDFUL && self.0 > 0;
        is_handful || deletions.saturating_mul(100) <= there.saturating_mul(self.0.into())
    }
}

impl fmt::Display for DeletionLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", self.0)
    }
}

/// The fate of the destination's selected refs that the source does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prune {
    /// They are deleted.
    Delete,
    /// They are kept.
    Keep,
}

/// The meaning of a source that has no selected ref at all, or none of the selected branches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmptySource {
    /// A mistake: nothing is done, so that it does not empty the destination.
    Refuse,
    /// The truth: the destination loses them too.
    Allow,
}

/// The refs to mirror: those that match an include pattern and no exclude pattern.
#[derive(Clone, Debug)]
pub struct Selection {
    include: Vec<Pattern>,
    exclude: Vec<Pattern>,
}

/// The reason why a pattern can match no ref.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PatternError {
    /// It is not the pattern of a full ref name.
    #[error("the pattern '{0}' does not begin with 'refs/'; write '{full}'", full = full(.0))]
    NotFull(String),
    /// It names a folder of refs.
    #[error("the pattern '{0}' ends in '/'; write '{0}*' for all refs below it")]
    Folder(String),
    /// It holds what no ref name can hold.
    #[error("the pattern '{pattern}' holds {character:?}, which no ref name can; give one pattern a line")]
    Impossible {
        /// The pattern.
        pattern: String,
        /// The first such character.
        character: char,
    },
}

/// A pattern on full ref names, `*` for any characters, also `/`, and `?` for one.
#[derive(Clone, Debug)]
pub struct Pattern(Wildcards);

impl Selection {
    /// Selects by patterns on full ref names; without an include pattern, branches and tags.
    ///
    /// # Errors
    ///
    /// At the first pattern that can match no ref.
    pub fn new<T: AsRef<str>>(include: &[T], exclude: &[T]) -> Result<Self, PatternError> {
        let include =
            if include.is_empty() { Pattern::all(&DEFAULT_INCLUDE)? } else { Pattern::all(include)? };
        Ok(Self { include, exclude: Pattern::all(exclude)? })
    }

    /// Returns true if the ref of this full name is mirrored.
    pub fn contains(&self, ref_name: &[u8]) -> bool {
        let matches = |pattern: &Pattern| pattern.matches(ref_name);
        self.include.iter().any(matches) && !self.exclude.iter().any(matches) && !is_reserved(ref_name)
    }

    /// Returns the patterns of which a mirrored ref matches at least one.
    pub fn included(&self) -> &[Pattern] {
        &self.include
    }

    /// Tells whether the ref of this full name is mirrored for this pattern, if perhaps not for this alone.
    pub fn includes_by(&self, included: &Pattern, ref_name: &[u8]) -> bool {
        let is_excluded = || self.exclude.iter().any(|pattern| pattern.matches(ref_name));
        included.matches(ref_name) && !is_excluded() && !is_reserved(ref_name)
    }

    /// Returns the patterns that match no name, but for those of the default.
    pub fn idle<'a>(&self, names: &(impl Iterator<Item = &'a [u8]> + Clone)) -> Vec<String> {
        let patterns = self.include.iter().chain(&self.exclude);
        let is_idle = |pattern: &&Pattern| !names.clone().any(|name| pattern.matches(name));
        let idle = patterns.filter(is_idle).map(ToString::to_string);
        idle.filter(|pattern| !DEFAULT_INCLUDE.contains(&pattern.as_str())).collect()
    }

    /// Returns the prefixes of all included refs, for `ref-prefix` of ls-refs; none covers another.
    pub fn prefixes(&self) -> Vec<&str> {
        let mut prefixes: Vec<_> = self.include.iter().map(|pattern| pattern.0.literal()).collect();
        prefixes.sort_unstable();
        prefixes.dedup_by(|next, kept| next.starts_with(*kept));
        prefixes
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Pattern {
    fn all<T: AsRef<str>>(texts: &[T]) -> Result<Vec<Self>, PatternError> {
        texts.iter().map(|text| Self::new(text.as_ref())).collect()
    }

    fn new(text: &str) -> Result<Self, PatternError> {
        if !text.starts_with("refs/") {
            return Err(PatternError::NotFull(text.to_owned()));
        }
        if text.ends_with('/') {
            return Err(PatternError::Folder(text.to_owned()));
        }
        if let Some(character) = text.chars().find(|&c| is_impossible(c)) {
            return Err(PatternError::Impossible { pattern: text.to_owned(), character });
        }
        Ok(Self(Wildcards::new(text)))
    }

    /// Tells whether it is one full name, without a wildcard.
    pub fn is_one_name(&self) -> bool {
        matches!(self.0, Wildcards::Exact(_))
    }

    /// Tells whether the ref of this full name matches it.
    pub fn matches(&self, ref_name: &[u8]) -> bool {
        self.0.matches(ref_name)
    }
}

/// Returns the pattern that was meant by one of a short name.
fn full(pattern: &str) -> String {
    let short = pattern.trim_start_matches(['+', '/']);
    match short.split_once('/') {
        Some((first, rest)) if first.eq_ignore_ascii_case("refs") => format!("refs/{rest}"),
        Some(("heads" | "tags" | "notes", _)) => format!("refs/{short}"),
        _ => format!("refs/heads/{short}"),
    }
}

/// As in git-check-ref-format, but for `*` and `?`.
fn is_impossible(c: char) -> bool {
    c.is_ascii_control() || matches!(c, ' ' | '~' | '^' | ':' | '\\' | '[')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn selection(include: &[&str], exclude: &[&str]) -> Selection {
        Selection::new(include, exclude).unwrap()
    }

    #[test]
    fn branches_and_tags_are_selected_by_default_and_nothing_else() {
        let selection = selection(&[], &[]);
        for name in ["refs/heads/main", "refs/heads/a/b", "refs/tags/v1"] {
            assert!(selection.contains(name.as_bytes()), "{name}");
        }
        for name in ["HEAD", "refs/pull/1/head", "refs/headsx", "refs/heads", "xrefs/heads/a", ""] {
            assert!(!selection.contains(name.as_bytes()), "{name}");
        }
        assert_eq!(selection.prefixes(), ["refs/heads/", "refs/tags/"]);
    }

    #[test]
    fn reserved_names_are_selected_by_no_pattern() {
        let all = selection(&["refs/*"], &[]);
        for name in
            ["refs/tags/mirror-replaced/20261124T170416Z/heads/main", "refs/heads/mirror-git-repository/0"]
        {
            assert!(!all.contains(name.as_bytes()), "{name}");
            assert!(!all.includes_by(&all.included()[0], name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn an_exclude_wins_over_an_include() {
        let selection = selection(&[], &["refs/heads/wip/*", "refs/tags/nightly", "refs/heads/*-tmp"]);
        for (name, selected) in [
            ("refs/heads/wip/a/b", false),
            ("refs/heads/wip", true),
            ("refs/tags/nightly", false),
            ("refs/tags/nightly2", true),
            ("refs/heads/a/b-tmp", false),
        ] {
            assert_eq!(selection.contains(name.as_bytes()), selected, "{name}");
        }
    }

    #[test]
    fn a_pattern_without_matches_is_idle_unless_default() {
        let names = ["refs/heads/main", "refs/heads/topic/a"];
        let idle = |include: &[&str], exclude: &[&str]| {
            selection(include, exclude).idle(&names.iter().map(|name| name.as_bytes()))
        };
        assert_eq!(idle(&[], &["refs/heads/topic", "refs/heads/topic/*"]), ["refs/heads/topic"]);
        assert_eq!(idle(&["refs/heads/*", "refs/tags/*"], &[]), [""; 0]);
        assert_eq!(idle(&["refs/heads/m?in", "refs/x/*", "refs/*/v?"], &[]), ["refs/x/*", "refs/*/v?"]);
    }

    #[test]
    fn a_question_mark_is_one_character_and_case_counts() {
        let selection = selection(&["refs/tags/v?.*", "refs/heads/ü?"], &[]);
        for (name, selected) in [
            ("refs/tags/v1.0", true),
            ("refs/tags/v10.0", false),
            ("refs/tags/V1.0", false),
            ("refs/heads/üß", true),
            ("refs/heads/ü", false),
        ] {
            assert_eq!(selection.contains(name.as_bytes()), selected, "{name}");
        }
    }

    #[test]
    fn a_name_that_is_not_utf_8_is_matched_too() {
        let name = b"refs/heads/caf\xe9/x";
        assert!(selection(&["refs/heads/*"], &[]).contains(name));
        assert!(selection(&["refs/heads/caf?/*"], &[]).contains(name));
        assert!(!selection(&["refs/heads/*"], &["refs/heads/*/x"]).contains(name));
    }

    #[test]
    fn prefixes_are_literal_and_none_covers_another() {
        let selection = selection(
            &["refs/tags/v*", "refs/heads/r?/x", "refs/tags/v1*", "refs/heads/main", "refs/tags/v*"],
            &[],
        );
        assert_eq!(selection.prefixes(), ["refs/heads/main", "refs/heads/r", "refs/tags/v"]);
    }

    #[test]
    fn a_pattern_that_can_match_nothing_is_refused_with_an_example() {
        let refuse = |pattern| Selection::new(&[], &[pattern]).unwrap_err();
        for pattern in ["main", "*", "heads/*", "+refs/heads/*", "Refs/heads/*", ""] {
            assert_eq!(refuse(pattern), PatternError::NotFull(pattern.to_owned()));
        }
        for (pattern, meant) in [
            ("main", "refs/heads/main"),
            ("*", "refs/heads/*"),
            ("tags/v1", "refs/tags/v1"),
            ("+Refs/heads/*", "refs/heads/*"),
            ("feature/x", "refs/heads/feature/x"),
        ] {
            assert!(refuse(pattern).to_string().ends_with(&format!("; write '{meant}'")), "{pattern}");
        }
        assert_eq!(refuse("refs/heads/"), PatternError::Folder("refs/heads/".to_owned()));
        for pattern in
            ["refs/heads/* refs/tags/*", "refs/heads/*:refs/heads/*", "refs/heads/[a-z]", "refs/heads/a\\b"]
        {
            assert!(matches!(refuse(pattern), PatternError::Impossible { .. }), "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn a_selected_ref_has_one_of_the_prefixes(tail in "[ab/]{0,4}[*?]{0,2}", name in "[ab/]{0,6}") {
            let (pattern, name) = (format!("refs/{tail}"), format!("refs/{name}"));
            if let Ok(selection) = Selection::new(&[&pattern], &[]) && selection.contains(name.as_bytes()) {
                prop_assert!(selection.prefixes().iter().any(|prefix| name.starts_with(prefix)));
            }
        }
    }
}
