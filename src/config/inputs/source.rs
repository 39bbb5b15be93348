//! The inputs of the source.

use super::both_sides::{
    APP_ID_EXAMPLE, APP_KEY_EXAMPLE, AUTHENTICATION_EXAMPLE, AUTHENTICATION_HELP, AUTHENTICATION_WORDS,
    AUTHORITY_EXAMPLE, HOST_KIND_HELP, HOST_KIND_WORDS,
};
use super::input::{CliForm, Example, Group, Input, InputKind};
use crate::auth::identity::ConnectionType;

pub(crate) static SOURCE_URL: Input = Input {
    name: "sourceGitRepositoryUri",
    group: Group::Source,
    summary: "Repository, project or organization to copy",
    cli: CliForm::Flag("--source"),
    kind: InputKind::Url,
    default: "",
    help: "The URL of the repository to copy from, or of a project or organization for all its repositories.",
    example: Example::of_both("https://dev.azure.com/contoso/project/_git/app"),
};

pub(crate) static SOURCE_AUTHENTICATION: Input = Input {
    name: "sourceAuthentication",
    group: Group::Source,
    summary: "Way to sign in at the source",
    cli: CliForm::Flag("--source-authentication"),
    kind: InputKind::Choice(AUTHENTICATION_WORDS),
    default: "auto",
    help: AUTHENTICATION_HELP,
    example: AUTHENTICATION_EXAMPLE,
};

pub(crate) static SOURCE_TOKEN: Input = Input {
    name: "sourceGitRepositoryPersonalAccessToken",
    group: Group::Source,
    summary: "Token that may read the source",
    cli: CliForm::Variable { name: "SOURCE_TOKEN", refused_flag: "--source-token" },
    kind: InputKind::Token,
    default: "",
    help: "The token that may read the source: a token alone, or user:token.",
    example: Example::of_both("a personal access token, or user:token"),
};

pub(crate) static SOURCE_OTHER_GIT: Input = Input {
    name: "sourceServiceConnection",
    group: Group::Source,
    summary: "",
    cli: CliForm::Never,
    kind: InputKind::Connection(ConnectionType::OtherGit),
    default: "",
    help: "The service connection of the type Other Git that may read the source.",
    example: Example::of_both("a service connection of the type Other Git"),
};

pub(crate) static SOURCE_AZURE_DEVOPS: Input = Input {
    name: "sourceAzureDevOpsConnection",
    group: Group::Source,
    summary: "",
    cli: CliForm::Never,
    kind: InputKind::Connection(ConnectionType::AzureDevOps),
    default: "",
    help: "The service connection of the type Azure DevOps that may read the source.",
    example: Example::of_both("a service connection of the type Azure DevOps"),
};

pub(crate) static SOURCE_AZURE_RESOURCE_MANAGER: Input = Input {
    name: "sourceAzureResourceManagerConnection",
    group: Group::Source,
    summary: "",
    cli: CliForm::Never,
    kind: InputKind::Connection(ConnectionType::AzureResourceManager),
    default: "",
    help: "The service connection of the type Azure Resource Manager that may read the source.",
    example: Example::of_both("a service connection of the type Azure Resource Manager"),
};

pub(crate) static SOURCE_AZURE_REPOS: Input = Input {
    name: "sourceAzureReposConnection",
    group: Group::Source,
    summary: "",
    cli: CliForm::Never,
    kind: InputKind::Connection(ConnectionType::AzureRepos),
    default: "",
    help: "The service connection of the type Azure Repos/Team Foundation Server that may read the source.",
    example: Example::of_both("a service connection of the type Azure Repos/Team Foundation Server"),
};

pub(crate) static SOURCE_GITHUB: Input = Input {
    name: "sourceGitHubConnection",
    group: Group::Source,
    summary: "",
    cli: CliForm::Never,
    kind: InputKind::Connection(ConnectionType::GitHub),
    default: "",
    help: "The service connection of the type GitHub that may read the source.",
    example: Example::of_both("a service connection of the type GitHub"),
};

pub(crate) static SOURCE_APP_ID: Input = Input {
    name: "sourceGitHubAppId",
    group: Group::Source,
    summary: "GitHub App that may read the source, its id",
    cli: CliForm::Flag("--source-github-app-id"),
    kind: InputKind::Number,
    default: "",
    help: "The id of the GitHub App that may read the source.",
    example: Example::of_both(APP_ID_EXAMPLE),
};

pub(crate) static SOURCE_APP_KEY: Input = Input {
    name: "sourceGitHubAppPrivateKey",
    group: Group::Source,
    summary: "Private key of that App, in PEM",
    cli: CliForm::Flag("--source-github-app-private-key"),
    kind: InputKind::SecureFile,
    default: "",
    help: "The PEM file of that App's private key.",
    example: APP_KEY_EXAMPLE,
};

pub(crate) static SOURCE_CERTIFICATE: Input = Input {
    name: "sourceVerifySSLCertificate",
    group: Group::Source,
    summary: "Verify the TLS certificate of the source",
    cli: CliForm::Flag("--source-verify-certificate"),
    kind: InputKind::Boolean,
    default: "true",
    help: "Whether the source's TLS certificate is verified.",
    example: Example::of_both("true"),
};

pub(crate) static SOURCE_AUTHORITY: Input = Input {
    name: "sourceCertificateAuthority",
    group: Group::Source,
    summary: "More certificate authorities to trust, in PEM",
    cli: CliForm::Flag("--source-certificate-authority"),
    kind: InputKind::File,
    default: "",
    help: "A PEM file with extra certificate authorities to trust for the source.",
    example: AUTHORITY_EXAMPLE,
};

pub(crate) static SOURCE_HOST_KIND: Input = Input {
    name: "sourceHostKind",
    group: Group::Source,
    summary: "Kind of host of the source",
    cli: CliForm::Flag("--source-host-kind"),
    kind: InputKind::Choice(HOST_KIND_WORDS),
    default: "auto",
    help: HOST_KIND_HELP,
    example: Example::of_both("bitbucketDataCenter"),
};
