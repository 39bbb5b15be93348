//! Links to the pages of a host for a branch, a tag or a commit.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::hosts::host_info::{PagePlace, Pages};
use crate::protocol::object_id::ObjectId;
use crate::protocol::ref_name::RefName;
use crate::remote::url::RemoteUrl;
use crate::transport::endpoint::Endpoint;

/// Characters that stay in a path: none means something in a URL, in Markdown or in HTML.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'_').remove(b'-').remove(b'.').remove(b'~');

/// The longest name that has a link, in bytes: no host has a page for a longer one.
const LONGEST_NAME: usize = 255;

/// Characters that stay in a query's value.
const VALUE: &AsciiSet = &PATH.add(b'/');

/// Characters that stay in a path that is escaped already.
const ESCAPED_PATH: &AsciiSet = &PATH.remove(b'%');

/// The pages of a repository at its host.
#[derive(Clone, Debug)]
pub(crate) struct Links {
    pages: Pages,
    /// The repository's own page.
    pub(crate) base: String,
}

impl Links {
    /// Returns the pages of an endpoint; none where its host's addresses are not known.
    pub(crate) fn of(endpoint: &Endpoint) -> Option<Self> {
        let RemoteUrl::Web(url) = &endpoint.url else { return None };
        let pages = endpoint.host().info().pages?;
        let shown = url.to_string();
        // A query can be a signature, and then the pages are elsewhere.
        if shown.contains('?') {
            return None;
        }
        let (scheme, rest) = shown.split_once("://")?;
        let (authority, path) = rest.split_once('/')?;
        let path = path.strip_suffix(".git").unwrap_or(path).replace("/_git/_full/", "/_git/");
        let path = utf8_percent_encode(&path, ESCAPED_PATH);
        Some(Self { pages, base: format!("{scheme}://{authority}/{path}") })
    }

    /// Returns the page of a branch or a tag; other refs have none, nor have names that are very long.
    pub(crate) fn of_ref(&self, name: &RefName) -> Option<String> {
        let name = str::from_utf8(name.as_bytes()).ok().filter(|name| name.len() <= LONGEST_NAME)?;
        let (page, short) = match name.strip_prefix("refs/heads/") {
            Some(short) => (self.pages.branch, short),
            None => (self.pages.tag, name.strip_prefix("refs/tags/")?),
        };
        let escaped = match self.pages.place {
            PagePlace::Path => utf8_percent_encode(short, PATH),
            PagePlace::Query => utf8_percent_encode(short, VALUE),
        };
        Some(format!("{}{page}{escaped}", self.base))
    }

    /// Returns the page of what a branch names. A tag may name an object that is no commit, so it has none.
    pub(crate) fn of_commit(&self, name: &RefName, id: ObjectId) -> Option<String> {
        name.is_branch().then(|| format!("{}{}{id}", self.base, self.pages.commit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hosts::Host;
    use crate::hosts::bounds::Bounds;
    use crate::http::network::{CertificateVerification, Network};
    use crate::mirror::testing::{id, name};

    fn links(url: &str) -> Option<Links> {
        links_at(url, None)
    }

    fn links_at(url: &str, host_override: Option<Host>) -> Option<Links> {
        Links::of(&Endpoint {
            host_override,
            url: RemoteUrl::parse(url).unwrap().0,
            tokens: None,
            bounds: Bounds::Server,
            verification: CertificateVerification::On,
            network: Network::default(),
        })
    }

    #[test]
    fn each_known_host_has_its_pages() {
        let ones = "01".repeat(20);
        for (url, branch, tag, commit) in [
            (
                "https://github.com/o/r.git",
                "https://github.com/o/r/tree/a/b%23",
                "https://github.com/o/r/tree/v1",
                "https://github.com/o/r/commit/",
            ),
            (
                "https://gitlab.com/g/s/r.git",
                "https://gitlab.com/g/s/r/-/tree/a/b%23",
                "https://gitlab.com/g/s/r/-/tree/v1",
                "https://gitlab.com/g/s/r/-/commit/",
            ),
            (
                "https://contoso@dev.azure.com/contoso/my project/_git/r",
                "https://dev.azure.com/contoso/my%20project/_git/r?version=GBa%2Fb%23",
                "https://dev.azure.com/contoso/my%20project/_git/r?version=GTv1",
                "https://dev.azure.com/contoso/my%20project/_git/r/commit/",
            ),
            (
                "https://bitbucket.org/w/r.git",
                "https://bitbucket.org/w/r/branch/a/b%23",
                "https://bitbucket.org/w/r/commits/tag/v1",
                "https://bitbucket.org/w/r/commits/",
            ),
        ] {
            let links = links(url).unwrap();
            assert_eq!(links.of_ref(&name("refs/heads/a/b#")).as_deref(), Some(branch));
            assert_eq!(links.of_ref(&name("refs/tags/v1")).as_deref(), Some(tag));
            assert_eq!(links.of_ref(&name("refs/notes/x")), None);
            assert!(links.of_ref(&name(&format!("refs/heads/{}", "x".repeat(244)))).is_some());
            assert_eq!(links.of_ref(&name(&format!("refs/heads/{}", "x".repeat(245)))), None);
            assert_eq!(links.of_commit(&name("refs/heads/a"), id(1)), Some(format!("{commit}{ones}")));
            assert_eq!(links.of_commit(&name("refs/tags/v1"), id(1)), None);
        }
    }

    #[test]
    fn a_host_of_ones_own_has_pages_if_its_kind_is_given() {
        let links = links_at("https://git.example.org/o/r", Some(Host::GitHub)).unwrap();
        assert_eq!(
            links.of_ref(&name("refs/heads/a")).as_deref(),
            Some("https://git.example.org/o/r/tree/a")
        );
    }

    #[test]
    fn elsewhere_there_are_no_links() {
        for url in [
            "https://git.example.org/r",
            "git@github.com:o/r.git",
            "/srv/r.git",
            "https://github.com/o/r?t=x",
        ] {
            assert!(links(url).is_none(), "{url}");
        }
    }

    #[test]
    fn an_address_cannot_leave_its_place() {
        let base = links("https://github.com/o/r)[x](javascript:x)<b>|").unwrap().base;
        assert!(!base.contains([')', '(', '[', ']', '<', '>', '|', ' ']), "{base}");
    }
}
