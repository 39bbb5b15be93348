use std::collections::HashSet;
use std::time::Duration;

use super::*;
use crate::agent::environment::Environment;
use crate::auth::identity::ConnectionType;
use crate::config::step::{Step, of_environment};
use crate::error::RejectReason;
use crate::error::{
    CertificateErrorKind, ContainerProblem, CreateProblem, Failure, Indivisible, LfsProblem, LocalProblem,
    Phase, ProxyErrorKind, RemoteLabel, RepositoryProblem, TokenProblem, UnreachableReason,
};
use crate::hosts::Host;
use crate::mirror::ref_rule::RefRuleViolation;
use crate::remote::web_url::WebUrl;

/// A kind of error, what a server says with it to a token, word for word, and a part of the advice that follows.
const SAID: &[(ErrorKind, &str, &str)] = &[
    (ErrorKind::Container(ContainerProblem::NoList), "", "spelling of 'sourceGitRepositoryUri'"),
    (ErrorKind::Container(ContainerProblem::CutShort), "", "nothing was mirrored"),
    (ErrorKind::Container(ContainerProblem::Endless), "", "a step for each"),
    (ErrorKind::Container(ContainerProblem::OneDestination), "", "Many repositories cannot become one"),
    (ErrorKind::Container(ContainerProblem::OneSource), "", "'includeRepositories'"),
    (ErrorKind::Container(ContainerProblem::Same), "", "into itself"),
    (ErrorKind::Container(ContainerProblem::CloneDirectory), "", "name a folder"),
    (ErrorKind::Container(ContainerProblem::NoProject), "", "the address of a project"),
    (ErrorKind::Create(CreateProblem::NoInterface), "", "without a first commit"),
    (ErrorKind::Create(CreateProblem::NameTaken), "", "can still be restored"),
    (ErrorKind::Create(CreateProblem::WiderProject), "", "as visible as its project"),
    (ErrorKind::Create(CreateProblem::NarrowerGroup), "", "Ask for less"),
    (ErrorKind::Create(CreateProblem::WiderThanAsked), "", "nothing was sent to it"),
    (ErrorKind::Create(CreateProblem::Answer), "", "whether the repository is there"),
    (ErrorKind::Unrelated, "", "'overwriteUnrelated'"),
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
    (ErrorKind::Refused, "TF401027: You need the Git 'Other' permission", "the right."),
    (
        ErrorKind::Refused,
        "TF401028: The reference 'refs/heads/main' has already been updated by another client",
        "again",
    ),
    (
        ErrorKind::Unauthorized,
        "TF401444: Please sign-in at least once as contoso\\bob in a web browser",
        "Sign in there once",
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
    (
        ErrorKind::Refused,
        "GH013: Repository rule violations found: Push cannot contain secrets",
        "rule's bypass list",
    ),
    (ErrorKind::Refused, "push declined due to repository rule violations", "bypass list of the ruleset"),
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
    (ErrorKind::Interrupted, "fatal: pack exceeds maximum allowed size (2.00 GiB)", "'maxPushSize'"),
    (ErrorKind::Refused, "VS403500: The size of your push exceeds the limit", "'maxPushSize'"),
    (ErrorKind::Refused, "atomic push failure", "other refs"),
    (ErrorKind::Refused, "shallow update not allowed", "complete original"),
    (ErrorKind::Refused, "non-fast-forward", "force pushes"),
    (ErrorKind::Refused, "refs/tags/v1 (already exists)", "force pushes"),
    (ErrorKind::Refused, "missing necessary objects", "git fsck"),
    (ErrorKind::Refused, "unpack index-pack abnormal exit", "git fsck"),
    (ErrorKind::Refused, "pre-receive hook declined", "Change it"),
    (ErrorKind::Refused, "hook declined", "this ref"),
    (ErrorKind::TooManyDeletions, "", "'maxDeletionsPercent'"),
    (ErrorKind::NoBranches, "", "'allowEmptySource'"),
    (ErrorKind::NoBranches, "", "not a checkout"),
    (ErrorKind::EmptySource, "", "'allowEmptySource'"),
    (ErrorKind::NamesCollide, "", "'mapRefs'"),
    (ErrorKind::Diverged, "", "'divergedRefs'"),
    (ErrorKind::Unrelated, "", "'overwriteUnrelated'"),
    (ErrorKind::Container(ContainerProblem::NoList), "", "Check the spelling"),
    (ErrorKind::Container(ContainerProblem::CutShort), "", "would look like deleted"),
    (ErrorKind::Container(ContainerProblem::Endless), "", "Name a smaller part"),
    (ErrorKind::Container(ContainerProblem::OneDestination), "", "Many repositories cannot become one"),
    (ErrorKind::Container(ContainerProblem::OneSource), "", "'includeRepositories'"),
    (ErrorKind::Container(ContainerProblem::Same), "", "mirrored into itself"),
    (ErrorKind::Container(ContainerProblem::CloneDirectory), "", "'sourceGitRepositoryCloneDirectoryName'"),
    (ErrorKind::Container(ContainerProblem::NoProject), "", "the address of a project"),
    (ErrorKind::Create(CreateProblem::NoInterface), "", "Create the repository at the destination"),
    (ErrorKind::Create(CreateProblem::NameTaken), "", "remove it for good"),
    (ErrorKind::Create(CreateProblem::WiderProject), "", "'createDestination'"),
    (ErrorKind::Create(CreateProblem::WiderThanAsked), "", "is there, and"),
    (ErrorKind::Create(CreateProblem::Answer), "", "Look at the host"),
    (ErrorKind::Container(ContainerProblem::NothingListed), "", "'allowEmptySource'"),
    (ErrorKind::Container(ContainerProblem::NothingSelected), "", "'includeRepositories'"),
    (ErrorKind::Repository(RepositoryProblem::FormatsDiffer), "", "--object-format"),
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
        ErrorKind::Unreachable(UnreachableReason::UnknownName),
        "ssh: Could not resolve hostname git.internal: Name or service not known",
        "private network",
    ),
    (ErrorKind::Unauthorized, "Azure DevOps Services | Sign In", "Renew"),
    (ErrorKind::Unauthorized, "", "expired"),
    (ErrorKind::TokenExpired, "", "longer than its token serves"),
    (ErrorKind::Forbidden, "", "matching scope"),
    (ErrorKind::NotFound, "remote: Repository not found.", "single sign-on"),
    (ErrorKind::Unreachable(UnreachableReason::UnknownName), "", "resolve"),
    (ErrorKind::Unreachable(UnreachableReason::ConnectionRefused), "", "that the server runs"),
    (ErrorKind::Unreachable(UnreachableReason::Other), "", "private network"),
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
    (ErrorKind::Unavailable { retry_after: None }, "", "later"),
    (ErrorKind::RequestTimeout, "", "longer time limit"),
    (ErrorKind::SignInScheme, "", "SSH URL"),
    (
        ErrorKind::Proxy(ProxyErrorKind::Unreachable),
        "Connection refused",
        "address of the proxy in HTTPS_PROXY",
    ),
    (ErrorKind::Proxy(ProxyErrorKind::Unauthorized), "", "--proxyusername"),
    (ErrorKind::Proxy(ProxyErrorKind::SignInScheme), "", "a local one"),
    (ErrorKind::Proxy(ProxyErrorKind::Refused), "", "exceptions"),
    (ErrorKind::Proxy(ProxyErrorKind::ServerUnreachable), "", "may reach it"),
    (ErrorKind::LengthRequired, "", "in chunks"),
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
    (ErrorKind::WebPage, "", "not a page of its web site"),
    (ErrorKind::TooLarge, "", "client_max_body_size"),
    (ErrorKind::Indivisible(Indivisible::OneCommit), "", "'git lfs migrate import'"),
    (ErrorKind::Indivisible(Indivisible::OneCommit), "pack exceeds maximum allowed size", "or split it"),
    (ErrorKind::Indivisible(Indivisible::NoCuts), "", "into the middle of this history"),
    (ErrorKind::Indivisible(Indivisible::Merge), "", "into the middle of what was merged"),
    (ErrorKind::Redirect, "", "redirects to"),
    (ErrorKind::NotAGitServer, "", "clone URL"),
    (ErrorKind::Stale, "not our ref 1234", "changed while it was read"),
    (ErrorKind::Protocol, "", "no proxy changes"),
    (ErrorKind::Repository(RepositoryProblem::Shallow), "", "--unshallow"),
    (ErrorKind::Repository(RepositoryProblem::NoFolder), "", "Check the path"),
    (ErrorKind::Repository(RepositoryProblem::NoParentFolder), "", "Check the path"),
    (ErrorKind::Repository(RepositoryProblem::NoRepository), "", "Give the folder"),
    (ErrorKind::Repository(RepositoryProblem::File), "", "Give the folder"),
    (ErrorKind::Unsupported, "", "over https://"),
    (ErrorKind::Occupied, "", "does not exist yet"),
    (ErrorKind::Refused, "branch is currently checked out", "bare repository"),
    (ErrorKind::Refused, "incorrect old value provided", "again"),
    (ErrorKind::Refused, "funny refname", "Rename the ref"),
    (ErrorKind::HostKey, "", "known_hosts"),
    (ErrorKind::ProgramMissing, "", "GIT_SSH_COMMAND"),
    (ErrorKind::Local(LocalProblem::TemporaryFile), "", "Make room"),
    (ErrorKind::Local(LocalProblem::Repository), "", "belongs to the agent's user"),
    (ErrorKind::Lfs(LfsProblem::NoService), "", "let 'lfs' be 'none'"),
    (ErrorKind::Lfs(LfsProblem::Missing), "", "'git log --all --oneline --name-only -S'"),
    (ErrorKind::Lfs(LfsProblem::WrongContent), "", "'git lfs push --object-id'"),
    (ErrorKind::Lfs(LfsProblem::Answer), "", "settings for Git LFS"),
    (ErrorKind::Lfs(LfsProblem::Address), "", "URL, with https"),
    (ErrorKind::Lfs(LfsProblem::OtherServer), "", "wants credentials of its own"),
    (ErrorKind::Lfs(LfsProblem::Storage), "", "raise the quota"),
    (ErrorKind::Lfs(LfsProblem::Bandwidth), "", "Wait for the next month"),
    (ErrorKind::Lfs(LfsProblem::Refused), "", "rule on its size"),
    (ErrorKind::Lfs(LfsProblem::TooManyPointers), "", "in several steps"),
    (ErrorKind::Lfs(LfsProblem::Unread), "", "'git repack -a -d -F'"),
    (ErrorKind::Rejected(RejectReason::NotUnpacked), "", "'git fsck'"),
    (ErrorKind::Rejected(RejectReason::MissingObjects), "", "'git fsck'"),
    (ErrorKind::Rejected(RejectReason::AlreadyExists), "", "Somebody else"),
    (ErrorKind::Rejected(RejectReason::StaleOldValue), "", "Somebody else"),
    (ErrorKind::Rejected(RejectReason::DoesNotExist), "", "Somebody else"),
    (ErrorKind::Rejected(RejectReason::BadName), "", "Rename the ref"),
    (ErrorKind::Rejected(RejectReason::CheckedOut), "", "a bare repository"),
    (ErrorKind::Rejected(RejectReason::WorkTreeChanged), "", "updateInstead"),
    (ErrorKind::Rejected(RejectReason::DeletionsDenied), "", "receive.denyDeletes"),
    (ErrorKind::Rejected(RejectReason::CurrentBranch), "", "the default at the destination"),
    (ErrorKind::Rejected(RejectReason::NonFastForwardsDenied), "", "receive.denyNonFastForwards"),
    (ErrorKind::Rejected(RejectReason::Hidden), "", "receive.hideRefs"),
    (ErrorKind::Rejected(RejectReason::Locked), "", "Another process holds the lock"),
    (ErrorKind::Rejected(RejectReason::NotWritten), "", "could not write the ref"),
    (ErrorKind::Refused, "A default branch (e.g. main) does not yet exist for contoso/app", "Maintainer"),
    (ErrorKind::Storage, "unable to create temporary object directory", "rights to write"),
    (
        ErrorKind::Storage,
        "cannot lock ref 'r': Unable to create 'r.lock': Permission denied",
        "rights to write",
    ),
    (ErrorKind::Storage, "unpacker error", "rights to write"),
    (ErrorKind::Storage, "", "rights to write"),
    (ErrorKind::Refused, "cannot lock ref 'r': Unable to create 'r.lock': File exists", "remove the '.lock'"),
    (ErrorKind::Refused, "cannot lock ref 'r/b': 'r' exists; cannot create 'r/b'", "Delete that ref"),
    (ErrorKind::TooLarge, "Pack exceeds the limit of 2,000,000 bytes", "raise the limit"),
    (ErrorKind::TooLarge, "Object too large (1,200 bytes), rejecting the pack", "raise the limit"),
    (ErrorKind::Refused, "unpacker error: fsck error in packed object", "receive.fsckObjects"),
    (ErrorKind::Refused, "fatal: fsck error in pack objects", "receive.fsckObjects"),
    (ErrorKind::Refused, "non-fast forward", "force pushes"),
    (ErrorKind::Damaged, "aborting due to possible repository corruption", "git fsck"),
    (ErrorKind::ObjectsNotKept, "", "git fsck"),
    (ErrorKind::DumbHttp, "", "git http-backend"),
    (ErrorKind::NotListed, "out of coffee", "spelling"),
    (ErrorKind::Refused, "TF402462", "policies or rules"),
    (
        ErrorKind::NotFound,
        "VS800075: The project with id 'vstfs:///Classification/TeamProject/0' does not exist, or you do not have \
         permission to access it.",
        "is a member",
    ),
    (
        ErrorKind::Forbidden,
        "VS403463: The conditional access policy defined by your Microsoft Entra administrator has failed.",
        "exclude the owner",
    ),
    (ErrorKind::Forbidden, "Resource not accessible by personal access token", "Repository access"),
    (
        ErrorKind::Forbidden,
        "Although you appear to have the correct authorization credentials, the `contoso` organization has enabled \
         OAuth App access restrictions",
        "approve it",
    ),
];

