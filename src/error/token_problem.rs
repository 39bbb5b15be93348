//! The reasons why there is no token, as far as each has advice of its own.

/// The reason why what issues a token issued none. What can pass by itself is no such reason: a token service that is
/// busy or cannot be reached has the kinds that any server has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenProblem {
    /// Microsoft Entra: an assertion is outside its time (AADSTS700024, 500133): it was used too late, or a clock is wrong.
    AssertionOutsideItsTime,
    /// Microsoft Entra: no federated credential of the application fits the service connection (AADSTS70021, 70025,
    /// 700211, 700212, 700213).
    NoFederatedCredential,
    /// Microsoft Entra: the application is open to several tenants, which no workload identity may be (AADSTS70052), or
    /// of another cloud (900382, 900432).
    ForeignApplication,
    /// Microsoft Entra: there is no such application in the tenant (AADSTS700016, 700011).
    UnknownApplication,
    /// Microsoft Entra: the application is disabled, or its tenant has no service principal of it (AADSTS70001,
    /// 7000112, 7000229).
    DisabledApplication,
    /// Microsoft Entra: there is no such tenant, or not in this cloud (AADSTS90002, 90038, 900023, 50059, 50128).
    UnknownTenant,
    /// Microsoft Entra: the client secret is wrong (AADSTS7000215, 70002).
    WrongSecret,
    /// Microsoft Entra: the time of the client secret is over (AADSTS7000222).
    ExpiredSecret,
    /// Microsoft Entra: the certificate is not one of the application's, or was revoked (AADSTS700027, 700030, 7000214, 50012).
    UnknownCertificate,
    /// Microsoft Entra: a Conditional Access policy says no (AADSTS53003, 530031 to 530036).
    ConditionalAccess,
    /// Microsoft Entra: the tenant does not know Azure DevOps, or has disabled it (AADSTS500011, 500014, 50001, 650052).
    UnknownResource,
    /// The file with the assertion (`AZURE_FEDERATED_TOKEN_FILE`) cannot be read, or holds none.
    AssertionFile,
    /// Microsoft Entra: another refusal.
    Entra,
    /// The job got no id token from Azure DevOps for the service connection.
    IdToken,
    /// This machine has no managed identity, or not the one that was named.
    NoManagedIdentity,
    /// A private key or a certificate that signs the request for a token cannot be used.
    SigningKey,
    /// A secure file of Azure Pipelines could not be read.
    SecureFile,
    /// GitHub: the App and the key do not belong together, or there is no such App.
    UnknownApp,
    /// GitHub: the App's request is outside its time, since a clock is wrong.
    AppClock,
    /// GitHub: the App is not installed for the repository, nor for its owner.
    AppNotInstalled,
    /// GitHub: the installation is suspended.
    AppSuspended,
    /// The answer of the service that should issue the token is something else.
    Answer,
}
