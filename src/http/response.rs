//! What an HTTP answer means for Git: its own answer, or why there is none. Pure but for reading the body.

use std::fmt;
use std::io::{Cursor, Read};

use ureq::Body;
use ureq::http::{HeaderMap, Response, StatusCode, header};

use super::network::Proxy;
use super::page::Markup;
use super::proxy_connection::proxys_words;
use super::{content_coding, page, status, transport_error};
use crate::error::{ErrorKind, Failure};
use crate::protocol::Service;

type Answered = Result<Response<Body>, ureq::Error>;
type Bytes = Box<dyn Read + Send>;

/// Who may have answered: the server, or a proxy that read the request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Speaker<'a>(pub(crate) Option<&'a Proxy>);

impl fmt::Display for Speaker<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
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

/// Returns the bytes of an advertisement, which as in Git only its content type tells from anything else.
pub(crate) fn advertisement(response: Answered, service: Service, by: Speaker<'_>) -> Result<Bytes, Failure> {
    let expected = format!("application/x-{}-advertisement", service.name());
    let response = success(response, by)?;
    if content_type(response.headers()).eq_ignore_ascii_case(&expected) {
        return Ok(body(response));
    }
    let (parts, body) = response.into_parts();
    let (page, _) = page::read(body_of(body, &parts.headers));
    if is_dumb(&page) {
        let message = format!("{by} offers the repository's files alone, by Git's \"dumb\" HTTP protocol");
        return Err(Failure::new(ErrorKind::DumbHttp, message));
    }
    Err(not_git(parts.status, &parts.headers, &expected, page.as_slice(), by))
}

/// Tells how a file `info/refs` begins: with an object id and a tab (`gitprotocol-http`, "Dumb Clients").
fn is_dumb(page: &[u8]) -> bool {
    let id = page.split(|byte| *byte == b'\t').next().filter(|id| id.len() < page.len());
    id.is_some_and(|id| matches!(id.len(), 40 | 64) && id.iter().all(u8::is_ascii_hexdigit))
}

/// Returns the bytes of a service's answer. Its content type does not matter where it begins with a pkt-line: Git does
/// not look at it, and Hugging Face sends none.
pub(crate) fn result(response: Answered, service: Service, by: Speaker<'_>) -> Result<Bytes, Failure> {
    let expected = format!("application/x-{}-result", service.name());
    let response = success(response, by)?;
    if content_type(response.headers()).eq_ignore_ascii_case(&expected) {
        return Ok(body(response));
    }
    let (parts, body) = response.into_parts();
    let mut rest = body_of(body, &parts.headers);
    let mut length = Vec::new();
    rest.by_ref().take(4).read_to_end(&mut length)?;
    let is_git = length.iter().all(u8::is_ascii_hexdigit);
    let whole = Cursor::new(length).chain(rest);
    if is_git {
        Ok(Box::new(whole))
    } else {
        Err(not_git(parts.status, &parts.headers, &expected, whole, by))
    }
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
    let asked = status::asked(code, response.headers());
    if !asked.is_served() {
        message = format!("{message}, and asks for {}", asked.words());
    }
    let (parts, body) = response.into_parts();
    let kind = kind(code, &parts.headers, by);
    let words = page::words(body_of(body, &parts.headers), markup(&parts.headers), code);
    let remote = words.or_else(|| by.0.and_then(|_| proxys_words(&parts.headers)));
    Err(Failure::new(kind, message).with_remote(remote))
}

/// Returns the kind of a refusal; the proxy's, where it says that it is its own.
fn kind(code: StatusCode, headers: &HeaderMap, by: Speaker<'_>) -> ErrorKind {
    let is_proxys = by.0.is_some() && proxys_words(headers).is_some();
    if is_proxys { status::fault_of_proxy(code, headers) } else { status::kind(code, headers) }
}

/// Says that an answer of success is not Git's.
fn not_git(
    code: StatusCode,
    headers: &HeaderMap,
    expected: &str,
    body: impl Read,
    by: Speaker<'_>,
) -> Failure {
    let shown = match content_type(headers) {
        "" => "no content type".to_owned(),
        other => format!("'{other}'"),
    };
    let message = format!("{by} answered {} with {shown} instead of '{expected}'", status::named(code));
    let markup = markup(headers);
    let remote = page::words(body, markup, code);
    let kind = match markup {
        Markup::Text => ErrorKind::NotAGitServer,
        Markup::Html if remote.as_deref().is_some_and(is_sign_in) => ErrorKind::Unauthorized,
        Markup::Html => ErrorKind::WebPage,
    };
    Failure::new(kind, message).with_remote(remote)
}

/// Whether the title of a page is that of one to sign in at, which some hosts show in place of a refusal.
fn is_sign_in(title: &str) -> bool {
    let title = title.to_lowercase();
    ["sign in", "sign-in", "signin", "log in", "log-in", "login"].iter().any(|words| title.contains(words))
}

