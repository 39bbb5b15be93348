//! The choice among the ways to sign in at a side.

use super::inputs::Input;
use super::side_inputs::SideInputs;
use crate::auth::identity::ConnectionType;

/// A way to sign in that has an input of its own, or a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// The token input.
    Token,
    /// The job's own identity.
    Job,
    /// The service connection of this type.
    Connection(ConnectionType),
    /// A GitHub App of the user's own.
    GitHubApp,
}

/// The value of an input that says which way counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Authentication {
    /// The one that is filled in.
    Auto,
    /// This one alone.
    Only(Way),
}

/// Its words, in the order of the documentation.
pub(crate) const WORDS: [(&str, Authentication); 9] = [
    ("auto", Authentication::Auto),
    ("token", Authentication::Only(Way::Token)),
    ("job", Authentication::Only(Way::Job)),
    ("serviceConnection", Authentication::Only(Way::Connection(ConnectionType::OtherGit))),
    ("azureDevOps", Authentication::Only(Way::Connection(ConnectionType::AzureDevOps))),
    ("azureResourceManager", Authentication::Only(Way::Connection(ConnectionType::AzureResourceManager))),
    ("azureRepos", Authentication::Only(Way::Connection(ConnectionType::AzureRepos))),
    ("gitHub", Authentication::Only(Way::Connection(ConnectionType::GitHub))),
    ("gitHubApp", Authentication::Only(Way::GitHubApp)),
];

impl Authentication {
    /// Reads a word, in letters of either case.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        WORDS
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(word))
            .map(|(_, authentication)| *authentication)
    }
}

impl Way {
    /// Returns its word.
    pub(crate) fn word(self) -> &'static str {
        let of_this =
            |(_, authentication): &&(&str, Authentication)| *authentication == Authentication::Only(self);
        WORDS.iter().find(of_this).map_or("auto", |(word, _)| word)
    }
}

impl SideInputs {
    /// Returns the ways that are filled in somewhere, each with its inputs.
    pub(crate) fn ways(&self) -> impl Iterator<Item = (Way, Vec<&'static Input>)> {
        let connections = WORDS.iter().filter_map(|(_, authentication)| match authentication {
            Authentication::Only(way @ Way::Connection(of)) => Some((*way, vec![self.connection(*of)])),
            _ => None,
        });
        let app = (Way::GitHubApp, vec![self.app_id, self.app_key]);
        std::iter::once((Way::Token, vec![self.token])).chain(connections).chain([app])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_read_in_letters_of_either_case() {
        for (word, authentication) in WORDS {
            assert_eq!(Authentication::from_word(&word.to_lowercase()), Some(authentication));
            if let Authentication::Only(way) = authentication {
                assert_eq!(way.word(), word);
            }
        }
        assert_eq!(Authentication::from_word("pat"), None);
    }
}
