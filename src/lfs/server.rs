//! The LFS objects of one side behind a web server.
//!
//! ```text
//!  batch (objects ─► what the server says of each) ─► links, kept until they are used ─► GET, or PUT and verify
//! ```

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ureq::http::HeaderName;
use ureq::http::header::{AUTHORIZATION, CONTENT_TYPE, DATE};

use super::batch;
use super::batch::{BatchError, MOST_OBJECTS, ObjectAnswer, ObjectError, Operation, Transfer};
use super::batch_requests::{Answering, BatchRequests, Posted};
use super::clients::{Clients, Server};
use super::endpoint::{Repository, WebEndpoint};
use super::failures;
use super::links::{Links, Said};
use super::need::Batches;
use super::pointer::Pointer;
use super::refusal::{Reason, Refusal};
use super::route::{Credentials, Route};
use super::ssh_session::SshSession;
use crate::auth::authenticator::{Authenticator, ServerSchemes};
use crate::auth::token_cache::TokenCache;
use crate::auth::token_source::TokenContext;
use crate::clock::Stopwatch;
use crate::error::{ErrorKind, Failure, LfsProblem};
use crate::http::api::ApiAnswer;
use crate::http::idle_clients::IdleClients;
use crate::http::network::{CertificateVerification, Network};
use crate::http::stream::StreamRequest;
use crate::secret::Secret;

/// The settings of a side's LFS server.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// The place that is asked, until an SSH server names another.
    pub endpoint: WebEndpoint,
    /// The repository whose objects they are.
    pub repository: Repository,
    /// The purpose: objects are read or written.
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
    pub(super) clients: Arc<Clients>,
    batches: BatchRequests,
    operation: Operation,
    ref_name: Option<String>,
    links: Mutex<Links>,
    /// The most objects of a batch request, as far as the server's refusals tell.
    batch_size: AtomicUsize,
    /// The number of batch requests that were answered as LFS does.
    answered: AtomicUsize,
}

/// A way to move an object.
#[derive(Clone, Debug)]
pub(super) struct Link {
    transfer: Transfer,
    /// The route of a redirect, in place of the action's own.
    redirected: Option<Route>,
}

impl LfsServer {
    /// Prepares to ask; nothing is sent yet.
    pub fn new(settings: ServerSettings) -> Self {
        let ServerSettings { endpoint, repository, operation, ref_name, network, verification, .. } =
            settings;
        let TokenContext { masker, timeouts, cancel, .. } = settings.context.clone();
        let authenticator = Authenticator::new(settings.tokens.as_ref(), settings.schemes, settings.context);
        let place = repository.place;
        let idle = IdleClients::default();
        let clients = Arc::new(Clients { network, verification, timeouts, cancel, place, idle });
        let batches = BatchRequests {
            clients: Arc::clone(&clients),
            repository: repository.clone(),
            endpoint: Mutex::new(endpoint),
            authenticator: Mutex::new(authenticator),
            ssh: None,
            masker,
            asking: Mutex::default(),
        };
        Self {
            repository,
            clients,
            batches,
            operation,
            ref_name,
            links: Mutex::default(),
            batch_size: AtomicUsize::new(MOST_OBJECTS),
            answered: AtomicUsize::new(0),
        }
    }

    /// Lets the SSH server of the repository say where to ask, and what signs in there.
    #[must_use]
    pub fn signed_in_by(self, session: SshSession) -> Self {
        Self { batches: BatchRequests { ssh: Some(Mutex::new(session)), ..self.batches }, ..self }
    }

    /// Asks for objects, as many at once as the server takes, and returns what it says of each.
    fn ask(&self, objects: &[Pointer]) -> Result<Vec<(Pointer, Said)>, Failure> {
        let mut batches = Batches::new(objects.to_vec(), self.batch_size.load(Ordering::Relaxed));
        let mut said = Vec::with_capacity(objects.len());
        while let Some(batch) = batches.next_batch() {
            let age = Stopwatch::start();
            let body = batch::request(self.operation, self.ref_name.as_deref(), &batch);
            let posted = self.batches.post(&body)?;
            let refusal = match self.read(&batch, &posted.answer) {
                Ok(answers) => {
                    self.answered.fetch_add(1, Ordering::Relaxed);
                    said.extend(
                        batch.into_iter().zip(answers).map(|(object, answer)| said_of(object, answer, age)),
                    );
                    continue;
                }
                Err(refusal) => refusal,
            };
            match refusal.reason {
                Reason::TooMany if batch.len() > 1 => {
                    batches.too_many(batch);
                    self.batch_size.store(batches.most(), Ordering::Relaxed);
                }
                // giftless refuses a batch whole where one object is missing, or all of them are.
                Reason::NotFound | Reason::Invalid if batch.len() > 1 => {
                    batches.refused(batch);
                }
                Reason::NotFound if self.operation == Operation::Download => {
                    said.extend(batch.into_iter().map(|object| said_of(object, missing(), age)));
                }
                Reason::Invalid => {
                    let refused = invalid(refusal.message);
                    said.extend(batch.into_iter().map(|object| said_of(object, refused.clone(), age)));
                }
                reason => return Err(self.refused(reason, &posted, refusal.message)),
            }
        }
        Ok(said)
    }

