//! Advice, and the rows of what servers say that lead to it.

use crate::auth::identity::{ConnectionType, CredentialOrigin};

/// The meaning of an error, and advice, with names in braces for what depends on the side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advice {
    /// Its meaning, in a sentence; empty where the error has said it.
    pub meaning: &'static str,
    /// The advice.
    pub text: &'static str,
}

/// Makes advice.
pub(crate) const fn advice(meaning: &'static str, text: &'static str) -> Advice {
    Advice { meaning, text }
}

/// One thing that servers say: how it is recognized, what it means, and what to do.
#[derive(Debug)]
pub struct Hint {
    /// Texts of the server: any of these, letters of either case.
    pub says: &'static [&'static str],
    /// For which errors.
    pub cause: Cause,
    /// The credentials that were used.
    pub by: By,
    /// Its meaning, in a sentence.
    pub meaning: &'static str,
    /// The advice, with names in braces for what depends on the side.
    pub advice: &'static str,
}

/// The errors that a row is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// All.
    Any,
    /// A refusal by this status of HTTP.
    Status(u16),
}

/// The credentials that a row is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// All, and none.
    Anything,
    /// None: nothing was given.
    Nothing,
    /// A key of this machine, over SSH.
    Key,
    /// Those of this origin.
    Credentials(CredentialOrigin),
    /// A token that Microsoft Entra issued.
    Entra,
}

/// The credentials that were used at a side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignedIn {
    WithNothing,
    WithKey,
    With(CredentialOrigin),
}

/// For the job's own identity, whose rights are set at several places.
pub(crate) const JOB_SCOPE: &str = "The job's own identity, 'PROJECT Build Service (ORGANIZATION)', must be allowed to {right} \
    the repository; if the job is limited to repositories that it names, name this one in the YAML ('resources' and \
    'uses'), or turn off 'Limit job authorization scope' and 'Protect access to repositories in YAML pipelines' in \
    the project's settings. Or let another identity sign in, of those that '{authentication}' lists.";

/// For an identity of Entra that the organization does not know.
pub(crate) const ADD_TO_ORGANIZATION: &str = "Add {account} to the organization in '{url}': Organization settings > Users > \
    Add users, with the access level Basic or higher, and with its project. The organization must be connected to the \
    tenant of the identity (Organization settings > Microsoft Entra).";

/// For an identity of Entra that the project does not know.
pub(crate) const ADD_TO_PROJECT: &str = "Check organization, project and repository in '{url}', without '.git' at the end. \
    Then make {account} a member of the project (Project settings > Permissions > Readers > Members > Add), with the \
    access level Basic or higher, and allow it {rights} under Project settings > Repositories > Security.";

/// For an identity of Entra that lacks a right.
pub(crate) const ALLOW_RIGHTS: &str = "Under Project settings > Repositories > Security, allow {account} {rights}. It needs \
    the access level Basic or higher (Organization settings > Users).";

/// For an App of GitHub that lacks the permission.
pub(crate) const APP_PERMISSION: &str = "In the App's settings at GitHub, under Permissions & events, give it 'Contents: \
    {contents}', and let the repository's owner accept that at the installation.";

/// Makes a row for what a server says with any error.
pub(crate) const fn says(says: &'static [&'static str], meaning: &'static str, advice: &'static str) -> Hint {
    Hint { says, cause: Cause::Any, by: By::Anything, meaning, advice }
}

/// Makes a row for words that tell something only beside this status of HTTP.
pub(crate) const fn status_says(
    number: u16,
    texts: &'static [&'static str],
    meaning: &'static str,
    advice: &'static str,
) -> Hint {
    Hint { cause: Cause::Status(number), ..says(texts, meaning, advice) }
}

impl By {
    /// Tells whether it is about these credentials.
    pub(crate) fn fits(self, signed_in: SignedIn) -> bool {
        match self {
            Self::Anything => true,
            Self::Nothing => signed_in == SignedIn::WithNothing,
            Self::Key => signed_in == SignedIn::WithKey,
            Self::Credentials(origin) => signed_in == SignedIn::With(origin),
            Self::Entra => matches!(signed_in, SignedIn::With(origin) if is_of_entra(origin)),
        }
    }
}

/// Tells whether Microsoft Entra issues the tokens.
pub(crate) fn is_of_entra(origin: CredentialOrigin) -> bool {
    match origin {
        CredentialOrigin::AzureEnvironment
        | CredentialOrigin::Connection(ConnectionType::AzureDevOps | ConnectionType::AzureResourceManager) => {
            true
        }
        CredentialOrigin::Token
        | CredentialOrigin::Url
        | CredentialOrigin::Job
        | CredentialOrigin::GitHubApp
        | CredentialOrigin::Connection(
            ConnectionType::OtherGit | ConnectionType::AzureRepos | ConnectionType::GitHub,
        ) => false,
    }
}

impl Hint {
    pub(crate) const fn by(self, by: By) -> Self {
        Self { by, ..self }
    }
}
