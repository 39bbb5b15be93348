//! The kinds of errors, each with what a decision or advice about it needs.

use std::time::Duration;

use super::container_problem::{ContainerProblem, CreateProblem};
use super::lfs_problem::LfsProblem;
use super::reject_reason::RejectReason;
use super::token_problem::TokenProblem;

/// The kind of an error, which decides what can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The server cannot be reached.
    Unreachable(UnreachableReason),
    /// The connection was lost, or nothing came for too long.
    Interrupted,
    /// The server's certificate is not trusted.
    Certificate(CertificateErrorKind),
    /// The two ends have no version of TLS, or no cipher suite, in common.
    TlsTerms,
    /// The SSH server's host key is not known here, or not the one that is known.
    HostKey,
    /// This machine's `ssh` and the server have no key exchange, cipher or type of host key in common.
    Algorithms,
    /// A private key on this machine cannot be used: it has a passphrase, is open to others or is damaged.
    Key,
    /// The account's login scripts print text where Git's service should speak.
    LoginOutput,
    /// The server let the key in, and started no service of Git.
    NoService,
    /// The server's shell finds no Git, or may not run it.
    NoGit,
    /// A program that is needed is not on this machine.
    ProgramMissing,
    /// The server waited too long for the client (408), or a server behind it did (504).
    RequestTimeout,
    /// The server is busy or broken for now, and may have said when to come back.
    Unavailable {
        /// The time that the server asked to wait.
        retry_after: Option<Duration>,
    },
    /// No credentials, wrong ones or expired ones.
    Unauthorized,
    /// A token that had served was refused while a push was sent: the next request gets a new one.
    TokenExpired,
    /// The server asks only for ways to sign in that this program does not have, such as NTLM.
    SignInScheme,
    /// There is no token to sign in with: what issues it said no, or could not be asked.
    NoToken(TokenProblem),
    /// Signed in, but not allowed to.
    Forbidden,
    /// No such repository, or none that these credentials may see.
    NotFound,
    /// The proxy on the way.
    Proxy(ProxyErrorKind),
    /// In place of its refs the server said something that is not known here.
    NotListed,
    /// More than the server takes at once.
    TooLarge,
    /// More than the destination takes at once, and it cannot go in parts.
    Indivisible(Indivisible),
    /// The server wants to be told the length of a request before its body (411).
    LengthRequired,
    /// The server refused the request with a status of HTTP that is no kind of its own here.
    Status(u16),
    /// The server sends the client elsewhere in a way that must not be followed.
    Redirect,
    /// Files of a repository are there, to be read one by one (Git's "dumb" HTTP protocol), and no service of Git.
    DumbHttp,
    /// The server that answers is no Git server.
    NotAGitServer,
    /// A page for browsers is there.
    WebPage,
    /// A listed object is no longer there: the repository changed meanwhile.
    Stale,
    /// The server said no by a rule of its own.
    Refused,
    /// The server cannot write its own repository: no room, no rights for the user that it runs as, a quota, a file
    /// system that is read-only.
    Storage,
    /// The repository lacks objects of its own, or cannot read them.
    Damaged,
    /// The server reported refs as done whose objects it does not have.
    ObjectsNotKept,
    /// The server broke Git's protocol.
    Protocol,
    /// A repository that was named cannot be mirrored, or not with the other one.
    Repository(RepositoryProblem),
    /// A repository on this machine did not take a ref.
    Rejected(RejectReason),
    /// Something else stands where a folder is to be written, and it is not overwritten.
    Occupied,
    /// A repository on this machine needs a feature of Git, or a size, that is not supported there.
    Unsupported,
    /// The source has nothing that is to be mirrored.
    EmptySource,
    /// The source has no branch that is to be mirrored, and the destination has some.
    NoBranches,
    /// More would be deleted than the policy allows.
    TooManyDeletions,
    /// Refs cannot have the names that they are to get at the destination.
    NamesCollide,
    /// Refs of the destination have commits that the source does not have there, and the policy is to fail.
    Diverged,
    /// Something on this machine is damaged, or cannot be read or written.
    Local(LocalProblem),
    /// An object of Git LFS does not get to the destination.
    Lfs(LfsProblem),
    /// A project or an organization cannot be mirrored as one.
    Container(ContainerProblem),
    /// The destination is not created.
    Create(CreateProblem),
    /// A repository of that name is at the destination, and is no mirror of the source.
    Unrelated,
}

/// The reason why a server cannot be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnreachableReason {
    /// Its name leads to no address.
    UnknownName,
    /// Nobody listens there.
    ConnectionRefused,
    /// It is not known why: no route, no answer in time, or another reason of the network.
    Other,
}

/// The reason why a push cannot be cut into parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Indivisible {
    /// It brings one commit, or nothing that has commits before it.
    OneCommit,
    /// The source does not tell where its history can be cut.
    NoCuts,
    /// A merge brings it beside the branch's own history, whose value no part of it holds.
    Merge,
}

/// The reason why a repository cannot be mirrored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RepositoryProblem {
    /// Source and destination have different object formats.
    FormatsDiffer,
    /// Its history is incomplete.
    Shallow,
    /// Its path leads to nothing.
    NoFolder,
    /// The folder that it would be made in does not exist.
    NoParentFolder,
    /// Its path is that of a file.
    File,
    /// Its folder holds something else.
    NoRepository,
}

/// The thing on this machine that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalProblem {
    /// A repository.
    Repository,
    /// The temporary file that a pack had to go through.
    TemporaryFile,
}

/// The reason why a server's certificate is not trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateErrorKind {
    /// Nobody who is trusted here signed it.
    UnknownIssuer,
    /// This machine has nobody to trust.
    NoTrustStore,
    /// It is for other names than the server's.
    OtherName,
    /// It holds no name of a server where clients look for one.
    NoName,
    /// Its time is over.
    Expired,
    /// Its time has not begun.
    NotYetValid,
    /// It is of a version that holds no names of servers.
    OldVersion,
    /// Its signature is wrong, or by a method that nobody trusts any longer.
    Signature,
    /// It is an authority's, and not itself trusted here.
    Authority,
    /// It is for something else than a server.
    Purpose,
    /// Its authority took it back.
    Revoked,
    /// It is broken in another way.
    Other,
}

impl ErrorKind {
    /// Returns whether credentials that have more rights may change it.
    pub fn is_lack_of_rights(self) -> bool {
        matches!(self, Self::Unauthorized | Self::SignInScheme | Self::Forbidden | Self::NotFound)
    }

    /// Tells whether the run could go on and is refused for what it would do.
    pub fn is_refused_plan(self) -> bool {
        matches!(self, Self::EmptySource | Self::NoBranches | Self::TooManyDeletions | Self::Diverged)
    }
}

/// The fault of a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyErrorKind {
    /// It cannot be reached, or does not answer.
    Unreachable,
    /// It wants credentials, or other ones.
    Unauthorized,
    /// It asks only for ways to sign in that this program does not have.
    SignInScheme,
    /// It does not let the request through.
    Refused,
    /// It cannot reach the server.
    ServerUnreachable,
}
