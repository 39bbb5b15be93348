//! One mirror of a step.

use std::path::Path;

use crate::error::Side;
use crate::hosts::listing::{Content, ListedRepository};
use crate::hosts::management::RepositoryPlace;
use crate::local::clone_folder::CloneFolder;
use crate::local::site::Site;
use crate::remote::url::RemoteUrl;
use crate::transport::endpoint::Endpoint;

/// A repository that shall be made equal to another; as it is given, both may be containers of repositories.
#[derive(Debug)]
pub struct MirrorSpec {
    /// The repository to copy from.
    pub source: Endpoint,
    /// The repository to make equal to it.
    pub destination: Endpoint,
    /// A folder to make equal to the source before the destination, if a clone is asked for.
    pub clone_directory: Option<CloneFolder>,
    /// The sides whose URL names a user and no password, which signs nobody in.
    pub users_without_password: Vec<Side>,
    /// The way by which its two repositories came together.
    pub chosen: Chosen,
}

/// The way by which the two repositories of a mirror came together.
#[derive(Clone, Debug)]
pub enum Chosen {
    /// The user named both.
    ByUser,
    /// The source was listed, and the name of the destination computed.
    ByList(Box<Member>),
}

/// A member of a container, as its host listed it.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its path below the container, such as `project/repository`. It is from outside.
    pub path: String,
    /// Its content.
    pub content: Content,
    /// The size in bytes, roughly, where it is known.
    pub size: Option<u64>,
    /// The destination, as far as it is known before it is opened.
    pub existence: Existence,
    /// The destination's place at the interface of its host, where one is known. Its address alone may not tell: it has no
    /// project at Bitbucket Cloud.
    pub place: Option<RepositoryPlace>,
}

/// The knowledge of a destination before it is opened.
#[derive(Clone, Debug)]
pub enum Existence {
    /// It is listed.
    Listed(Box<ListedRepository>),
    /// Its container was listed without it.
    Absent,
    /// Nobody has been asked.
    Unknown,
}

impl MirrorSpec {
    /// Returns what tells it from the other mirrors of its step.
    pub fn name(&self) -> String {
        match &self.chosen {
            Chosen::ByUser => self.source.url.to_string(),
            Chosen::ByList(member) => member.path.clone(),
        }
    }

    /// Returns the place of its destination on this machine.
    pub(crate) fn destination_site(&self, path: &Path) -> Site {
        match self.chosen {
            Chosen::ByUser => Site::Destination(path.to_owned()),
            Chosen::ByList(_) => Site::Member(path.to_owned()),
        }
    }

    /// Returns one of its two repositories.
    pub fn endpoint(&self, side: Side) -> &Endpoint {
        match side {
            Side::Source => &self.source,
            Side::Destination => &self.destination,
        }
    }

    /// Returns the destination's place at the interface of its host, where one is known.
    pub fn place(&self) -> Option<RepositoryPlace> {
        let RemoteUrl::Web(url) = &self.destination.url else { return None };
        let listed = self.member().and_then(|member| member.place.clone());
        listed.or_else(|| (self.destination.host().info().management?.place)(url))
    }

    /// Returns the member of a container that it is of, if it is.
    pub fn member(&self) -> Option<&Member> {
        match &self.chosen {
            Chosen::ByUser => None,
            Chosen::ByList(member) => Some(member),
        }
    }
}
