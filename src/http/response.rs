//! Reads an HTTP answer: the request was served, or it was not, and why. Pure but for reading the body.

use std::fmt;
use std::io::Read;

use ureq::Body;
use ureq::http::response::Parts;
use ureq::http::{HeaderMap, Response, StatusCode, header};

use super::network::Proxy;
use super::page::{Markup, Unwrap};
use super::proxy_connection::proxys_words;
use super::{content_coding, page, status, transport_error};
use crate::error::{ErrorKind, Failure};

pub(crate) type Answered = Result<Response<Body>, ureq::Error>;
pub(crate) type BodyReader = Box<dyn Read + Send>;

/// The speaker of an answer: the server, or a proxy that read the request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Speaker<'a> {
    /// The proxy that read the request, if one did.
    pub(crate) proxy: Option<&'a Proxy>,
    /// Reader of the service's own texts.
    pub(crate) unwrap: Unwrap,
}

impl fmt::Display for Speaker<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.proxy {
            None => f.write_str("the server"),
            Some(proxy) => write!(f, "the server, or {proxy} before it,"),
        }
    }
}

/// Returns where a redirect leads, if the answer is one.
pub(crate) fn redirect_target(response: &Response<Body>) -> Option<String> {
    let target = response.headers().get(header::LOCATION)?.to_str().ok()?;
    response.status().is_redirection().then(|| target.to_owned())
}

/// Returns the answer if its status says that the request was served.
pub(crate) fn success(response: Answered, by: Speaker<'_>) -> Result<Response<Body>, Failure> {
    let response = response.map_err(transport_error::failure)?;
    let code = response.status();
    // Azure Repos answers 203 with its sign-in page.
    if code.is_success() && code != StatusCode::NON_AUTHORITATIVE_INFORMATION {
        return Ok(response);
    }
    let mut message = format!("{by} answered {}", status::named(code));
    if redirect_target(&response).is_some() {
        message.push_str(", a redirect that cannot be followed here");
    }
    let challenges = status::challenges(code, response.headers());
    if !challenges.has_supported() {
        message = format!("{message}, and asks for {}", challenges.names());
    }
    let (parts, body) = response.into_parts();
    let kind = kind(code, &parts.headers, by);
    let words = page::words(body_of(body, &parts.headers), markup(&parts.headers), code, by.unwrap);
    let remote = words.or_else(|| by.proxy.and_then(|_| proxys_words(&parts.headers)));
    Err(Failure::new(kind, message).with_remote(remote))
}

/// Returns the kind of a refusal; the proxy's, where it says that it is its own.
fn kind(code: StatusCode, headers: &HeaderMap, by: Speaker<'_>) -> ErrorKind {
    let is_proxys = by.proxy.is_some() && proxys_words(headers).is_some();
    if is_proxys { status::fault_of_proxy(code, headers) } else { status::kind(code, headers) }
}

/// Says that an answer of success, of which `body` is left, is not of the content type that was asked for.
pub(crate) fn unexpected(parts: &Parts, expected: &str, body: impl Read, by: Speaker<'_>) -> Failure {
    let shown = match content_type(&parts.headers) {
        "" => "no content type".to_owned(),
        other => format!("'{other}'"),
    };
    let message =
        format!("{by} answered {} with {shown} instead of '{expected}'", status::named(parts.status));
    let markup = markup(&parts.headers);
    let remote = page::words(body, markup, parts.status, by.unwrap);
    let kind = match markup {
        Markup::Text => ErrorKind::NotAGitServer,
        Markup::Html if remote.as_deref().is_some_and(is_sign_in) => ErrorKind::Unauthorized,
        Markup::Html => ErrorKind::WebPage,
    };
    Failure::new(kind, message).with_remote(remote)
}

/// Returns true for the title of a page to sign in at, which some hosts show in place of a refusal.
fn is_sign_in(title: &str) -> bool {
    let title = title.to_lowercase();
    ["sign in", "sign-in", "signin", "log in", "log-in", "login"].iter().any(|words| title.contains(words))
}

