//! A repository behind an SSH server: `ssh://[user@]host[:port]/path` or `[user@]host:path`.

use std::fmt;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use super::url_error::UrlError;
use super::url_error::malformed;

/// Characters that a path shown as a URL must escape to be read back as itself.
const ESCAPED: &AsciiSet = &CONTROLS.add(b' ').add(b'%').add(b'?').add(b'#').add(b'@');

/// The address of a repository behind SSH, with its user. No part of it can be read as an option by `ssh`, and
/// none but the path can mean anything to a shell.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SshUrl {
    user: Option<String>,
    host: String,
    port: Option<u16>,
    path: String,
}

impl SshUrl {
    /// As whom to sign in; where it is not said, SSH's own configuration decides.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// Returns the server's name or address, an IPv6 address without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns the port, where it is not left to SSH's own configuration.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// Returns the path on the server as Git's services get it, percent escapes decoded: `/srv/r.git`, `~bob/r.git`,
    /// or one relative to the server's choice, such as `v3/org/project/repo`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the address of what has this name below it.
    pub(crate) fn below(&self, name: &str) -> Self {
        Self { path: format!("{}/{name}", self.path.trim_end_matches('/')), ..self.clone() }
    }

    pub(crate) fn without_user(&self) -> Self {
        Self { user: None, ..self.clone() }
    }

    /// `user@host` or `host`, as `ssh` takes it.
    pub fn destination(&self) -> String {
        match &self.user {
            Some(user) => format!("{user}@{}", self.host),
            None => self.host.clone(),
        }
    }

    /// Reads what follows `ssh://`.
    pub(crate) fn parse(rest: &str) -> Result<Self, UrlError> {
        let Some((authority, path)) = rest.split_once('/').filter(|(_, path)| !path.is_empty()) else {
            return Err(malformed("the path of the repository is missing"));
        };
        // `ssh://bob:pass/word@host/r` would be taken for the host `bob`.
        if path.contains('@') {
            return Err(UrlError::CutUserInfo);
        }
        let (user, address) = split_user(authority);
        let (host, port) = split_port(address).ok_or_else(|| malformed("the port is no number"))?;
        let decoded = |text: &str| percent_decode_str(text).decode_utf8().map(String::from);
        let not_utf8 = |_| malformed("its percent escapes are not valid UTF-8");
        let user = user.map(decoded).transpose().map_err(not_utf8)?;
        let path = decoded(path).map_err(not_utf8)?;
        // `/~bob/r` is `r` in the home of bob.
        let path = if path.starts_with('~') { path } else { format!("/{path}") };
        Self { user, host: host.to_owned(), port, path }.checked().map_err(PartsRejected::named)
    }

    /// Reads `[user@]host:path`.
    pub(crate) fn parse_scp_like(text: &str) -> Result<Self, UrlError> {
        let (before, path) = split_path(text).ok_or(UrlError::Word)?;
        let (user, address) = split_user(before);
        let (host, port) = match bracketed(address) {
            Some((inner, _)) if inner.contains(':') && inner.matches(':').count() == 1 => {
                split_port(inner).ok_or(UrlError::Word)?
            }
            Some((inner, _)) => (inner, None),
            None => (address, None),
        };
        // `user:token` has the same shape, and must not be shown: an address has a path that looks like one,
        // and names a user, or a host that looks like one.
        let is_path = !path.starts_with(':')
            && ((path.contains('/') && path != "/") || path.strip_suffix(".git").is_some());
        let is_host = user.is_some() || (host.contains('.') && !path.contains('@'));
        if !(is_path && is_host) {
            return Err(UrlError::Word);
        }
        if path.contains('@') {
            return Err(UrlError::CutUserInfo);
        }
        let url = Self { user: user.map(str::to_owned), host: host.to_owned(), port, path: path.to_owned() };
        url.checked().map_err(PartsRejected::named)
    }

    fn checked(self) -> Result<Self, PartsRejected> {
        let user = self.user.as_deref();
        if user.is_some_and(|user| user.contains(':')) {
            return Err(PartsRejected::Password);
        }
        if [user.unwrap_or_default(), &self.host, &self.path].iter().any(|part| part.starts_with('-')) {
            return Err(PartsRejected::Option);
        }
        if self.path.chars().any(char::is_control) {
            return Err(PartsRejected::ControlCharacter);
        }
        let is_host = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
        if self.host.is_empty() || !self.host.chars().all(is_host) {
            return Err(PartsRejected::Rule("its host is no name or address"));
        }
        let is_user = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '+' | '@' | '~' | '=');
        if user.is_some_and(|user| user.is_empty() || !user.chars().all(is_user)) {
            return Err(PartsRejected::Rule("its user holds characters that are not safe to hand to ssh"));
        }
        Ok(self)
    }
}

