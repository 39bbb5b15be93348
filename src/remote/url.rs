//! The URL of a repository, with whatever signs in there taken out of it.

use std::fmt;

use percent_encoding::percent_decode_str;
use thiserror::Error;
use url::{Position, Url};

use super::Secret;

/// The URL of a repository on a web server: no user info, no fragment, no `/` at its end.
///
/// It shows itself without its query, since that can hold a signature or a token.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RemoteUrl(Url);

/// How the server is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// HTTP without encryption.
    Http,
    /// HTTP over TLS.
    Https,
}

/// The part of a URL before the `@`, its percent escapes decoded.
///
/// A user alone is no credential: Azure Repos puts the organisation's name there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserInfo {
    /// The user, which may be empty.
    pub user: String,
    /// The password, if there is one that is not empty.
    pub password: Option<Secret>,
}

/// Why a text is not the URL of a repository that can be mirrored. The text is shown without user info.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UrlError {
    /// Nothing, or only blanks.
    #[error("it is empty")]
    Empty,
    /// A line break or another control character.
    #[error("it holds a control character, such as a line break")]
    ControlCharacter,
    /// A program would read it as an option.
    #[error("a URL cannot begin with '-'")]
    OptionLike,
    /// `ext::…` and its like, with which Git runs a program.
    #[error("the helper transport '{0}::' is refused, since it runs a program; give an https:// URL")]
    Helper(String),
    /// `ssh://…`.
    #[error("'{0}' is an SSH URL, which is not supported yet; give the repository's https:// URL")]
    Ssh(String),
    /// `git@host:path`; only the host is kept, since `user:token` has the same shape.
    #[error("it is an SSH address at '{0}', which is not supported yet; give the repository's https:// URL")]
    ScpLike(String),
    /// `file://…`.
    #[error("'{0}' is a local repository, which is not supported yet; give an https:// URL")]
    File(String),
    /// A path of this machine.
    #[error("'{0}' is a path, which is not supported yet; give an https:// URL")]
    Path(String),
    /// `github.com/contoso/app`.
    #[error("'{0}' lacks its scheme; write 'https://{0}' if that is what you mean")]
    NoScheme(String),
    /// `git://…`, `ftp://…` and others.
    #[error("the scheme of '{0}' is not supported; give an https:// URL")]
    Scheme(String),
    /// A word, which may well be a token in the wrong place, so it is not kept.
    #[error("it is neither a URL nor a path; give an https:// URL")]
    Word,
    /// A web URL that breaks the rules of URLs.
    #[error("'{given}' is no valid URL: {fault}")]
    Malformed {
        /// The text.
        given: String,
        /// The rule.
        fault: String,
    },
}

impl RemoteUrl {
    /// Splits the text into the URL and its user info. Raw blanks in the path are escaped.
    ///
    /// # Errors
    ///
    /// When it is not an `https://` or `http://` URL; every other form Git knows has its own variant.
    pub fn parse(text: &str) -> Result<(Self, Option<UserInfo>), UrlError> {
        let text = text.trim();
        refuse_other_forms(text)?;
        let mut url = Url::parse(text).map_err(|error| malformed(text, error.to_string()))?;
        let user_info = UserInfo::of(&url);
        // Both setters fail only for URLs without a host, which http and https cannot be.
        if url.set_username("").and(url.set_password(None)).is_err() {
            return Err(malformed(text, "it has no host"));
        }
        url.set_fragment(None);
        url.set_path(url.path().to_owned().trim_end_matches('/'));
        Ok((Self(url), user_info))
    }

    /// How the server is spoken to.
    pub fn scheme(&self) -> Scheme {
        if self.0.scheme() == "https" { Scheme::Https } else { Scheme::Http }
    }

    /// The server's name or address, an IPv6 address in brackets.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// The server's port: the given one, else the scheme's.
    pub fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or_default()
    }

    /// The path, percent-encoded, without a `/` at its end; empty for a repository at the server's root.
    pub fn path(&self) -> &str {
        self.0.path().trim_end_matches('/')
    }

    /// Whether both have the same scheme, host and port: the bounds within which credentials may travel.
    pub fn same_origin(&self, other: &Self) -> bool {
        self.0.origin() == other.0.origin()
    }

    /// The repository's URL, given the one of a service below it: the way back of
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

    /// The URL that a redirect of a request to `service` leads to; user info in it is dropped.
    ///
    /// # Errors
    ///
    /// When it is no web address.
    pub fn redirected(&self, service: &str, location: &str) -> Result<Self, UrlError> {
        let asked =
            Url::parse(&self.service_url(service)).map_err(|error| malformed(location, error.to_string()))?;
        let target = asked.join(location).map_err(|error| malformed(location, error.to_string()))?;
        Self::parse(target.as_str()).map(|(url, _)| url)
    }

    /// The URL of a service below the repository, such as `info/refs?service=git-upload-pack`.
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

