//! Azure DevOps Server's interface, `COLLECTION/_apis`, for projects and repositories.

use serde_json::{Value, json};

use super::answer::{Answer, Call, slice};
use super::world::{Home, Hosted, Origin, Shown, Standing, World};

pub(super) fn answer(world: &mut World, call: &Call) -> Answer {
    let path: Vec<_> = call.path.iter().map(String::as_str).collect();
    let Some(at) = path.iter().position(|part| *part == "_apis") else { return not_found("a page") };
    let (above, path) = path.split_at(at);
    let (collection, project) = match above {
        [collection] => (*collection, None),
        [collection, project] => (*collection, Some(*project)),
        _ => return not_found("a page"),
    };
    let home = match project.map(|project| home(world, collection, project).cloned()) {
        Some(None) => return no_project(project.unwrap_or_default()),
        Some(found) => found,
        None => None,
    };
    if call.asked("api-version").is_none() && call.method != "GET" {
        // As the server says where the version is missing.
        return refusal(
            400,
            "VssVersionNotSpecifiedException",
            "No api-version was supplied for the request.",
        );
    }
    match (call.method.as_str(), path) {
        ("GET", ["_apis", "connectionData"]) => {
            let user = json!({
                "id": id(1),
                "descriptor": "Microsoft.TeamFoundation.Identity;S-1-9-1",
                "providerDisplayName": world.account,
                "properties": {"Account": {"$type": "System.String", "$value": world.account}},
            });
            Answer::new(200, json!({"authenticatedUser": user, "authorizedUser": user}))
        }
        ("GET", ["_apis", "projects"]) => projects(world, call, collection),
        ("GET", ["_apis", "projects", name]) => match self::home(world, collection, name) {
            Some(home) => Answer::new(200, told_project(home)),
            None => no_project(name),
        },
        ("GET", ["_apis", "git", "repositories"]) => list(world, call, collection, home.as_ref()),
        ("POST", ["_apis", "git", "repositories"]) => create(world, call, collection, home),
        ("GET", ["_apis", "git", "repositories", name]) => match find(world, home.as_ref(), name) {
            Some(hosted) => Answer::new(200, told(world, hosted)),
            None => not_found(name),
        },
        ("PATCH", ["_apis", "git", "repositories", name]) => change(world, call, name),
        _ => not_found("a page"),
    }
}

fn refusal(status: u16, key: &str, message: &str) -> Answer {
    let body = json!({
        "$id": "1",
        "innerException": null,
        "message": message,
        "typeName": format!("Microsoft.TeamFoundation.Git.Server.{key}, Microsoft.TeamFoundation.Git.Server"),
        "typeKey": key,
        "errorCode": 0,
        "eventId": 3000,
    });
    Answer::new(status, body)
}

fn not_found(name: &str) -> Answer {
    let message = format!(
        "TF401019: The Git repository with name or identifier {name} does not exist or you do not have permissions \
         for the operation you are attempting."
    );
    refusal(404, "GitRepositoryNotFoundException", &message)
}

fn no_project(name: &str) -> Answer {
    let message = format!(
        "TF200016: The following project does not exist: {name}. Verify that the name of the project is correct and \
         that the project exists on the specified Azure DevOps Server."
    );
    refusal(404, "ProjectDoesNotExistWithNameException", &message)
}

fn id(number: u64) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

/// A project, by its name or its id.
fn home<'a>(world: &'a World, collection: &str, name: &str) -> Option<&'a Home> {
    let path = format!("{collection}/{name}");
    world.home(&path).or_else(|| world.homes.iter().find(|home| id(home.id) == name))
}

fn told_project(Home { id: number, path, visibility }: &Home) -> Value {
    json!({
        "id": id(*number),
        "name": path.rsplit('/').next(),
        "state": "wellFormed",
        "revision": 11,
        "visibility": visibility.replace("internal", "organization"),
        "lastUpdateTime": "2026-01-02T03:04:05.67Z",
    })
}

