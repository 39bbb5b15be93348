//! The list of a container's repositories, as the interface of its host tells it, page by page.
//!
//! A list is never taken for whole unless it says so: what is missing would look like deleted. No URL of an answer is
//! followed: where a repository is and where the next page is is made of the container's own URL, so that credentials
//! stay at its host.

pub mod azure;
pub mod bitbucket;
pub mod gitea;
pub mod github;
pub mod gitlab;
pub mod owner;

use std::fmt;

use serde::de::DeserializeOwned;
use thiserror::Error;
use ureq::http::HeaderMap;

use super::address::{Container, escaped, is_number};
use crate::remote::url::RemoteUrl;
use crate::remote::web_url::WebUrl;
use crate::text;

/// The longest name of a repository or a project, in characters; hosts take 255 at most.
const LONGEST_NAME: usize = 300;

/// The longest of the other texts of a repository, in bytes: its id, the path of its groups, the name of its default branch.
const LONGEST_TEXT: usize = 8 << 10;

/// The requests by which a host lists the repositories of a container.
#[derive(Clone, Copy, Debug)]
pub struct Listing {
    /// Returns the address of the interface; credentials go there.
    pub base: fn(&Container) -> Option<WebUrl>,
    /// Returns the request that tells of the container itself, where its address can be that of a repository, too: its
    /// success means that it is one.
    pub container: fn(&Container) -> Option<String>,
    /// Returns the first request, as a path below the interface with its query. With `Wikis::Mirrored` it asks also for the
    /// wikis that are repositories of a list.
    pub first: fn(&Container, Listed, Wikis) -> Option<String>,
    /// Reads the answer to a request. The last argument is that request.
    pub read: fn(&Container, &ListAnswer<'_>, &str) -> Result<ListPage, ListError>,
}

/// The answer to a request, which was a success.
#[derive(Clone, Copy, Debug)]
pub struct ListAnswer<'a> {
    /// Its header fields.
    pub headers: &'a HeaderMap,
    /// Its body, which the caller bounds.
    pub body: &'a [u8],
}

/// The kind of owner whose repositories are listed, where the URL is the same for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// An organization or a group.
    Organization,
    /// A user: what everybody may see, at GitHub.
    User,
    /// The user who signed in: all that is theirs.
    Oneself,
}

/// A page of a list.
#[derive(Debug, Default)]
pub struct ListPage {
    /// The repositories.
    pub repositories: Vec<ListedRepository>,
    /// The names, cut and for people alone, of repositories that no URL can be made for.
    pub unusable: Vec<String>,
    /// The request for the next page, as a path below the interface with its query.
    pub next: Option<String>,
}

/// A repository as it is listed. Its texts are from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedRepository {
    /// The host's own id, which a new name does not change.
    pub id: String,
    /// Its name, as it is written in its URL.
    pub name: String,
    /// The project that it is in, or the path of its group below the container; empty where there is none.
    pub project: String,
    /// The name of its project, also where that is the container; else the same as `project`.
    pub project_name: String,
    /// Its content.
    pub content: Content,
    /// The URL of its wiki, where it may have one that is a repository of its own.
    pub wiki: Option<WebUrl>,
    /// The address to clone it from, at the container's own server.
    pub clone_url: RemoteUrl,
    /// Its size in bytes, roughly, where the host tells it.
    pub size: Option<u64>,
    /// The full name of the ref of its default branch, where the host tells it.
    pub default_branch: Option<String>,
    /// Its state.
    pub state: RepositoryState,
    /// Its origin.
    pub origin: Origin,
    /// Its visibility, where the host tells it.
    pub visibility: Option<Visibility>,
}

/// The content of a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// The files that were committed to it.
    Code,
    /// The pages of a wiki.
    Wiki,
}

/// The fate of the repositories of wikis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wikis {
    /// They are mirrored like others.
    Mirrored,
    /// They are left alone.
    LeftOut,
}

/// The state of a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RepositoryState {
    /// It can be read and written.
    Active,
    /// It holds nothing, the host says.
    Empty,
    /// It can be read only.
    Archived,
    /// It cannot be read.
    Disabled,
}

/// The origin of a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It was made as it is.
    Own,
    /// It was made of another.
    Fork,
}

/// The visibility of a repository, from the narrowest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Visibility {
    /// To those who were let in.
    Private,
    /// To all who sign in there, or to the members of the organization or enterprise.
    Internal,
    /// To everybody.
    Public,
}

impl fmt::Display for Visibility {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Private => "private",
            Self::Internal => "internal",
            Self::Public => "public",
        })
    }
}

/// The reason why an answer is no page of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ListError {
    /// It is another text, or lacks what each repository has.
    #[error("the answer is no list of repositories")]
    NoList,
    /// It counts other repositories than it lists.
    #[error("the answer lists fewer repositories than it counts")]
    CutShort,
    /// It does not say where the next page is, or names one that was read or is elsewhere.
    #[error("the answer does not say how the list goes on")]
    NoNext,
}

impl ListedRepository {
    /// Returns its path below the container, which patterns are about.
    pub fn path(&self) -> String {
        if self.project.is_empty() { self.name.clone() } else { format!("{}/{}", self.project, self.name) }
    }

