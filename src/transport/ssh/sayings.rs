//! The texts of `ssh`, Git and hosts, each with the kind of its fault.

use crate::error::{ErrorKind, UnreachableReason};

/// A fault, and parts of what is said of it, in lower case.
type Saying = (ErrorKind, &'static [&'static str]);

/// The first row that fits counts: what a host says of a repository is said to a key that it took.
const SAYINGS: [Saying; 13] = [
    (
        ErrorKind::HostKey,
        &["host key verification failed", "remote host identification has changed", "host key is known for"],
    ),
    (
        ErrorKind::Algorithms,
        &[
            // OpenSSH: key exchange method, cipher, MAC, host key type, compression method.
            "unable to negotiate with",
            "no matching key exchange method",
            "no matching cipher",
            "no matching mac",
            "no matching host key type",
            "bad server host key: invalid key length",
            // PuTTY.
            "couldn't agree a",
        ],
    ),
    (
        ErrorKind::Unavailable { retry_after: None },
        &[
            // GitLab's shell without its application.
            "api is not accessible",
            "internal api unreachable",
            "internal api error",
            "temporarily read-only",
            "gitea: internal server connection error",
            "forgejo: internal server connection error",
        ],
    ),
    (
        ErrorKind::NotFound,
        &[
            "does not appear to be a git repository",
            "not a git repository",
            "repository not found",
            "repository does not exist",
            // GitLab, Bitbucket Cloud.
            "the project you were looking for could not be found",
            "could not be found or you don't have permission",
            "either does not exist or you do not have access",
            // Gitea and Forgejo, Gerrit, gitolite.
            "cannot find repository",
            "project not found",
            "not found or not permitted",
            "or you mis-spelled the reponame",
            "invalid repo name",
            "tf401019",
        ],
    ),
    (
        ErrorKind::Forbidden,
        &[
            // GitHub.
            "error: permission to ",
            "write access to repository not granted",
            "marked as read only",
            "archived so it is read-only",
            "enabled or enforced saml",
            // GitLab.
            "you are not allowed to",
            "does not have write access",
            "read-only gitlab instance",
            "your account has been blocked",
            // Bitbucket.
            "repository access denied",
            "access via a deployment key is read-only",
            "is read only",
            // Gitea, Forgejo and Gogs, behind "Unauthorized"; Gitee.
            "gitea: unauthorized",
            "forgejo: unauthorized",
            "is not authorized to",
            "cannot push with deployment key",
            "mirror repository ",
            "deploykey does not support",
            // Gerrit, gitolite, git.
            "prohibited by gerrit",
            "denied by refs/",
            "denied by vref/",
            "detected dubious ownership",
            "tf401027",
        ],
    ),
    // Said beside a refusal of the sign-in, and the reason for it.
    (
        ErrorKind::Key,
        &[
            "incorrect passphrase",
            "unprotected private key file",
            "are too open",
            "this private key will be ignored",
            "error in libcrypto",
            "load key ",
        ],
    ),
    (
        ErrorKind::Unauthorized,
        &[
            "permission denied (",
            "permission denied, please try again",
            "too many authentication failures",
            "public key authentication failed",
            "rsa key with sha-1",
            "no mutual signature",
        ],
    ),
    (
        ErrorKind::ProgramMissing,
        &[
            "bad owner or permissions on",
            "bad configuration option",
            "unknown option --",
            "illegal option --",
        ],
    ),
    (
        ErrorKind::NoService,
        &[
            "not provide shell access",
            "shell access is not supported",
            "interactive git shell is not enabled",
            "unrecognized command",
            "disallowed command",
            "account is currently not available",
        ],
    ),
    (ErrorKind::Unreachable(UnreachableReason::UnknownName), &["could not resolve hostname"]),
    (ErrorKind::Unreachable(UnreachableReason::ConnectionRefused), &["connection refused"]),
    (
        ErrorKind::Unreachable(UnreachableReason::Other),
        &["timed out", "no route to host", "network is unreachable"],
    ),
    (
        ErrorKind::Interrupted,
        &["connection closed by", "connection reset by", "broken pipe", "banner exchange", "timeout, server"],
    ),
];

/// Returns whose fault it is, where the words are known; letters of either case.
pub(crate) fn kind(said: &str) -> Option<ErrorKind> {
    let said = said.to_lowercase();
    let fits = |texts: &[&str]| texts.iter().any(|text| said.contains(text));
    SAYINGS.iter().find(|(_, texts)| fits(texts)).map(|(kind, _)| *kind)
}

