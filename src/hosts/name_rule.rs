//! The names of repositories that a host takes, and what becomes of one that it does not.

use thiserror::Error;

use super::address::Words;
use crate::text::invisible::is_hidden;

/// The rule of a host for the names of its repositories.
#[derive(Clone, Copy, Debug)]
pub struct NameRule {
    /// The characters that it takes.
    pub(super) alphabet: Alphabet,
    /// The characters of which no two may follow each other.
    pub(super) alone: &'static str,
    /// The characters that no name begins with.
    pub(super) no_start: &'static str,
    /// The characters that no name ends with.
    pub(super) no_end: &'static str,
    /// The longest name.
    pub(super) longest: Longest,
    /// Names of its own, in lower case.
    pub(super) reserved: Words,
    /// The words that no name may be up to its first `.`, in lower case.
    pub(super) reserved_stems: Words,
    /// Endings of its own, in lower case.
    pub(super) reserved_ends: Words,
}

/// The characters of names.
#[derive(Clone, Copy, Debug)]
pub(super) enum Alphabet {
    /// ASCII letters and digits, `-`, `_` and `.`.
    Ascii,
    /// The same without capitals.
    LowerCase,
    /// All that can be seen and are one unit of UTF-16, but for these.
    AllBut(&'static str),
}

/// The longest name.
#[derive(Clone, Copy, Debug)]
pub(super) enum Longest {
    /// So many characters.
    Characters(usize),
    /// So many bytes.
    Bytes(usize),
}

/// The reason why a host cannot take a name, however it is cleaned.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NameProblem {
    /// No character of it is one that a name may have.
    #[error("no character of it may be in a name")]
    Empty,
    /// It is too long. It is not cut: what is left could be the name of another.
    #[error("it is longer than {0}")]
    TooLong(String),
    /// It is one that the host or the system has for itself.
    #[error("'{0}' is a reserved name")]
    Reserved(String),
    /// It has an ending that the host has for itself.
    #[error("no name may end in '{0}'")]
    ReservedEnd(&'static str),
}

/// The rule where nothing is known: what all hosts take.
pub(super) const USUAL: NameRule = NameRule {
    alphabet: Alphabet::Ascii,
    alone: "",
    no_start: "",
    no_end: "",
    longest: Longest::Characters(100),
    reserved: Words(". .."),
    reserved_stems: Words(""),
    reserved_ends: Words(".git"),
};

/// Names that Windows has for devices, whatever stands behind a `.`.
const DEVICES: Words = Words(
    "con prn aux nul conin$ conout$ com0 com1 com2 com3 com4 com5 com6 com7 com8 com9 lpt0 lpt1 lpt2 lpt3 lpt4 lpt5 lpt6 \
     lpt7 lpt8 lpt9",
);

/// The rule of Azure Repos. It counts in units of UTF-16, and takes no character of two.
pub(super) const AZURE: NameRule = NameRule {
    alphabet: Alphabet::AllBut("\\/:*?\"<>|;#$*{},+=[]"),
    no_start: "_. ",
    no_end: ". ",
    longest: Longest::Characters(64),
    reserved: DEVICES,
    reserved_ends: Words(""),
    ..USUAL
};

/// The rule of folders, on any system: each is called `NAME.git`.
pub const FOLDER: NameRule = NameRule {
    alphabet: Alphabet::AllBut("\\/:*?\"<>|"),
    // A folder whose name begins so is hidden, or an option to a program.
    no_start: ".-~ ",
    no_end: ". ",
    longest: Longest::Bytes(251),
    reserved: Words(""),
    reserved_stems: DEVICES,
    reserved_ends: Words(""),
    ..USUAL
};

impl NameRule {
    /// Makes a name of any text. Characters in a row that are none of a name become one `-`; what may not stand at an end
    /// is left out.
    ///
    /// # Errors
    ///
    /// Fails if the host would not take what is left.
    pub fn clean(&self, text: &str) -> Result<String, NameProblem> {
        let name = self.spelled(text.trim());
        let name = name.trim_start_matches(|c| self.no_start.contains(c));
        let name = name.trim_end_matches(|c| self.no_end.contains(c));
        self.check(name)?;
        Ok(name.to_owned())
    }

