//! The meaning of a web address at a host: a repository, a container of repositories, or a page for browsers.
//!
//! Each host reads its own. What it does not know for sure counts as a repository, and the server decides: an address
//! that can be mirrored is never refused for its looks.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::remote::web_url::WebUrl;
use crate::text;

/// The meaning of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A repository, or nothing that is known.
    Repository,
    /// A container of repositories.
    Container(Container),
    /// A repository, or else this container: only the host can tell.
    AskHost(Container),
    /// A page for browsers of the repository at this URL.
    PageOfRepository(WebUrl),
    /// A page for browsers of a container.
    PageOfContainer(Container),
    /// A folder or a page of Team Foundation Version Control, which is not Git.
    Tfvc,
}

/// A container of repositories, such as a project or an organization. It shows itself as its URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// Its own address, without a query.
    pub url: WebUrl,
    /// Its kind, with its names there.
    pub kind: ContainerKind,
}

/// The kind of a container, with its names as they are written in a URL, without escapes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContainerKind {
    /// An organization of Azure DevOps, or a collection of its server.
    Collection {
        /// Its name.
        collection: String,
    },
    /// A project of Azure DevOps.
    Project {
        /// The name of its organization or collection.
        collection: String,
        /// Its own name.
        project: String,
    },
    /// An organization or a user of GitHub, or of Gitea.
    Owner {
        /// Its name.
        owner: String,
    },
    /// A group of GitLab with all below it, or a user.
    Group {
        /// Its path, from the outermost group.
        path: String,
    },
    /// A workspace of Bitbucket Cloud.
    Workspace {
        /// Its name.
        workspace: String,
    },
    /// A project of a workspace of Bitbucket Cloud.
    WorkspaceProject {
        /// The name of its workspace.
        workspace: String,
        /// Its key.
        key: String,
    },
    /// A project of Bitbucket Data Center, or what a user has there.
    ServerProject {
        /// Its key; with `~` before it, the name of a user.
        key: String,
    },
}

impl ContainerKind {
    /// Returns the name of the organization, owner, group or workspace that it is or is in; empty where there is none.
    pub fn organization(&self) -> &str {
        match self {
            Self::Collection { collection } | Self::Project { collection, .. } => collection,
            Self::Owner { owner } => owner,
            Self::Group { path } => path,
            Self::Workspace { workspace } | Self::WorkspaceProject { workspace, .. } => workspace,
            Self::ServerProject { .. } => "",
        }
    }
}

impl Container {
    /// Returns the project of this name, if this is what holds projects.
    pub fn project(&self, name: &str) -> Option<Self> {
        let ContainerKind::Collection { collection } = &self.kind else { return None };
        let (collection, project) = (collection.clone(), name.to_owned());
        let url = self.url.at_root(&format!("{}/{}", self.url.path(), escaped(name)));
        Some(Self { url, kind: ContainerKind::Project { collection, project } })
    }
}

impl fmt::Display for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.url.fmt(f)
    }
}

/// A URL and the parts of its path, for a host to read.
#[derive(Debug)]
pub struct Parts<'a> {
    url: &'a WebUrl,
    words: Vec<&'a str>,
}

impl<'a> Parts<'a> {
    /// Takes a URL apart.
    pub(super) fn of(url: &'a WebUrl) -> Self {
        Self { url, words: url.path().split('/').filter(|word| !word.is_empty()).collect() }
    }

    /// Returns the name of the server.
    pub(super) fn host(&self) -> &'a str {
        self.url.host()
    }

    /// Returns the parts of the path, percent-encoded.
    pub(super) fn words(&self) -> &[&'a str] {
        &self.words
    }

    /// Returns the URL of these parts of a path at the same server.
    pub(super) fn at(&self, words: &[&str]) -> WebUrl {
        self.url.at_root(&format!("/{}", words.join("/")))
    }

    /// Makes the container at these parts of a path.
    pub(super) fn container(&self, words: &[&str], kind: ContainerKind) -> Container {
        Container { url: self.at(words), kind }
    }

    /// Tells whether there is a query of which every name is one of these, which browsers are sent to. A query with any
    /// other may be what signs in.
    pub(super) fn has_query_of(&self, names: Words) -> bool {
        let is_of_page = |pair: &str| names.contain(pair.split('=').next().unwrap_or_default());
        self.url.query().is_some_and(|query| query.split('&').all(is_of_page))
    }
}

/// A list of words, with a blank between them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words(pub(super) &'static str);

impl Words {
    /// Tells whether a word is one of them.
    pub(super) fn contain(self, word: &str) -> bool {
        self.of().any(|one| one == word)
    }

    /// Returns them.
    pub(super) fn of(self) -> impl Iterator<Item = &'static str> {
        self.0.split_ascii_whitespace()
    }
}

/// Tells whether a name ends in `.git`, which only that of a repository does.
pub(super) fn has_git_suffix(name: &str) -> bool {
    name.strip_suffix(".git").is_some()
}

/// The characters of a name that stay in a path or a query.
const NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Escapes a name for a path or a query.
pub(super) fn escaped(name: &str) -> String {
    utf8_percent_encode(name, NAME).to_string()
}

/// Removes the escapes of a part of a path.
pub(super) fn name_of(word: &str) -> String {
    text::of_bytes(&percent_decode_str(word).collect::<Vec<_>>()).into_owned()
}

/// Tells whether a part of a path is a number, as those of issues and pull requests are.
pub(super) fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests;
