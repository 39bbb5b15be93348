//! GitHub's interface for repositories: below `/api/v3` of a server, and in the cloud under a name of its own.

use serde_json::{Value, json};

use super::answer::{Answer, Call};
use super::world::{Home, Hosted, Origin, Standing, World};

/// The origin of the cloud.
pub(super) const CLOUD: &str = "https://github.com";

/// The origin of the interface, and the path before all others.
fn interface(world: &World) -> (&str, &'static str) {
    if world.origin == CLOUD { ("https://api.github.com", "") } else { (&world.origin, "/api/v3") }
}

pub(super) fn answer(world: &mut World, call: &Call) -> Answer {
    let path: Vec<_> = call.path.iter().map(String::as_str).collect();
    let (("/api/v3", ["api", "v3", path @ ..]) | ("", path)) = (interface(world).1, path.as_slice()) else {
        return not_found();
    };
    match (call.method.as_str(), path) {
        ("GET", ["user"]) => Answer::new(200, json!({"login": world.account, "id": 1, "type": "User"})),
        ("GET", ["users", name]) => world.home(name).map_or_else(not_found, |home| {
            let kind = if is_user(world, home) { "User" } else { "Organization" };
            Answer::new(200, json!({"login": home.path, "id": home.id, "type": kind}))
        }),
        ("GET", ["orgs", name]) => match world.home(name).filter(|home| !is_user(world, home)) {
            Some(home) => {
                Answer::new(200, json!({"login": home.path, "id": home.id, "type": "Organization"}))
            }
            None => not_found(),
        },
        ("GET", ["orgs", name, "repos"]) => match world.home(name).filter(|home| !is_user(world, home)) {
            Some(_) => list(world, call, |hosted| hosted.container.eq_ignore_ascii_case(name)),
            None => not_found(),
        },
        // What everybody may see.
        ("GET", ["users", name, "repos"]) if world.home(name).is_some() => list(world, call, |hosted| {
            hosted.container.eq_ignore_ascii_case(name) && hosted.visibility == "public"
        }),
        ("GET", ["user", "repos"]) => {
            let account = world.account.clone();
            list(world, call, |hosted| hosted.container == account)
        }
        ("POST", ["orgs", name, "repos"]) => match world.home(name).filter(|home| !is_user(world, home)) {
            Some(home) => create(world, call, &home.path.clone()),
            None => not_found(),
        },
        ("POST", ["user", "repos"]) => create(world, call, &world.account.clone()),
        ("GET", ["repos", owner, name]) => one(world, &format!("{owner}/{name}")),
        ("PATCH", ["repos", owner, name]) => change(world, call, &format!("{owner}/{name}")),
        _ => not_found(),
    }
}

fn is_user(world: &World, home: &Home) -> bool {
    home.path == world.account
}

fn not_found() -> Answer {
    let documentation = "https://docs.github.com/rest";
    Answer::new(404, json!({"message": "Not Found", "documentation_url": documentation, "status": "404"}))
}

fn list(world: &mut World, call: &Call, of: impl Fn(&Hosted) -> bool) -> Answer {
    let all: Vec<_> = world.listed(of).into_iter().map(|hosted| told(world, hosted)).collect();
    let size = call.number("per_page").unwrap_or(30).min(100).min(world.page);
    let page = call.page(all, size);
    let headers = call.link(interface(world).0, page.next);
    world.list_was_read();
    Answer { status: 200, headers, body: Value::Array(page.items) }
}

fn told(world: &World, hosted: &Hosted) -> Value {
    let Hosted { id, container, name, visibility, .. } = hosted;
    json!({
        "id": id,
        "name": name,
        "full_name": hosted.path(),
        "private": *visibility != "public",
        "owner": {"login": container, "id": 7, "type": "Organization"},
        "html_url": world.told_url(hosted).trim_end_matches(".git"),
        "description": null,
        "fork": hosted.origin == Origin::Fork,
        "clone_url": world.told_url(hosted),
        "size": hosted.size() / 1024,
        // Of an empty repository, too.
        "default_branch": hosted.default_branch().as_deref().and_then(|name| name.strip_prefix("refs/heads/")).unwrap_or("main"),
        "archived": hosted.standing == Standing::Archived,
        "disabled": hosted.standing == Standing::Disabled,
        "visibility": visibility,
        // As it is of a new repository; the wiki is there after its first page.
        "has_wiki": true,
        "permissions": {"admin": true, "push": true, "pull": true},
    })
}

fn one(world: &World, path: &str) -> Answer {
    if let Some(hosted) = world.find(path) {
        return Answer::new(200, told(world, hosted));
    }
    let renamed = world.renamed.iter().find(|(old, _)| old.eq_ignore_ascii_case(path));
    let Some(hosted) = renamed.and_then(|(_, new)| world.find(new)) else { return not_found() };
    let (origin, below) = interface(world);
    let url = format!("{origin}{below}/repositories/{}", hosted.id);
    let body = json!({"message": "Moved Permanently", "url": url});
    Answer { status: 301, headers: vec![("Location", url)], body }
}

fn create(world: &mut World, call: &Call, owner: &str) -> Answer {
    let name = call.text("name");
    if let Some(status) = world.refuses_creation {
        let words = "You need admin access to the organization before adding a repository to it.";
        return Answer::new(status, json!({"message": words, "status": status.to_string()}));
    }
    if world.find(&format!("{owner}/{name}")).is_some() {
        return Answer::new(
            422,
            json!({
                "message": "Repository creation failed.",
                "errors": [{"resource": "Repository", "code": "custom", "field": "name", "message": "name already exists on this account"}],
                "documentation_url": "https://docs.github.com/rest/repos/repos#create-an-organization-repository",
                "status": "422",
            }),
        );
    }
    let is_private = call.body.get("private").and_then(Value::as_bool).unwrap_or(false);
    let asked = match call.text("visibility") {
        "private" => "private",
        "internal" => "internal",
        "public" => "public",
        _ if is_private => "private",
        _ => "public",
    };
    let visibility = world.visibility_of_new(asked);
    let hosted = world.add(owner, name, visibility, "sha1").clone();
    Answer::new(201, told(world, &hosted))
}

fn change(world: &mut World, call: &Call, path: &str) -> Answer {
    let Some(hosted) = world.find(path) else { return not_found() };
    let branch = call.text("default_branch");
    if hosted.set_default_branch(&format!("refs/heads/{branch}")).is_err() {
        let message = format!(
            "The branch {branch} was not found. Please push that ref first or create it via the Git Data API."
        );
        return Answer::new(
            422,
            json!({
                "message": "Validation Failed",
                "errors": [{"message": message, "resource": "Repository", "field": "default_branch", "code": "invalid"}],
                "documentation_url": "https://docs.github.com/rest/repos/repos#update-a-repository",
                "status": "422",
            }),
        );
    }
    Answer::new(200, told(world, hosted))
}
