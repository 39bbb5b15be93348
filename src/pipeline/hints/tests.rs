use std::collections::HashSet;
use std::time::Duration;

use super::*;
use crate::error::{CertificateFault, ProxyFault};

/// What a server or an error says, word for word, and a part of the advice that follows from it.
const SAID: &[(Fault, &str, &str)] = &[
    (
        Fault::NotFound,
        "TF401019: The Git repository with name or identifier app does not exist or you do not have permissions for \
         the operation you are attempting.",
        "organization, project and repository",
    ),
    (
        Fault::Forbidden,
        "TF401027: You need the Git 'GenericContribute' permission to perform this action. Details: identity \
         'Build\\1', scope 'repository'.",
        "'Contribute'",
    ),
    (
        Fault::Refused,
        "TF401027: You need the Git 'ForcePush' permission to perform this action.",
        "'Force push",
    ),
    (
        Fault::Refused,
        "TF401027: You need the Git 'CreateBranch' permission to perform this action.",
        "'Create branch'",
    ),
    (
        Fault::Refused,
        "TF401027: You need the Git 'CreateTag' permission to perform this action.",
        "'Create tag'",
    ),
    (
        Fault::Refused,
        "TF401027: You need the Git 'ManageNote' permission to perform this action.",
        "'Manage notes'",
    ),
    (
        Fault::Refused,
        "TF401027: You need the Git 'PolicyExempt' permission to perform this action.",
        "Bypass policies",
    ),
    (
        Fault::Refused,
        "TF402455: Pushes to this branch are not permitted; you must use a pull request to update this branch.",
        "Bypass policies when pushing",
    ),
    (Fault::Refused, "TF401027: You need the Git 'Other' permission", "allow that identity the right"),
    (
        Fault::Refused,
        "TF401028: The reference 'refs/heads/main' has already been updated by another client",
        "again",
    ),
    (
        Fault::SignIn,
        "TF401444: Please sign-in at least once as contoso\\bob in a web browser",
        "Sign in once",
    ),
    (
        Fault::SignIn,
        "TF400813: The user 'aaaa' is not authorized to access this resource.",
        "new personal access",
    ),
    (
        Fault::Busy { retry_after: None },
        "TF400733: The request has been canceled: Request was blocked",
        "less often",
    ),
    (
        Fault::Refused,
        "VS403654: The push was rejected because it contains one or more secrets.",
        "push protection",
    ),
    (
        Fault::Refused,
        "VS403658: The object is 104857601 bytes, greater than the limit of 100",
        "maximum file size",
    ),
    (Fault::Refused, "VS403702: The push was rejected because one or more commits", "email validation"),
    (Fault::Refused, "VS403500: The size of your push exceeds the limit", "5 GB"),
    (Fault::Refused, "The object will increase this repository size by 300 bytes", "Clean up"),
    (Fault::Refused, "The Git pack file limit has been reached", "later"),
    (Fault::NotGit, "TF401041: the client does not support multi_ack", "bug of the task"),
    (
        Fault::Refused,
        "refs/pull/5/head (The current action can only be performed by the system.)",
        "'excludeRefs'",
    ),
    (Fault::Refused, "deny updating a hidden ref", "keeps these refs for itself"),
    (Fault::Refused, "Name conflicts with refs/heads/Feature", "rename or exclude"),
    (Fault::Refused, "the host takes no branch named HEAD", "Rename the branch"),
    (Fault::Refused, "the host takes no name that looks like an object id", "Rename the ref"),
    (Fault::Refused, "VS403688: UnresolvableToCommit", "does not lead to a commit"),
    (
        Fault::Refused,
        "GH001: Large files detected. File a.bin is 120.00 MB; this exceeds GitHub's file size limit of 100.00 MB",
        "Git LFS",
    ),
    (
        Fault::Refused,
        "GH002: Sorry, branch or tag names consisting of 40 hex characters are not allowed.",
        "Rename",
    ),
    (Fault::Refused, "cannot create a branch with a SHA-1 or SHA-256 branch name", "Rename"),
    (Fault::Refused, "GH003: Sorry, force-pushing to main is not allowed.", "Allow force pushes"),
    (Fault::Refused, "GH006: Protected branch update failed for refs/heads/main.", "protection rule"),
    (Fault::Refused, "protected branch hook declined", "protection rule"),
    (Fault::Refused, "GH007: Your push would publish a private email address.", "expose my email"),
    (Fault::Refused, "GH008: Your push referenced at least 1 unknown Git LFS object", "git lfs push --all"),
    (Fault::Refused, "GitLab: LFS objects are missing. Ensure LFS is properly set up", "git lfs push --all"),
    (Fault::Refused, "push declined due to repository rule violations", "bypass list"),
    (Fault::Refused, "GH013: Repository rule violations found for refs/heads/main.", "ruleset"),
    (
        Fault::Refused,
        "refusing to allow a Personal Access Token to create or update workflow `.github/workflows/ci.yml` without \
         `workflow` scope",
        "scope 'workflow'",
    ),
    (
        Fault::Forbidden,
        "The 'contoso' organization has enabled or enforced SAML SSO. To access this repository, visit",
        "Configure SSO",
    ),
    (
        Fault::SignIn,
        "Invalid username or token. Password authentication is not supported for Git operations.",
        "new one",
    ),
    (Fault::SignIn, "Support for password authentication was removed on August 13, 2021.", "no passwords"),
    (Fault::Forbidden, "Write access to repository not granted.", "Contents: Read and write"),
    (Fault::Forbidden, "Permission to contoso/app.git denied to bob.", "Contents: Read and write"),
    (
        Fault::SignIn,
        "HTTP Basic: Access denied. If a password was provided for Git authentication, the password was incorrect",
        "'user:token'",
    ),
    (
        Fault::Refused,
        "GitLab: You are not allowed to force push code to a protected branch on this project.",
        "Protected branches",
    ),
    (
        Fault::NotFound,
        "The project you were looking for could not be found or you don't have permission to view it.",
        "no such project",
    ),
    (Fault::Forbidden, "Basic authentication has been disabled on this instance.", "Bearer"),
    (Fault::Refused, "fatal: remote error: Forbidden", "source.writer"),
    (Fault::SignIn, "Invalid authentication credentials.", "source.writer"),
    (Fault::Forbidden, "mirror repository is read-only", "normal repository"),
    (Fault::Forbidden, "This repository was archived so it is read-only.", "Unarchive"),
    (Fault::Forbidden, "The project contoso/app is archived.", "Unarchive"),
    (Fault::Refused, "prohibited by Gerrit: not permitted: create", "Grant it"),
    (Fault::Refused, "Too many reference update commands in a single push", "'includeRefs'"),
    (Fault::Busy { retry_after: None }, "Rate limit for this resource has been exceeded", "less often"),
    (Fault::Refused, "deletion of the current branch prohibited", "another branch the default"),
    (Fault::Refused, "refusing to delete the current branch: refs/heads/main", "another branch the default"),
    (Fault::Refused, "branch main is the default branch and cannot be deleted", "another branch the default"),
    (Fault::Interrupted, "fatal: pack exceeds maximum allowed size (2.00 GiB)", "'includeRefs'"),
    (Fault::Refused, "atomic push failure", "other refs"),
    (Fault::Refused, "A default branch (e.g. main) does not yet exist for contoso/app", "Maintainer"),
    (Fault::Storage, "unable to create temporary object directory", "rights to write"),
    (Fault::Storage, "cannot lock ref 'r': Unable to create 'r.lock': Permission denied", "rights to write"),
    (Fault::Refused, "cannot lock ref 'r': Unable to create 'r.lock': File exists", "remove the '.lock'"),
    (Fault::Refused, "cannot lock ref 'r/b': 'r' exists; cannot create 'r/b'", "Delete that ref"),
    (Fault::TooLarge, "Pack exceeds the limit of 2,000,000 bytes", "raise the limit"),
    (Fault::TooLarge, "Object too large (1,200 bytes), rejecting the pack", "raise the limit"),
    (Fault::Refused, "unpacker error: fsck error in packed object", "receive.fsckObjects"),
    (Fault::Refused, "fatal: fsck error in pack objects", "receive.fsckObjects"),
    (Fault::Refused, "non-fast forward", "force pushes"),
    (Fault::Damaged, "aborting due to possible repository corruption", "git fsck"),
    (Fault::Refused, "shallow update not allowed", "complete original"),
    (Fault::Refused, "non-fast-forward", "force pushes"),
    (Fault::Refused, "refs/tags/v1 (already exists)", "force pushes"),
    (Fault::Refused, "missing necessary objects", "git fsck"),
    (Fault::Refused, "unpack index-pack abnormal exit", "git fsck"),
    (Fault::Refused, "pre-receive hook declined", "Change it"),
    (Fault::Refused, "hook declined", "this ref"),
    (Fault::Input, "refers to the variable 'X', which is not defined in this run", "variable group"),
    (Fault::Input, "is the same repository as the source", "into itself"),
    (Fault::TooManyDeletions, "", "'maxDeletionsPercent'"),
    (Fault::NoBranches, "", "'allowEmptySource'"),
    (Fault::NoBranches, "", "not a checkout"),
    (Fault::EmptySource, "", "'allowEmptySource'"),
    (Fault::Input, "its object format is sha1 and that of source 's' is sha256", "--object-format"),
    (Fault::Refused, "somebody else changed it during this run, and it was left as it is", "another writer"),
    (Fault::Refused, "no report says what became of it, and it is listed as before", "again"),
    (
        Fault::Refused,
        "it differs only in case from refs/heads/A, which the host takes for the same",
        "Rename one",
    ),
    (Fault::SignIn, "Host key verification failed.", "known_hosts"),
    (Fault::Algorithms, "Unable to negotiate with h: no matching host key type found.", "HostKeyAlgorithms"),
    (
        Fault::Algorithms,
        "Unable to negotiate with h port 22: no matching key exchange method found.",
        "KexAlgorithms=+",
    ),
    (Fault::Algorithms, "Unable to negotiate with h port 22: no matching cipher found.", "Ciphers"),
    (Fault::Key, "Load key \"/k\": incorrect passphrase supplied to decrypt private key", "'sshPassphrase'"),
    (Fault::Key, "Permissions 0644 for '/k' are too open.", "chmod 600"),
    (Fault::Key, "Load key \"/k\": error in libcrypto", "last line break"),
    (
        Fault::Forbidden,
        "ERROR: This deploy key does not have write access to this project.",
        "deploy key write access",
    ),
    (
        Fault::Forbidden,
        "ERROR: Permission to contoso/app.git denied to deploy key",
        "deploy key write access",
    ),
    (Fault::SignIn, "Received disconnect from h: Too many authentication failures", "IdentitiesOnly"),
    (Fault::Interrupted, "kex_exchange_identification: Connection closed by remote host", "MaxStartups"),
    (Fault::NoProgram, "Bad owner or permissions on /home/agent/.ssh/config", "Mend the file"),
    (Fault::LoginOutput, "Welcome to host42", "print nothing"),
    (Fault::NoService, "This account is currently not available.", "git-shell"),
    (Fault::NoGit, "bash: line 1: git-receive-pack: command not found", "Install Git there"),
    (Fault::Forbidden, "Gitea: Unauthorized\nMirror Repository contoso/app is read-only", "Convert it"),
    (Fault::SignIn, "You're using an RSA key with SHA-1, which is no longer allowed.", "ed25519"),
    (Fault::SignIn, "git@github.com: Permission denied (publickey).", "InstallSSHKey@0"),
    (
        Fault::Unreachable,
        "ssh: Could not resolve hostname git.internal: Name or service not known",
        "private network",
    ),
    (
        Fault::SignIn,
        "the server answered 203 Non-Authoritative Information\nAzure DevOps Services | Sign In",
        "Renew",
    ),
    (
        Fault::SignIn,
        "the server redirected to 'https://spsprodweu1.vssps.visualstudio.com/_signin'",
        "expired",
    ),
    (Fault::Forbidden, "the server answered 403 Forbidden", "matching scope"),
    (Fault::NotFound, "remote: Repository not found.", "single sign-on"),
    (Fault::Unreachable, "no server of that name was found", "resolve"),
    (Fault::Unreachable, "Connection refused (os error 111)", "the port"),
    (Fault::Unreachable, "time-out: connect", "private network"),
    (Fault::Interrupted, "the remote end hung up unexpectedly", "time limit"),
    (Fault::Certificate(CertificateFault::UnknownIssuer), "", "CertificateAuthority'"),
    (Fault::Certificate(CertificateFault::NoTrustStore), "", "ca-certificates"),
    (Fault::Certificate(CertificateFault::OtherName), "", "host name that the certificate is for"),
    (Fault::Certificate(CertificateFault::NoName), "", "subjectAltName"),
    (Fault::Certificate(CertificateFault::Expired), "", "renewed, and check this machine's clock"),
    (Fault::Certificate(CertificateFault::NotYetValid), "", "from when on"),
    (Fault::Certificate(CertificateFault::OldVersion), "", "X.509 v3"),
    (Fault::Certificate(CertificateFault::Signature), "", "SHA-256"),
    (Fault::Certificate(CertificateFault::Authority), "", "exactly this certificate"),
    (Fault::Certificate(CertificateFault::Purpose), "", "serverAuth"),
    (Fault::Certificate(CertificateFault::Revoked), "", "do not go on"),
    (Fault::Certificate(CertificateFault::Other), "", "VerifySSLCertificate'"),
    (Fault::TlsTerms, "", "TLS 1.3"),
    (Fault::Busy { retry_after: None }, "the server answered 503 Service Unavailable", "later"),
    (Fault::Impatient, "the server answered 504 Gateway Timeout", "longer time limit"),
    (Fault::SignInScheme, "the server answered 401 Unauthorized, and asks for NTLM", "SSH URL"),
    (Fault::Proxy(ProxyFault::Unreachable), "Connection refused", "address of the proxy in HTTPS_PROXY"),
    (Fault::Proxy(ProxyFault::SignIn), "answered 407 Proxy Authentication Required", "--proxyusername"),
    (Fault::Proxy(ProxyFault::SignInScheme), "it asks for NTLM", "a local one"),
    (Fault::Proxy(ProxyFault::Refused), "answered 403 Forbidden", "exceptions"),
    (Fault::Proxy(ProxyFault::ServerUnreachable), "answered 503 Service Unavailable", "may reach it"),
    (Fault::LengthRequired, "the server answered 411 Length Required", "in chunks"),
    (Fault::Status(400), "400 Request Header Or Cookie Too Large", "shorter token"),
    (Fault::Status(431), "431 Request Header Fields Too Large", "shorter token"),
    (Fault::Status(402), "the account has exceeded its user limit", "plan"),
    (Fault::Status(405), "Pushing over HTTP is disabled on this server.", "allowed there"),
    (Fault::Status(451), "DMCA takedown", "its owner"),
    (Fault::Status(421), "421 Misdirected Request", "DNS"),
    (Fault::Status(507), "507 Insufficient Storage", "for room"),
    (Fault::Status(511), "511 Network Authentication Required", "Sign in at the network"),
    (Fault::Status(525), "525", "server's administrator"),
    (Fault::Status(526), "526", "server's administrator"),
    (Fault::Status(400), "400 Bad Request", "at its log"),
    (Fault::Status(999), "999", "at its log"),
    (Fault::WebPage, "the server answered 200 OK with 'text/html'", "not a page of its web site"),
    (Fault::TooLarge, "the server answered 413 Request Entity Too Large", "client_max_body_size"),
    (
        Fault::Redirect,
        "the server redirected to 'http://git.example.org/r', which is not encrypted",
        "redirects to",
    ),
    (Fault::NotGit, "the server answered 200 OK with 'text/plain'", "clone URL"),
    (Fault::DumbHttp, "the server offers its files, by Git's \"dumb\" HTTP protocol", "git http-backend"),
    (Fault::NotListed, "out of coffee", "spelling"),
    (Fault::Moved, "not our ref 1234", "changed while it was read"),
    (Fault::Protocol, "the server sent a pkt-line of bad length", "no proxy changes"),
    (Fault::Input, "it is a shallow repository, whose history is incomplete", "--unshallow"),
    (Fault::Input, "no such folder", "Check the path"),
    (Fault::Input, "it is no Git repository", "never overwritten"),
    (Fault::Unsupported, "a local repository must have the object format sha1", "over https://"),
    (Fault::Occupied, "it holds '.git'", "does not exist yet"),
    (Fault::Input, "something else", "'excludeRefs'"),
    (Fault::Refused, "branch is currently checked out", "bare repository"),
    (Fault::Refused, "incorrect old value provided", "again"),
    (Fault::Refused, "funny refname", "Rename the ref"),
    (Fault::HostKey, "ssh exited with status 255", "known_hosts"),
    (Fault::NoProgram, "cannot run 'ssh'", "GIT_SSH_COMMAND"),
    (Fault::Local, "the temporary file for the pack in '/t' failed: No space left on device", "Make room"),
    (Fault::Local, "Permission denied", "belongs to the user"),
    (Fault::Refused, "TF402462", "policies or rules"),
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

fn situation(fault: Fault, words: &str, by: SignedIn) -> Situation<'_> {
    Situation { side: Side::Source, fault, by, words, reason: None, proxy: Some("HTTPS_PROXY") }
}

