//! Smart HTTP (`gitprotocol-http`): each request stands alone, with its credentials.

mod account;
mod push;
mod redirect;
mod response;

use std::borrow::Cow;
use std::io::{self, BufReader, Read, Write};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use ureq::http::{HeaderName, Method, Response, header};
use ureq::typestate::WithBody;
use ureq::{Body, RequestBuilder};

use super::connection::{Answer, Transport};
use super::context::{ClientKey, Context};
use super::endpoint::Endpoint;
use crate::auth::authenticator::Authenticator;
use crate::auth::forms_to_try::HostKnown;
use crate::auth::sign_in::SignsIn;
use crate::clock::Stopwatch;
use crate::error::{ErrorKind, Failure};
use crate::hosts::Host;
use crate::hosts::account::Account;
use crate::hosts::bounds::Bounds;
use crate::http::idle_clients::LentClient;
use crate::http::response::Speaker;
use crate::mirror::ports::OutgoingPack;
use crate::protocol::Service;
use crate::remote::web_url::WebUrl;
use crate::secret::Secret;
pub use redirect::OtherServer;
use redirect::{MAX_REDIRECTS, RedirectTo};

/// Requests to upload-pack of more bytes than this are compressed, as Git does it.
const GZIP_FROM: usize = 1024;

/// The time that the end of HTTP's own is waited for, behind Git's. A connection is worth no more.
const END_WAIT: Duration = Duration::from_secs(2);

/// One repository on a web server.
#[derive(Debug)]
pub struct HttpTransport {
    client: LentClient<ClientKey>,
    url: WebUrl,
    host: Host,
    authenticator: Authenticator,
    host_known: HostKnown,
    detected_host: Option<Host>,
    bounds: Bounds,
    other_server: OtherServer,
    answering: Answering,
}

/// The server that answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answering {
    /// The one that was named.
    Named,
    /// One that a redirect led to.
    Another,
}

impl HttpTransport {
    /// Prepares to talk to the repository at `url`, as `endpoint` says; nothing is sent yet.
    pub(crate) fn new(
        url: &WebUrl,
        endpoint: &Endpoint,
        other_server: OtherServer,
        context: &Context,
    ) -> Self {
        let Endpoint { tokens, bounds, .. } = endpoint;
        let schemes = endpoint.server_schemes();
        Self {
            client: context.client(url, endpoint),
            url: url.clone(),
            host: endpoint.host(),
            host_known: schemes.host_known,
            authenticator: Authenticator::new(tokens.as_ref(), schemes, context.for_tokens()),
            detected_host: None,
            bounds: bounds.clone(),
            other_server,
            answering: Answering::Named,
        }
    }

    /// Goes on at another server, for which nothing is meant that was given for the first.
    fn move_to_other_server(&mut self) {
        self.authenticator.forget_credentials();
        self.client = LentClient::own(self.client.of_other_server());
        self.detected_host = None;
        self.answering = Answering::Another;
    }

    /// Leaves out what a page says at a server that nobody named: it can be one that only this machine reaches.
    fn without_page(&self, failure: Failure) -> Failure {
        match self.answering {
            Answering::Named => failure,
            Answering::Another => Failure { remote: None, ..failure },
        }
    }

    /// Listens to what an answer tells: of the kind of host, where nobody else can, and of the ways to sign in.
    fn learn_from(&mut self, response: &Response<Body>) {
        let headers = response.headers();
        if self.host_known == HostKnown::NotYet
            && self.detected_host.is_none()
            && let Some(host) = Host::of_headers(headers.keys().map(HeaderName::as_str))
        {
            log::debug!("the server is one of {}", host.info().name);
            self.detected_host = Some(host);
            self.authenticator.on_host_detected(host.schemes());
        }
        self.authenticator.on_challenges(&crate::http::status::challenges(response.status(), headers));
    }

