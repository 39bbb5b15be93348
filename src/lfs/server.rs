//! The LFS objects of one side behind a web server.
//!
//! ```text
//!  batch (objects ─► what the server says of each) ─► links, kept until they are used ─► GET, or PUT and verify
//! ```

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ureq::http::HeaderName;
use ureq::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE};

use super::batch;
use super::batch::{BatchError, LARGEST_ANSWER, MEDIA_TYPE, ObjectAnswer, ObjectError, Operation, Transfer};
use super::clients::{Clients, Server};
use super::endpoint::{Repository, Trust, WebEndpoint};
use super::failures;
use super::lfs_url::LfsUrl;
use super::lifetime::Lifetime;
use super::need::Batches;
use super::oid::Oid;
use super::pointer::Pointer;
use super::refusal::{Reason, Refusal};
use super::route::{Credentials, Reach, Route};
use crate::auth::authenticator::{Authenticator, NextHeader, ServerSchemes};
use crate::auth::token_cache::TokenCache;
use crate::auth::token_source::TokenContext;
use crate::clock::Stopwatch;
use crate::error::{ErrorKind, Failure, LfsProblem};
use crate::http::api::ApiAnswer;
use crate::http::network::{CertificateVerification, Network};
use crate::http::stream::StreamRequest;
use crate::secret::{Secret, SecretMasker};

/// The settings of a side's LFS server.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// Where it is asked.
    pub endpoint: WebEndpoint,
    /// The repository whose objects they are.
    pub repository: Repository,
    /// What it is asked for: an object is read or written.
    pub operation: Operation,
    /// The ref that is read or pushed: some servers decide by it who may.
    pub ref_name: Option<String>,
    /// The way to the servers.
    pub network: Network,
    /// The verification of the certificate of the repository's own server.
    pub verification: CertificateVerification,
    /// The tokens that sign in at the repository's own server, if any does.
    pub tokens: Option<TokenCache>,
    /// The schemes to sign in there.
    pub schemes: ServerSchemes,
    /// The things of the run that requests need.
    pub context: TokenContext,
}

/// A side's LFS server.
pub struct LfsServer {
    pub(super) repository: Repository,
    pub(super) clients: Clients,
    endpoint: Mutex<WebEndpoint>,
    operation: Operation,
    ref_name: Option<String>,
    authenticator: Mutex<Authenticator>,
    masker: Arc<dyn SecretMasker>,
    links: Mutex<HashMap<Oid, Link>>,
}

/// What a server said of how to move an object.
#[derive(Clone, Debug)]
pub(super) struct Link {
    transfer: Transfer,
    /// The time since before it was asked for.
    age: Stopwatch,
    /// The route of a redirect, in place of the action's own.
    redirected: Option<Route>,
    renewal: Renewal,
}

/// A link that a server refuses is asked for again, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Renewal {
    Possible,
    Done,
}

impl LfsServer {
    /// Prepares to ask; nothing is sent yet.
    pub fn new(settings: ServerSettings) -> Self {
        let ServerSettings { endpoint, repository, operation, ref_name, network, verification, .. } =
            settings;
        let TokenContext { masker, timeouts, cancel } = settings.context.clone();
        let authenticator = Authenticator::new(settings.tokens.as_ref(), settings.schemes, settings.context);
        let place = repository.place;
        Self {
            clients: Clients { network, verification, timeouts, cancel, place, idle: Mutex::default() },
            repository,
            endpoint: Mutex::new(endpoint),
            operation,
            ref_name,
            authenticator: Mutex::new(authenticator),
            masker,
            links: Mutex::default(),
        }
    }

    /// Asks for objects, as many at once as the server takes, and returns what it says of each.
    pub(super) fn ask(&self, objects: &[Pointer]) -> Result<Vec<(Pointer, ObjectAnswer)>, Failure> {
        let (mut batches, mut said) = (Batches::new(objects.to_vec()), Vec::with_capacity(objects.len()));
        while let Some(batch) = batches.next_batch() {
            let age = Stopwatch::start();
            let answer = self.post_batch(&batch)?;
            let refusal = match self.read(&batch, &answer) {
                Ok(answers) => {
                    self.keep_links(&batch, &answers, age);
                    said.extend(batch.into_iter().zip(answers));
                    continue;
                }
                Err(refusal) => refusal,
            };
            match refusal.reason {
                Reason::TooMany if batch.len() > 1 => {
                    batches.too_many(batch);
                }
                // giftless refuses a batch whole where one object is missing, or all of them are.
                Reason::NotFound | Reason::Invalid if batch.len() > 1 => {
                    batches.refused(batch);
                }
                Reason::NotFound if self.operation == Operation::Download => {
                    said.extend(batch.into_iter().map(|object| (object, missing())));
                }
                reason => return Err(self.refused(reason, &answer, refusal.message)),
            }
        }
        Ok(said)
    }

