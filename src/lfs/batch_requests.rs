//! The batch requests of one side: the endpoint that they go to, what signs in there, and where a redirect leads them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ureq::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, LOCATION};

use super::batch::{BATCH, LARGEST_ANSWER, MEDIA_TYPE};
use super::clients::{Clients, Server};
use super::endpoint::{Repository, Trust, WebEndpoint};
use super::failures;
use super::fields::Fields;
use super::route::{Credentials, Request, Route};
use super::ssh_authenticate::Named;
use super::ssh_session::SshSession;
use crate::auth::authenticator::{Authenticator, NextHeader};
use crate::error::{ErrorKind, Failure, LfsProblem};
use crate::http::api::ApiAnswer;
use crate::http::stream::StreamRequest;
use crate::secret::{Secret, SecretMasker};

/// The batch interface of a side.
pub(super) struct BatchRequests {
    pub(super) clients: Arc<Clients>,
    pub(super) repository: Repository,
    pub(super) endpoint: Mutex<WebEndpoint>,
    pub(super) authenticator: Mutex<Authenticator>,
    /// The sign-in of a repository behind SSH.
    pub(super) ssh: Option<Mutex<SshSession>>,
    pub(super) masker: Arc<dyn SecretMasker>,
    /// Held during a request, since what signs in learns from one answer at a time.
    pub(super) asking: Mutex<()>,
}

/// The answer to a batch request.
pub(super) struct Posted {
    pub(super) answer: ApiAnswer,
    pub(super) answering: Answering,
}

/// The server that answers, by which a refusal is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answering {
    /// The one that what signs in is for.
    Own,
    /// Another one, which gets none of it.
    Other,
    /// One that nobody named: there need not be any LFS.
    Guessed,
}

