//! Gerrit, Google's own servers of it included.

use super::address::{Address, Parts, Words, is_number};
use super::host_info::{Host, HostInfo, Marks, NO_MARKS, OTHER};
use super::pages;
use super::pages::{Compare, First, Pages};
use crate::auth::scheme::{AuthScheme, HostSchemes};
use crate::remote::web_url::WebUrl;

pub(super) const INFO: HostInfo = HostInfo {
    host: Host::Gerrit,
    word: "gerrit",
    name: "Gerrit",
    // It wants a real user; Bearer depends on a plug-in.
    schemes: HostSchemes {
        bare_token: &[AuthScheme::Basic("x-access-token"), AuthScheme::Bearer],
        after_user: &[],
    },
    marks: Marks { web: &["*.googlesource.com"], labels: &["gerrit"], ..NO_MARKS },
    // Those of Gitiles, which Gerrit brings along.
    pages: Some(Pages {
        repository: pages_of_gitiles,
        branch: "/+/refs/heads/",
        tag: "/+/refs/tags/",
        commit: "/+/",
        compare: Some(Compare { before: "/+log/", between: "..", first: First::Old }),
        ..pages::NONE
    }),
    address,
    ..OTHER
};

/// Google's own servers, on which Gitiles has the addresses of the repositories.
const GOOGLE: &str = ".googlesource.com";

/// Returns the address of a repository's pages, given the one for Git, which begins with `a` where somebody signs in.
fn pages_of_gitiles(url: &WebUrl) -> Option<WebUrl> {
    let path = url.path().strip_suffix(".git").unwrap_or(url.path());
    let path = path.strip_prefix("/a/").or_else(|| path.strip_prefix('/'))?;
    let folder = if url.host().ends_with(GOOGLE) { "" } else { "/plugins/gitiles" };
    Some(url.at_root(&format!("{folder}/{path}")))
}

/// The parts of a path that a page of a repository begins with, in Gerrit's own pages and in those of Gitiles.
const PAGES: Words = Words("+ +log +refs +show +archive +blame +doc");

/// Reads an address: a repository may have any path. The pages of changes are below `c`, those of Gitiles can be below
/// `plugins/gitiles`.
fn address(parts: &Parts<'_>) -> Address {
    let words = parts.words();
    let (before, page) =
        words.split_at(words.iter().position(|word| PAGES.contain(word)).unwrap_or(words.len()));
    let repository = match (before, page) {
        (["plugins", "gitiles", repository @ ..], _) => repository,
        (["c", change @ ..], ["+", number, ..]) if is_number(number) => change,
        _ => before,
    };
    if page.is_empty() || repository.is_empty() {
        return Address::Repository;
    }
    Address::PageOfRepository(parts.at(repository))
}
