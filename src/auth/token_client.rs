//! Requests of a source of tokens, to the services that it gets one by.

use super::token_source::TokenContext;
use crate::error::{ErrorKind, Failure, TokenProblem};
use crate::http::api::{ApiAnswer, ApiRequest};
use crate::http::client::Client;
use crate::http::network::{CertificateVerification, Network};

/// A client of a service that gives a token, or what one is asked for with.
pub(crate) struct TokenClient<'a> {
    client: Client,
    context: &'a TokenContext,
}

impl<'a> TokenClient<'a> {
    /// Makes a client of the server that `network` leads to. Nothing is sent yet.
    pub(crate) fn new(
        context: &'a TokenContext,
        network: &Network,
        verification: CertificateVerification,
    ) -> Self {
        let TokenContext { timeouts, cancel, begin, .. } = context;
        let client = Client::new(network, verification, timeouts, cancel);
        let renewed = if begin.is_after_a_stop() { client.renewed_after_cancel() } else { None };
        Self { client: renewed.unwrap_or(client), context }
    }

    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    ///
    /// Fails if there is no answer in time, or the run was stopped meanwhile. An answer that refuses is no error here.
    pub(crate) fn ask(&self, request: &ApiRequest) -> Result<ApiAnswer, Failure> {
        let left = self.context.begin.left(&self.context.cancel)?;
        self.client.ask_within(left, request).map_err(|failure| match failure.kind {
            // What is no HTTP, or too long, is no answer of such a service. The advice on Git's protocol would mislead.
            ErrorKind::Protocol => Failure { kind: ErrorKind::NoToken(TokenProblem::Answer), ..failure },
            _ => failure,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::auth::begin::AFTER_STOP;
    use crate::auth::testing::context;
    use crate::cancel::CancelReason;
    use crate::clock::{self, Stopwatch};
    use crate::remote::web_url::WebUrl;

    /// Answers so many requests; an empty answer is silence. Returns a request to it.
    fn service(answer: &'static [u8], times: usize) -> (ApiRequest, thread::JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let serve = move |_| {
            let (mut stream, _) = listener.accept().unwrap();
            let (mut asked, mut piece) = (Vec::new(), [0; 4096]);
            while !asked.ends_with(b"\r\n\r\n") {
                let count = stream.read(&mut piece).unwrap();
                asked.extend_from_slice(&piece[..count]);
            }
            stream.write_all(answer).unwrap();
            if answer.is_empty() {
                // However the client ends it.
                stream.read_to_end(&mut Vec::new()).ok();
            }
        };
        let thread = thread::spawn(move || (0..times).for_each(serve));
        (ApiRequest::get(&WebUrl::parse(&url).unwrap().0, "token"), thread)
    }

    fn ask(context: &TokenContext, request: &ApiRequest) -> Result<ApiAnswer, Failure> {
        TokenClient::new(context, &Network::default(), CertificateVerification::On).ask(request)
    }

    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";

    #[test]
    fn what_began_before_a_stop_asks_nobody_after_it() {
        let (request, server) = service(ANSWER, 0);
        let context = context();
        let client = TokenClient::new(&context, &Network::default(), CertificateVerification::On);
        context.cancel.now(CancelReason::Cancelled);
        for failure in [client.ask(&request), ask(&context, &request)].map(Result::unwrap_err) {
            assert_eq!((failure.kind, &*failure.message), (ErrorKind::Interrupted, "the run was stopped"));
        }
        server.join().unwrap();
    }

    #[test]
    fn what_begins_after_a_stop_is_answered() {
        let (request, server) = service(ANSWER, 2);
        let mut context = context();
        context.cancel.now(CancelReason::Cancelled);
        context.begin();
        let client = TokenClient::new(&context, &Network::default(), CertificateVerification::On);
        for _ in 0..2 {
            assert_eq!(client.ask(&request).unwrap().status.as_u16(), 200);
        }
        server.join().unwrap();
    }

    #[test]
    fn all_requests_after_a_stop_take_a_moment_together() {
        let (request, server) = service(b"", 1);
        let mut context = context();
        context.cancel.now(CancelReason::TimeLimit);
        context.begin();
        let watch = Stopwatch::start();
        assert_eq!(ask(&context, &request).unwrap_err().kind, ErrorKind::Interrupted);
        assert!(ask(&context, &request).is_err());
        assert!(watch.elapsed() < AFTER_STOP + Duration::from_millis(900), "{:?}", watch.elapsed());
        server.join().unwrap();
    }

    #[test]
    fn a_stop_ends_a_request_that_hangs() {
        let (request, server) = service(b"", 1);
        let context = context();
        let cancel = context.cancel.clone();
        let stop = thread::spawn(move || {
            clock::wait(Duration::from_millis(200));
            cancel.now(CancelReason::Cancelled);
        });
        let watch = Stopwatch::start();
        assert_eq!(ask(&context, &request).unwrap_err().kind, ErrorKind::Interrupted);
        assert!(watch.elapsed() < Duration::from_secs(2), "{:?}", watch.elapsed());
        stop.join().unwrap();
        server.join().unwrap();
    }
}
