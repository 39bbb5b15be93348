//! Reasons why a text is not the address of a repository, told without showing what may be a secret.

use thiserror::Error;

/// The reason why a text is not the address of a repository that can be mirrored.
///
/// No part of the text is kept: a secret may stand anywhere in what could not be read.
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
    #[error(
        "a helper transport, written as 'name::', is refused, since it runs a program; give an https:// URL"
    )]
    Helper,
    /// `github.com/contoso/app`.
    #[error("it lacks its scheme; write 'https://' before it if that is what you mean")]
    NoScheme,
    /// `contoso/app`.
    #[error("it may be a path or a part of a URL; write './' before a path")]
    Relative,
    /// `$/Contoso/Main`
    #[error("it is a path of Team Foundation Version Control, which is not Git")]
    Tfvc,
    /// `C:\app` where there are no drives.
    #[error("it is a path of Windows, and this machine runs another system")]
    WindowsPath,
    /// `git://…`, `ftp://…` and others.
    #[error("its scheme is not supported; give an https:// or ssh:// URL")]
    Scheme,
    /// A word, which may well be a token in the wrong place.
    #[error("it is neither a URL nor a path; give an https:// URL")]
    Word,
    /// A password where SSH takes none.
    #[error("it holds a password, which SSH does not take from a URL; sign in with a key")]
    SshPassword,
    /// An `@` behind the place where the host ends: a secret may reach up to it.
    #[error(
        "it holds an '@' behind its host, so a user or password there may not be percent-encoded; in these \
         write '/' as %2F, '\\' as %5C, '?' as %3F, '#' as %23 and '@' as %40, and in a path write '@' as %40"
    )]
    CutUserInfo,
    /// A URL that breaks this rule of URLs.
    #[error("it is no valid URL: {0}")]
    Malformed(String),
}

pub(crate) fn malformed(rule: impl Into<String>) -> UrlError {
    UrlError::Malformed(rule.into())
}

/// Refuses a web address without `//`, whose user info may reach up to any `@` in it.
pub(crate) fn without_slashes(text: &str) -> UrlError {
    if text.contains('@') { UrlError::CutUserInfo } else { malformed("'//' is missing after the scheme") }
}
