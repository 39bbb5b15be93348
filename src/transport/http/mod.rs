//! Smart HTTP (`gitprotocol-http`): each request stands alone, with its credentials.

mod answer;
mod certificate;
mod client;
mod connection;
mod dial;
mod no_answer;
mod push_body;
mod redirect;
mod retry_after;
mod tls;
mod ways_in;

use std::borrow::Cow;
use std::io::{self, BufReader, Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use ureq::http::{HeaderMap, HeaderName, Method, Response, header};
use ureq::{Body, RequestBuilder, SendBody};

use self::client::Client;
use self::push_body::PushBody;
pub use self::redirect::Elsewhere;
use self::redirect::{Identity, MAX_REDIRECTS};
use self::ways_in::WaysIn;
use super::{Answer, Context, Transport};
use crate::clock::Stopwatch;
use crate::error::{Failure, Fault};
use crate::protocol::Service;
use crate::protocol::pkt_line::FLUSH;
use crate::remote::{Endpoint, Host, WebUrl};

/// Requests to upload-pack of more bytes than this are compressed, as Git does it.
const GZIP_FROM: usize = 1024;

/// A pack of at most this many bytes goes in one piece, with its length; some proxies refuse anything else.
const SMALL_PUSH: usize = 1 << 20;

/// One repository on a web server.
#[derive(Debug)]
pub struct HttpTransport {
    client: Client,
    url: WebUrl,
    ways_in: WaysIn,
    heard_host: Option<Host>,
    elsewhere: Elsewhere,
    answering: Answering,
}

/// Which server answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answering {
    /// The one that was named.
    Named,
    /// One that a redirect led to.
    Another,
}

impl HttpTransport {
    /// Prepares to talk to the repository at `url`, as `endpoint` says; nothing is sent yet.
    pub(super) fn new(url: &WebUrl, endpoint: &Endpoint, elsewhere: Elsewhere, context: &Context) -> Self {
        let (client, ways_in) = (Client::new(endpoint, context), WaysIn::new(endpoint));
        let answering = Answering::Named;
        Self { client, url: url.clone(), ways_in, heard_host: None, elsewhere, answering }
    }

    /// Goes on at another server, for which nothing is meant that was given for the first.
    fn leave(&mut self) {
        self.ways_in.forget();
        self.client.leave();
        self.heard_host = None;
        self.answering = Answering::Another;
    }

    /// Leaves out what a page says at a server that nobody named: it can be one that only this machine reaches.
    fn without_page(&self, failure: Failure) -> Failure {
        match self.answering {
            Answering::Named => failure,
            Answering::Another => Failure { remote: None, ..failure },
        }
    }

    /// Listens to what an answer's headers tell of the kind of host, where nobody else can.
    fn hear(&mut self, headers: &HeaderMap) {
        if !self.client.endpoint().is_at_unknown_host() || self.heard_host.is_some() {
            return;
        }
        if let Some(host) = Host::of_headers(headers.keys().map(HeaderName::as_str)) {
            log::debug!("the server is one of {}", host.facts().name);
            self.heard_host = Some(host);
            self.ways_in.heard(host);
        }
    }

    fn authorized<B>(&self, request: RequestBuilder<B>) -> RequestBuilder<B> {
        match self.ways_in.current() {
            Some(authorization) => request.header(header::AUTHORIZATION, authorization.expose()),
            None => request,
        }
    }

    /// Starts a request to a service, with all that every such request carries.
    fn post(&self, service: Service) -> RequestBuilder<ureq::typestate::WithBody> {
        let name = service.name();
        let request = self
            .client
            .agent()
            .post(self.url.service_url(name))
            .header(header::CONTENT_TYPE, format!("application/x-{name}-request"))
            .header(header::ACCEPT, format!("application/x-{name}-result"));
        self.authorized(match service {
            Service::UploadPack => request.header("Git-Protocol", "version=2"),
            Service::ReceivePack => request,
        })
    }

    /// Sends a request, and tells in a debug line how it was answered: without headers, which hold secrets.
    fn told(
        &self,
        method: &Method,
        tail: &str,
        body: &str,
        send: impl FnOnce() -> Result<Response<Body>, ureq::Error>,
    ) -> Result<Response<Body>, ureq::Error> {
        let watch = Stopwatch::start();
        let response = send();
        let outcome = match &response {
            Ok(response) => response.status().to_string(),
            Err(error) => format!("no answer: {error}"),
        };
        let time = watch.elapsed().as_secs_f64();
        log::debug!("{method} {}/{tail} ({body}): {outcome}, {time:.3} s", self.url);
        response
    }

    /// Asks whether a push would be let in, before a pack goes out that could not be sent twice.
    fn probe(&self) -> Result<(), Failure> {
        let response = self.told(&Method::POST, Service::ReceivePack.name(), "a probe", || {
            self.post(Service::ReceivePack).send(FLUSH)
        });
        self.finish(&mut reader(answer::require_success(response)?));
        Ok(())
    }

    /// Starts a push, whose answer may take long: the destination checks every object before it says a word, and
    /// has hooks also where nothing but deletions is sent.
    fn post_push(&self) -> RequestBuilder<ureq::typestate::WithBody> {
        let report = self.client.patience().report;
        self.post(Service::ReceivePack).config().timeout_per_read(Some(report)).build()
    }

    fn push_in_one_piece(&self, body: &[u8]) -> Result<Answer, Failure> {
        let request = self.post_push();
        let sent = format!("{} bytes", body.len());
        let response = self.told(&Method::POST, Service::ReceivePack.name(), &sent, || request.send(body));
        service_answer(Service::ReceivePack, response)
    }