impl BatchRequests {
    /// Sends one batch request, at the endpoint's other address where nothing is at the first.
    ///
    /// # Errors
    ///
    /// Those of signing in and of HTTP, and a redirect that must not be followed. A refusal is an answer.
    pub(super) fn post(&self, body: &str) -> Result<Posted, Failure> {
        let _one_at_a_time = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ssh) = &self.ssh {
            return self.post_by_ssh(&mut ssh.lock().unwrap_or_else(PoisonError::into_inner), body);
        }
        let endpoint = self.endpoint().clone();
        let first = self.post_to(&endpoint, body)?;
        let is_elsewhere = matches!(first.answer.status.as_u16(), 404 | 405);
        match &endpoint.otherwise {
            Some(other) if is_elsewhere => {
                self.post_to(&WebEndpoint { url: other.clone(), otherwise: None, ..endpoint }, body)
            }
            _ => Ok(first),
        }
    }

    /// Sends one batch request to an endpoint, and keeps the one that took it for the next.
    fn post_to(&self, endpoint: &WebEndpoint, body: &str) -> Result<Posted, Failure> {
        let (answer, route) = self.send(Route::of_batch(endpoint, Fields::none()), body)?;
        let (trust, answering) = match route.credentials {
            Credentials::OfSide => (Trust::Repository, Answering::Own),
            Credentials::None => (Trust::Elsewhere, Answering::Other),
        };
        if answer.status == 200
            && let Some(url) = route.url.above(BATCH)
        {
            *self.endpoint() = WebEndpoint { url, otherwise: None, trust };
        }
        Ok(Posted { answer, answering })
    }

    /// Sends one batch request with what an SSH server gave for it; again with new ones where that is refused, once.
    fn post_by_ssh(&self, session: &mut SshSession, body: &str) -> Result<Posted, Failure> {
        let posted = self.post_as_said(session, body)?;
        let is_refused = matches!(posted.answer.status.as_u16(), 401 | 403);
        if !is_refused || posted.answering != Answering::Own {
            return Ok(posted);
        }
        session.discard();
        self.post_as_said(session, body)
    }

    /// Sends one batch request where the SSH server says. A redirect is not kept: the next answer may name another address.
    fn post_as_said(&self, session: &mut SshSession, body: &str) -> Result<Posted, Failure> {
        let said = session.current(&*self.masker)?;
        *self.endpoint() = said.endpoint.clone();
        let sent = self.send(Route::of_batch(&said.endpoint, said.fields.clone()), body);
        match said.named {
            Named::ByServer => {
                let (answer, route) = sent?;
                let is_own = route.url.same_origin(&said.endpoint.url);
                Ok(Posted { answer, answering: if is_own { Answering::Own } else { Answering::Other } })
            }
            Named::Guessed => {
                let (answer, _) = sent.map_err(|failure| nothing_there(&said.endpoint, failure))?;
                Ok(Posted { answer, answering: Answering::Guessed })
            }
        }
    }

    /// Sends one batch request, and again to where it is redirected. Returns the last answer, and what it is of.
    fn send(&self, mut route: Route, body: &str) -> Result<(ApiAnswer, Route), Failure> {
        loop {
            let answer = self.post_signed_in(&route, body)?;
            let Some(location) = moved(&answer) else { return Ok((answer, route)) };
            let status = answer.status.as_u16();
            let next = route.redirected(Request::Batch, status, location, &self.repository);
            route = next.map_err(|error| failures::of_moved_batch(&route.url, location, error))?;
            log::debug!("the batch interface is redirected to {}", route.url);
        }
    }

    /// Sends a request with what signs in at the repository's server, and again in another form where one is refused.
    fn post_signed_in(&self, route: &Route, body: &str) -> Result<ApiAnswer, Failure> {
        loop {
            let authorization = match route.credentials {
                Credentials::OfSide => self.authorization()?,
                Credentials::None => None,
            };
            let answer = self.post_once(route, authorization, body)?;
            if route.credentials == Credentials::None || moved(&answer).is_some() {
                return Ok(answer);
            }
            let is_refused = matches!(answer.status.as_u16(), 203 | 300..=399 | 401 | 403);
            if !is_refused {
                self.authenticator().on_accepted();
                return Ok(answer);
            }
            if self.authenticator().on_refused(answer.kind()) == NextHeader::GiveUp {
                return Ok(answer);
            }
        }
    }

    fn post_once(
        &self,
        route: &Route,
        authorization: Option<Secret>,
        body: &str,
    ) -> Result<ApiAnswer, Failure> {
        let own = [ACCEPT, CONTENT_TYPE].map(|name| (name, Secret::new(MEDIA_TYPE)));
        // A server may have set those, too.
        let said = route.fields.iter().filter(|(name, _)| **name != ACCEPT && **name != CONTENT_TYPE);
        let said = said.map(|(name, value)| (name.clone(), value.clone()));
        let authorization = authorization.map(|authorization| (AUTHORIZATION, authorization));
        let fields = own.into_iter().chain(said).chain(authorization).collect();
        let url = &route.url;
        let request = StreamRequest { url: Secret::new(url.expose()), host: url.to_string(), fields };
        self.clients.with(Server::of(route), |client| client.post(&request, body, LARGEST_ANSWER as u64))
    }

    /// Returns what signs in at the repository's own server, if anything does.
    pub(super) fn authorization(&self) -> Result<Option<Secret>, Failure> {
        self.authenticator().next_authorization()
    }

    /// Returns the endpoint that the last request went to.
    pub(super) fn endpoint(&self) -> MutexGuard<'_, WebEndpoint> {
        self.endpoint.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn authenticator(&self) -> MutexGuard<'_, Authenticator> {
        self.authenticator.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns where a redirect leads that is one of the batch interface; none of others, which lead to sign-in pages.
fn moved(answer: &ApiAnswer) -> Option<&str> {
    let is_redirect = matches!(answer.status.as_u16(), 301..=303 | 307 | 308);
    let location = answer.headers.get(LOCATION).filter(|_| is_redirect)?.to_str().ok()?;
    let path = location.split(['?', '#']).next().unwrap_or_default();
    path.strip_suffix(BATCH).is_some_and(|before| before.ends_with('/')).then_some(location)
}

/// Tells of a guessed address where no server is: it was no more than a guess.
fn nothing_there(endpoint: &WebEndpoint, failure: Failure) -> Failure {
    if !matches!(failure.kind, ErrorKind::Unreachable(_)) {
        return failure;
    }
    let message = format!(
        "the SSH server does not know 'git-lfs-authenticate', and no server is at '{}': {}",
        endpoint.url, failure.message
    );
    Failure::new(ErrorKind::Lfs(LfsProblem::NoService), message).with_remote(failure.remote)
}
