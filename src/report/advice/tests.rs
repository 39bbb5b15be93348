use std::collections::HashSet;
use std::time::Duration;

use super::*;
use crate::error::{CertificateErrorKind, ProxyErrorKind};

/// What a server or an error says, word for word, and a part of the advice that follows from it.
const SAID: &[(ErrorKind, &str, &str)] = &[
    (
        ErrorKind::NotFound,
        "TF401019: The Git repository with name or identifier app does not exist or you do not have permissions for \
         the operation you are attempting.",
        "organization, project and repository",
    ),
    (
        ErrorKind::Forbidden,
        "TF401027: You need the Git 'GenericContribute' permission to perform this action. Details: identity \
         'Build\\1', scope 'repository'.",
        "'Contribute'",
    ),
    (
        ErrorKind::Refused,
        "TF401027: You need the Git 'ForcePush' permission to perform this action.",
        "'Force push",
    ),
    (
        ErrorKind::Refused,
        "TF401027: You need the Git 'CreateBranch' permission to perform this action.",
        "'Create branch'",
    ),
    (
        ErrorKind::Refused,
        "TF401027: You need the Git 'CreateTag' permission to perform this action.",
        "'Create tag'",
    ),
    (
        ErrorKind::Refused,
        "TF401027: You need the Git 'ManageNote' permission to perform this action.",
        "'Manage notes'",
    ),
    (
        ErrorKind::Refused,
        "TF401027: You need the Git 'PolicyExempt' permission to perform this action.",
        "Bypass policies",
    ),
    (
        ErrorKind::Refused,
        "TF402455: Pushes to this branch are not permitted; you must use a pull request to update this branch.",
        "Bypass policies when pushing",
    ),
    (ErrorKind::Refused, "TF401027: You need the Git 'Other' permission", "allow that identity the right"),
    (
        ErrorKind::Refused,
        "TF401028: The reference 'refs/heads/main' has already been updated by another client",
        "again",
    ),
    (
        ErrorKind::Unauthorized,
        "TF401444: Please sign-in at least once as contoso\\bob in a web browser",
        "Sign in once",
    ),
    (
        ErrorKind::Unauthorized,
        "TF400813: The user 'aaaa' is not authorized to access this resource.",
        "new personal access",
    ),
    (
        ErrorKind::Unavailable { retry_after: None },
        "TF400733: The request has been canceled: Request was blocked",
        "less often",
    ),
    (
        ErrorKind::Refused,
        "VS403654: The push was rejected because it contains one or more secrets.",
        "push protection",
    ),
    (
        ErrorKind::Refused,
        "VS403658: The object is 104857601 bytes, greater than the limit of 100",
        "maximum file size",
    ),
    (ErrorKind::Refused, "VS403702: The push was rejected because one or more commits", "email validation"),
    (ErrorKind::Refused, "VS403500: The size of your push exceeds the limit", "5 GB"),
    (ErrorKind::Refused, "The object will increase this repository size by 300 bytes", "Clean up"),
    (ErrorKind::Refused, "The Git pack file limit has been reached", "later"),
    (ErrorKind::NotAGitServer, "TF401041: the client does not support multi_ack", "bug of the task"),
    (
        ErrorKind::Refused,
        "refs/pull/5/head (The current action can only be performed by the system.)",
        "'excludeRefs'",
    ),
    (ErrorKind::Refused, "deny updating a hidden ref", "keeps these refs for itself"),
    (ErrorKind::Refused, "Name conflicts with refs/heads/Feature", "rename or exclude"),
    (ErrorKind::Refused, "the host takes no branch named HEAD", "Rename the branch"),
    (ErrorKind::Refused, "the host takes no name that looks like an object id", "Rename the ref"),
    (ErrorKind::Refused, "VS403688: UnresolvableToCommit", "does not lead to a commit"),
    (
        ErrorKind::Refused,
        "GH001: Large files detected. File a.bin is 120.00 MB; this exceeds GitHub's file size limit of 100.00 MB",
        "Git LFS",
    ),
    (
        ErrorKind::Refused,
        "GH002: Sorry, branch or tag names consisting of 40 hex characters are not allowed.",
        "Rename",
    ),
    (ErrorKind::Refused, "cannot create a branch with a SHA-1 or SHA-256 branch name", "Rename"),
    (ErrorKind::Refused, "GH003: Sorry, force-pushing to main is not allowed.", "Allow force pushes"),
    (ErrorKind::Refused, "GH006: Protected branch update failed for refs/heads/main.", "protection rule"),
    (ErrorKind::Refused, "protected branch hook declined", "protection rule"),
    (ErrorKind::Refused, "GH007: Your push would publish a private email address.", "expose my email"),
    (
        ErrorKind::Refused,
        "GH008: Your push referenced at least 1 unknown Git LFS object",
        "git lfs push --all",
    ),
    (
        ErrorKind::Refused,
        "GitLab: LFS objects are missing. Ensure LFS is properly set up",
        "git lfs push --all",
    ),
    (ErrorKind::Refused, "push declined due to repository rule violations", "bypass list"),
    (ErrorKind::Refused, "GH013: Repository rule violations found for refs/heads/main.", "ruleset"),
    (
        ErrorKind::Refused,
        "refusing to allow a Personal Access Token to create or update workflow `.github/workflows/ci.yml` without \
         `workflow` scope",
        "scope 'workflow'",
    ),
    (
        ErrorKind::Forbidden,
        "The 'contoso' organization has enabled or enforced SAML SSO. To access this repository, visit",
        "Configure SSO",
    ),
    (
        ErrorKind::Unauthorized,
        "Invalid username or token. Password authentication is not supported for Git operations.",
        "new one",
    ),
    (
        ErrorKind::Unauthorized,
        "Support for password authentication was removed on August 13, 2021.",
        "no passwords",
    ),
    (ErrorKind::Forbidden, "Write access to repository not granted.", "Contents: Read and write"),
    (ErrorKind::Forbidden, "Permission to contoso/app.git denied to bob.", "Contents: Read and write"),
    (
        ErrorKind::Unauthorized,
        "HTTP Basic: Access denied. If a password was provided for Git authentication, the password was incorrect",
        "'user:token'",
    ),
    (
        ErrorKind::Refused,
        "GitLab: You are not allowed to force push code to a protected branch on this project.",
        "Protected branches",
    ),
    (
        ErrorKind::NotFound,
        "The project you were looking for could not be found or you don't have permission to view it.",
        "no such project",
    ),
    (ErrorKind::Forbidden, "Basic authentication has been disabled on this instance.", "Bearer"),
    (ErrorKind::Refused, "fatal: remote error: Forbidden", "source.writer"),
    (ErrorKind::Unauthorized, "Invalid authentication credentials.", "source.writer"),
    (ErrorKind::Forbidden, "mirror repository is read-only", "normal repository"),
    (ErrorKind::Forbidden, "This repository was archived so it is read-only.", "Unarchive"),
    (ErrorKind::Forbidden, "The project contoso/app is archived.", "Unarchive"),
    (ErrorKind::Refused, "prohibited by Gerrit: not permitted: create", "Grant it"),
    (ErrorKind::Refused, "Too many reference update commands in a single push", "'includeRefs'"),
    (
        ErrorKind::Unavailable { retry_after: None },
        "Rate limit for this resource has been exceeded",
        "less often",
    ),
    (ErrorKind::Refused, "deletion of the current branch prohibited", "another branch the default"),
    (
        ErrorKind::Refused,
        "refusing to delete the current branch: refs/heads/main",
        "another branch the default",
    ),
    (
        ErrorKind::Refused,
        "branch main is the default branch and cannot be deleted",
        "another branch the default",
    ),
    (ErrorKind::Interrupted, "fatal: pack exceeds maximum allowed size (2.00 GiB)", "'includeRefs'"),
    (ErrorKind::Refused, "atomic push failure", "other refs"),
    (ErrorKind::Refused, "A default branch (e.g. main) does not yet exist for contoso/app", "Maintainer"),
    (ErrorKind::Storage, "unable to create temporary object directory", "rights to write"),
    (
        ErrorKind::Storage,
        "cannot lock ref 'r': Unable to create 'r.lock': Permission denied",
        "rights to write",
    ),
    (ErrorKind::Refused, "cannot lock ref 'r': Unable to create 'r.lock': File exists", "remove the '.lock'"),
    (ErrorKind::Refused, "cannot lock ref 'r/b': 'r' exists; cannot create 'r/b'", "Delete that ref"),
    (ErrorKind::TooLarge, "Pack exceeds the limit of 2,000,000 bytes", "raise the limit"),
    (ErrorKind::TooLarge, "Object too large (1,200 bytes), rejecting the pack", "raise the limit"),
    (ErrorKind::Refused, "unpacker error: fsck error in packed object", "receive.fsckObjects"),
    (ErrorKind::Refused, "fatal: fsck error in pack objects", "receive.fsckObjects"),
    (ErrorKind::Refused, "non-fast forward", "force pushes"),
    (ErrorKind::Damaged, "aborting due to possible repository corruption", "git fsck"),
    (ErrorKind::Refused, "shallow update not allowed", "complete original"),
    (ErrorKind::Refused, "non-fast-forward", "force pushes"),
    (ErrorKind::Refused, "refs/tags/v1 (already exists)", "force pushes"),
    (ErrorKind::Refused, "missing necessary objects", "git fsck"),
    (ErrorKind::Refused, "unpack index-pack abnormal exit", "git fsck"),
    (ErrorKind::Refused, "pre-receive hook declined", "Change it"),
    (ErrorKind::Refused, "hook declined", "this ref"),
    (ErrorKind::Input, "refers to the variable 'X', which is not defined in this run", "variable group"),
    (ErrorKind::Input, "is the same repository as the source", "into itself"),
    (ErrorKind::TooManyDeletions, "", "'maxDeletionsPercent'"),
    (ErrorKind::NoBranches, "", "'allowEmptySource'"),
    (ErrorKind::NoBranches, "", "not a checkout"),
    (ErrorKind::EmptySource, "", "'allowEmptySource'"),
    (ErrorKind::Input, "its object format is sha1 and that of source 's' is sha256", "--object-format"),
    (
        ErrorKind::Refused,
        "somebody else changed it during this run, and it was left as it is",
        "another writer",
    ),
    (ErrorKind::Refused, "no report says what became of it, and it is listed as before", "again"),
    (
        ErrorKind::Refused,
        "it differs only in case from refs/heads/A, which the host takes for the same",
        "Rename one",
    ),
    (ErrorKind::Unauthorized, "Host key verification failed.", "known_hosts"),
    (
        ErrorKind::Algorithms,
        "Unable to negotiate with h: no matching host key type found.",
        "HostKeyAlgorithms",
    ),
    (
        ErrorKind::Algorithms,
        "Unable to negotiate with h port 22: no matching key exchange method found.",
        "KexAlgorithms=+",
    ),
    (ErrorKind::Algorithms, "Unable to negotiate with h port 22: no matching cipher found.", "Ciphers"),
    (
        ErrorKind::Key,
        "Load key \"/k\": incorrect passphrase supplied to decrypt private key",
        "'sshPassphrase'",
    ),
    (ErrorKind::Key, "Permissions 0644 for '/k' are too open.", "chmod 600"),
    (ErrorKind::Key, "Load key \"/k\": error in libcrypto", "last line break"),
    (
        ErrorKind::Forbidden,
        "ERROR: This deploy key does not have write access to this project.",
        "deploy key write access",
    ),
    (
        ErrorKind::Forbidden,
        "ERROR: Permission to contoso/app.git denied to deploy key",
        "deploy key write access",
    ),
    (
        ErrorKind::Unauthorized,
        "Received disconnect from h: Too many authentication failures",
        "IdentitiesOnly",
    ),
    (ErrorKind::Interrupted, "kex_exchange_identification: Connection closed by remote host", "MaxStartups"),
    (ErrorKind::ProgramMissing, "Bad owner or permissions on /home/agent/.ssh/config", "Mend the file"),
    (ErrorKind::LoginOutput, "Welcome to host42", "print nothing"),
    (ErrorKind::NoService, "This account is currently not available.", "git-shell"),
    (ErrorKind::NoGit, "bash: line 1: git-receive-pack: command not found", "Install Git there"),
    (ErrorKind::Forbidden, "Gitea: Unauthorized\nMirror Repository contoso/app is read-only", "Convert it"),
    (ErrorKind::Unauthorized, "You're using an RSA key with SHA-1, which is no longer allowed.", "ed25519"),
    (ErrorKind::Unauthorized, "git@github.com: Permission denied (publickey).", "InstallSSHKey@0"),
    (
        ErrorKind::Unreachable,
        "ssh: Could not resolve hostname git.internal: Name or service not known",
        "private network",
    ),
    (
        ErrorKind::Unauthorized,
        "the server answered 203 Non-Authoritative Information\nAzure DevOps Services | Sign In",
        "Renew",
    ),
    (
        ErrorKind::Unauthorized,
        "the server redirected to 'https://spsprodweu1.vssps.visualstudio.com/_signin'",
        "expired",
    ),
    (ErrorKind::Forbidden, "the server answered 403 Forbidden", "matching scope"),
    (ErrorKind::NotFound, "remote: Repository not found.", "single sign-on"),
    (ErrorKind::Unreachable, "no server of that name was found", "resolve"),
    (ErrorKind::Unreachable, "Connection refused (os error 111)", "the port"),
    (ErrorKind::Unreachable, "time-out: connect", "private network"),
    (ErrorKind::Interrupted, "the remote end hung up unexpectedly", "time limit"),
    (ErrorKind::Certificate(CertificateErrorKind::UnknownIssuer), "", "CertificateAuthority'"),
    (ErrorKind::Certificate(CertificateErrorKind::NoTrustStore), "", "ca-certificates"),
    (ErrorKind::Certificate(CertificateErrorKind::OtherName), "", "host name that the certificate is for"),
    (ErrorKind::Certificate(CertificateErrorKind::NoName), "", "subjectAltName"),
    (ErrorKind::Certificate(CertificateErrorKind::Expired), "", "renewed, and check this machine's clock"),
    (ErrorKind::Certificate(CertificateErrorKind::NotYetValid), "", "from when on"),
    (ErrorKind::Certificate(CertificateErrorKind::OldVersion), "", "X.509 v3"),
    (ErrorKind::Certificate(CertificateErrorKind::Signature), "", "SHA-256"),
    (ErrorKind::Certificate(CertificateErrorKind::Authority), "", "exactly this certificate"),
    (ErrorKind::Certificate(CertificateErrorKind::Purpose), "", "serverAuth"),
    (ErrorKind::Certificate(CertificateErrorKind::Revoked), "", "do not go on"),
    (ErrorKind::Certificate(CertificateErrorKind::Other), "", "VerifySSLCertificate'"),
    (ErrorKind::TlsTerms, "", "TLS 1.3"),
    (ErrorKind::Unavailable { retry_after: None }, "the server answered 503 Service Unavailable", "later"),
    (ErrorKind::RequestTimeout, "the server answered 504 Gateway Timeout", "longer time limit"),
    (ErrorKind::SignInScheme, "the server answered 401 Unauthorized, and asks for NTLM", "SSH URL"),
    (
        ErrorKind::Proxy(ProxyErrorKind::Unreachable),
        "Connection refused",
        "address of the proxy in HTTPS_PROXY",
    ),
    (
        ErrorKind::Proxy(ProxyErrorKind::Unauthorized),
        "answered 407 Proxy Authentication Required",
        "--proxyusername",
    ),
    (ErrorKind::Proxy(ProxyErrorKind::SignInScheme), "it asks for NTLM", "a local one"),
    (ErrorKind::Proxy(ProxyErrorKind::Refused), "answered 403 Forbidden", "exceptions"),
    (ErrorKind::Proxy(ProxyErrorKind::ServerUnreachable), "answered 503 Service Unavailable", "may reach it"),
    (ErrorKind::LengthRequired, "the server answered 411 Length Required", "in chunks"),
    (ErrorKind::Status(400), "400 Request Header Or Cookie Too Large", "shorter token"),
    (ErrorKind::Status(431), "431 Request Header Fields Too Large", "shorter token"),
    (ErrorKind::Status(402), "the account has exceeded its user limit", "plan"),
    (ErrorKind::Status(405), "Pushing over HTTP is disabled on this server.", "allowed there"),
    (ErrorKind::Status(451), "DMCA takedown", "its owner"),
    (ErrorKind::Status(421), "421 Misdirected Request", "DNS"),
    (ErrorKind::Status(507), "507 Insufficient Storage", "for room"),
    (ErrorKind::Status(511), "511 Network Authentication Required", "Sign in at the network"),
    (ErrorKind::Status(525), "525", "server's administrator"),
    (ErrorKind::Status(526), "526", "server's administrator"),
    (ErrorKind::Status(400), "400 Bad Request", "at its log"),
    (ErrorKind::Status(999), "999", "at its log"),
    (ErrorKind::WebPage, "the server answered 200 OK with 'text/html'", "not a page of its web site"),
    (ErrorKind::TooLarge, "the server answered 413 Request Entity Too Large", "client_max_body_size"),
    (
        ErrorKind::Redirect,
        "the server redirected to 'http://git.example.org/r', which is not encrypted",
        "redirects to",
    ),
    (ErrorKind::NotAGitServer, "the server answered 200 OK with 'text/plain'", "clone URL"),
    (ErrorKind::DumbHttp, "the server offers its files, by Git's \"dumb\" HTTP protocol", "git http-backend"),
    (ErrorKind::NotListed, "out of coffee", "spelling"),
    (ErrorKind::Stale, "not our ref 1234", "changed while it was read"),
    (ErrorKind::Protocol, "the server sent a pkt-line of bad length", "no proxy changes"),
    (ErrorKind::Input, "it is a shallow repository, whose history is incomplete", "--unshallow"),
    (ErrorKind::Input, "no such folder", "Check the path"),
    (ErrorKind::Input, "it is no Git repository", "never overwritten"),
    (ErrorKind::Unsupported, "a local repository must have the object format sha1", "over https://"),
    (ErrorKind::Occupied, "it holds '.git'", "does not exist yet"),
    (ErrorKind::Input, "something else", "'excludeRefs'"),
    (ErrorKind::Refused, "branch is currently checked out", "bare repository"),
    (ErrorKind::Refused, "incorrect old value provided", "again"),
    (ErrorKind::Refused, "funny refname", "Rename the ref"),
    (ErrorKind::HostKey, "ssh exited with status 255", "known_hosts"),
    (ErrorKind::ProgramMissing, "cannot run 'ssh'", "GIT_SSH_COMMAND"),
    (
        ErrorKind::Local,
        "the temporary file for the pack in '/t' failed: No space left on device",
        "Make room",
    ),
    (ErrorKind::Local, "Permission denied", "belongs to the user"),
    (ErrorKind::Refused, "TF402462", "policies or rules"),
];

