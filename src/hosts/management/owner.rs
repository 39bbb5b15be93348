//! The interface that GitHub and Gitea have in common: a repository is `OWNER/NAME`, and its owner a user or an organization.

use serde::Deserialize;
use serde_json::json;
use ureq::http::{Method, StatusCode};

use super::{Call, Create, Home, Management, ReadPlace, ReadRepository, RepositoryPlace, short_branch};
use crate::hosts::address::{ContainerKind, Parts, Words, name_of};
use crate::hosts::listing::owner::clone_url;
use crate::hosts::listing::{ListAnswer, Listed, ListedRepository, body, part_of_path};
use crate::protocol::ref_name::RefName;
use crate::remote::web_url::WebUrl;

/// Returns the requests of a host of this kind. Where a repository is, how it is told of and how it is created differ.
pub(super) const fn management(place: ReadPlace, read: ReadRepository, create: Create) -> Management {
    Management {
        place,
        url: |place| clone_url(&place.container, &place.name),
        look,
        read,
        before_creation,
        home,
        create,
        set_default_branch,
    }
}

/// Reads `OWNER/NAME`. These are no owners. A wiki is a part of its repository, and none of its own.
pub(super) fn place(url: &WebUrl, no_owners: Words) -> Option<RepositoryPlace> {
    let parts = Parts::of(url);
    let [owner, name] = *parts.words() else { return None };
    if no_owners.contain(owner) {
        return None;
    }
    let owner_name = name_of(owner);
    part_of_path(&owner_name)?;
    let container = parts.container(&[owner], ContainerKind::Owner { owner: owner_name });
    RepositoryPlace::new(container, name)
}

pub(super) fn owner(place: &RepositoryPlace) -> Option<&str> {
    let ContainerKind::Owner { owner } = &place.container.kind else { return None };
    Some(owner)
}

fn repository(place: &RepositoryPlace) -> Option<String> {
    Some(format!("repos/{}/{}", part_of_path(owner(place)?)?, part_of_path(&place.name)?))
}

fn look(place: &RepositoryPlace) -> Option<Call> {
    repository(place).map(Call::get)
}

/// Asks who signed in.
fn before_creation(_: &RepositoryPlace) -> Vec<Call> {
    vec![Call::get("user".to_owned())]
}

/// Tells whether the owner is the user who signed in. An App and a token with few rights are not told who they are: then
/// it is an organization.
fn home(place: &RepositoryPlace, status: StatusCode, answer: &ListAnswer<'_>) -> Option<Home> {
    #[derive(Deserialize)]
    struct User {
        login: String,
    }
    let owner = owner(place)?;
    let listed = match status {
        StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => Listed::Organization,
        _ if status.is_success() => {
            let User { login } = body(answer).ok()?;
            if login.eq_ignore_ascii_case(owner) { Listed::Oneself } else { Listed::Organization }
        }
        _ => return None,
    };
    Some(Home { owner: Some(listed), ..Home::default() })
}

/// Returns the place where repositories of this owner are created.
pub(super) fn creation(place: &RepositoryPlace, home: &Home) -> Option<String> {
    part_of_path(&place.name)?;
    Some(match home.owner {
        Some(Listed::Oneself) => "user/repos".to_owned(),
        _ => format!("orgs/{}/repos", part_of_path(owner(place)?)?),
    })
}

fn set_default_branch(place: &RepositoryPlace, _: &ListedRepository, branch: &RefName) -> Option<Call> {
    let body = json!({"default_branch": short_branch(branch)?});
    Some(Call::with_body(Method::PATCH, repository(place)?, &body))
}
