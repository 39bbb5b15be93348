//! The URL of a repository on a web server, with whatever signs in there taken out of it.

use std::fmt;
use std::net::IpAddr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use url::{Origin, Position, Url};

use super::url_error::UrlError;
use super::url_error::{malformed, without_slashes};
use crate::secret::Secret;
use crate::secret::distinct_maskable;

/// The URL of a repository on a web server: no user info, no fragment, no `/` at its end.
///
/// It shows itself without its query, since that can hold a signature or a token.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct WebUrl(Url);

/// The characters of a name that stay in a path.
const NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The least that a part of a query has that could be a key, in characters; shorter ones are ordinary words.
const SHORTEST_KEY: usize = 8;

/// The protocol of a web address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// HTTP without encryption.
    Http,
    /// HTTP over TLS.
    Https,
}

/// The part of a URL before the `@`, its percent escapes decoded.
///
/// A user alone is no credential: Azure Repos puts the organization's name there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserInfo {
    /// The user, which may be empty.
    pub user: String,
    /// The password, if there is one that is not empty.
    pub password: Option<Secret>,
}

impl WebUrl {
    /// Splits the text into the URL and its user info. Raw blanks in the path are escaped.
    ///
    /// # Errors
    ///
    /// Fails if it is not a valid `https://` or `http://` URL.
    pub fn parse(text: &str) -> Result<(Self, Option<UserInfo>), UrlError> {
        let Some((_, rest)) = text.split_once("://") else {
            return Err(without_slashes(text));
        };
        refuse_cut_authority(rest)?;
        Self::split(text)
    }

    fn split(text: &str) -> Result<(Self, Option<UserInfo>), UrlError> {
        let mut url = Url::parse(text).map_err(|error| malformed(error.to_string()))?;
        if !matches!(url.scheme(), "https" | "http") {
            return Err(UrlError::Scheme);
        }
        let user_info = UserInfo::of(&url);
        // Both setters fail only for URLs without a host, which http and https cannot be.
        if url.set_username("").and(url.set_password(None)).is_err() {
            return Err(malformed("it has no host"));
        }
        url.set_fragment(None);
        url.set_path(url.path().to_owned().trim_end_matches('/'));
        Ok((Self(url), user_info))
    }

    /// Returns its protocol.
    pub fn scheme(&self) -> Scheme {
        if self.0.scheme() == "https" { Scheme::Https } else { Scheme::Http }
    }

