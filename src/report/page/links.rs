//! Links to the pages of a host.

use percent_encoding::{AsciiSet, utf8_percent_encode};

use crate::hosts::pages::{Compare, First, PATH, PagePlace, Pages};
use crate::protocol::object_id::ObjectId;
use crate::protocol::ref_name::RefName;
use crate::remote::web_url::WebUrl;
use crate::transport::endpoint::Endpoint;

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
    /// The settings by which a ref can be refused there.
    settings: Option<String>,
    /// The part that all its addresses have in common.
    base: String,
}

impl Links {
    /// Returns the pages of an endpoint; none where its host's addresses are not known.
    pub(crate) fn of(endpoint: &Endpoint) -> Option<Self> {
        let pages = endpoint.host().info().pages?;
        let address = pages.address(&endpoint.url)?;
        let settings = pages.settings.and_then(|settings| (settings.address)(&address));
        let settings = settings.and_then(|address| harmless(&address));
        Some(Self { pages, settings, base: harmless(&address)? })
    }

    /// Returns the repository's own page.
    pub(crate) fn home(&self) -> String {
        format!("{}{}", self.base, self.pages.home)
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

    /// Returns the page that shows what a branch has got since.
    pub(crate) fn of_update(&self, name: &RefName, old: ObjectId, new: ObjectId) -> Option<String> {
        let Compare { before, between, first } = self.pages.compare.filter(|_| name.is_branch())?;
        let (one, other) = match first {
            First::Old => (old, new),
            First::New => (new, old),
        };
        Some(format!("{}{before}{one}{between}{other}", self.base))
    }

    /// Returns the name and the address of the settings by which a host refuses a ref in these words, if it is by some.
    pub(crate) fn settings_for(&self, words: &str) -> Option<(&'static str, &str)> {
        let words = words.to_lowercase();
        let settings = self.pages.settings?;
        let is_cause = settings.says.iter().any(|said| words.contains(said));
        is_cause.then_some(settings.name).zip(self.settings.as_deref())
    }
}

/// Returns an address in which nothing can end a link, or be one of another kind.
fn harmless(address: &WebUrl) -> Option<String> {
    let shown = address.to_string();
    let (scheme, rest) = shown.split_once("://")?;
    let (authority, path) = rest.split_once('/')?;
    Some(format!("{scheme}://{authority}/{}", utf8_percent_encode(path, ESCAPED_PATH)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hosts::Host;
    use crate::hosts::bounds::Bounds;
    use crate::http::network::{CertificateVerification, Network};
    use crate::mirror::testing::{id, name};
    use crate::remote::url::RemoteUrl;

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
            "git@git.example.org:o/r.git",
            "/srv/r.git",
            "https://github.com/o/r?t=x",
        ] {
            assert!(links(url).is_none(), "{url}");
        }
    }

    #[test]
    fn an_address_cannot_leave_its_place() {
        let hostile = "r)[x](javascript:x)<b>|";
        for url in [
            format!("https://github.com/o/{hostile}"),
            format!("git@github.com:o/{hostile}"),
            format!("https://stash.example.org/scm/k/{hostile}"),
            format!("https://dev.azure.com/{hostile}/_git/{hostile}"),
        ] {
            let links = links(&url).unwrap();
            let settings = links.settings.clone().unwrap_or_default();
            for address in [links.home(), links.of_ref(&name("refs/heads/a|b)")).unwrap(), settings] {
                assert!(!address.contains([')', '(', '[', ']', '<', '>', '|', ' ']), "{address}");
            }
        }
    }

    #[test]
    fn an_update_has_the_page_of_what_came() {
        let [old, new] = ["01", "02"].map(|byte| byte.repeat(20));
        for (url, page) in [
            ("https://github.com/o/r", format!("https://github.com/o/r/compare/{old}...{new}")),
            ("git@gitlab.com:o/r.git", format!("https://gitlab.com/o/r/-/compare/{old}...{new}")),
            ("https://bitbucket.org/o/r", format!("https://bitbucket.org/o/r/branches/compare/{new}..{old}")),
            (
                "https://dev.azure.com/o/p/_git/r",
                format!(
                    "https://dev.azure.com/o/p/_git/r/branchCompare?baseVersion=GC{old}&targetVersion=GC{new}"
                ),
            ),
        ] {
            let links = links(url).unwrap();
            assert_eq!(links.of_update(&name("refs/heads/a"), id(1), id(2)), Some(page));
            assert_eq!(links.of_update(&name("refs/tags/a"), id(1), id(2)), None);
        }
        let console = links("https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/r").unwrap();
        assert_eq!(console.of_update(&name("refs/heads/a"), id(1), id(2)), None);
        assert!(console.home().ends_with("/repositories/r/browse"), "{}", console.home());
    }

    #[test]
    fn settings_are_linked_where_they_are_the_cause() {
        let links = links("https://github.com/o/r").unwrap();
        let rules = ("Settings › Rules", "https://github.com/o/r/settings/rules");
        assert_eq!(links.settings_for("pre-receive hook declined: GH006: no"), Some(rules));
        assert_eq!(links.settings_for("GH001: too large"), None);
    }
}
