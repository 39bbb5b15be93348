//! Lists of the repositories of one owner, in the form that GitHub gave them and Gitea took over.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{
    Content, ListAnswer, ListError, ListPage, ListedRepository, Origin, RepositoryState, Visibility, body,
    branch, kibibytes, next_of_link, next_page, url_below,
};
use crate::hosts::address::{Container, ContainerKind};
use crate::remote::web_url::WebUrl;

/// The fields that both have.
#[derive(Deserialize)]
pub(super) struct Common {
    id: u64,
    name: String,
    owner: Owner,
    default_branch: Option<String>,
    /// In kibibytes, some time ago: a new repository has 0.
    size: Option<u64>,
    fork: Option<bool>,
    has_wiki: Option<bool>,
}

#[derive(Deserialize)]
struct Owner {
    login: String,
}

/// A repository, as one of them tells it.
pub(super) trait OfOwner: DeserializeOwned {
    fn state(&self) -> RepositoryState;
    fn visibility(&self) -> Option<Visibility>;
    fn into_common(self) -> Common;
}

/// Reads an answer to a request for the repositories of an owner; those of others in it are left out.
pub(super) fn read<T: OfOwner>(
    container: &Container,
    answer: &ListAnswer<'_>,
    asked: &str,
) -> Result<ListPage, ListError> {
    let repositories: Vec<T> = body(answer)?;
    let next = next_page(asked, next_of_link(answer)?, repositories.len())?;
    let mut page = ListPage { next, ..ListPage::default() };
    for repository in repositories {
        add(&mut page, container, repository)?;
    }
    Ok(page)
}

/// Reads an answer to a request for one repository of an owner.
pub(super) fn read_one<T: OfOwner>(
    container: &Container,
    answer: &ListAnswer<'_>,
) -> Result<ListedRepository, ListError> {
    let mut page = ListPage::default();
    add::<T>(&mut page, container, body(answer)?)?;
    page.only()
}

/// Returns the URL of a repository of an owner.
pub(crate) fn clone_url(container: &Container, name: &str) -> Option<WebUrl> {
    let ContainerKind::Owner { owner } = &container.kind else { return None };
    url_below(&container.url.at_root(""), &[owner, name], ".git")
}

fn add<T: OfOwner>(page: &mut ListPage, container: &Container, repository: T) -> Result<(), ListError> {
    let ContainerKind::Owner { owner } = &container.kind else { return Err(ListError::NoList) };
    let server = container.url.at_root("");
    let (state, visibility) = (repository.state(), repository.visibility());
    let Common { id, name, owner: of, default_branch, size, fork, has_wiki } = repository.into_common();
    if !of.login.eq_ignore_ascii_case(owner) {
        return Ok(());
    }
    let wiki = || url_below(&server, &[owner, &name], ".wiki.git");
    page.add(&server, &[owner, &name], ".git", |clone_url| ListedRepository {
        id: id.to_string(),
        name: name.clone(),
        project: String::new(),
        project_name: String::new(),
        content: Content::Code,
        wiki: wiki().filter(|_| has_wiki != Some(false)),
        clone_url,
        size: kibibytes(size),
        default_branch: branch(default_branch),
        state,
        origin: if fork == Some(true) { Origin::Fork } else { Origin::Own },
        visibility,
    });
    Ok(())
}
