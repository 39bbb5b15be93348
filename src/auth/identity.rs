//! The identity that signs in at a side, and the place where it was given.

/// The identity that signs in at a side. It holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// The owner of the token in the token input.
    Token,
    /// The user in the URL, with a password.
    Url,
    /// The identity that a service connection stands for.
    Connection {
        /// Its type.
        connection_type: ConnectionType,
        /// Its id.
        id: String,
        /// The id of the application of Microsoft Entra that it names, if it names one.
        application: Option<String>,
    },
    /// The pipeline's own job.
    Job,
    /// A GitHub App of the user's own.
    GitHubApp {
        /// Its id.
        app_id: u64,
    },
    /// The identity of Microsoft Entra that this machine's environment names.
    AzureEnvironment {
        /// The id of its application; none for the only managed identity of the machine.
        application: Option<String>,
    },
}

/// A type of service connection, by the name that Azure DevOps shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionType {
    /// Other Git.
    OtherGit,
    /// Azure DevOps: a workload identity of Microsoft Entra.
    AzureDevOps,
    /// Azure Resource Manager.
    AzureResourceManager,
    /// Azure Repos/Team Foundation Server.
    AzureRepos,
    /// GitHub.
    GitHub,
}

/// The place that credentials were given at, so that advice can name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialOrigin {
    /// The token input.
    Token,
    /// The URL's user info.
    Url,
    /// A service connection.
    Connection(ConnectionType),
    /// The pipeline's own job.
    Job,
    /// The inputs of a GitHub App.
    GitHubApp,
    /// The environment of this machine.
    AzureEnvironment,
}

impl Identity {
    /// Names the place that its credentials were given at.
    pub fn origin(&self) -> CredentialOrigin {
        match self {
            Self::Token => CredentialOrigin::Token,
            Self::Url => CredentialOrigin::Url,
            Self::Connection { connection_type, .. } => CredentialOrigin::Connection(*connection_type),
            Self::Job => CredentialOrigin::Job,
            Self::GitHubApp { .. } => CredentialOrigin::GitHubApp,
            Self::AzureEnvironment { .. } => CredentialOrigin::AzureEnvironment,
        }
    }
}

impl ConnectionType {
    /// All types, in the order of the documentation.
    pub const ALL: [Self; 5] =
        [Self::AzureDevOps, Self::AzureResourceManager, Self::AzureRepos, Self::GitHub, Self::OtherGit];

    /// Returns the name that Azure DevOps shows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OtherGit => "Other Git",
            Self::AzureDevOps => "Azure DevOps",
            Self::AzureResourceManager => "Azure Resource Manager",
            Self::AzureRepos => "Azure Repos/Team Foundation Server",
            Self::GitHub => "GitHub",
        }
    }
}
