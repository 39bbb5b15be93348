//! GitLab's interface, `/api/v4`, for groups and projects.

use serde_json::{Value, json};

use super::answer::{Answer, Call};
use super::world::{Home, Hosted, Origin, Standing, World};

pub(super) fn answer(world: &mut World, call: &Call) -> Answer {
    let path: Vec<_> = call.path.iter().map(String::as_str).collect();
    let ["api", "v4", path @ ..] = path.as_slice() else { return not_found("404 Not Found") };
    match (call.method.as_str(), path) {
        ("GET", ["user"]) => Answer::new(200, json!({"id": 1, "username": world.account, "bot": false})),
        ("GET", ["users"]) => {
            let name = call.asked("username").unwrap_or_default();
            let users = world.home(name).filter(|home| home.path == world.account);
            let users: Vec<_> =
                users.iter().map(|home| json!({"id": home.id, "username": home.path})).collect();
            Answer::new(200, Value::Array(users))
        }
        ("GET", ["namespaces", name]) => match home(world, name) {
            Some(Home { id, path, .. }) => {
                let kind = if *path == world.account { "user" } else { "group" };
                Answer::new(
                    200,
                    json!({"id": id, "name": path, "path": last(path), "kind": kind, "full_path": path}),
                )
            }
            None => not_found("404 Namespace Not Found"),
        },
        ("GET", ["groups", name]) => match group(world, name) {
            Some(Home { id, path, visibility }) => Answer::new(
                200,
                json!({"id": id, "name": last(path), "path": last(path), "full_path": path, "visibility": visibility}),
            ),
            None => not_found("404 Group Not Found"),
        },
        ("GET", ["groups", name, "projects"]) => match group(world, name).map(|home| home.path.clone()) {
            Some(path) => {
                let includes = call.asked("include_subgroups") == Some("true");
                let below = format!("{}/", path.to_lowercase());
                list(world, call, |hosted| {
                    let container = hosted.container.to_lowercase();
                    container == path.to_lowercase() || includes && container.starts_with(&below)
                })
            }
            None => not_found("404 Group Not Found"),
        },
        ("GET", ["users", name, "projects"]) if *name == world.account => {
            let account = world.account.clone();
            list(world, call, |hosted| hosted.container == account)
        }
        ("POST", ["projects"]) => create(world, call),
        ("GET", ["projects", id]) => match project(world, id) {
            Some(hosted) => Answer::new(200, told(world, hosted)),
            None => not_found("404 Project Not Found"),
        },
        ("PUT", ["projects", id]) => change(world, call, id),
        _ => not_found("404 Not Found"),
    }
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

fn not_found(message: &str) -> Answer {
    Answer::new(404, json!({"message": message}))
}

/// A namespace, by its id or its path.
fn home<'a>(world: &'a World, name: &str) -> Option<&'a Home> {
    world.homes.iter().find(|home| home.id.to_string() == name).or_else(|| world.home(name))
}

fn group<'a>(world: &'a World, name: &str) -> Option<&'a Home> {
    home(world, name).filter(|home| home.path != world.account)
}

fn project<'a>(world: &'a World, id: &str) -> Option<&'a Hosted> {
    world.hosted.iter().find(|hosted| hosted.id.to_string() == id).or_else(|| world.find(id))
}

fn list(world: &mut World, call: &Call, of: impl Fn(&Hosted) -> bool) -> Answer {
    let all: Vec<_> = world.listed(of).into_iter().map(|hosted| told(world, hosted)).collect();
    let page = call.page(all, call.number("per_page").unwrap_or(20).min(100).min(world.page));
    let mut headers = call.link(&world.origin, page.next);
    // Empty on the last page.
    headers.push(("x-next-page", page.next.map(|next| next.to_string()).unwrap_or_default()));
    world.list_was_read();
    Answer { status: 200, headers, body: Value::Array(page.items) }
}

fn told(world: &World, hosted: &Hosted) -> Value {
    let Hosted { id, container, name, visibility, .. } = hosted;
    let access = if hosted.standing == Standing::Disabled { "disabled" } else { "enabled" };
    let mut told = json!({
        "id": id,
        "name": name,
        "path": name,
        "path_with_namespace": hosted.path(),
        "default_branch": hosted.default_branch().as_deref().and_then(|name| name.strip_prefix("refs/heads/")),
        "http_url_to_repo": world.told_url(hosted),
        "web_url": world.told_url(hosted).trim_end_matches(".git"),
        "namespace": {"id": world.home(container).map(|home| home.id), "full_path": container, "kind": "group"},
        "empty_repo": hosted.is_empty(),
        "archived": hosted.standing == Standing::Archived,
        "visibility": visibility,
        "repository_access_level": access,
        "wiki_access_level": "enabled",
    });
    if hosted.origin == Origin::Fork {
        told["forked_from_project"] = json!({"id": 1, "path_with_namespace": "upstream/one"});
    }
    told
}

fn create(world: &mut World, call: &Call) -> Answer {
    let (path, name) = (call.text("path"), call.text("name"));
    let name = if path.is_empty() { name } else { path };
    let id = call.body.get("namespace_id").and_then(Value::as_u64);
    let id = id.map_or_else(|| call.text("namespace_id").to_owned(), |id| id.to_string());
    let Some(above) = home(world, if id.is_empty() { &world.account } else { &id }).cloned() else {
        return not_found("404 Namespace Not Found");
    };
    if let Some(status) = world.refuses_creation {
        return Answer::new(status, json!({"message": "403 Forbidden"}));
    }
    if world.find(&format!("{}/{name}", above.path)).is_some() {
        let taken = ["has already been taken"];
        return Answer::new(
            400,
            json!({"message": {"project_namespace.name": taken, "name": taken, "path": taken}}),
        );
    }
    let width = |word: &str| ["private", "internal", "public"].iter().position(|one| *one == word);
    let asked = ["private", "internal", "public"].into_iter().find(|word| *word == call.text("visibility"));
    let visibility = world.visibility_of_new(asked.unwrap_or("private"));
    if world.made.is_none() && width(visibility) > width(above.visibility) {
        let words = format!("{visibility} is not allowed in a {} group.", above.visibility);
        return Answer::new(400, json!({"message": {"visibility_level": [words]}}));
    }
    let hosted = world.add(&above.path, name, visibility, "sha1").clone();
    Answer::new(201, told(world, &hosted))
}

fn change(world: &mut World, call: &Call, id: &str) -> Answer {
    let Some(hosted) = project(world, id) else { return not_found("404 Project Not Found") };
    let branch = call.text("default_branch");
    if hosted.set_default_branch(&format!("refs/heads/{branch}")).is_err() {
        // The words are those of its documentation; the form around them is unconfirmed.
        let words = format!(
            "Could not set the default branch. Do you have a branch named '{branch}' in your repository?"
        );
        return Answer::new(400, json!({"message": {"base": [words]}}));
    }
    Answer::new(200, told(world, hosted))
}
