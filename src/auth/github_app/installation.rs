//! Finds the installation of an App: by the repository where there is one, else by the owner.

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

/// Returns the id of the installation. A repository that is still to be created is found by its owner.
pub(super) fn find(app: &mut AppApi<'_>, target: &AppTarget) -> Result<u64, Failure> {
    let owner = target.owner();
    if let Some(repository) = target.repository() {
        let answer = app.get(format!("repos/{owner}/{repository}/installation"))?;
        // A repository that was renamed or given away is a redirect, and another owner's would be another token.
        if answer.status != StatusCode::NOT_FOUND && !answer.status.is_redirection() {
            return id(&answer, app);
        }
    }
    let of_organization = app.get(format!("orgs/{owner}/installation"))?;
    if of_organization.status != StatusCode::NOT_FOUND {
        return id(&of_organization, app);
    }
    let of_user = app.get(format!("users/{owner}/installation"))?;
    if of_user.status != StatusCode::NOT_FOUND {
        return id(&of_user, app);
    }
    Err(refusal::not_installed(app, target, &of_user))
}

fn id(answer: &ApiAnswer, app: &AppApi<'_>) -> Result<u64, Failure> {
    match answer.success() {
        Some(Installation { suspended_at: None, id }) => Ok(id),
        Some(_) => Err(refusal::suspended(app, None)),
        None => Err(refusal::failure(answer, app, "an installation")),
    }
}
