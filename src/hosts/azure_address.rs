//! The addresses of Azure DevOps, in the cloud and on a server: organizations and collections, projects, pages.
//!
//! A name begins with no `_` there, so a part of a path that does is a page or a service.

use super::address::{Address, ContainerKind, Parts, Words, has_git_suffix, name_of};
use super::listing::part_of_path;
use super::management::RepositoryPlace;
use crate::remote::web_url::WebUrl;

/// The server of all organizations in the cloud.
pub(super) const WEB: &str = "dev.azure.com";

/// The older domain, in which an organization has a server.
pub(super) const OLD_DOMAIN: &str = ".visualstudio.com";

/// The names in the queries of a repository's pages.
const QUERY: Words = Words(
    "path version _a anchor fullScreen line lineEnd lineStartColumn lineEndColumn lineStyle \
     lineStartColumnOffset itemVersion contents refName",
);

/// An organization or a collection.
struct Collection<'a> {
    name: String,
    /// The path of its own address.
    own: &'a [&'a str],
    /// The words behind it.
    below: &'a [&'a str],
}

/// Reads an address of the cloud.
pub(super) fn of_cloud(parts: &Parts<'_>) -> Address {
    in_cloud(parts).map_or(Address::Repository, |collection| below(parts, &collection))
}

/// Reads an address of a server.
pub(super) fn of_server(parts: &Parts<'_>) -> Address {
    on_server(parts).map_or(Address::Repository, |collection| below(parts, &collection))
}

/// Returns the place of the repository at an address of the cloud, if it is one.
pub(super) fn place_in_cloud(parts: &Parts<'_>) -> Option<RepositoryPlace> {
    place(parts, &in_cloud(parts)?)
}

/// Returns the place of the repository at an address of a server, if it is one.
pub(super) fn place_on_server(parts: &Parts<'_>) -> Option<RepositoryPlace> {
    place(parts, &on_server(parts)?)
}

/// Returns the organization of an address. In the older domain, `DefaultCollection` may stand before the project.
fn in_cloud<'a>(parts: &'a Parts<'_>) -> Option<Collection<'a>> {
    match (parts.host().strip_suffix(OLD_DOMAIN), parts.words()) {
        (Some(name), [first, below @ ..]) if first.eq_ignore_ascii_case("DefaultCollection") => {
            Some(Collection { name: name.to_owned(), own: &[], below })
        }
        (Some(name), below) => Some(Collection { name: name.to_owned(), own: &[], below }),
        (None, [name, below @ ..]) if parts.host() == WEB => {
            Some(Collection { name: name_of(name), own: std::slice::from_ref(name), below })
        }
        (None, _) => None,
    }
}

/// Returns the collection of an address. Older servers are all below `/tfs`; other folders are not known.
fn on_server<'a>(parts: &'a Parts<'_>) -> Option<Collection<'a>> {
    let words = parts.words();
    let at = if words.first().is_some_and(|tfs| tfs.eq_ignore_ascii_case("tfs")) { 2 } else { 1 };
    let (own, below) = words.split_at_checked(at)?;
    Some(Collection { name: name_of(own.last()?), own, below })
}

/// Reads `PROJECT/_git/NAME`, or `_git/NAME` where both have one name. A repository can be called `x.git`, beside one
/// that is called `x`.
fn place(parts: &Parts<'_>, collection: &Collection<'_>) -> Option<RepositoryPlace> {
    let Collection { name, own, below } = collection;
    let at = below.iter().position(|word| word.eq_ignore_ascii_case("_git"))?;
    let (before, behind) = below.split_at(at);
    let (repository, []) = split_repository(behind.get(1..)?)? else { return None };
    let word = repository.last()?;
    let project = match before {
        [] => word,
        [project] => project,
        [..] => return None,
    };
    let (repository, project_name) = (name_of(word), name_of(project));
    part_of_path(&repository).zip(part_of_path(&project_name))?;
    let kind = ContainerKind::Project { collection: name.clone(), project: project_name };
    let container = parts.container(&[*own, &[*project]].concat(), kind);
    Some(RepositoryPlace { container, name: repository })
}

/// Reads what stands behind a collection: `PROJECT`, `PROJECT/_git/REPOSITORY`, `PROJECT/_wiki/…`, `PROJECT/TEAM/_boards/…`.
fn below(parts: &Parts<'_>, collection: &Collection<'_>) -> Address {
    let Collection { name, own, below } = collection;
    let whole = || parts.container(own, ContainerKind::Collection { collection: name.clone() });
    let project = |word: &str| {
        let (collection, project) = (name.clone(), name_of(word));
        parts.container(&[*own, &[word]].concat(), ContainerKind::Project { collection, project })
    };
    let is_page = |word: &&str| name_of(word).starts_with(['_', '$']);
    let (before, page) = below.split_at(below.iter().position(is_page).unwrap_or(below.len()));
    let container = || before.first().map_or_else(whole, |name| project(name));
    let is_repository = parts.words().last().is_some_and(|name| has_git_suffix(name));
    match page {
        [] if before.len() > 1 || is_repository => Address::Repository,
        [] => Address::Container(container()),
        [git, behind @ ..] if git.eq_ignore_ascii_case("_git") => match split_repository(behind) {
            None => Address::PageOfContainer(container()),
            Some((_, [])) if !parts.has_query_of(QUERY) => Address::Repository,
            Some((repository, _)) => {
                Address::PageOfRepository(parts.at(&[*own, before, &[*git], repository].concat()))
            }
        },
        [tfvc, ..] if is_tfvc(tfvc) => Address::Tfvc,
        _ => Address::PageOfContainer(container()),
    }
}

/// Returns the address of a repository's pages: without the view that Git asks for, and with a `.git`, which is part of a
/// name there.
#[expect(clippy::unnecessary_wraps, reason = "other hosts have addresses without pages")]
pub(super) fn pages(url: &WebUrl) -> Option<WebUrl> {
    Some(url.at_root(&url.path().replace("/_git/_full/", "/_git/")))
}

/// Returns the address of the settings of a repository's project.
pub(super) fn settings(pages: &WebUrl) -> Option<WebUrl> {
    let (project, repository) = pages.path().rsplit_once("/_git/")?;
    let words = project.split('/').filter(|word| !word.is_empty()).count();
    let needs_project = if pages.host() == WEB { words < 2 } else { words == 0 };
    // A project and its repository of one name have one name in the address.
    let project = if needs_project { format!("{project}/{repository}") } else { project.to_owned() };
    Some(pages.at_root(&format!("{project}/_settings/repositories")))
}

/// Splits what stands behind `_git` into the repository, which can have the name of a view before its own, and the rest.
fn split_repository<'a>(behind: &'a [&'a str]) -> Option<(&'a [&'a str], &'a [&'a str])> {
    let is_view = behind.first().is_some_and(|view| matches!(*view, "_full" | "_optimized"));
    behind.split_at_checked(if is_view { 2 } else { 1 })
}

fn is_tfvc(word: &str) -> bool {
    word.eq_ignore_ascii_case("_versionControl") || name_of(word).starts_with('$')
}
