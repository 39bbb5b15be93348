//! Pushes: commands and pack, in one piece or as they come.

use std::io::Read as _;

use ureq::http::{Method, header};
use ureq::typestate::WithBody;
use ureq::{RequestBuilder, SendBody};

use super::{HttpTransport, buffered};
use crate::auth::authenticator::NextHeader;
use crate::auth::sign_in::SignsIn as _;
use crate::error::{ErrorKind, Failure};
use crate::http::upload_body::UploadBody;
use crate::mirror::ports::OutgoingPack;
use crate::protocol::Service;
use crate::protocol::pkt_line::FLUSH;
use crate::secret::Secret;
use crate::transport::connection::{Answer, Transport as _};

/// A pack of at most this many bytes goes in one piece, with its length; some proxies refuse anything else.
const SMALL_PUSH: usize = 1 << 20;

impl HttpTransport {
    /// Sends a push: what is small in one piece, which can be sent again in another form of the sign-in.
    pub(super) fn push_pack(&mut self, commands: Vec<u8>, pack: OutgoingPack<'_>) -> Result<Answer, Failure> {
        let OutgoingPack { bytes, length } = pack;
        let length = length.map(|length| length + commands.len() as u64);
        let mut head = commands;
        let limit = head.len() + SMALL_PUSH;
        bytes.take(SMALL_PUSH as u64 + 1).read_to_end(&mut head)?;
        if head.len() <= limit {
            return self.push_in_one_piece(&head);
        }
        self.push_as_it_comes(UploadBody::new(head, bytes, length, self.client.wire()), length)
    }

    /// Asks whether a push would be let in, before a pack goes out that could not be sent twice.
    fn probe(&mut self) -> Result<(), Failure> {
        self.send_signed_in(|this, authorization| {
            let response = this.send_and_log(&Method::POST, Service::ReceivePack.name(), "a probe", || {
                this.post(Service::ReceivePack, authorization).send(FLUSH)
            });
            let response = crate::http::response::success(response, this.speaker())?;
            this.finish(&mut buffered(crate::http::response::body(response)));
            Ok(())
        })
    }

    /// Starts a push, whose answer may take long: the destination checks every object before it says a word, and
    /// has hooks also where nothing but deletions is sent.
    fn post_push(&self, authorization: Option<&Secret>) -> RequestBuilder<WithBody> {
        let timeouts = self.client.timeouts();
        let request = self.post(Service::ReceivePack, authorization).config();
        let head = timeouts.head(timeouts.report);
        request.timeout_per_read(Some(timeouts.report)).timeout_recv_response(Some(head)).build()
    }

    pub(super) fn push_in_one_piece(&mut self, body: &[u8]) -> Result<Answer, Failure> {
        let sent = format!("{} bytes", body.len());
        self.send_signed_in(|this, authorization| {
            let request = this.post_push(authorization);
            let response =
                this.send_and_log(&Method::POST, Service::ReceivePack.name(), &sent, || request.send(body));
            this.service_answer(Service::ReceivePack, response)
        })
    }

    /// Sends commands and pack as they come, with their length where it is known: some servers and proxies take no
    /// other request.
    fn push_as_it_comes(&mut self, mut body: UploadBody<'_>, length: Option<u64>) -> Result<Answer, Failure> {
        self.probe()?;
        self.client.wire().reset();
        let authorization = self.authenticator.next_authorization()?;
        let request = self.post_push(authorization.as_ref());
        let (request, told) = match length {
            Some(length) => {
                (request.header(header::CONTENT_LENGTH, length), format!("commands and pack, {length} bytes"))
            }
            None => (request, "commands and pack in chunks".to_owned()),
        };
        let send = || request.send(SendBody::from_reader(&mut body));
        let response = self.send_and_log(&Method::POST, Service::ReceivePack.name(), &told, send);
        let answer = self.service_answer(Service::ReceivePack, response);
        answer.map_err(|failure| match self.authenticator.on_refused(failure.kind) {
            NextHeader::NewToken => token_expired(failure),
            _ if length.is_none() => length_required(failure),
            _ => failure,
        })
    }
}

/// Says that a token was refused which had served: a pack that was sent cannot be sent again, but the run can begin anew.
fn token_expired(failure: Failure) -> Failure {
    let message = format!("{failure}, though the token had served; the next request gets a new one");
    Failure { kind: ErrorKind::TokenExpired, message, ..failure }
}

/// Says that a request in chunks was refused for that: RFC 9112, section 6.1, also has 501 for it.
fn length_required(failure: Failure) -> Failure {
    let kind = if failure.kind == ErrorKind::Status(501) { ErrorKind::LengthRequired } else { failure.kind };
    Failure { kind, ..failure }
}
