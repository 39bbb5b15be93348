//! The address of a repository in every form that Git takes: a web URL, SSH, or a path of this machine.

use std::fmt;

use super::local_path::LocalPath;
use super::ssh_url::SshUrl;
use super::url_error::UrlError;
use super::url_error::{malformed, redacted};
use super::web_url::{UserInfo, WebUrl};

/// Where a repository is. It shows itself without anything that could be a secret.
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
    /// When it is none of the forms, or one that is refused because it could run a program.
    pub fn parse(text: &str) -> Result<(Self, Option<UserInfo>), UrlError> {
        let text = text.trim();
        refuse_dangers(text)?;
        let Some((scheme, rest)) = text.split_once("://") else {
            return without_scheme(text).map(|url| (url, None));
        };
        match scheme.to_ascii_lowercase().as_str() {
            "https" | "http" => WebUrl::parse(text).map(|(url, user_info)| (Self::Web(url), user_info)),
            "ssh" | "git+ssh" | "ssh+git" => Ok((Self::Ssh(SshUrl::parse(rest)?), None)),
            "file" => Ok((Self::Local(LocalPath::from_url(text)?), None)),
            _ => Err(UrlError::Scheme(redacted(text))),
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
        Some((helper, _)) if is_word(helper) => Err(UrlError::Helper(helper.to_owned())),
        _ => Ok(()),
    }
}

fn without_scheme(text: &str) -> Result<RemoteUrl, UrlError> {
    if let Some(path) = LocalPath::parse(text)? {
        return Ok(RemoteUrl::Local(path));
    }
    let before_slash = text.split(['/', '\\']).next().unwrap_or_default();
    match before_slash.split_once(':') {
        Some((scheme, _)) if scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http") => {
            Err(malformed(text, "'//' is missing after the scheme"))
        }
        Some(_) => SshUrl::parse_scp_like(text).map(RemoteUrl::Ssh),
        None if before_slash == text => Err(UrlError::Word),
        None if before_slash.contains('.') => Err(UrlError::NoScheme(redacted(text))),
        None => Err(UrlError::Relative(redacted(text))),
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
        let owned = str::to_owned;
        for (given, expected) in [
            (" ", UrlError::Empty),
            ("https://host/a\nb", UrlError::ControlCharacter),
            ("--upload-pack=/bin/sh", UrlError::OptionLike),
            ("ext::sh -c id", UrlError::Helper(owned("ext"))),
            ("https::https://host/r", UrlError::Helper(owned("https"))),
            ("git:hunter2", UrlError::Word),
            ("hunter2", UrlError::Word),
            ("github.com/o/r", UrlError::NoScheme(owned("github.com/o/r"))),
            ("contoso/app", UrlError::Relative(owned("contoso/app"))),
            ("~/app", UrlError::Relative(owned("~/app"))),
            ("git://host/r", UrlError::Scheme(owned("git://host/r"))),
        ] {
            assert_eq!(RemoteUrl::parse(given).unwrap_err(), expected, "{given}");
        }
        for given in ["https:/host/r", "http:host"] {
            assert!(matches!(RemoteUrl::parse(given), Err(UrlError::Malformed { .. })), "{given}");
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
        ] {
            let error = RemoteUrl::parse(given).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
    }
}
