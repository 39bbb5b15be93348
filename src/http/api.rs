//! Requests to interfaces that answer in JSON: bounded in bytes and in time, and without redirects.

use std::fmt;
use std::io::Read;
use std::time::{Duration, SystemTime};

use serde::de::DeserializeOwned;
use serde_json::Value;
use ureq::Body;
use ureq::http::{HeaderMap, HeaderName, Method, Request, Response, StatusCode, header};

use super::client::Client;
use super::page::{self, Markup};
use super::{response, retry_after, status, transport_error};
use crate::clock::Stopwatch;
use crate::error::{ErrorKind, Failure};
use crate::remote::web_url::WebUrl;
use crate::secret::Secret;
use crate::text;

/// The most bytes of an answer that are read, unless the request says another number.
pub(super) const MOST: u64 = 1 << 20;

/// The longest words of a refusal that are shown, in characters.
const LONGEST_WORDS: usize = 1000;

/// The most things that are wrong with a request, of which the words are shown.
const MOST_ERRORS: usize = 10;

/// A request to an interface.
#[derive(Clone, Debug)]
pub(crate) struct ApiRequest {
    /// The method.
    pub(crate) method: Method,
    /// The address of the interface, which errors name.
    pub(crate) base: WebUrl,
    /// The path below it, with the query, percent-encoded. The query may hold a secret.
    pub(crate) below: String,
    /// The secrecy of that path.
    pub(crate) path: PathSecrecy,
    /// Header fields beside the body's own. JSON is asked for unless `Accept` is one of them.
    pub(crate) fields: Vec<(HeaderName, Secret)>,
    /// The body.
    pub(crate) body: ApiBody,
    /// The most bytes of the answer that are read.
    pub(crate) most: u64,
}

/// The secrecy of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PathSecrecy {
    /// Everybody may read it.
    Public,
    /// Whoever knows it may use it: it is never shown.
    Secret,
}

/// The body of a request.
#[derive(Clone, Debug)]
pub(crate) enum ApiBody {
    /// None.
    Empty,
    /// JSON.
    Json(Secret),
    /// A form, `application/x-www-form-urlencoded`.
    Form(Secret),
}

/// An answer, whatever its status.
pub(crate) struct ApiAnswer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// The body, no larger than the request allows for.
    pub(crate) body: Vec<u8>,
}

impl ApiRequest {
    /// Makes a request without a body.
    pub(crate) fn get(base: &WebUrl, below: impl Into<String>) -> Self {
        let (base, below) = (base.clone(), below.into());
        let (method, path, body) = (Method::GET, PathSecrecy::Public, ApiBody::Empty);
        Self { method, base, below, path, fields: Vec::new(), body, most: MOST }
    }

    /// Makes a request with a body.
    pub(crate) fn post(base: &WebUrl, below: impl Into<String>, body: ApiBody) -> Self {
        Self { method: Method::POST, body, ..Self::get(base, below) }
    }

    /// Adds a header field.
    pub(crate) fn with(mut self, name: HeaderName, value: Secret) -> Self {
        self.fields.push((name, value));
        self
    }

    /// Tells the debug lines what came of it.
    fn tell(&self, watch: &Stopwatch, answered: Result<StatusCode, &Failure>) {
        let outcome = match answered {
            Ok(status) => status.to_string(),
            Err(failure) => format!("no answer: {failure}"),
        };
        let time = watch.elapsed().as_secs_f64();
        log::debug!("{} {}: {outcome}, {time:.3} s", self.method, self.shown());
    }

    /// Returns its address as it may be shown.
    fn shown(&self) -> String {
        match (self.path, self.below.split('?').next().unwrap_or_default()) {
            (PathSecrecy::Public, path) => format!("{}/{path}", self.base),
            (PathSecrecy::Secret, _) => format!("{}/***", self.base),
        }
    }
}

impl Client {
    /// Sends a request and reads the whole answer. No redirect is followed: what a request carries is for the server that
    /// was asked.
    ///
    /// # Errors
    ///
    /// Fails if there is no answer, if it does not come to its end in time, or if it is larger than the request allows for. An
    /// answer that refuses is no error here.
    pub(crate) fn ask(&self, request: &ApiRequest) -> Result<ApiAnswer, Failure> {
        self.ask_within(Duration::MAX, request)
    }

