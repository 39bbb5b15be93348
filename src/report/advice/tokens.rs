//! Advice where there is no token to sign in with. No repository is to blame then: a server that issues tokens is, or
//! what it was asked with.

use super::hint::{Advice, Hint, advice, says};
use crate::error::{CertificateErrorKind, ErrorKind, ProxyErrorKind, TokenProblem, UnreachableReason};

/// Texts of servers that issue tokens, for what is no kind of its own.
pub(crate) static HINTS: &[Hint] = &[
    says(
        &["AADSTS700223", "AADSTS700238"],
        "The tenant does not allow workload identity federation, or not with this issuer.",
        "Let an administrator of the tenant allow workload identity federation for the issuer that {assertion} names, or \
         take a managed identity in place of an app registration.",
    ),
    says(&["AADSTS70025:"], NO_FEDERATED_CREDENTIAL.meaning, NO_FEDERATED_CREDENTIAL.text),
    says(
        &["AADSTS900382", "AADSTS900432"],
        "The application is of one cloud, and its tenant or what proves it of another.",
        "Take an application of the cloud that the organization is in; where no workload identity reaches it, with a \
         certificate.",
    ),
];

const NO_FEDERATED_CREDENTIAL: Advice = advice(
    "The application or managed identity in Entra has no federated credential with the issuer and subject of {assertion}.",
    "In the Entra admin center open App registrations > the application > Certificates & secrets > Federated \
     credentials (of a managed identity: its own page > Federated credentials), and give one of them {issuer and \
     subject}.",
);

const WRONG_SECRET: Advice = advice(
    "The client secret is wrong; often it has expired.",
    "In the Entra admin center, App registrations > the application > Certificates & secrets, make a new one, and \
     give its value, not its id, in {client secret}. A workload identity needs no secret.",
);

const EXPIRED_SECRET: Advice = advice(
    "The client secret has expired.",
    "In the Entra admin center, App registrations > the application > Certificates & secrets, make a new one, and \
     give its value in {client secret}. A workload identity needs no secret.",
);

const UNKNOWN_CERTIFICATE: Advice = advice(
    "The application does not know the certificate that signed the request.",
    "Upload it in the Entra admin center (App registrations > the application > Certificates & secrets > \
     Certificates), or give one that is listed there, in {certificate}.",
);

const CONDITIONAL_ACCESS: Advice = advice(
    "A Conditional Access policy of the tenant does not let this identity in.",
    "Let an administrator of the tenant find the policy in the Entra admin center (Sign-in logs > Service \
     principal sign-ins), and exclude the identity or allow the addresses that {machine} comes from.",
);

const OTHER_ANSWER: &str = "Look for a proxy or a gateway on the way that answers in place of the server that the \
    error names; else do what it says.";

/// Returns what to do where there is no token for this reason.
pub(crate) fn of_problem(problem: TokenProblem) -> Advice {
    match problem {
        TokenProblem::AssertionOutsideItsTime => advice(
            "What proves the identity to Entra was used outside its time, or a clock is wrong.",
            "{Run again}. If this repeats, set the clock of {machine} right{token file}.",
        ),
        TokenProblem::NoFederatedCredential => NO_FEDERATED_CREDENTIAL,
        TokenProblem::ForeignApplication => advice(
            "Entra lets an application in by workload identity federation only if it is for one tenant.",
            "In the Entra admin center open App registrations > the application > Authentication, and choose accounts in \
             this organizational directory only (signInAudience AzureADMyOrg); or take a managed identity.",
        ),
        TokenProblem::UnknownApplication => advice(
            "The tenant has no such application: an id is wrong, or it was deleted.",
            "Compare {application and tenant} with what the Entra admin center shows under App registrations > the \
             application > Overview.",
        ),
        TokenProblem::DisabledApplication => advice(
            "The application is disabled in this tenant, or has no service principal there.",
            "Let an administrator of the tenant open Entra admin center > Enterprise applications > the application > \
             Properties and enable it; if it is not listed there, 'az ad sp create --id APPLICATION' makes its service \
             principal.",
        ),
        TokenProblem::UnknownTenant => advice(
            "There is no such tenant, or it is in another cloud.",
            "Compare {application and tenant} with what the Entra admin center shows under Overview, and check the cloud.",
        ),
        TokenProblem::WrongSecret => WRONG_SECRET,
        TokenProblem::ExpiredSecret => EXPIRED_SECRET,
        TokenProblem::UnknownCertificate => UNKNOWN_CERTIFICATE,
        TokenProblem::ConditionalAccess => CONDITIONAL_ACCESS,
        TokenProblem::UnknownResource => advice(
            "The tenant of this identity does not know Azure DevOps.",
            "Take an identity of the tenant that the organization in '{url}' is connected to: Organization settings > \
             Microsoft Entra shows which that is.",
        ),
        TokenProblem::Entra => advice(
            "Microsoft Entra issues no token.",
            "Look the code that it names up at https://login.microsoftonline.com/error, or the attempt in the Entra admin \
             center (Sign-in logs > Service principal sign-ins).",
        ),
        TokenProblem::AssertionFile => advice(
            "There is no token in the file that AZURE_FEDERATED_TOKEN_FILE names.",
            "Check that the variable names the right file, that {user} may read it, and that something keeps the token in it \
             new.",
        ),
        TokenProblem::IdToken => advice(
            "Azure DevOps gave this job no id token for the service connection.",
            "Under Project settings > Service connections, check that it is one of a workload identity, and that its \
             Security lets this pipeline use it.",
        ),
        TokenProblem::NoManagedIdentity => advice(
            "This machine has no managed identity, or not the one that was named.",
            "Run this on a machine in Azure that has the identity (in the Azure portal: the machine > Identity), and name \
             it by its client id in {managed identity}. Elsewhere sign in by another way.",
        ),
        TokenProblem::SigningKey => advice(
            "",
            "Give an RSA private key as a PEM file without a passphrase: of a GitHub App the file that its settings made, \
             for Entra one that holds the certificate, too.",
        ),
        TokenProblem::SecureFile => advice(
            "The secure file with the private key could not be read.",
            "Under Pipelines > Library > Secure files, check that it is still there, and that its Pipeline permissions list \
             this pipeline.",
        ),
        TokenProblem::UnknownApp => advice(
            "GitHub knows no App of this id, or the private key is not one of its own.",
            "Compare the id with the App ID (not the Client ID) in the App's settings at GitHub; under Private keys there, \
             make a new one.",
        ),
        TokenProblem::AppClock => advice(
            "By GitHub's clock, the request of the App is outside its time.",
            "Set the clock of {machine} right.",
        ),
        TokenProblem::AppNotInstalled => advice(
            "The App is not installed for the owner of the repository.",
            "In the App's settings at GitHub choose Install App, the repository's owner, and under Repository access this \
             repository, or all of them for an organization. Check the spelling of '{url}', too.",
        ),
        TokenProblem::AppSuspended => advice(
            "The installation of the App is suspended.",
            "Let its owner open Settings > Applications (of an organization: GitHub Apps) > Configure, and unsuspend it.",
        ),
        TokenProblem::Answer => advice("", OTHER_ANSWER),
    }
}