fn refusal(reason: RejectReason) -> Situation<'static> {
    Situation { reason: Some(reason), ..situation(Fault::Refused, "", SignedIn::WithNothing) }
}

fn row(situation: &Situation<'_>) -> usize {
    let words = situation.words.to_lowercase();
    table::rows().position(|hint| hint.fits(situation, &words)).expect("every fault has a row")
}

#[test]
fn every_text_gets_its_advice() {
    for &(fault, words, expected) in SAID {
        let advice = situation(fault, words, SignedIn::With(Origin::Token)).advice();
        assert!(advice.contains(expected), "{words}\n{advice}");
        assert!(!advice.contains(['{', '}']), "{advice}");
    }
}

#[test]
fn no_row_is_without_a_test_and_none_is_hidden_by_another() {
    let origins = [
        SignedIn::WithNothing,
        SignedIn::WithKey,
        SignedIn::With(Origin::Token),
        SignedIn::With(Origin::Job),
    ];
    let reasons = REASONS.iter().map(|&(reason, _)| row(&refusal(reason)));
    let met: HashSet<usize> = SAID
        .iter()
        .flat_map(|&(fault, words, _)| origins.map(|by| row(&situation(fault, words, by))))
        .chain(reasons)
        .collect();
    let missed: Vec<_> = table::rows().enumerate().filter(|(at, _)| !met.contains(at)).collect();
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn advice_names_the_inputs_of_the_side() {
    for (side, prefix) in [(Side::Source, "source"), (Side::Destination, "destination")] {
        let advice = |fault, by| Situation { side, ..situation(fault, "", by) }.advice();
        let token = format!("'{prefix}GitRepositoryPersonalAccessToken'");
        for fault in [Fault::SignIn, Fault::Forbidden, Fault::NotFound] {
            assert!(advice(fault, SignedIn::WithNothing).contains(&token), "{fault:?}");
            assert!(advice(fault, SignedIn::With(Origin::Token)).contains(&token), "{fault:?}");
            let connection = advice(fault, SignedIn::With(Origin::ServiceConnection));
            assert!(connection.contains(&format!("'{prefix}ServiceConnection'")), "{connection}");
        }
        assert!(
            advice(Fault::Certificate(CertificateFault::UnknownIssuer), SignedIn::WithNothing)
                .contains(&format!("'{prefix}VerifySSLCertificate'"))
        );
    }
}

#[test]
fn a_job_that_cannot_see_a_repository_learns_of_its_scope() {
    for (fault, words) in [(Fault::NotFound, "TF401019: …"), (Fault::NotFound, ""), (Fault::SignIn, "")] {
        let advice = situation(fault, words, SignedIn::With(Origin::Job)).advice();
        assert!(
            advice.contains("Limit job authorization scope") && advice.contains("Build Service"),
            "{advice}"
        );
    }
}

#[test]
fn a_server_that_says_when_to_come_back_is_quoted() {
    let busy = Fault::Busy { retry_after: Some(Duration::from_secs(30)) };
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
