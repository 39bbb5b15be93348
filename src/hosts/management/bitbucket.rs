//! Bitbucket, in the cloud and on premises: two interfaces with little in common. Neither has internal repositories.

use serde_json::json;
use ureq::http::{Method, StatusCode};

use super::{Call, Home, Management, NewRepository, RepositoryPlace, branch_in_full, short_branch};
use crate::hosts::address::{ContainerKind, Parts, name_of};
use crate::hosts::bitbucket_address;
use crate::hosts::listing::bitbucket::{
    clone_url_in_cloud, clone_url_on_server, read_one_in_cloud, read_one_on_server, workspace,
};
use crate::hosts::listing::{ListAnswer, ListedRepository, Visibility, part_of_path};
use crate::protocol::ref_name::RefName;
use crate::remote::web_url::WebUrl;

/// The requests of the cloud.
pub(crate) const CLOUD: Management = Management {
    place: place_in_cloud,
    url: |place| clone_url_in_cloud(&place.container, &place.name),
    look: |place| in_cloud(place).map(Call::get),
    read: |place, answer| read_one_in_cloud(&place.container, answer),
    before_creation: |_| Vec::new(),
    home: no_home,
    create: create_in_cloud,
    set_default_branch: |place, _, branch| {
        let body = json!({"mainbranch": {"name": short_branch(branch)?}});
        Some(Call::with_body(Method::PUT, in_cloud(place)?, &body))
    },
};

/// The requests of a server.
pub(crate) const SERVER: Management = Management {
    place: place_on_server,
    url: |place| clone_url_on_server(&place.container, &place.name),
    look: |place| on_server(place).map(Call::get),
    read: |place, answer| read_one_on_server(&place.container, answer),
    create: create_on_server,
    set_default_branch: set_default_branch_on_server,
    ..CLOUD
};

/// Reads `WORKSPACE/NAME`.
fn place_in_cloud(url: &WebUrl) -> Option<RepositoryPlace> {
    let parts = Parts::of(url);
    let [workspace, name] = *parts.words() else { return None };
    let kind = ContainerKind::Workspace { workspace: name_of(workspace) };
    part_of_path(&name_of(workspace))?;
    RepositoryPlace::new(parts.container(&[workspace], kind), name)
}

fn in_cloud(place: &RepositoryPlace) -> Option<String> {
    let workspace = part_of_path(workspace(&place.container)?)?;
    Some(format!("repositories/{workspace}/{}", part_of_path(&place.name)?))
}

/// Nothing is asked for before.
fn no_home(_: &RepositoryPlace, _: StatusCode, _: &ListAnswer<'_>) -> Option<Home> {
    None
}

/// Without a project it is created in the oldest of the workspace.
fn create_in_cloud(place: &RepositoryPlace, _: &Home, new: NewRepository) -> Option<Call> {
    let mut body = json!({"scm": "git", "is_private": new.visibility != Visibility::Public});
    if let (ContainerKind::WorkspaceProject { key, .. }, Some(fields)) =
        (&place.container.kind, body.as_object_mut())
    {
        fields.insert("project".to_owned(), json!({"key": key}));
    }
    Some(Call::with_body(Method::POST, in_cloud(place)?, &body))
}

/// Reads `scm/KEY/NAME`, which may be below a folder.
fn place_on_server(url: &WebUrl) -> Option<RepositoryPlace> {
    let parts = Parts::of(url);
    let words = parts.words();
    let (folder, behind) = words.split_at(words.iter().position(|word| *word == "scm")?);
    let [_, key, name] = *behind else { return None };
    part_of_path(&name_of(key))?;
    RepositoryPlace::new(bitbucket_address::server_project(&parts, folder, key), name)
}

fn project(place: &RepositoryPlace) -> Option<String> {
    let ContainerKind::ServerProject { key } = &place.container.kind else { return None };
    Some(format!("projects/{}/repos", part_of_path(key)?))
}

fn on_server(place: &RepositoryPlace) -> Option<String> {
    Some(format!("{}/{}", project(place)?, part_of_path(&place.name)?))
}

fn create_on_server(place: &RepositoryPlace, _: &Home, new: NewRepository) -> Option<Call> {
    part_of_path(&place.name)?;
    let body = json!({"name": place.name, "scmId": "git", "public": new.visibility == Visibility::Public});
    Some(Call::with_body(Method::POST, project(place)?, &body))
}

/// Servers since 7.5 know this request; that it is also in this version of the interface is unconfirmed.
fn set_default_branch_on_server(
    place: &RepositoryPlace,
    _: &ListedRepository,
    branch: &RefName,
) -> Option<Call> {
    let body = json!({"id": branch_in_full(branch)?});
    Some(Call::with_body(Method::PUT, format!("{}/default-branch", on_server(place)?), &body))
}