const AZURE_DEVOPS: CredentialOrigin = CredentialOrigin::Connection(ConnectionType::AzureDevOps);
const AZURE_RESOURCE_MANAGER: CredentialOrigin =
    CredentialOrigin::Connection(ConnectionType::AzureResourceManager);
const AZURE_REPOS: CredentialOrigin = CredentialOrigin::Connection(ConnectionType::AzureRepos);
const GITHUB: CredentialOrigin = CredentialOrigin::Connection(ConnectionType::GitHub);
const OTHER_GIT: CredentialOrigin = CredentialOrigin::Connection(ConnectionType::OtherGit);

const ORIGINS: [CredentialOrigin; 10] = [
    CredentialOrigin::Token,
    CredentialOrigin::Url,
    CredentialOrigin::Job,
    CredentialOrigin::GitHubApp,
    CredentialOrigin::AzureEnvironment,
    AZURE_DEVOPS,
    AZURE_RESOURCE_MANAGER,
    AZURE_REPOS,
    GITHUB,
    OTHER_GIT,
];

/// Credentials, a kind of error, what a server says with it to them, and a part of the advice that follows.
const SAID_TO: &[(CredentialOrigin, ErrorKind, &str, &str)] = &[
    (AZURE_DEVOPS, ErrorKind::NotFound, "TF401019: …", "make the identity of the Azure DevOps connection"),
    (
        CredentialOrigin::AzureEnvironment,
        ErrorKind::NotFound,
        "TF401019: …",
        "the identity of this machine's",
    ),
    (AZURE_REPOS, ErrorKind::NotFound, "TF401019: …", "the scope Code (Read)"),
    (CredentialOrigin::Job, ErrorKind::NotFound, "TF401019: …", "Build Service"),
    (AZURE_RESOURCE_MANAGER, ErrorKind::NotFound, "VS800075: …", "Readers > Members"),
    (CredentialOrigin::Job, ErrorKind::NotFound, "VS800075: …", "Build Service"),
    (
        AZURE_DEVOPS,
        ErrorKind::Unauthorized,
        "TF401444: Please sign-in at least once as 72f9\\72f9\\115c in a web browser to enable access to the service.",
        "Users > Add users, with the access level Basic",
    ),
    (
        AZURE_DEVOPS,
        ErrorKind::Forbidden,
        "The Managed Identity / Service Principal mirror does not have access to Azure DevOps organization contoso. \
         Please make sure the identity has been added to the organization. See https://aka.ms/azdosc#prerequisites",
        "Users > Add users",
    ),
    (AZURE_DEVOPS, ErrorKind::Unauthorized, "TF400813: The user 'a' is not authorized", "Users > Add users"),
    (
        CredentialOrigin::Job,
        ErrorKind::Unauthorized,
        "TF400813: The user 'a' is not authorized",
        "Build Service",
    ),
    (
        AZURE_REPOS,
        ErrorKind::Unauthorized,
        "TF400813: The user 'a' is not authorized",
        "personal access token",
    ),
    (AZURE_DEVOPS, ErrorKind::Unauthorized, "", "Users > Add users"),
    (AZURE_DEVOPS, ErrorKind::Forbidden, "", "allow the identity of the Azure DevOps connection"),
    (AZURE_RESOURCE_MANAGER, ErrorKind::NotFound, "", "Project settings > Repositories > Security"),
    (AZURE_REPOS, ErrorKind::Unauthorized, "", "that one organization"),
    (OTHER_GIT, ErrorKind::Unauthorized, "", "edit the Other Git connection"),
    (OTHER_GIT, ErrorKind::Forbidden, "", "the account of the Other Git connection"),
    (GITHUB, ErrorKind::Unauthorized, "", "authorize it anew"),
    (GITHUB, ErrorKind::Forbidden, "", "the user who authorized"),
    (GITHUB, ErrorKind::NotFound, "remote: Repository not found.", "Repository access"),
    (GITHUB, ErrorKind::Unauthorized, "Bad credentials", "authorize it anew"),
    (GITHUB, ErrorKind::Forbidden, "has enabled or enforced SAML SSO", "authorize the connection anew"),
    (
        GITHUB,
        ErrorKind::Refused,
        "refusing to allow an OAuth App to create or update workflow `.github/workflows/ci.yml` without `workflow` scope",
        "a GitHub App of your own",
    ),
    (CredentialOrigin::GitHubApp, ErrorKind::Unauthorized, "", "still installed"),
    (CredentialOrigin::GitHubApp, ErrorKind::Unauthorized, "Bad credentials", "still installed"),
    (CredentialOrigin::GitHubApp, ErrorKind::Forbidden, "", "'Contents: Read-only'"),
    (CredentialOrigin::GitHubApp, ErrorKind::NotFound, "remote: Repository not found.", "Repository access"),
    (
        CredentialOrigin::GitHubApp,
        ErrorKind::Refused,
        "refusing to allow a GitHub App to create or update workflow `.github/workflows/ci.yml` without `workflows` \
         permission",
        "'Workflows: Read and write'",
    ),
    (
        CredentialOrigin::GitHubApp,
        ErrorKind::Forbidden,
        "Resource not accessible by integration",
        "accept that",
    ),
    (CredentialOrigin::Url, ErrorKind::Unauthorized, "", "better give it in"),
];

