//! Advice for an error of which no text of a server is known: by its kind, and by what was used to sign in.

use super::hint::{
    ADD_TO_ORGANIZATION, ADD_TO_PROJECT, ALLOW_RIGHTS, APP_PERMISSION, Advice, JOB_SCOPE, SignedIn, advice,
};
use super::{containers, http, lfs, own, size, tokens};
use crate::auth::identity::{ConnectionType, CredentialOrigin};
use crate::error::{CertificateErrorKind, ErrorKind, LocalProblem, RepositoryProblem, UnreachableReason};

const AUTHORITY: &str = "Give the authority that signed the server's certificate as a PEM file in '{authority}', or \
                         install it in this machine's trust store. Only if you must, turn '{verify}' off.";

const DAMAGED: Advice = advice(
    "The repository lacks objects of its own history, or cannot read them.",
    "Run 'git fsck' in the repository behind '{url}', and mend it, or leave the damaged refs out with 'excludeRefs'.",
);

const OBJECTS_NOT_KEPT: Advice = advice(
    "The destination's server took refs without the objects that they name. Such a server does not check what it is sent.",
    "Run 'git fsck' in the repository behind '{url}', and tell whoever runs the server. The next run pushes the refs again.",
);

const STORAGE: Advice = advice(
    "The server cannot write the destination's repository.",
    "Let its administrator check that the disk has room, that no quota is used up, and that the user that the server \
     runs as has the rights to write to the repository's folder.",
);

const TOKEN_EXPIRED: Advice = advice(
    "The push took longer than its token serves, or somebody took the token back meanwhile.",
    "{Run again}: the next push gets a new token. If this repeats, give a size in 'maxPushSize', such as '500 MiB', so that \
     each push takes less time, or let an identity sign in whose tokens serve longer.",
);

const OCCUPIED: Advice = advice(
    "What stands there is left as it is.",
    "Name a folder in '{url}' that does not exist yet, or remove this one if nobody needs it. A clone of the source that \
     Git made is taken where its remote.origin.url is the source's URL.",
);

const LOGIN_OUTPUT: Advice = advice(
    "Login scripts of the account, or its shell, print text where Git should speak.",
    "Let them print nothing where there is no terminal: look at .bashrc, .profile and .cshrc of the account, and \
     at the server's ForceCommand.",
);

const NO_SERVICE: Advice = advice(
    "The server let the key in, but started no service of Git.",
    "Do what it says. Check the user and the path in '{url}', and that the account has a shell that runs Git's \
     services, such as git-shell.",
);

