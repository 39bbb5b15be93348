//! Reads the answer that holds a token. Pure.

use std::time::{Duration, SystemTime};

use serde::Deserialize;

use super::refusal;
use crate::clock;
use crate::error::{ErrorKind, Failure, TokenProblem};
use crate::http::api::ApiAnswer;
use crate::secret::Secret;

/// The longest token, in bytes. Those of Entra have some thousands; no server takes a header of more.
const LONGEST_TOKEN: usize = 64 * 1024;

/// The longest life of a token. Those of Entra have at most 28 hours: beyond this a number is an error, or a lie.
const LONGEST_LIFE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// An access token.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Issued {
    pub(super) token: Secret,
    pub(super) lifetime: Duration,
}

/// An answer with a token. Entra gives its life as a number, managed identities as text.
#[derive(Deserialize)]
struct Body {
    access_token: String,
    expires_in: Option<Number>,
    /// The end of its life in seconds since 1970, which App Service gives in place of `expires_in`.
    expires_on: Option<Number>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Number(u64),
    Text(String),
}

/// Reads a token.
///
/// # Errors
///
/// Fails if the answer holds none, or one that cannot be used, or says no. `server` names who answered, and `other` is the
/// problem where it says no for a reason that is not known here.
pub(super) fn issued(answer: &ApiAnswer, server: &str, other: TokenProblem) -> Result<Issued, Failure> {
    let Some(body) = answer.success::<Body>() else {
        return Err(refusal::of(answer, server, other));
    };
    let unusable = |what: &str| {
        Failure::new(ErrorKind::NoToken(TokenProblem::Answer), format!("{server} answered with {what}"))
    };
    let lifetime =
        body.lifetime(answer).ok_or_else(|| unusable("a token that does not say how long it serves"))?;
    if lifetime.is_zero() {
        return Err(unusable("a token whose time is over"));
    }
    if lifetime > LONGEST_LIFE {
        return Err(unusable("a token that would serve for more than 30 days"));
    }
    let token = checked(&body.access_token).ok_or_else(|| unusable("something that is no token"))?;
    Ok(Issued { token, lifetime })
}

/// Returns a token that a header can hold: of the characters of `b64token` (RFC 6750, section 2.1), which those of a
/// JSON Web Token are too, and not longer than any server takes.
pub(super) fn checked(token: &str) -> Option<Secret> {
    let is_of_token =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/');
    let before_padding = token.trim_end_matches('=');
    let is_token =
        !before_padding.is_empty() && token.len() <= LONGEST_TOKEN && before_padding.bytes().all(is_of_token);
    is_token.then(|| Secret::new(token))
}

impl Body {
    fn lifetime(&self, answer: &ApiAnswer) -> Option<Duration> {
        if let Some(seconds) = &self.expires_in {
            return seconds.seconds();
        }
        let end = SystemTime::UNIX_EPOCH.checked_add(self.expires_on.as_ref()?.seconds()?)?;
        // By the clock of the server, if it tells: ours may be wrong.
        let now = answer.date().unwrap_or_else(clock::now);
        Some(end.duration_since(now).unwrap_or_default())
    }
}