/// The reason why the parts are refused.
enum PartsRejected {
    Password,
    Option,
    ControlCharacter,
    Rule(&'static str),
}

impl PartsRejected {
    fn named(self) -> UrlError {
        match self {
            Self::Password => UrlError::SshPassword,
            Self::Option => UrlError::OptionLike,
            Self::ControlCharacter => UrlError::ControlCharacter,
            Self::Rule(rule) => malformed(rule),
        }
    }
}

fn split_user(authority: &str) -> (Option<&str>, &str) {
    match authority.rsplit_once('@') {
        Some((user, address)) => (Some(user), address),
        None => (None, authority),
    }
}

/// Returns the host and the port of `host`, `host:port`, `[address]` or `[address]:port`.
fn split_port(address: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match bracketed(address) {
        Some((host, "")) => (host, None),
        Some((host, rest)) => (host, Some(rest.strip_prefix(':')?)),
        None => address.split_once(':').map_or((address, None), |(host, port)| (host, Some(port))),
    };
    match port {
        None | Some("") => Some((host, None)),
        Some(port) => Some((host, Some(port.parse().ok()?))),
    }
}

/// Returns the text in the brackets, and the text after them.
fn bracketed(address: &str) -> Option<(&str, &str)> {
    address.strip_prefix('[')?.split_once(']')
}

/// Splits at the first `:` that is not in the brackets of a host.
fn split_path(text: &str) -> Option<(&str, &str)> {
    let is_host = |before: &str| (before.is_empty() || before.ends_with('@')) && !before.contains([':', '/']);
    let bracketed = text.split_once('[').is_some_and(|(before, _)| is_host(before));
    match text.find("]:").filter(|_| bracketed) {
        Some(end) => Some((text.get(..=end)?, text.get(end + 2..)?)),
        None => text.split_once(':'),
    }
}

impl fmt::Display for SshUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bracketed = |text: &str| format!("[{text}]");
        let host = if self.host.contains(':') { bracketed(&self.host) } else { self.host.clone() };
        let user = self.user.as_ref().map(|user| format!("{user}@")).unwrap_or_default();
        let address = match self.port {
            Some(port) => format!("{host}:{port}"),
            None => host,
        };
        if self.path.starts_with(['/', '~']) {
            let slash = if self.path.starts_with('~') { "/" } else { "" };
            return write!(f, "ssh://{user}{address}{slash}{}", utf8_percent_encode(&self.path, ESCAPED));
        }
        let address = if self.port.is_some() { bracketed(&address) } else { address };
        write!(f, "{user}{address}:{}", self.path)
    }
}

impl fmt::Debug for SshUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::url::RemoteUrl;

    fn url(text: &str) -> SshUrl {
        match RemoteUrl::parse(text).unwrap().0 {
            RemoteUrl::Ssh(url) => url,
            other => panic!("{other} is no SSH URL"),
        }
    }

    #[test]
    fn an_address_is_taken_apart() {
        for (given, destination, port, path) in [
            ("git@github.com:contoso/app.git", "git@github.com", None, "contoso/app.git"),
            ("ssh://git@host:7999/p/r%20s.git", "git@host", Some(7999), "/p/r s.git"),
            ("ssh://git@host:/p/r", "git@host", None, "/p/r"),
            ("ssh://host/~bob/r", "host", None, "~bob/r"),
            ("ssh://git@[2001:db8::1]:22/r", "git@2001:db8::1", Some(22), "/r"),
            ("git@[2001:db8::1]:r.git", "git@2001:db8::1", None, "r.git"),
            ("git@[host:2222]:o/r", "git@host", Some(2222), "o/r"),
            ("host.example:o/r", "host.example", None, "o/r"),
            ("host.example:[o]:/r", "host.example", None, "[o]:/r"),
            ("ssh://alice%40example.com@host/r", "alice@example.com@host", None, "/r"),
        ] {
            let url = url(given);
            assert_eq!((url.destination().as_str(), url.port(), url.path()), (destination, port, path));
        }
    }

    #[test]
    fn what_is_shown_is_read_as_the_same() {
        for given in [
            "git@ssh.dev.azure.com:v3/contoso/project/app",
            "ssh://git@host:7999/p/r%20s%25.git",
            "ssh://host/~bob/r",
            "git@[host:2222]:o/r",
            "ssh://git@[::1]:22/r",
        ] {
            assert_eq!(url(given).to_string(), given);
        }
    }

    #[test]
    fn nothing_reaches_ssh_that_it_could_take_for_an_option() {
        for given in [
            "ssh://-oProxyCommand=id/r",
            "ssh://-oProxyCommand=id@host/r",
            "ssh://%2DoProxyCommand=id@host/r",
            "git@-oProxyCommand:o/r",
            "git@host:-o/r",
            "ssh://git@-host:22/r",
        ] {
            assert_eq!(RemoteUrl::parse(given), Err(UrlError::OptionLike), "{given}");
        }
        for given in ["ssh://a;id@host/r", "ssh://a%20b@host/r", "git@ho$st:o/r", "ssh://@host/r", "ssh:///r"]
        {
            assert!(matches!(RemoteUrl::parse(given), Err(UrlError::Malformed(_))), "{given}");
        }
    }

    #[test]
    fn what_no_server_could_serve_is_refused() {
        for given in ["ssh://host", "ssh://host/", "ssh://host:ssh/r", "ssh://host:99999/r", "ssh://host/%FF"]
        {
            assert!(matches!(RemoteUrl::parse(given), Err(UrlError::Malformed(_))), "{given}");
        }
        assert_eq!(RemoteUrl::parse("[host.example]::o/r"), Err(UrlError::Word));
        assert_eq!(RemoteUrl::parse("ssh://host/a%0Ab"), Err(UrlError::ControlCharacter));
        assert_eq!(RemoteUrl::parse("ssh://git:hunter2@host/r"), Err(UrlError::SshPassword));
    }
}
