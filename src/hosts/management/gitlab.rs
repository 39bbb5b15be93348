//! GitLab. A project is created in a namespace, which is a group's or a user's.

use serde::Deserialize;
use serde_json::{Value, json};
use ureq::http::{Method, StatusCode};

use super::{Call, Home, Management, NewRepository, RepositoryPlace, short_branch};
use crate::hosts::address::{Container, escaped};
use crate::hosts::address::{ContainerKind, Parts, name_of};
use crate::hosts::gitlab::NO_GROUPS;
use crate::hosts::listing::gitlab::{clone_url, read_one, visibility};
use crate::hosts::listing::{ListAnswer, Listed, ListedRepository, Visibility, body, is_usable};
use crate::protocol::ref_name::RefName;
use crate::remote::web_url::WebUrl;

/// Its requests.
pub(crate) const MANAGEMENT: Management = Management {
    place,
    url: |place| clone_url(&place.container, &place.name),
    look: |place| path(place).map(|path| Call::get(format!("projects/{path}"))),
    read: |place, answer| read_one(&place.container, answer),
    before_creation,
    home,
    create,
    set_default_branch,
};

/// Returns the request that tells of a group. Its refusal by 404 means that there is none, or none that is shown.
pub(crate) fn group_request(container: &Container) -> Option<String> {
    group(container).map(|group| format!("groups/{group}?with_projects=false"))
}

/// Reads `GROUP/…/NAME`, all that stands before the name being one container.
fn place(url: &WebUrl) -> Option<RepositoryPlace> {
    let parts = Parts::of(url);
    let [group @ .., name] = parts.words() else { return None };
    let is_group = !group.is_empty() && !group.iter().chain([name]).any(|word| *word == "-");
    if !is_group || group.iter().take(1).any(|first| NO_GROUPS.contain(first)) {
        return None;
    }
    let kind =
        ContainerKind::Group { path: group.iter().map(|word| name_of(word)).collect::<Vec<_>>().join("/") };
    group.iter().all(|word| is_usable(&name_of(word))).then_some(())?;
    RepositoryPlace::new(parts.container(group, kind), name).filter(RepositoryPlace::is_no_wiki)
}

/// Returns the path of a group, escaped as a whole: it is one part of a path there.
fn group(container: &Container) -> Option<String> {
    let ContainerKind::Group { path } = &container.kind else { return None };
    path.split('/').all(is_usable).then(|| escaped(path))
}

fn path(place: &RepositoryPlace) -> Option<String> {
    let name = is_usable(&place.name).then(|| escaped(&place.name))?;
    group(&place.container).map(|group| format!("{group}%2F{name}"))
}

fn before_creation(place: &RepositoryPlace) -> Vec<Call> {
    let namespace = group(&place.container).map(|path| format!("namespaces/{path}"));
    [group_request(&place.container), namespace].into_iter().flatten().map(Call::get).collect()
}

/// Reads what is told of a group or a namespace: the fields that are needed have the same names.
fn home(_: &RepositoryPlace, status: StatusCode, answer: &ListAnswer<'_>) -> Option<Home> {
    #[derive(Deserialize)]
    struct Namespace {
        id: u64,
        visibility: Option<String>,
        kind: Option<String>,
    }
    let Namespace { id, visibility: word, kind } = body(answer).ok().filter(|_| status.is_success())?;
    let owner = if kind.as_deref() == Some("user") { Listed::User } else { Listed::Organization };
    let widest = word.as_deref().and_then(visibility);
    Some(Home { owner: Some(owner), id: Some(id.to_string()), widest, ..Home::default() })
}

fn create(place: &RepositoryPlace, home: &Home, new: NewRepository) -> Option<Call> {
    let visibility = match new.visibility {
        Visibility::Private => "private",
        Visibility::Internal => "internal",
        Visibility::Public => "public",
    };
    path(place)?;
    let body = json!({
        "path": place.name,
        "name": place.name,
        "namespace_id": home.id.as_ref()?.parse::<u64>().ok()?,
        "visibility": visibility,
        "initialize_with_readme": false,
    });
    Some(Call::with_body(Method::POST, "projects".to_owned(), &body))
}

fn set_default_branch(_: &RepositoryPlace, repository: &ListedRepository, branch: &RefName) -> Option<Call> {
    let id: u64 = repository.id.parse().ok()?;
    let body: Value = json!({"default_branch": short_branch(branch)?});
    Some(Call::with_body(Method::PUT, format!("projects/{id}"), &body))
}