impl Number {
    fn seconds(&self) -> Option<Duration> {
        let seconds = match self {
            Self::Number(seconds) => *seconds,
            Self::Text(text) => text.trim().parse().ok()?,
        };
        Some(Duration::from_secs(seconds))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::auth::entra::testing::answer;

    /// 8:49:37 of that day.
    const DATE: (&str, &str) = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
    const THEN: u64 = 784_111_777;

    fn read(body: &str) -> Result<(String, u64), Failure> {
        let issued = issued(&answer(200, &[DATE], body.as_bytes()), "Entra", TokenProblem::Entra)?;
        Ok((issued.token.expose().to_owned(), issued.lifetime.as_secs()))
    }

    #[test]
    fn a_life_is_a_number_or_text_or_an_end() {
        for (life, seconds) in [
            (r#""expires_in": 3599"#.to_owned(), 3599),
            (r#""expires_in": "86399", "expires_on": 1"#.to_owned(), 86_399),
            (format!(r#""expires_on": "{}""#, THEN + 60), 60),
            (format!(r#""expires_on": {}, "expires_in": null"#, THEN + 60), 60),
        ] {
            let body = format!(r#"{{"access_token": "eyJ0.e30.-_~+/==", {life}, "token_type": "Bearer"}}"#);
            assert_eq!(read(&body).unwrap(), ("eyJ0.e30.-_~+/==".to_owned(), seconds), "{life}");
        }
    }

    #[test]
    fn a_token_that_cannot_serve_is_refused_and_not_shown() {
        let long = "hunter22".repeat(9000);
        for (token, life) in [
            ("hunter22", r#""expires_in": 0"#),
            ("hunter22", r#""expires_in": "0""#),
            ("hunter22", r#""expires_in": 18446744073709551615"#),
            ("hunter22", r#""expires_in": 1e400"#),
            ("hunter22", r#""expires_in": -1"#),
            ("hunter22", r#""expires_in": 1.5"#),
            ("hunter22", r#""expires_in": "soon""#),
            ("hunter22", r#""expires_in": []"#),
            ("hunter22", r#""expires_on": 784111777"#),
            ("hunter22", r#""expires_on": 18446744073709551615"#),
            ("hunter22", r#""a": 1"#),
            ("hunter22\\n", r#""expires_in": 3600"#),
            ("hunter22 hunter22", r#""expires_in": 3600"#),
            ("hunter22\\u200b", r#""expires_in": 3600"#),
            ("hunter22=x", r#""expires_in": 3600"#),
            ("<b>hunter22", r#""expires_in": 3600"#),
            ("", r#""expires_in": 3600"#),
            ("====", r#""expires_in": 3600"#),
            (&long, r#""expires_in": 3600"#),
        ] {
            let failure = read(&format!(r#"{{"access_token": "{token}", {life}}}"#)).unwrap_err();
            assert_eq!(failure.kind, ErrorKind::NoToken(TokenProblem::Answer), "{token} {life}");
            assert!(!format!("{failure:?}").contains("hunter"), "{failure:?}");
        }
    }

    #[test]
    fn an_answer_of_another_shape_is_none_and_not_shown() {
        let deep = "[".repeat(100_000);
        for body in [
            "",
            "null",
            "[]",
            "7",
            r#""hunter22""#,
            "<html><title>hunter22</title>",
            r#"{"access_token": 7}"#,
            r#"{"token": "hunter22"}"#,
            r#"{"access_token": "hunter22"}x"#,
            "hunter22\u{0}",
            &deep,
            r#"{"access_token": "hunter22", "access_token": "hunter22", "expires_in": 3600}"#,
        ] {
            let failure = read(body).unwrap_err();
            assert_eq!(failure.kind, ErrorKind::NoToken(TokenProblem::Answer), "{body}");
            assert!(!format!("{failure:?}").contains("hunter"), "{failure:?}");
        }
    }

    proptest! {
        #[test]
        fn no_answer_makes_it_panic(
            status in 100u16..1000,
            body in prop_oneof![
                prop::collection::vec(any::<u8>(), 0..300).boxed(),
                r#"\{("(access_token|expires_in|expires_on|error|error_codes|error_description|message)":("[ -~]{0,9}"|-?[0-9]{1,25}|null|\[[0-9,]{0,9}\]|\{\}),?){0,4}\}"#
                    .prop_map(String::into_bytes).boxed(),
            ],
        ) {
            let answer = answer(status, &[], &body);
            match issued(&answer, "Entra", TokenProblem::Entra) {
                Ok(Issued { token, lifetime }) => {
                    prop_assert!(checked(token.expose()).is_some() && !lifetime.is_zero());
                }
                Err(failure) => prop_assert!(!failure.kind.is_lack_of_rights(), "{failure:?}"),
            }
        }
    }
}