fn markup(headers: &HeaderMap) -> Markup {
    let is_html = content_type(headers).eq_ignore_ascii_case("text/html");
    if is_html { Markup::Html } else { Markup::Text }
}

/// Returns the content type without parameters, as the server wrote it.
fn content_type(headers: &HeaderMap) -> &str {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.and_then(|value| value.split(';').next()).unwrap_or_default().trim()
}

/// Returns the bytes of an answer as they were before any coding.
pub(crate) fn body(response: Response<Body>) -> Bytes {
    let (parts, body) = response.into_parts();
    body_of(body, &parts.headers)
}

fn body_of(body: Body, headers: &HeaderMap) -> Bytes {
    content_coding::decoded(transport_error::Body(body.into_with_config().limit(u64::MAX).reader()), headers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ProxyErrorKind;
    use crate::remote::web_url::Scheme;

    const NOBODY: Speaker<'static> = Speaker(None);

    /// An answer of the status, with these headers and this body.
    fn answer(status: u16, headers: &[(header::HeaderName, &'static str)], body: &str) -> Response<Body> {
        let mut response = Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(name, *value);
        }
        response.body(Body::builder().data(body)).unwrap()
    }

    /// The header for a type, or none.
    fn of_type(kind: &'static str) -> Vec<(header::HeaderName, &'static str)> {
        if kind.is_empty() { Vec::new() } else { vec![(header::CONTENT_TYPE, kind)] }
    }

    fn read(bytes: Result<Bytes, Failure>) -> Result<String, ErrorKind> {
        let mut text = String::new();
        bytes.map_err(|failure| failure.kind)?.read_to_string(&mut text).unwrap();
        Ok(text)
    }

    #[test]
    fn an_advertisement_is_known_by_its_type_in_any_case() {
        let listed = |kind| {
            let answer = answer(200, &of_type(kind), "0000");
            read(advertisement(Ok(answer), Service::UploadPack, NOBODY))
        };
        for kind in [
            "application/x-git-upload-pack-advertisement",
            "Application/X-Git-Upload-Pack-Advertisement",
            "application/x-git-upload-pack-advertisement; charset=utf-8",
        ] {
            assert_eq!(listed(kind), Ok("0000".to_owned()), "{kind}");
        }
        for kind in ["", "text/plain", "application/x-git-receive-pack-advertisement"] {
            assert_eq!(listed(kind), Err(ErrorKind::NotAGitServer), "{kind}");
        }
        assert_eq!(listed("text/html"), Err(ErrorKind::WebPage));
    }

    #[test]
    fn a_list_of_refs_as_a_file_is_dumb_http_of_any_type() {
        for digits in [40, 64] {
            let list = format!("{}\trefs/heads/main\n", "0a1b".repeat(digits / 4));
            for kind in ["", "text/plain", "application/octet-stream"] {
                let answer = answer(200, &of_type(kind), &list);
                let failure = advertisement(Ok(answer), Service::UploadPack, NOBODY).err().unwrap();
                assert_eq!(failure.kind, ErrorKind::DumbHttp, "{kind}");
                assert!(failure.message.contains("\"dumb\" HTTP") && failure.remote.is_none(), "{failure}");
            }
        }
        for text in ["0a1b", "0a1b\trefs/heads/main", &"0".repeat(65), &format!("{}\tx", "g".repeat(40))] {
            let answer = answer(200, &of_type("text/plain"), text);
            let failure = advertisement(Ok(answer), Service::UploadPack, NOBODY).err().unwrap();
            assert_eq!((failure.kind, failure.remote.as_deref()), (ErrorKind::NotAGitServer, Some(text)));
        }
    }

    #[test]
    fn a_result_is_known_by_its_bytes_where_its_type_is_none() {
        let said =
            |kind, body| read(result(Ok(answer(200, &of_type(kind), body)), Service::ReceivePack, NOBODY));
        for kind in
            ["", "application/x-git-upload-pack-advertisement", "text/plain; charset=utf-8", "text/html"]
        {
            for body in ["000eunpack ok\n0000", "0000", ""] {
                assert_eq!(said(kind, body), Ok(body.to_owned()), "{kind}");
            }
        }
        assert_eq!(said("application/x-git-receive-pack-result", "no"), Ok("no".to_owned()));
        assert_eq!(said("text/plain", "ok"), Err(ErrorKind::NotAGitServer));
        assert_eq!(said("Text/HTML", "<title>Welcome</title>"), Err(ErrorKind::WebPage));
        assert_eq!(said("text/html", "<title>Contoso | Sign In</title>"), Err(ErrorKind::Unauthorized));
    }

    #[test]
    fn a_refusal_is_told_with_its_status_and_words_and_no_word_twice() {
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
            let failure = success(Ok(answer(status, headers, "")), Speaker(Some(&proxy))).unwrap_err();
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