fn told(world: &World, hosted: &Hosted) -> Value {
    let project = world.home(&hosted.container).expect("its project");
    let mut told = json!({
        "id": id(hosted.id),
        "name": hosted.name,
        "url": format!("{}/_apis/git/repositories/{}", world.origin, id(hosted.id)),
        "project": told_project(project),
        "size": hosted.size(),
        "remoteUrl": world.told_url(hosted),
        "webUrl": world.told_url(hosted),
        "isDisabled": hosted.standing == Standing::Disabled,
        "isInMaintenance": false,
    });
    // These are left out where they say nothing.
    if let Some(branch) = hosted.default_branch() {
        told["defaultBranch"] = json!(branch);
    }
    if hosted.origin == Origin::Fork {
        told["isFork"] = json!(true);
    }
    told
}

fn projects(world: &World, call: &Call, collection: &str) -> Answer {
    let above = format!("{}/", collection.to_lowercase());
    let all = world.homes.iter().filter(|home| home.path.to_lowercase().starts_with(&above));
    let all: Vec<_> = all.map(told_project).collect();
    page(call, all, call.number("$top").unwrap_or(100).min(world.page))
}

fn page(call: &Call, all: Vec<Value>, size: usize) -> Answer {
    let start = call.number("continuationToken").or(call.number("$skip")).unwrap_or(0);
    let page = slice(all, start, size);
    let headers = page.next.map(|next| ("x-ms-continuationtoken", next.to_string())).into_iter().collect();
    Answer { status: 200, headers, body: json!({"count": page.items.len(), "value": page.items}) }
}

fn list(world: &mut World, call: &Call, collection: &str, project: Option<&Home>) -> Answer {
    let hidden = call.asked("includeHidden").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let above = format!("{}/", collection.to_lowercase());
    let is_in = |hosted: &&Hosted| match project {
        Some(home) => hosted.container == home.path,
        None => hosted.container.to_lowercase().starts_with(&above),
    };
    let all = world.hosted.iter().filter(|hosted| hidden || hosted.shown == Shown::Listed).filter(is_in);
    let all: Vec<_> = all.map(|hosted| told(world, hosted)).collect();
    // The documentation has no pages of this list; clients follow the field where it comes.
    let answer = page(call, all, world.page);
    world.list_was_read();
    answer
}

fn find<'a>(world: &'a World, project: Option<&Home>, name: &str) -> Option<&'a Hosted> {
    let by_id = world.hosted.iter().find(|hosted| id(hosted.id) == name);
    by_id.or_else(|| world.find(&format!("{}/{name}", project?.path)))
}

fn create(world: &mut World, call: &Call, collection: &str, project: Option<Home>) -> Answer {
    let of_body = call.body.pointer("/project/id").and_then(Value::as_str);
    let of_body = of_body.and_then(|id| home(world, collection, id).cloned());
    let Some(project) = project.or(of_body) else { return no_project("") };
    let name = call.text("name");
    if let Some(status) = world.refuses_creation {
        let words = "TF401027: You need the Git 'CreateRepository' permission to perform this action.";
        return refusal(status, "GitNeedsPermissionException", words);
    }
    if world.find(&format!("{}/{name}", project.path)).is_some() {
        let message = format!("TF400948: A Git repository with the name {name} already exists.");
        return refusal(409, "GitRepositoryNameAlreadyExistsException", &message);
    }
    let visibility = world.visibility_of_new(project.visibility);
    let hosted = world.add(&project.path, name, visibility, "sha1").clone();
    Answer::new(201, told(world, &hosted))
}

fn change(world: &mut World, call: &Call, name: &str) -> Answer {
    let Some(hosted) = world.hosted.iter().find(|hosted| id(hosted.id) == name) else {
        // A name is none of its ids; the words are unconfirmed.
        return refusal(400, "ArgumentException", "The repository must be named by its id.");
    };
    if hosted.set_default_branch(call.text("defaultBranch")).is_err() {
        // The status and the words are unconfirmed.
        return refusal(400, "GitArgumentException", "The branch does not exist in the repository.");
    }
    Answer::new(200, told(world, hosted))
}
