//! Finds the installation of an App: by the repository, else by its owner.

use serde::Deserialize;
use serde_json::Value;
use ureq::http::StatusCode;

use super::app_request::AppApi;
use super::refusal;
use super::target::AppTarget;
use crate::error::Failure;
use crate::http::api::ApiAnswer;

/// The parts of an installation that are needed.
#[derive(Deserialize)]
struct Installation {
    id: u64,
    suspended_at: Option<Value>,
}

/// Returns the id of the installation. A destination that is still to be created is found by its owner.
pub(super) fn find(app: &mut AppApi<'_>, target: &AppTarget) -> Result<u64, Failure> {
    let (owner, repository) = (target.owner(), target.repository());
    let of_repository = app.get(format!("repos/{owner}/{repository}/installation"))?;
    // A repository that was renamed or given away is a redirect, and another owner's would be another token.
    if of_repository.status != StatusCode::NOT_FOUND && !of_repository.status.is_redirection() {
        return id(&of_repository, app);
    }
    let mut last = of_repository;
    for kind in ["orgs", "users"] {
        last = app.get(format!("{kind}/{owner}/installation"))?;
        if last.status != StatusCode::NOT_FOUND {
            return id(&last, app);
        }
    }
    Err(refusal::not_installed(app, target, &last))
}

fn id(answer: &ApiAnswer, app: &AppApi<'_>) -> Result<u64, Failure> {
    match answer.success() {
        Some(Installation { suspended_at: None, id }) => Ok(id),
        Some(_) => Err(refusal::suspended(app, None)),
        None => Err(refusal::failure(answer, app, "an installation")),
    }
}
