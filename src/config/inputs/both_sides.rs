//! The words that the inputs of both sides have in common.

use super::input::Example;

pub(super) const AUTHENTICATION_HELP: &str = "What signs in, if not the one that is given: token, job, gitHubApp, or \
     azureResourceManager for the identity that the AZURE_* variables of this machine name.";

pub(super) const HOST_KIND_HELP: &str = "The product that the server runs, if signing in fails without it: azure, azureServer, github, \
     gitlab, bitbucketCloud, bitbucketDataCenter, cloudSource, secureSource, codeCommit, gitea, gerrit \
     or other.";

/// The ways to sign in that a person has; the others are service connections of a pipeline.
pub(super) const AUTHENTICATION_WORDS: &[&str] =
    &["auto", "token", "job", "gitHubApp", "azureResourceManager"];

pub(super) const AUTHENTICATION_EXAMPLE: Example =
    Example { agent: "azureDevOps", person: "azureResourceManager" };

/// The kinds of host, as the table of hosts has them.
pub(super) const HOST_KIND_WORDS: &[&str] = &[
    "auto",
    "azure",
    "azureServer",
    "github",
    "gitlab",
    "bitbucketCloud",
    "bitbucketDataCenter",
    "cloudSource",
    "secureSource",
    "codeCommit",
    "gitea",
    "gerrit",
    "other",
];

pub(super) const APP_ID_EXAMPLE: &str = "123456";

pub(super) const APP_KEY_EXAMPLE: Example =
    Example { agent: "a secure file with the private key that GitHub gave", person: "app.private-key.pem" };

pub(super) const AUTHORITY_EXAMPLE: Example =
    Example { agent: "$(Agent.TempDirectory)/ca.pem", person: "ca.pem" };
