//! Requests that an App makes as itself.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use ureq::http::{HeaderName, StatusCode, header};

use crate::auth::jwt::SigningKey;
use crate::auth::token_client::TokenClient;
use crate::clock::{self, Stopwatch};
use crate::error::Failure;
use crate::http::api::{ApiAnswer, ApiBody, ApiRequest};
use crate::remote::web_url::WebUrl;
use crate::secret::{Secret, SecretMasker};

/// A token is dated so long before it is made, as GitHub asks for, since clocks differ.
const BEFORE: Duration = Duration::from_secs(60);

/// The life of a token, the longest that GitHub takes.
const LIFE: Duration = Duration::from_secs(10 * 60);

const VERSION: HeaderName = HeaderName::from_static("x-github-api-version");

/// The interface of a GitHub, as an App uses it.
pub(super) struct AppApi<'a> {
    pub(super) client: TokenClient<'a>,
    pub(super) base: WebUrl,
    pub(super) app_id: u64,
    pub(super) key: &'a SigningKey,
    pub(super) masker: &'a dyn SecretMasker,
    pub(super) clock: &'a mut Clock,
}

/// The clock that an App's own tokens are dated by.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Clock {
    /// This machine's.
    #[default]
    Machine,
    /// GitHub's, since this machine's is wrong: what it showed, and the time since then.
    Server(SystemTime, Stopwatch),
}

impl Clock {
    fn now(self) -> SystemTime {
        match self {
            Self::Machine => clock::now(),
            Self::Server(date, since) => date + since.elapsed(),
        }
    }
}

impl AppApi<'_> {
    /// Asks for what is below this path.
    pub(super) fn get(&mut self, below: String) -> Result<ApiAnswer, Failure> {
        self.ask(&ApiRequest::get(&self.base, below))
    }

    /// Asks for a token of an installation, for all that it has been given.
    pub(super) fn issue_token(&mut self, installation: u64) -> Result<ApiAnswer, Failure> {
        let below = format!("app/installations/{installation}/access_tokens");
        self.ask(&ApiRequest::post(&self.base, below, ApiBody::Empty))
    }

    /// Sends a request, and once again by GitHub's clock if it says that this machine's is wrong.
    fn ask(&mut self, request: &ApiRequest) -> Result<ApiAnswer, Failure> {
        let answer = self.send(request)?;
        let date = answer.date().filter(|_| is_of_clock(&answer));
        let Some(date) = date else { return Ok(answer) };
        *self.clock = Clock::Server(date, Stopwatch::start());
        self.send(request)
    }

    fn send(&self, request: &ApiRequest) -> Result<ApiAnswer, Failure> {
        let token = self.key.sign(&[], &claims(self.app_id, self.clock.now()))?;
        for mask in token.encodings() {
            self.masker.mask(&mask);
        }
        let request = request
            .clone()
            .with(header::AUTHORIZATION, Secret::new(format!("Bearer {}", token.expose())))
            .with(header::ACCEPT, Secret::new("application/vnd.github+json"))
            .with(VERSION, Secret::new("2022-11-28"));
        self.client.ask(&request)
    }
}

/// Returns what the App says of itself. Its end is at most ten minutes ahead of GitHub's clock: no later is taken.
fn claims(app_id: u64, now: SystemTime) -> Value {
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let issued = now.saturating_sub(BEFORE);
    json!({"iat": issued.as_secs(), "exp": (issued + LIFE).as_secs(), "iss": app_id.to_string()})
}

/// Tells whether GitHub finds the App's own token outside its time: "'Issued at' claim ('iat') must be an Integer
/// representing the time that the assertion was issued", "'Expiration time' claim ('exp') is too far in the future" and
/// others.
pub(super) fn is_of_clock(answer: &ApiAnswer) -> bool {
    let words = answer.words().unwrap_or_default();
    answer.status == StatusCode::UNAUTHORIZED && ["'iat'", "'exp'"].iter().any(|claim| words.contains(claim))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_of_a_minute_ago_and_lives_ten() {
        let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let expected = json!({"iss": "7", "iat": 1_799_999_940_u64, "exp": 1_800_000_540_u64});
        assert_eq!(claims(7, now), expected);
        // A machine without a clock of its own begins in 1970.
        assert_eq!(claims(7, UNIX_EPOCH), json!({"iss": "7", "iat": 0, "exp": 600}));
    }
}
