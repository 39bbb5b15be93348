//! The answers of Git's services, told from pages and whatever else answers in their place.

use std::io::{Cursor, Read};

use crate::error::Failure;
use crate::http::response::{Answered, Bytes, Speaker, body, body_of, content_type, success, unexpected};
use crate::protocol::Service;
use crate::protocol::pkt_line::{PktLine, PktReader};

/// Returns the bytes of an advertisement, which as in Git only its content type tells from anything else.
pub(super) fn advertisement(response: Answered, service: Service, by: Speaker<'_>) -> Result<Bytes, Failure> {
    let expected = format!("application/x-{}-advertisement", service.name());
    let response = success(response, by)?;
    if content_type(response.headers()).eq_ignore_ascii_case(&expected) {
        return Ok(body(response));
    }
    let (parts, body) = response.into_parts();
    Err(unexpected(&parts, &expected, body_of(body, &parts.headers), by))
}

/// Returns the bytes of a service's answer. Its content type does not matter where it begins with a pkt-line: Git does
/// not look at it, and Hugging Face sends none.
pub(super) fn result(response: Answered, service: Service, by: Speaker<'_>) -> Result<Bytes, Failure> {
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
pub(super) fn without_framing(page: Vec<u8>) -> Vec<u8> {
    let mut reader = PktReader::new(page.as_slice());
    let mut lines = Vec::new();
    while let Ok(line) = reader.read() {
        match line {
            PktLine::Data(text) if !text.starts_with(b"# service=") => lines.push(text.to_vec()),
            _ => {}
        }
    }
    if lines.is_empty() { page } else { lines.concat() }
}

#[cfg(test)]
mod tests {
    use ureq::Body;
    use ureq::http::{Response, header};

    use super::*;
    use crate::error::ErrorKind;

    const NOBODY: Speaker<'static> = Speaker { proxy: None, unwrap: without_framing };

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
}
