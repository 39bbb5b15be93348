//! The meaning of an answer that refuses a request of LFS as a whole.

use serde::Deserialize;

use super::batch::MEDIA_TYPE;
use crate::text::excerpt;

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Its meaning.
    pub reason: Reason,
    /// The server's words, at most 500 bytes of them.
    pub message: Option<String>,
}

/// The meaning of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// There is no LFS: the answer is not one of LFS, or says that it is turned off.
    NoLfs,
    /// LFS says that there is no such repository, or none of the objects: giftless answers so where it has none of them.
    NotFound,
    /// None of the objects is taken as it is: giftless answers so where each has an error.
    Invalid,
    /// Credentials are missing, wrong or expired. A sign-in page counts, too.
    Unauthorized,
    /// Signed in, but not allowed to.
    Forbidden,
    /// The account's or the repository's storage or transfer is used up (507, 509, or said so).
    Quota,
    /// More objects than the server takes in one request: half of them may pass.
    TooMany,
    /// It passes by itself.
    Busy,
    /// Another.
    Other,
}

/// The longest message of a server that is kept, in bytes.
const LONGEST_MESSAGE: usize = 500;

/// The words of hosts when storage or transfer is used up, with other statuses: GitHub 403 ("over its data quota", "exceeded
/// its LFS budget"), GitLab 406 ("exceeded its size limit").
const USED_UP: [&str; 4] = ["data quota", "lfs budget", "size limit", "data packs"];

#[derive(Deserialize)]
struct Body {
    message: String,
}

impl Refusal {
    /// Reads the answer to a batch request that is no success, or a success that is no answer of LFS.
    pub fn read(status: u16, content_type: Option<&str>, body: &[u8]) -> Self {
        let message = serde_json::from_slice::<Body>(body).ok().map(|body| body.message);
        let message = message.filter(|message| !message.is_empty());
        let text = message.as_deref().unwrap_or_default().to_lowercase();
        let is_own = content_type.is_some_and(is_media_type);
        let reason = match status {
            _ if USED_UP.iter().any(|words| text.contains(words)) => Reason::Quota,
            404 if is_own => Reason::NotFound,
            // 501 is GitLab's, in LFS's own form, where its administrator turned LFS off.
            404 | 405 | 501 => Reason::NoLfs,
            422 => Reason::Invalid,
            // Azure Repos answers 203 with its sign-in page, and redirects to it.
            200..=299 | 300..=399 | 401 | 407 => Reason::Unauthorized,
            403 => Reason::Forbidden,
            413 => Reason::TooMany,
            507 | 509 => Reason::Quota,
            408 | 429 | 500 | 502..=504 => Reason::Busy,
            _ => Reason::Other,
        };
        Self { reason, message: message.map(|text| excerpt(text.as_bytes(), LONGEST_MESSAGE)) }
    }
}

/// Tells whether a content type is the one of LFS, with whatever parameters.
pub fn is_media_type(content_type: &str) -> bool {
    content_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(MEDIA_TYPE)
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: Option<&str> = Some("application/vnd.git-lfs+json; charset=utf-8");

    fn reason(status: u16, content_type: Option<&str>, body: &str) -> Reason {
        Refusal::read(status, content_type, body.as_bytes()).reason
    }

    #[test]
    fn a_side_without_lfs_is_told_from_one_without_the_objects() {
        let giftless = r#"{"message": "404 Not Found: Cannot find any of the requested objects"}"#;
        assert_eq!(reason(404, JSON, giftless), Reason::NotFound);
        for (status, content_type, body) in [
            (404, Some("text/html"), "<html>Not Found"),
            (404, None, ""),
            (404, Some("application/json"), r#"{"message": "TF401019: The Git repository does not exist"}"#),
            (405, Some("text/plain"), "Method Not Allowed"),
            (
                501,
                JSON,
                r#"{"message": "Git LFS is not enabled on this GitLab server, contact your admin."}"#,
            ),
        ] {
            assert_eq!(reason(status, content_type, body), Reason::NoLfs, "{status} {body}");
        }
    }

    #[test]
    fn each_status_has_its_meaning() {
        for (status, expected) in [
            (200, Reason::Unauthorized),
            (203, Reason::Unauthorized),
            (302, Reason::Unauthorized),
            (401, Reason::Unauthorized),
            (403, Reason::Forbidden),
            (406, Reason::Other),
            (408, Reason::Busy),
            (413, Reason::TooMany),
            (422, Reason::Invalid),
            (429, Reason::Busy),
            (500, Reason::Busy),
            (503, Reason::Busy),
            (505, Reason::Other),
            (507, Reason::Quota),
            (509, Reason::Quota),
        ] {
            assert_eq!(reason(status, JSON, "{}"), expected, "{status}");
        }
    }

    #[test]
    fn a_quota_is_known_by_what_the_host_says() {
        for (status, message) in [
            (403, "This repository is over its data quota. Purchase more data packs to restore access."),
            (403, "This repository exceeded its LFS budget. The account responsible should increase it."),
            (
                406,
                "Your push has been rejected, because this repository has exceeded its size limit of 10 MB",
            ),
        ] {
            let body = format!("{{\"message\": \"{message}\", \"request_id\": \"1\"}}");
            let refusal = Refusal::read(status, JSON, body.as_bytes());
            assert_eq!((refusal.reason, refusal.message.as_deref()), (Reason::Quota, Some(message)));
        }
    }

    #[test]
    fn what_is_no_message_is_none() {
        for body in ["", "<html>", "{\"message\": 1}", "{\"message\": \"\"}", "[]"] {
            assert_eq!(Refusal::read(500, None, body.as_bytes()).message, None, "{body}");
        }
        let long = format!("{{\"message\": \"{}\"}}", "x".repeat(9000));
        assert!(Refusal::read(500, None, long.as_bytes()).message.unwrap().len() < 520);
    }

    #[test]
    fn a_content_type_may_have_parameters() {
        for (text, own) in [
            ("application/vnd.git-lfs+json", true),
            ("Application/vnd.git-lfs+json ; charset=utf-8", true),
            ("application/vnd.git-lfs", false),
            ("application/json", false),
            ("text/html; application/vnd.git-lfs+json", false),
        ] {
            assert_eq!(is_media_type(text), own, "{text}");
        }
    }
}