    fn ask_upload_pack(&self, body: &[u8]) -> Result<Answer, Failure> {
        let service = Service::UploadPack;
        let request = self.post(service);
        let (request, sent, body) = if body.len() > GZIP_FROM {
            let sent = format!("{} bytes as gzip", body.len());
            (request.header(header::CONTENT_ENCODING, "gzip"), sent, Cow::from(gzip(body)?))
        } else {
            (request, format!("{} bytes", body.len()), Cow::from(body))
        };
        service_answer(service, self.told(&Method::POST, service.name(), &sent, || request.send(&*body)))
            .map_err(|failure| self.without_page(failure))
    }

    fn push_in_chunks(&self, mut body: PushBody<'_>) -> Result<Answer, Failure> {
        self.probe()?;
        self.client.broken().forget();
        let request = self.post_push();
        let send = || request.send(SendBody::from_reader(&mut body));
        let response =
            self.told(&Method::POST, Service::ReceivePack.name(), "commands and pack in chunks", send);
        service_answer(Service::ReceivePack, response)
    }

    /// Asks for a service's advertisement, and signs in with what comes next.
    fn ask_for_advertisement(&mut self, service: Service) -> Result<Answer, Failure> {
        let tail = format!("info/refs?service={}", service.name());
        for _ in 0..=MAX_REDIRECTS {
            let request = self.authorized(uncached(self.client.agent().get(self.url.service_url(&tail))));
            let request = match service {
                Service::UploadPack => request.header("Git-Protocol", "version=2"),
                Service::ReceivePack => request,
            };
            let response = self.told(&Method::GET, &tail, "no body", || request.call());
            if let Ok(response) = &response {
                self.hear(response.headers());
            }
            let Some(location) = response.as_ref().ok().and_then(answer::redirect_target) else {
                let expected = format!("application/x-{}-advertisement", service.name());
                let response = answer::require_type(response, &expected);
                return response.map(reader).map_err(|failure| self.without_page(failure));
            };
            let (url, identity) = redirect::follow(&self.url, &location, &tail, self.elsewhere)?;
            log::debug!("redirected to '{url}'");
            self.url = url;
            if identity == Identity::Other {
                self.leave();
            }
        }
        Err(Failure::new(Fault::Redirect, format!("the server redirected more than {MAX_REDIRECTS} times")))
    }
}

impl Transport for HttpTransport {
    fn advertisement(&mut self, service: Service) -> Result<Answer, Failure> {
        self.client.renew_after_stop();
        let mut refused = None;
        loop {
            match self.ask_for_advertisement(service) {
                Ok(answer) => {
                    self.ways_in.settle();
                    return Ok(answer);
                }
                Err(failure) if is_refusal(&failure) && self.ways_in.advance() => {
                    log::debug!("{}; trying another way to sign in", failure.message);
                    refused = Some(clearer(refused, failure));
                }
                Err(failure) => return Err(clearer(refused, failure)),
            }
        }
    }

    fn request(&mut self, service: Service, body: &[u8]) -> Result<Answer, Failure> {
        match service {
            Service::UploadPack => self.ask_upload_pack(body),
            // Not compressed: Git sends it so, and few servers expect anything else.
            Service::ReceivePack => self.push_in_one_piece(body),
        }
    }

    fn push(&mut self, commands: Vec<u8>, pack: &mut dyn Read) -> Result<Answer, Failure> {
        let mut head = commands;
        let limit = head.len() + SMALL_PUSH;
        pack.take(SMALL_PUSH as u64 + 1).read_to_end(&mut head)?;
        if head.len() <= limit {
            return self.push_in_one_piece(&head);
        }
        self.push_in_chunks(PushBody::new(head, pack, self.client.broken()))
    }

    fn heard_host(&self) -> Option<Host> {
        self.heard_host
    }

    fn redirected(&self) -> Option<WebUrl> {
        (self.answering == Answering::Another).then(|| self.url.clone())
    }

    /// Reads the end that HTTP has of its own, behind Git's: only then is the connection kept.
    fn finish(&self, answer: &mut Answer) {
        let _end: io::Result<usize> = answer.read(&mut [0]);
    }
}

/// Has every cache on the way ask the server, as Git does: a stale list of refs would roll branches back.
fn uncached<B>(request: RequestBuilder<B>) -> RequestBuilder<B> {
    request.header(header::CACHE_CONTROL, "no-cache").header(header::PRAGMA, "no-cache")
}

/// Whether the same credentials may be let in when they are sent in another way.
fn is_refusal(failure: &Failure) -> bool {
    matches!(failure.fault, Fault::SignIn | Fault::Forbidden)
}

/// Returns what tells more of two attempts to sign in: what the server says once it knows who asks, or else
/// what it said to the usual way.
fn clearer(first: Option<Failure>, second: Failure) -> Failure {
    match first {
        Some(first) if second.fault == Fault::SignIn || first.fault == Fault::Forbidden => first,
        _ => second,
    }
}

/// Returns the answer of a service, if it is one.
fn service_answer(
    service: Service,
    response: Result<Response<Body>, ureq::Error>,
) -> Result<Answer, Failure> {
    answer::require_type(response, &format!("application/x-{}-result", service.name())).map(reader)
}

fn reader(response: Response<Body>) -> Answer {
    let body = response.into_body().into_with_config().limit(u64::MAX).reader();
    Box::new(BufReader::with_capacity(64 * 1024, no_answer::Body(body)))
}

fn gzip(body: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body)?;
    Ok(encoder.finish()?)
}
