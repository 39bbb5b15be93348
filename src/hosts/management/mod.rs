//! The requests of a host's interface about one repository: tells of it, creates it, sets its default branch.
//!
//! Requests and the reading of answers alone; nothing is sent here. As with lists, no URL of an answer is followed.

pub(super) mod azure;
pub(super) mod bitbucket;
pub(super) mod gitea;
pub(super) mod github;
pub(super) mod gitlab;
mod owner;

use serde_json::Value;
use ureq::http::{Method, StatusCode};

use super::address::{Container, name_of};
use super::listing::{ListAnswer, ListError, Listed, ListedRepository, Visibility, is_usable};
use crate::protocol::object_id::ObjectFormat;
use crate::protocol::ref_name::RefName;
use crate::remote::web_url::WebUrl;

/// The requests by which a host's interface does that.
#[derive(Clone, Copy, Debug)]
pub struct Management {
    /// Returns the place of the repository at this URL, if it is one at a host of this kind.
    pub place: ReadPlace,
    /// Returns the URL of a repository, to clone it from and to push to; none if the name cannot be in one.
    pub url: fn(&RepositoryPlace) -> Option<WebUrl>,
    /// Returns the request that tells of one repository. Its refusal by 404 means that there is none, or none that is shown.
    pub look: fn(&RepositoryPlace) -> Option<Call>,
    /// Reads the answer to it.
    pub read: ReadRepository,
    /// Returns what is asked before something is created, one after the other until [`Home`] is known; where
    /// nothing is, that is the default.
    pub before_creation: fn(&RepositoryPlace) -> Vec<Call>,
    /// Reads an answer to one of these, also a refusal; none where the next one is to be asked.
    pub home: fn(&RepositoryPlace, StatusCode, &ListAnswer<'_>) -> Option<Home>,
    /// Returns the request that creates an empty repository. Its answer is read as that of `look`.
    pub create: Create,
    /// Returns the request that sets the default branch of a repository that was told of; none if it cannot be one there.
    pub set_default_branch: fn(&RepositoryPlace, &ListedRepository, &RefName) -> Option<Call>,
}

/// Reads where the repository at a URL is.
pub type ReadPlace = fn(&WebUrl) -> Option<RepositoryPlace>;

/// Reads what an answer tells of a repository.
pub type ReadRepository = fn(&RepositoryPlace, &ListAnswer<'_>) -> Result<ListedRepository, ListError>;

/// Returns the request that creates a repository.
pub type Create = fn(&RepositoryPlace, &Home, NewRepository) -> Option<Call>;

/// The place of a repository: its container, and its name there, without escapes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryPlace {
    /// The innermost container that repositories are created in.
    pub container: Container,
    /// The name.
    pub name: String,
}

/// A request to the interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The method.
    pub method: Method,
    /// The path below the interface, with its query, percent-encoded.
    pub below: String,
    /// The body, JSON.
    pub body: Option<String>,
}

/// The facts about a container that are known before a repository is created in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Home {
    /// The kind of its owner, where requests differ by it.
    pub owner: Option<Listed>,
    /// Its id, where requests name it by that.
    pub id: Option<String>,
    /// Its visibility, which all that is in it has, where that is so.
    pub visibility: Option<Visibility>,
    /// The widest visibility that something in it may have, where that is told.
    pub widest: Option<Visibility>,
}

/// A repository to be created: empty, without a first commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewRepository {
    /// The widest visibility that it may have.
    pub visibility: Visibility,
    /// Its object format. A host that knows one alone makes that.
    pub format: ObjectFormat,
}

impl RepositoryPlace {
    /// Takes a container and the part of a URL that names a repository in it, perhaps with `.git` at its end.
    fn new(container: Container, word: &str) -> Option<Self> {
        let name = name_of(word);
        let name = name.strip_suffix(".git").unwrap_or(&name);
        is_usable(name).then(|| Self { container, name: name.to_owned() })
    }

    /// Tells whether it is no wiki, where one is a part of its repository that the host tells nothing of.
    fn is_no_wiki(&self) -> bool {
        !self.name.to_ascii_lowercase().ends_with(".wiki")
    }
}

impl Call {
    /// Asks for what is below this path.
    fn get(below: String) -> Self {
        Self { method: Method::GET, below, body: None }
    }

    fn with_body(method: Method, below: String, body: &Value) -> Self {
        Self { method, below, body: Some(body.to_string()) }
    }
}

/// Returns the full name of a branch, which JSON can hold only as UTF-8.
fn branch_in_full(branch: &RefName) -> Option<&str> {
    std::str::from_utf8(branch.as_bytes()).ok().filter(|_| branch.is_branch())
}

/// Returns the name of a branch without `refs/heads/`.
fn short_branch(branch: &RefName) -> Option<&str> {
    branch_in_full(branch)?.strip_prefix("refs/heads/")
}

#[cfg(test)]
mod tests;