    /// Returns the server's name or address, an IPv6 address in brackets.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// Returns the server's port: the given one, else the scheme's.
    pub fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or_default()
    }

    /// Tells whether its server is this machine.
    pub fn is_loopback(&self) -> bool {
        let host = self.host().trim_matches(['[', ']']);
        let address = host.parse::<IpAddr>();
        host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    }

    /// Returns the path, percent-encoded, without a `/` at its end; empty for a repository at the server's root.
    pub fn path(&self) -> &str {
        self.0.path().trim_end_matches('/')
    }

    /// Returns every form in which its query could be printed, since that can hold a signature or a token.
    pub fn masks(&self) -> Vec<Secret> {
        let query = self.0.query().unwrap_or_default();
        let values = query.split('&').map(|pair| pair.split_once('=').map_or(pair, |(_, value)| value));
        let decoded = self.0.query_pairs().map(|(_, value)| value.into_owned());
        let forms = std::iter::once(query).chain(values).map(str::to_owned).chain(decoded);
        distinct_maskable(
            forms.filter(|form| form.chars().count() >= SHORTEST_KEY).map(Secret::new).collect(),
        )
    }

    /// Returns the part behind a `?`: it can be a secret.
    pub(crate) fn without_query(&self) -> Self {
        let mut url = self.0.clone();
        url.set_query(None);
        Self(url)
    }

    pub(crate) fn query(&self) -> Option<&str> {
        self.0.query()
    }

    /// Returns the URL of another path, percent-encoded, at the same server.
    pub(crate) fn at_root(&self, path: &str) -> Self {
        let mut url = self.without_query().0;
        url.set_path(path.trim_end_matches('/'));
        Self(url)
    }

    /// Returns the URL of what has this name below it, with the same query.
    pub(crate) fn below(&self, name: &str) -> Self {
        let mut url = self.0.clone();
        url.set_path(&format!("{}/{}", self.path(), utf8_percent_encode(name, NAME)));
        Self(url)
    }

    /// Returns its scheme, host and port: the bounds within which credentials may travel.
    pub fn origin(&self) -> Origin {
        self.0.origin()
    }

    /// Returns true if both have the same origin.
    pub fn same_origin(&self, other: &Self) -> bool {
        self.origin() == other.origin()
    }

    /// Returns the repository's URL, given the one of a service below it: the way back of
    /// [`service_url`](Self::service_url). None if the URL does not end as the service's would.
    pub fn without_service(&self, service: &str) -> Option<Self> {
        let (below, query) = service.split_once('?').map_or((service, ""), |(path, query)| (path, query));
        let path = self.path().strip_suffix(below)?.strip_suffix('/')?;
        let rest = self.0.query().unwrap_or_default().strip_suffix(query)?;
        let mut url = self.0.clone();
        url.set_path(path);
        url.set_query(Some(rest.trim_end_matches('&')).filter(|rest| !rest.is_empty()));
        Some(Self(url))
    }

    /// Returns the URL that a redirect of a request to `service` leads to; user info in it is dropped.
    ///
    /// # Errors
    ///
    /// Fails if it is no web address.
    pub fn redirected(&self, service: &str, location: &str) -> Result<Self, UrlError> {
        let asked = Url::parse(&self.service_url(service)).map_err(|error| malformed(error.to_string()))?;
        let target = asked.join(location).map_err(|error| malformed(error.to_string()))?;
        Self::split(target.as_str()).map(|(url, _)| url)
    }

    /// Returns the URL of a service below the repository, such as `info/refs?service=git-upload-pack`.
    ///
    /// The repository's own query is kept, before the service's. The result is for the wire, never for a
    /// log: it shows that query.
    pub fn service_url(&self, service: &str) -> String {
        let (below, query) =
            service.split_once('?').map_or((service, None), |(path, query)| (path, Some(query)));
        let queries: Vec<_> = [self.0.query(), query].into_iter().flatten().collect();
        let mut url = self.0.clone();
        url.set_path(&format!("{}/{below}", self.path()));
        url.set_query((!queries.is_empty()).then(|| queries.join("&")).as_deref());
        url.into()
    }
}

impl fmt::Display for WebUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0[..Position::AfterPath].trim_end_matches('/'))?;
        match (self.0.query(), self.path()) {
            (None, _) => Ok(()),
            (Some(_), "") => f.write_str("/?***"),
            (Some(_), _) => f.write_str("?***"),
        }
    }
}

impl fmt::Debug for WebUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl UserInfo {
    fn of(url: &Url) -> Option<Self> {
        let password = url.password().filter(|password| !password.is_empty());
        if url.username().is_empty() && password.is_none() {
            return None;
        }
        let decoded = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
        Some(Self {
            user: decoded(url.username()),
            password: password.map(|text| Secret::new(decoded(text))),
        })
    }
}

