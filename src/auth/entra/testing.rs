//! A token service for tests, which answers what it is told to and keeps what it was asked.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use ureq::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::auth::testing::{Told, context};
use crate::auth::token_source::{Token, TokenContext};
use crate::clock;
use crate::http::api::ApiAnswer;
use crate::http::timeouts::Timeouts;
use crate::remote::web_url::WebUrl;

/// A service that gives each of its answers once, and ends.
pub(super) struct Service {
    pub(super) url: WebUrl,
    thread: JoinHandle<Vec<Asked>>,
}

/// A request.
#[derive(Debug)]
pub(super) struct Asked {
    /// The first line, and the header in lower case.
    pub(super) head: String,
    pub(super) body: String,
}

impl Service {
    pub(super) fn answering(answers: Vec<Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = WebUrl::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap().0;
        let serve = move |answer: Vec<u8>| {
            let (mut stream, _) = listener.accept().unwrap();
            let asked = Asked::read(&mut stream);
            // The client may be gone before it has taken all.
            stream.write_all(&answer).ok();
            asked
        };
        Self { url, thread: thread::spawn(move || answers.into_iter().map(serve).collect()) }
    }

    /// Begins an answer, and then says no more until the client is gone.
    pub(super) fn hanging(begun: Vec<u8>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = WebUrl::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap().0;
        let thread = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let asked = Asked::read(&mut stream);
            stream.write_all(&begun).unwrap();
            // However the client ends it.
            stream.read_to_end(&mut Vec::new()).ok();
            vec![asked]
        });
        Self { url, thread }
    }

    /// Sends a byte now and then, until the client is gone.
    pub(super) fn dripping(answer: Vec<u8>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = WebUrl::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap().0;
        let thread = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let asked = Asked::read(&mut stream);
            for byte in answer {
                if stream.write_all(&[byte]).is_err() {
                    break;
                }
                clock::wait(Duration::from_millis(50));
            }
            vec![asked]
        });
        Self { url, thread }
    }

    /// Returns what it was asked, all answers given.
    pub(super) fn asked(self) -> Vec<Asked> {
        self.thread.join().unwrap()
    }
}

impl Asked {
    fn read(stream: &mut TcpStream) -> Self {
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let (mut read, mut byte) = (Vec::new(), [0]);
        while !read.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte).unwrap();
            read.push(byte[0]);
        }
        let head = String::from_utf8(read).unwrap();
        let head = match head.split_once("\r\n") {
            Some((line, fields)) => format!("{line}\n{}", fields.to_lowercase()),
            None => head,
        };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.trim().parse().unwrap())];
        stream.read_exact(&mut body).unwrap();
        Self { head, body: String::from_utf8(body).unwrap() }
    }

    /// Returns a field of the form.
    pub(super) fn field(&self, name: &str) -> Option<String> {
        let mut fields = url::form_urlencoded::parse(self.body.as_bytes());
        fields.find(|(field, _)| field == name).map(|(_, value)| value.into_owned())
    }
}

/// Returns an answer as it stands on the wire. `head` begins with the status.
pub(super) fn wire(head: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}").into_bytes()
}

/// Returns an answer with an access token.
pub(super) fn issued(token: &str, seconds: u64) -> Vec<u8> {
    let body = format!(r#"{{"token_type":"Bearer","expires_in":{seconds},"access_token":"{token}"}}"#);
    wire("200 OK", &body)
}

/// Returns a refusal of Entra.
pub(super) fn refused(code: u64) -> Vec<u8> {
    let date = "Date: Sun, 06 Nov 1994 08:49:37 GMT";
    let body = format!(
        r#"{{"error":"invalid_client","error_description":"AADSTS{code}: No.","error_codes":[{code}]}}"#
    );
    wire(&format!("401 Unauthorized\r\n{date}"), &body)
}

/// Returns an answer that was read.
pub(super) fn answer(status: u16, fields: &[(&'static str, &'static str)], body: &[u8]) -> ApiAnswer {
    let field = |(name, value): &(&'static str, &'static str)| {
        (HeaderName::from_static(name), HeaderValue::from_static(value))
    };
    let headers: HeaderMap = fields.iter().map(field).collect();
    ApiAnswer { status: StatusCode::from_u16(status).unwrap(), headers, body: body.to_vec() }
}

/// Returns a context whose servers may be silent for so long, and who is told of each secret.
pub(super) fn told(moment: Duration) -> (TokenContext, Arc<Told>) {
    let told = Arc::new(Told::default());
    let timeouts = Timeouts { connect: moment, stall: moment, report: moment };
    (TokenContext { masker: told.clone(), timeouts, ..context() }, told)
}

/// Returns the header that a token makes, and its life in seconds.
pub(super) fn shown(token: &Token) -> (String, u64) {
    let [header] = &token.credentials.authorizations(crate::hosts::Host::AzureRepos.schemes())[..] else {
        panic!("one form")
    };
    (header.expose().to_owned(), token.lifetime.unwrap().as_secs())
}
