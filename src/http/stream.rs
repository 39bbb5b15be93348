//! Requests whose answer or body is read as it comes: of any size, in little memory.

use std::io::Read;

use ureq::http::{HeaderMap, HeaderName, Request, Response, StatusCode, header};
use ureq::{Body, SendBody};

use super::api::ApiAnswer;
use super::client::Client;
use super::response::BodyReader;
use super::upload_body::UploadBody;
use super::{api, response, transport_error};
use crate::clock::Stopwatch;
use crate::error::{ErrorKind, Failure};
use crate::secret::Secret;

/// A request to an address of which every part can be a secret, such as one that a server has signed.
#[derive(Clone, Debug)]
pub(crate) struct StreamRequest {
    /// The address.
    pub(crate) url: Secret,
    /// The server's name, by which errors and debug lines call it.
    pub(crate) host: String,
    /// Header fields.
    pub(crate) fields: Vec<(HeaderName, Secret)>,
}

/// The head of an answer, and its body, which is still to be read.
pub(crate) struct Download {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: BodyReader,
}

/// The framing of a body that is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// By its length, in bytes.
    Length(u64),
    /// In chunks.
    Chunks,
}

impl Client {
    /// Asks for a file. No redirect is followed, and an answer that refuses is no error here.
    ///
    /// # Errors
    ///
    /// Fails if there is no answer.
    pub(crate) fn download(&self, request: &StreamRequest) -> Result<Download, Failure> {
        let made = fields(Request::get(request.url.expose()), request).body(()).map_err(unmade)?;
        let answer = logged("GET", request, || self.agent().run(made))?;
        let (parts, body) = answer.into_parts();
        let body = response::body_of(body, &parts.headers);
        Ok(Download { status: parts.status, headers: parts.headers, body })
    }

    /// Sends a file, and reads the answer, which may take as long as a destination may check what it got. A server that
    /// answers before it has read all is heard.
    ///
    /// # Errors
    ///
    /// Fails if there is no answer, or if `file` fails: then what was sent has no end.
    pub(crate) fn upload(
        &self,
        request: &StreamRequest,
        framing: Framing,
        file: &mut dyn Read,
    ) -> Result<ApiAnswer, Failure> {
        self.wire().reset();
        let (builder, length) = match framing {
            Framing::Length(length) => {
                (Request::put(request.url.expose()).header(header::CONTENT_LENGTH, length), Some(length))
            }
            Framing::Chunks => (Request::put(request.url.expose()), None),
        };
        let mut body = UploadBody::new(Vec::new(), file, length, self.wire());
        let made = fields(builder, request).body(SendBody::from_reader(&mut body)).map_err(unmade)?;
        let timeouts = self.timeouts();
        let made = self
            .agent()
            .configure_request(made)
            .timeout_per_read(Some(timeouts.report))
            .timeout_recv_response(Some(timeouts.head(timeouts.report)))
            .build();
        let answer = logged("PUT", request, || self.agent().run(made))?;
        api::read(answer, api::MOST).map_err(|failure| at(request, failure))
    }

    /// Sends a small body, and reads an answer of at most so many bytes. No redirect is followed, and an answer that refuses is
    /// no error here.
    ///
    /// # Errors
    ///
    /// Fails if there is no answer, or a larger one.
    pub(crate) fn post(&self, request: &StreamRequest, body: &str, most: u64) -> Result<ApiAnswer, Failure> {
        let made = fields(Request::post(request.url.expose()), request).body(body).map_err(unmade)?;
        let answer = logged("POST", request, || self.agent().run(made))?;
        api::read(answer, most).map_err(|failure| at(request, failure))
    }
}

fn logged(
    method: &str,
    request: &StreamRequest,
    send: impl FnOnce() -> Result<Response<Body>, ureq::Error>,
) -> Result<Response<Body>, Failure> {
    let watch = Stopwatch::start();
    let answer = send().map_err(transport_error::failure);
    let outcome = match &answer {
        Ok(answer) => answer.status().to_string(),
        Err(failure) => format!("no answer: {failure}"),
    };
    log::debug!("{method} {}: {outcome}, {:.3} s", request.host, watch.elapsed().as_secs_f64());
    answer.map_err(|failure| at(request, failure))
}

/// Names the server that a failure is about.
fn at(request: &StreamRequest, failure: Failure) -> Failure {
    Failure { message: format!("{}: {}", request.host, failure.message), ..failure }
}

fn fields(
    mut builder: ureq::http::request::Builder,
    request: &StreamRequest,
) -> ureq::http::request::Builder {
    for (name, value) in &request.fields {
        builder = builder.header(name, value.expose());
    }
    builder
}

fn unmade(error: impl std::fmt::Display) -> Failure {
    Failure::new(ErrorKind::Protocol, format!("the request cannot be made: {error}"))
}
