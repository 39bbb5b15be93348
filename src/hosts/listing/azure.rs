//! Lists of Azure DevOps, which come whole, or with a token for the rest.

use serde::Deserialize;

use super::{
    Content, ListAnswer, ListError, ListPage, Listed, ListedRepository, Origin, RepositoryState, Visibility,
    Wikis, body, escaped, field, part_of_path, url_below,
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

/// The version of the interface that the cloud is asked for.
pub(crate) const IN_CLOUD: &str = "7.1";

/// The version that a server is asked for. Those since 2019 know it.
pub(crate) const ON_SERVER: &str = "5.0";

/// Asks for hidden repositories, too: those of projects' wikis.
const HIDDEN: &str = "&includeHidden=true";

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
pub(crate) fn first_in_cloud(container: &Container, _: Listed, wikis: Wikis) -> Option<String> {
    first(container, wikis, IN_CLOUD)
}

/// Returns the first request of a server.
pub(crate) fn first_on_server(container: &Container, _: Listed, wikis: Wikis) -> Option<String> {
    first(container, wikis, ON_SERVER)
}

fn first(container: &Container, wikis: Wikis, version: &str) -> Option<String> {
    let hidden = if wikis == Wikis::Mirrored { HIDDEN } else { "" };
    let request = format!("_apis/git/repositories?api-version={version}{hidden}");
    match &container.kind {
        ContainerKind::Collection { .. } => Some(request),
        ContainerKind::Project { project, .. } => Some(format!("{}/{request}", part_of_path(project)?)),
        _ => None,
    }
}

/// Returns the URL of a repository of a project.
pub(crate) fn clone_url(container: &Container, name: &str) -> Option<WebUrl> {
    let ContainerKind::Project { project, .. } = &container.kind else { return None };
    url_below(&base(container)?, &[project, "_git", name], "")
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
        add(&mut page, container, &above, repository, asked);
    }
    Ok(page)
}

/// Reads an answer to `GET _apis/git/repositories/NAME` of a project.
pub(crate) fn read_one(
    container: &Container,
    answer: &ListAnswer<'_>,
) -> Result<ListedRepository, ListError> {
    let above = base(container).ok_or(ListError::NoList)?;
    let mut page = ListPage::default();
    add(&mut page, container, &above, body(answer)?, "");
    page.only()
}

fn add(page: &mut ListPage, container: &Container, above: &WebUrl, repository: Repository, asked: &str) {
    let Repository { id, name, project, default_branch, size, is_disabled, is_fork } = repository;
    let is_empty = default_branch.is_none() && size == Some(0);
    let state = match (is_disabled, is_empty) {
        (Some(true), _) => RepositoryState::Disabled,
        (_, true) => RepositoryState::Empty,
        (_, false) => RepositoryState::Active,
    };
    let below = if matches!(container.kind, ContainerKind::Project { .. }) { "" } else { &project.name };
    page.add(above, &[&project.name, "_git", &name], "", |clone_url| ListedRepository {
        id,
        name: name.clone(),
        project: below.to_owned(),
        project_name: project.name.clone(),
        content: content(&name, asked),
        wiki: None,
        clone_url,
        size,
        default_branch,
        state,
        origin: if is_fork == Some(true) { Origin::Fork } else { Origin::Own },
        visibility: project.visibility.as_deref().and_then(visibility),
    });
}

/// Tells a wiki by the name that it has, which the hidden repositories of wikis alone have. Where they were not asked for,
/// none is listed, and what is called so is a user's own.
fn content(name: &str, asked: &str) -> Content {
    let is_wiki = asked.contains(HIDDEN) && name.to_ascii_lowercase().ends_with(".wiki");
    if is_wiki { Content::Wiki } else { Content::Code }
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
pub(crate) fn visibility(word: &str) -> Option<Visibility> {
    match word {
        "private" => Some(Visibility::Private),
        "organization" => Some(Visibility::Internal),
        "public" => Some(Visibility::Public),
        _ => None,
    }
}
