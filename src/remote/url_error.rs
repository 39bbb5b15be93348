//! Why a text is not the address of a repository, told without showing what may be a secret.

use thiserror::Error;

/// Why a text is not the address of a repository that can be mirrored. It is shown without user info.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UrlError {
    /// Nothing, or only blanks.
    #[error("it is empty")]
    Empty,
    /// A line break or another control character.
    #[error("it holds a control character, such as a line break")]
    ControlCharacter,
    /// A program would read it, or a part of it, as an option.
    #[error("an address, and a host, user or path in it, cannot begin with '-'")]
    OptionLike,
    /// `ext::…` and its like, with which Git runs a program.
    #[error("the helper transport '{0}::' is refused, since it runs a program; give an https:// URL")]
    Helper(String),
    /// `github.com/contoso/app`.
    #[error("'{0}' lacks its scheme; write 'https://{0}' if that is what you mean")]
    NoScheme(String),
    /// `contoso/app`.
    #[error("'{0}' may be a path or a part of a URL; write './{0}' for a path")]
    Relative(String),
    /// `C:\app` where there are no drives.
    #[error("'{0}' is a path of Windows, and this machine runs another system")]
    WindowsPath(String),
    /// `git://…`, `ftp://…` and others.
    #[error("the scheme of '{0}' is not supported; give an https:// or ssh:// URL")]
    Scheme(String),
    /// A word, which may well be a token in the wrong place, so it is not kept.
    #[error("it is neither a URL nor a path; give an https:// URL")]
    Word,
    /// A password where SSH takes none.
    #[error("it holds a password, which SSH does not take from a URL; sign in with a key")]
    SshPassword,
    /// An `@` behind the place where the host ends: a secret may reach up to it, so no part is kept.
    #[error(
        "it holds an '@' behind its host, so a user or password there may not be percent-encoded; in these \
         write '/' as %2F, '\\' as %5C, '?' as %3F, '#' as %23 and '@' as %40, and in a path write '@' as %40"
    )]
    CutUserInfo,
    /// A URL that breaks the rules of URLs.
    #[error("'{given}' is no valid URL: {fault}")]
    Malformed {
        /// The text.
        given: String,
        /// The rule.
        fault: String,
    },
}

pub(super) fn malformed(text: &str, fault: impl Into<String>) -> UrlError {
    UrlError::Malformed { given: redacted(text), fault: fault.into() }
}

/// Refuses a web address without `//`, whose user info may reach up to any `@` in it.
pub(super) fn without_slashes(text: &str) -> UrlError {
    if text.contains('@') {
        UrlError::CutUserInfo
    } else {
        malformed(text, "'//' is missing after the scheme")
    }
}

/// The text without anything that may be a secret: all before the last `@`, and the query.
pub(super) fn redacted(text: &str) -> String {
    let (scheme, rest) = text.split_once("://").map_or(("", text), |(scheme, rest)| (scheme, rest));
    let separator = if scheme.is_empty() { "" } else { "://" };
    let rest = rest.rsplit_once('@').map_or(rest, |(_, after)| after);
    let shown = rest.split(['?', '#']).next().unwrap_or_default();
    format!("{scheme}{separator}{shown}")
}