/// Returns what to do about an error of this kind, with these credentials.
pub(crate) fn of_kind(kind: ErrorKind, by: SignedIn) -> Advice {
    match kind {
        ErrorKind::Unauthorized => unauthorized(by),
        ErrorKind::TokenExpired => TOKEN_EXPIRED,
        ErrorKind::Forbidden => forbidden(by),
        ErrorKind::NotFound => not_found(by),
        ErrorKind::Unreachable(reason) => unreachable(reason),
        ErrorKind::Interrupted => advice(
            "",
            "{Run again}. If this repeats, look for a proxy or a time limit between {the machine} and the server.",
        ),
        ErrorKind::Certificate(kind) => certificate(kind),
        ErrorKind::TlsTerms => advice(
            "",
            "Let the server, or a proxy before it, offer TLS 1.3, or TLS 1.2 with ECDHE and AES-GCM or ChaCha20-Poly1305.",
        ),
        ErrorKind::Unavailable { .. } => advice("", "{Run again} later."),
        ErrorKind::Redirect => advice(
            "",
            "If you trust the address that the server redirects to, put it into '{url}'; else find out who redirects.",
        ),
        ErrorKind::Stale => advice("The repository changed while it was read.", "{Run again}."),
        ErrorKind::Protocol => {
            advice("", "Check that '{url}' leads to a Git server, and no proxy changes what it answers.")
        }
        ErrorKind::HostKey => advice(
            "",
            "Compare the server's host key with the one that its owner publishes, and put it into known_hosts{by a task}.",
        ),
        ErrorKind::Algorithms => advice(
            "This machine's ssh and the server have no algorithm in common.",
            "Update the older of the two. Until then allow one that the server offers, in the ~/.ssh/config of {user} \
         or in GIT_SSH_COMMAND: with KexAlgorithms, Ciphers, MACs or HostKeyAlgorithms, such as 'ssh -o \
         KexAlgorithms=+diffie-hellman-group14-sha1'.",
        ),
        ErrorKind::Key => advice(
            "A private key on this machine cannot be used.",
            "Check its file: that it is a private key, whole with its last line break, and has no line breaks of Windows.",
        ),
        ErrorKind::LoginOutput => LOGIN_OUTPUT,
        ErrorKind::NoService => NO_SERVICE,
        ErrorKind::NoGit => advice(
            "The shell of the account finds no Git at the server, or may not run it.",
            "Install Git there, and put it into the PATH of a shell without a terminal, for example in .bashrc.",
        ),
        ErrorKind::ProgramMissing => advice(
            "",
            "Install OpenSSH's client ('ssh') on this machine, or check GIT_SSH_COMMAND; an https:// URL in '{url}' \
         needs no program.",
        ),
        ErrorKind::Repository(problem) => repository(problem),
        ErrorKind::Unsupported => advice(
            "",
            "Reach this repository over https:// or ssh:// instead, where its server does the work. A clone directory is \
         not needed for a mirror: without one, this bound does not hold for the source.",
        ),
        ErrorKind::Occupied => OCCUPIED,
        ErrorKind::Local(problem) => local(problem),
        ErrorKind::Rejected(rejection) => super::local::of_rejection(rejection),
        ErrorKind::Refused => advice(
            "",
            "Allow this in the host's policies or rules for {account}, or leave the ref out with \
         'excludeRefs'.",
        ),
        ErrorKind::TooManyDeletions => own::TOO_MANY_DELETIONS,
        ErrorKind::NoBranches => own::NO_BRANCHES,
        ErrorKind::EmptySource => own::EMPTY_SOURCE,
        ErrorKind::NamesCollide => own::NAMES_COLLIDE,
        ErrorKind::Diverged => own::DIVERGED,
        ErrorKind::NoToken(problem) => tokens::of_problem(problem),
        ErrorKind::Lfs(problem) => lfs::of_problem(problem),
        ErrorKind::Container(problem) => containers::of_problem(problem),
        ErrorKind::Create(problem) => containers::of_creation(problem),
        ErrorKind::Unrelated => containers::UNRELATED,
        ErrorKind::SignInScheme => http::SIGN_IN_SCHEME,
        ErrorKind::Proxy(kind) => http::of_proxy(kind),
        ErrorKind::RequestTimeout => http::REQUEST_TIMEOUT,
        ErrorKind::TooLarge => size::TOO_LARGE,
        ErrorKind::Indivisible(reason) => size::of_indivisible(reason),
        ErrorKind::LengthRequired => http::LENGTH_REQUIRED,
        ErrorKind::Status(status) => http::of_status(status),
        ErrorKind::WebPage => http::web_page(by),
        ErrorKind::NotAGitServer => http::NOT_A_GIT_SERVER,
        ErrorKind::DumbHttp => http::DUMB_HTTP,
        ErrorKind::NotListed => advice(
            "",
            "Check the spelling of '{url}', and that {credentials} may {right} it; else the server's log tells more.",
        ),
        ErrorKind::Damaged => DAMAGED,
        ErrorKind::ObjectsNotKept => OBJECTS_NOT_KEPT,
        ErrorKind::Storage => STORAGE,
    }
}