/// `https://user:pass/word@host/…` would be taken for the host `user`, and half the password be sent there. The
/// sign is an `@` behind the authority: one that belongs to a path is written `%40`.
fn refuse_cut_authority(rest: &str) -> Result<(), UrlError> {
    let Some(end) = rest.find(['/', '\\', '?', '#']) else { return Ok(()) };
    let behind = rest.split_at(end).1;
    if behind.contains('@') {
        return Err(UrlError::CutUserInfo);
    }
    if behind.starts_with(['?', '#']) {
        return Err(malformed("after the host comes '/'"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn url(text: &str) -> WebUrl {
        WebUrl::parse(text).unwrap().0
    }

    #[test]
    fn a_url_is_normalised_but_its_path_is_kept() {
        for (given, shown) in [
            ("https://GitHub.com/Contoso/App.git", "https://github.com/Contoso/App.git"),
            ("https://github.com:443/o/r///", "https://github.com/o/r"),
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
            ("http://[::1]:8080/r", "http://[::1]:8080/r"),
            ("https://host/?sig=1", "https://host/?***"),
            (
                "https://dev.azure.com/org/My Project/_git/My%20Repo",
                "https://dev.azure.com/org/My%20Project/_git/My%20Repo",
            ),
            ("https://host/a%2Fb/~user/r#readme", "https://host/a%2Fb/~user/r"),
        ] {
            assert_eq!(url(given).to_string(), shown);
        }
    }

    #[test]
    fn user_info_is_split_off_and_decoded() {
        let (url, user_info) = WebUrl::parse("https://bob%40x:p%2Fw%3A@host/r").unwrap();
        assert_eq!(format!("{url} {url:?}"), "https://host/r https://host/r");
        let user_info = user_info.unwrap();
        assert_eq!(user_info.user, "bob@x");
        assert_eq!(user_info.password.unwrap().expose(), "p/w:");
    }

    #[test]
    fn an_organization_is_a_user_without_a_password() {
        let (_, user_info) = WebUrl::parse("https://org@dev.azure.com/org/p/_git/r").unwrap();
        assert_eq!(user_info, Some(UserInfo { user: "org".to_owned(), password: None }));
        assert_eq!(WebUrl::parse("https://dev.azure.com/org/p/_git/r").unwrap().1, None);
        assert_eq!(WebUrl::parse("https://:@dev.azure.com/r").unwrap().1, None);
    }

    #[test]
    fn a_service_is_joined_below_the_path_and_before_the_query() {
        let service = "info/refs?service=git-upload-pack";
        for (repository, joined) in [
            ("https://host/r/", "https://host/r/info/refs?service=git-upload-pack"),
            ("https://host", "https://host/info/refs?service=git-upload-pack"),
            ("https://host/a b?sig=x%2Fy", "https://host/a%20b/info/refs?sig=x%2Fy&service=git-upload-pack"),
        ] {
            assert_eq!(url(repository).service_url(service), joined);
        }
        assert_eq!(url("https://host/r").service_url("git-receive-pack"), "https://host/r/git-receive-pack");
        assert_eq!(
            url("https://host/r?k=v").service_url("git-upload-pack"),
            "https://host/r/git-upload-pack?k=v"
        );
    }

    #[test]
    fn a_query_is_not_shown() {
        assert_eq!(format!("{:?}", url("https://host/r?sig=secret")), "https://host/r?***");
    }

    #[test]
    fn what_could_be_a_key_in_a_query_is_masked_in_each_form() {
        let masks =
            |text: &str| url(text).masks().iter().map(|mask| mask.expose().to_owned()).collect::<Vec<_>>();
        assert_eq!(
            masks("https://host/r?sig=a%2Fbcdefgh&v=main"),
            ["sig=a%2Fbcdefgh&v=main", "a%2Fbcdefgh", "a/bcdefgh"]
        );
        assert_eq!(masks("https://host/r?v=main"), [""; 0]);
        assert_eq!(masks("https://host/r"), [""; 0]);
    }

    #[test]
    fn the_same_origin_has_the_same_scheme_host_and_port() {
        let origin = url("https://host/a");
        assert!(origin.same_origin(&url("https://HOST:443/b")));
        for other in ["http://host/a", "https://host:444/a", "https://host.evil/a"] {
            assert!(!origin.same_origin(&url(other)), "{other}");
        }
        assert_eq!((origin.scheme(), origin.host(), origin.port()), (Scheme::Https, "host", 443));
    }

    #[test]
    fn what_is_no_web_url_is_refused() {
        for given in [
            "https:/host/r",
            "https://",
            "https://host:99999/r",
            "https://ho st/r",
            "http:host",
            "https://host?/r",
        ] {
            assert!(matches!(WebUrl::parse(given), Err(UrlError::Malformed(_))), "{given}");
        }
        assert_eq!(WebUrl::parse("ftp://host/r"), Err(UrlError::Scheme));
    }

    proptest! {
        #[test]
        fn a_password_never_shows_whatever_it_holds(password in "[!-~]{1,6}", tail in "[a-z/@?#: ]{0,8}") {
            let password = format!("{password}hunter2");
            let given = format!("https://bob:{password}@host/r{tail}");
            let shown = match WebUrl::parse(&given) {
                // A raw '/' or '\\' ends the authority, so the rest is a path like any other.
                Ok(_) if password.contains(['/', '\\']) => String::new(),
                Ok((url, _)) => format!("{url} {url:?}"),
                Err(error) => format!("{error} {error:?}"),
            };
            prop_assert!(!shown.contains("hunter2"), "{}", shown);
        }

        #[test]
        fn parsing_what_was_shown_gives_the_same(path in "[ -~]{0,20}") {
            if let Ok((url, _)) = WebUrl::parse(&format!("https://host/{path}")) && !url.to_string().contains('?') {
                prop_assert_eq!(WebUrl::parse(&url.to_string()).unwrap().0, url);
            }
        }
    }
}