    /// Tells whether no text of it is longer than any host's: the bound of a list counts repositories.
    fn is_bounded(&self) -> bool {
        let Self { id, project, project_name, default_branch, .. } = self;
        let texts = [id, project, project_name].into_iter().chain(default_branch);
        texts.map(String::len).all(|length| length <= LONGEST_TEXT)
    }
}

impl ListPage {
    /// Adds a repository, whose URL is this path below another with a suffix, unless a part of the path cannot be one.
    fn add(
        &mut self,
        above: &WebUrl,
        path: &[&str],
        suffix: &str,
        repository: impl FnOnce(RemoteUrl) -> ListedRepository,
    ) {
        let repository = url_below(above, path, suffix).map(|url| repository(url.into()));
        if let Some(repository) = repository.filter(ListedRepository::is_bounded) {
            self.repositories.push(repository);
        } else {
            let name = path.last().copied().unwrap_or_default();
            self.unusable.push(text::cut(&text::of_bytes(name.as_bytes()), LONGEST_NAME).into_owned());
        }
    }

    /// Returns the one repository that it has.
    fn only(self) -> Result<ListedRepository, ListError> {
        self.repositories.into_iter().next().ok_or(ListError::NoList)
    }
}

/// Returns the URL of these parts of a path below another, with a suffix, unless one of them would lead elsewhere.
pub(super) fn url_below(above: &WebUrl, path: &[&str], suffix: &str) -> Option<WebUrl> {
    let path = path.iter().map(|part| part_of_path(part)).collect::<Option<Vec<_>>>()?.join("/");
    Some(above.at_root(&format!("{}/{path}{suffix}", above.path())))
}

/// Returns a name, escaped, if it stays one part of a path.
pub(super) fn part_of_path(name: &str) -> Option<String> {
    is_usable(name).then(|| escaped(name))
}

/// Reads the body of a success.
pub(super) fn body<T: DeserializeOwned>(answer: &ListAnswer<'_>) -> Result<T, ListError> {
    serde_json::from_slice(answer.body).map_err(|_| ListError::NoList)
}

/// Tells whether a name stays one part of a path, and the same, in a URL.
pub(super) fn is_usable(name: &str) -> bool {
    let is_odd = |c: char| c.is_control() || matches!(c, '/' | '\\') || c == text::CUT;
    !matches!(name, "" | "." | "..") && !name.contains(is_odd) && name.chars().count() <= LONGEST_NAME
}

/// Returns the full name of a branch that is told by its short one, if it is one.
fn branch(short: Option<String>) -> Option<String> {
    short.filter(|name| !name.is_empty()).map(|name| format!("refs/heads/{name}"))
}

/// Returns kibibytes in bytes.
fn kibibytes(size: Option<u64>) -> Option<u64> {
    size.map(|size| size.saturating_mul(1024))
}

/// Returns the number of this name in the query of a request.
fn number_in(request: &str, name: &str) -> Option<u64> {
    let (_, query) = request.split_once('?')?;
    number(query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?)
}

fn number(text: &str) -> Option<u64> {
    text.parse().ok().filter(|_| is_number(text))
}

/// Returns the same request with another number of this name, which must be a greater one, lest the list end never.
fn with_later(request: &str, name: &str, later: u64) -> Result<String, ListError> {
    let before = number_in(request, name).filter(|before| *before < later).ok_or(ListError::NoNext)?;
    Ok(request.replace(&format!("&{name}={before}"), &format!("&{name}={later}")))
}

/// Returns the request for the next page by its number: the one that the host tells, else the one after a page that is
/// full, since a proxy may keep the field back that would tell it.
fn next_page(asked: &str, told: Option<&str>, count: usize) -> Result<Option<String>, ListError> {
    let next = match told {
        Some(told) => number(told).ok_or(ListError::NoNext)?,
        None if is_full(asked, count) => number_in(asked, "page").ok_or(ListError::NoNext)?.saturating_add(1),
        None => return Ok(None),
    };
    with_later(asked, "page", next).map(Some)
}

/// Tells whether a page has as many repositories as it was asked for.
fn is_full(asked: &str, count: usize) -> bool {
    let most = ["per_page", "limit"].iter().filter_map(|name| number_in(asked, name)).max();
    most.is_some_and(|most| count as u64 >= most)
}

/// Returns the value of a header field, if there is one that is not empty.
fn field<'a>(answer: &ListAnswer<'a>, name: &str) -> Result<Option<&'a str>, ListError> {
    let Some(value) = answer.headers.get(name) else { return Ok(None) };
    value.to_str().map(|value| Some(value).filter(|value| !value.is_empty())).map_err(|_| ListError::NoNext)
}

/// Returns the number of the next page, as the field `Link` has it (RFC 8288): the rest of its URL can name another host.
fn next_of_link<'a>(answer: &ListAnswer<'a>) -> Result<Option<&'a str>, ListError> {
    let links = field(answer, "link")?.unwrap_or_default();
    let Some(next) = links.split(',').find(|link| link.contains("rel=\"next\"")) else { return Ok(None) };
    let url = next.trim().strip_prefix('<').and_then(|rest| rest.split_once('>')).ok_or(ListError::NoNext)?.0;
    let query = url.split_once('?').ok_or(ListError::NoNext)?.1;
    query.split('&').find_map(|pair| pair.strip_prefix("page=")).map(Some).ok_or(ListError::NoNext)
}

#[cfg(test)]
mod tests;
