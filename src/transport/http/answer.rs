//! What an HTTP answer means for Git: its own answer, or why there is none. Pure but for reading the body.

use std::io::Read;

use ureq::Body;
use ureq::http::{HeaderMap, Response, StatusCode, header};

use super::{no_answer, retry_after};
use crate::error::{Failure, Fault};
use crate::protocol::pkt_line::{PktLine, PktReader};
use crate::text::{self, End};

/// How much of an error page is read, in bytes.
const MAX_PAGE: u64 = 16 * 1024;

/// How much of an error page is shown, in characters.
const MAX_WORDS: usize = 1000;

type Answered = Result<Response<Body>, ureq::Error>;

/// Returns where a redirect leads, if the answer is one.
pub(super) fn redirect_target(response: &Response<Body>) -> Option<String> {
    let target = response.headers().get(header::LOCATION)?.to_str().ok()?;
    response.status().is_redirection().then(|| target.to_owned())
}

/// Returns the answer if it succeeded and is of the content type that only Git's services use.
pub(super) fn require_type(response: Answered, expected: &str) -> Result<Response<Body>, Failure> {
    let response = require_success(response)?;
    if content_type(response.headers()).eq_ignore_ascii_case(expected) {
        return Ok(response);
    }
    let shown = match content_type(response.headers()) {
        "" => "no content type".to_owned(),
        other => format!("'{other}'"),
    };
    let fault = if is_html(response.headers()) { Fault::SignIn } else { Fault::NotGit };
    let message = format!("the server answered {} with {shown} instead of '{expected}'", response.status());
    Err(Failure { fault, message, remote: words_of(response) })
}

/// Returns the answer if its status says that the request was served.
pub(super) fn require_success(response: Answered) -> Result<Response<Body>, Failure> {
    let response = response.map_err(no_answer::failure)?;
    let status = response.status();
    // Azure Repos answers 203 with its sign-in page.
    if status.is_success() && status != StatusCode::NON_AUTHORITATIVE_INFORMATION {
        return Ok(response);
    }
    let fault = fault_of(status, response.headers());
    let message = match redirect_target(&response) {
        Some(_) => format!("the server answered {status}, a redirect that cannot be followed here"),
        None => format!("the server answered {status}"),
    };
    Err(Failure { fault, message, remote: words_of(response) })
}

fn fault_of(status: StatusCode, headers: &HeaderMap) -> Fault {
    let retry_after = retry_after::read(headers);
    match status.as_u16() {
        // Azure Repos answers 203 with its sign-in page.
        203 | 401 => Fault::SignIn,
        300..=399 => Fault::Redirect,
        404 | 410 => Fault::NotFound,
        407 => Fault::Proxy,
        413 => Fault::TooLarge,
        // Who says when to come back is busy: GitHub so refuses whoever asks too often.
        403 if retry_after.is_none() => Fault::Forbidden,
        // The last is Cloudflare's.
        408 | 504 | 524 if retry_after.is_none() => Fault::Impatient,
        403 | 408 | 429 | 500..=599 => Fault::Busy { retry_after },
        _ => Fault::NotGit,
    }
}

fn is_html(headers: &HeaderMap) -> bool {
    content_type(headers).eq_ignore_ascii_case("text/html")
}

/// Returns the content type without parameters, as the server wrote it.
pub(super) fn content_type(headers: &HeaderMap) -> &str {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.and_then(|value| value.split(';').next()).unwrap_or_default().trim()
}

/// Returns the server's own words in an error page, if it has any that a person would read.
fn words_of(response: Response<Body>) -> Option<String> {
    let html = is_html(response.headers());
    let mut page = Vec::new();
    // What cannot be read is not worth another error; the bound is one too.
    let read = response.into_body().into_with_config().limit(MAX_PAGE).reader().read_to_end(&mut page);
    let end = if read.is_ok() { End::Whole } else { End::Cut };
    if html { title(&page) } else { words(&page, end) }
}