/// Returns what to do about an error of this kind at a server that issues tokens, where that differs from what is to be
/// done at the server of a repository: no input holds the address.
pub(crate) fn of_service(kind: ErrorKind) -> Option<Advice> {
    match kind {
        ErrorKind::NoToken(problem) => Some(of_problem(problem)),
        ErrorKind::Unreachable(UnreachableReason::UnknownName) => Some(advice(
            "",
            "Check that {machine} can resolve the name of the server, which issues the tokens to sign in with.",
        )),
        ErrorKind::Unreachable(UnreachableReason::ConnectionRefused | UnreachableReason::Other) => {
            Some(advice(
                "",
                "Let {machine} reach the server, which issues the tokens to sign in with: look for a firewall, and for a \
                 proxy that is not set.",
            ))
        }
        ErrorKind::Interrupted | ErrorKind::RequestTimeout => Some(advice(
            "",
            "{Run again}. If this repeats, look for a proxy or a time limit between {machine} and the server, which issues \
             the tokens to sign in with.",
        )),
        ErrorKind::Certificate(kind) => Some(certificate(kind)),
        ErrorKind::Proxy(kind) => proxy(kind),
        ErrorKind::Unauthorized
        | ErrorKind::Forbidden
        | ErrorKind::NotFound
        | ErrorKind::Redirect
        | ErrorKind::Protocol
        | ErrorKind::SignInScheme
        | ErrorKind::TooLarge
        | ErrorKind::LengthRequired
        | ErrorKind::Status(_)
        | ErrorKind::WebPage
        | ErrorKind::NotAGitServer
        | ErrorKind::Refused => {
            Some(advice("The server issues the tokens to sign in with, and gave none.", OTHER_ANSWER))
        }
        // Those of a repository, of SSH, or of no address.
        _ => None,
    }
}

fn certificate(kind: CertificateErrorKind) -> Advice {
    match kind {
        CertificateErrorKind::Expired | CertificateErrorKind::NotYetValid => {
            advice("", "Check the clock of {machine}, then who answers in place of the server.")
        }
        CertificateErrorKind::NoTrustStore => {
            advice("", "Install the authorities of this machine's system (the package ca-certificates).")
        }
        CertificateErrorKind::UnknownIssuer
        | CertificateErrorKind::OtherName
        | CertificateErrorKind::NoName
        | CertificateErrorKind::OldVersion
        | CertificateErrorKind::Signature
        | CertificateErrorKind::Authority
        | CertificateErrorKind::Purpose
        | CertificateErrorKind::Revoked
        | CertificateErrorKind::Other => advice(
            "",
            "Look for a proxy that opens TLS on the way to the server, and install its authority in this machine's trust \
             store; of a server of your own, install the one that signed its certificate.",
        ),
    }
}

fn proxy(kind: ProxyErrorKind) -> Option<Advice> {
    match kind {
        ProxyErrorKind::Refused | ProxyErrorKind::ServerUnreachable => Some(advice(
            "The proxy lets nothing through to the server that issues the tokens to sign in with.",
            "Let its administrator allow that server, or name it among the proxy's exceptions ({bypass}).",
        )),
        ProxyErrorKind::Unreachable | ProxyErrorKind::Unauthorized | ProxyErrorKind::SignInScheme => None,
    }
}
