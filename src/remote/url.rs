//! The address of a repository in every form that Git takes: a web URL, SSH, or a path of this machine.

use std::fmt;

use super::local_path::LocalPath;
use super::ssh_url::SshUrl;
use super::url_error::UrlError;
use super::url_error::without_slashes;
use super::web_url::{UserInfo, WebUrl};
use crate::text::invisible::trimmed;

/// The address of a repository. It shows itself without anything that could be a secret.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum RemoteUrl {
    /// On a web server.
    Web(WebUrl),
    /// Behind an SSH server.
    Ssh(SshUrl),
    /// On this machine.
    Local(LocalPath),
}

impl RemoteUrl {
    /// Reads an address; what stands before the `@` of a web URL is split off.
    ///
    /// # Errors
    ///
    /// Fails if it is none of the forms, or one that is refused because it could run a program.
    pub fn parse(text: &str) -> Result<(Self, Option<UserInfo>), UrlError> {
        let text = trimmed(text);
        refuse_dangers(text)?;
        let Some((scheme, rest)) = text.split_once("://") else {
            return without_scheme(text).map(|url| (url, None));
        };
        match scheme.to_ascii_lowercase().as_str() {
            "https" | "http" => WebUrl::parse(text).map(|(url, user_info)| (Self::Web(url), user_info)),
            "ssh" | "git+ssh" | "ssh+git" => Ok((Self::Ssh(SshUrl::parse(rest)?), None)),
            "file" => Ok((Self::Local(LocalPath::from_url(text)?), None)),
            _ => Err(UrlError::Scheme),
        }
    }

    /// Returns the address of a repository of this name below this one.
    #[must_use]
    pub fn below(&self, name: &str) -> Self {
        match self {
            Self::Web(url) => Self::Web(url.below(name)),
            Self::Ssh(url) => Self::Ssh(url.below(name)),
            Self::Local(path) => Self::Local(path.as_path().join(name).into()),
        }
    }
}

fn refuse_dangers(text: &str) -> Result<(), UrlError> {
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
        Some((helper, _)) if is_word(helper) => Err(UrlError::Helper),
        _ => Ok(()),
    }
}

fn without_scheme(text: &str) -> Result<RemoteUrl, UrlError> {
    if text.starts_with("$/") {
        return Err(UrlError::Tfvc);
    }
    if let Some(path) = LocalPath::parse(text)? {
        return Ok(RemoteUrl::Local(path));
    }
    let before_slash = text.split(['/', '\\']).next().unwrap_or_default();
    match before_slash.split_once(':') {
        Some((scheme, _)) if scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http") => {
            Err(without_slashes(text))
        }
        Some(_) => SshUrl::parse_scp_like(text).map(RemoteUrl::Ssh),
        None if before_slash == text => Err(UrlError::Word),
        None if before_slash.contains('.') => Err(UrlError::NoScheme),
        None => Err(UrlError::Relative),
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.' | '_'))
}

impl fmt::Display for RemoteUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Web(url) => url.fmt(f),
            Self::Ssh(url) => url.fmt(f),
            Self::Local(path) => path.fmt(f),
        }
    }
}

impl fmt::Debug for RemoteUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<WebUrl> for RemoteUrl {
    fn from(url: WebUrl) -> Self {
        Self::Web(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_is_known_by_its_looks() {
        let form = |text: &str| match RemoteUrl::parse(text).unwrap().0 {
            RemoteUrl::Web(_) => "web",
            RemoteUrl::Ssh(_) => "ssh",
            RemoteUrl::Local(_) => "local",
        };
        for (given, expected) in [
            (" https://github.com/o/r ", "web"),
            ("\u{feff}https://github.com/o/r\u{200b}\r\n", "web"),
            ("HTTP://host/r", "web"),
            ("ssh://git@host:7999/p/r.git", "ssh"),
            ("git+ssh://host/r", "ssh"),
            ("git@ssh.dev.azure.com:v3/org/project/repo", "ssh"),
            ("git@[::1]:o/r.git", "ssh"),
            ("file:///srv/r.git", "local"),
            ("/srv/r.git", "local"),
            ("./r", "local"),
            ("../r", "local"),
        ] {
            assert_eq!(form(given), expected, "{given}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_by_its_name() {
        for (given, expected) in [
            (" ", UrlError::Empty),
            ("https://host/a\nb", UrlError::ControlCharacter),
            ("--upload-pack=/bin/sh", UrlError::OptionLike),
            ("ext::sh -c id", UrlError::Helper),
            ("https::https://host/r", UrlError::Helper),
            ("git:hunter2", UrlError::Word),
            ("hunter2", UrlError::Word),
            ("github.com/o/r", UrlError::NoScheme),
            ("contoso/app", UrlError::Relative),
            ("~/app", UrlError::Relative),
            ("$/Contoso/Main", UrlError::Tfvc),
            ("$app", UrlError::Word),
            ("git://host/r", UrlError::Scheme),
        ] {
            assert_eq!(RemoteUrl::parse(given).unwrap_err(), expected, "{given}");
        }
        for given in ["https:/host/r", "http:host"] {
            assert!(matches!(RemoteUrl::parse(given), Err(UrlError::Malformed(_))), "{given}");
        }
    }

    #[test]
    fn an_at_sign_behind_the_authority_is_refused_unshown() {
        for given in [
            "https://bob:12/Sw0rd@host/o/r.git",
            "https://Sw0rd/x@host/o/r.git",
            "https://bob:12\\Sw0rd@host/r",
            "https://bob:12?Sw0rd@host/r",
            "https://bob:12#Sw0rd@host/r",
            "HTTPS://a@b:12/Sw0rd@host/r",
            "https:/bob:12/Sw0rd@host/r",
            "https:\\\\bob:12/Sw0rd@host/r",
            "ssh://bob:12/Sw0rd@host/r",
            "ssh://Sw0rd/x@host/r",
            "a@b.example:12/Sw0rd@host:o/r.git",
        ] {
            let error = RemoteUrl::parse(given).unwrap_err();
            assert_eq!(error, UrlError::CutUserInfo, "{given}");
            assert!(error.to_string().contains("%2F"), "{error}");
            assert!(!format!("{error} {error:?}").to_lowercase().contains("sw0rd"), "{error}");
        }
    }

    #[test]
    fn an_escaped_at_sign_in_a_path_is_kept() {
        for given in ["https://host/~user%40corp/r", "ssh://host/~user%40corp/r"] {
            assert_eq!(RemoteUrl::parse(given).unwrap().0.to_string(), given);
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
            "file://bob:hunter2@host/r",
            "bob:hunter2@github.com/r",
            "bob:hunter2@github.com:o/r",
            "bob.smith:hunter2@github.com/r",
            "bob@example.org:hunter2",
            "hunter2::x@host",
            "hunter2://x@host/r",
            "hunter2/x+y==",
            "a.hunter2/x",
            "https://bob:hunter2/r",
            "https://[hunter2/r",
            "https:hunter2",
            "file://hunter2/r",
            "ssh://hunter2",
            "C:\\hunter2@host",
        ] {
            let error = RemoteUrl::parse(given).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
    }
}