/// Tells what shells of Unix and Windows say of a program that they do not find or may not run.
pub(super) fn tells_a_missing_program(said: &str) -> bool {
    let said = said.to_lowercase();
    ["not found", "not recognized", "unknown command", "no such file"].iter().any(|text| said.contains(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::too_many_lines, reason = "it is one table")]
    fn the_words_tell_whose_fault_it_is() {
        for (expected, texts) in [
            (
                ErrorKind::HostKey,
                &[
                    "No ED25519 host key is known for host and you have requested strict checking.",
                    "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @",
                ][..],
            ),
            (
                ErrorKind::Algorithms,
                &[
                    "Unable to negotiate with h port 22: no matching host key type found. Their offer: ssh-rsa",
                    "Unable to negotiate with h: no matching key exchange method found.",
                    "Unable to negotiate with h: no matching cipher found. Their offer: aes128-cbc",
                    "Unable to negotiate with h: no matching MAC found. Their offer: hmac-md5",
                    "FATAL ERROR: Couldn't agree a key exchange algorithm (available: x)",
                ],
            ),
            (
                ErrorKind::NotFound,
                &[
                    "fatal: '/srv/x' does not appear to be a git repository",
                    "ERROR: Repository not found.",
                    "GitLab: The project you were looking for could not be found.",
                    "conq: repository does not exist.",
                    "Gogs: Repository does not exist",
                    "Gitea: Unauthorized\nCannot find repository contoso/app",
                    "FATAL: W any dst reader DENIED by fallthru\n(or you mis-spelled the reponame)",
                    "remote: TF401019: The Git repository with name or identifier app does not exist",
                ],
            ),
            (
                ErrorKind::Forbidden,
                &[
                    "ERROR: Permission to o/r.git denied to alice.",
                    "ERROR: The key you are authenticating with has been marked as read only.",
                    "ERROR: This repository was archived so it is read-only.",
                    "remote: ERROR: This deploy key does not have write access to this project.",
                    "remote: ERROR: You are not allowed to push code to this project.",
                    "repository access denied. access via a deployment key is read-only.",
                    "Forgejo: Unauthorized\nDeploy Key: 3:mirror is not authorized to write to contoso/app.",
                    "Gitea: Unauthorized\nMirror Repository contoso/app is read-only",
                    "Access denied: DeployKey does not support push code",
                    "Gogs: Cannot push with deployment key: 7",
                    "fatal: prohibited by Gerrit: not permitted: read",
                    "FATAL: W refs/heads/main app alice DENIED by refs/heads/.*",
                    "remote: TF401027: You need the Git 'GenericContribute' permission",
                ],
            ),
            (
                ErrorKind::Key,
                &[
                    "Load key \"/k\": incorrect passphrase supplied to decrypt private key\ngit@h: Permission \
                     denied (publickey).",
                    "Permissions 0644 for '/k' are too open.\ngit@h: Permission denied (publickey).",
                    "Load key \"/k\": error in libcrypto\ngit@h: Permission denied (publickey).",
                ],
            ),
            (
                ErrorKind::Unauthorized,
                &[
                    "git@host: Permission denied (publickey).",
                    "Received disconnect from h port 22:2: Too many authentication failures",
                    "remote: Public key authentication failed.",
                ],
            ),
            (ErrorKind::ProgramMissing, &["Bad owner or permissions on /home/agent/.ssh/config"]),
            (
                ErrorKind::NoService,
                &[
                    "This account is currently not available.",
                    "fatal: Interactive git shell is not enabled.",
                    "fatal: unrecognized command 'git-upload-pack '/r''",
                    "remote: Shell access is not supported.",
                ],
            ),
            (
                ErrorKind::Unreachable(UnreachableReason::UnknownName),
                &["ssh: Could not resolve hostname nowhere: Name or service not known"],
            ),
            (
                ErrorKind::Unreachable(UnreachableReason::ConnectionRefused),
                &["ssh: connect to host h port 22: Connection refused"],
            ),
            (
                ErrorKind::Unreachable(UnreachableReason::Other),
                &["ssh: connect to host h port 22: Connection timed out"],
            ),
            (
                ErrorKind::Interrupted,
                &[
                    "kex_exchange_identification: Connection closed by remote host",
                    "kex_exchange_identification: read: Connection reset by peer",
                    "client_loop: send disconnect: Broken pipe",
                ],
            ),
            (ErrorKind::Unavailable { retry_after: None }, &["GitLab: Internal API unreachable"]),
        ] {
            for text in texts {
                assert_eq!(kind(text), Some(expected), "{text}");
            }
        }
        assert_eq!(kind("Welcome to host42"), None);
    }

    #[test]
    fn a_refusal_counts_more_than_a_key_that_another_replaced() {
        let said = "Load key \"/k\": invalid format\nERROR: Repository not found.";
        assert_eq!(kind(said), Some(ErrorKind::NotFound));
    }
}