pub(crate) fn markup(headers: &HeaderMap) -> Markup {
    let is_html = content_type(headers).eq_ignore_ascii_case("text/html");
    if is_html { Markup::Html } else { Markup::Text }
}

/// Returns the content type without parameters, as the server wrote it.
pub(crate) fn content_type(headers: &HeaderMap) -> &str {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.and_then(|value| value.split(';').next()).unwrap_or_default().trim()
}

/// Returns the bytes of an answer as they were before any coding.
pub(crate) fn body(response: Response<Body>) -> BodyReader {
    let (parts, body) = response.into_parts();
    body_of(body, &parts.headers)
}

pub(crate) fn body_of(body: Body, headers: &HeaderMap) -> BodyReader {
    content_coding::decoded(transport_error::Body(body.into_with_config().limit(u64::MAX).reader()), headers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ProxyErrorKind;
    use crate::remote::web_url::Scheme;

    const NOBODY: Speaker<'static> = Speaker { proxy: None, unwrap: |text, _| text };

    /// Returns an answer of the status, with these headers and this body.
    fn answer(status: u16, headers: &[(header::HeaderName, &'static str)], body: &str) -> Response<Body> {
        let mut response = Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(name, *value);
        }
        response.body(Body::builder().data(body)).unwrap()
    }

    #[test]
    fn a_refusal_has_its_status_and_words_once() {
        let told = |status, body| {
            let failure = success(Ok(answer(status, &[], body)), NOBODY).unwrap_err();
            (failure.message, failure.remote)
        };
        let quota = "the account has exceeded its user limit";
        assert_eq!(told(402, quota), ("the server answered 402 Payment Required".into(), Some(quota.into())));
        assert_eq!(told(401, "401 Unauthorized"), ("the server answered 401 Unauthorized".into(), None));
        assert_eq!(told(599, "busy"), ("the server answered 599".into(), Some("busy".into())));
    }

    #[test]
    fn a_way_to_sign_in_that_is_not_served_is_named() {
        let headers = [(header::WWW_AUTHENTICATE, "Negotiate"), (header::WWW_AUTHENTICATE, "NTLM")];
        let failure = success(Ok(answer(401, &headers, "")), NOBODY).unwrap_err();
        assert_eq!(failure.message, "the server answered 401 Unauthorized, and asks for Negotiate or NTLM");
        assert_eq!(failure.kind, ErrorKind::SignInScheme);
    }

    #[test]
    fn a_proxy_that_reads_the_request_may_have_answered() {
        let (scheme, host, port, setting) = (Scheme::Http, "p".to_owned(), 8080, "http_proxy");
        let proxy = Proxy { scheme, host, port, user: String::new(), password: None, setting };
        let told = |status, headers: &[_]| {
            let failure = success(Ok(answer(status, headers, "")), Speaker { proxy: Some(&proxy), ..NOBODY })
                .unwrap_err();
            (failure.kind, failure.message)
        };
        let both = "the server, or the proxy p:8080 of http_proxy before it, answered";
        let message = format!("{both} 403 Forbidden");
        assert_eq!(told(403, &[]), (ErrorKind::Forbidden, message.clone()));
        let squid = header::HeaderName::from_static("x-squid-error");
        let refused = ErrorKind::Proxy(ProxyErrorKind::Refused);
        assert_eq!(told(403, &[(squid.clone(), "ERR_ACCESS_DENIED 0")]), (refused, message));
        let unreachable = ErrorKind::Proxy(ProxyErrorKind::ServerUnreachable);
        assert_eq!(told(503, &[(squid, "ERR_DNS_FAIL 0")]).0, unreachable);
        assert_eq!(told(407, &[]).0, ErrorKind::Proxy(ProxyErrorKind::Unauthorized));
    }
}
