//! Advice where an object of Git LFS does not get to the destination.

use super::hint::{Advice, advice};
use crate::error::LfsProblem;
use crate::hosts::host_info::Host;
use crate::remote::url::RemoteUrl;
use crate::transport::endpoint::Endpoint;

/// The place of a side's objects, as far as its settings differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LfsHost {
    Folder,
    /// Azure Repos, asked over SSH.
    AzureBySsh,
    GitHub,
    GitLab,
    Bitbucket,
    Gitea,
    Other,
}

impl LfsHost {
    /// Tells the place of a side's objects by its URL.
    pub(crate) fn of(endpoint: &Endpoint) -> Self {
        match (endpoint.host(), &endpoint.url) {
            (_, RemoteUrl::Local(_)) => Self::Folder,
            (Host::AzureRepos | Host::AzureDevOpsServer, RemoteUrl::Ssh(_)) => Self::AzureBySsh,
            (Host::GitHub, _) => Self::GitHub,
            (Host::GitLab, _) => Self::GitLab,
            (Host::BitbucketCloud | Host::BitbucketDataCenter, _) => Self::Bitbucket,
            (Host::Gitea, _) => Self::Gitea,
            _ => Self::Other,
        }
    }

    /// Says how a side gets Git LFS that has none.
    pub(crate) fn switch(self) -> &'static str {
        match self {
            Self::Folder => {
                "Bring the objects into that folder ('git lfs fetch --all'{checkout without objects}), or give the repository's own URL in '{url}'"
            }
            Self::AzureBySsh => {
                "Azure Repos has Git LFS over HTTPS alone: give the repository's https URL in '{url}', with {token or connection} \
                 in place of the SSH key"
            }
            Self::GitLab => {
                "Turn 'Git LFS' on in the project's Settings > General > Visibility, project features, permissions"
            }
            Self::Bitbucket => "Turn 'Git LFS' on under Repository settings",
            Self::Gitea => "Let the server's administrator set 'LFS_START_SERVER = true' in app.ini",
            Self::GitHub | Self::Other => "Turn Git LFS on in the settings of the repository or of the host",
        }
    }

    /// Names the limit of what a side stores and sends.
    pub(crate) fn quota(self) -> &'static str {
        match self {
            Self::GitHub => {
                "the budget for Git LFS of the repository's owner (Settings > Billing and licensing > Budgets and alerts)"
            }
            Self::GitLab => "the storage limit of the project or of its group (Settings > Usage quotas)",
            Self::Bitbucket => "the storage for Git LFS in the plan of the workspace",
            Self::Folder | Self::AzureBySsh | Self::Gitea | Self::Other => {
                "the quota for Git LFS in the settings of the host or of its plan"
            }
        }
    }
}

/// Returns what to do where objects of Git LFS do not get through for this reason.
pub(crate) fn of_problem(problem: LfsProblem) -> Advice {
    match problem {
        LfsProblem::NoService => advice(
            "The side has no Git LFS, or none for this repository.",
            "{turn LFS on}. To mirror without it, let 'lfs' be 'none'.",
        ),
        LfsProblem::Missing => advice(
            "The history names LFS objects that the source does not have.",
            "Push them to the source from a clone that has them ('git lfs push --all'), into a folder fetch them ('git lfs \
             fetch --all'), or let 'lfsMissing' be 'warn'. In a clone, 'git log --all --oneline --name-only -S' with the \
             first digits of an object's id finds the commit and the path that name it.",
        ),
        LfsProblem::WrongContent => advice(
            "What the server gives is not the object of that name.",
            "Push the object to the source again from a clone that has it: 'git lfs push --object-id'.",
        ),
        LfsProblem::Answer => advice(
            "",
            "Look for a proxy that changes answers on the way, and check the server's settings for Git LFS.",
        ),
        LfsProblem::Address => advice(
            "The address is not followed, since it could be anybody's.",
            "Where it stands in '.lfsconfig', correct it there. Else let the server's administrator set the server's public \
             URL, with https (at GitLab 'external_url', at Gitea 'ROOT_URL').",
        ),
        LfsProblem::OtherServer => advice(
            "The LFS objects of this repository are at another server, which wants credentials of its own.",
            "Copy them to the repository's own server and remove 'lfs.url' from '.lfsconfig', or mirror without them: let \
             'lfs' be 'none'.",
        ),
        LfsProblem::Storage => advice(
            "The server has no more storage for Git LFS.",
            "Delete what nobody needs, or raise {lfs quota}. The next run goes on from the objects that arrived.",
        ),
        LfsProblem::Bandwidth => advice(
            "The bandwidth for Git LFS is used up.",
            "Wait for the next month, or raise {lfs quota}. The next run goes on from the objects that arrived.",
        ),
        LfsProblem::Refused => advice(
            "The server does not take this object.",
            "Do what it says: a rule on its size is the usual reason, of the server or of a proxy before it.",
        ),
        LfsProblem::TooManyPointers => advice(
            "The refs need more LFS objects than this program can look after in one run.",
            "Mirror the refs in several steps, each with a part of them ('includeRefs').",
        ),
        LfsProblem::Unread => advice(
            "Parts of the pack are differences to what this program no longer held, and may be pointers.",
            "See in a clone of the destination whether all objects are there ('git lfs fetch --all'), and pack the source anew \
             ('git repack -a -d -F').",
        ),
    }
}