    /// Sends a request that is worth no longer time than this.
    ///
    /// # Errors
    ///
    /// Those of [`ask`](Self::ask).
    pub(crate) fn ask_within(&self, longest: Duration, request: &ApiRequest) -> Result<ApiAnswer, Failure> {
        let watch = Stopwatch::start();
        let answer = self.send(longest, request).and_then(|answer| read(answer, request.most));
        request.tell(&watch, answer.as_ref().map(|answer| answer.status));
        answer.map_err(|failure| Failure {
            message: format!("{}: {}", request.base.host(), failure.message),
            ..failure
        })
    }

    /// Sends a request of which only the status of the answer counts: its body is not read.
    ///
    /// # Errors
    ///
    /// Fails if there is no answer in time. The message does not name the server.
    pub(crate) fn status_within(
        &self,
        longest: Duration,
        request: &ApiRequest,
    ) -> Result<StatusCode, Failure> {
        let watch = Stopwatch::start();
        let status = self.send(longest, request).map(|answer| answer.status());
        request.tell(&watch, status.as_ref().copied());
        status
    }

    fn send(&self, longest: Duration, request: &ApiRequest) -> Result<Response<Body>, Failure> {
        let timeouts = self.timeouts();
        let (content_type, body) = match &request.body {
            ApiBody::Empty => (None, ""),
            ApiBody::Json(body) => (Some("application/json"), body.expose()),
            ApiBody::Form(body) => (Some("application/x-www-form-urlencoded"), body.expose()),
        };
        let mut builder =
            Request::builder().method(request.method.clone()).uri(request.base.service_url(&request.below));
        if request.fields.iter().all(|(name, _)| name != header::ACCEPT) {
            builder = builder.header(header::ACCEPT, "application/json");
        }
        if let Some(content_type) = content_type {
            builder = builder.header(header::CONTENT_TYPE, content_type);
        }
        for (name, value) in &request.fields {
            builder = builder.header(name, value.expose());
        }
        let whole = (timeouts.connect + timeouts.stall).min(longest);
        let sent = match request.body {
            ApiBody::Empty if request.method == Method::GET => builder.body(()).map(|request| {
                self.agent().run(self.agent().configure_request(request).timeout_global(Some(whole)).build())
            }),
            _ => builder.body(body).map(|request| {
                self.agent().run(self.agent().configure_request(request).timeout_global(Some(whole)).build())
            }),
        };
        let sent = sent.map_err(|error| {
            Failure::new(ErrorKind::Protocol, format!("the request cannot be made: {error}"))
        })?;
        sent.map_err(transport_error::failure)
    }
}

/// Reads an answer of at most so many bytes.
pub(super) fn read(answer: Response<Body>, most: u64) -> Result<ApiAnswer, Failure> {
    let (parts, body) = answer.into_parts();
    let mut bytes = Vec::new();
    response::body_of(body, &parts.headers).take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let most = if most < 1 << 20 { format!("{} KiB", most >> 10) } else { format!("{} MiB", most >> 20) };
        let message = format!("its answer is larger than {most}");
        return Err(Failure::new(ErrorKind::Protocol, message));
    }
    Ok(ApiAnswer { status: parts.status, headers: parts.headers, body: bytes })
}

impl ApiAnswer {
    /// Returns the body of a success as this type.
    pub(crate) fn success<T: DeserializeOwned>(&self) -> Option<T> {
        self.status.is_success().then(|| serde_json::from_slice(&self.body).ok()).flatten()
    }

    /// Returns the body as this type, whatever the status.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }

    /// Returns the words of a refusal that a person would read: those of its JSON, or the title of a page, as a proxy on
    /// the way answers with. A success has none, and no other text is shown: it could be the secret that was asked for.
    pub(crate) fn words(&self) -> Option<String> {
        self.message().or_else(|| {
            let is_page = !self.status.is_success() && response::markup(&self.headers) == Markup::Html;
            let title = || page::words(self.body.as_slice(), Markup::Html, self.status, |text, _| text);
            is_page.then(title).flatten()
        })
    }

    /// Returns the words in the JSON of a refusal, without the ids after those of Microsoft Entra, which only Microsoft can
    /// look up.
    pub(crate) fn message(&self) -> Option<String> {
        let body: Value = if self.status.is_success() { None } else { self.json() }?;
        let said = said(&body)?;
        let said = text::of_bytes(said.trim_start().as_bytes());
        let end = ["\r", "\n", " Trace ID:"].iter().filter_map(|mark| said.find(mark)).min();
        let words = end.and_then(|end| said.get(..end)).unwrap_or(&said);
        Some(text::cut(words.trim(), LONGEST_WORDS).into_owned())
    }

