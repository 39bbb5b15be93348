//! Lists of Gitea and Forgejo.

use serde::Deserialize;

use super::{
    ListAnswer, ListError, ListPage, Listed, ListedRepository, Origin, RepositoryState, Visibility, body,
    branch, escaped, kibibytes, next_of_link, next_page,
};
use crate::hosts::address::{Container, ContainerKind};

#[derive(Deserialize)]
struct Repository {
    id: u64,
    name: String,
    owner: Owner,
    default_branch: Option<String>,
    /// In kibibytes.
    size: Option<u64>,
    archived: Option<bool>,
    empty: Option<bool>,
    fork: Option<bool>,
    private: Option<bool>,
    internal: Option<bool>,
}

#[derive(Deserialize)]
struct Owner {
    login: String,
}

/// Returns the first request. A server may give fewer on a page than it is asked for.
pub(crate) fn first(container: &Container, listed: Listed) -> Option<String> {
    let ContainerKind::Owner { owner } = &container.kind else { return None };
    let kind = if listed == Listed::Organization { "orgs" } else { "users" };
    Some(format!("{kind}/{}/repos?limit=50&page=1", escaped(owner)))
}

/// Reads an answer to one of these requests.
pub(crate) fn read(
    container: &Container,
    answer: &ListAnswer<'_>,
    asked: &str,
) -> Result<ListPage, ListError> {
    let ContainerKind::Owner { owner } = &container.kind else { return Err(ListError::NoList) };
    let repositories: Vec<Repository> = body(answer)?;
    let next = next_page(asked, next_of_link(answer)?, repositories.len())?;
    let server = container.url.at_root("");
    let mut page = ListPage { next, ..ListPage::default() };
    for repository in repositories.into_iter().filter(|one| one.owner.login.eq_ignore_ascii_case(owner)) {
        let Repository { id, name, default_branch, size, archived, empty, fork, private, internal, .. } =
            repository;
        let state = match (empty, archived) {
            (Some(true), _) => RepositoryState::Empty,
            (_, Some(true)) => RepositoryState::Archived,
            _ => RepositoryState::Active,
        };
        let visibility = match (private, internal) {
            (Some(true), _) => Some(Visibility::Private),
            (_, Some(true)) => Some(Visibility::Internal),
            (Some(false), _) => Some(Visibility::Public),
            _ => None,
        };
        page.add(&server, &[owner, &name], ".git", |clone_url| ListedRepository {
            id: id.to_string(),
            name: name.clone(),
            project: String::new(),
            clone_url,
            size: kibibytes(size),
            default_branch: branch(default_branch),
            state,
            origin: if fork == Some(true) { Origin::Fork } else { Origin::Own },
            visibility,
        });
    }
    Ok(page)
}
