//! What `ssh` says.

use super::Hint;
use super::table::says;

pub(super) static HINTS: &[Hint] = &[
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
        "Install the private key with the task InstallSSHKey@0 before this one, and register its public key at the \
         host with the right to {right} this repository.",
    ),
    says(
        &["Could not resolve hostname"],
        "No server of that name was found.",
        "Check the host name in '{url}', and that this agent can reach it: an agent hosted by Microsoft cannot see a \
         private network.",
    ),
];
