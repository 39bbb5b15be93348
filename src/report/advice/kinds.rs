//! Every kind of error once, for the page that lists them and for tests. What is missing here does not compile.

use crate::error::RejectReason;
use crate::error::{
    CertificateErrorKind, ContainerProblem, CreateProblem, ErrorKind, Indivisible, LfsProblem, LocalProblem,
    ProxyErrorKind, RepositoryProblem, TokenProblem, UnreachableReason,
};

macro_rules! kinds {
    (
        plain: [$($plain:ident)+];
        nested: [$($nested:ident($inner:ident: $($variant:ident)+);)+];
        others: $($pattern:pat => $example:expr),+
    ) => {
        /// Returns every kind, with one example of those that hold a time or a status.
        pub fn all() -> Vec<ErrorKind> {
            vec![
                $(ErrorKind::$plain,)+
                $($(ErrorKind::$nested($inner::$variant),)+)+
                $($example,)+
            ]
        }

        const _: fn(ErrorKind) = |kind| match kind {
            $(ErrorKind::$plain => {})+
            $($(ErrorKind::$nested($inner::$variant) => {})+)+
            $($pattern => {})+
        };
    };
}

kinds! {
    plain: [TooManyDeletions NoBranches EmptySource Diverged
        SignInScheme RequestTimeout TooLarge LengthRequired WebPage NotAGitServer
        Unauthorized TokenExpired Forbidden NotFound Interrupted TlsTerms Redirect Stale Protocol HostKey Algorithms Key LoginOutput
        NoService NoGit ProgramMissing Unsupported Occupied Refused DumbHttp NotListed Storage Damaged
        ObjectsNotKept Unrelated NamesCollide];
    nested: [
        Unreachable(UnreachableReason: UnknownName ConnectionRefused Other);
        Certificate(
            CertificateErrorKind: UnknownIssuer NoTrustStore OtherName NoName Expired NotYetValid OldVersion Signature
            Authority Purpose Revoked Other
        );
        Proxy(ProxyErrorKind: Unreachable Unauthorized SignInScheme Refused ServerUnreachable);
        Indivisible(Indivisible: OneCommit NoCuts Merge);
        Repository(RepositoryProblem: FormatsDiffer Shallow NoFolder NoParentFolder File NoRepository);
        Rejected(
            RejectReason: NotUnpacked MissingObjects AlreadyExists StaleOldValue DoesNotExist BadName CheckedOut
            WorkTreeChanged DeletionsDenied CurrentBranch NonFastForwardsDenied Hidden Locked NotWritten
        );
        Local(LocalProblem: Repository TemporaryFile);
        Lfs(LfsProblem: NoService Missing WrongContent Answer Address OtherServer Storage Bandwidth Refused TooManyPointers Unread);
        Container(ContainerProblem: NoList CutShort Endless OneDestination OneSource Same CloneDirectory NoProject
            NothingListed NothingSelected);
        Create(CreateProblem: NoInterface NameTaken WiderProject NarrowerGroup WiderThanAsked Answer);
        NoToken(
            TokenProblem: AssertionOutsideItsTime NoFederatedCredential ForeignApplication UnknownApplication
            DisabledApplication UnknownTenant WrongSecret ExpiredSecret UnknownCertificate ConditionalAccess
            UnknownResource AssertionFile Entra IdToken NoManagedIdentity SigningKey SecureFile UnknownApp AppClock AppNotInstalled
            AppSuspended Answer
        );
    ];
    others:
        ErrorKind::Unavailable { .. } => ErrorKind::Unavailable { retry_after: None },
        ErrorKind::Status(_) => ErrorKind::Status(400)
}
