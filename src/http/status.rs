//! The kind of fault that a status of HTTP stands for.

use ureq::http::{HeaderMap, StatusCode, header};

use super::challenge::Challenges;
use super::retry_after;
use crate::error::{ErrorKind, ProxyErrorKind};

/// Returns the status with the words that its specification has for it, if it is in one.
pub(crate) fn named(status: StatusCode) -> String {
    match status.canonical_reason() {
        Some(reason) => format!("{} {reason}", status.as_str()),
        None => status.as_str().to_owned(),
    }
}

/// Returns the ways to sign in that a refusal asks for; none with any other answer.
pub(crate) fn challenges(status: StatusCode, headers: &HeaderMap) -> Challenges {
    match status {
        StatusCode::UNAUTHORIZED => Challenges::read(headers, &header::WWW_AUTHENTICATE),
        StatusCode::PROXY_AUTHENTICATION_REQUIRED => Challenges::read(headers, &header::PROXY_AUTHENTICATE),
        _ => Challenges::default(),
    }
}

/// Returns the kind of an answer that does not serve the request.
pub(crate) fn kind(status: StatusCode, headers: &HeaderMap) -> ErrorKind {
    // GitHub refuses so, too, whoever took the last request of an hour.
    let retry_after = retry_after::read(headers)
        .or_else(|| matches!(status.as_u16(), 403 | 429).then(|| retry_after::of_limit(headers)).flatten());
    let is_supported = challenges(status, headers).has_supported();
    match status.as_u16() {
        // Azure Repos answers 203 with its sign-in page.
        203 => ErrorKind::Unauthorized,
        401 if is_supported => ErrorKind::Unauthorized,
        401 => ErrorKind::SignInScheme,
        300..=399 => ErrorKind::Redirect,
        404 | 410 => ErrorKind::NotFound,
        407 if is_supported => ErrorKind::Proxy(ProxyErrorKind::Unauthorized),
        407 => ErrorKind::Proxy(ProxyErrorKind::SignInScheme),
        411 => ErrorKind::LengthRequired,
        413 => ErrorKind::TooLarge,
        // Who says when to come back is busy: GitHub so refuses whoever asks too often.
        403 if retry_after.is_none() => ErrorKind::Forbidden,
        // The last is Cloudflare's.
        408 | 504 | 524 if retry_after.is_none() => ErrorKind::RequestTimeout,
        // No time mends what a server cannot do (501, 505, 506, 510), a full disk (507), a loop (508), a network that
        // wants a sign-in of its own (511), or TLS between Cloudflare and the server (525, 526).
        status @ (501 | 505..=508 | 510 | 511 | 525 | 526) => ErrorKind::Status(status),
        // What is locked, too early or in conflict passes by itself.
        403 | 408 | 409 | 423 | 425 | 429 | 500..=599 => ErrorKind::Unavailable { retry_after },
        status => ErrorKind::Status(status),
    }
}

