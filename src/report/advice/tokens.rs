//! Advice where there is no token to sign in with.

use super::hint::{Advice, advice};
use crate::error::TokenProblem;

/// Returns what to do where there is no token for this reason.
pub(crate) fn of_problem(problem: TokenProblem) -> Advice {
    match problem {
        TokenProblem::AssertionOutsideItsTime => advice(
            "The token that proves the identity came too late, or a clock is wrong.",
            "{Run again}. If this repeats, set the clock of this machine right.",
        ),
        TokenProblem::NoFederatedCredential => advice(
            "The application in Microsoft Entra does not trust this service connection.",
            "Open the service connection in Azure DevOps and the application in Entra, and make issuer and subject of its \
             federated credential those that the connection shows.",
        ),
        TokenProblem::ForeignApplication => advice(
            "The application is of another tenant or cloud.",
            "Name the tenant that the application is registered in; an application that is used in several tenants must be \
             a multitenant one, with a service principal in this one.",
        ),
        TokenProblem::UnknownApplication => advice(
            "The tenant has no such application.",
            "Check application id and tenant id of {credentials} against the overview of the application in Entra.",
        ),
        TokenProblem::DisabledApplication => advice(
            "The application is disabled in this tenant.",
            "Let an administrator of the tenant enable it: Entra > Enterprise applications > Properties.",
        ),
        TokenProblem::UnknownTenant => {
            advice("There is no such tenant.", "Check the tenant id of {credentials}, and its cloud.")
        }
        TokenProblem::WrongSecret => advice(
            "The client secret is wrong.",
            "Give the value of the secret, not its id; or take a workload identity, which needs no secret.",
        ),
        TokenProblem::ExpiredSecret => advice(
            "The client secret has expired.",
            "Make a new one in Entra and give it to {credentials}; or take a workload identity, which needs no secret.",
        ),
        TokenProblem::UnknownCertificate => advice(
            "The application does not know the certificate.",
            "Upload the certificate in Entra (Certificates & secrets), or give the one that is there.",
        ),
        TokenProblem::ConditionalAccess => advice(
            "A Conditional Access policy of the tenant does not let this identity in.",
            "Let an administrator of the tenant exclude it, or allow the addresses that this machine comes from.",
        ),
        TokenProblem::UnknownResource => advice(
            "The tenant does not know Azure DevOps.",
            "Check the tenant of {credentials}: it must be the one that the organization is connected to.",
        ),
        TokenProblem::AssertionFile => advice(
            "There is no assertion to prove the identity by.",
            "Check that AZURE_FEDERATED_TOKEN_FILE names a file that this account may read, and that something keeps it new.",
        ),
        TokenProblem::Entra => advice("", "Look its code up at https://login.microsoftonline.com/error."),
        TokenProblem::IdToken => advice(
            "Azure DevOps issues no id token to this job for the service connection.",
            "Check that the connection is a workload identity, that it still exists, and that this pipeline may use it.",
        ),
        TokenProblem::NoManagedIdentity => advice(
            "This machine has no such managed identity.",
            "Run on an agent in Azure whose machine has the identity, or take another type of service connection.",
        ),
        TokenProblem::SigningKey => advice(
            "",
            "Give an RSA private key in PEM form without a passphrase; for Entra with its certificate in the same file.",
        ),
        TokenProblem::SecureFile => advice(
            "The secure file could not be read.",
            "Check that it exists in Pipelines > Library > Secure files, and that this pipeline may use it.",
        ),
        TokenProblem::UnknownApp => advice(
            "GitHub does not know the App, or the private key is not one of its own.",
            "Check the App id, and make a new private key in the settings of the App.",
        ),
        TokenProblem::AppClock => advice(
            "GitHub says that the time of this machine is wrong.",
            "Set the clock of this machine right.",
        ),
        TokenProblem::AppNotInstalled => advice(
            "The App is not installed where the repository is.",
            "Install the App for the owner of the repository, and give it access to this repository.",
        ),
        TokenProblem::AppSuspended => advice(
            "The installation of the App is suspended.",
            "Let its owner end that in the settings of the installation.",
        ),
        TokenProblem::Answer => advice(
            "",
            "Look for a proxy that changes answers on the way, and check the address of the service.",
        ),
    }
}
