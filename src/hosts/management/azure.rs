//! Azure DevOps, in the cloud and on a server. A repository is as visible as its project.

use serde::Deserialize;
use serde_json::json;
use ureq::http::{Method, StatusCode};

use super::{Call, Home, Management, RepositoryPlace, branch_in_full};
use crate::hosts::address::{ContainerKind, Parts};
use crate::hosts::azure_address;
use crate::hosts::listing::azure::{IN_CLOUD, ON_SERVER, clone_url, read_one, visibility};
use crate::hosts::listing::{ListAnswer, ListedRepository, body, part_of_path};
use crate::protocol::ref_name::RefName;

/// The requests of the cloud.
pub(crate) const CLOUD: Management = Management {
    place: |url| azure_address::place_in_cloud(&Parts::of(url)),
    look: |place| look(place, IN_CLOUD),
    before_creation: |place| before_creation(place, IN_CLOUD),
    create: |place, home, _| create(place, home, IN_CLOUD),
    set_default_branch: |place, repository, branch| set_default_branch(place, repository, branch, IN_CLOUD),
    url: |place| clone_url(&place.container, &place.name),
    read: |place, answer| read_one(&place.container, answer),
    home,
};

/// The requests of a server.
pub(crate) const SERVER: Management = Management {
    place: |url| azure_address::place_on_server(&Parts::of(url)),
    look: |place| look(place, ON_SERVER),
    before_creation: |place| before_creation(place, ON_SERVER),
    create: |place, home, _| create(place, home, ON_SERVER),
    set_default_branch: |place, repository, branch| set_default_branch(place, repository, branch, ON_SERVER),
    ..CLOUD
};

#[derive(Deserialize)]
struct Project {
    id: String,
    visibility: Option<String>,
}

/// Returns the project of a repository, as a part of a path.
fn project(place: &RepositoryPlace) -> Option<String> {
    let ContainerKind::Project { project, .. } = &place.container.kind else { return None };
    part_of_path(project)
}

fn repositories(place: &RepositoryPlace) -> Option<String> {
    Some(format!("{}/_apis/git/repositories", project(place)?))
}

fn look(place: &RepositoryPlace, version: &str) -> Option<Call> {
    let name = part_of_path(&place.name)?;
    Some(Call::get(format!("{}/{name}?api-version={version}", repositories(place)?)))
}

fn before_creation(place: &RepositoryPlace, version: &str) -> Vec<Call> {
    let project = project(place).map(|project| format!("_apis/projects/{project}?api-version={version}"));
    project.map(Call::get).into_iter().collect()
}

fn home(_: &RepositoryPlace, status: StatusCode, answer: &ListAnswer<'_>) -> Option<Home> {
    let Project { id, visibility: word } = body(answer).ok().filter(|_| status.is_success())?;
    let visibility = word.as_deref().and_then(visibility);
    Some(Home { id: Some(id), visibility, ..Home::default() })
}

fn create(place: &RepositoryPlace, home: &Home, version: &str) -> Option<Call> {
    let below = format!("{}?api-version={version}", repositories(place)?);
    part_of_path(&place.name)?;
    let body = json!({"name": place.name, "project": {"id": home.id.as_ref()?}});
    Some(Call::with_body(Method::POST, below, &body))
}

/// Names the repository by its id: this request takes no name.
fn set_default_branch(
    place: &RepositoryPlace,
    repository: &ListedRepository,
    branch: &RefName,
    version: &str,
) -> Option<Call> {
    let id = part_of_path(&repository.id)?;
    let below = format!("{}/{id}?api-version={version}", repositories(place)?);
    let body = json!({"defaultBranch": branch_in_full(branch)?});
    Some(Call::with_body(Method::PATCH, below, &body))
}
