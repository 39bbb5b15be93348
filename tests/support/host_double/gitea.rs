//! Gitea's interface, `/api/v1`, for repositories.

use serde_json::{Value, json};

use super::answer::{Answer, Call};
use super::world::{Home, Hosted, Origin, Standing, World};

pub(super) fn answer(world: &mut World, call: &Call) -> Answer {
    let path: Vec<_> = call.path.iter().map(String::as_str).collect();
    let ["api", "v1", path @ ..] = path.as_slice() else { return not_found() };
    match (call.method.as_str(), path) {
        ("GET", ["user"]) => Answer::new(200, json!({"login": world.account, "id": 1})),
        ("GET", ["users", name]) if world.home(name).is_some() => {
            Answer::new(200, json!({"login": name, "id": 2, "visibility": "public"}))
        }
        ("GET", ["orgs", name]) => match world.home(name).filter(|home| !is_user(world, home)) {
            Some(Home { id, path, visibility, .. }) => Answer::new(
                200,
                json!({"id": id, "name": path, "username": path, "visibility": visibility.replace("internal", "limited")}),
            ),
            None => not_found(),
        },
        ("GET", ["orgs", name, "repos"]) => match world.home(name).filter(|home| !is_user(world, home)) {
            Some(_) => list(world, call, |hosted| hosted.container.eq_ignore_ascii_case(name)),
            None => not_found(),
        },
        ("GET", ["users", name, "repos"]) if world.home(name).is_some() => {
            list(world, call, |hosted| hosted.container.eq_ignore_ascii_case(name))
        }
        ("GET", ["user", "repos"]) => list(world, call, |_| true),
        ("POST", ["orgs", name, "repos"]) => match world.home(name).filter(|home| !is_user(world, home)) {
            Some(home) => create(world, call, &home.path.clone()),
            None => not_found(),
        },
        ("POST", ["user", "repos"]) => create(world, call, &world.account.clone()),
        ("GET", ["repos", owner, name]) => {
            let hosted = world.find(&format!("{owner}/{name}"));
            hosted.map_or_else(not_found, |hosted| Answer::new(200, told(world, hosted)))
        }
        ("PATCH", ["repos", owner, name]) => change(world, call, &format!("{owner}/{name}")),
        _ => not_found(),
    }
}

fn is_user(world: &World, home: &Home) -> bool {
    home.path == world.account
}

fn not_found() -> Answer {
    let message = "The target couldn't be found.";
    Answer::new(404, json!({"errors": [], "message": message, "url": "https://docs.gitea.com/api"}))
}

fn list(world: &mut World, call: &Call, of: impl Fn(&Hosted) -> bool) -> Answer {
    let all: Vec<_> = world.listed(of).into_iter().map(|hosted| told(world, hosted)).collect();
    let count = all.len();
    // At most 50, unless the server is set otherwise.
    let page = call.page(all, call.number("limit").unwrap_or(30).min(50).min(world.page));
    let mut headers = call.link(&world.origin, page.next);
    headers.push(("X-Total-Count", count.to_string()));
    world.list_was_read();
    Answer { status: 200, headers, body: Value::Array(page.items) }
}

fn told(world: &World, hosted: &Hosted) -> Value {
    let Hosted { id, container, name, visibility, .. } = hosted;
    let format = hosted.git.git(&["rev-parse", "--show-object-format"]);
    json!({
        "id": id,
        "owner": {"id": 7, "login": container, "username": container},
        "name": name,
        "full_name": hosted.path(),
        "empty": hosted.is_empty(),
        "private": *visibility == "private",
        "fork": hosted.origin == Origin::Fork,
        "mirror": false,
        "size": hosted.size() / 1024,
        "clone_url": world.told_url(hosted),
        "default_branch": hosted.default_branch().as_deref().and_then(|name| name.strip_prefix("refs/heads/")).unwrap_or("main"),
        "archived": hosted.standing == Standing::Archived,
        // As it is of a new repository; the wiki is there after its first page.
        "has_wiki": true,
        "internal": *visibility == "internal",
        "object_format_name": format,
    })
}

fn create(world: &mut World, call: &Call, owner: &str) -> Answer {
    let name = call.text("name");
    if let Some(status) = world.refuses_creation {
        return Answer::new(
            status,
            json!({"message": "Given user is not allowed to create repository in organization."}),
        );
    }
    if world.find(&format!("{owner}/{name}")).is_some() {
        return Answer::new(409, json!({"message": "The repository with the same name already exists."}));
    }
    let asked = match call.body.get("private").and_then(Value::as_bool) {
        Some(true) => "private",
        // Visible as its owner is.
        _ => world
            .home(owner)
            .map_or("public", |home| if home.visibility == "private" { "internal" } else { "public" }),
    };
    let visibility = world.visibility_of_new(asked);
    let format = if call.text("object_format_name") == "sha256" { "sha256" } else { "sha1" };
    let hosted = world.add(owner, name, visibility, format).clone();
    Answer::new(201, told(world, &hosted))
}

/// A branch that is not there is passed over without a word.
fn change(world: &mut World, call: &Call, path: &str) -> Answer {
    let Some(hosted) = world.find(path) else { return not_found() };
    let branch = call.text("default_branch");
    if !branch.is_empty() {
        hosted.set_default_branch(&format!("refs/heads/{branch}")).ok();
    }
    Answer::new(200, told(world, hosted))
}
