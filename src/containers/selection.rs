//! The repositories of a container that are mirrored, by patterns on their names.

use std::fmt;

use thiserror::Error;

use crate::text::wildcards::Wildcards;

/// The repositories to mirror: those that match an include pattern, or all where there is none, and no exclude pattern.
///
/// Letters of either case are the same, as they are in the names of every host that has containers; so they are in those
/// of folders, where two names may differ in case alone.
#[derive(Clone, Debug, Default)]
pub struct RepositorySelection {
    include: Vec<RepositoryPattern>,
    exclude: Vec<RepositoryPattern>,
}

/// A pattern on the name of a repository, or, if it holds a `/`, on its path below the container; `*` for any characters,
/// also `/`, and `?` for one. It shows itself as it was given.
#[derive(Clone, Debug)]
pub struct RepositoryPattern {
    given: String,
    subject: Subject,
    wildcards: Wildcards,
}

/// The text that a pattern is about.
#[derive(Clone, Copy, Debug)]
enum Subject {
    Name,
    Path,
}

/// The reason why a pattern can match no repository.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RepositoryPatternError {
    /// It is a URL.
    #[error("a pattern is a URL; write the repository's name, or its path below the source")]
    Url,
    /// It begins or ends with `/`, or has two in a row.
    #[error(
        "the pattern '{0}' has an empty part; write 'project/repository', or 'project/*' for all of a project"
    )]
    EmptyPart(String),
    /// It holds what no name can hold.
    #[error("the pattern '{pattern}' holds {character:?}, which no name can; give one pattern a line")]
    Impossible {
        /// The pattern.
        pattern: String,
        /// The first such character.
        character: char,
    },
}

impl RepositorySelection {
    /// Selects by patterns.
    ///
    /// # Errors
    ///
    /// At the first pattern that can match no repository.
    pub fn new<T: AsRef<str>>(include: &[T], exclude: &[T]) -> Result<Self, RepositoryPatternError> {
        Ok(Self { include: RepositoryPattern::all(include)?, exclude: RepositoryPattern::all(exclude)? })
    }

    /// Tells whether the repository at this path below the container is mirrored. The last part is its name.
    pub fn contains(&self, path: &str) -> bool {
        let path = folded(path);
        let matches = |pattern: &RepositoryPattern| pattern.matches(&path);
        (self.include.is_empty() || self.include.iter().any(matches)) && !self.exclude.iter().any(matches)
    }

    /// Returns the patterns that match none of these paths.
    pub fn idle<'a>(&self, paths: &(impl Iterator<Item = &'a str> + Clone)) -> Vec<&RepositoryPattern> {
        let paths: Vec<_> = paths.clone().map(folded).collect();
        let is_idle = |pattern: &&RepositoryPattern| !paths.iter().any(|path| pattern.matches(path));
        self.include.iter().chain(&self.exclude).filter(is_idle).collect()
    }
}

impl RepositoryPattern {
    fn all<T: AsRef<str>>(texts: &[T]) -> Result<Vec<Self>, RepositoryPatternError> {
        texts.iter().map(|text| Self::new(text.as_ref())).collect()
    }

    fn new(text: &str) -> Result<Self, RepositoryPatternError> {
        if text.contains("://") {
            // A URL can hold a secret.
            return Err(RepositoryPatternError::Url);
        }
        if let Some(character) = text.chars().find(|c| c.is_control() || *c == '\\') {
            return Err(RepositoryPatternError::Impossible { pattern: text.to_owned(), character });
        }
        if text.split('/').any(str::is_empty) {
            return Err(RepositoryPatternError::EmptyPart(text.to_owned()));
        }
        let subject = if text.contains('/') { Subject::Path } else { Subject::Name };
        Ok(Self { given: text.to_owned(), subject, wildcards: Wildcards::new(&folded(text)) })
    }

    /// Tells whether the repository at this path matches, in folded letters.
    fn matches(&self, path: &str) -> bool {
        let subject = match self.subject {
            Subject::Name => path.rsplit_once('/').map_or(path, |(_, name)| name),
            Subject::Path => path,
        };
        self.wildcards.matches(subject.as_bytes())
    }
}