/// A kind of error, what a server that issues tokens says with it, and a part of the advice that follows.
const SAID_OF_TOKENS: &[(ErrorKind, &str, &str)] = &[
    (
        ErrorKind::NoToken(TokenProblem::AssertionOutsideItsTime),
        "AADSTS700024: Client assertion is not within its valid time range.",
        "set the clock of this agent right",
    ),
    (
        ErrorKind::NoToken(TokenProblem::NoFederatedCredential),
        "AADSTS700213: No matching federated identity record found for presented assertion subject",
        "Federated credentials",
    ),
    (
        ErrorKind::NoToken(TokenProblem::Entra),
        "AADSTS70025: The client has no configured federated identity credentials.",
        "Federated credentials",
    ),
    (
        ErrorKind::NoToken(TokenProblem::ForeignApplication),
        "AADSTS70052: The identity must be a managed identity, a single tenant app, or a service account",
        "this organizational directory only",
    ),
    (
        ErrorKind::NoToken(TokenProblem::UnknownApplication),
        "AADSTS700016: Application with identifier 'a' was not found in the directory 'b'.",
        "application id and the tenant id of the Azure DevOps connection",
    ),
    (
        ErrorKind::NoToken(TokenProblem::DisabledApplication),
        "AADSTS7000112: Application 'a' is disabled.",
        "enable it",
    ),
    (ErrorKind::NoToken(TokenProblem::UnknownTenant), "AADSTS90002: Tenant 'a' not found.", "tenant id of"),
    (
        ErrorKind::NoToken(TokenProblem::WrongSecret),
        "AADSTS7000215: Invalid client secret provided.",
        "its value, not its id",
    ),
    (
        ErrorKind::NoToken(TokenProblem::ExpiredSecret),
        "AADSTS7000222: The provided client secret keys for app 'a' are expired.",
        "make a new one",
    ),
    (
        ErrorKind::NoToken(TokenProblem::UnknownCertificate),
        "AADSTS700027: The certificate with identifier used to sign the client assertion is not registered.",
        "Upload it",
    ),
    (
        ErrorKind::NoToken(TokenProblem::ConditionalAccess),
        "AADSTS53003: Access has been blocked by Conditional Access policies.",
        "Service principal sign-ins",
    ),
    (
        ErrorKind::NoToken(TokenProblem::UnknownResource),
        "AADSTS500011: The resource principal named 499b84ac-1321-427f-aa17-267ca6975798 was not found in the tenant",
        "Organization settings > Microsoft Entra",
    ),
    (ErrorKind::NoToken(TokenProblem::Entra), "AADSTS12345: no", "https://login.microsoftonline.com/error"),
    (
        ErrorKind::NoToken(TokenProblem::Entra),
        "AADSTS700223: Workload identity federation is disabled",
        "allow workload identity federation",
    ),
    (
        ErrorKind::NoToken(TokenProblem::Entra),
        "AADSTS700238: … is not allowed",
        "allow workload identity federation",
    ),
    (
        ErrorKind::NoToken(TokenProblem::ForeignApplication),
        "AADSTS900382: Confidential Client is not supported in Cross Cloud",
        "with a certificate",
    ),
    (ErrorKind::NoToken(TokenProblem::AssertionFile), "", "AZURE_FEDERATED_TOKEN_FILE"),
    (ErrorKind::NoToken(TokenProblem::IdToken), "", "lets this pipeline"),
    (ErrorKind::NoToken(TokenProblem::NoManagedIdentity), "Identity not found", "machine in Azure"),
    (ErrorKind::NoToken(TokenProblem::SigningKey), "", "without a passphrase"),
    (ErrorKind::NoToken(TokenProblem::SecureFile), "", "Library > Secure files"),
    (ErrorKind::NoToken(TokenProblem::UnknownApp), "Integration not found", "App ID"),
    (
        ErrorKind::NoToken(TokenProblem::AppClock),
        "'Expiration time' claim ('exp') is too far in the future",
        "Set the clock",
    ),
    (ErrorKind::NoToken(TokenProblem::AppNotInstalled), "Not Found", "Install App"),
    (ErrorKind::NoToken(TokenProblem::AppSuspended), "This installation has been suspended", "unsuspend"),
    (ErrorKind::NoToken(TokenProblem::Answer), "<html>Sign in to the network</html>", "a proxy or a gateway"),
    (ErrorKind::Unreachable(UnreachableReason::UnknownName), "", "resolve the name of the server"),
    (ErrorKind::Unreachable(UnreachableReason::ConnectionRefused), "", "look for a firewall"),
    (ErrorKind::Unreachable(UnreachableReason::Other), "", "look for a firewall"),
    (ErrorKind::Interrupted, "", "the tokens to sign in with"),
    (ErrorKind::RequestTimeout, "", "the tokens to sign in with"),
    (ErrorKind::Certificate(CertificateErrorKind::UnknownIssuer), "", "opens TLS"),
    (ErrorKind::Certificate(CertificateErrorKind::NotYetValid), "", "Check the clock"),
    (ErrorKind::Certificate(CertificateErrorKind::NoTrustStore), "", "ca-certificates"),
    (ErrorKind::Proxy(ProxyErrorKind::Refused), "", "allow that server"),
    (ErrorKind::Proxy(ProxyErrorKind::Unauthorized), "", "--proxyusername"),
    (ErrorKind::Unavailable { retry_after: None }, "Bad credentials", "later"),
    (ErrorKind::Redirect, "", "in place of the server"),
    (ErrorKind::Unauthorized, "Bad credentials", "in place of the server"),
    (ErrorKind::Status(400), "TF401019", "in place of the server"),
    (ErrorKind::Protocol, "", "in place of the server"),
];

