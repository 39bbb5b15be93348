//! A URL that LFS is spoken at: an endpoint, or where an action leads.
//!
//! Unlike a repository's URL it is sent as it came, since its query often is a signature of all of it, and so it is
//! never shown whole.

use std::fmt;

use url::{Host, Position, Url};

use crate::remote::web_url::{Scheme, WebUrl};
use crate::secret::{Secret, distinct_maskable};

/// The longest URL that a server may give, in bytes. Signed ones of the large clouds have one to two thousand.
pub const LONGEST: usize = 16 << 10;

/// A web URL without user and password. It shows itself without its query, since that can be a key.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct LfsUrl(Url);

/// The reason why a text is no such URL. It holds nothing of the text, which can be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LfsUrlError {
    /// It is no URL at all.
    #[error("it is no valid URL")]
    Malformed,
    /// It is of another kind.
    #[error("it is neither an https:// nor an http:// URL")]
    NotWeb,
    /// It holds a user or a password.
    #[error("it holds a user or a password")]
    UserInfo,
    /// It is longer than [`LONGEST`].
    #[error("it is longer than {} KiB", LONGEST >> 10)]
    TooLong,
}

impl LfsUrl {
    /// Reads an absolute URL. A fragment is dropped, as no server sees it.
    ///
    /// # Errors
    ///
    /// Fails if it is none of these.
    pub fn parse(text: &str) -> Result<Self, LfsUrlError> {
        if text.len() > LONGEST {
            return Err(LfsUrlError::TooLong);
        }
        Url::parse(text).map_err(|_| LfsUrlError::Malformed).and_then(Self::checked)
    }

    /// Returns where a redirect of a request to this URL leads.
    ///
    /// # Errors
    ///
    /// Fails if that is none of these.
    pub fn redirected(&self, location: &str) -> Result<Self, LfsUrlError> {
        if location.len() > LONGEST {
            return Err(LfsUrlError::TooLong);
        }
        self.0.join(location).map_err(|_| LfsUrlError::Malformed).and_then(Self::checked)
    }

    fn checked(mut url: Url) -> Result<Self, LfsUrlError> {
        if !matches!(url.scheme(), "https" | "http") {
            return Err(LfsUrlError::NotWeb);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(LfsUrlError::UserInfo);
        }
        url.set_fragment(None);
        Ok(Self(url))
    }

    /// Returns the URL of a repository, with this in place of its path. Its query stays: it can be what signs in there.
    pub(super) fn of_repository(repository: &WebUrl, path: &str) -> Result<Self, LfsUrlError> {
        let mut url = Self::parse(&repository.service_url(""))?;
        url.0.set_path(path);
        Ok(url)
    }

    /// Returns the URL of something below this one, such as `objects/batch`. The query stays.
    #[must_use]
    pub fn below(&self, path: &str) -> Self {
        let mut url = self.0.clone();
        url.set_path(&format!("{}/{path}", self.0.path().trim_end_matches('/')));
        Self(url)
    }

    /// Returns the URL that this one is [`below`](Self::below), if it is.
    pub(super) fn above(&self, path: &str) -> Option<Self> {
        let mut url = self.0.clone();
        url.set_path(self.0.path().strip_suffix(path)?.trim_end_matches('/'));
        Some(Self(url))
    }

    /// Returns the URL for the wire; it may show a key.
    pub fn expose(&self) -> &str {
        self.0.as_str()
    }

    /// Returns its protocol.
    pub fn scheme(&self) -> Scheme {
        if self.0.scheme() == "https" { Scheme::Https } else { Scheme::Http }
    }

    /// Returns the server's name or address.
    pub fn host(&self) -> Host<&str> {
        // A web URL has a host.
        self.0.host().unwrap_or(Host::Domain(""))
    }

    /// Returns the server's port: the given one, else the scheme's.
    pub fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or_default()
    }

    /// Returns its path.
    pub fn path(&self) -> &str {
        self.0.path()
    }

    /// Returns what stands behind the `?`.
    pub fn query(&self) -> Option<&str> {
        self.0.query()
    }

    /// Returns true if it has a parameter of this name that is not empty.
    pub(super) fn has_parameter(&self, name: &str) -> bool {
        self.0.query_pairs().any(|(key, value)| key == name && !value.is_empty())
    }

    /// Returns true if both have the same scheme, host and port.
    pub fn same_origin(&self, other: &Self) -> bool {
        self.0.origin() == other.0.origin()
    }

    /// Returns true if it has the scheme, host and port of a repository's URL.
    pub fn is_at(&self, repository: &WebUrl) -> bool {
        let own = (self.scheme(), self.0.host_str().unwrap_or_default(), self.port());
        own == (repository.scheme(), repository.host(), repository.port())
    }

    /// Returns the number of parameters in its query.
    pub fn parameters(&self) -> usize {
        self.0.query().map_or(0, |query| query.split('&').count())
    }

    /// Returns what could be a key in its query, to be masked.
    pub fn masks(&self) -> Vec<Secret> {
        secrets(&self.0)
    }

    /// Returns what could be a secret in a text that may be no such URL: user, password, query and its values.
    pub fn masks_in(text: &str) -> Vec<Secret> {
        Url::parse(text).map(|url| secrets(&url)).unwrap_or_default()
    }
}

/// The least that a value of a query has that could be a key, in characters; shorter ones are ordinary words.
const SHORTEST_KEY: usize = 8;

