//! Reads an answer without a token: the reason, as far as it is known, and the words of the server. Pure.

use serde::Deserialize;
use serde_json::Value;

use super::problem::{self, Meaning};
use crate::error::{ErrorKind, Failure, TokenProblem};
use crate::http::api::ApiAnswer;
use crate::http::retry_after;

/// The error of OAuth for what passes by itself (RFC 6749, section 4.1.2.1).
const TEMPORARILY_UNAVAILABLE: &str = "temporarily_unavailable";

/// The parts of an answer without a token by which the reason is known. Each may be anything.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    error: Value,
    error_description: Value,
    error_codes: Value,
}

/// Says why there is no token in an answer of `server`. The problem is `other` where the server gives a reason that is not
/// known here.
pub(super) fn of(answer: &ApiAnswer, server: &str, other: TokenProblem) -> Failure {
    let body = answer.json::<Body>().unwrap_or_default();
    answer.refusal(body.kind(answer, other), server, "a token")
}

/// Tells whether an answer is an error of OAuth (RFC 6749, section 5.2).
pub(super) fn is_of_oauth(answer: &ApiAnswer) -> bool {
    answer.json::<Body>().is_some_and(|body| body.error.is_string())
}

impl Body {
    fn kind(&self, answer: &ApiAnswer, other: TokenProblem) -> ErrorKind {
        let busy = ErrorKind::Unavailable { retry_after: retry_after::read(&answer.headers) };
        match self.codes().find_map(problem::of_code) {
            Some(Meaning::Problem(problem)) => return ErrorKind::NoToken(problem),
            Some(Meaning::Passes) => return busy,
            None if self.error.as_str() == Some(TEMPORARILY_UNAVAILABLE) => return busy,
            None => {}
        }
        // By its status alone a refusal of Entra would look like one of the repository's server.
        let problem = if answer.message().is_some() { other } else { TokenProblem::Answer };
        answer.kind_of_the_moment().unwrap_or(ErrorKind::NoToken(problem))
    }

    /// Returns the numbers of Entra's errors, the most telling first.
    fn codes(&self) -> impl Iterator<Item = u64> {
        let given = self.error_codes.as_array().into_iter().flatten().filter_map(Value::as_u64);
        given.chain(problem::codes_in(self.error_description.as_str().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::auth::entra::testing::answer;

    fn read(status: u16, fields: &[(&'static str, &'static str)], body: &str) -> Failure {
        of(&answer(status, fields, body.as_bytes()), "Entra", TokenProblem::Entra)
    }

    #[test]
    fn a_refusal_has_the_words_without_what_only_microsoft_reads() {
        let described = |text: &str| {
            let body = serde_json::json!({"error": "invalid_client", "error_description": text});
            read(401, &[], &body.to_string())
        };
        let words = "AADSTS7000215: Invalid client secret provided.";
        for ids in
            ["", " Trace ID: 0a Correlation ID: 1b Timestamp: 2026", "\r\nTrace ID: 0a", "\nTrace ID: 0a"]
        {
            let failure = described(&format!("{words}{ids}"));
            assert_eq!(failure.remote.as_deref(), Some(words));
            assert_eq!(failure.kind, ErrorKind::NoToken(TokenProblem::WrongSecret));
        }
        let long = described(&"x".repeat(1 << 20)).remote.unwrap();
        assert_eq!(long.chars().count(), 1001);
    }

    #[test]
    fn words_are_found_in_each_form_of_an_error() {
        for (body, words) in [
            (r#"{"error":"invalid_request","error_description":"Identity not found"}"#, "Identity not found"),
            (r#"{"statusCode":400,"message":"No Managed Identity found"}"#, "No Managed Identity found"),
            (r#"{"error":{"code":"invalid","message":"no such identity"}}"#, "no such identity"),
            (r#"{"error":"unauthorized_client","error_description":" "}"#, "unauthorized_client"),
        ] {
            let failure = read(400, &[], body);
            assert_eq!(failure.remote.as_deref(), Some(words));
            assert_eq!(failure.kind, ErrorKind::NoToken(TokenProblem::Entra));
        }
    }

    #[test]
    fn the_number_counts_wherever_it_stands() {
        let outside = ErrorKind::NoToken(TokenProblem::AssertionOutsideItsTime);
        for body in [
            r#"{"error_codes": [7000218, 700024]}"#,
            r#"{"error_codes": "700024", "error_description": "AADSTS700024: no"}"#,
            r#"{"error_codes": null, "error_description": "AADSTS1: x AADSTS700024: no"}"#,
            r#"{"error_codes": [-1, "x", 700024]}"#,
        ] {
            for status in [400, 401, 403, 200, 500] {
                assert_eq!(read(status, &[], body).kind, outside, "{status} {body}");
            }
        }
    }

    #[test]
    fn what_passes_by_itself_is_tried_again_by_the_run() {
        let busy =
            |seconds: Option<u64>| ErrorKind::Unavailable { retry_after: seconds.map(Duration::from_secs) };
        let later = [("retry-after", "7")];
        for (status, body) in [
            (400, r#"{"error":"x","error_codes":[90033]}"#),
            (401, r#"{"error":"invalid_client","error_description":"AADSTS50196: loop"}"#),
            (503, r#"{"error":"temporarily_unavailable"}"#),
            (400, r#"{"error":"temporarily_unavailable"}"#),
            (429, ""),
            (429, "<html>"),
            (500, "{}"),
            (502, "<html>"),
        ] {
            assert_eq!(read(status, &[], body).kind, busy(None), "{status} {body}");
            assert_eq!(read(status, &later, body).kind, busy(Some(7)), "{status} {body}");
        }
        assert_eq!(read(504, &[], "").kind, ErrorKind::RequestTimeout);
    }

    #[test]
    fn no_refusal_looks_like_one_of_the_repositorys_server() {
        for status in (200..=299).chain(300..=399).chain(400..=499) {
            for body in ["", "{}", r#"{"error":"invalid_client"}"#, "<html><title>Sign in</title>"] {
                let failure = read(status, &[("content-type", "text/html")], body);
                assert!(
                    matches!(
                        failure.kind,
                        ErrorKind::NoToken(TokenProblem::Entra | TokenProblem::Answer)
                            | ErrorKind::Unavailable { .. }
                            | ErrorKind::RequestTimeout
                            | ErrorKind::Proxy(_)
                    ),
                    "{status} {body}: {failure:?}"
                );
            }
        }
    }

    #[test]
    fn a_page_shows_its_title_and_another_text_nothing() {
        let page = "<html><head><title>Blocked by contoso</title></head><body>hunter22";
        let failure = read(403, &[("content-type", "text/html; charset=utf-8")], page);
        assert_eq!(failure.remote.as_deref(), Some("Blocked by contoso"));
        assert_eq!(failure.kind, ErrorKind::NoToken(TokenProblem::Answer));
        for content_type in ["text/plain", "application/json"] {
            for body in ["hunter22", r#"{"access_token":"hunter22"}"#] {
                let failure = read(403, &[("content-type", content_type)], body);
                assert_eq!(failure.remote, None, "{failure:?}");
            }
        }
    }

    #[test]
    fn an_answer_without_a_token_is_told_in_words() {
        let told = |status| read(status, &[("location", "https://elsewhere.example/")], "{}").message;
        assert_eq!(told(200), "Entra answered 200 OK, without a token");
        assert_eq!(told(302), "Entra answered 302 Found, a redirect, which is not followed");
        assert_eq!(told(401), "Entra answered 401 Unauthorized");
    }
}
