//! The reasons why GitHub gives an App no token, by its answers.

use std::time::{Duration, UNIX_EPOCH};

use ureq::http::StatusCode;

use super::app_request::{AppApi, is_of_clock};
use super::target::AppTarget;
use crate::auth::credentials::TokenError;
use crate::error::{ErrorKind, Failure, TokenProblem};
use crate::http::api::ApiAnswer;

/// Says why an answer does not bring what was `wanted`, an installation or a token.
pub(super) fn failure(answer: &ApiAnswer, app: &AppApi<'_>, wanted: &str) -> Failure {
    let words = answer.words();
    let said = words.as_deref().unwrap_or_default().to_lowercase();
    let kind = match answer.status {
        _ if is_of_clock(answer) => ErrorKind::NoToken(TokenProblem::AppClock),
        // "A JSON web token could not be decoded", "Integration not found" and others.
        StatusCode::UNAUTHORIZED => ErrorKind::NoToken(TokenProblem::UnknownApp),
        StatusCode::FORBIDDEN if said.contains("installation has been suspended") => {
            return suspended(app, words);
        }
        StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS => limited(answer, &said),
        status if status.is_success() => ErrorKind::NoToken(TokenProblem::Answer),
        _ => answer.kind(),
    };
    answer.refusal(kind, app.base.host(), wanted)
}

/// Returns the kind of a refusal that may be one of who asks too often.
fn limited(answer: &ApiAnswer, said: &str) -> ErrorKind {
    let number = |name: &str| answer.headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
    let is_used_up = number("x-ratelimit-remaining") == Some(0);
    match answer.kind() {
        ErrorKind::Forbidden if !is_used_up && !said.contains("rate limit") => ErrorKind::Forbidden,
        // By the server's own clock, as everything here.
        ErrorKind::Forbidden | ErrorKind::Unavailable { retry_after: None } => {
            let reset = number("x-ratelimit-reset").filter(|_| is_used_up);
            let wait = reset.zip(answer.date()).map(|(reset, date)| {
                (UNIX_EPOCH + Duration::from_secs(reset.min(u32::MAX.into()))).duration_since(date)
            });
            ErrorKind::Unavailable { retry_after: wait.map(Result::unwrap_or_default) }
        }
        kind => kind,
    }
}

/// Says that the App is installed for no repository of the owner.
pub(super) fn not_installed(app: &AppApi<'_>, target: &AppTarget, answer: &ApiAnswer) -> Failure {
    let (app_id, owner) = (app.app_id, target.owner());
    let message = format!("the GitHub App {app_id} is not installed for '{owner}', says {}", app.base.host());
    Failure::new(ErrorKind::NoToken(TokenProblem::AppNotInstalled), message).with_remote(answer.words())
}

/// Says that the installation is suspended.
pub(super) fn suspended(app: &AppApi<'_>, words: Option<String>) -> Failure {
    let message =
        format!("the installation of the GitHub App {} is suspended, says {}", app.app_id, app.base.host());
    Failure::new(ErrorKind::NoToken(TokenProblem::AppSuspended), message).with_remote(words)
}

/// Says that what was issued is no token that can be sent.
pub(super) fn no_token(app: &AppApi<'_>, error: TokenError) -> Failure {
    let message = format!("{} issued a token that cannot be used: {error}", app.base.host());
    Failure::new(ErrorKind::NoToken(TokenProblem::Answer), message)
}
