//! `git-lfs-authenticate`, by which an SSH server says where its LFS objects are and with which header fields.

use serde::Deserialize;

use super::batch::Operation;
use super::endpoint::{Repository, SshEndpoint, Trust, WebEndpoint};
use super::fields::{FieldError, Fields, RawFields};
use super::lfs_url::{LfsUrl, LfsUrlError};
use super::lifetime::Lifetime;
use super::place::Place;
use crate::error::{ErrorKind, Failure, LfsProblem};
use crate::remote::web_url::Scheme;

/// The name of the command.
const PROGRAM: &str = "git-lfs-authenticate";

/// The most bytes that the command may print.
pub const LARGEST_ANSWER: usize = 64 << 10;

/// The status of a shell that does not find a command.
const NOT_FOUND: i32 = 127;

/// The words of servers without the command, beside its name and with another status: Gerrit and shells; what runs it by
/// its path; git-shell; gitolite; PowerShell.
const UNKNOWN: [&str; 5] =
    ["not found", "no such file", "unrecognized command", "unknown ", "not recognized"];

/// The words of Gitea and Forgejo where LFS is turned off, without the command's name.
const TURNED_OFF: [&str; 2] = ["lfs server is not enabled", "unknown git command"];

/// The answer of an SSH server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authenticated {
    /// The endpoint.
    pub endpoint: WebEndpoint,
    /// Tells who chose the endpoint.
    pub named: Named,
    /// The fields of batch requests to it, and of no others. The actions have their own.
    pub fields: Fields,
    /// The time for which this holds, counted from the command.
    pub lifetime: Lifetime,
}

/// Tells who chose an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// The SSH server.
    ByServer,
    /// Nobody: it is where git-lfs takes it to be, too. There need not be anything.
    Guessed,
}

/// The reason why what an SSH server said cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthenticateError {
    /// It is nothing, as from GitLab where it cannot ask itself.
    #[error("git-lfs-authenticate printed nothing")]
    Nothing,
    /// It is not the JSON that the command prints.
    #[error("what git-lfs-authenticate printed is not what it is to print")]
    Malformed,
    /// It names no URL, and none follows from the repository's.
    #[error("git-lfs-authenticate named no URL")]
    NoUrl,
    /// It names one that is not asked.
    #[error("git-lfs-authenticate named a URL that is not asked: {0}")]
    Url(#[from] LfsUrlError),
    /// It names a field that cannot be sent.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// It names a URL without encryption: what it signs in with would go to everybody on the way.
    #[error("git-lfs-authenticate named an http:// URL, which is not encrypted")]
    NotEncrypted,
    /// It leads inside.
    #[error("git-lfs-authenticate named a URL that leads to {0}, where the repository is not")]
    Inside(Place),
}

impl AuthenticateError {
    /// Returns the failure of the side.
    pub fn failure(self) -> Failure {
        let kind = match self {
            Self::Nothing => ErrorKind::Unavailable { retry_after: None },
            Self::Malformed | Self::NoUrl | Self::Field(_) => ErrorKind::Lfs(LfsProblem::Answer),
            Self::Url(_) | Self::NotEncrypted | Self::Inside(_) => ErrorKind::Lfs(LfsProblem::Address),
        };
        Failure::new(kind, self.to_string())
    }
}

#[derive(Deserialize)]
struct Output {
    href: Option<String>,
    #[serde(default)]
    header: RawFields,
    expires_in: Option<f64>,
    expires_at: Option<String>,
}

/// Returns the command for the server. The path is quoted only if a shell would read more into it than a path: most
/// servers have no shell, and git-lfs never quotes.
pub fn command(endpoint: &SshEndpoint, operation: Operation) -> String {
    let (path, operation) = (endpoint.ssh.path(), operation.name());
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@,:=~".contains(c);
    if path.chars().all(is_plain) {
        format!("{PROGRAM} {path} {operation}")
    } else {
        format!("{PROGRAM} '{}' {operation}", path.replace('\'', r"'\''"))
    }
}

/// Tells whether a server does not know the command, by its exit status and what it said. Then the
/// [`guessed`] endpoint is asked, without credentials.
pub fn is_unknown(status: i32, said: &str) -> bool {
    let said = said.to_lowercase();
    let has = |all: &[&str]| all.iter().any(|words| said.contains(words));
    match status {
        0 => false,
        // Where it names another program, that is missing on this machine: ssh.
        NOT_FOUND if said.trim().is_empty() => true,
        _ => has(&TURNED_OFF) || (said.contains(PROGRAM) && (status == NOT_FOUND || has(&UNKNOWN))),
    }
}

