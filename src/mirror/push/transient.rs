//! Recognizes refusals that can pass by themselves, by the words of servers.

use std::collections::HashSet;

/// What servers say, in small letters, of a ref that another process changes right now.
const LOCKED: &[&str] = &[
    // Git: "cannot lock ref 'refs/heads/a': Unable to create '/srv/d.git/refs/heads/a.lock': File exists."
    ".lock': file exists",
    // Git's of a reftable.
    "data is locked",
    // JGit's, and git's before 2.4.
    "failed to lock",
    // Gitaly's.
    "is already locked",
];

/// What servers say, in small letters, of a ref that has another value than the push named.
const MOVED: &[&str] = &[
    "incorrect old value",
    // Git and GitHub: "cannot lock ref 'refs/heads/a': is at 0123 but expected 4567".
    " but expected ",
    "reference already exists",
    "reference does not exist",
    "fetch first",
    "stale info",
    // Azure DevOps: "The reference 'refs/heads/a' has already been updated by another client".
    "tf401028",
    // go-git's.
    "reference has changed concurrently",
];

/// What servers say, in small letters, when they are busy or broken for now.
const BUSY: &[&str] = &[
    "try again later",
    "try again in a ",
    "temporarily unavailable",
    "server is busy",
    "too busy",
    "overloaded",
    "internal server error",
    // GitLab's.
    "internal api unreachable",
    // Azure DevOps, which slows a user down, or packs the repository.
    "tf400733",
    "git pack file limit has been reached",
];

/// Whole reasons, of which the server says more beside its report.
const GENERAL: &[&str] = &[
    "failed",
    "failed to update ref",
    "failed to update refs",
    "hook declined",
    "pre-receive hook declined",
    "unpacker error",
    "internal error",
];

/// Tells whether a server speaks of being busy, in words in small letters.
pub(super) fn is_busy(small: &str) -> bool {
    mentions(BUSY, small)
}

/// Tells whether the reason of a ref can pass by itself.
pub(crate) fn is_transient(reason: &str) -> bool {
    let small = reason.to_lowercase();
    [LOCKED, MOVED, BUSY].iter().any(|texts| mentions(texts, &small))
}

/// Tells whether a reason leaves it to the words beside the report why a ref was refused.
pub(crate) fn is_general(reason: &str) -> bool {
    GENERAL.contains(&reason)
}

/// The refs that the words beside a report excuse.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Excused<'a> {
    names: HashSet<&'a str>,
    /// A line of that kind names no ref, so that it is about all of them.
    all: bool,
}

impl<'a> Excused<'a> {
    /// Reads the words of a push, each line once: they and the refs of the push can be many.
    pub(crate) fn in_words(words: &'a str) -> Self {
        let mut excused = Self::default();
        for line in words.lines().filter(|line| is_transient(line)) {
            let before = excused.names.len();
            excused.names.extend(names_in(line));
            excused.all |= excused.names.len() == before && !line.contains("refs/");
        }
        excused
    }

    /// Tells whether a ref of this name is among them.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.all || self.names.contains(name)
    }
}

/// Finds the names of refs in a line, also in the paths of their locks.
fn names_in(line: &str) -> impl Iterator<Item = &str> {
    let ends = |c: char| c.is_whitespace() || matches!(c, '\'' | '"' | ':' | ',' | ';' | ')');
    line.match_indices("refs/").filter_map(move |(start, _)| {
        let name = line.get(start..)?.split(ends).next()?;
        Some(name.strip_suffix(".lock").unwrap_or(name))
    })
}

fn mentions(texts: &[&str], small: &str) -> bool {
    texts.iter().any(|text| small.contains(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks_moved_refs_and_busy_servers_pass() {
        for said in [
            "cannot lock ref 'refs/heads/a': Unable to create '/srv/d.git/./refs/heads/a.lock': File exists.",
            "Unable to create '/srv/d.git/packed-refs.lock': File exists.",
            "failed to lock",
            "reference is already locked",
            "cannot lock ref 'refs/heads/a': is at 98bf7e54 but expected 00da1b35",
            "incorrect old value provided",
            "reference already exists",
            "fetch first",
            "stale info",
            "TF401028: The reference 'refs/heads/a' has already been updated by another client.",
            "the server is busy",
            "GitLab: Internal API unreachable",
            "503 Service Temporarily Unavailable",
            "Internal server error",
        ] {
            assert!(is_transient(said), "{said}");
        }
    }

    #[test]
    fn what_stays_as_it_is_does_not_pass() {
        for said in [
            "",
            "failed to update ref",
            "hook declined",
            "cannot lock ref 'refs/heads/a': 'refs/heads/a/b' exists; cannot create 'refs/heads/a'",
            "cannot lock ref 'refs/heads/a': Unable to create '/srv/d.git/refs/heads/a.lock': Permission denied",
            "Unable to create '/srv/d.git/refs/heads/a.lock': No space left on device",
            "cannot lock ref 'refs/heads/a': unable to resolve reference 'refs/heads/a': reference broken",
            "non-fast-forward",
            "GH006: Protected branch update failed for refs/heads/a.",
            "Fix the message of the commit and try again",
        ] {
            assert!(!is_transient(said), "{said}");
        }
    }

    #[test]
    fn words_beside_the_report_excuse_the_refs_they_name() {
        let words = "error: cannot lock ref 'refs/heads/a': Unable to create '/d.git/refs/heads/a.lock': File exists.\n\n\
                     error: cannot lock ref 'refs/heads/b': is at 12 but expected 34\n\
                     error: cannot lock ref 'refs/heads/c': 'refs/heads/c/d' exists; cannot create 'refs/heads/c'\n";
        let excused = Excused::in_words(words);
        let is_excused = |name: &&&str| excused.contains(name);
        let names = ["refs/heads/a", "refs/heads/b", "refs/heads/c", "refs/heads/ab", "refs/heads"];
        assert_eq!(names.iter().filter(is_excused).collect::<Vec<_>>(), [&"refs/heads/a", &"refs/heads/b"]);
    }

    #[test]
    fn words_that_name_no_ref_excuse_all() {
        assert!(Excused::in_words("GitLab: Internal API unreachable").contains("refs/heads/a"));
        assert!(
            Excused::in_words("Unable to create '/d.git/packed-refs.lock': File exists.")
                .contains("refs/heads/a")
        );
        assert!(!Excused::in_words("no, never").contains("refs/heads/a"));
    }
}