    /// Asks for objects that are to be moved; of those for which `is_moved` holds the answers are kept. Returns them.
    pub(super) fn ask_ahead(
        &self,
        objects: &[Pointer],
        is_moved: impl Fn(&ObjectAnswer) -> bool,
    ) -> Result<Vec<Pointer>, Failure> {
        let mut moved = self.ask(objects)?;
        moved.retain(|(_, said)| is_moved(&said.answer));
        let mut links = self.links();
        let keep = |(object, said)| {
            links.keep(said);
            object
        };
        Ok(moved.into_iter().map(keep).collect())
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

    /// Returns the link of an object, which is used once; a new one where it has come to its end. None for an upload of what
    /// is there already.
    pub(super) fn link(&self, object: Pointer) -> Result<Option<Link>, Failure> {
        let known = self.links().take(object.oid).filter(Said::holds);
        let said = match known {
            Some(said) => Some(said),
            None => self.ask(&[object])?.pop().map(|(_, said)| said),
        };
        match said {
            Some(Said { answer: ObjectAnswer::Transfer(transfer), redirected, .. }) => {
                Ok(Some(Link { transfer: *transfer, redirected }))
            }
            Some(Said { answer: ObjectAnswer::Kept, .. }) => Ok(None),
            Some(Said { answer, .. }) => Err(failures::of_object(object, self.operation, &answer)),
            None => Err(failures::of_object(object, self.operation, &ObjectAnswer::LeftOut)),
        }
    }

    /// Lets the next try ask for another link where the server refused its own; once.
    pub(super) fn renew(&self, object: Pointer, failure: Failure) -> Failure {
        if self.links().may_renew(object.oid) {
            Failure { kind: ErrorKind::Interrupted, ..failure }
        } else {
            failure
        }
    }

    pub(super) fn route(&self, object: Pointer, link: &Link) -> Result<Route, Failure> {
        let endpoint = self.batches.endpoint().clone();
        let route = link
            .redirected
            .clone()
            .map_or_else(|| Route::new(&link.transfer.action, &endpoint, &self.repository), Ok);
        route.map_err(|error| failures::of_route(object, error))
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
        if route.credentials == Credentials::OfSide {
            let authorization = self.batches.authorization()?;
            fields.extend(authorization.map(|authorization| (AUTHORIZATION, authorization)));
        }
        let url = &route.url;
        let request = StreamRequest { url: Secret::new(url.expose()), host: url.to_string(), fields };
        Ok((request, Server::of(route)))
    }

    /// Returns the route of the verification of an upload, if the server wants one.
    pub(super) fn verification(&self, object: Pointer, link: &Link) -> Result<Option<Route>, Failure> {
        let Some(action) = &link.transfer.verify else { return Ok(None) };
        let route = Route::new(action, &self.batches.endpoint(), &self.repository);
        route.map(Some).map_err(|error| failures::of_route(object, error))
    }

    /// Keeps the route of a redirect, for the next try.
    pub(super) fn follow(&self, object: Pointer, link: Link, route: Route) {
        let answer = ObjectAnswer::Transfer(Box::new(link.transfer));
        let said = Said { redirected: Some(route), ..said_of(object, answer, Stopwatch::start()).1 };
        self.links().keep(said);
    }

    /// Notes that the server took a link.
    pub(super) fn on_taken(&self, object: Pointer) {
        self.links().on_taken(object.oid);
    }

    /// Returns the failure of a batch request that was refused. Where no credentials of ours go, none are to blame; a server
    /// that has answered once does not lose its LFS.
    fn refused(&self, reason: Reason, posted: &Posted, words: Option<String>) -> Failure {
        let failure = failures::of_batch(reason, self.operation, &posted.answer, words);
        if reason == Reason::NoLfs && self.answered.load(Ordering::Relaxed) > 0 {
            // It has LFS: something on the way, such as a load balancer, answered in its place.
            return Failure { kind: ErrorKind::Unavailable { retry_after: None }, ..failure };
        }
        let problem = match (reason, posted.answering) {
            // A page, where nobody said that there is LFS.
            (Reason::Unauthorized, Answering::Guessed)
                if !matches!(posted.answer.status.as_u16(), 401 | 407) =>
            {
                LfsProblem::NoService
            }
            (Reason::Unauthorized | Reason::Forbidden, Answering::Other | Answering::Guessed) => {
                LfsProblem::OtherServer
            }
            _ => return failure,
        };
        Failure { kind: ErrorKind::Lfs(problem), ..failure }
    }

    fn links(&self) -> MutexGuard<'_, Links> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn said_of(object: Pointer, answer: ObjectAnswer, age: Stopwatch) -> (Pointer, Said) {
    (object, Said { oid: object.oid, answer, age, redirected: None })
}

/// The answer for an object that the server does not have.
fn missing() -> ObjectAnswer {
    ObjectAnswer::Refused(ObjectError { code: 404, message: String::new() })
}

/// The answer for an object that the server does not take as it is.
fn invalid(message: Option<String>) -> ObjectAnswer {
    ObjectAnswer::Refused(ObjectError { code: 422, message: message.unwrap_or_default() })
}

/// Shows no secret.
impl fmt::Debug for LfsServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LfsServer").field("endpoint", &self.batches.endpoint().url).finish_non_exhaustive()
    }
}