    /// Returns the kind of a refusal by its status alone.
    pub(crate) fn kind(&self) -> ErrorKind {
        status::kind(self.status, &self.headers)
    }

    /// Returns the kind of an answer that says nothing of what was asked for: the server is busy, or a proxy answers.
    pub(crate) fn kind_of_the_moment(&self) -> Option<ErrorKind> {
        let kind = self.kind();
        matches!(kind, ErrorKind::Unavailable { .. } | ErrorKind::RequestTimeout | ErrorKind::Proxy(_))
            .then_some(kind)
    }

    /// Returns the time of the server's clock when it answered.
    pub(crate) fn date(&self) -> Option<SystemTime> {
        retry_after::date(&self.headers)
    }

    /// Says in the words of `server` that it did not give what was `wanted`.
    pub(crate) fn refusal(&self, kind: ErrorKind, server: &str, wanted: &str) -> Failure {
        let named = status::named(self.status);
        let message = match self.status {
            status if status.is_success() => format!("{server} answered {named}, without {wanted}"),
            status if status.is_redirection() => {
                format!("{server} answered {named}, a redirect, which is not followed")
            }
            _ => format!("{server} answered {named}"),
        };
        Failure::new(kind, message).with_remote(self.words())
    }
}

/// Shows no body: that of a success may be a secret.
impl fmt::Debug for ApiAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiAnswer").field("status", &self.status).finish_non_exhaustive()
    }
}

/// Finds the words in the body of an error: of OAuth (RFC 6749, section 5.2), or with a `message`, as those of GitHub, Azure
/// DevOps and App Service. What GitHub and Bitbucket say of each thing that is wrong follows.
fn said(body: &Value) -> Option<String> {
    let of_error = body.get("error").map(|error| error.get("message").unwrap_or(error));
    let first = [body.get("error_description"), body.get("message"), of_error]
        .into_iter()
        .flatten()
        .filter_map(|said| said.as_str().map(str::to_owned).or_else(|| of_fields(said)))
        .find(|said| !said.trim().is_empty());
    let each = body.get("errors").and_then(Value::as_array).into_iter().flatten();
    let each = each.filter_map(|error| error.get("message").unwrap_or(error).as_str());
    let all: Vec<_> = first.as_deref().into_iter().chain(each.take(MOST_ERRORS)).collect();
    (!all.is_empty()).then(|| all.join(" "))
}