impl fmt::Display for RemoteUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0[..Position::AfterPath].trim_end_matches('/'))?;
        if self.0.query().is_some() { f.write_str("?***") } else { Ok(()) }
    }
}

impl fmt::Debug for RemoteUrl {
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

fn refuse_other_forms(text: &str) -> Result<(), UrlError> {
    if text.is_empty() {
        return Err(UrlError::Empty);
    }
    if text.chars().any(char::is_control) {
        return Err(UrlError::ControlCharacter);
    }
    if text.starts_with('-') {
        return Err(UrlError::OptionLike);
    }
    match text.split_once("::") {
        Some((helper, _)) if is_word(helper) => return Err(UrlError::Helper(helper.to_owned())),
        _ => {}
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        return Err(without_scheme(text));
    };
    match scheme.to_ascii_lowercase().as_str() {
        "https" | "http" => refuse_cut_authority(text, rest),
        "ssh" | "git+ssh" | "ssh+git" => Err(UrlError::Ssh(redacted(text))),
        "file" => Err(UrlError::File(redacted(text))),
        _ => Err(UrlError::Scheme(redacted(text))),
    }
}

/// `https://user:pass#word@host/…` would be taken for the host `user`, and half the password be sent there.
fn refuse_cut_authority(text: &str, rest: &str) -> Result<(), UrlError> {
    let cut = rest.find(['/', '\\', '?', '#']).and_then(|end| rest[end..].chars().next());
    if matches!(cut, Some('?' | '#')) {
        return Err(malformed(
            text,
            "after the host comes '/'; in a password write '?' as %3F and '#' as %23",
        ));
    }
    Ok(())
}

fn without_scheme(text: &str) -> UrlError {
    let before_slash = text.split(['/', '\\']).next().unwrap_or_default();
    let shown = redacted(text);
    match before_slash.split_once(':') {
        Some((scheme, _)) if scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http") => {
            malformed(text, "'//' is missing after the scheme")
        }
        Some((drive, _)) if drive.len() == 1 => UrlError::Path(shown),
        Some((host, _)) => UrlError::ScpLike(redacted(host)),
        None if before_slash == text => UrlError::Word,
        None if before_slash.contains('.') && !before_slash.starts_with('.') => UrlError::NoScheme(shown),
        None => UrlError::Path(shown),
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.' | '_'))
}

fn malformed(text: &str, fault: impl Into<String>) -> UrlError {
    UrlError::Malformed { given: redacted(text), fault: fault.into() }
}

/// The text without anything that may be a secret: all before the last `@`, and the query.
fn redacted(text: &str) -> String {
    let (scheme, rest) = text.split_once("://").map_or(("", text), |(scheme, rest)| (scheme, rest));
    let separator = if scheme.is_empty() { "" } else { "://" };
    let rest = rest.rsplit_once('@').map_or(rest, |(_, after)| after);
    let shown = rest.split(['?', '#']).next().unwrap_or_default();
    format!("{scheme}{separator}{shown}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn url(text: &str) -> RemoteUrl {
        RemoteUrl::parse(text).unwrap().0
    }

    fn error(text: &str) -> UrlError {
        RemoteUrl::parse(text).unwrap_err()
    }

    #[test]
    fn a_url_is_normalised_but_its_path_is_kept() {
        for (given, shown) in [
            ("https://GitHub.com/Contoso/App.git", "https://github.com/Contoso/App.git"),
            ("https://github.com:443/o/r///", "https://github.com/o/r"),
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
            ("http://[::1]:8080/r", "http://[::1]:8080/r"),
            (
                "https://dev.azure.com/org/My Project/_git/My%20Repo",
                "https://dev.azure.com/org/My%20Project/_git/My%20Repo",
            ),
            ("https://host/a%2Fb/~user/r#readme", "https://host/a%2Fb/~user/r"),
            ("  https://host/r  ", "https://host/r"),
        ] {
            assert_eq!(url(given).to_string(), shown);
        }
    }

    #[test]
    fn user_info_is_split_off_and_decoded() {
        let (url, user_info) = RemoteUrl::parse("https://bob%40x:p%2Fw%3A@host/r").unwrap();
        assert_eq!(format!("{url} {url:?}"), "https://host/r https://host/r");
        let user_info = user_info.unwrap();
        assert_eq!(user_info.user, "bob@x");
        assert_eq!(user_info.password.unwrap().expose(), "p/w:");
    }

    #[test]
    fn an_organisation_is_a_user_without_a_password() {
        let (_, user_info) = RemoteUrl::parse("https://org@dev.azure.com/org/p/_git/r").unwrap();
        assert_eq!(user_info, Some(UserInfo { user: "org".to_owned(), password: None }));
        assert_eq!(RemoteUrl::parse("https://dev.azure.com/org/p/_git/r").unwrap().1, None);
        assert_eq!(RemoteUrl::parse("https://:@dev.azure.com/r").unwrap().1, None);
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
    fn the_same_origin_has_the_same_scheme_host_and_port() {
        let origin = url("https://host/a");
        assert!(origin.same_origin(&url("https://HOST:443/b")));
        for other in ["http://host/a", "https://host:444/a", "https://host.evil/a"] {
            assert!(!origin.same_origin(&url(other)), "{other}");
        }
        assert_eq!((origin.scheme(), origin.host(), origin.port()), (Scheme::Https, "host", 443));
    }

    #[test]
    fn every_other_form_is_refused_by_its_name() {
        let owned = str::to_owned;
        for (given, expected) in [
            (" ", UrlError::Empty),
            ("https://host/a\nb", UrlError::ControlCharacter),
            ("--upload-pack=/bin/sh", UrlError::OptionLike),
            ("ext::sh -c id", UrlError::Helper(owned("ext"))),
            ("https::https://host/r", UrlError::Helper(owned("https"))),
            ("ssh://git:pw@host:22/r", UrlError::Ssh(owned("ssh://host:22/r"))),
            ("git@github.com:o/r.git", UrlError::ScpLike(owned("github.com"))),
            ("file:///srv/r.git", UrlError::File(owned("file:///srv/r.git"))),
            ("git:hunter2", UrlError::ScpLike(owned("git"))),
            ("hunter2", UrlError::Word),
            ("/srv/r.git", UrlError::Path(owned("/srv/r.git"))),
            (r"C:\repos\r", UrlError::Path(owned(r"C:\repos\r"))),
            ("../r", UrlError::Path(owned("../r"))),
            ("github.com/o/r", UrlError::NoScheme(owned("github.com/o/r"))),
            ("git://host/r", UrlError::Scheme(owned("git://host/r"))),
        ] {
            assert_eq!(error(given), expected, "{given}");
        }
        for given in ["https:/host/r", "https://", "https://host:99999/r", "https://ho st/r", "http:host"] {
            assert!(matches!(error(given), UrlError::Malformed { .. }), "{given}");
        }
    }

    #[test]
    fn no_message_shows_a_password() {
        for given in [
            "https://bob:hunter2@host:99999/r",
            "https://bob:hun/hunter2@host/r",
            "https://bob:x#hunter2@host/r",
            "https://bob:x?hunter2@host/r",
            "ssh://bob:hunter2@host/r",
            "ftp://bob:hunter2@host/r?hunter2",
            "bob:hunter2@github.com/r",
        ] {
            let error = error(given);
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn a_password_never_shows_whatever_it_holds(password in "[!-~]{1,6}", tail in "[a-z/@?#: ]{0,8}") {
            let password = format!("{password}hunter2");
            let given = format!("https://bob:{password}@host/r{tail}");
            let shown = match RemoteUrl::parse(&given) {
                // A raw '/' or '\\' ends the authority, so the rest is a path like any other.
                Ok(_) if password.contains(['/', '\\']) => String::new(),
                Ok((url, _)) => format!("{url} {url:?}"),
                Err(error) => format!("{error} {error:?}"),
            };
            prop_assert!(!shown.contains("hunter2"), "{}", shown);
        }

        #[test]
        fn parsing_what_was_shown_gives_the_same(path in "[ -~]{0,20}") {
            if let Ok((url, _)) = RemoteUrl::parse(&format!("https://host/{path}")) && !url.to_string().contains('?') {
                prop_assert_eq!(RemoteUrl::parse(&url.to_string()).unwrap().0, url);
            }
        }
    }
}
