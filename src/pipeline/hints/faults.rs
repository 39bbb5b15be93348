//! What is known where no words are: the kind of fault, and what was used to sign in.

use super::table::{JOB_SCOPE, fault, says_of};
use super::{By, Hint};
use crate::error::Fault;
use crate::remote::Origin;

pub(super) static HINTS: &[Hint] = &[
    fault(
        Fault::SignIn,
        "The server knows no key that this machine offered.",
        "Give the agent's user the private key, for example with the task InstallSSHKey@0, and register its public \
         key at the host with the right to {right} this repository.",
    )
    .by(By::Key),
    fault(Fault::Forbidden, "", "Let the user that the SSH key belongs to {right} this repository.").by(By::Key),
    fault(
        Fault::NotFound,
        "There is no such repository, or it is not shown to the user that the SSH key belongs to.",
        "Check the spelling of '{url}', and that user's rights.",
    )
    .by(By::Key),
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
         authorized for the organization's single sign-on).",
    ),
    says_of(
        Fault::Unreachable,
        &["no server of that name was found"],
        "Check the host name in '{url}', and that this agent can resolve it: an agent hosted by Microsoft cannot see \
         a private network.",
    ),
    says_of(
        Fault::Unreachable,
        &["Connection refused"],
        "Check the host name and the port in '{url}', that the server runs, and that no firewall is in the way.",
    ),
    fault(
        Fault::Unreachable,
        "",
        "Check the host name and the port in '{url}', and that no firewall is in the way: an agent hosted by \
         Microsoft cannot see a private network.",
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
        Fault::Impatient,
        "The server, or a proxy before it, ended a request that took too long.",
        "Run the pipeline again; if this repeats, ask for a longer time limit there.",
    ),
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
    fault(
        Fault::Damaged,
        "The repository lacks objects of its own history, or cannot read them.",
        "Run 'git fsck' in the repository behind '{url}', and mend it, or leave the damaged refs out with 'excludeRefs'.",
    ),
    fault(Fault::Moved, "The repository changed while it was read.", "Run the pipeline again."),
    fault(
        Fault::Protocol,
        "",
        "Check that '{url}' leads to a Git server, and no proxy changes what it answers.",
    ),
    says_of(
        Fault::Input,
        &["is a shallow repository"],
        "Give its complete original in '{url}', or fetch the rest of its history ('git fetch --unshallow').",
    ),
    says_of(
        Fault::Input,
        &["no such folder", "the folder above it does not exist"],
        "Check the path in '{url}', and that it is on this machine.",
    ),
    says_of(
        Fault::Input,
        &["it is no Git repository", "it is a file, not the folder"],
        "Give the folder of a Git repository in '{url}'. A folder that holds something else is never overwritten.",
    ),
    says_of(
        Fault::Input,
        &["must have the object format sha1"],
        "Reach this repository over https:// or ssh://, which take the format sha256 too.",
    ),
    fault(Fault::Input, "", "Check '{url}', 'includeRefs' and 'excludeRefs'."),
    fault(
        Fault::HostKey,
        "",
        "Compare the server's host key with the one that its owner publishes, and put it into known_hosts, for \
         example with the task InstallSSHKey@0.",
    ),
    fault(
        Fault::NoProgram,
        "",
        "Install OpenSSH's client ('ssh') on this machine, or check GIT_SSH_COMMAND; an https:// URL in '{url}' \
         needs no program.",
    ),
    Hint {
        says: &["the temporary file for the pack"],
        ..fault(
            Fault::Local,
            "The destination did not wait for the source, so the pack had to go through a file.",
            "Make room in the agent's temporary folder.",
        )
    },
    fault(
        Fault::Local,
        "",
        "Check the repository in '{url}' with 'git fsck', that its folder belongs to the user that the agent runs \
         as, and that its disk has room.",
    ),
    fault(
        Fault::Refused,
        "",
        "Allow this in the host's policies or rules for the owner of {credentials}, or leave the ref out with \
         'excludeRefs'.",
    ),
];