    /// Replaces the characters that are none of a name.
    fn spelled(&self, text: &str) -> String {
        let mut name = String::with_capacity(text.len());
        let mut was_replaced = false;
        for c in text.chars() {
            let c = if matches!(self.alphabet, Alphabet::LowerCase) { c.to_ascii_lowercase() } else { c };
            let is_replaced = !self.alphabet.has(c);
            let next = if is_replaced { '-' } else { c };
            let is_second = self.alone.contains(next) && name.ends_with(|last| self.alone.contains(last));
            if !(is_replaced && was_replaced || is_second) {
                name.push(next);
            }
            was_replaced = is_replaced;
        }
        name
    }

    fn check(&self, name: &str) -> Result<(), NameProblem> {
        if !name.contains(|c| c != '-') {
            return Err(NameProblem::Empty);
        }
        let (length, longest, unit) = match self.longest {
            Longest::Characters(most) => (name.chars().count(), most, "characters"),
            Longest::Bytes(most) => (name.len(), most, "bytes"),
        };
        if length > longest {
            return Err(NameProblem::TooLong(format!("{longest} {unit}")));
        }
        let lower = name.to_lowercase();
        let stem = lower.split('.').next().unwrap_or_default();
        if self.reserved.contain(&lower) || self.reserved_stems.contain(stem.trim_end()) {
            return Err(NameProblem::Reserved(name.to_owned()));
        }
        match self.reserved_ends.of().find(|end| lower.ends_with(end)) {
            Some(end) => Err(NameProblem::ReservedEnd(end)),
            None => Ok(()),
        }
    }
}

impl Alphabet {
    fn has(self, c: char) -> bool {
        match self {
            Self::Ascii => c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'),
            Self::LowerCase => !c.is_ascii_uppercase() && Self::Ascii.has(c),
            Self::AllBut(others) => !others.contains(c) && is_visible(c),
        }
    }
}

/// Tells whether a character has a look of its own, and may be written by anybody.
fn is_visible(c: char) -> bool {
    let is_odd_blank = c.is_whitespace() && c != ' ';
    let is_none = matches!(c, '\u{fdd0}'..='\u{fdef}' | '\u{fffd}'..='\u{ffff}');
    !(c.is_control() || is_hidden(c) || is_odd_blank || is_none || c > '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::hosts::{Host, TABLE};

    fn clean(host: Host, text: &str) -> Result<String, NameProblem> {
        host.info().names.clean(text)
    }

    fn all_rules() -> impl Iterator<Item = (&'static str, NameRule)> {
        TABLE.iter().map(|row| (row.name, row.names)).chain([("a folder", FOLDER)])
    }

    #[test]
    fn a_name_is_cleaned_by_the_rule_of_its_host() {
        for (host, text, expected) in [
            (Host::GitHub, "My App (new)", "My-App-new-"),
            (Host::GitHub, ".github", ".github"),
            (Host::GitHub, "a -b", "a--b"),
            (Host::GitHub, "Über", "-ber"),
            (Host::GitHub, "../../etc/passwd", "..-..-etc-passwd"),
            (Host::GitHub, "##vso[task.complete]", "-vso-task.complete-"),
            (Host::GitHub, "a\r\nb\0c", "a-b-c"),
            (Host::GitLab, "My App (new)", "My-App-new"),
            (Host::GitLab, "__init__", "init"),
            (Host::GitLab, ".github", "github"),
            (Host::GitLab, "a -._b", "a-b"),
            (Host::GitLab, "../../etc", "etc"),
            (Host::Gitea, "a..b", "a.b"),
            (Host::Gitea, "a--b__c", "a--b__c"),
            (Host::Gitea, "../..", ".-."),
            (Host::BitbucketCloud, "My App", "my-app"),
            (Host::BitbucketDataCenter, "_My_App", "my_app"),
            (Host::AzureRepos, " Mein Projekt Über ", "Mein Projekt Über"),
            (Host::AzureRepos, "_a.", "a"),
            (Host::AzureRepos, "c++/#1", "c-1"),
            (Host::AzureRepos, "a\u{202e}b\u{200b}c😀", "a-b-c-"),
            (Host::AzureDevOpsServer, "x.git", "x.git"),
            (Host::CodeCommit, "a b", "a-b"),
            (Host::Other, "a/b", "a-b"),
        ] {
            assert_eq!(clean(host, text).as_deref(), Ok(expected), "{host:?} {text}");
        }
        for (text, expected) in [
            ("../../etc/passwd", "etc-passwd"),
            (".git", "git"),
            ("-rf", "rf"),
            ("C:\\Windows", "C-Windows"),
            ("Über App.", "Über App"),
            ("comic", "comic"),
        ] {
            assert_eq!(FOLDER.clean(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn a_name_that_a_host_cannot_take_is_refused() {
        let long = "x".repeat(300);
        let reserved = |name: &str| NameProblem::Reserved(name.to_owned());
        for (host, text, problem) in [
            (Host::GitHub, "", NameProblem::Empty),
            (Host::GitHub, "日本語", NameProblem::Empty),
            (Host::GitHub, "..", reserved("..")),
            (Host::GitHub, "app.git", NameProblem::ReservedEnd(".git")),
            (Host::GitHub, "app.WIKI", NameProblem::ReservedEnd(".wiki")),
            (Host::GitHub, &long, NameProblem::TooLong("100 characters".to_owned())),
            (Host::GitLab, "Wikis", reserved("Wikis")),
            (Host::GitLab, "..", NameProblem::Empty),
            (Host::GitLab, "feed.atom", NameProblem::ReservedEnd(".atom")),
            (Host::Gitea, "..", reserved(".")),
            (Host::Gitea, "a.rss", NameProblem::ReservedEnd(".rss")),
            (Host::BitbucketCloud, &"x".repeat(63), NameProblem::TooLong("62 characters".to_owned())),
            (Host::AzureRepos, &"ü".repeat(65), NameProblem::TooLong("64 characters".to_owned())),
            (Host::AzureRepos, "AUX", reserved("AUX")),
            (Host::AzureRepos, "..", NameProblem::Empty),
        ] {
            assert_eq!(clean(host, text), Err(problem), "{host:?} {text}");
        }
        for text in ["con", "Con.x", "NUL .y", "com1.tar.gz", "lpt9", "CONOUT$"] {
            assert_eq!(FOLDER.clean(text), Err(reserved(text)), "{text}");
        }
        assert_eq!(FOLDER.clean(&"ü".repeat(126)), Err(NameProblem::TooLong("251 bytes".to_owned())));
        for text in ["..", "../..", ".", "/", "~", " "] {
            assert_eq!(FOLDER.clean(text), Err(NameProblem::Empty), "{text}");
        }
    }

    #[test]
    fn problems_of_names_are_told_in_words() {
        for (problem, words) in [
            (NameProblem::Empty, "no character of it may be in a name"),
            (NameProblem::TooLong("64 characters".to_owned()), "it is longer than 64 characters"),
            (NameProblem::Reserved("con".to_owned()), "'con' is a reserved name"),
            (NameProblem::ReservedEnd(".git"), "no name may end in '.git'"),
        ] {
            assert_eq!(problem.to_string(), words);
        }
    }

    proptest! {
        #[test]
        fn a_clean_name_is_clean_and_leads_nowhere(
            text in prop_oneof![".{0,30}", "[-_./\\\\ a-cA-C~#$\\[\u{0}\u{7f}\u{202e}]{0,12}"],
        ) {
            for (host, rule) in all_rules() {
                let Ok(name) = rule.clean(&text) else { continue };
                prop_assert_eq!(rule.clean(&name), Ok(name.clone()), "{}", host);
                prop_assert!(!matches!(name.as_str(), "" | "." | ".."), "{}: {:?}", host, name);
                prop_assert!(!name.contains(|c: char| c.is_control() || "/\\:".contains(c)), "{}: {:?}", host, name);
            }
        }
    }
}
