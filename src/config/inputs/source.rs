//! The inputs of the source.

use super::both_sides::{
    APP_ID_EXAMPLE, APP_KEY_EXAMPLE, AUTHENTICATION_HELP, AUTHORITY_EXAMPLE, HOST_KIND_HELP,
};
use super::input::{CliForm, Example, Input, InputKind};
use crate::auth::identity::ConnectionType;

pub(crate) static SOURCE_URL: Input = Input {
    name: "sourceGitRepositoryUri",
    cli: CliForm::Flag("--source"),
    kind: InputKind::Url,
    default: "",
    help: "The URL of the repository to copy from, or of a project or organization for all its repositories.",
    example: Example::of_both("https://dev.azure.com/contoso/project/_git/app"),
};

pub(crate) static SOURCE_AUTHENTICATION: Input = Input {
    name: "sourceAuthentication",
    cli: CliForm::Flag("--source-authentication"),
    kind: InputKind::Choice,
    default: "auto",
    help: AUTHENTICATION_HELP,
    example: Example::of_both("azureDevOps"),
};

pub(crate) static SOURCE_TOKEN: Input = Input {
    name: "sourceGitRepositoryPersonalAccessToken",
    cli: CliForm::Variable { name: "SOURCE_TOKEN", refused_flag: "--source-token" },
    kind: InputKind::Token,
    default: "",
    help: "The token that may read the source: a token alone, or user:token.",
    example: Example::of_both("a personal access token, or user:token"),
};

pub(crate) static SOURCE_OTHER_GIT: Input = Input {
    name: "sourceServiceConnection",
    cli: CliForm::Never,
    kind: InputKind::Connection(ConnectionType::OtherGit),
    default: "",
    help: "The service connection of the type Other Git that may read the source.",
    example: Example::of_both("a service connection of the type Other Git"),
};

pub(crate) static SOURCE_AZURE_DEVOPS: Input = Input {
    name: "sourceAzureDevOpsConnection",
    cli: CliForm::Never,
    kind: InputKind::Connection(ConnectionType::AzureDevOps),
    default: "",
    help: "The service connection of the type Azure DevOps that may read the source.",
    example: Example::of_both("a service connection of the type Azure DevOps"),
};

pub(crate) static SOURCE_AZURE_RESOURCE_MANAGER: Input = Input {
    name: "sourceAzureResourceManagerConnection",
    cli: CliForm::Never,
    kind: InputKind::Connection(ConnectionType::AzureResourceManager),
    default: "",
    help: "The service connection of the type Azure Resource Manager that may read the source.",
    example: Example::of_both("a service connection of the type Azure Resource Manager"),
};

pub(crate) static SOURCE_AZURE_REPOS: Input = Input {
    name: "sourceAzureReposConnection",
    cli: CliForm::Never,
    kind: InputKind::Connection(ConnectionType::AzureRepos),
    default: "",
    help: "The service connection of the type Azure Repos/Team Foundation Server that may read the source.",
    example: Example::of_both("a service connection of the type Azure Repos/Team Foundation Server"),
};

pub(crate) static SOURCE_GITHUB: Input = Input {
    name: "sourceGitHubConnection",
    cli: CliForm::Never,
    kind: InputKind::Connection(ConnectionType::GitHub),
    default: "",
    help: "The service connection of the type GitHub that may read the source.",
    example: Example::of_both("a service connection of the type GitHub"),
};

pub(crate) static SOURCE_APP_ID: Input = Input {
    name: "sourceGitHubAppId",
    cli: CliForm::Flag("--source-github-app-id"),
    kind: InputKind::Number,
    default: "",
    help: "The id of the GitHub App that may read the source.",
    example: Example::of_both(APP_ID_EXAMPLE),
};

pub(crate) static SOURCE_APP_KEY: Input = Input {
    name: "sourceGitHubAppPrivateKey",
    cli: CliForm::Flag("--source-github-app-private-key"),
    kind: InputKind::SecureFile,
    default: "",
    help: "The PEM file of that App's private key.",
    example: APP_KEY_EXAMPLE,
};

pub(crate) static SOURCE_CERTIFICATE: Input = Input {
    name: "sourceVerifySSLCertificate",
    cli: CliForm::Flag("--source-verify-certificate"),
    kind: InputKind::Boolean,
    default: "true",
    help: "Whether the source's TLS certificate is verified.",
    example: Example::of_both("true"),
};

pub(crate) static SOURCE_AUTHORITY: Input = Input {
    name: "sourceCertificateAuthority",
    cli: CliForm::Flag("--source-certificate-authority"),
    kind: InputKind::File,
    default: "",
    help: "A PEM file with extra certificate authorities to trust for the source.",
    example: AUTHORITY_EXAMPLE,
};

pub(crate) static SOURCE_HOST_KIND: Input = Input {
    name: "sourceHostKind",
    cli: CliForm::Flag("--source-host-kind"),
    kind: InputKind::Choice,
    default: "auto",
    help: HOST_KIND_HELP,
    example: Example::of_both("bitbucketDataCenter"),
};
