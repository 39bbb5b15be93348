//! Objects from and to a web server of LFS, by the links that it gave.

use std::collections::HashSet;
use std::io::Read;

use ureq::http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use ureq::http::{HeaderMap, StatusCode};

use super::batch::{MEDIA_TYPE, ObjectAnswer, Operation, verify_request};
use super::failures;
use super::fields;
use super::pointer::Pointer;
use super::route::{Credentials, Request, Route};
use super::server::{LfsServer, Link};
use super::store::{ObjectDestination, ObjectSource};
use super::transfer;
use super::verified_object::VerifiedObject;
use crate::error::{ErrorKind, Failure, LfsProblem};
use crate::http::api::ApiAnswer;
use crate::http::stream::{Download, Framing};

/// The most times that an upload is verified before it counts as failed; git-lfs's number.
const VERIFICATIONS: u32 = 3;

/// The most bytes that are read of what a server says in place of an object.
const LARGEST_REFUSAL: u64 = 1 << 16;

/// The most bytes of the answer to a verification that are read.
const LARGEST_VERIFICATION: u64 = 1 << 16;

impl ObjectSource for LfsServer {
    fn missing(&self, pointers: &[Pointer]) -> Result<Vec<Pointer>, Failure> {
        let is_missing =
            |answer: &ObjectAnswer| matches!(answer, ObjectAnswer::Refused(error) if error.is_missing());
        let there: HashSet<_> = self.ask_ahead(pointers, |answer| !is_missing(answer))?.into_iter().collect();
        Ok(pointers.iter().copied().filter(|object| !there.contains(object)).collect())
    }

    fn open(&self, pointer: Pointer) -> Result<Box<dyn Read + Send + '_>, Failure> {
        let Some(link) = self.link(pointer)? else {
            return Err(failures::of_object(pointer, Operation::Download, &ObjectAnswer::LeftOut));
        };
        let mut route = self.route(pointer, &link)?;
        loop {
            let (request, server) = self.request(&route, &[])?;
            let ((status, headers), body) = self.clients.lend(server, |client| {
                let Download { status, headers, body } = client.download(&request)?;
                Ok(((status, headers), body))
            })?;
            if let Some(next) = self.next(pointer, &route, Request::Download, status, &headers)? {
                route = next;
                continue;
            }
            if status != StatusCode::OK {
                let answer = ApiAnswer { status, headers, body: words_of(body) };
                return Err(self.refused_link(pointer, Operation::Download, &route, &answer));
            }
            self.on_taken(pointer);
            check_length(pointer, &headers)?;
            return Ok(Box::new(body));
        }
    }
}

/// Reads what a server says in place of an object.
fn words_of(body: impl Read) -> Vec<u8> {
    let mut words = Vec::new();
    // Without them the status still says what it is.
    body.take(LARGEST_REFUSAL).read_to_end(&mut words).ok();
    words
}

/// Checks the length that an object is said to have before any of it is sent on. In a coding it says nothing.
fn check_length(object: Pointer, headers: &HeaderMap) -> Result<(), Failure> {
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    match length.filter(|_| !headers.contains_key(CONTENT_ENCODING)) {
        Some(length) if length != object.size => {
            let Pointer { oid, size } = object;
            let message = format!("LFS object {oid} is {length} bytes long there, not {size}");
            Err(Failure::new(ErrorKind::Lfs(LfsProblem::WrongContent), message))
        }
        _ => Ok(()),
    }
}

impl ObjectDestination for LfsServer {
    fn lacking(&self, pointers: &[Pointer]) -> Result<Vec<Pointer>, Failure> {
        self.ask_ahead(pointers, |answer| *answer != ObjectAnswer::Kept)
    }