fn step() -> Step {
    let arguments =
        ["--source", "https://source.example/r", "--destination", "https://destination.example/r"];
    let arguments = arguments.iter().map(Into::into).collect();
    of_environment(&Environment { variables: Vec::new(), arguments }).unwrap()
}

fn by(by: SignedIn) -> Situation {
    Situation {
        side: Side::Source,
        purpose: Purpose::Mirror,
        asked: Asked::Repository,
        by,
        lfs: LfsHost::Other,
        rights: None,
        creation: Creatable::No,
        proxy: Some("HTTPS_PROXY"),
        caller: Caller::Agent,
    }
}

/// Everything that servers say, and the situation in which they say it.
fn said() -> impl Iterator<Item = (Situation, ErrorKind, &'static str, &'static str)> {
    let with = |origin| by(SignedIn::With(origin));
    let of_tokens = Situation { asked: Asked::TokenService, ..with(AZURE_DEVOPS) };
    let to_token = SAID.iter().map(move |row| (with(CredentialOrigin::Token), row.0, row.1, row.2));
    let to_others = SAID_TO.iter().map(move |row| (with(row.0), row.1, row.2, row.3));
    to_token.chain(to_others).chain(SAID_OF_TOKENS.iter().map(move |row| (of_tokens, row.0, row.1, row.2)))
}

