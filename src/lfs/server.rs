//! The LFS objects of one side behind a web server.
//!
//! ```text
//!  batch (objects ─► what the server says of each) ─► links, kept until they are used ─► GET, or PUT and verify
//! ```

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ureq::http::HeaderName;
use ureq::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE};

use super::action::Action;
use super::batch;
use super::batch::{
    BatchError, LARGEST_ANSWER, MEDIA_TYPE, MOST_OBJECTS, ObjectAnswer, ObjectError, Operation, Transfer,
};
use super::clients::{Clients, Server};
use super::endpoint::{Repository, Trust, WebEndpoint};
use super::failures;
use super::lfs_url::LfsUrl;
use super::links::{Links, Said};
use super::need::Batches;
use super::pointer::Pointer;
use super::refusal::{Reason, Refusal};
use super::route::{Credentials, Reach, Route};
use super::ssh_session::SshSession;
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
    pub(super) clients: Clients,
    endpoint: Mutex<WebEndpoint>,
    operation: Operation,
    ref_name: Option<String>,
    authenticator: Mutex<Authenticator>,
    /// The sign-in of a repository behind SSH.
    ssh: Option<Mutex<SshSession>>,
    masker: Arc<dyn SecretMasker>,
    links: Mutex<Links>,
    /// The most objects of a batch request, as far as the server's refusals tell.
    batch_size: AtomicUsize,
    /// Held during a batch request, since what signs in learns from one answer at a time.
    asking: Mutex<()>,
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
        Self {
            clients: Clients { network, verification, timeouts, cancel, place, idle: Mutex::default() },
            repository,
            endpoint: Mutex::new(endpoint),
            operation,
            ref_name,
            authenticator: Mutex::new(authenticator),
            ssh: None,
            masker,
            links: Mutex::default(),
            batch_size: AtomicUsize::new(MOST_OBJECTS),
            asking: Mutex::default(),
        }
    }

    /// Lets the SSH server of the repository say where to ask, and what signs in there.
    #[must_use]
    pub fn signed_in_by(self, session: SshSession) -> Self {
        Self { ssh: Some(Mutex::new(session)), ..self }
    }

    /// Asks for objects, as many at once as the server takes, and returns what it says of each.
    fn ask(&self, objects: &[Pointer]) -> Result<Vec<(Pointer, Said)>, Failure> {
        let mut batches = Batches::new(objects.to_vec(), self.batch_size.load(Ordering::Relaxed));
        let mut said = Vec::with_capacity(objects.len());
        while let Some(batch) = batches.next_batch() {
            let age = Stopwatch::start();
            let answer = self.post_batch(&batch)?;
            let refusal = match self.read(&batch, &answer) {
                Ok(answers) => {
                    self.mask(&answers);
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
                reason => return Err(self.refused(reason, &answer, refusal.message)),
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

    /// Sends one batch request, at the endpoint's other address where nothing is at the first.
    fn post_batch(&self, batch: &[Pointer]) -> Result<ApiAnswer, Failure> {
        let body = batch::request(self.operation, self.ref_name.as_deref(), batch);
        if let Some(ssh) = &self.ssh {
            return self.post_by_ssh(ssh, &body);
        }
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

    /// Sends one batch request with what an SSH server gave for it; again with new ones where that is refused, once.
    fn post_by_ssh(&self, ssh: &Mutex<SshSession>, body: &str) -> Result<ApiAnswer, Failure> {
        let mut session = ssh.lock().unwrap_or_else(PoisonError::into_inner);
        let post = |session: &mut SshSession| {
            let said = session.current(&*self.masker)?;
            *self.endpoint() = said.endpoint.clone();
            let fields = said.fields.iter().map(|(name, value)| (name.clone(), value.clone()));
            self.post(Server::Other(Reach::LikeRepository), &said.endpoint.batch(), fields, body)
        };
        let answer = post(&mut session)?;
        if !matches!(answer.status.as_u16(), 401 | 403) {
            return Ok(answer);
        }
        session.discard();
        post(&mut session)
    }

    fn post(
        &self,
        server: Server,
        url: &LfsUrl,
        sign_in: impl IntoIterator<Item = (HeaderName, Secret)>,
        body: &str,
    ) -> Result<ApiAnswer, Failure> {
        let media = || Secret::new(MEDIA_TYPE);
        // A server may have set those, too.
        let sign_in = sign_in.into_iter().filter(|(name, _)| *name != ACCEPT && *name != CONTENT_TYPE);
        let fields = [(ACCEPT, media()), (CONTENT_TYPE, media())].into_iter().chain(sign_in).collect();
        let request = StreamRequest { url: Secret::new(url.expose()), host: url.to_string(), fields };
        self.clients.with(server, |client| client.post(&request, body, LARGEST_ANSWER as u64))
    }

    /// Sends a request with what signs in at the repository's server, and again in another form where one is refused.
    fn post_signed_in(&self, url: &LfsUrl, trust: Trust, body: &str) -> Result<ApiAnswer, Failure> {
        let server =
            if trust == Trust::Repository { Server::Own } else { Server::Other(Reach::LikeRepository) };
        let _one_at_a_time = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let authorization = match trust {
                Trust::Repository => self.authenticator().next_authorization()?,
                Trust::Elsewhere => None,
            };
            let sign_in = authorization.map(|authorization| (AUTHORIZATION, authorization));
            let answer = self.post(server, url, sign_in, body)?;
            let is_refused = matches!(answer.status.as_u16(), 203 | 300..=399 | 401 | 403);
            if !is_refused {
                self.authenticator().on_accepted();
                return Ok(answer);
            }
            let next = match trust {
                Trust::Repository => self.authenticator().on_refused(answer.kind()),
                Trust::Elsewhere => NextHeader::GiveUp,
            };
            if next == NextHeader::GiveUp {
                return Ok(answer);
            }
        }
    }

    fn mask(&self, answers: &[ObjectAnswer]) {
        for answer in answers {
            let ObjectAnswer::Transfer(transfer) = answer else { continue };
            let actions = std::iter::once(&transfer.action).chain(&transfer.verify);
            actions.flat_map(Action::masks).for_each(|mask| self.masker.mask(&mask));
        }
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
        let endpoint = self.endpoint().clone();
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
        let server = match route.credentials {
            Credentials::OfSide => {
                let authorization = self.authenticator().next_authorization()?;
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

    /// Returns the failure of a batch request that was refused. Where no credentials of ours go, none are to blame.
    fn refused(&self, reason: Reason, answer: &ApiAnswer, words: Option<String>) -> Failure {
        let failure = failures::of_batch(reason, self.operation, answer, words);
        match (reason, self.endpoint().trust) {
            (Reason::Unauthorized | Reason::Forbidden, Trust::Elsewhere) if self.ssh.is_none() => {
                Failure { kind: ErrorKind::Lfs(LfsProblem::OtherServer), ..failure }
            }
            _ => failure,
        }
    }

    fn endpoint(&self) -> MutexGuard<'_, WebEndpoint> {
        self.endpoint.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn authenticator(&self) -> MutexGuard<'_, Authenticator> {
        self.authenticator.lock().unwrap_or_else(PoisonError::into_inner)
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
        f.debug_struct("LfsServer").field("endpoint", &self.endpoint().url).finish_non_exhaustive()
    }
}