    /// Returns who may answer a request.
    fn speaker(&self) -> Speaker<'_> {
        Speaker { proxy: self.client.reading_proxy(&self.url), unwrap: response::without_framing }
    }

    /// Starts a request to a service, with all that every such request carries.
    fn post(&self, service: Service, authorization: Option<&Secret>) -> RequestBuilder<WithBody> {
        let name = service.name();
        let request = self
            .client
            .agent()
            .post(self.url.service_url(name))
            .header(header::CONTENT_TYPE, format!("application/x-{name}-request"))
            .header(header::ACCEPT, format!("application/x-{name}-result"));
        authorized(with_version(request, service), authorization)
    }

    /// Sends a request, and tells in a debug line how it was answered: without headers, which hold secrets.
    fn send_and_log(
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

    fn ask_upload_pack(&self, body: &[u8], authorization: Option<&Secret>) -> Result<Answer, Failure> {
        let service = Service::UploadPack;
        let request = self.post(service, authorization);
        let (request, sent, body) = if body.len() > GZIP_FROM {
            let sent = format!("{} bytes as gzip", body.len());
            (request.header(header::CONTENT_ENCODING, "gzip"), sent, Cow::from(gzip(body)?))
        } else {
            (request, format!("{} bytes", body.len()), Cow::from(body))
        };
        self.service_answer(
            service,
            self.send_and_log(&Method::POST, service.name(), &sent, || request.send(&*body)),
        )
        .map_err(|failure| self.without_page(failure))
    }

    /// Returns the answer of a service, if it is one.
    fn service_answer(
        &self,
        service: Service,
        response: Result<Response<Body>, ureq::Error>,
    ) -> Result<Answer, Failure> {
        response::result(response, service, self.speaker()).map(buffered)
    }

    /// Asks for a service's advertisement, where redirects lead.
    fn ask_for_advertisement(
        &mut self,
        service: Service,
        mut authorization: Option<&Secret>,
    ) -> Result<Answer, Failure> {
        let tail = format!("info/refs?service={}", service.name());
        for _ in 0..=MAX_REDIRECTS {
            let request = uncached(self.client.agent().get(self.url.service_url(&tail)));
            let request = authorized(with_version(request, service), authorization);
            let response = self.send_and_log(&Method::GET, &tail, "no body", || request.call());
            if let Ok(response) = &response {
                self.learn_from(response);
            }
            let Some(location) = response.as_ref().ok().and_then(crate::http::response::redirect_target)
            else {
                let answer = response::advertisement(response, service, self.speaker()).map(buffered);
                return answer.map_err(|failure| self.without_page(failure));
            };
            let (url, target) =
                redirect::follow(&self.url, &location, &tail, &self.bounds, self.other_server)?;
            log::debug!("redirected to '{url}'");
            self.url = url;
            if target == RedirectTo::OtherServer {
                self.move_to_other_server();
                authorization = None;
            }
        }
        Err(Failure::new(
            ErrorKind::Redirect,
            format!("the server redirected more than {MAX_REDIRECTS} times"),
        ))
    }
}

impl SignsIn for HttpTransport {
    fn authenticator(&mut self) -> &mut Authenticator {
        &mut self.authenticator
    }

    fn authorization(&mut self) -> Result<Option<Secret>, Failure> {
        self.authenticator.next_authorization()
    }
}

impl Transport for HttpTransport {
    fn advertisement(&mut self, service: Service) -> Result<Answer, Failure> {
        if let Some(client) = self.client.renewed_after_cancel() {
            self.client = LentClient::own(client);
        }
        self.authenticator.begin();
        self.send_signed_in(|this, authorization| this.ask_for_advertisement(service, authorization))
    }

    fn request(&mut self, service: Service, body: &[u8]) -> Result<Answer, Failure> {
        match service {
            Service::UploadPack => {
                self.send_signed_in(|this, authorization| this.ask_upload_pack(body, authorization))
            }
            // Not compressed: Git sends it so, and few servers expect anything else.
            Service::ReceivePack => self.push_in_one_piece(body),
        }
    }

    fn push(&mut self, commands: Vec<u8>, pack: OutgoingPack<'_>) -> Result<Answer, Failure> {
        self.push_pack(commands, pack)
    }

    fn detected_host(&self) -> Option<Host> {
        self.detected_host
    }

    fn account(&mut self) -> Option<Account> {
        self.ask_for_account()
    }

    fn redirected(&self) -> Option<WebUrl> {
        (self.answering == Answering::Another).then(|| self.url.clone())
    }

    /// Reads the end that HTTP has of its own, behind Git's: only then is the connection kept.
    fn finish(&self, answer: &mut Answer) {
        let _end: io::Result<usize> = self.client.wire().within(END_WAIT, || answer.read(&mut [0]));
    }
}

/// Has every cache on the way ask the server, as Git does: a stale list of refs would roll branches back.
fn uncached<B>(request: RequestBuilder<B>) -> RequestBuilder<B> {
    request.header(header::CACHE_CONTROL, "no-cache").header(header::PRAGMA, "no-cache")
}

/// Asks upload-pack for v2 of Git's protocol.
fn with_version<B>(request: RequestBuilder<B>, service: Service) -> RequestBuilder<B> {
    match service {
        Service::UploadPack => request.header("Git-Protocol", "version=2"),
        Service::ReceivePack => request,
    }
}

fn authorized<B>(request: RequestBuilder<B>, authorization: Option<&Secret>) -> RequestBuilder<B> {
    match authorization {
        Some(authorization) => request.header(header::AUTHORIZATION, authorization.expose()),
        None => request,
    }
}

fn buffered(body: Box<dyn Read + Send>) -> Answer {
    Box::new(BufReader::with_capacity(64 * 1024, body))
}

fn gzip(body: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body)?;
    Ok(encoder.finish()?)
}