/// Why a local destination refuses a ref, and a part of the advice that follows from it.
const REASONS: &[(RejectReason, &str)] = &[
    (RejectReason::NotUnpacked, "'git fsck'"),
    (RejectReason::MissingObjects, "'git fsck'"),
    (RejectReason::AlreadyExists, "Somebody else"),
    (RejectReason::StaleOldValue, "Somebody else"),
    (RejectReason::DoesNotExist, "Somebody else"),
    (RejectReason::BadName, "Rename the ref"),
    (RejectReason::CheckedOut, "a bare repository"),
    (RejectReason::WorkTreeChanged, "updateInstead"),
    (RejectReason::DeletionsDenied, "receive.denyDeletes"),
    (RejectReason::CurrentBranch, "the default at the destination"),
    (RejectReason::NonFastForwardsDenied, "receive.denyNonFastForwards"),
    (RejectReason::Hidden, "receive.hideRefs"),
    (RejectReason::NotWritten, "could not write the ref"),
];

fn situation(kind: ErrorKind, words: &str, by: SignedIn) -> Situation<'_> {
    Situation { side: Side::Source, kind, by, words, reason: None, proxy: Some("HTTPS_PROXY") }
}

fn refusal(reason: RejectReason) -> Situation<'static> {
    Situation { reason: Some(reason), ..situation(ErrorKind::Refused, "", SignedIn::WithNothing) }
}