/// Returns the kind of an answer of a proxy to `CONNECT`, which does not let the connection through.
pub(crate) fn fault_of_proxy(status: StatusCode, headers: &HeaderMap) -> ErrorKind {
    match status.as_u16() {
        407 => kind(status, headers),
        429 => ErrorKind::Unavailable { retry_after: retry_after::read(headers) },
        // It cannot reach the server itself.
        500 | 502..=504 => ErrorKind::Proxy(ProxyErrorKind::ServerUnreachable),
        _ => ErrorKind::Proxy(ProxyErrorKind::Refused),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn headers(pairs: &[(header::HeaderName, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    fn status(status: u16) -> StatusCode {
        StatusCode::from_u16(status).unwrap()
    }

    #[test]
    fn each_status_has_its_fault() {
        let busy = ErrorKind::Unavailable { retry_after: None };
        for (number, expected) in [
            (203, ErrorKind::Unauthorized),
            (302, ErrorKind::Redirect),
            (401, ErrorKind::Unauthorized),
            (403, ErrorKind::Forbidden),
            (404, ErrorKind::NotFound),
            (407, ErrorKind::Proxy(ProxyErrorKind::Unauthorized)),
            (408, ErrorKind::RequestTimeout),
            (409, busy),
            (410, ErrorKind::NotFound),
            (411, ErrorKind::LengthRequired),
            (413, ErrorKind::TooLarge),
            (423, busy),
            (425, busy),
            (429, busy),
            (500, busy),
            (502, busy),
            (503, busy),
            (504, ErrorKind::RequestTimeout),
            (520, busy),
            (521, busy),
            (522, busy),
            (523, busy),
            (524, ErrorKind::RequestTimeout),
            (530, busy),
            (599, busy),
        ] {
            assert_eq!(kind(status(number), &HeaderMap::new()), expected, "{number}");
        }
    }

    #[test]
    fn a_refusal_without_a_kind_of_its_own_keeps_its_status() {
        for number in [
            400, 402, 405, 406, 412, 414, 415, 416, 417, 418, 421, 422, 424, 426, 428, 431, 440, 451, 494,
            498, 499, 501, 505, 507, 508, 511, 525, 526, 600, 999,
        ] {
            assert_eq!(kind(status(number), &HeaderMap::new()), ErrorKind::Status(number), "{number}");
        }
    }

    #[test]
    fn a_busy_server_may_say_when_to_come_back() {
        let later = headers(&[(header::RETRY_AFTER, "30")]);
        let expected = ErrorKind::Unavailable { retry_after: Some(Duration::from_secs(30)) };
        for number in [403, 408, 409, 423, 429, 503, 504] {
            assert_eq!(kind(status(number), &later), expected, "{number}");
        }
        assert_eq!(kind(StatusCode::UNAUTHORIZED, &later), ErrorKind::Unauthorized);
    }

    #[test]
    fn a_spent_limit_is_no_lack_of_rights() {
        let left = |left| {
            let name = header::HeaderName::from_static;
            headers(&[
                (name("x-ratelimit-remaining"), left),
                (name("x-ratelimit-reset"), "640"),
                (header::DATE, "Thu, 01 Jan 1970 00:10:00 GMT"),
            ])
        };
        for number in [403, 429] {
            let expected = ErrorKind::Unavailable { retry_after: Some(Duration::from_secs(40)) };
            assert_eq!(kind(status(number), &left("0")), expected, "{number}");
        }
        assert_eq!(kind(status(403), &left("7")), ErrorKind::Forbidden);
        assert_eq!(kind(status(404), &left("0")), ErrorKind::NotFound);
    }

    #[test]
    fn a_sign_in_that_cannot_be_served_is_another_fault() {
        let ntlm = |name| headers(&[(name, "Negotiate, NTLM")]);
        assert_eq!(kind(status(401), &ntlm(header::WWW_AUTHENTICATE)), ErrorKind::SignInScheme);
        let kind_of = |name| fault_of_proxy(status(407), &ntlm(name));
        assert_eq!(kind_of(header::PROXY_AUTHENTICATE), ErrorKind::Proxy(ProxyErrorKind::SignInScheme));
        // Of the server's own sign-in a proxy says nothing.
        assert_eq!(kind_of(header::WWW_AUTHENTICATE), ErrorKind::Proxy(ProxyErrorKind::Unauthorized));
    }

    #[test]
    fn a_proxy_is_asked_again_only_where_its_refusal_can_pass() {
        let none = HeaderMap::new();
        for (number, expected) in [
            (302, ErrorKind::Proxy(ProxyErrorKind::Refused)),
            (403, ErrorKind::Proxy(ProxyErrorKind::Refused)),
            (405, ErrorKind::Proxy(ProxyErrorKind::Refused)),
            (407, ErrorKind::Proxy(ProxyErrorKind::Unauthorized)),
            (429, ErrorKind::Unavailable { retry_after: None }),
            (502, ErrorKind::Proxy(ProxyErrorKind::ServerUnreachable)),
            (503, ErrorKind::Proxy(ProxyErrorKind::ServerUnreachable)),
            (504, ErrorKind::Proxy(ProxyErrorKind::ServerUnreachable)),
        ] {
            assert_eq!(fault_of_proxy(status(number), &none), expected, "{number}");
        }
    }

    #[test]
    fn a_status_that_no_specification_has_is_a_number() {
        assert_eq!(named(status(404)), "404 Not Found");
        assert_eq!(named(status(494)), "494");
    }
}
