//! The selection of a mirror: patterns on the full names of its refs at the source, which may have others at the destination.

use std::fmt;

use thiserror::Error;

use super::ref_map::RefMap;
use super::reserved::is_reserved;
use super::short_name::full;
use crate::text::wildcards::Wildcards;

/// The refs that are mirrored when nothing else is said. Hosts own the other namespaces.
pub const DEFAULT_INCLUDE: [&str; 2] = ["refs/heads/*", "refs/tags/*"];

/// The refs to mirror: those that match an include pattern and no exclude pattern at the source, under the names that they
/// have at the destination.
#[derive(Clone, Debug)]
pub struct Selection {
    include: Vec<Pattern>,
    exclude: Vec<Pattern>,
    map: RefMap,
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
        Ok(Self { include, exclude: Pattern::all(exclude)?, map: RefMap::default() })
    }

    /// Gives the selected refs other names at the destination; those that the map does not name are selected no more.
    #[must_use]
    pub fn mapped(self, map: RefMap) -> Self {
        Self { map, ..self }
    }

    /// Returns the names of the selected refs at the destination.
    pub fn map(&self) -> &RefMap {
        &self.map
    }

    /// Tells whether the ref that has this full name at the source is selected there.
    pub fn takes(&self, name_at_source: &[u8]) -> bool {
        let matches = |pattern: &Pattern| pattern.matches(name_at_source);
        self.include.iter().any(matches) && !self.excludes(name_at_source) && !is_reserved(name_at_source)
    }

    /// Returns true if a ref of this full name at the destination is mirrored.
    pub fn contains(&self, ref_name: &[u8]) -> bool {
        self.is_of_any(ref_name, |name| self.takes(name)) && !is_reserved(ref_name)
    }

    /// Tells whether a ref of this full name at the destination goes where the source has none for it. One that is left out
    /// under any of its names at the source does not.
    pub fn prunes(&self, ref_name: &[u8]) -> bool {
        self.contains(ref_name) && !self.is_of_any(ref_name, |name| self.excludes(name))
    }

    /// Returns the patterns of which a mirrored ref matches at least one.
    pub fn included(&self) -> &[Pattern] {
        &self.include
    }

    /// Tells whether a ref of this full name at the destination is mirrored for this pattern, if perhaps not for this alone.
    pub fn includes_by(&self, included: &Pattern, ref_name: &[u8]) -> bool {
        let includes = |name: &[u8]| included.matches(name) && !self.excludes(name) && !is_reserved(name);
        self.is_of_any(ref_name, includes) && !is_reserved(ref_name)
    }

    fn excludes(&self, name_at_source: &[u8]) -> bool {
        self.exclude.iter().any(|pattern| pattern.matches(name_at_source))
    }

    /// Tells whether this holds for any of the names at the source that one at the destination can come from.
    fn is_of_any(&self, ref_name: &[u8], holds: impl Fn(&[u8]) -> bool) -> bool {
        if self.map.is_identity() {
            return holds(ref_name);
        }
        self.map.preimages(ref_name).any(|name| holds(name.as_bytes()))
    }

    /// Returns the patterns that match no name at the source, but for those of the default.
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

    #[test]
    fn with_a_map_patterns_are_about_names_at_the_source() {
        let lines = ["refs/heads/*:refs/heads/up/*", "refs/tags/v*:refs/tags/up-*"];
        let selection = selection(&[], &["refs/heads/wip/*"]).mapped(RefMap::new(&lines).unwrap());
        for (name, takes, contains) in [
            ("refs/heads/main", true, false),
            ("refs/heads/up/main", true, true),
            ("refs/heads/wip/a", false, false),
            ("refs/heads/up/wip/a", true, false),
            ("refs/tags/up-1", true, true),
            ("refs/tags/v1", true, false),
            ("refs/tags/x1", true, false),
        ] {
            assert_eq!(selection.takes(name.as_bytes()), takes, "{name}");
            assert_eq!(selection.contains(name.as_bytes()), contains, "{name}");
            assert_eq!(selection.prunes(name.as_bytes()), contains, "{name}");
        }
        assert_eq!(selection.prefixes(), ["refs/heads/", "refs/tags/"]);
        let [branches, tags] = selection.included() else { panic!("{selection:?}") };
        assert!(selection.includes_by(branches, b"refs/heads/up/main"));
        assert!(!selection.includes_by(branches, b"refs/heads/main"));
        assert!(!selection.includes_by(tags, b"refs/heads/up/main"));
        assert!(!selection.includes_by(branches, b"refs/heads/up/wip/a"));
    }

    #[test]
    fn a_name_of_which_one_origin_is_left_out_is_written_and_not_pruned() {
        let lines = ["refs/heads/*:refs/heads/up/*", "refs/tags/*:refs/heads/up/*"];
        let selection = selection(&[], &["refs/heads/wip"]).mapped(RefMap::new(&lines).unwrap());
        assert!(selection.contains(b"refs/heads/up/wip") && !selection.prunes(b"refs/heads/up/wip"));
        assert!(selection.contains(b"refs/heads/up/main") && selection.prunes(b"refs/heads/up/main"));
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
