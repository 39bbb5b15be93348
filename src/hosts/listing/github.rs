//! Lists of GitHub.

use serde::Deserialize;

use super::owner::{Common, OfOwner};
use super::{
    ListAnswer, ListError, ListPage, Listed, ListedRepository, RepositoryState, Visibility, Wikis, owner,
    part_of_path,
};
use crate::hosts::address::{Container, ContainerKind};

/// From the oldest, so that a new one moves no page.
const QUERY: &str = "sort=created&direction=asc&per_page=100";

#[derive(Deserialize)]
struct Repository {
    #[serde(flatten)]
    common: Common,
    archived: Option<bool>,
    disabled: Option<bool>,
    private: Option<bool>,
    visibility: Option<String>,
}

impl OfOwner for Repository {
    fn state(&self) -> RepositoryState {
        match (self.disabled, self.archived) {
            (Some(true), _) => RepositoryState::Disabled,
            (_, Some(true)) => RepositoryState::Archived,
            _ => RepositoryState::Active,
        }
    }

    /// Older servers tell only whether a repository is private.
    fn visibility(&self) -> Option<Visibility> {
        match (self.visibility.as_deref(), self.private) {
            (Some("internal"), _) => Some(Visibility::Internal),
            (Some("private"), _) | (None, Some(true)) => Some(Visibility::Private),
            (Some("public"), _) | (None, Some(false)) => Some(Visibility::Public),
            _ => None,
        }
    }

    fn into_common(self) -> Common {
        self.common
    }
}

/// Returns the first request.
pub(crate) fn first(container: &Container, listed: Listed, _: Wikis) -> Option<String> {
    let ContainerKind::Owner { owner } = &container.kind else { return None };
    let owner = part_of_path(owner)?;
    Some(match listed {
        Listed::Organization => format!("orgs/{owner}/repos?type=all&{QUERY}&page=1"),
        Listed::User => format!("users/{owner}/repos?type=owner&{QUERY}&page=1"),
        Listed::Oneself => format!("user/repos?affiliation=owner&{QUERY}&page=1"),
    })
}

/// Reads an answer to one of these requests.
pub(crate) fn read(
    container: &Container,
    answer: &ListAnswer<'_>,
    asked: &str,
) -> Result<ListPage, ListError> {
    owner::read::<Repository>(container, answer, asked)
}

/// Reads an answer to `GET repos/OWNER/NAME`.
pub(crate) fn read_one(
    container: &Container,
    answer: &ListAnswer<'_>,
) -> Result<ListedRepository, ListError> {
    owner::read_one::<Repository>(container, answer)
}