#[test]
fn every_text_gets_its_advice() {
    for (situation, kind, words, expected) in said() {
        let advice = situation.of_error(kind, words).text;
        assert!(advice.contains(expected), "{:?} {kind:?} {words}\n{advice}", situation.by);
        assert!(!advice.contains(['{', '}']), "{advice}");
    }
}

#[test]
fn advice_names_the_section_of_the_page_that_has_it() {
    let by_token = by(SignedIn::With(CredentialOrigin::Token));
    let of_tokens = Situation { asked: Asked::TokenService, ..by(SignedIn::With(AZURE_DEVOPS)) };
    let of_interface = Situation { rights: Some("It needs a right."), ..by_token };
    for (situation, kind, words, topic) in [
        (by_token, ErrorKind::NotFound, "TF401019: …", Topic::AzureRepos),
        (by_token, ErrorKind::Refused, "GH003: Sorry", Topic::GitHub),
        (by_token, ErrorKind::Unauthorized, "", Topic::SignIn),
        (by_token, ErrorKind::Interrupted, "", Topic::Network),
        (by_token, ErrorKind::Storage, "", Topic::AnyServer),
        (by_token, ErrorKind::TooManyDeletions, "", Topic::Plans),
        (of_tokens, ErrorKind::Unreachable(UnreachableReason::UnknownName), "", Topic::Tokens),
        (of_interface, ErrorKind::Forbidden, "", Topic::Containers),
    ] {
        assert_eq!(situation.of_error(kind, words).topic, Some(topic), "{kind:?} {words}");
    }
}