    fn read(&self, batch: &[Pointer], answer: &ApiAnswer) -> Result<Vec<ObjectAnswer>, Refusal> {
        let content_type = answer.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let refusal = || Refusal::read(answer.status.as_u16(), content_type, &answer.body);
        if answer.status != 200 {
            return Err(refusal());
        }
        let date = answer.headers.get(DATE).and_then(|date| date.to_str().ok());
        let date = date.and_then(|date| httpdate::parse_http_date(date).ok());
        batch::read(self.operation, batch, &answer.body, date).map_err(|error| match error {
            // A page to sign in at is no answer of LFS either.
            BatchError::Malformed { .. } if content_type.is_some_and(|of| of.contains("html")) => refusal(),
            error => Refusal { reason: Reason::Other, message: Some(error.to_string()) },
        })
    }

    /// Sends one batch request, at the endpoint's other address where nothing is at the first.
    fn post_batch(&self, batch: &[Pointer]) -> Result<ApiAnswer, Failure> {
        let body = batch::request(self.operation, self.ref_name.as_deref(), batch);
        let endpoint = self.endpoint().clone();
        let answer = self.post_signed_in(&endpoint.batch(), endpoint.trust, &body)?;
        let is_elsewhere = matches!(answer.status.as_u16(), 404 | 405);
        let Some(other) = endpoint.otherwise.clone().filter(|_| is_elsewhere) else { return Ok(answer) };
        let other = WebEndpoint { url: other, otherwise: None, ..endpoint };
        let second = self.post_signed_in(&other.batch(), other.trust, &body)?;
        if second.status == 200 {
            *self.endpoint() = other;
        }
        Ok(second)
    }

