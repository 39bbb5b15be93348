//! The table of advice. The first row that fits counts: codes first, then texts, then kinds of fault.
//!
//! In the texts, `{url}`, `{token}`, `{connection}`, `{verify}` and `{authority}` are the inputs of the side,
//! `{credentials}` is what was used to sign in, and `{right}` is "read" or "write to".

use super::{By, Cause, Hint};
use crate::error::{Fault, Phase};
use crate::remote::Origin;

const JOB_SCOPE: &str = "The job's own identity, 'PROJECT Build Service (ORGANISATION)', must be allowed to {right} \
    the repository; if the job is limited to repositories that it names, name this one in the YAML ('resources' and \
    'uses'), or turn off 'Limit job authorization scope' and 'Protect access to repositories in YAML pipelines' in \
    the project's settings. Or give a token in '{token}'.";

/// All that is known to go wrong.
pub static TABLE: &[Hint] = &[
    // Azure Repos.
    says(&["TF401019"], "Azure DevOps has no such repository, or does not show it to this job.", JOB_SCOPE)
        .by(By::Credentials(Origin::Job)),
    says(
        &["TF401019"],
        "Azure DevOps has no such repository, or does not show it to whoever signed in.",
        "Check organisation, project and repository in '{url}', without '.git' at the end; {credentials} needs the \
         scope Code (Read & write at the destination), and its owner the right to read the repository.",
    ),
    says(
        &["GenericContribute"],
        "Whoever signed in may not push to this repository.",
        "In Project settings > Repositories > Security, allow that identity 'Contribute'.",
    ),
    says(
        &["ForcePush"],
        "Whoever signed in may not overwrite or delete branches.",
        "In Project settings > Repositories > Security, allow that identity 'Force push (rewrite history, delete \
         branches and tags)'.",
    ),
    says(
        &["CreateBranch"],
        "Whoever signed in may not create branches.",
        "In Project settings > Repositories > Security, allow that identity 'Create branch'.",
    ),
    says(
        &["CreateTag"],
        "Whoever signed in may not create tags.",
        "In Project settings > Repositories > Security, allow that identity 'Create tag'.",
    ),
    says(
        &["ManageNote"],
        "Whoever signed in may not write notes.",
        "In Project settings > Repositories > Security, allow that identity 'Manage notes', or leave 'refs/notes/*' \
         out of 'includeRefs'.",
    ),
    says(
        &["PolicyExempt", "TF402455"],
        "A branch policy wants a pull request.",
        "Drop the policy at the mirror, allow the identity that pushes 'Bypass policies when pushing', or leave the \
         branch out with 'excludeRefs'.",
    ),
    says(
        &["TF401027"],
        "Whoever signed in lacks a right, which the server names.",
        "In Project settings > Repositories > Security, allow that identity the right.",
    ),
    says(
        &["TF401028"],
        "Somebody else changed the ref during this run.",
        "Run the pipeline again, and look for another writer to the mirror.",
    ),
    says(
        &["TF401444"],
        "This account has never signed in to Azure DevOps.",
        "Sign in once with a browser as the owner of {credentials}.",
    ),
    says(
        &["TF400813"],
        "Azure DevOps does not know who asks.",
        "Make a new personal access token with the scope Code, and give it in '{token}'.",
    ),
    says(
        &["TF400733"],
        "Azure DevOps slows this user down.",
        "Run the pipeline again later, and less often.",
    ),
    says(
        &["VS403654"],
        "A commit holds a secret.",
        "Remove it from the source's history, or bypass push protection in the settings of Advanced Security.",
    ),
    says(
        &["VS403658", "bytes, greater than"],
        "A file is larger than the repository's policy allows.",
        "Raise the maximum file size of the destination in Project settings > Repositories > Policies, or move the \
         file to Git LFS at the source.",
    ),
    says(
        &["VS403702"],
        "A policy on the e-mail addresses of authors refuses commits.",
        "Turn 'Commit author email validation' off for the mirror in Project settings > Repositories > Policies.",
    ),
    says(
        &["VS403500", "size of your push exceeds the limit"],
        "Azure Repos takes at most 5 GB a push.",
        "Mirror a part of the refs first, with 'includeRefs', then the rest.",
    ),
    says(
        &["will increase this repository size by"],
        "The repository would grow beyond its limit.",
        "Clean up the history at the source, or move large files to Git LFS there.",
    ),
    says(
        &["The Git pack file limit has been reached"],
        "Azure DevOps is busy packing this repository.",
        "Run the pipeline again later.",
    ),
    says(
        &["TF401041"],
        "Azure DevOps wants another way of asking than this task's.",
        "This is a bug of the task; please report it.",
    ),
    says(
        &["can only be performed by the system", "deny updating a hidden ref"],
        "The host keeps these refs for itself.",
        "Leave them out with 'excludeRefs'.",
    ),
    says(
        &["Name conflicts with refs/", "cannot lock ref"],
        "The destination holds a ref whose name differs only in case, or of which one is a folder of the other.",
        "Delete that ref at the destination, or rename or exclude one of the two.",
    ),
    says(
        &["UnresolvableToCommit"],
        "The ref does not lead to a commit, which Azure Repos wants.",
        "Leave it out with 'excludeRefs'.",
    ),
    // GitHub.
    says(
        &["GH001", "exceeds GitHub's file size limit"],
        "A file is larger than GitHub's 100 MB.",
        "Move it to Git LFS at the source, which rewrites the history, or leave the refs that hold it out.",
    ),
    says(
        &["GH002", "cannot create a branch with a SHA-1 or SHA-256 branch name"],
        "The host takes no name that looks like an object id.",
        "Rename the ref at the source, or leave it out with 'excludeRefs'.",
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
        "The organisation wants the token authorised for single sign-on.",
        "In GitHub's settings of the token, choose 'Configure SSO' and authorise it for the organisation.",
    ),
    says(
        &["Invalid username or token", "Support for password authentication was removed", "Bad credentials"],
        "GitHub takes tokens and no passwords, and this is no valid token.",
        "Make a new one and give it in '{token}'.",
    ),
    says(
        &["Write access to repository not granted", " denied to "],
        "The token may read, but not write.",
        "Give it the right to write: at GitHub 'Contents: Read and write', at GitLab 'write_repository'.",
    ),
    // GitLab, Bitbucket, Google, AWS, Gitea, Gerrit.
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
        "In Settings > Repository > Protected branches, allow force push and let the owner of {credentials} push, or \
         leave the branch out with 'excludeRefs'.",
    ),
    says(
        &["The project you were looking for could not be found"],
        "GitLab has no such project, or does not show it to whoever signed in.",
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
        &["mirror repository is read-only", "mirror repository is read only"],
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
        "Run the pipeline again later, and less often.",
    ),
    // Git itself.
    says(
        &[
            "deletion of the current branch prohibited",
            "refusing to delete the current branch",
            "default branch",
        ],
        "The destination's default branch cannot be deleted, and the source does not have it.",
        "Make another branch the default at the destination first, or keep this one with 'excludeRefs'.",
    ),
    says(
        &["pack exceeds maximum allowed size"],
        "The push is larger than the host takes at once: GitHub 2 GiB, Bitbucket 3.5 GB, Azure Repos 5 GB.",
        "Mirror a part of the refs first, with 'includeRefs', then the rest.",
    ),
    says(
        &["atomic push failure", "atomic transaction failed"],
        "Another ref of the same push was refused.",
        "Look at the other refs' reasons.",
    ),
    says(
        &["shallow update not allowed"],
        "The source does not have all its history.",
        "Give its complete original as the source, not a checkout of the agent.",
    ),
    says(
        &[
            "(already exists)",
            "would clobber existing tag",
            "denying non-fast-forward",
            "non-fast-forward",
            "fetch first",
        ],
        "The destination is configured to refuse that a ref is overwritten.",
        "Allow force pushes there (receive.denyNonFastForwards), or leave the ref out with 'excludeRefs'.",
    ),
    says(
        &["missing necessary objects", "unpacker error", "unresolved deltas", "index-pack abnormal exit"],
        "The destination could not store the pack.",
        "Check that the source passes 'git fsck', and that the destination's disk is not full; then run the pipeline \
         again.",
    ),
    says(
        &["pre-receive hook declined"],
        "A hook or rule of the destination refuses the push.",
        "The server says why in the lines 'remote (destination)'. Change the rule for the owner of {credentials}, or \
         leave the ref out with 'excludeRefs'.",
    ),
    says(
        &["hook declined"],
        "A hook of the destination refuses this ref.",
        "The server says why in the lines 'remote (destination)'; leave the ref out with 'excludeRefs' if it must be.",
    ),
    // SSH.
    says(
        &["Host key verification failed", "REMOTE HOST IDENTIFICATION HAS CHANGED"],
        "The server's host key is not known to this machine, or is another than before.",
        "Add the key that the host publishes to known_hosts; the task InstallSSHKey@0 does it.",
    ),
    says(
        &["RSA key with SHA-1", "ERROR_SSH_UNSUPPORTED_CIPHER", "no mutual signature"],
        "The server takes no 'ssh-rsa' signatures any more.",
        "Use a key of the type ed25519, or an RSA key with a newer ssh (rsa-sha2-256).",
    ),
    says(
        &[
            "Permission denied (publickey",
            "Permission denied, please try again",
            "Too many authentication failures",
        ],
        "The server knows no key that this machine offered.",
        "Install the private key with the task InstallSSHKey@0 before this one, and give the public key to the host.",
    ),
    says(
        &["Could not resolve hostname"],
        "No server of that name was found.",
        "Check the host name in '{url}', and that this agent can reach it: an agent hosted by Microsoft cannot see a \
         private network.",
    ),
    // Kinds of fault.
    fault(
        Fault::SignIn,
        "The server wants a sign-in.",
        "Give a token in '{token}' or a connection in '{connection}'.",
    )
    .by(By::Nothing),
    fault(Fault::SignIn, "The server does not take the job's token.", JOB_SCOPE)
        .by(By::Credentials(Origin::Job)),
    fault(
        Fault::SignIn,
        "The server does not take the credentials: they are wrong or have expired.",
        "Renew {credentials}; a token goes in '{token}' alone, or as 'user:token' where the host wants a user name.",
    ),
    fault(Fault::Forbidden, "The job may not do that.", JOB_SCOPE).by(By::Credentials(Origin::Job)),
    fault(
        Fault::Forbidden,
        "",
        "Let the owner of {credentials} {right} this repository, and give a token the matching scope.",
    ),
    fault(
        Fault::NotFound,
        "There is no such repository, or it is not shown to those who do not sign in.",
        "Check the spelling of '{url}', and give a token in '{token}' or a connection in '{connection}'.",
    )
    .by(By::Nothing),
    fault(Fault::NotFound, "There is no such repository, or it is not shown to this job.", JOB_SCOPE)
        .by(By::Credentials(Origin::Job)),
    fault(
        Fault::NotFound,
        "There is no such repository, or it is not shown to whoever signed in.",
        "Check the spelling of '{url}', and that {credentials} may {right} it (at GitHub also that the token is \
         authorised for the organisation's single sign-on).",
    ),
    fault(
        Fault::Unreachable,
        "",
        "Check the host name in '{url}', and that this agent can reach it: an agent hosted by Microsoft cannot see a \
         private network.",
    ),
    fault(
        Fault::Interrupted,
        "",
        "Run the pipeline again. If this repeats, look for a proxy or a time limit between the agent and the server.",
    ),
    fault(
        Fault::Certificate,
        "",
        "Give the authority that signed the server's certificate as a PEM file in '{authority}', or install it in \
         this machine's trust store. Only if you must, turn '{verify}' off.",
    ),
    fault(Fault::Busy { retry_after: None }, "", "Run the pipeline again later."),
    fault(
        Fault::Proxy,
        "",
        "Check the proxy, its user and its password in the agent's configuration, or in HTTPS_PROXY and NO_PROXY.",
    ),
    fault(
        Fault::TooLarge,
        "A server or a proxy before it limits the size of a push.",
        "Ask its administrator to raise the limit (in nginx client_max_body_size), or mirror a part of the refs \
         first, with 'includeRefs'.",
    ),
    fault(Fault::Redirect, "", "Put the address that the server redirects to into '{url}'."),
    fault(
        Fault::NotGit,
        "",
        "Check that '{url}' is the clone URL of a Git repository, not a page of its web site.",
    ),
    fault(Fault::Moved, "The repository changed while it was read.", "Run the pipeline again."),
    fault(
        Fault::Protocol,
        "",
        "Check that '{url}' leads to a Git server, and no proxy changes what it answers.",
    ),
    at(
        Fault::Input,
        Phase::Plan,
        "Check the two URLs, and 'includeRefs' and 'excludeRefs'. An empty source needs 'allowEmptySource', many \
         deletions a higher 'maxDeletionsPercent', and both repositories must have the same object format.",
    ),
    fault(
        Fault::Input,
        "",
        "A shallow repository cannot be mirrored; give its complete original as the source.",
    ),
    fault(
        Fault::Refused,
        "",
        "Allow this in the host's policies or rules for the owner of {credentials}, or leave the ref out with \
         'excludeRefs'.",
    ),
];

const fn says(says: &'static [&'static str], meaning: &'static str, advice: &'static str) -> Hint {
    Hint { says, fault: Cause::Any, by: By::Anything, meaning, advice }
}

const fn fault(fault: Fault, meaning: &'static str, advice: &'static str) -> Hint {
    Hint { says: &[], fault: Cause::Of(fault), by: By::Anything, meaning, advice }
}

const fn at(fault: Fault, phase: Phase, advice: &'static str) -> Hint {
    Hint { says: &[], fault: Cause::At(fault, phase), by: By::Anything, meaning: "", advice }
}

impl Hint {
    const fn by(self, by: By) -> Self {
        Self { by, ..self }
    }
}
