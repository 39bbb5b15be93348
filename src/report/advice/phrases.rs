//! Parts of advice that depend on who reads it: a run by hand has no pipeline, no service connection and no other task.

use crate::config::inputs::Caller;

/// A part of a text, which stands there as a name in braces.
#[derive(Clone, Copy, Debug)]
pub struct Phrase {
    /// The name, with its braces.
    pub name: &'static str,
    /// For the reader of a pipeline's log.
    pub agent: &'static str,
    /// For a person at a terminal.
    pub person: &'static str,
}

const fn phrase(name: &'static str, agent: &'static str, person: &'static str) -> Phrase {
    Phrase { name, agent, person }
}

/// All of them. Names of inputs in braces can be in them.
pub const PHRASES: [Phrase; 26] = [
    phrase("{Run again}", "Run the pipeline again", "Try again"),
    phrase("{run again}", "run the pipeline again", "try again"),
    phrase(
        "{give}",
        "a connection or an App, as '{authentication}' lists them, or a token in '{token}'",
        "a token in '{token}'",
    ),
    phrase("{by a task}", ", for example with the task InstallSSHKey@0", ""),
    phrase(
        "{install}",
        "Install the private key with the task InstallSSHKey@0 before this one (one with a passphrase together with its \
         'sshPassphrase')",
        "Give ssh the private key (in ssh-agent, if it has a passphrase)",
    ),
    phrase(
        "{passphrase}",
        "Give it to the task InstallSSHKey@0 as 'sshPassphrase', or use a key without one.",
        "Add the key to ssh-agent, or use one without a passphrase.",
    ),
    phrase("{as the task}", ", as the task InstallSSHKey@0 does", ""),
    phrase("{user}", "the agent's user", "the user that runs this"),
    phrase("{machine}", "this agent", "this machine"),
    phrase("{the machine}", "the agent", "this machine"),
    phrase("{task}", "task", "program"),
    phrase("{a checkout}", "a checkout of the agent", "a shallow clone"),
    phrase("{A checkout}", "A checkout of the agent", "A checkout of a single commit"),
    phrase(
        "{checkout without objects}",
        "; a checkout of the agent brings those of its commit alone, and only with 'lfs: true'",
        "",
    ),
    phrase("{token or connection}", "a token or a connection", "a token"),
    phrase(
        "{proxy password}",
        "Give them where {proxy} is set: in the agent's configuration (config --proxyurl, --proxyusername and \
         --proxypassword), or in the variable's URL.",
        "Give them in the URL of {proxy}.",
    ),
    phrase(
        "{undefined}",
        "Check its spelling, that its variable group is linked, and that this run may use secrets (a build of a fork \
         may not).",
        "Only a pipeline puts in what '$(…)' stands for: give the value itself, in a shell as \"$NAME\".",
    ),
    phrase("{private}", ": an agent hosted by Microsoft cannot see a private network", ""),
    phrase("{bypass}", "the agent's .proxybypass, or NO_PROXY", "NO_PROXY"),
    phrase("{assertion}", "the service connection", "the token in AZURE_FEDERATED_TOKEN_FILE"),
    phrase(
        "{issuer and subject}",
        "the issuer and the subject that Azure DevOps shows under Project settings > Service connections > the connection > Edit (a subject with \
         names in it ends when the organization, the project or the connection is renamed)",
        "the claims 'iss' and 'sub' of the token",
    ),
    phrase("{token file}", "", ", and let AZURE_FEDERATED_TOKEN_FILE hold a token that is still valid"),
    phrase(
        "{application and tenant}",
        "the application id and the tenant id of {credentials}",
        "AZURE_CLIENT_ID and AZURE_TENANT_ID",
    ),
    phrase("{client secret}", "{credentials}", "AZURE_CLIENT_SECRET"),
    phrase("{certificate}", "{credentials}", "the file of AZURE_CLIENT_CERTIFICATE_PATH"),
    phrase("{managed identity}", "{credentials}", "AZURE_CLIENT_ID"),
];

/// Puts in what this caller reads.
pub(super) fn for_caller(text: &str, caller: Caller) -> String {
    PHRASES.iter().fold(text.to_owned(), |text, Phrase { name, agent, person }| {
        text.replace(name, if caller == Caller::Agent { agent } else { person })
    })
}