/// Returns what is asked where the server does not know the command.
///
/// # Errors
///
/// Fails if there is no such address: the server has no LFS.
pub fn guessed(endpoint: &SshEndpoint) -> Result<Authenticated, Failure> {
    let url = endpoint.guess.clone().ok_or_else(|| {
        let message = format!("the SSH server does not know '{PROGRAM}'");
        Failure::new(ErrorKind::Lfs(LfsProblem::NoService), message)
    })?;
    Ok(Authenticated {
        endpoint: WebEndpoint { url, otherwise: None, trust: Trust::Elsewhere },
        named: Named::Guessed,
        fields: Fields::none(),
        lifetime: Lifetime::Open,
    })
}

/// Reads what the command printed.
///
/// # Errors
///
/// Fails if it cannot be used, or must not.
pub fn read(
    printed: &[u8],
    endpoint: &SshEndpoint,
    repository: &Repository,
) -> Result<Authenticated, AuthenticateError> {
    if printed.trim_ascii().is_empty() {
        return Err(AuthenticateError::Nothing);
    }
    let output: Output = serde_json::from_slice(printed).map_err(|_| AuthenticateError::Malformed)?;
    let url = match output.href.filter(|href| !href.is_empty()) {
        Some(href) => LfsUrl::parse(&href)?,
        None => endpoint.guess.clone().ok_or(AuthenticateError::NoUrl)?,
    };
    let place = Place::of_host(&url.host());
    let is_on_this_machine = place == Some(Place::Loopback) && repository.place == place;
    if url.scheme() == Scheme::Http && !is_on_this_machine {
        return Err(AuthenticateError::NotEncrypted);
    }
    if let Some(place) = place.filter(|place| !place.may_be_reached(repository.place)) {
        return Err(AuthenticateError::Inside(place));
    }
    Ok(Authenticated {
        endpoint: WebEndpoint { url, otherwise: None, trust: Trust::Elsewhere },
        named: Named::ByServer,
        fields: Fields::new(&output.header)?,
        lifetime: Lifetime::new(output.expires_in, output.expires_at.as_deref(), None),
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::hosts::Host;
    use crate::hosts::bounds::Bounds;
    use crate::lfs::endpoint::Endpoint;
    use crate::remote::url::RemoteUrl;

    fn repository(url: &str, place: Place) -> (Repository, SshEndpoint) {
        let (url, _) = RemoteUrl::parse(url).unwrap();
        let repository =
            Repository { host: Host::of_url(&url), url, bounds: Bounds::Server, place: Some(place) };
        match Endpoint::of(&repository).unwrap() {
            Endpoint::Ssh(ssh) => (repository, ssh),
            other => panic!("{other:?}"),
        }
    }

    fn url(printed: &str, place: Place) -> Result<String, AuthenticateError> {
        let (repository, ssh) = repository("git@git.example.org:o/r.git", place);
        let authenticated = read(printed.as_bytes(), &ssh, &repository)?;
        assert_eq!(authenticated.endpoint.trust, Trust::Elsewhere);
        Ok(authenticated.endpoint.url.expose().to_owned())
    }

    #[test]
    fn the_command_names_path_and_operation() {
        for (remote, command_line) in [
            ("git@host:o/r.git", "git-lfs-authenticate o/r.git download"),
            ("ssh://host/o/r.git", "git-lfs-authenticate /o/r.git download"),
            ("ssh://host/~bob/r", "git-lfs-authenticate ~bob/r download"),
            ("git@host:o/my r.git", "git-lfs-authenticate 'o/my r.git' download"),
            ("git@host:o/it's;id.git", r"git-lfs-authenticate 'o/it'\''s;id.git' download"),
            ("git@host:o/$(id).git", "git-lfs-authenticate 'o/$(id).git' download"),
        ] {
            let (_, ssh) = repository(remote, Place::Public);
            assert_eq!(command(&ssh, Operation::Download), command_line);
        }
        let (_, ssh) = repository("git@host:o/r.git", Place::Public);
        assert!(command(&ssh, Operation::Upload).ends_with(" upload"));
    }

    #[test]
    fn a_server_says_where_its_objects_are() {
        let printed = r#"{"href": "https://lfs.example.org/o/r", "header": {"Authorization": "RemoteAuth x"},
            "expires_in": 3600}"#;
        let (repository, ssh) = repository("git@git.example.org:o/r.git", Place::Public);
        let found = read(printed.as_bytes(), &ssh, &repository).unwrap();
        assert_eq!(found.endpoint.batch().expose(), "https://lfs.example.org/o/r/objects/batch");
        assert_eq!(found.fields.iter().count(), 1);
        assert_eq!(found.lifetime, Lifetime::For(Duration::from_secs(3600)));
    }

    #[test]
    fn without_a_url_it_is_where_git_lfs_guesses_it() {
        let guess = "https://git.example.org/o/r.git/info/lfs";
        for printed in ["{}", r#"{"href": "", "header": null}"#, r#"{"href": null, "expires_at": "x"}"#] {
            assert_eq!(url(printed, Place::Public).as_deref(), Ok(guess), "{printed}");
        }
    }

    #[test]
    fn a_url_that_must_not_be_asked_is_refused() {
        use AuthenticateError as E;
        let href = |href: &str| format!("{{\"href\": \"{href}\"}}");
        for (text, place, expected) in [
            ("http://git.example.org/r", Place::Public, Some(E::NotEncrypted)),
            ("http://git.example.org/r", Place::Private, Some(E::NotEncrypted)),
            ("http://127.0.0.1:8080/r", Place::Public, Some(E::NotEncrypted)),
            ("http://127.0.0.1:8080/r", Place::Loopback, None),
            ("https://127.0.0.1/r", Place::Public, Some(E::Inside(Place::Loopback))),
            ("https://10.0.0.1/r", Place::Public, Some(E::Inside(Place::Private))),
            ("https://10.0.0.1/r", Place::Private, None),
            ("https://a:b@git.example.org/r", Place::Public, Some(E::Url(LfsUrlError::UserInfo))),
            ("/o/r", Place::Public, Some(E::Url(LfsUrlError::Malformed))),
        ] {
            assert_eq!(url(&href(text), place).err(), expected, "{text}");
        }
        assert_eq!([url("", Place::Public), url("\n", Place::Public)], [Err(E::Nothing), Err(E::Nothing)]);
        for printed in ["Welcome!", "[]", "{} x", r#"{"href": 1}"#] {
            assert_eq!(url(printed, Place::Public), Err(E::Malformed), "{printed}");
        }
        assert_eq!(url(r#"{"header": {"a": "b\nc"}}"#, Place::Public), Err(E::Field(FieldError::Value)));
    }

    #[test]
    fn what_cannot_be_used_is_a_failure_of_its_kind() {
        use AuthenticateError as E;
        for (error, kind) in [
            (E::Nothing, ErrorKind::Unavailable { retry_after: None }),
            (E::Malformed, ErrorKind::Lfs(LfsProblem::Answer)),
            (E::NoUrl, ErrorKind::Lfs(LfsProblem::Answer)),
            (E::NotEncrypted, ErrorKind::Lfs(LfsProblem::Address)),
            (E::Inside(Place::Private), ErrorKind::Lfs(LfsProblem::Address)),
            (E::Url(LfsUrlError::UserInfo), ErrorKind::Lfs(LfsProblem::Address)),
        ] {
            assert_eq!(error.failure().kind, kind, "{error}");
        }
    }

    #[test]
    fn without_the_command_the_guess_is_asked_if_there_is_one() {
        let (_, ssh) = repository("git@git.example.org:o/r.git", Place::Public);
        let found = guessed(&ssh).unwrap();
        assert_eq!(found.endpoint.batch().expose(), "https://git.example.org/o/r.git/info/lfs/objects/batch");
        assert_eq!((found.named, found.fields.iter().count()), (Named::Guessed, 0));
        let failure = guessed(&SshEndpoint { guess: None, ..ssh }).unwrap_err();
        assert_eq!(failure.kind, ErrorKind::Lfs(LfsProblem::NoService));
    }

    #[test]
    fn a_server_without_the_command_is_known() {
        for (status, said, unknown) in [
            (127, "", true),
            (127, "sh: 1: git-lfs-authenticate: not found", true),
            (127, "sh: 1: ssh: not found", false),
            (1, "fatal: git-lfs-authenticate: not found", true),
            (1, "bash: line 1: git-lfs-authenticate: command not found", true),
            (1, "zsh:1: command not found: git-lfs-authenticate", true),
            (1, "/usr/bin/git-lfs-authenticate: No such file or directory", true),
            (128, "fatal: unrecognized command 'git-lfs-authenticate r.git download'", true),
            (1, "FATAL: unknown git/gitolite command: 'git-lfs-authenticate r download'", true),
            (1, "Gitea: LFS Server is not enabled", true),
            (1, "Forgejo: Unknown git command", true),
            (1, "ERROR: Repository not found.", false),
            (1, "git-lfs-authenticate: you may not read r", false),
            (0, "git-lfs-authenticate: not found", false),
            (1, "repository not found", false),
            (255, "Permission denied (publickey).", false),
        ] {
            assert_eq!(is_unknown(status, said), unknown, "{status} {said}");
        }
    }
}
