//! The addresses of Azure DevOps, in the cloud and on a server: organizations and collections, projects, pages.
//!
//! A name begins with no `_` there, so a part of a path that does is a page or a service.

use super::address::{Address, ContainerKind, Parts, Words, has_git_suffix, name_of};

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

/// Reads an address of the cloud. In the older domain, `DefaultCollection` may stand before the project.
pub(super) fn of_cloud(parts: &Parts<'_>) -> Address {
    let words = parts.words();
    let collection = match (parts.host().strip_suffix(OLD_DOMAIN), words) {
        (Some(name), [first, below @ ..]) if first.eq_ignore_ascii_case("DefaultCollection") => {
            Collection { name: name.to_owned(), own: &[], below }
        }
        (Some(name), below) => Collection { name: name.to_owned(), own: &[], below },
        (None, [name, below @ ..]) if parts.host() == WEB => {
            Collection { name: name_of(name), own: std::slice::from_ref(name), below }
        }
        (None, _) => return Address::Repository,
    };
    below(parts, &collection)
}

/// Reads an address of a server. Older ones are all below `/tfs`; other folders are not known.
pub(super) fn of_server(parts: &Parts<'_>) -> Address {
    let words = parts.words();
    let own = if words.first().is_some_and(|tfs| tfs.eq_ignore_ascii_case("tfs")) { 2 } else { 1 };
    match words.split_at_checked(own) {
        Some((own @ [.., name], behind)) => {
            below(parts, &Collection { name: name_of(name), own, below: behind })
        }
        _ => Address::Repository,
    }
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

/// Splits what stands behind `_git` into the repository, which can have the name of a view before its own, and the rest.
fn split_repository<'a>(behind: &'a [&'a str]) -> Option<(&'a [&'a str], &'a [&'a str])> {
    let is_view = behind.first().is_some_and(|view| matches!(*view, "_full" | "_optimized"));
    behind.split_at_checked(if is_view { 2 } else { 1 })
}

fn is_tfvc(word: &str) -> bool {
    word.eq_ignore_ascii_case("_versionControl") || name_of(word).starts_with('$')
}
