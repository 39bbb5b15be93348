//! Texts of GitHub.

use super::hint::{Hint, says};
use super::own::HEX_NAME;

pub(crate) static HINTS: &[Hint] = &[
    says(
        &["GH001", "exceeds GitHub's file size limit"],
        "A file is larger than GitHub's 100 MB.",
        "Move it to Git LFS at the source, which rewrites the history, or leave the refs that hold it out.",
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
        "In the branch's protection rule, allow force pushes and let the owner of {credentials} bypass it, or leave \
         the branch out with 'excludeRefs'.",
    ),
    says(
        &["GH007"],
        "Commits would publish an e-mail address that its owner keeps private.",
        "Turn 'Block command line pushes that expose my email' off in the account of {credentials}.",
    ),
    says(
        &["GH008", "LFS objects are missing"],
        "Objects of Git LFS are missing at the destination.",
        "Copy them first, with 'git lfs fetch --all' and 'git lfs push --all', or turn LFS off at the destination.",
    ),
    says(
        &["GH009", "push declined due to repository rule violations", "Push cannot contain secrets"],
        "A rule of the repository, such as secret scanning, refuses the push.",
        "Do what the server says, or add the owner of {credentials} to the rule's bypass list.",
    ),
    says(
        &["GH013"],
        "A ruleset refuses the push.",
        "Add the owner of {credentials} to the bypass list of the ruleset, or leave the ref out with 'excludeRefs'.",
    ),
    says(
        &["to create or update workflow"],
        "The token may not write GitHub's workflow files.",
        "Give the token the scope 'workflow'; a fine-grained one the permission 'Workflows: Read and write'.",
    ),
    says(
        &["SAML SSO", "enabled or enforced SAML"],
        "The organization wants the token authorized for single sign-on.",
        "In GitHub's settings of the token, choose 'Configure SSO' and authorize it for the organization.",
    ),
    says(
        &["Invalid username or token", "Support for password authentication was removed", "Bad credentials"],
        "GitHub takes tokens and no passwords, and this is no valid token.",
        "Make a new one and give it in '{token}'.",
    ),
    says(
        &["Write access to repository not granted", " denied to "],
        "Whoever signed in may read, but not write.",
        "Give the right to write: at GitHub 'Contents: Read and write', at GitLab 'write_repository'.",
    ),
];
