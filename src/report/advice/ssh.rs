//! Texts of `ssh`.

use super::hint::{Hint, says};

pub(crate) static HINTS: &[Hint] = &[
    says(
        &["Host key verification failed", "REMOTE HOST IDENTIFICATION HAS CHANGED"],
        "The server's host key is not known to this machine, or is another than before.",
        "Compare its key with the one that the host publishes, and put that into 'known_hosts', for example with the \
         task InstallSSHKey@0.",
    ),
    says(
        &["no matching host key type"],
        "The server has no host key of a type that this machine's ssh still takes.",
        "Let its owner add a host key of the type ed25519 or rsa-sha2-256, or allow its type with HostKeyAlgorithms in \
         GIT_SSH_COMMAND.",
    ),
    says(
        &["incorrect passphrase"],
        "The private key has a passphrase, and nobody is there to type it.",
        "Give it to the task InstallSSHKey@0 as 'sshPassphrase', or use a key without one.",
    ),
    says(
        &["UNPROTECTED PRIVATE KEY FILE", "are too open", "this private key will be ignored"],
        "ssh takes no private key that other users of the machine may read.",
        "Let its file belong to the agent's user alone ('chmod 600'), as the task InstallSSHKey@0 does.",
    ),
    says(
        &["deploy key", "deployment key", "DeployKey", "marked as read only"],
        "The key is a deploy key, which may only read.",
        "Let it write: at the host, give the deploy key write access, or register the key of a user who has it (at \
         Bitbucket Cloud no deploy key may write).",
    ),
    says(
        &["RSA key with SHA-1", "ERROR_SSH_UNSUPPORTED_CIPHER", "no mutual signature"],
        "The server takes no 'ssh-rsa' signatures any more.",
        "Use a key of the type ed25519, or an RSA key with a newer ssh (rsa-sha2-256).",
    ),
    says(
        &["Too many authentication failures"],
        "ssh offered more keys than the server lets it try.",
        "Name the right one, and offer no other: 'IdentityFile' and 'IdentitiesOnly yes' in the ~/.ssh/config of the \
         agent's user, or in GIT_SSH_COMMAND.",
    ),
    says(
        &["Permission denied (publickey", "Permission denied, please try again"],
        "The server took no key that this machine could offer.",
        "Install the private key with the task InstallSSHKey@0 before this one (one with a passphrase together with \
         its 'sshPassphrase'), and register its public key at the host with the right to {right} this repository.",
    ),
    says(
        &["exchange_identification", "banner exchange"],
        "The server hung up before anybody could sign in: it has too many connections, or lets none of this address \
         in.",
        "Run the pipeline again. If this repeats, ask the server's owner about MaxStartups, bans and lists of \
         addresses.",
    ),
    says(
        &["Bad owner or permissions on", "Bad configuration option"],
        "ssh on this machine cannot be used as it is configured.",
        "Mend the file that it names.",
    ),
    says(
        &["Could not resolve hostname"],
        "No server of that name was found.",
        "Check the host name in '{url}', and that this agent can reach it: an agent hosted by Microsoft cannot see a \
         private network.",
    ),
];