/// Returns the words of a page of text, or of pkt-lines, in which Azure Repos wraps its refusals.
fn words(page: &[u8], end: End) -> Option<String> {
    let mut reader = PktReader::new(page);
    let mut lines = Vec::new();
    while let Ok(line) = reader.read() {
        match line {
            PktLine::Data(text) if !text.starts_with(b"# service=") => lines.push(text.to_vec()),
            _ => {}
        }
    }
    let text = if lines.is_empty() { page.to_vec() } else { lines.concat() };
    short(&text::ended(&text, end))
}

/// Returns the title of an HTML page, in which hosts say what it is about.
fn title(page: &[u8]) -> Option<String> {
    let text = text::of_bytes(page);
    let (_, rest) = text.split_once("<title>")?;
    short(rest.split_once("</title>")?.0)
}

fn short(text: &str) -> Option<String> {
    let words = text::cut(text.trim(), MAX_WORDS);
    (!words.is_empty()).then(|| words.into_owned())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn headers(pairs: &[(header::HeaderName, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    #[test]
    fn each_status_has_its_fault() {
        let none = HeaderMap::new();
        let fault = |status| fault_of(StatusCode::from_u16(status).unwrap(), &none);
        for (status, expected) in [
            (203, Fault::SignIn),
            (302, Fault::Redirect),
            (401, Fault::SignIn),
            (403, Fault::Forbidden),
            (404, Fault::NotFound),
            (407, Fault::Proxy),
            (413, Fault::TooLarge),
            (415, Fault::NotGit),
            (408, Fault::Impatient),
            (504, Fault::Impatient),
            (524, Fault::Impatient),
            (503, Fault::Busy { retry_after: None }),
        ] {
            assert_eq!(fault(status), expected, "{status}");
        }
    }

    #[test]
    fn a_busy_server_may_say_when_to_come_back() {
        let later = headers(&[(header::RETRY_AFTER, "30")]);
        let expected = Fault::Busy { retry_after: Some(Duration::from_secs(30)) };
        assert_eq!(fault_of(StatusCode::TOO_MANY_REQUESTS, &later), expected);
        for status in [403, 408, 503, 504] {
            assert_eq!(fault_of(StatusCode::from_u16(status).unwrap(), &later), expected, "{status}");
        }
        assert_eq!(fault_of(StatusCode::UNAUTHORIZED, &later), Fault::SignIn);
    }

    #[test]
    fn a_content_type_is_compared_without_its_parameters_and_its_case() {
        let typed = headers(&[(header::CONTENT_TYPE, "text/html; charset=utf-8")]);
        assert_eq!(content_type(&typed), "text/html");
        assert_eq!(content_type(&HeaderMap::new()), "");
        assert!(is_html(&headers(&[(header::CONTENT_TYPE, "Text/HTML")])));
    }

    #[test]
    fn the_words_of_an_azure_refusal_are_taken_out_of_its_pkt_lines() {
        let page = b"001f# service=git-receive-pack\n000000000038TF401027: You need the Git 'GenericContribute' right";
        assert_eq!(words(page, End::Whole).unwrap(), "TF401027: You need the Git 'GenericContribute' right");
    }

    #[test]
    fn words_are_the_text_or_the_title_and_never_endless() {
        assert_eq!(words(b" Repository not found. \n", End::Whole).unwrap(), "Repository not found.");
        assert_eq!(words(b"", End::Whole), None);
        assert_eq!(
            title(b"<html><title>Azure DevOps Services | Sign In</title>").unwrap(),
            "Azure DevOps Services | Sign In"
        );
        assert_eq!(title(b"<html>"), None);
        let cut = |length| format!("{}{}", "x".repeat(length), text::CUT);
        assert_eq!(words(&[b'x'; 5000], End::Whole).unwrap(), cut(MAX_WORDS));
        assert_eq!(words(b"0007xxx0007xx", End::Cut).unwrap(), cut(3));
    }
}
