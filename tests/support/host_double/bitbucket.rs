//! Bitbucket Data Center's interface, `/rest/api/1.0` and `/rest/api/latest`, for projects and repositories.

use serde_json::{Value, json};

use super::answer::{Answer, Call, slice};
use super::world::{Home, Hosted, Origin, Standing, World};

pub(super) fn answer(world: &mut World, call: &Call) -> Answer {
    let path: Vec<_> = call.path.iter().map(String::as_str).collect();
    if path.as_slice() == ["plugins", "servlet", "applinks", "whoami"] {
        return Answer::new(200, json!(world.account));
    }
    let ["rest", "api", "1.0" | "latest", path @ ..] = path.as_slice() else { return not_found("null") };
    match (call.method.as_str(), path) {
        ("GET", ["projects", key]) => match world.home(key) {
            Some(home) => Answer::new(200, told_project(home)),
            None => no_project(key),
        },
        ("GET", ["projects", key, "repos"]) => match world.home(key).map(|home| home.path.clone()) {
            Some(key) => list(world, call, &key),
            None => no_project(key),
        },
        ("POST", ["projects", key, "repos"]) => match world.home(key).cloned() {
            Some(home) => create(world, call, &home),
            None => no_project(key),
        },
        ("GET", ["projects", key, "repos", slug]) => match world.find(&format!("{key}/{slug}")) {
            Some(hosted) => Answer::new(200, told(world, hosted)),
            None => not_found(&format!("{key}/{slug}")),
        },
        // The first in newer versions, the second in all; it went with the tenth.
        (
            "PUT",
            ["projects", key, "repos", slug, "default-branch"]
            | ["projects", key, "repos", slug, "branches", "default"],
        ) => change(world, call, &format!("{key}/{slug}")),
        _ => not_found("null"),
    }
}

fn refusal(status: u16, context: Option<&str>, message: &str, exception: &str) -> Answer {
    let exception = format!("com.atlassian.bitbucket.repository.{exception}");
    let error = json!({"context": context, "message": message, "exceptionName": exception});
    Answer::new(status, json!({"errors": [error]}))
}

fn not_found(path: &str) -> Answer {
    refusal(404, None, &format!("Repository {path} does not exist."), "NoSuchRepositoryException")
}

fn no_project(key: &str) -> Answer {
    refusal(404, None, &format!("Project {key} does not exist."), "NoSuchProjectException")
}

fn told_project(Home { id, path, visibility }: &Home) -> Value {
    json!({"key": path, "id": id, "name": path, "public": *visibility == "public", "type": "NORMAL"})
}

fn told(world: &World, hosted: &Hosted) -> Value {
    let Hosted { id, container, name, visibility, .. } = hosted;
    let mut told = json!({
        "slug": name.to_lowercase(),
        "id": id,
        "name": name,
        "hierarchyId": "e3c939f9ef4a7fae272e",
        "scmId": "git",
        "state": if hosted.standing == Standing::Disabled { "OFFLINE" } else { "AVAILABLE" },
        "statusMessage": "Available",
        "forkable": true,
        "project": world.home(container).map(told_project),
        "public": *visibility == "public",
        "archived": hosted.standing == Standing::Archived,
        "links": {"clone": [{"href": world.told_url(hosted), "name": "http"}]},
    });
    if let Some(branch) = hosted.default_branch() {
        told["defaultBranch"] = json!(branch.strip_prefix("refs/heads/"));
    }
    if hosted.origin == Origin::Fork {
        told["origin"] = json!({"slug": "one", "id": 1, "project": {"key": "UP"}});
    }
    told
}

fn list(world: &mut World, call: &Call, key: &str) -> Answer {
    let all = world.listed(|hosted| hosted.container == key);
    let all: Vec<_> = all.into_iter().map(|hosted| told(world, hosted)).collect();
    let start = call.number("start").unwrap_or(0);
    let size = call.number("limit").unwrap_or(25).min(1000).min(world.page);
    let page = slice(all, start, size);
    world.list_was_read();
    Answer::new(
        200,
        json!({
            "size": page.items.len(),
            "limit": size,
            "isLastPage": page.next.is_none(),
            "values": page.items,
            "start": start,
            "nextPageStart": page.next,
        }),
    )
}

fn create(world: &mut World, call: &Call, home: &Home) -> Answer {
    let name = call.text("name");
    if let Some(status) = world.refuses_creation {
        let words = "You are not permitted to create repositories in this project.";
        return refusal(status, None, words, "AuthorisationException");
    }
    if world.find(&format!("{}/{}", home.path, name.to_lowercase())).is_some() {
        let words = "This repository URL is already taken.";
        return refusal(409, Some("name"), words, "RepositoryAlreadyExistsException");
    }
    let is_public = call.body.get("public").and_then(Value::as_bool) == Some(true);
    let asked = if is_public { "public" } else { "private" };
    let visibility = world.visibility_of_new(asked);
    let hosted = world.add(&home.path, name, visibility, "sha1").clone();
    Answer::new(201, told(world, &hosted))
}

fn change(world: &mut World, call: &Call, path: &str) -> Answer {
    let Some(hosted) = world.find(path) else { return not_found(path) };
    let branch = call.text("id");
    let branch = if branch.starts_with("refs/") { branch.to_owned() } else { format!("refs/heads/{branch}") };
    if hosted.set_default_branch(&branch).is_err() {
        return refusal(
            404,
            None,
            &format!("Branch \"{branch}\" does not exist in this repository."),
            "NoSuchBranchException",
        );
    }
    Answer::new(204, Value::Null)
}
