//! The addresses that the request of an action may lead to, and the credentials that go with it.
//!
//! A server chooses each URL. Whatever it chooses, credentials of ours go to the origin of the repository's own URL alone, a
//! request never leaves encryption behind, and it never leads to where only this machine or its network reaches.

use ureq::http::header::AUTHORIZATION;

use super::action::{Action, SignIn};
use super::endpoint::{Repository, Trust, WebEndpoint};
use super::fields::Fields;
use super::lfs_url::{LfsUrl, LfsUrlError};
use super::place::Place;
use crate::remote::web_url::Scheme;
use crate::secret::spans;

/// The most redirects in a row that are followed; GitLab with an object storage takes one.
pub const MOST_REDIRECTS: u8 = 5;

/// The most texts that could be secrets of a request, for its server's words to be shown. Links of the large clouds have some
/// twenty.
const MOST_SECRETS: usize = 64;

/// A request that may be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Its address.
    pub url: LfsUrl,
    /// The header fields that the server set.
    pub fields: Fields,
    /// The credentials that go with it.
    pub credentials: Credentials,
    /// The addresses that a name of its host may be resolved to.
    pub reach: Reach,
    redirects: u8,
}

/// The credentials that go with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// None of ours.
    None,
    /// Those of the side, as with requests to its repository.
    OfSide,
}

/// The addresses that a request may go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Any: it is the server of the repository, which the user named.
    Any,
    /// Those for which [`Place::may_be_reached`] holds from the repository's place: each one that the name has is to be
    /// looked at before it is connected to.
    LikeRepository,
}

/// The request that a route is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// POST of a batch.
    Batch,
    /// GET of an object.
    Download,
    /// PUT of an object.
    Upload,
    /// POST after an upload.
    Verify,
}

/// The reason why a request is not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// It would leave encryption behind.
    #[error("it leads to an http:// URL, which is not encrypted; the server's own address may be set so")]
    NotEncrypted,
    /// It leads inside.
    #[error("it leads to {0}, where the repository is not")]
    Inside(Place),
    /// A redirect leads to no URL.
    #[error("it is redirected to where no request goes: {0}")]
    Location(LfsUrlError),
    /// A redirect of this status does not keep the request.
    #[error("it is redirected with status {0}, which would make another request of it")]
    Status(u16),
    /// It was redirected too often.
    #[error("it is redirected more than {MOST_REDIRECTS} times")]
    TooMany,
}

impl Route {
    /// Decides on an action that an endpoint gave.
    ///
    /// # Errors
    ///
    /// Fails if the request must not be made.
    pub fn new(action: &Action, endpoint: &WebEndpoint, repository: &Repository) -> Result<Self, RouteError> {
        let reach = reach(&action.href, &endpoint.url, repository)?;
        let is_complete = action.fields.has(&AUTHORIZATION)
            || action.sign_in == SignIn::Done
            // A key in the query, as git-lfs knows it.
            || action.href.has_parameter("token");
        let credentials = if repository.signs_in_at(&action.href) && !is_complete {
            Credentials::OfSide
        } else {
            Credentials::None
        };
        Ok(Self { url: action.href.clone(), fields: action.fields.clone(), credentials, reach, redirects: 0 })
    }

    /// Returns that of a batch request with these fields. Its endpoint was looked at when it was chosen.
    pub(super) fn of_batch(endpoint: &WebEndpoint, fields: Fields) -> Self {
        let (credentials, reach) = match endpoint.trust {
            Trust::Repository => (Credentials::OfSide, Reach::Any),
            Trust::Elsewhere => (Credentials::None, Reach::LikeRepository),
        };
        Self { url: endpoint.batch(), fields, credentials, reach, redirects: 0 }
    }

    /// Decides on a redirect of the request. A redirected upload is sent from its start: its object has to be got again.
    ///
    /// # Errors
    ///
    /// Fails if it must not be followed.
    pub fn redirected(
        &self,
        request: Request,
        status: u16,
        location: &str,
        repository: &Repository,
    ) -> Result<Self, RouteError> {
        match (status, request) {
            (307 | 308, _) | (301..=303, Request::Download) => {}
            _ => return Err(RouteError::Status(status)),
        }
        if self.redirects == MOST_REDIRECTS {
            return Err(RouteError::TooMany);
        }
        let url = self.url.redirected(location).map_err(RouteError::Location)?;
        let reach = reach(&url, &self.url, repository)?;
        let is_same = url.same_origin(&self.url);
        let fields = if is_same { self.fields.clone() } else { self.fields.for_other_origin() };
        let credentials = match self.credentials {
            Credentials::OfSide if is_same && repository.signs_in_at(&url) => Credentials::OfSide,
            _ => Credentials::None,
        };
        Ok(Self { url, fields, credentials, reach, redirects: self.redirects + 1 })
    }

    /// Takes what could be a secret of the request out of words of its server. Each object has other secrets, so those of all
    /// would be too many for the log to look for in each line. Returns none where these alone are too many.
    pub(super) fn without_secrets(&self, words: String) -> Option<String> {
        if self.url.parameters() > MOST_SECRETS {
            return None;
        }
        let secrets: Vec<_> = self.url.masks().into_iter().chain(self.fields.masks()).collect();
        (secrets.len() <= MOST_SECRETS).then(|| spans::without(&secrets, words))
    }
}

/// Checks where a URL leads that the server at `from` chose.
fn reach(url: &LfsUrl, from: &LfsUrl, repository: &Repository) -> Result<Reach, RouteError> {
    if url.scheme() == Scheme::Http && from.scheme() == Scheme::Https {
        return Err(RouteError::NotEncrypted);
    }
    if repository.is_at_server_of(url) {
        return Ok(Reach::Any);
    }
    match Place::of_host(&url.host()) {
        Some(place) if !place.may_be_reached(repository.place) => Err(RouteError::Inside(place)),
        _ => Ok(Reach::LikeRepository),
    }
}

#[cfg(test)]
mod tests;
