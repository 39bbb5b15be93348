//! Lists of GitLab, of a group with all groups below it, or of a user.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{
    Content, ListAnswer, ListError, ListPage, Listed, ListedRepository, Origin, RepositoryState, Visibility,
    Wikis, body, branch, escaped, field, next_of_link, next_page, url_below,
};
use crate::hosts::address::{Container, ContainerKind};
use crate::remote::web_url::WebUrl;

#[derive(Deserialize)]
struct Project {
    id: u64,
    path_with_namespace: String,
    default_branch: Option<String>,
    archived: Option<bool>,
    empty_repo: Option<bool>,
    repository_access_level: Option<String>,
    /// Older servers tell only this.
    wiki_enabled: Option<bool>,
    wiki_access_level: Option<String>,
    #[serde(rename = "forked_from_project")]
    origin: Option<IgnoredAny>,
    visibility: Option<String>,
    statistics: Option<Statistics>,
}

#[derive(Deserialize)]
struct Statistics {
    repository_size: Option<u64>,
}

/// Returns the first request.
pub(crate) fn first(container: &Container, listed: Listed, _: Wikis) -> Option<String> {
    const QUERY: &str = "order_by=id&sort=asc&per_page=100&page=1";
    let ContainerKind::Group { path } = &container.kind else { return None };
    let path = escaped(path);
    Some(match listed {
        // What another group shares with this one belongs to the other.
        Listed::Organization => {
            format!("groups/{path}/projects?include_subgroups=true&with_shared=false&{QUERY}")
        }
        Listed::User | Listed::Oneself => format!("users/{path}/projects?{QUERY}"),
    })
}

/// Reads an answer to one of these requests.
pub(crate) fn read(
    container: &Container,
    answer: &ListAnswer<'_>,
    asked: &str,
) -> Result<ListPage, ListError> {
    let ContainerKind::Group { path: group } = &container.kind else { return Err(ListError::NoList) };
    let projects: Vec<Project> = body(answer)?;
    let told = field(answer, "x-next-page")?.map_or_else(|| next_of_link(answer), |page| Ok(Some(page)))?;
    let next = next_page(asked, told, projects.len())?;
    let mut page = ListPage { next, ..ListPage::default() };
    for project in projects {
        add(&mut page, container, group, &project);
    }
    Ok(page)
}

/// Reads an answer to `GET projects/PATH`.
pub(crate) fn read_one(
    container: &Container,
    answer: &ListAnswer<'_>,
) -> Result<ListedRepository, ListError> {
    let ContainerKind::Group { path: group } = &container.kind else { return Err(ListError::NoList) };
    let mut page = ListPage::default();
    add(&mut page, container, group, &body(answer)?);
    page.only()
}

/// Returns the URL of a project of a group.
pub(crate) fn clone_url(container: &Container, name: &str) -> Option<WebUrl> {
    let ContainerKind::Group { path } = &container.kind else { return None };
    let path: Vec<_> = path.split('/').chain([name]).collect();
    url_below(&container.url.at_root(""), &path, ".git")
}

fn add(page: &mut ListPage, container: &Container, group: &str, project: &Project) {
    let Some(below) = below(group, &project.path_with_namespace) else { return };
    let path: Vec<_> = project.path_with_namespace.split('/').collect();
    let (above, name) = below.rsplit_once('/').unwrap_or(("", below));
    let server = container.url.at_root("");
    let wiki = || url_below(&server, &path, ".wiki.git");
    page.add(&server, &path, ".git", |clone_url| ListedRepository {
        id: project.id.to_string(),
        name: name.to_owned(),
        project: above.to_owned(),
        project_name: above.to_owned(),
        content: Content::Code,
        wiki: wiki().filter(|_| has_wiki(project)),
        clone_url,
        size: project.statistics.as_ref().and_then(|statistics| statistics.repository_size),
        default_branch: branch(project.default_branch.clone()),
        state: state(project),
        origin: if project.origin.is_some() { Origin::Fork } else { Origin::Own },
        visibility: project.visibility.as_deref().and_then(visibility),
    });
}

fn has_wiki(project: &Project) -> bool {
    match (project.wiki_access_level.as_deref(), project.wiki_enabled) {
        (Some(level), _) => level != "disabled",
        (None, enabled) => enabled != Some(false),
    }
}

/// Returns the path of a project below a group, if it is there.
fn below<'a>(group: &str, path: &'a str) -> Option<&'a str> {
    let (above, below) = path.split_at_checked(group.len())?;
    above.eq_ignore_ascii_case(group).then(|| below.strip_prefix('/')).flatten()
}

fn state(project: &Project) -> RepositoryState {
    let is = |fact: Option<bool>| fact == Some(true);
    match project.repository_access_level.as_deref() {
        Some("disabled") => RepositoryState::Disabled,
        _ if is(project.empty_repo) => RepositoryState::Empty,
        _ if is(project.archived) => RepositoryState::Archived,
        _ => RepositoryState::Active,
    }
}

pub(crate) fn visibility(word: &str) -> Option<Visibility> {
    match word {
        "private" => Some(Visibility::Private),
        "internal" => Some(Visibility::Internal),
        "public" => Some(Visibility::Public),
        _ => None,
    }
}
