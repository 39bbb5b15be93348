//! Lists of Azure DevOps, which come whole, or with a token for the rest.

use serde::Deserialize;

use super::{
    Content, ListAnswer, ListError, ListPage, Listed, ListedRepository, Origin, RepositoryState, Visibility,
    body, escaped, field,
};
use crate::hosts::address::{Container, ContainerKind};
use crate::remote::web_url::WebUrl;

/// The field with the token for the next page.
const CONTINUATION: &str = "x-ms-continuationtoken";

#[derive(Deserialize)]
struct Page {
    count: usize,
    value: Vec<Repository>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Repository {
    id: String,
    name: String,
    project: Project,
    default_branch: Option<String>,
    size: Option<u64>,
    is_disabled: Option<bool>,
    is_fork: Option<bool>,
}

#[derive(Deserialize)]
struct Project {
    name: String,
    visibility: Option<String>,
}

/// Returns the address of a container's organization or collection.
pub(crate) fn base(container: &Container) -> Option<WebUrl> {
    match container.kind {
        ContainerKind::Collection { .. } => Some(container.url.clone()),
        ContainerKind::Project { .. } => {
            container.url.path().rsplit_once('/').map(|(above, _)| container.url.at_root(above))
        }
        _ => None,
    }
}

/// Returns the first request of the cloud.
pub(crate) fn first_in_cloud(container: &Container, _: Listed) -> Option<String> {
    first(container, "7.1")
}

/// Returns the first request of a server. Those since 2019 know this version.
pub(crate) fn first_on_server(container: &Container, _: Listed) -> Option<String> {
    first(container, "5.0")
}

fn first(container: &Container, version: &str) -> Option<String> {
    let request = format!("_apis/git/repositories?api-version={version}");
    match &container.kind {
        ContainerKind::Collection { .. } => Some(request),
        ContainerKind::Project { project, .. } => Some(format!("{}/{request}", escaped(project))),
        _ => None,
    }
}

/// Reads an answer to `GET _apis/git/repositories`.
pub(crate) fn read(
    container: &Container,
    answer: &ListAnswer<'_>,
    asked: &str,
) -> Result<ListPage, ListError> {
    let Page { count, value } = body(answer)?;
    if count != value.len() {
        return Err(ListError::CutShort);
    }
    let above = base(container).ok_or(ListError::NoList)?;
    let mut page = ListPage { next: next(answer, asked)?, ..ListPage::default() };
    for repository in value {
        let Repository { id, name, project, default_branch, size, is_disabled, is_fork } = repository;
        let is_empty = default_branch.is_none() && size == Some(0);
        let state = match (is_disabled, is_empty) {
            (Some(true), _) => RepositoryState::Disabled,
            (_, true) => RepositoryState::Empty,
            (_, false) => RepositoryState::Active,
        };
        let below = if matches!(container.kind, ContainerKind::Project { .. }) { "" } else { &project.name };
        page.add(&above, &[&project.name, "_git", &name], "", |clone_url| ListedRepository {
            id,
            name: name.clone(),
            project: below.to_owned(),
            project_name: project.name.clone(),
            content: Content::Code,
            wiki: None,
            clone_url,
            size,
            default_branch,
            state,
            origin: if is_fork == Some(true) { Origin::Fork } else { Origin::Own },
            visibility: project.visibility.as_deref().and_then(visibility),
        });
    }
    Ok(page)
}

/// Returns the request for the next page. A token that was given before would lead in a circle.
fn next(answer: &ListAnswer<'_>, asked: &str) -> Result<Option<String>, ListError> {
    let Some(token) = field(answer, CONTINUATION)? else { return Ok(None) };
    let (first, last) = asked.split_once("&continuationToken=").unwrap_or((asked, ""));
    let token = escaped(token);
    if token == last {
        Err(ListError::NoNext)
    } else {
        Ok(Some(format!("{first}&continuationToken={token}")))
    }
}

/// Reads the visibility of a project, which each of its repositories has.
fn visibility(word: &str) -> Option<Visibility> {
    match word {
        "private" => Some(Visibility::Private),
        "organization" => Some(Visibility::Internal),
        "public" => Some(Visibility::Public),
        _ => None,
    }
}
