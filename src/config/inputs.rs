//! The inputs, one row each. Reading, flags, `--help` and error messages all come from this table.

mod both_sides;
mod destination;
mod input;
mod run;
mod source;

use crate::agent::environment::{Audience, Environment};

pub(crate) use destination::*;
pub use input::{CliForm, Example, Group, Input, InputKind};
pub(crate) use run::*;
pub(crate) use source::*;

/// The giver of the inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// An agent, by its variables.
    Agent,
    /// A person, by flags.
    Person,
}

impl Caller {
    /// Returns who gives the inputs in these surroundings.
    pub(crate) fn of(environment: &Environment) -> Self {
        match environment.audience() {
            Audience::Agent => Self::Agent,
            Audience::Terminal => Self::Person,
        }
    }

    /// Names the inputs in a text as this caller gives them.
    pub(crate) fn named(self, text: &str) -> String {
        let name_of = |input: &Input| match (self, input.cli) {
            (Self::Person, CliForm::Flag(name) | CliForm::Variable { name, .. }) => name,
            (Self::Agent, _) | (_, CliForm::Never) => input.name,
        };
        TABLE.iter().fold(text.to_owned(), |text, input| {
            text.replace(&format!("'{}'", input.name), &format!("'{}'", name_of(input)))
        })
    }
}

/// All inputs, in the order of the help.
pub static TABLE: &[&Input] = &[
    &SOURCE_URL,
    &SOURCE_AUTHENTICATION,
    &SOURCE_TOKEN,
    &SOURCE_OTHER_GIT,
    &SOURCE_AZURE_DEVOPS,
    &SOURCE_AZURE_RESOURCE_MANAGER,
    &SOURCE_AZURE_REPOS,
    &SOURCE_GITHUB,
    &SOURCE_APP_ID,
    &SOURCE_APP_KEY,
    &SOURCE_CERTIFICATE,
    &SOURCE_AUTHORITY,
    &SOURCE_HOST_KIND,
    &DESTINATION_URL,
    &DESTINATION_AUTHENTICATION,
    &DESTINATION_TOKEN,
    &DESTINATION_OTHER_GIT,
    &DESTINATION_AZURE_DEVOPS,
    &DESTINATION_AZURE_RESOURCE_MANAGER,
    &DESTINATION_AZURE_REPOS,
    &DESTINATION_GITHUB,
    &DESTINATION_APP_ID,
    &DESTINATION_APP_KEY,
    &DESTINATION_CERTIFICATE,
    &DESTINATION_AUTHORITY,
    &DESTINATION_HOST_KIND,
    &INCLUDE,
    &EXCLUDE,
    &MAP_REFS,
    &PRUNE,
    &EMPTY_SOURCE,
    &DRY_RUN,
    &MAX_DELETIONS,
    &DIVERGED_REFS,
    &KEEP_REPLACED,
    &KEEP_REPLACED_DAYS,
    &REJECTED_REFS,
    &LFS,
    &LFS_MISSING,
    &MAX_PUSH_SIZE,
    &INCLUDE_REPOSITORIES,
    &EXCLUDE_REPOSITORIES,
    &INCLUDE_WIKIS,
    &REPOSITORY_NAME,
    &OVERWRITE_UNRELATED,
    &PARALLEL_REPOSITORIES,
    &CREATE_DESTINATION,
    &DEFAULT_BRANCH,
    &MAX_ATTEMPTS,
    &CONNECT_TIMEOUT,
    &STALL_TIMEOUT,
    &REPORT_TIMEOUT,
    &RUN_TIMEOUT,
    &BUILD_TAGS,
    &HEARTBEAT,
    &CLONE_DIRECTORY,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hosts;

    #[test]
    fn the_agent_names_a_variable_in_upper_case_with_underscores() {
        assert_eq!(SOURCE_CERTIFICATE.variable(), "INPUT_SOURCEVERIFYSSLCERTIFICATE");
        let input = Input { name: "a.b c-d", ..PRUNE };
        assert_eq!(input.variable(), "INPUT_A_B_C-D");
    }

    #[test]
    fn a_text_for_a_person_names_flags_and_variables() {
        let text = "Check 'sourceGitRepositoryUri', 'sourceGitRepositoryPersonalAccessToken', 'sourceServiceConnection'";
        assert_eq!(Caller::Agent.named(text), text);
        assert_eq!(Caller::Person.named(text), "Check '--source', 'SOURCE_TOKEN', 'sourceServiceConnection'");
    }

    #[test]
    fn the_help_names_every_kind_of_host() {
        let words: Vec<_> = both_sides::HOST_KIND_HELP.split(|c: char| !c.is_ascii_alphabetic()).collect();
        for row in &hosts::TABLE {
            assert!(words.contains(&row.word), "{}", row.word);
        }
    }

    #[test]
    fn a_person_can_give_every_kind_of_host() {
        let mut known: Vec<_> = hosts::TABLE.iter().map(|row| row.word).chain(["auto"]).collect();
        let mut given = both_sides::HOST_KIND_WORDS.to_vec();
        known.sort_unstable();
        given.sort_unstable();
        assert_eq!(given, known);
    }

    #[test]
    fn no_two_inputs_share_a_name_or_a_flag() {
        for (at, input) in TABLE.iter().enumerate() {
            for other in &TABLE[..at] {
                assert_ne!(input.variable(), other.variable());
                assert!(input.cli == CliForm::Never || input.cli != other.cli);
            }
        }
    }
}
