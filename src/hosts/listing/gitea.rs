//! Lists of Gitea and Forgejo.

use serde::Deserialize;

use super::owner::{Common, OfOwner};
use super::{
    ListAnswer, ListError, ListPage, Listed, ListedRepository, RepositoryState, Visibility, Wikis, owner,
    part_of_path,
};
use crate::hosts::address::{Container, ContainerKind};

#[derive(Deserialize)]
struct Repository {
    #[serde(flatten)]
    common: Common,
    archived: Option<bool>,
    empty: Option<bool>,
    private: Option<bool>,
    internal: Option<bool>,
}

impl OfOwner for Repository {
    fn state(&self) -> RepositoryState {
        match (self.empty, self.archived) {
            (Some(true), _) => RepositoryState::Empty,
            (_, Some(true)) => RepositoryState::Archived,
            _ => RepositoryState::Active,
        }
    }

    fn visibility(&self) -> Option<Visibility> {
        match (self.private, self.internal) {
            (Some(true), _) => Some(Visibility::Private),
            (_, Some(true)) => Some(Visibility::Internal),
            (Some(false), _) => Some(Visibility::Public),
            _ => None,
        }
    }

    fn into_common(self) -> Common {
        self.common
    }
}

/// Returns the first request. A server may give fewer on a page than it is asked for.
pub(crate) fn first(container: &Container, listed: Listed, _: Wikis) -> Option<String> {
    let ContainerKind::Owner { owner } = &container.kind else { return None };
    let kind = if listed == Listed::Organization { "orgs" } else { "users" };
    Some(format!("{kind}/{}/repos?limit=50&page=1", part_of_path(owner)?))
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
