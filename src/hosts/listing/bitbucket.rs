//! Lists of Bitbucket, in the cloud and on premises: two interfaces with little in common.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{
    Content, ListAnswer, ListError, ListPage, Listed, ListedRepository, Origin, RepositoryState, Visibility,
    Wikis, body, branch, escaped, part_of_path, url_below, with_later,
};
use crate::hosts::address::{Container, ContainerKind};
use crate::remote::web_url::WebUrl;

#[derive(Deserialize)]
struct CloudPage {
    values: Vec<CloudRepository>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct CloudRepository {
    uuid: String,
    /// `WORKSPACE/NAME`.
    full_name: String,
    project: Option<Project>,
    size: Option<u64>,
    mainbranch: Option<Branch>,
    parent: Option<IgnoredAny>,
    is_private: Option<bool>,
    has_wiki: Option<bool>,
}

#[derive(Deserialize)]
struct Branch {
    name: Option<String>,
}

#[derive(Deserialize)]
struct Project {
    key: String,
}

/// Returns the first request of the cloud.
pub(crate) fn first_in_cloud(container: &Container, _: Listed, _: Wikis) -> Option<String> {
    const QUERY: &str = "sort=created_on&pagelen=100";
    match &container.kind {
        ContainerKind::Workspace { workspace } => {
            Some(format!("repositories/{}?{QUERY}", part_of_path(workspace)?))
        }
        ContainerKind::WorkspaceProject { workspace, key } => {
            // A key that could end the text is none.
            let key = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_').then_some(key)?;
            let filter = escaped(&format!("project.key=\"{key}\""));
            Some(format!("repositories/{}?q={filter}&{QUERY}", part_of_path(workspace)?))
        }
        _ => None,
    }
}

/// Reads an answer to `GET repositories/WORKSPACE`.
pub(crate) fn read_in_cloud(
    container: &Container,
    answer: &ListAnswer<'_>,
    asked: &str,
) -> Result<ListPage, ListError> {
    let CloudPage { values, next } = body(answer)?;
    let next = next.as_deref().map(|next| next_in_cloud(next, asked)).transpose()?;
    let mut page = ListPage { next, ..ListPage::default() };
    for repository in values {
        add_in_cloud(&mut page, container, &repository)?;
    }
    Ok(page)
}

/// Reads an answer to `GET repositories/WORKSPACE/NAME`.
pub(crate) fn read_one_in_cloud(
    container: &Container,
    answer: &ListAnswer<'_>,
) -> Result<ListedRepository, ListError> {
    let mut page = ListPage::default();
    add_in_cloud(&mut page, container, &body(answer)?)?;
    page.only()
}

/// Returns the URL of a repository of a workspace.
pub(crate) fn clone_url_in_cloud(container: &Container, name: &str) -> Option<WebUrl> {
    url_below(&container.url.at_root(""), &[workspace(container)?, name], ".git")
}

/// Returns the name of the workspace that a container is or is in.
pub(crate) fn workspace(container: &Container) -> Option<&str> {
    match &container.kind {
        ContainerKind::Workspace { workspace } | ContainerKind::WorkspaceProject { workspace, .. } => {
            Some(workspace)
        }
        _ => None,
    }
}

fn add_in_cloud(
    page: &mut ListPage,
    container: &Container,
    repository: &CloudRepository,
) -> Result<(), ListError> {
    let workspace = workspace(container).ok_or(ListError::NoList)?;
    let server = container.url.at_root("");
    let name = repository.full_name.split_once('/').map_or("", |(_, name)| name);
    let is_workspace = matches!(container.kind, ContainerKind::Workspace { .. });
    let project = repository.project.as_ref().filter(|_| is_workspace);
    let wiki = || url_below(&server, &[workspace, name], ".git/wiki");
    page.add(&server, &[workspace, name], ".git", |clone_url| ListedRepository {
        id: repository.uuid.clone(),
        name: name.to_owned(),
        project: project.map(|project| project.key.clone()).unwrap_or_default(),
        project_name: repository.project.as_ref().map(|project| project.key.clone()).unwrap_or_default(),
        content: Content::Code,
        wiki: wiki().filter(|_| repository.has_wiki == Some(true)),
        clone_url,
        size: repository.size,
        default_branch: branch(repository.mainbranch.as_ref().and_then(|branch| branch.name.clone())),
        state: RepositoryState::Active,
        origin: if repository.parent.is_some() { Origin::Fork } else { Origin::Own },
        visibility: repository
            .is_private
            .map(|is_private| if is_private { Visibility::Private } else { Visibility::Public }),
    });
    Ok(())
}

/// Takes the page out of the URL of the next, which is not to be made up; the rest stays as it was asked.
fn next_in_cloud(next: &str, asked: &str) -> Result<String, ListError> {
    let (_, query) = next.split_once('?').ok_or(ListError::NoNext)?;
    let page = query.split('&').find_map(|pair| pair.strip_prefix("page=")).ok_or(ListError::NoNext)?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~%=".contains(&byte);
    let (first, last) = asked.split_once("&page=").unwrap_or((asked, ""));
    if page.is_empty() || page == last || !page.bytes().all(is_plain) {
        return Err(ListError::NoNext);
    }
    Ok(format!("{first}&page={page}"))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ServerPage {
    values: Vec<ServerRepository>,
    is_last_page: bool,
    next_page_start: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ServerRepository {
    id: u64,
    slug: String,
    state: Option<String>,
    archived: Option<bool>,
    public: Option<bool>,
    origin: Option<IgnoredAny>,
    default_branch: Option<String>,
}

/// Returns the address of a server's interface, beside its pages.
pub(crate) fn base_on_server(container: &Container) -> Option<WebUrl> {
    folder(container).map(|folder| container.url.at_root(&format!("{folder}/rest/api/1.0")))
}

/// Returns the folder that a server has for all.
fn folder(container: &Container) -> Option<&str> {
    let (pages, _) = container.url.path().rsplit_once('/')?;
    pages.rsplit_once('/').map(|(folder, _)| folder)
}

/// Returns the first request of a server.
pub(crate) fn first_on_server(container: &Container, _: Listed, _: Wikis) -> Option<String> {
    let ContainerKind::ServerProject { key } = &container.kind else { return None };
    Some(format!("projects/{}/repos?limit=100&start=0", part_of_path(key)?))
}

/// Reads an answer to `GET projects/KEY/repos`.
pub(crate) fn read_on_server(
    container: &Container,
    answer: &ListAnswer<'_>,
    asked: &str,
) -> Result<ListPage, ListError> {
    let ServerPage { values, is_last_page, next_page_start } = body(answer)?;
    let next = match (is_last_page, next_page_start) {
        (true, _) => None,
        (false, None) => return Err(ListError::NoNext),
        (false, Some(start)) => Some(with_later(asked, "start", start)?),
    };
    let mut page = ListPage { next, ..ListPage::default() };
    for repository in values {
        add_on_server(&mut page, container, &repository)?;
    }
    Ok(page)
}

/// Reads an answer to `GET projects/KEY/repos/NAME`.
pub(crate) fn read_one_on_server(
    container: &Container,
    answer: &ListAnswer<'_>,
) -> Result<ListedRepository, ListError> {
    let mut page = ListPage::default();
    add_on_server(&mut page, container, &body(answer)?)?;
    page.only()
}

/// Returns the URL of a repository of a server's project.
pub(crate) fn clone_url_on_server(container: &Container, name: &str) -> Option<WebUrl> {
    let ContainerKind::ServerProject { key } = &container.kind else { return None };
    url_below(&container.url.at_root(folder(container)?), &["scm", key, name], ".git")
}

fn add_on_server(
    page: &mut ListPage,
    container: &Container,
    repository: &ServerRepository,
) -> Result<(), ListError> {
    let ContainerKind::ServerProject { key } = &container.kind else { return Err(ListError::NoList) };
    let above = container.url.at_root(folder(container).ok_or(ListError::NoList)?);
    page.add(&above, &["scm", key, &repository.slug], ".git", |clone_url| ListedRepository {
        id: repository.id.to_string(),
        name: repository.slug.clone(),
        project: String::new(),
        project_name: key.clone(),
        content: Content::Code,
        wiki: None,
        clone_url,
        size: None,
        default_branch: repository.default_branch.clone().and_then(full_branch),
        state: match (repository.state.as_deref(), repository.archived) {
            (Some(state), _) if state != "AVAILABLE" => RepositoryState::Disabled,
            (_, Some(true)) => RepositoryState::Archived,
            _ => RepositoryState::Active,
        },
        origin: if repository.origin.is_some() { Origin::Fork } else { Origin::Own },
        visibility: repository
            .public
            .map(|is_public| if is_public { Visibility::Public } else { Visibility::Private }),
    });
    Ok(())
}

/// Some versions tell the full name of a branch, some the short one.
fn full_branch(name: String) -> Option<String> {
    if name.starts_with("refs/") { Some(name) } else { branch(Some(name)) }
}