fn row(situation: &Situation<'_>) -> usize {
    let words = situation.words.to_lowercase();
    table::rows().position(|hint| hint.fits(situation, &words)).expect("every fault has a row")
}

#[test]
fn every_text_gets_its_advice() {
    for &(kind, words, expected) in SAID {
        let advice = situation(kind, words, SignedIn::With(CredentialSource::Token)).advice();
        assert!(advice.contains(expected), "{words}\n{advice}");
        assert!(!advice.contains(['{', '}']), "{advice}");
    }
}

#[test]
fn no_row_is_without_a_test_and_none_is_hidden_by_another() {
    let origins = [
        SignedIn::WithNothing,
        SignedIn::WithKey,
        SignedIn::With(CredentialSource::Token),
        SignedIn::With(CredentialSource::Job),
    ];
    let reasons = REASONS.iter().map(|&(reason, _)| row(&refusal(reason)));
    let met: HashSet<usize> = SAID
        .iter()
        .flat_map(|&(kind, words, _)| origins.map(|by| row(&situation(kind, words, by))))
        .chain(reasons)
        .collect();
    let missed: Vec<_> = table::rows().enumerate().filter(|(at, _)| !met.contains(at)).collect();
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn advice_names_the_inputs_of_the_side() {
    for (side, prefix) in [(Side::Source, "source"), (Side::Destination, "destination")] {
        let advice = |kind, by| Situation { side, ..situation(kind, "", by) }.advice();
        let token = format!("'{prefix}GitRepositoryPersonalAccessToken'");
        for kind in [ErrorKind::Unauthorized, ErrorKind::Forbidden, ErrorKind::NotFound] {
            assert!(advice(kind, SignedIn::WithNothing).contains(&token), "{kind:?}");
            assert!(advice(kind, SignedIn::With(CredentialSource::Token)).contains(&token), "{kind:?}");
            let connection = advice(kind, SignedIn::With(CredentialSource::ServiceConnection));
            assert!(connection.contains(&format!("'{prefix}ServiceConnection'")), "{connection}");
        }
        assert!(
            advice(ErrorKind::Certificate(CertificateErrorKind::UnknownIssuer), SignedIn::WithNothing)
                .contains(&format!("'{prefix}VerifySSLCertificate'"))
        );
    }
}

#[test]
fn a_job_that_cannot_see_a_repository_learns_of_its_scope() {
    for (kind, words) in
        [(ErrorKind::NotFound, "TF401019: …"), (ErrorKind::NotFound, ""), (ErrorKind::Unauthorized, "")]
    {
        let advice = situation(kind, words, SignedIn::With(CredentialSource::Job)).advice();
        assert!(
            advice.contains("Limit job authorization scope") && advice.contains("Build Service"),
            "{advice}"
        );
    }
}

#[test]
fn a_server_that_says_when_to_come_back_is_quoted() {
    let busy = ErrorKind::Unavailable { retry_after: Some(Duration::from_secs(30)) };
    let advice = situation(busy, "", SignedIn::WithNothing).advice();
    assert_eq!(advice, "Run the pipeline again later. The server asks to wait 30 s.");
}

#[test]
fn a_local_refusal_is_advised_on_by_its_value() {
    for &(reason, expected) in REASONS {
        let advice = refusal(reason).advice();
        assert!(advice.contains(expected), "{reason:?}: {advice}");
    }
}