impl fmt::Display for RepositoryPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.given)
    }
}

/// Makes texts that differ in the case of letters alone one text: by upper case, since `ß` and `SS`, or `ſ` and `s`, are
/// the same only there.
pub(super) fn folded(text: &str) -> String {
    text.to_uppercase().to_lowercase()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn selection(include: &[&str], exclude: &[&str]) -> RepositorySelection {
        RepositorySelection::new(include, exclude).unwrap()
    }

    #[test]
    fn all_repositories_are_selected_by_default() {
        for path in ["app", "project/app", "a/b/c", ""] {
            assert!(selection(&[], &[]).contains(path), "{path}");
            assert!(RepositorySelection::default().contains(path), "{path}");
        }
    }

    #[test]
    fn a_pattern_is_on_the_name_or_on_the_path() {
        for (pattern, path, expected) in [
            ("app", "app", true),
            ("app", "project/app", true),
            ("app", "project/app2", false),
            ("project", "project/app", false),
            ("app*", "project/application", true),
            ("a?p", "project/app", true),
            ("project/*", "project/app", true),
            ("project/*", "project/group/app", true),
            ("project/*", "project2/app", false),
            ("*/app", "project/app", true),
            ("*/app", "app", false),
            ("project/app", "other/project/app", false),
        ] {
            assert_eq!(selection(&[pattern], &[]).contains(path), expected, "{pattern} {path}");
            assert_eq!(selection(&[], &[pattern]).contains(path), !expected, "{pattern} {path}");
        }
    }

    #[test]
    fn an_exclude_wins_and_case_does_not_count() {
        let selection = selection(&["Project/*", "ÜBER*"], &["*-Archive", "project/SECRET"]);
        for (path, expected) in [
            ("PROJECT/app", true),
            ("project/App-archive", false),
            ("Project/secret", false),
            ("other/app", false),
            ("other/über-app", true),
        ] {
            assert_eq!(selection.contains(path), expected, "{path}");
        }
    }

    #[test]
    fn a_pattern_that_matches_nothing_is_idle() {
        let selection = selection(&["App", "p/*"], &["lib?", "q/*"]);
        let paths = ["p/app", "p/lib1"];
        let idle = |paths: &[&str]| {
            selection.idle(&paths.iter().copied()).iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(idle(&paths), ["q/*"]);
        assert_eq!(idle(&[]), ["App", "p/*", "lib?", "q/*"]);
    }

    #[test]
    fn a_pattern_that_can_match_no_repository_is_refused() {
        let refuse = |pattern: &str| RepositorySelection::new(&[], &[pattern]).unwrap_err();
        for pattern in ["", "/", "/app", "project/", "project//app"] {
            assert_eq!(refuse(pattern), RepositoryPatternError::EmptyPart(pattern.to_owned()));
        }
        for (pattern, character) in [("a\\b", '\\'), ("a\tb", '\t'), ("a\nb", '\n')] {
            let pattern = pattern.to_owned();
            assert_eq!(refuse(&pattern), RepositoryPatternError::Impossible { pattern, character });
        }
        assert_eq!(refuse("https://bob:hunter2@host/o/r"), RepositoryPatternError::Url);
    }

    proptest! {
        #[test]
        fn case_decides_nothing(pattern in "[a-cA-C*?/ßſK]{1,6}", path in "[a-cA-C/ßſK]{1,8}") {
            if let Ok(selection) = RepositorySelection::new(&[&pattern], &[]) {
                let expected = selection.contains(&path);
                for (pattern, path) in [
                    (pattern.to_lowercase(), path.to_uppercase()),
                    (pattern.to_uppercase(), path.to_lowercase()),
                ] {
                    // One character can be two in upper case, which `?` tells apart.
                    if !pattern.contains('?') {
                        let selection = RepositorySelection::new(&[&pattern], &[]).unwrap();
                        prop_assert_eq!(selection.contains(&path), expected, "{} {}", pattern, path);
                    }
                }
            }
        }
    }
}