    fn put(&self, pointer: Pointer, object: &mut VerifiedObject<'_>) -> Result<(), Failure> {
        let Some(link) = self.link(pointer)? else { return Ok(()) };
        let route = self.route(pointer, &link)?;
        let (request, server) = self.request(&route, &[(CONTENT_TYPE, "application/octet-stream")])?;
        let framing = match route.fields.framing {
            fields::Framing::Length => Framing::Length(pointer.size),
            fields::Framing::Chunked => Framing::Chunks,
        };
        let answer = self.clients.with(server, |client| client.upload(&request, framing, object))?;
        if let Some(next) = self.next(pointer, &route, Request::Upload, answer.status, &answer.headers)? {
            self.follow(pointer, link, next);
            let message =
                format!("the upload of LFS object {} is redirected, and begins again there", pointer.oid);
            return Err(Failure::new(ErrorKind::Interrupted, message));
        }
        if !answer.status.is_success() {
            return Err(self.refused_link(pointer, Operation::Upload, &route, &answer));
        }
        self.on_taken(pointer);
        self.verify(pointer, &link)
    }
}

impl LfsServer {
    /// Returns where a redirect leads, if the answer is one.
    fn next(
        &self,
        object: Pointer,
        route: &Route,
        request: Request,
        status: StatusCode,
        headers: &HeaderMap,
    ) -> Result<Option<Route>, Failure> {
        let status = status.as_u16();
        if !matches!(status, 301..=303 | 307 | 308) {
            return Ok(None);
        }
        let location = headers.get(LOCATION).and_then(|location| location.to_str().ok()).unwrap_or_default();
        let next = route.redirected(request, status, location, &self.repository);
        next.map(Some).map_err(|error| failures::of_route(object, error))
    }

    /// Says that a link was refused. One whose time may be over is asked for again at the next try.
    fn refused_link(
        &self,
        object: Pointer,
        operation: Operation,
        route: &Route,
        answer: &ApiAnswer,
    ) -> Failure {
        let failure = failures::of_transfer(object, operation, route, answer);
        if !matches!(failure.kind, ErrorKind::Unauthorized | ErrorKind::Forbidden) {
            return failure;
        }
        let kind = match route.credentials {
            Credentials::OfSide => failure.kind,
            // What signs in was the server's own.
            Credentials::None => ErrorKind::Lfs(LfsProblem::Answer),
        };
        self.renew(object, Failure { kind, ..failure })
    }

    /// Tells the server that an object is there, where it asks for that; again after a wait where it does not take it.
    fn verify(&self, object: Pointer, link: &Link) -> Result<(), Failure> {
        let Some(route) = self.verification(object, link)? else { return Ok(()) };
        let (request, server) = self.request(&route, &[(ACCEPT, MEDIA_TYPE), (CONTENT_TYPE, MEDIA_TYPE)])?;
        let body = verify_request(&object);
        let mut tries = 0;
        loop {
            tries += 1;
            let answer =
                self.clients.with(server, |client| client.post(&request, &body, LARGEST_VERIFICATION));
            let failure = match answer {
                Ok(answer) if answer.status.is_success() => return Ok(()),
                Ok(answer) => failures::of_transfer(object, Operation::Upload, &route, &answer),
                Err(failure) => failure,
            };
            let wait = transfer::pause_after(failure.kind, tries).filter(|_| tries < VERIFICATIONS);
            let Some(wait) = wait else { return Err(self.not_verified(object, failure)) };
            log::debug!("{failure}; verifying again in {} ms", wait.as_millis());
            if self.clients.cancel.wait(wait).is_some() {
                return Err(failure);
            }
        }
    }

    /// Says that an upload was not verified in the end. The object is not sent again for that: each upload would be verified
    /// as often.
    fn not_verified(&self, object: Pointer, failure: Failure) -> Failure {
        if !transfer::can_pass(failure.kind) || self.clients.cancel.reason().is_some() {
            return failure;
        }
        let message =
            format!("the upload of LFS object {} was not confirmed: {}", object.oid, failure.message);
        Failure::new(ErrorKind::Lfs(LfsProblem::Refused), message).with_remote(failure.remote)
    }
}

#[cfg(test)]
mod tests;
