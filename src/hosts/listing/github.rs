//! Lists of GitHub.

use serde::Deserialize;

use super::{
    ListAnswer, ListError, ListPage, Listed, ListedRepository, Origin, RepositoryState, Visibility, body,
    branch, escaped, kibibytes, next_of_link, next_page,
};
use crate::hosts::address::{Container, ContainerKind};

/// From the oldest, so that a new one moves no page.
const QUERY: &str = "sort=created&direction=asc&per_page=100";

#[derive(Deserialize)]
struct Repository {
    id: u64,
    name: String,
    owner: Owner,
    default_branch: Option<String>,
    /// In kibibytes, some time ago: a new repository has 0.
    size: Option<u64>,
    archived: Option<bool>,
    disabled: Option<bool>,
    fork: Option<bool>,
    private: Option<bool>,
    visibility: Option<String>,
}

#[derive(Deserialize)]
struct Owner {
    login: String,
}

/// Returns the first request.
pub(crate) fn first(container: &Container, listed: Listed) -> Option<String> {
    let ContainerKind::Owner { owner } = &container.kind else { return None };
    let owner = escaped(owner);
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
    let ContainerKind::Owner { owner } = &container.kind else { return Err(ListError::NoList) };
    let repositories: Vec<Repository> = body(answer)?;
    let next = next_page(asked, next_of_link(answer)?, repositories.len())?;
    let server = container.url.at_root("");
    let mut page = ListPage { next, ..ListPage::default() };
    for repository in repositories.into_iter().filter(|one| one.owner.login.eq_ignore_ascii_case(owner)) {
        let Repository { id, name, default_branch, size, archived, disabled, fork, .. } = repository;
        let state = match (disabled, archived) {
            (Some(true), _) => RepositoryState::Disabled,
            (_, Some(true)) => RepositoryState::Archived,
            _ => RepositoryState::Active,
        };
        let visibility = visibility(repository.visibility.as_deref(), repository.private);
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

/// Older servers tell only whether a repository is private.
fn visibility(word: Option<&str>, private: Option<bool>) -> Option<Visibility> {
    match (word, private) {
        (Some("internal"), _) => Some(Visibility::Internal),
        (Some("private"), _) | (None, Some(true)) => Some(Visibility::Private),
        (Some("public"), _) | (None, Some(false)) => Some(Visibility::Public),
        _ => None,
    }
}
