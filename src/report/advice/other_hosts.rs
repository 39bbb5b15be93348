//! Texts of GitLab, Bitbucket, Google, AWS, Gitea and Gerrit.

use super::hint::{Hint, says};

pub(crate) static HINTS: &[Hint] = &[
    says(
        &["A default branch (e.g. main) does not yet exist"],
        "GitLab lets only a Maintainer or Owner push the first branch of an empty project.",
        "Give {account} the role Maintainer, or let an Owner create the default branch first.",
    ),
    says(
        &["HTTP Basic: Access denied"],
        "GitLab takes a user name with the token, and not an empty one.",
        "Give 'user:token' in '{token}', with a token of the scope 'read_repository' or 'write_repository' that has \
         not expired.",
    ),
    says(
        &[
            "not allowed to force push code to a protected branch",
            "not allowed to push code to protected branches",
        ],
        "The branch is protected.",
        "In Settings > Repository > Protected branches, allow force push and let {account} push, or \
         leave the branch out with 'excludeRefs'.",
    ),
    says(
        &["The project you were looking for could not be found"],
        "GitLab has no such project, or does not show it to whoever signed in.{create}",
        "Check '{url}', and that {credentials} may {right} the project.",
    ),
    says(
        &["Authentication failed because basic", "Basic authentication has been disabled"],
        "The server takes no user with a password.",
        "Give an HTTP access token alone in '{token}'; it is then sent as a Bearer token.",
    ),
    says(
        &["Invalid authentication credentials", "remote error: Forbidden"],
        "Google does not take these credentials, or they may not {right} the repository.",
        "Give a new token, or 'git-user:token' of the host's page for Git credentials, in '{token}', and its owner \
         the role 'source.writer'.",
    ),
    says(
        &["mirror repository "],
        "The destination is itself a mirror that pulls from elsewhere.",
        "Convert it to a normal repository in its settings.",
    ),
    says(
        &["is archived", "was archived so it is read-only", "repository is archived"],
        "The repository is archived.",
        "Unarchive it in its settings.",
    ),
    says(
        &["prohibited by Gerrit"],
        "A right is missing at Gerrit, which the server names.",
        "Grant it on 'refs/heads/*' and 'refs/tags/*': Push with force, Create Reference, Delete Reference, Forge \
         Author and Committer, Push Annotated Tag.",
    ),
    says(
        &["Too many reference update commands", "more than 4,000 references", "too many refs in push"],
        "The host takes only some refs a push.",
        "Mirror a part of them first, with 'includeRefs', then the rest.",
    ),
    says(
        &["Rate limit for this resource has been exceeded", "rate limit exceeded", "secondary rate limit"],
        "The host slows this user down.",
        "{Run again} later, and less often.",
    ),
];