fn unauthorized(by: SignedIn) -> Advice {
    match by {
        SignedIn::WithKey => advice(
            "The server took no key that this machine could offer.",
            "Give {user} the private key{by a task}, and register its public \
         key at the host with the right to {right} this repository.",
        ),
        SignedIn::WithNothing => advice("The server wants a sign-in.", "Give {give}."),
        SignedIn::With(CredentialOrigin::Job) => {
            advice("The server does not take the job's token.", JOB_SCOPE)
        }
        SignedIn::With(CredentialOrigin::Token) => advice(
            "The server does not take the credentials: they are wrong or have expired.",
            "Renew {credentials}; a token goes in '{token}' alone, or as 'user:token' where the host wants a user name.",
        ),
        SignedIn::With(CredentialOrigin::Url) => advice(
            "The server does not take the credentials: they are wrong or have expired.",
            "Renew {credentials}; better give it in '{token}', as 'user:token'.",
        ),
        SignedIn::With(CredentialOrigin::GitHubApp) => advice(
            "GitHub does not take the token of the App's installation.",
            "{Run again}. If this repeats, check that the App is still installed for the repository's owner.",
        ),
        SignedIn::With(CredentialOrigin::Connection(ConnectionType::GitHub)) => advice(
            "GitHub does not take the token of the connection: it has expired, or its access was taken back.",
            "Under Project settings > Service connections, edit {credentials} and authorize it anew, or give it a new token.",
        ),
        SignedIn::With(CredentialOrigin::Connection(
            ConnectionType::OtherGit | ConnectionType::AzureRepos,
        )) => advice(
            "The server does not take what the connection holds: it is wrong or has expired.",
            "Under Project settings > Service connections, edit {credentials} and give it a new token or password, with the \
 user name that the host wants (at Azure DevOps any, with a token of that one organization).",
        ),
        SignedIn::With(
            CredentialOrigin::AzureEnvironment
            | CredentialOrigin::Connection(ConnectionType::AzureDevOps | ConnectionType::AzureResourceManager),
        ) => advice("The organization does not know the identity that signs in.", ADD_TO_ORGANIZATION),
    }
}

fn forbidden(by: SignedIn) -> Advice {
    match by {
        SignedIn::WithKey => advice("", "Let the user that the SSH key belongs to {right} this repository."),
        SignedIn::With(CredentialOrigin::Job) => advice("The job may not do that.", JOB_SCOPE),
        SignedIn::With(CredentialOrigin::GitHubApp) => advice("", APP_PERMISSION),
        SignedIn::With(CredentialOrigin::Connection(ConnectionType::GitHub)) => advice(
            "",
            "Let the user who authorized the connection {right} this repository; a connection of a GitHub App needs the \
             App's permission 'Contents: {contents}'.",
        ),
        SignedIn::With(
            CredentialOrigin::AzureEnvironment
            | CredentialOrigin::Connection(ConnectionType::AzureDevOps | ConnectionType::AzureResourceManager),
        ) => advice("", ALLOW_RIGHTS),
        SignedIn::WithNothing
        | SignedIn::With(
            CredentialOrigin::Token
            | CredentialOrigin::Url
            | CredentialOrigin::Connection(ConnectionType::OtherGit | ConnectionType::AzureRepos),
        ) => advice("", "Let {account} {right} this repository, and give a token the matching scope."),
    }
}

fn not_found(by: SignedIn) -> Advice {
    match by {
        SignedIn::WithKey => advice(
            "There is no such repository, or it is not shown to the user that the SSH key belongs to.",
            "Check the spelling of '{url}', and that user's rights.",
        ),
        SignedIn::WithNothing => advice(
            "There is no such repository, or it is not shown to those who do not sign in.{create}",
            "Check the spelling of '{url}', and give {give}.",
        ),
        SignedIn::With(CredentialOrigin::Job) => {
            advice("There is no such repository, or it is not shown to this job.{create}", JOB_SCOPE)
        }
        SignedIn::With(CredentialOrigin::GitHubApp) => advice(
            "There is no such repository, or it is not shown to the App.{create}",
            "Check the spelling of '{url}', and under Repository access of the App's installation that it is one of them.",
        ),
        SignedIn::With(CredentialOrigin::Connection(ConnectionType::GitHub)) => advice(
            "There is no such repository, or it is not shown to {credentials}.{create}",
            "Check the spelling of '{url}'. A connection of a GitHub App serves the owner whose installation it was made \
             for, and the repositories under Repository access there; the user of another may {right} the repository, \
             and has let it into the organization (single sign-on, third-party access).",
        ),
        SignedIn::With(
            CredentialOrigin::AzureEnvironment
            | CredentialOrigin::Connection(ConnectionType::AzureDevOps | ConnectionType::AzureResourceManager),
        ) => advice(
            "There is no such repository, or it is not shown to the identity that signs in.{create}",
            ADD_TO_PROJECT,
        ),
        SignedIn::With(
            CredentialOrigin::Token
            | CredentialOrigin::Url
            | CredentialOrigin::Connection(ConnectionType::OtherGit | ConnectionType::AzureRepos),
        ) => advice(
            "There is no such repository, or it is not shown to the account used.{create}",
            "Check the spelling of '{url}', and that {credentials} may {right} it (at GitHub also that the token is \
         authorized for the organization's single sign-on).",
        ),
    }
}

