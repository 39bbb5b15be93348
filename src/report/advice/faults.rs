//! What is known where no words are: the kind of fault, and what was used to sign in.

use super::hint::{By, Hint, JOB_SCOPE, kind, says_of};
use crate::auth::credentials::CredentialSource;
use crate::error::{CertificateErrorKind, ErrorKind};

const AUTHORITY: &str = "Give the authority that signed the server's certificate as a PEM file in '{authority}', or \
                         install it in this machine's trust store. Only if you must, turn '{verify}' off.";

pub(crate) static HINTS: &[Hint] = &[
    kind(
        ErrorKind::Unauthorized,
        "The server took no key that this machine could offer.",
        "Give the agent's user the private key, for example with the task InstallSSHKey@0, and register its public \
         key at the host with the right to {right} this repository.",
    )
    .by(By::Key),
    kind(ErrorKind::Forbidden, "", "Let the user that the SSH key belongs to {right} this repository.").by(By::Key),
    kind(
        ErrorKind::NotFound,
        "There is no such repository, or it is not shown to the user that the SSH key belongs to.",
        "Check the spelling of '{url}', and that user's rights.",
    )
    .by(By::Key),
    kind(
        ErrorKind::Unauthorized,
        "The server wants a sign-in.",
        "Give a token in '{token}' or a connection in '{connection}'.",
    )
    .by(By::Nothing),
    kind(ErrorKind::Unauthorized, "The server does not take the job's token.", JOB_SCOPE)
        .by(By::Credentials(CredentialSource::Job)),
    kind(
        ErrorKind::Unauthorized,
        "The server does not take the credentials: they are wrong or have expired.",
        "Renew {credentials}; a token goes in '{token}' alone, or as 'user:token' where the host wants a user name.",
    ),
    kind(ErrorKind::Forbidden, "The job may not do that.", JOB_SCOPE).by(By::Credentials(CredentialSource::Job)),
    kind(
        ErrorKind::Forbidden,
        "",
        "Let the owner of {credentials} {right} this repository, and give a token the matching scope.",
    ),
    kind(
        ErrorKind::NotFound,
        "There is no such repository, or it is not shown to those who do not sign in.",
        "Check the spelling of '{url}', and give a token in '{token}' or a connection in '{connection}'.",
    )
    .by(By::Nothing),
    kind(ErrorKind::NotFound, "There is no such repository, or it is not shown to this job.", JOB_SCOPE)
        .by(By::Credentials(CredentialSource::Job)),
    kind(
        ErrorKind::NotFound,
        "There is no such repository, or it is not shown to whoever signed in.",
        "Check the spelling of '{url}', and that {credentials} may {right} it (at GitHub also that the token is \
         authorized for the organization's single sign-on).",
    ),
    says_of(
        ErrorKind::Unreachable,
        &["no server of that name was found"],
        "Check the host name in '{url}', and that this agent can resolve it: an agent hosted by Microsoft cannot see \
         a private network.",
    ),
    says_of(
        ErrorKind::Unreachable,
        &["Connection refused"],
        "Check the host name and the port in '{url}', that the server runs, and that no firewall is in the way.",
    ),
    kind(
        ErrorKind::Unreachable,
        "",
        "Check the host name and the port in '{url}', and that no firewall is in the way: an agent hosted by \
         Microsoft cannot see a private network.",
    ),
    kind(
        ErrorKind::Interrupted,
        "",
        "Run the pipeline again. If this repeats, look for a proxy or a time limit between the agent and the server.",
    ),
    kind(ErrorKind::Certificate(CertificateErrorKind::UnknownIssuer), "", AUTHORITY),
    kind(
        ErrorKind::Certificate(CertificateErrorKind::NoTrustStore),
        "",
        "Install the authorities of this machine's system (the package ca-certificates), or give the server's in a PEM \
         file in '{authority}'.",
    ),
    kind(
        ErrorKind::Certificate(CertificateErrorKind::OtherName),
        "",
        "Write a host name that the certificate is for into '{url}', or have the server's certificate renewed with \
         this one.",
    ),
    kind(
        ErrorKind::Certificate(CertificateErrorKind::NoName),
        "",
        "Have the server's certificate renewed with its host name as a subjectAltName; the common name alone counts \
         no longer.",
    ),
    kind(
        ErrorKind::Certificate(CertificateErrorKind::Expired),
        "",
        "Have the server's certificate renewed, and check this machine's clock.",
    ),
    kind(
        ErrorKind::Certificate(CertificateErrorKind::NotYetValid),
        "",
        "Check this machine's clock, and from when on the server's certificate is valid.",
    ),
    kind(
        ErrorKind::Certificate(CertificateErrorKind::OldVersion),
        "",
        "Have the server's certificate made anew as X.509 v3, with its host name as a subjectAltName.",
    ),
    kind(
        ErrorKind::Certificate(CertificateErrorKind::Signature),
        "",
        "Have the server's certificate, and those between it and its authority, signed anew with SHA-256 or better.",
    ),
    kind(
        ErrorKind::Certificate(CertificateErrorKind::Authority),
        "",
        "Give exactly this certificate as a PEM file in '{authority}', or have the server's certificate made anew with \
         CA:FALSE.",
    ),
    kind(
        ErrorKind::Certificate(CertificateErrorKind::Purpose),
        "",
        "Have the server's certificate made anew with serverAuth as its extendedKeyUsage.",
    ),
    kind(
        ErrorKind::Certificate(CertificateErrorKind::Revoked),
        "",
        "Have the server's certificate made anew; do not go on with this one.",
    ),
    kind(
        ErrorKind::Certificate(CertificateErrorKind::Other),
        "",
        "Have the server's certificate made anew. Only if you must, turn '{verify}' off.",
    ),
    kind(
        ErrorKind::TlsTerms,
        "",
        "Let the server, or a proxy before it, offer TLS 1.3, or TLS 1.2 with ECDHE and AES-GCM or ChaCha20-Poly1305.",
    ),
    kind(ErrorKind::Unavailable { retry_after: None }, "", "Run the pipeline again later."),
    kind(
        ErrorKind::Redirect,
        "",
        "If you trust the address that the server redirects to, put it into '{url}'; else find out who redirects.",
    ),
    kind(ErrorKind::Stale, "The repository changed while it was read.", "Run the pipeline again."),
    kind(
        ErrorKind::Protocol,
        "",
        "Check that '{url}' leads to a Git server, and no proxy changes what it answers.",
    ),
    says_of(
        ErrorKind::Input,
        &["is a shallow repository"],
        "Give its complete original in '{url}', or fetch the rest of its history ('git fetch --unshallow').",
    ),
    says_of(
        ErrorKind::Input,
        &["no such folder", "the folder above it does not exist"],
        "Check the path in '{url}', and that it is on this machine.",
    ),
    says_of(
        ErrorKind::Input,
        &["it is no Git repository", "it is a file, not the folder"],
        "Give the folder of a Git repository in '{url}'. A folder that holds something else is never overwritten.",
    ),
    kind(
        ErrorKind::Unsupported,
        "",
        "Reach this repository over https:// or ssh:// instead, where its server does the work. A clone directory is \
         not needed for a mirror: without one, this bound does not hold for the source.",
    ),
    kind(
        ErrorKind::Occupied,
        "What stands there is left as it is.",
        "Name a folder in '{url}' that does not exist yet, or remove this one if nobody needs it. A clone of the source \
         that Git made is taken where its remote.origin.url is the source's URL.",
    ),
    kind(ErrorKind::Input, "", "Check '{url}', 'includeRefs' and 'excludeRefs'."),
    kind(
        ErrorKind::HostKey,
        "",
        "Compare the server's host key with the one that its owner publishes, and put it into known_hosts, for \
         example with the task InstallSSHKey@0.",
    ),
    kind(
        ErrorKind::Algorithms,
        "This machine's ssh and the server have no algorithm in common.",
        "Update the older of the two. Until then allow one that the server offers, in the ~/.ssh/config of the agent's \
         user or in GIT_SSH_COMMAND: with KexAlgorithms, Ciphers, MACs or HostKeyAlgorithms, such as 'ssh -o \
         KexAlgorithms=+diffie-hellman-group14-sha1'.",
    ),
    kind(
        ErrorKind::Key,
        "A private key on this machine cannot be used.",
        "Check its file: that it is a private key, whole with its last line break, and has no line breaks of Windows.",
    ),
    kind(
        ErrorKind::LoginOutput,
        "Login scripts of the account, or its shell, print text where Git should speak.",
        "Let them print nothing where there is no terminal: look at .bashrc, .profile and .cshrc of the account, and \
         at the server's ForceCommand.",
    ),
    kind(
        ErrorKind::NoService,
        "The server let the key in, but started no service of Git.",
        "Do what it says. Check the user and the path in '{url}', and that the account has a shell that runs Git's \
         services, such as git-shell.",
    ),
    kind(
        ErrorKind::NoGit,
        "The shell of the account finds no Git at the server, or may not run it.",
        "Install Git there, and put it into the PATH of a shell without a terminal, for example in .bashrc.",
    ),
    kind(
        ErrorKind::ProgramMissing,
        "",
        "Install OpenSSH's client ('ssh') on this machine, or check GIT_SSH_COMMAND; an https:// URL in '{url}' \
         needs no program.",
    ),
    Hint {
        says: &["the temporary file for the pack"],
        ..kind(
            ErrorKind::Local,
            "The destination did not wait for the source, so the pack had to go through a file.",
            "Make room in the agent's temporary folder.",
        )
    },
    kind(
        ErrorKind::Local,
        "",
        "Check the repository in '{url}' with 'git fsck', that its folder belongs to the user that the agent runs \
         as, and that its disk has room.",
    ),
    kind(
        ErrorKind::Refused,
        "",
        "Allow this in the host's policies or rules for the owner of {credentials}, or leave the ref out with \
         'excludeRefs'.",
    ),
];
