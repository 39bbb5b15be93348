//! Objects from and to a web server of LFS, by the links that it gave.

use std::io::Read;

use ureq::http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, LOCATION};

use super::batch::{MEDIA_TYPE, ObjectAnswer, Operation, verify_request};
use super::failures;
use super::fields;
use super::pointer::Pointer;
use super::route::{Request, Route};
use super::server::{LfsServer, Link};
use super::store::{ObjectDestination, ObjectSource};
use super::verified_object::VerifiedObject;
use crate::error::{ErrorKind, Failure, LfsProblem};
use crate::http::api::ApiAnswer;
use crate::http::stream::{Download, Framing};

/// The most times that an upload is verified before it counts as failed; git-lfs's number.
const VERIFICATIONS: u32 = 3;

/// The most bytes of the answer to a verification that are read.
const LARGEST_VERIFICATION: u64 = 1 << 16;

impl ObjectSource for LfsServer {
    fn missing(&self, pointers: &[Pointer]) -> Result<Vec<Pointer>, Failure> {
        let is_missing =
            |answer: &ObjectAnswer| matches!(answer, ObjectAnswer::Refused(error) if error.is_missing());
        let said = self.ask(pointers)?;
        Ok(said.into_iter().filter(|(_, answer)| is_missing(answer)).map(|(object, _)| object).collect())
    }

    fn open(&self, pointer: Pointer) -> Result<Box<dyn Read + Send + '_>, Failure> {
        let link = self.link(pointer)?;
        let mut route = self.route(pointer, &link)?;
        loop {
            let (request, server) = self.request(&route, &[])?;
            let client = self.clients.take(server);
            let Download { status, headers, body } = client.download(&request)?;
            // The client goes: its one connection is the body's until that is read.
            drop(client);
            if let Some(next) =
                self.next(pointer, &route, Request::Download, status.as_u16(), headers.get(LOCATION))?
            {
                route = next;
                continue;
            }
            if status != 200 {
                let answer = ApiAnswer { status, headers, body: Vec::new() };
                return Err(self.refused_link(pointer, Operation::Download, &answer));
            }
            let length =
                headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
            if length.is_some_and(|length| length != pointer.size) {
                let message = format!(
                    "LFS object {} is {} bytes long there, not {}",
                    pointer.oid,
                    length.unwrap_or(0),
                    pointer.size
                );
                return Err(Failure::new(ErrorKind::Lfs(LfsProblem::WrongContent), message));
            }
            return Ok(body);
        }
    }
}

impl ObjectDestination for LfsServer {
    fn lacking(&self, pointers: &[Pointer]) -> Result<Vec<Pointer>, Failure> {
        let said = self.ask(pointers)?;
        Ok(said
            .into_iter()
            .filter(|(_, answer)| *answer != ObjectAnswer::Kept)
            .map(|(object, _)| object)
            .collect())
    }

    fn put(&self, pointer: Pointer, object: &mut VerifiedObject<'_>) -> Result<(), Failure> {
        let link = self.link(pointer)?;
        let route = self.route(pointer, &link)?;
        let (request, server) = self.request(&route, &[(CONTENT_TYPE, "application/octet-stream")])?;
        let framing = match route.fields.framing {
            fields::Framing::Length => Framing::Length(pointer.size),
            fields::Framing::Chunked => Framing::Chunks,
        };
        let answer = self.clients.with(server, |client| client.upload(&request, framing, object))?;
        if let Some(next) =
            self.next(pointer, &route, Request::Upload, answer.status.as_u16(), answer.headers.get(LOCATION))?
        {
            self.follow(pointer, next);
            let message =
                format!("the upload of LFS object {} is redirected, and begins again there", pointer.oid);
            return Err(Failure::new(ErrorKind::Interrupted, message));
        }
        if !answer.status.is_success() {
            return Err(self.refused_link(pointer, Operation::Upload, &answer));
        }
        self.verify(pointer, &link)?;
        self.forget(pointer);
        Ok(())
    }
}

impl LfsServer {
    /// Returns where a redirect leads, if the answer is one.
    fn next(
        &self,
        object: Pointer,
        route: &Route,
        request: Request,
        status: u16,
        location: Option<&ureq::http::HeaderValue>,
    ) -> Result<Option<Route>, Failure> {
        if !matches!(status, 301..=303 | 307 | 308) {
            return Ok(None);
        }
        let location = location.and_then(|location| location.to_str().ok()).unwrap_or_default();
        let next = route.redirected(request, status, location, &self.repository);
        next.map(Some).map_err(|error| failures::of_route(object, &error))
    }

    /// Says that a link was refused. One whose time may be over is asked for again at the next try.
    fn refused_link(&self, object: Pointer, operation: Operation, answer: &ApiAnswer) -> Failure {
        let failure = failures::of_transfer(object, operation, answer);
        match answer.status.as_u16() {
            401 | 403 => self.discard(object, failure),
            _ => failure,
        }
    }

    /// Tells the server that an object is there, where it asks for that.
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
                Ok(answer) => failures::of_transfer(object, Operation::Upload, &answer),
                Err(failure) => failure,
            };
            if tries == VERIFICATIONS {
                return Err(failure);
            }
            log::debug!("{failure}; verifying again");
        }
    }
}
