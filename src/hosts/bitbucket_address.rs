//! The addresses of Bitbucket, in the cloud and on premises: workspaces, projects, pages.

use super::address::{Address, Container, ContainerKind, Parts, Words, has_git_suffix, name_of};
use crate::remote::web_url::WebUrl;

/// The pages of a repository in the cloud. Its `wiki` is a repository of its own.
const PAGES: Words = Words(
    "src raw annotate commits commit branch branches diff pull-requests pull-request pipelines \
     deployments downloads issues security jira admin",
);

/// Reads an address of the cloud.
pub(super) fn of_cloud(parts: &Parts<'_>) -> Address {
    let of_workspace =
        |name: &str| parts.container(&[name], ContainerKind::Workspace { workspace: name_of(name) });
    match *parts.words() {
        [name] if !has_git_suffix(name) => Address::Container(of_workspace(name)),
        [name, "workspace", "projects", key, ref rest @ ..] => {
            let kind = ContainerKind::WorkspaceProject { workspace: name_of(name), key: name_of(key) };
            let project = parts.container(&[name, "workspace", "projects", key], kind);
            if rest.is_empty() { Address::Container(project) } else { Address::PageOfContainer(project) }
        }
        [name, "workspace", "overview" | "repositories" | "projects" | "settings" | "pull-requests", ..] => {
            Address::PageOfContainer(of_workspace(name))
        }
        [name, repository, page, ..] if PAGES.contain(page) => {
            Address::PageOfRepository(parts.at(&[name, repository]))
        }
        [name, repository, "wiki", _, ..] => Address::PageOfRepository(parts.at(&[name, repository])),
        _ => Address::Repository,
    }
}

/// Reads an address of a server, which may be below a folder: `projects/KEY`, `projects/KEY/repos/NAME/browse`,
/// `users/NAME`, `scm/KEY`. Its repositories are `scm/KEY/NAME.git`.
pub(super) fn of_server(parts: &Parts<'_>) -> Address {
    let words = parts.words();
    let at = words.iter().position(|word| matches!(*word, "projects" | "users" | "scm"));
    let (folder, behind) = words.split_at(at.unwrap_or(words.len()));
    let at = |names: &[&str]| parts.at(&[folder, names].concat());
    let project = |key: &str| server_project(parts, folder, key);
    let (key, behind) = match *behind {
        ["scm", key] => return Address::Container(project(key)),
        ["projects", key, ref behind @ ..] => (key.to_owned(), behind),
        ["users", name, ref behind @ ..] => (format!("~{name}"), behind),
        _ => return Address::Repository,
    };
    match *behind {
        [] => Address::Container(project(&key)),
        ["repos", name, ..] => Address::PageOfRepository(at(&["scm", &key, &format!("{name}.git")])),
        ["repos" | "settings" | "permissions" | "avatar.png", ..] => Address::PageOfContainer(project(&key)),
        _ => Address::Repository,
    }
}

/// Returns the address of the pages of the repository at `scm/KEY/NAME.git` of a server.
pub(super) fn pages_on_server(url: &WebUrl) -> Option<WebUrl> {
    let (folder, repository) = url.path().rsplit_once("/scm/")?;
    let (key, name) = repository.split_once('/')?;
    let name = name.strip_suffix(".git").unwrap_or(name);
    let owner = key.strip_prefix('~').map_or(format!("projects/{key}"), |user| format!("users/{user}"));
    Some(url.at_root(&format!("{folder}/{owner}/repos/{name}")))
}

/// Returns the project of this key at a server, below a folder.
pub(super) fn server_project(parts: &Parts<'_>, folder: &[&str], key: &str) -> Container {
    let words = key.strip_prefix('~').map_or(["projects", key], |user| ["users", user]);
    let kind = ContainerKind::ServerProject { key: name_of(key) };
    parts.container(&[folder, &words].concat(), kind)
}
