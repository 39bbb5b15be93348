//! Reads the answer that holds a token. Pure.

use std::time::{Duration, SystemTime};

use serde::Deserialize;
use serde_json::Value;

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
    #[serde(default)]
    expires_in: Value,
    /// The end of its life in seconds since 1970, which App Service gives in place of `expires_in`.
    #[serde(default)]
    expires_on: Value,
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
    let lifetime = body.lifetime(answer).map_err(unusable)?;
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
    /// Returns how long it serves, or says what is wrong with that.
    fn lifetime(&self, answer: &ApiAnswer) -> Result<Duration, &'static str> {
        if !self.expires_in.is_null() {
            return seconds(&self.expires_in)
                .ok_or("a token whose life ('expires_in') is no number of whole seconds");
        }
        if self.expires_on.is_null() {
            return Err("a token that does not say how long it serves");
        }
        let end = seconds(&self.expires_on).and_then(|end| SystemTime::UNIX_EPOCH.checked_add(end));
        let end = end.ok_or("a token whose end ('expires_on') is no time in whole seconds")?;
        // By the clock of the server, if it tells: ours may be wrong.
        let now = answer.date().unwrap_or_else(clock::now);
        Ok(end.duration_since(now).unwrap_or_default())
    }
}

/// Reads a number of whole seconds, which may be text, and written with a fraction of none: `3599.0`.
fn seconds(value: &Value) -> Option<Duration> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return None,
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, "0"));
    let is_whole = !fraction.is_empty() && fraction.bytes().all(|digit| digit == b'0');
    whole.parse().ok().filter(|_| is_whole).map(Duration::from_secs)
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
            (r#""expires_in": 3599.0"#.to_owned(), 3599),
            (r#""expires_in": "3599.000""#.to_owned(), 3599),
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
    fn a_life_that_cannot_be_read_is_told_in_words() {
        let told =
            |life: &str| read(&format!(r#"{{"access_token":"hunter22",{life}}}"#)).unwrap_err().message;
        for life in ["-1", "1.5", "\"soon\"", "\"1.\"", "[]", "true", "1e300"] {
            let message = told(&format!("\"expires_in\":{life}"));
            assert!(
                message.ends_with("a token whose life ('expires_in') is no number of whole seconds"),
                "{message}"
            );
        }
        let message = told(r#""expires_on":-1"#);
        assert!(
            message.ends_with("a token whose end ('expires_on') is no time in whole seconds"),
            "{message}"
        );
        let message = told(r#""a":1"#);
        assert!(message.ends_with("a token that does not say how long it serves"), "{message}");
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