/// Returns what GitLab says of each field of a request: a list of words.
fn of_fields(said: &Value) -> Option<String> {
    let of_field = |(name, words): (&String, &Value)| {
        let words = words.as_array()?.iter().filter_map(Value::as_str).take(MOST_ERRORS);
        Some(format!("{name} {}", words.collect::<Vec<_>>().join(", ")))
    };
    let said: Vec<_> = said.as_object()?.iter().take(MOST_ERRORS).filter_map(of_field).collect();
    (!said.is_empty()).then(|| said.join("; "))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::net::TcpListener;
    use std::thread;

    use serde_json::Value;

    use super::*;
    use crate::cancel::CancelToken;
    use crate::http::network::{CertificateVerification, Network};
    use crate::http::timeouts::Timeouts;

    /// Asks a server that answers so, and returns what it was asked for, and what came of it.
    fn asked(
        request: impl Fn(&WebUrl) -> ApiRequest,
        answer: Vec<u8>,
    ) -> (String, Result<ApiAnswer, Failure>) {
        asked_by(Client::ask, request, answer)
    }

    fn asked_by<T>(
        ask: impl Fn(&Client, &ApiRequest) -> Result<T, Failure>,
        request: impl Fn(&WebUrl) -> ApiRequest,
        answer: Vec<u8>,
    ) -> (String, Result<T, Failure>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/api", listener.local_addr().unwrap());
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let (mut asked, mut piece) = (Vec::new(), [0; 4096]);
            let end = |asked: &[u8]| if asked.starts_with(b"GET") { "\r\n\r\n" } else { "}" };
            while !asked.ends_with(end(&asked).as_bytes()) {
                let count = stream.read(&mut piece).unwrap();
                asked.extend_from_slice(&piece[..count]);
            }
            // The client may be gone before it has taken all.
            stream.write_all(&answer).ok();
            String::from_utf8(asked).unwrap()
        });
        let moment = Duration::from_secs(2);
        let timeouts = Timeouts { connect: moment, stall: moment, report: moment };
        let client =
            Client::new(&Network::default(), CertificateVerification::On, &timeouts, &CancelToken::default());
        let answer = ask(&client, &request(&WebUrl::parse(&url).unwrap().0));
        (server.join().unwrap(), answer)
    }

    fn answer(head: &str, body: &[u8]) -> Vec<u8> {
        let head = format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
        [head.as_bytes(), body].concat()
    }

    #[test]
    fn a_request_carries_its_fields_and_body() {
        let request = |base: &WebUrl| {
            ApiRequest::post(base, "token?version=1", ApiBody::Json(Secret::new("{\"a\":1}")))
                .with(header::AUTHORIZATION, Secret::new("Bearer hunter22"))
        };
        let (asked, answer) = asked(request, answer("200 OK", b"{\"b\":[2]}"));
        let asked = asked.to_lowercase();
        assert!(asked.starts_with("post /api/token?version=1 http/1.1\r\n"), "{asked}");
        for part in ["authorization: bearer hunter22", "content-type: application/json", "{\"a\":1}"] {
            assert!(asked.contains(part), "{asked}");
        }
        let answer: Value = answer.unwrap().success().unwrap();
        assert_eq!(answer["b"][0], 2);
    }

    #[test]
    fn json_is_asked_for_unless_another_type_is_wanted() {
        let accepted = |request: fn(&WebUrl) -> ApiRequest| {
            let (asked, _) = asked(request, answer("200 OK", b"{}"));
            let lines = asked.lines().filter_map(|line| line.split_once(": "));
            let accepted = lines.filter(|(name, _)| name.eq_ignore_ascii_case("accept"));
            accepted.map(|(_, value)| value.to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(accepted(|base| ApiRequest::get(base, "user")), ["application/json"]);
        let other = |base: &WebUrl| {
            ApiRequest::get(base, "file").with(header::ACCEPT, Secret::new("application/octet-stream"))
        };
        assert_eq!(accepted(other), ["application/octet-stream"]);
    }

    fn of_type(status: u16, content_type: &'static str, body: &str) -> ApiAnswer {
        let headers = [(header::CONTENT_TYPE, content_type.parse().unwrap())].into_iter().collect();
        ApiAnswer { status: StatusCode::from_u16(status).unwrap(), headers, body: body.into() }
    }

    #[test]
    fn the_words_of_a_refusal_are_its_message_or_its_title() {
        let words = |content_type, body: &str| of_type(403, content_type, body).words();
        for (body, expected) in [
            (r#"{"message":"no","x":1}"#, "no"),
            (r#"{"error":"invalid_request","error_description":"not found"}"#, "not found"),
            (r#"{"statusCode":400,"message":"No Managed Identity found"}"#, "No Managed Identity found"),
            (r#"{"error":{"code":"invalid","message":"no such identity"}}"#, "no such identity"),
            (r#"{"error":"unauthorized_client","error_description":" "}"#, "unauthorized_client"),
            (
                r#"{"message":"Repository creation failed.","errors":[{"field":"name","message":"name already exists"}]}"#,
                "Repository creation failed. name already exists",
            ),
            (r#"{"errors":[{"context":null,"message":"The project is gone."}]}"#, "The project is gone."),
            (r#"{"message":"no","errors":["why",7,{"a":"b"}]}"#, "no why"),
            (
                r#"{"message":{"name":["has already been taken"],"path":["is odd","is old"],"x":7}}"#,
                "name has already been taken; path is odd, is old",
            ),
        ] {
            assert_eq!(words("application/json", body).as_deref(), Some(expected), "{body}");
        }
        assert_eq!(words("text/html", "<title>Sign in</title>hunter22").as_deref(), Some("Sign in"));
    }

    #[test]
    fn a_success_and_a_text_of_another_shape_have_no_words() {
        let page = "<title>hunter22</title>";
        for body in
            ["hunter22", r#"{"token":"hunter22"}"#, r#"{"message":"hunter22"#, r#"{"message":7}"#, "[7]"]
        {
            for content_type in ["text/plain", "application/json", "text/html"] {
                assert_eq!(of_type(403, content_type, body).words(), None, "{content_type} {body}");
            }
        }
        for status in [200, 201, 203, 204] {
            for body in [page, r#"{"message":"hunter22"}"#, r#"{"error_description":"hunter22"}"#] {
                for content_type in ["text/plain", "application/json", "text/html"] {
                    let answer = of_type(status, content_type, body);
                    let failure = answer.refusal(ErrorKind::Protocol, "it", "a token");
                    assert!(!format!("{answer:?} {failure:?}").contains("hunter"), "{failure:?}");
                }
            }
        }
    }

    #[test]
    fn a_redirect_is_an_answer_and_not_followed() {
        let head = "302 Found\r\nLocation: http://127.0.0.1:1/";
        let (_, answer) = asked(|base| ApiRequest::get(base, "user"), answer(head, b""));
        let answer = answer.unwrap();
        assert_eq!((answer.status.as_u16(), answer.kind()), (302, ErrorKind::Redirect));
        assert!(answer.success::<Value>().is_none());
    }

    #[test]
    fn an_answer_larger_than_a_mebibyte_is_refused() {
        let (_, answer) = asked(|base| ApiRequest::get(base, "user"), answer("200 OK", &vec![b' '; 2 << 20]));
        let failure = answer.unwrap_err();
        assert!(failure.message.contains("larger than 1 MiB"), "{failure}");
        assert!(failure.message.starts_with("127.0.0.1: "), "{failure}");
    }

    #[test]
    fn a_request_can_allow_for_a_larger_answer() {
        let large = |base: &WebUrl| ApiRequest { most: 3 << 20, ..ApiRequest::get(base, "repos") };
        let (_, taken) = asked(large, answer("200 OK", &vec![b' '; 3 << 20]));
        assert_eq!(taken.unwrap().body.len(), 3 << 20);
        let (_, refused) = asked(large, answer("200 OK", &vec![b' '; 4 << 20]));
        assert!(refused.unwrap_err().message.contains("larger than 3 MiB"));
    }

    #[test]
    fn of_a_large_or_broken_answer_the_status_is_read() {
        let status = |client: &Client, request: &ApiRequest| client.status_within(Duration::MAX, request);
        let large = answer("200 OK", &vec![b' '; 4 << 20]);
        let broken = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\n{".to_vec();
        for answer in [large, broken] {
            let (_, status) = asked_by(status, |base| ApiRequest::get(base, "ping"), answer);
            assert_eq!(status.unwrap(), StatusCode::OK);
        }
        let (_, status) = asked_by(status, |base| ApiRequest::get(base, "ping"), b"hello\r\n\r\n".to_vec());
        let failure = status.unwrap_err();
        assert!(!failure.message.contains("127.0.0.1"), "{failure}");
    }

    #[test]
    fn a_secret_path_is_not_shown() {
        let base = WebUrl::parse("https://hc.example").unwrap().0;
        let public = ApiRequest::get(&base, "ping/abc?key=x");
        assert_eq!(public.shown(), "https://hc.example/ping/abc");
        let secret = ApiRequest { path: PathSecrecy::Secret, ..public };
        assert_eq!(secret.shown(), "https://hc.example/***");
    }

    #[test]
    fn an_answer_that_drips_is_told_as_one_without_an_end() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (url, _) = WebUrl::parse(&format!("http://{}/api", listener.local_addr().unwrap())).unwrap();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut sent = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
            while sent.is_ok() {
                crate::clock::wait(Duration::from_millis(50));
                sent = stream.write_all(b" ");
            }
        });
        let moment = Duration::from_secs(1);
        let timeouts = Timeouts { connect: moment, stall: moment, report: moment };
        let client =
            Client::new(&Network::default(), CertificateVerification::On, &timeouts, &CancelToken::default());
        let failure = client.ask(&ApiRequest::get(&url, "user")).unwrap_err();
        assert_eq!(failure.kind, ErrorKind::Interrupted);
        assert!(failure.message.contains("did not come to its end"), "{failure}");
        server.join().unwrap();
    }

    #[test]
    fn an_answer_that_never_ends_is_given_up() {
        let unfinished = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{".to_vec();
        let (_, answer) = asked(|base| ApiRequest::get(base, "user"), unfinished);
        assert_eq!(answer.unwrap_err().kind, ErrorKind::Interrupted);
    }
}
