//! Advice where a host's interface lets somebody not do something: other rights count there than for Git.

use super::hint::{Advice, JOB_SCOPE, SignedIn, advice};
use crate::auth::identity::CredentialOrigin;
use crate::error::{ErrorKind, Phase};
use crate::hosts::Host;

/// The hosts that have an interface, with one of those that have the same.
pub(crate) const HOSTS: [Host; 6] = [
    Host::AzureRepos,
    Host::GitHub,
    Host::GitLab,
    Host::Gitea,
    Host::BitbucketCloud,
    Host::BitbucketDataCenter,
];

/// The thing that an interface is asked for.
pub(crate) const PHASES: [Phase; 3] = [Phase::ListRepositories, Phase::Create, Phase::SetDefaultBranch];

/// Returns what to do first about a refusal, whatever was asked for; none where the sign-in itself is to blame, for which the
/// advice is the same as for Git.
pub(super) fn refused(kind: ErrorKind, by: SignedIn) -> Option<Advice> {
    match (kind, by) {
        (ErrorKind::Forbidden | ErrorKind::NotFound, SignedIn::With(CredentialOrigin::Job)) => {
            Some(advice("", JOB_SCOPE))
        }
        (ErrorKind::Forbidden, SignedIn::WithNothing) => Some(advice("", "Give {give}.")),
        (ErrorKind::Forbidden, _) => Some(advice("", "")),
        (ErrorKind::NotFound, SignedIn::WithNothing) => {
            Some(advice("", "Check the spelling of '{url}', and give {give}."))
        }
        (ErrorKind::NotFound, _) => Some(advice("", "Check the spelling of '{url}'.")),
        _ => None,
    }
}

/// Tells whether an error of this kind is one of rights.
pub(super) fn is_of_rights(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Unauthorized | ErrorKind::Forbidden | ErrorKind::NotFound)
}

/// Names the rights that are needed for what is asked of an interface; none for what Git does.
pub(crate) fn rights(phase: Phase, host: Host) -> Option<&'static str> {
    match phase {
        Phase::ListRepositories => Some(to_list(host)),
        Phase::Create => Some(to_create(host)),
        Phase::SetDefaultBranch => Some(to_set_default_branch(host)),
        Phase::List | Phase::Plan | Phase::Fetch | Phase::Push | Phase::Verify | Phase::Lfs => None,
    }
}

fn to_list(host: Host) -> &'static str {
    match host {
        Host::AzureRepos | Host::AzureDevOpsServer => {
            "To list repositories, {account} must be a member of the project; a personal access token needs the scope Code \
             (Read), in that organization."
        }
        Host::GitHub => {
            "To list repositories, a fine-grained token and an App need 'Metadata: Read-only' for all repositories of the \
             owner, and a classic token the scope 'repo'. Where the organization asks for it, authorize the token for its \
             single sign-on."
        }
        Host::GitLab => {
            "To list repositories, a token needs the scope 'read_api', and {account} a role in a group that is not public."
        }
        // Unconfirmed: the scopes.
        Host::Gitea => {
            "To list repositories, a token needs the scopes 'read:repository' and 'read:organization', for a user's own \
             'read:user'."
        }
        Host::BitbucketCloud => {
            "To list repositories, a token needs the right to read repositories, and be for the whole workspace or project."
        }
        Host::BitbucketDataCenter => {
            "To list repositories, {account} needs 'Project read', and so does an HTTP access token."
        }
        _ => {
            "To list repositories, {account} must be shown them, and a token must be for the host's interface, too."
        }
    }
}

fn to_create(host: Host) -> &'static str {
    match host {
        Host::AzureRepos | Host::AzureDevOpsServer => {
            "To create repositories, {account} needs 'Create repository' under Project settings > Repositories > Security; a \
             personal access token needs the scope Code (Read, write & manage)."
        }
        Host::GitHub => {
            "To create repositories, a fine-grained token and an App need 'Administration: Read and write' for all \
             repositories of the owner, and a classic token the scope 'repo'. The organization must let {account} create \
             repositories of this visibility."
        }
        Host::GitLab => {
            "To create projects, a token needs the scope 'api', and the group must let the role of {account} create projects \
             ('Minimum role required to create projects')."
        }
        // Unconfirmed: the scopes.
        Host::Gitea => {
            "To create repositories, a token needs the scopes 'write:repository' and 'write:organization', for a user's own \
             'write:user'; {account} must be in a team that may create repositories."
        }
        Host::BitbucketCloud => {
            "To create repositories, a token needs the right to administer repositories ('repository:admin'), and {account} \
             'Create repositories' in the project."
        }
        Host::BitbucketDataCenter => {
            "To create repositories, {account} needs 'Project admin', and so does an HTTP access token."
        }
        _ => {
            "To create repositories, {account} needs the right for it, and so does a token at the host's interface."
        }
    }
}

/// Returns the page of a repository at a host on which a person sets its default branch.
pub(super) fn default_branch_setting(host: Host) -> Option<&'static str> {
    match host {
        Host::AzureRepos | Host::AzureDevOpsServer => Some("Repos > Branches, in the menu of the branch"),
        Host::GitHub => Some("Settings > General"),
        Host::GitLab => Some("Settings > Repository > Branch defaults"),
        Host::Gitea => Some("Settings > Branches"),
        Host::BitbucketCloud => Some("Repository settings > Repository details > Advanced"),
        Host::BitbucketDataCenter => Some("Repository settings > Repository details"),
        _ => None,
    }
}

fn to_set_default_branch(host: Host) -> &'static str {
    match host {
        Host::AzureRepos | Host::AzureDevOpsServer => {
            "To set a default branch, {account} needs 'Edit policies' under Project settings > Repositories > the repository > \
             Security; a personal access token needs the scope Code (Read, write & manage)."
        }
        Host::GitHub => {
            "To set a default branch, a fine-grained token and an App need 'Administration: Read and write' for the \
             repository, and a classic token the scope 'repo'; {account} must administer the repository."
        }
        Host::GitLab => {
            "To set a default branch, a token needs the scope 'api', and {account} the role Maintainer in the project."
        }
        // Unconfirmed: the scope.
        Host::Gitea => {
            "To set a default branch, a token needs the scope 'write:repository', and {account} must administer the \
             repository."
        }
        Host::BitbucketCloud => {
            "To set a default branch, a token needs the right to administer repositories ('repository:admin'), and \
             {account} to administer this one."
        }
        Host::BitbucketDataCenter => {
            "To set a default branch, {account} needs 'Repository admin', and so does an HTTP access token."
        }
        _ => {
            "To set a default branch, {account} needs the right for it, and so does a token at the host's interface."
        }
    }
}