    /// Sends a request with what signs in at the repository's server, and again in another form where one is refused.
    fn post_signed_in(&self, url: &LfsUrl, trust: Trust, body: &str) -> Result<ApiAnswer, Failure> {
        let media = || Secret::new(MEDIA_TYPE);
        let server =
            if trust == Trust::Repository { Server::Own } else { Server::Other(Reach::LikeRepository) };
        let mut authenticator = self.authenticator.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let authorization = match trust {
                Trust::Repository => authenticator.next_authorization()?,
                Trust::Elsewhere => None,
            };
            let mut fields = vec![(ACCEPT, media()), (CONTENT_TYPE, media())];
            fields.extend(authorization.map(|authorization| (AUTHORIZATION, authorization)));
            let request = StreamRequest { url: Secret::new(url.expose()), host: url.to_string(), fields };
            let answer =
                self.clients.with(server, |client| client.post(&request, body, LARGEST_ANSWER as u64))?;
            let is_refused = matches!(answer.status.as_u16(), 203 | 300..=399 | 401 | 403);
            if !is_refused {
                authenticator.on_accepted();
                return Ok(answer);
            }
            if trust == Trust::Elsewhere || authenticator.on_refused(answer.kind()) == NextHeader::GiveUp {
                return Ok(answer);
            }
        }
    }

    fn keep_links(&self, batch: &[Pointer], answers: &[ObjectAnswer], age: Stopwatch) {
        let mut links = self.links();
        for (object, answer) in batch.iter().zip(answers) {
            let ObjectAnswer::Transfer(transfer) = answer else { continue };
            let actions = std::iter::once(&transfer.action).chain(&transfer.verify);
            actions.flat_map(super::action::Action::masks).for_each(|mask| self.masker.mask(&mask));
            let renewal = links.get(&object.oid).map_or(Renewal::Possible, |link| link.renewal);
            let transfer = (**transfer).clone();
            links.insert(object.oid, Link { transfer, age, redirected: None, renewal });
        }
    }

    /// Returns the link of an object; a new one where it has come to its end.
    pub(super) fn link(&self, object: Pointer) -> Result<Link, Failure> {
        let known = self.links().get(&object.oid).cloned();
        if let Some(link) = known.filter(|link| link.transfer.action.lifetime.holds_after(link.age.elapsed()))
        {
            return Ok(link);
        }
        let said = self.ask(&[object])?;
        if let Some(link) = self.links().get(&object.oid).cloned() {
            return Ok(link);
        }
        let answer = said.into_iter().next().map_or(ObjectAnswer::LeftOut, |(_, answer)| answer);
        Err(failures::of_object(object, self.operation, &answer))
    }

    /// Gives a link up that was refused, so that the next try asks for another; once.
    pub(super) fn discard(&self, object: Pointer, failure: Failure) -> Failure {
        let mut links = self.links();
        match links.get_mut(&object.oid) {
            Some(link) if link.renewal == Renewal::Possible => {
                link.renewal = Renewal::Done;
                link.age = Stopwatch::start();
                link.transfer.action.lifetime = Lifetime::For(Duration::ZERO);
                Failure { kind: ErrorKind::Interrupted, ..failure }
            }
            Some(_) | None => failure,
        }
    }

    pub(super) fn route(&self, object: Pointer, link: &Link) -> Result<Route, Failure> {
        let endpoint = self.endpoint().clone();
        let route = link
            .redirected
            .clone()
            .map_or_else(|| Route::new(&link.transfer.action, &endpoint, &self.repository), Ok);
        route.map_err(|error| failures::of_route(object, &error))
    }

    /// Returns the request for a route, and the clients that make it.
    pub(super) fn request(
        &self,
        route: &Route,
        more: &[(HeaderName, &str)],
    ) -> Result<(StreamRequest, Server), Failure> {
        let mut fields: Vec<_> =
            route.fields.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        for (name, value) in more {
            if !route.fields.has(name) {
                fields.push((name.clone(), Secret::new(*value)));
            }
        }
        let server = match route.credentials {
            Credentials::OfSide => {
                let mut authenticator = self.authenticator.lock().unwrap_or_else(PoisonError::into_inner);
                let authorization = authenticator.next_authorization()?;
                fields.extend(authorization.map(|authorization| (AUTHORIZATION, authorization)));
                Server::Own
            }
            Credentials::None => Server::Other(route.reach),
        };
        let url = &route.url;
        Ok((StreamRequest { url: Secret::new(url.expose()), host: url.to_string(), fields }, server))
    }

    /// Returns the route of the verification of an upload, if the server wants one.
    pub(super) fn verification(&self, object: Pointer, link: &Link) -> Result<Option<Route>, Failure> {
        let Some(action) = &link.transfer.verify else { return Ok(None) };
        let route = Route::new(action, &self.endpoint(), &self.repository);
        route.map(Some).map_err(|error| failures::of_route(object, &error))
    }

    /// Takes the route of a redirect in place of the link's own.
    pub(super) fn follow(&self, object: Pointer, route: Route) {
        if let Some(link) = self.links().get_mut(&object.oid) {
            link.redirected = Some(route);
        }
    }

    /// Forgets the link of an object that is there.
    pub(super) fn forget(&self, object: Pointer) {
        self.links().remove(&object.oid);
    }

    /// Returns the failure of a batch request that was refused. Where no credentials of ours go, none are to blame.
    fn refused(&self, reason: Reason, answer: &ApiAnswer, words: Option<String>) -> Failure {
        let failure = failures::of_batch(reason, self.operation, answer, words);
        match (reason, self.endpoint().trust) {
            (Reason::Unauthorized | Reason::Forbidden, Trust::Elsewhere) => {
                Failure { kind: ErrorKind::Lfs(LfsProblem::OtherServer), ..failure }
            }
            _ => failure,
        }
    }

    fn endpoint(&self) -> MutexGuard<'_, WebEndpoint> {
        self.endpoint.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn links(&self) -> MutexGuard<'_, HashMap<Oid, Link>> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The answer for an object that the server does not have.
fn missing() -> ObjectAnswer {
    ObjectAnswer::Refused(ObjectError { code: 404, message: String::new() })
}

/// Shows no secret.
impl fmt::Debug for LfsServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LfsServer").field("endpoint", &self.endpoint().url).finish_non_exhaustive()
    }
}