fn secrets(url: &Url) -> Vec<Secret> {
    let query = url.query().unwrap_or_default();
    let raw = query.split('&').map(|pair| pair.split_once('=').map_or(pair, |(_, value)| value).to_owned());
    let decoded = url.query_pairs().map(|(_, value)| value.into_owned());
    let keys = std::iter::once(query.to_owned()).chain(raw).chain(decoded);
    let keys = keys.filter(|key| key.chars().count() >= SHORTEST_KEY);
    let given = [url.username(), url.password().unwrap_or_default()];
    let given = given.into_iter().flat_map(|part| {
        let decoded = percent_encoding::percent_decode_str(part).decode_utf8();
        [part.to_owned(), decoded.map(String::from).unwrap_or_default()]
    });
    distinct_maskable(given.chain(keys).map(Secret::new).collect())
}

impl fmt::Display for LfsUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0[..Position::AfterPath])?;
        if self.0.query().is_some() { f.write_str("?***") } else { Ok(()) }
    }
}

impl fmt::Debug for LfsUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> LfsUrl {
        LfsUrl::parse(text).unwrap()
    }

    #[test]
    fn a_signed_url_is_sent_as_it_came_and_not_shown() {
        let signed = "https://bucket.s3.amazonaws.com/a%2Fb/4d7a/?X-Amz-Signature=0123abcd%2B&x=a@b:c";
        assert_eq!(url(signed).expose(), signed);
        assert_eq!(format!("{:?}", url(signed)), "https://bucket.s3.amazonaws.com/a%2Fb/4d7a/?***");
        let masks: Vec<_> = url(signed).masks().iter().map(|mask| mask.expose().to_owned()).collect();
        assert_eq!(masks, ["X-Amz-Signature=0123abcd%2B&x=a@b:c", "0123abcd%2B", "0123abcd+"]);
        assert_eq!(url("https://host/a#b").expose(), "https://host/a");
    }

    #[test]
    fn what_is_no_web_url_is_refused() {
        for (text, error) in [
            ("", LfsUrlError::Malformed),
            ("/objects/1", LfsUrlError::Malformed),
            ("//host/objects", LfsUrlError::Malformed),
            ("https://", LfsUrlError::Malformed),
            ("ftp://host/a", LfsUrlError::NotWeb),
            ("file:///etc/passwd", LfsUrlError::NotWeb),
            ("data:,x", LfsUrlError::NotWeb),
            ("https://user@host/a", LfsUrlError::UserInfo),
            ("https://:secret@host/a", LfsUrlError::UserInfo),
            ("https://user:secret@host/a", LfsUrlError::UserInfo),
        ] {
            assert_eq!(LfsUrl::parse(text), Err(error), "{text}");
        }
        let long = format!("https://host/{}", "a".repeat(LONGEST));
        assert_eq!(LfsUrl::parse(&long), Err(LfsUrlError::TooLong));
        assert_eq!(url("https://host").redirected(&long), Err(LfsUrlError::TooLong));
    }

    #[test]
    fn a_redirect_is_read_from_where_it_stands() {
        let from = url("https://host/a/b?c=d");
        for (location, to) in [
            ("/x", "https://host/x"),
            ("x?y", "https://host/a/x?y"),
            ("//other/x", "https://other/x"),
            ("http://other:81/x", "http://other:81/x"),
        ] {
            assert_eq!(from.redirected(location).unwrap().expose(), to);
        }
        assert_eq!(from.redirected("//user:pass@other/x"), Err(LfsUrlError::UserInfo));
        assert_eq!(from.redirected("javascript:x"), Err(LfsUrlError::NotWeb));
    }

    #[test]
    fn a_path_below_stands_before_the_query() {
        let batch = |text: &str| url(text).below("objects/batch").expose().to_owned();
        assert_eq!(batch("https://host/r.git/info/lfs/"), "https://host/r.git/info/lfs/objects/batch");
        assert_eq!(batch("https://host?sig=1"), "https://host/objects/batch?sig=1");
        let above = |text: &str| url(text).above("objects/batch").map(|url| url.expose().to_owned());
        let batch = "https://host/r.git/info/lfs/objects/batch?sig=1";
        assert_eq!(above(batch).as_deref(), Some("https://host/r.git/info/lfs?sig=1"));
        assert_eq!(above("https://host/r.git/info/lfs"), None);
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let (repository, _) = WebUrl::parse("https://host/r").unwrap();
        for (text, same) in [
            ("https://HOST:443/x", true),
            ("https://host./x", false),
            ("http://host/x", false),
            ("https://host:444/x", false),
            ("https://host.evil.net/x", false),
            ("https://evil.net/host", false),
        ] {
            assert_eq!(url(text).is_at(&repository), same, "{text}");
            assert_eq!(url(text).same_origin(&url("https://host/a")), same, "{text}");
        }
    }

    #[test]
    fn what_signs_in_is_masked_though_it_is_refused() {
        let masks =
            |text: &str| LfsUrl::masks_in(text).iter().map(|m| m.expose().to_owned()).collect::<Vec<_>>();
        assert_eq!(
            masks("https://alice:p%40ss-word@host/r?token=0123456789"),
            ["alice", "p%40ss-word", "p@ss-word", "token=0123456789", "0123456789"]
        );
        assert_eq!(masks("no URL"), [""; 0]);
    }
}
