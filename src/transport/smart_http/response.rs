//! The answers of Git's services, told from pages and whatever else answers in their place.

use std::io::{Cursor, Read};

use crate::error::{ErrorKind, Failure};
use crate::http::page;
use crate::http::response::{
    Answered, BodyReader, Speaker, body, body_of, content_type, success, unexpected,
};
use crate::protocol::Service;
use crate::protocol::pkt_line::{PktLine, PktReader};
use crate::text::End;

/// Returns the bytes of an advertisement, which as in Git only its content type tells from anything else.
pub(super) fn advertisement(
    response: Answered,
    service: Service,
    by: Speaker<'_>,
) -> Result<BodyReader, Failure> {
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
    Err(unexpected(&parts, &expected, page.as_slice(), by))
}

/// Tells a file `info/refs`: it begins with an object id and a tab (`gitprotocol-http`, "Dumb Clients").
fn is_dumb(page: &[u8]) -> bool {
    let id = page.split(|byte| *byte == b'\t').next().filter(|id| id.len() < page.len());
    id.is_some_and(|id| matches!(id.len(), 40 | 64) && id.iter().all(u8::is_ascii_hexdigit))
}

/// Returns the bytes of a service's answer. Its content type does not matter where it begins with a pkt-line: Git does
/// not look at it, and Hugging Face sends none.
pub(super) fn result(response: Answered, service: Service, by: Speaker<'_>) -> Result<BodyReader, Failure> {
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
    if is_git { Ok(Box::new(whole)) } else { Err(unexpected(&parts, &expected, whole, by)) }
}

/// Returns a text, or that of pkt-lines, in which Azure Repos wraps its refusals.
pub(super) fn without_framing(page: Vec<u8>, end: End) -> Vec<u8> {
    in_pkt_lines(&page, end).filter(|text| !text.is_empty()).unwrap_or(page)
}

/// Returns the text of a page that is nothing but pkt-lines. Other text may begin with four such digits too.
fn in_pkt_lines(mut page: &[u8], end: End) -> Option<Vec<u8>> {
    let mut all = Vec::new();
    while !page.trim_ascii().is_empty() {
        let mut reader = PktReader::new(page);
        let Ok(line) = reader.read() else {
            // The page may have been cut in the middle of one.
            return Some(all).filter(|_| end == End::Cut);
        };
        match line {
            PktLine::Data(text) if !text.starts_with(b"# service=") => all.extend_from_slice(text),
            _ => {}
        }
        page = reader.into_inner();
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use ureq::Body;
    use ureq::http::{Response, header};

    use super::*;

    const NOBODY: Speaker<'static> = Speaker { proxy: None, unwrap: without_framing };

    /// Returns an answer of the status, with these headers and this body.
    fn answer(status: u16, headers: &[(header::HeaderName, &'static str)], body: &str) -> Response<Body> {
        let mut response = Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(name, *value);
        }
        response.body(Body::builder().data(body)).unwrap()
    }

    /// Returns the header for a type, or none.
    fn of_type(kind: &'static str) -> Vec<(header::HeaderName, &'static str)> {
        if kind.is_empty() { Vec::new() } else { vec![(header::CONTENT_TYPE, kind)] }
    }

    fn read(bytes: Result<BodyReader, Failure>) -> Result<String, ErrorKind> {
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
    fn the_words_of_an_azure_refusal_are_taken_out_of_its_pkt_lines() {
        let text = "TF401027: You need the Git 'GenericContribute' right";
        let page = format!("001f# service=git-receive-pack\n000000000038{text}");
        let failure = result(Ok(answer(403, &[], &page)), Service::ReceivePack, NOBODY).err().unwrap();
        assert_eq!(failure.remote.as_deref(), Some(text));
    }

    #[test]
    fn text_that_begins_like_a_pkt_line_keeps_its_digits() {
        for page in ["0004 pages were found", "000aaccess denied for dead", "0031", "beef is not served here"]
        {
            assert_eq!(without_framing(page.into(), End::Whole), page.as_bytes());
        }
    }

    #[test]
    fn pkt_lines_that_are_cut_lose_what_is_not_whole() {
        assert_eq!(without_framing(b"0007xxx0007xx".to_vec(), End::Cut), b"xxx");
    }
}