fn unreachable(reason: UnreachableReason) -> Advice {
    match reason {
        UnreachableReason::UnknownName => {
            advice("", "Check the host name in '{url}', and that {machine} can resolve it{private}.")
        }
        UnreachableReason::ConnectionRefused => advice(
            "",
            "Check the host name and the port in '{url}', that the server runs, and that no firewall is in the way.",
        ),
        UnreachableReason::Other => advice(
            "",
            "Check the host name and the port in '{url}', and that no firewall is in the way{private}.",
        ),
    }
}

fn certificate(kind: CertificateErrorKind) -> Advice {
    match kind {
        CertificateErrorKind::UnknownIssuer => advice("", AUTHORITY),
        CertificateErrorKind::NoTrustStore => advice(
            "",
            "Install the authorities of this machine's system (the package ca-certificates), or give the server's in a PEM \
         file in '{authority}'.",
        ),
        CertificateErrorKind::OtherName => advice(
            "",
            "Write a host name that the certificate is for into '{url}', or have the server's certificate renewed with \
         this one.",
        ),
        CertificateErrorKind::NoName => advice(
            "",
            "Have the server's certificate renewed with its host name as a subjectAltName; the common name alone counts \
         no longer.",
        ),
        CertificateErrorKind::Expired => {
            advice("", "Have the server's certificate renewed, and check this machine's clock.")
        }
        CertificateErrorKind::NotYetValid => {
            advice("", "Check this machine's clock, and from when on the server's certificate is valid.")
        }
        CertificateErrorKind::OldVersion => advice(
            "",
            "Have the server's certificate made anew as X.509 v3, with its host name as a subjectAltName.",
        ),
        CertificateErrorKind::Signature => advice(
            "",
            "Have the server's certificate, and those between it and its authority, signed anew with SHA-256 or better.",
        ),
        CertificateErrorKind::Authority => advice(
            "",
            "Give exactly this certificate as a PEM file in '{authority}', or have the server's certificate made anew with \
         CA:FALSE.",
        ),
        CertificateErrorKind::Purpose => {
            advice("", "Have the server's certificate made anew with serverAuth as its extendedKeyUsage.")
        }
        CertificateErrorKind::Revoked => {
            advice("", "Have the server's certificate made anew; do not go on with this one.")
        }
        CertificateErrorKind::Other => {
            advice("", "Have the server's certificate made anew. Only if you must, turn '{verify}' off.")
        }
    }
}

fn repository(problem: RepositoryProblem) -> Advice {
    match problem {
        RepositoryProblem::FormatsDiffer => own::FORMATS_DIFFER,
        RepositoryProblem::Shallow => advice(
            "",
            "Give its complete original in '{url}', or fetch the rest of its history ('git fetch --unshallow').",
        ),
        RepositoryProblem::NoFolder | RepositoryProblem::NoParentFolder => {
            advice("", "Check the path in '{url}', and that it is on this machine.")
        }
        RepositoryProblem::File | RepositoryProblem::NoRepository => {
            advice("", "Give the folder of a Git repository in '{url}'.{never overwritten}")
        }
    }
}

fn local(problem: LocalProblem) -> Advice {
    match problem {
        LocalProblem::TemporaryFile => advice(
            "The destination did not wait for the source, so the pack had to go through a file.",
            "Make room in the folder for temporary files.",
        ),
        LocalProblem::Repository => advice(
            "",
            "Check the repository in '{url}' with 'git fsck', that its folder belongs to {user}, and that its disk has room.",
        ),
    }
}