#[test]
fn no_row_is_without_a_test_and_none_is_hidden_by_another() {
    let row = |situation: Situation, kind, words: &str| {
        let words = words.to_lowercase();
        table::rows(situation.asked)
            .map(|(_, hint)| hint)
            .find(|hint| hint.fits(kind, situation.by, &words))
            .map(std::ptr::from_ref::<Hint>)
    };
    let met: HashSet<_> =
        said().filter_map(|(situation, kind, words, _)| row(situation, kind, words)).collect();
    let rows = [Asked::Repository, Asked::TokenService].into_iter().flat_map(table::rows);
    let missed: Vec<_> = rows.filter(|(_, hint)| !met.contains(&std::ptr::from_ref(*hint))).collect();
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn every_kind_has_advice_and_a_test() {
    for kind in kinds::all() {
        assert!(said().any(|(_, tested, ..)| tested == kind), "{kind:?}");
        for (origin, asked) in
            ORIGINS.iter().flat_map(|origin| [(*origin, Asked::Repository), (*origin, Asked::TokenService)])
        {
            let situation = Situation { asked, ..by(SignedIn::With(origin)) };
            let advice = situation.of_error(kind, "").text;
            assert!(advice.ends_with(['.', ')']) && !advice.contains(['{', '}']), "{kind:?}: {advice}");
        }
    }
}

#[test]
fn no_input_is_to_blame_where_a_token_service_fails() {
    for kind in kinds::all().into_iter().filter(|kind| tokens::of_service(*kind).is_some()) {
        let situation = Situation { asked: Asked::TokenService, ..by(SignedIn::With(AZURE_DEVOPS)) };
        let advice = situation.of_error(kind, "").text;
        let is_about_the_repository =
            matches!(kind, ErrorKind::NoToken(TokenProblem::AppNotInstalled | TokenProblem::UnknownResource));
        for input in ["GitRepositoryUri", "CertificateAuthority", "VerifySSLCertificate"] {
            assert!(is_about_the_repository || !advice.contains(input), "{kind:?}: {advice}");
        }
    }
}

#[test]
fn an_error_of_a_token_service_gets_its_advice() {
    let step = step();
    let label = RemoteLabel::new(Side::Source, "https://source.example/r");
    let failure = Failure::new(ErrorKind::Unreachable(UnreachableReason::UnknownName), "no such name");
    let advice = |failure| for_error(&label.error(Phase::List, failure), &step.given, step.caller).text;
    assert!(advice(failure.clone()).contains("--source"), "{}", advice(failure.clone()));
    let of_service = advice(failure.of_token_service());
    assert!(of_service.contains("issues the tokens") && !of_service.contains("--source"), "{of_service}");
}

#[test]
fn a_destination_that_is_missing_can_be_created_in_words() {
    let advice = |side, phase, destination: &str, words: &str| {
        let step = crate::report::testing::step("https://source.example/r", destination, &[]);
        let failure = Failure::new(ErrorKind::NotFound, "404").with_remote(Some(words.to_owned()));
        for_error(&RemoteLabel::new(side, destination).error(phase, failure), &step.given, Caller::Agent).text
    };
    let at_destination = |destination, words| advice(Side::Destination, Phase::List, destination, words);
    let create = "let it be created with 'createDestination'";
    for (destination, words) in [
        ("https://dev.azure.com/o/p/_git/r", "TF401019: …"),
        ("https://github.com/contoso/app", "Repository not found."),
        ("https://gitlab.com/contoso/app", "The project you were looking for could not be found"),
        ("https://bitbucket.org/contoso/app", ""),
    ] {
        assert!(at_destination(destination, words).contains(create), "{destination}");
        for (side, phase) in [(Side::Source, Phase::List), (Side::Destination, Phase::ListRepositories)] {
            assert!(!advice(side, phase, destination, words).contains(create), "{destination}");
        }
    }
    for (destination, words) in [
        // A project, an address over SSH, and a host without an interface that is known.
        ("https://dev.azure.com/o/p/_git/r", "VS800075: …"),
        ("git@github.com:contoso/app.git", "Repository not found."),
        ("https://git.example/contoso/app", ""),
    ] {
        assert!(!at_destination(destination, words).contains("createDestination"), "{destination}");
    }
    for origin in ORIGINS {
        let at = |creation| Situation { creation, side: Side::Destination, ..by(SignedIn::With(origin)) };
        let advice = |creation| at(creation).of_error(ErrorKind::NotFound, "").text;
        assert!(advice(Creatable::Yes).contains(create) && !advice(Creatable::No).contains(create));
    }
}

#[test]
fn every_status_with_advice_of_its_own_is_listed() {
    let is_special = |status: &u16| http::of_status(*status) != http::of_status(0);
    assert_eq!((100..=999).filter(is_special).collect::<Vec<_>>(), http::STATUSES);
}

#[test]
fn what_is_said_of_a_ref_follows_from_its_outcome() {
    let step = step();
    let advice = |outcome: Outcome, words: &str| for_outcome(&outcome, words, &step.given, step.caller).text;
    let rejected = |reason| Outcome::Rejected(Refusal { reason, remote: "".into(), kind: None });
    for (outcome, words, expected) in [
        (rejected("hook declined".into()), "", "Do what it says"),
        (rejected("declined".into()), "remote: error: GH006: Protected branch", "branch's protection rule"),
        (
            rejected(Reason::Own { reason: RejectReason::CheckedOut, detail: String::new() }),
            "",
            "Give a bare repository",
        ),
        // The message is no server's, whatever stands in it.
        (rejected(Reason::NoReport("GH006".into())), "", "policies or rules"),
        (rejected(Reason::NoReport("no".into())), "GH006", "branch's protection rule"),
        (Outcome::Unsupported(RefRuleViolation::HexName), "", "Rename the ref"),
        (Outcome::Unsupported(RefRuleViolation::BranchNamedHead), "", "Rename the branch"),
        (Outcome::Unsupported(RefRuleViolation::CaseConflict { other: "a".into() }), "", "Rename one"),
        (Outcome::Unsupported(RefRuleViolation::FolderCaseConflict { other: "a".into() }), "", "Rename one"),
        (Outcome::Unsupported(RefRuleViolation::NotACommit), "", "Leave it out"),
        (Outcome::ChangedConcurrently, "", "another writer"),
        (Outcome::ReportedButUnchanged, "", "ask the host's administrator"),
        (Outcome::NotPushed, "", "ask the host's administrator"),
        (Outcome::Unknown, "", "ask the host's administrator"),
    ] {
        let advice = advice(outcome.clone(), words);
        assert!(advice.contains(expected), "{outcome:?}: {advice}");
    }
    assert_eq!(advice(Outcome::Done, ""), "");
}

#[test]
fn a_refusal_of_an_interface_names_its_own_rights() {
    let advice = |phase, host, kind, signed_in, words: &str| {
        let rights = interface::rights(phase, host);
        Situation { side: Side::Destination, rights, ..by(signed_in) }.of_error(kind, words).text
    };
    let token = SignedIn::With(CredentialOrigin::Token);
    for (phase, host, expected) in [
        (Phase::ListRepositories, Host::AzureRepos, "Code (Read)"),
        (Phase::Create, Host::AzureRepos, "'Create repository'"),
        (Phase::Create, Host::AzureDevOpsServer, "Code (Read, write & manage)"),
        (Phase::SetDefaultBranch, Host::AzureRepos, "'Edit policies'"),
        (Phase::ListRepositories, Host::GitHub, "'Metadata: Read-only'"),
        (Phase::Create, Host::GitHub, "'Administration: Read and write'"),
        (Phase::SetDefaultBranch, Host::GitHub, "'Administration: Read and write'"),
        (Phase::ListRepositories, Host::GitLab, "'read_api'"),
        (Phase::Create, Host::GitLab, "'api'"),
        (Phase::SetDefaultBranch, Host::GitLab, "Maintainer"),
        (Phase::Create, Host::Gitea, "'write:organization'"),
        (Phase::Create, Host::BitbucketCloud, "repository:admin"),
        (Phase::Create, Host::BitbucketDataCenter, "'Project admin'"),
        (Phase::Create, Host::Other, "the right"),
    ] {
        for kind in [ErrorKind::Unauthorized, ErrorKind::Forbidden, ErrorKind::NotFound] {
            for origin in ORIGINS.iter().map(|origin| SignedIn::With(*origin)).chain([SignedIn::WithNothing])
            {
                let advice = advice(phase, host, kind, origin, "TF401019: no");
                assert!(advice.contains(expected), "{host:?} {kind:?}: {advice}");
                assert!(advice.ends_with('.') && !advice.contains(['{', '}']), "{advice}");
            }
        }
        // What has nothing to do with rights is not put down to them.
        let busy = advice(phase, host, ErrorKind::Unavailable { retry_after: None }, token, "");
        assert!(!busy.contains(expected), "{busy}");
    }
    for phase in [Phase::List, Phase::Plan, Phase::Fetch, Phase::Push, Phase::Verify, Phase::Lfs] {
        assert_eq!(interface::rights(phase, Host::GitHub), None);
    }
}

#[test]
fn the_rights_of_an_interface_are_those_of_the_host_that_was_asked() {
    let step = step();
    let label = RemoteLabel::new(Side::Destination, "https://destination.example/r");
    let failure = Failure::new(ErrorKind::Forbidden, "no");
    let advice = |failure| for_error(&label.error(Phase::Create, failure), &step.given, step.caller).text;
    assert!(advice(failure.clone()).contains("To create repositories, "), "{}", advice(failure.clone()));
    assert!(!advice(failure.of_token_service()).contains("To create repositories, "));
}

#[test]
fn a_message_of_this_program_decides_no_advice() {
    let step = step();
    let label = RemoteLabel::new(Side::Source, "https://git.example.org/r");
    for message in ["", "TF401019", "GH001", "it is a shallow repository", "no server of that name was found"]
    {
        let failure = Failure { message: message.into(), ..Failure::new(ErrorKind::Interrupted, "") };
        let advice = for_error(&label.error(Phase::Fetch, failure), &step.given, step.caller).text;
        assert!(advice.starts_with("Try again."), "{message}: {advice}");
    }
}

#[test]
fn an_input_gets_advice_where_it_does_not_say_it_itself() {
    let of = |problem: &InputProblem| for_input(problem, Caller::Agent);
    assert!(of(&InputProblem::UndefinedVariable("X".into())).unwrap().text.contains("variable group"));
    assert!(of(&InputProblem::SameRepository).unwrap().text.contains("into itself"));
    let url = Box::new(WebUrl::parse("https://host.example/o/r").unwrap().0);
    assert!(of(&InputProblem::PageOfRepository(url.clone())).is_some());
    assert!(of(&InputProblem::PageOfContainer(url)).unwrap().text.contains("clone"));
    assert!(of(&InputProblem::Tfvc).unwrap().text.contains("git-tfs"));
    assert_eq!(of(&InputProblem::Text("is the same repository as the source".into())), None);
}

#[test]
fn advice_names_the_inputs_of_the_side() {
    for (side, prefix) in [(Side::Source, "source"), (Side::Destination, "destination")] {
        let advice = |kind, signed_in| Situation { side, ..by(signed_in) }.of_error(kind, "").text;
        let token = format!("'{prefix}GitRepositoryPersonalAccessToken'");
        for kind in [ErrorKind::Unauthorized, ErrorKind::Forbidden, ErrorKind::NotFound] {
            assert!(advice(kind, SignedIn::WithNothing).contains(&token), "{kind:?}");
            assert!(advice(kind, SignedIn::With(CredentialOrigin::Token)).contains(&token), "{kind:?}");
            let connection =
                advice(kind, SignedIn::With(CredentialOrigin::Connection(ConnectionType::OtherGit)));
            assert!(connection.contains(&format!("'{prefix}ServiceConnection'")), "{connection}");
        }
        assert!(
            advice(ErrorKind::Certificate(CertificateErrorKind::UnknownIssuer), SignedIn::WithNothing)
                .contains(&format!("'{prefix}VerifySSLCertificate'"))
        );
    }
}

#[test]
fn only_what_is_written_to_is_said_to_be_not_overwritten() {
    let advice = |side, purpose| {
        let situation = Situation { side, purpose, ..by(SignedIn::WithNothing) };
        situation.of_error(ErrorKind::Repository(RepositoryProblem::NoRepository), "").text
    };
    assert!(!advice(Side::Source, Purpose::Mirror).contains("overwritten"));
    for purpose in [Purpose::Mirror, Purpose::Clone] {
        assert!(advice(Side::Destination, purpose).ends_with("never overwritten."), "{purpose:?}");
    }
}

#[test]
fn the_scope_is_that_of_the_side() {
    let advice = |side| {
        let situation = Situation { side, ..by(SignedIn::With(CredentialOrigin::Token)) };
        situation.of_error(ErrorKind::NotFound, "TF401019: no").text
    };
    assert!(advice(Side::Source).contains("Code (Read),"), "{}", advice(Side::Source));
    assert!(advice(Side::Destination).contains("Code (Read & write),"), "{}", advice(Side::Destination));
}

/// Errors about what only a pipeline has.
const ONLY_IN_A_PIPELINE: [ErrorKind; 2] =
    [ErrorKind::NoToken(TokenProblem::IdToken), ErrorKind::NoToken(TokenProblem::SecureFile)];

#[test]
fn a_variable_of_a_pipeline_is_explained_to_each_caller() {
    let problem = InputProblem::UndefinedVariable("x".to_owned());
    let [agent, person] =
        [Caller::Agent, Caller::Person].map(|caller| for_input(&problem, caller).unwrap().text);
    assert!(agent.contains("variable group") && !person.contains("variable group"), "{agent} {person}");
    assert!(!agent.contains('{') && !person.contains('{'), "{agent} {person}");
}

#[test]
fn a_run_by_hand_is_told_of_nothing_that_only_a_pipeline_has() {
    let given_by_hand =
        [CredentialOrigin::Token, CredentialOrigin::GitHubApp, CredentialOrigin::AzureEnvironment];
    let signed_in = [SignedIn::WithNothing, SignedIn::WithKey];
    for signed_in in signed_in.into_iter().chain(given_by_hand.map(SignedIn::With)) {
        let of_kinds = kinds::all().into_iter().map(|kind| (Asked::Repository, kind, ""));
        let of_servers = said().map(|(situation, kind, words, _)| (situation.asked, kind, words));
        for (asked, kind, words) in of_kinds.chain(of_servers) {
            let by_hand = Situation { asked, caller: Caller::Person, ..by(signed_in) };
            let advice = step().caller.named(&by_hand.of_error(kind, words).text);
            if ONLY_IN_A_PIPELINE.contains(&kind) {
                continue;
            }
            // A program of OpenSSH, and an App at GitHub.
            let advice = advice.replace("ssh-agent", "").replace("Azure Pipelines", "");
            for only_there in [
                "InstallSSHKey",
                "ServiceConnection",
                "service connection",
                "pipeline",
                "agent",
                "hosted by Microsoft",
                " task",
                "variable group",
                "secure file",
            ] {
                assert!(
                    !advice.to_lowercase().contains(&only_there.to_lowercase()),
                    "{kind:?} {words}: {advice}"
                );
            }
        }
    }
}

#[test]
fn advice_is_text_and_no_markdown() {
    for chapter in chapters() {
        for row in chapter.rows {
            assert!(!row.advice.text.contains('`') && !row.advice.meaning.contains('`'), "{row:?}");
        }
    }
}

#[test]
fn a_job_that_cannot_see_a_repository_learns_of_its_scope() {
    for (kind, words) in
        [(ErrorKind::NotFound, "TF401019: …"), (ErrorKind::NotFound, ""), (ErrorKind::Unauthorized, "")]
    {
        let advice = by(SignedIn::With(CredentialOrigin::Job)).of_error(kind, words).text;
        assert!(
            advice.contains("Limit job authorization scope") && advice.contains("Build Service"),
            "{advice}"
        );
    }
}

#[test]
fn a_server_that_says_when_to_come_back_is_quoted() {
    let busy = ErrorKind::Unavailable { retry_after: Some(Duration::from_secs(30)) };
    let advice = by(SignedIn::WithNothing).of_error(busy, "").text;
    assert_eq!(advice, "Run the pipeline again later. The server asks to wait 30 s.");
}

#[test]
fn a_side_without_git_lfs_learns_of_the_setting_of_its_host() {
    let advice = |destination: &str| {
        let step = crate::report::testing::step("https://source.example/r", destination, &[]);
        let label = RemoteLabel::new(Side::Destination, destination);
        let error = label.error(Phase::Lfs, Failure::new(ErrorKind::Lfs(LfsProblem::NoService), "none"));
        for_error(&error, &step.given, Caller::Agent).text
    };
    for (destination, expected) in [
        ("https://gitlab.example/r", "Visibility, project features"),
        ("https://bitbucket.org/t/r", "Repository settings"),
        ("https://gitea.example/t/r", "LFS_START_SERVER"),
        ("git@ssh.dev.azure.com:v3/o/p/r", "https URL in 'destinationGitRepositoryUri'"),
        ("https://dev.azure.com/o/p/_git/r", "settings of the repository"),
        ("/srv/r.git", "git lfs fetch --all"),
    ] {
        let advice = advice(destination);
        assert!(advice.contains(expected) && !advice.contains('{'), "{destination}: {advice}");
    }
}
