//! The inputs of the destination.

use super::both_sides::{
    APP_ID_EXAMPLE, APP_KEY_EXAMPLE, AUTHENTICATION_EXAMPLE, AUTHENTICATION_HELP, AUTHENTICATION_WORDS,
    AUTHORITY_EXAMPLE, HOST_KIND_HELP, HOST_KIND_WORDS,
};
use super::input::{CliForm, Example, Group, Input, InputKind};
use crate::auth::identity::ConnectionType;

pub(crate) static DESTINATION_URL: Input = Input {
    name: "destinationGitRepositoryUri",
    group: Group::Destination,
    summary: "Repository, project or folder to copy to",
    cli: CliForm::Flag("--destination"),
    kind: InputKind::Url,
    default: "",
    help: "The URL of the repository to make equal to the source; of a project, organization or folder if the source is one. It must exist, but for --create-destination.",
    example: Example::of_both("https://github.com/contoso/app"),
};

pub(crate) static DESTINATION_AUTHENTICATION: Input = Input {
    name: "destinationAuthentication",
    group: Group::Destination,
    summary: "Way to sign in at the destination",
    cli: CliForm::Flag("--destination-authentication"),
    kind: InputKind::Choice(AUTHENTICATION_WORDS),
    default: "auto",
    help: AUTHENTICATION_HELP,
    example: AUTHENTICATION_EXAMPLE,
};

pub(crate) static DESTINATION_TOKEN: Input = Input {
    name: "destinationGitRepositoryPersonalAccessToken",
    group: Group::Destination,
    summary: "Token that may write to the destination",
    cli: CliForm::Variable { name: "DESTINATION_TOKEN", refused_flag: "--destination-token" },
    kind: InputKind::Token,
    default: "",
    help: "The token that may write to the destination: a token alone, or user:token.",
    example: Example::of_both("a personal access token, or user:token"),
};

pub(crate) static DESTINATION_OTHER_GIT: Input = Input {
    name: "destinationServiceConnection",
    group: Group::Destination,
    summary: "",
    cli: CliForm::Never,
    kind: InputKind::Connection(ConnectionType::OtherGit),
    default: "",
    help: "The service connection of the type Other Git that may write to the destination.",
    example: Example::of_both("a service connection of the type Other Git"),
};

pub(crate) static DESTINATION_AZURE_DEVOPS: Input = Input {
    name: "destinationAzureDevOpsConnection",
    group: Group::Destination,
    summary: "",
    cli: CliForm::Never,
    kind: InputKind::Connection(ConnectionType::AzureDevOps),
    default: "",
    help: "The service connection of the type Azure DevOps that may write to the destination.",
    example: Example::of_both("a service connection of the type Azure DevOps"),
};

pub(crate) static DESTINATION_AZURE_RESOURCE_MANAGER: Input = Input {
    name: "destinationAzureResourceManagerConnection",
    group: Group::Destination,
    summary: "",
    cli: CliForm::Never,
    kind: InputKind::Connection(ConnectionType::AzureResourceManager),
    default: "",
    help: "The service connection of the type Azure Resource Manager that may write to the destination.",
    example: Example::of_both("a service connection of the type Azure Resource Manager"),
};

pub(crate) static DESTINATION_AZURE_REPOS: Input = Input {
    name: "destinationAzureReposConnection",
    group: Group::Destination,
    summary: "",
    cli: CliForm::Never,
    kind: InputKind::Connection(ConnectionType::AzureRepos),
    default: "",
    help: "The service connection of the type Azure Repos/Team Foundation Server that may write to the destination.",
    example: Example::of_both("a service connection of the type Azure Repos/Team Foundation Server"),
};

pub(crate) static DESTINATION_GITHUB: Input = Input {
    name: "destinationGitHubConnection",
    group: Group::Destination,
    summary: "",
    cli: CliForm::Never,
    kind: InputKind::Connection(ConnectionType::GitHub),
    default: "",
    help: "The service connection of the type GitHub that may write to the destination.",
    example: Example::of_both("a service connection of the type GitHub"),
};

pub(crate) static DESTINATION_APP_ID: Input = Input {
    name: "destinationGitHubAppId",
    group: Group::Destination,
    summary: "GitHub App that may write there, its id",
    cli: CliForm::Flag("--destination-github-app-id"),
    kind: InputKind::Number,
    default: "",
    help: "The id of the GitHub App that may write to the destination.",
    example: Example::of_both(APP_ID_EXAMPLE),
};

pub(crate) static DESTINATION_APP_KEY: Input = Input {
    name: "destinationGitHubAppPrivateKey",
    group: Group::Destination,
    summary: "Private key of that App, in PEM",
    cli: CliForm::Flag("--destination-github-app-private-key"),
    kind: InputKind::SecureFile,
    default: "",
    help: "The PEM file of that App's private key.",
    example: APP_KEY_EXAMPLE,
};

pub(crate) static DESTINATION_CERTIFICATE: Input = Input {
    name: "destinationVerifySSLCertificate",
    group: Group::Destination,
    summary: "Verify the destination's TLS certificate",
    cli: CliForm::Flag("--destination-verify-certificate"),
    kind: InputKind::Boolean,
    default: "true",
    help: "Whether the destination's TLS certificate is verified.",
    example: Example::of_both("true"),
};

pub(crate) static DESTINATION_AUTHORITY: Input = Input {
    name: "destinationCertificateAuthority",
    group: Group::Destination,
    summary: "More certificate authorities, in PEM",
    cli: CliForm::Flag("--destination-certificate-authority"),
    kind: InputKind::File,
    default: "",
    help: "A PEM file with extra certificate authorities to trust for the destination.",
    example: AUTHORITY_EXAMPLE,
};

pub(crate) static DESTINATION_HOST_KIND: Input = Input {
    name: "destinationHostKind",
    group: Group::Destination,
    summary: "Kind of host of the destination",
    cli: CliForm::Flag("--destination-host-kind"),
    kind: InputKind::Choice(HOST_KIND_WORDS),
    default: "auto",
    help: HOST_KIND_HELP,
    example: Example::of_both("bitbucketDataCenter"),
};
