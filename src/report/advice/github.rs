//! Texts of GitHub.

use super::hint::{APP_PERMISSION, By, Hint, says};
use super::own::HEX_NAME;
use crate::auth::identity::{ConnectionType, CredentialOrigin};

const BY_CONNECTION: By = By::Credentials(CredentialOrigin::Connection(ConnectionType::GitHub));

const BAD_CREDENTIALS: &[&str] =
    &["Invalid username or token", "Support for password authentication was removed", "Bad credentials"];

pub(crate) static HINTS: &[Hint] = &[
    says(
        &["GH001", "exceeds GitHub's file size limit"],
        "A file is larger than GitHub's 100 MB.",
        "Move it to Git LFS at the source, which rewrites the history ('git lfs migrate import'), or leave the refs that hold it out with 'excludeRefs'.",
    ),
    says(
        &["GH002", "cannot create a branch with a SHA-1 or SHA-256 branch name"],
        HEX_NAME.meaning,
        HEX_NAME.text,
    ),
    says(
        &["GH003"],
        "GitHub refuses to overwrite this branch.",
        "Allow force pushes in the branch's protection rule, or leave the branch out with 'excludeRefs'.",
    ),
    says(
        &["GH006", "protected branch hook declined"],
        "The branch is protected.",
        "In the branch's protection rule, allow force pushes and let {account} bypass it, or leave \
         the branch out with 'excludeRefs'.",
    ),
    says(
        &["GH007"],
        "Commits would publish an e-mail address that its owner keeps private.",
        "Turn 'Block command line pushes that expose my email' off in the settings of {account}.",
    ),
    says(
        &["GH008", "LFS objects are missing"],
        "Objects of Git LFS are missing at the destination.",
        "Let 'lfs' be 'auto', or 'full': then they are copied before the refs. If it is, the log names those that the source \
         lacks, or the side without Git LFS: push them from a clone that has them ('git lfs push --all'), or turn Git LFS \
         off at the destination.",
    ),
    says(
        &["GH009", "Push cannot contain secrets"],
        "A rule of the repository, such as secret scanning, refuses the push.",
        "Do what the server says, or add {account} to the rule's bypass list.",
    ),
    says(
        &["GH013", "repository rule violations"],
        "A ruleset refuses the push.",
        "Add {account} to the bypass list of the ruleset, or leave the ref out with 'excludeRefs'.",
    ),
    says(
        &["allow a GitHub App to create or update workflow"],
        "The App may not write GitHub's workflow files.",
        "In the App's settings at GitHub, under Permissions & events, give it 'Workflows: Read and write', and let the \
         repository's owner accept that at the installation. If the App is not yours, as that of Azure Pipelines, take an \
         App of your own.",
    ),
    says(
        &["allow an OAuth App to create or update workflow"],
        "The connection may not write GitHub's workflow files.",
        "Take a GitHub App of your own with 'Workflows: Read and write', or a token with the scope 'workflow'.",
    ),
    says(
        &["to create or update workflow"],
        "The token may not write GitHub's workflow files.",
        "Give the token the scope 'workflow'; a fine-grained one the permission 'Workflows: Read and write'.",
    ),
    says(&["Resource not accessible by integration"], "The App lacks a permission.", APP_PERMISSION),
    says(
        &["Resource not accessible by personal access token"],
        "The fine-grained token lacks a permission, or is not for this repository.",
        "In its settings at GitHub, choose this repository under Repository access, and give it 'Contents: {contents}'.",
    ),
    says(
        &["OAuth App access restrictions"],
        "The organization has not approved the OAuth App of the connection.",
        "Let an owner of the organization approve it: its Settings > Third-party Access > OAuth app policy.",
    ),
    says(
        &["SAML SSO", "enabled or enforced SAML"],
        "The organization wants the connection authorized for single sign-on.",
        "Let the user of the connection sign in at the organization with single sign-on, then authorize the connection \
         anew under Project settings > Service connections > the connection > Edit. A GitHub App needs none of this.",
    )
    .by(BY_CONNECTION),
    says(
        &["SAML SSO", "enabled or enforced SAML"],
        "The organization wants the token authorized for single sign-on.",
        "In GitHub's settings of the token, choose 'Configure SSO' and authorize it for the organization.",
    ),
    says(
        BAD_CREDENTIALS,
        "GitHub does not take the token of the connection: it has expired, or its access was taken back.",
        "Under Project settings > Service connections, edit {credentials} and authorize it anew, or give it a new token.",
    )
    .by(BY_CONNECTION),
    says(
        BAD_CREDENTIALS,
        "GitHub does not take the token of the App's installation.",
        "{Run again}. If this repeats, check that the App is still installed for the repository's owner.",
    )
    .by(By::Credentials(CredentialOrigin::GitHubApp)),
    says(
        BAD_CREDENTIALS,
        "GitHub takes tokens and no passwords, and this is no valid token.",
        "Make a new one and give it in '{token}'.",
    ),
    says(
        &["Write access to repository not granted", " denied to "],
        "The account used may read, but not write.",
        "Give the right to write: at GitHub 'Contents: Read and write' (of an App accepted at the installation, too), at \
         GitLab 'write_repository'.",
    ),
];
