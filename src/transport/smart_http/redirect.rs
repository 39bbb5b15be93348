//! Decides which redirects are followed, and what they do to the credentials.
//!
//! A repository that is read is followed to another server, without credentials; one that is written never is, since
//! all that is pushed would go there. Another collection of the same server
//! counts as another server where the credentials are for one. Only the first request of a service may be sent elsewhere,
//! and only to the same service of a repository: its URL must end as the one asked for. Everything after that goes to where the redirect led.

use crate::error::{ErrorKind, Failure};
use crate::hosts::Host;
use crate::hosts::bounds::Bounds;
use crate::hosts::identity::RepositoryAddress;
use crate::remote::web_url::{Scheme, WebUrl};

/// Number of redirects in a row that are followed.
pub(crate) const MAX_REDIRECTS: usize = 5;

/// Permission for a repository to be at another server than the one that was named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherServer {
    /// It may, and gets no credentials there.
    Followed,
    /// It may not.
    Refused,
    /// It may not, and where a host of this kind redirects to another repository of the same server, nothing is written there
    /// either: its name was computed, and what was renamed is somebody's.
    RefusedAsOtherNames(Host),
}

/// The server that a redirect leads to, by which the credentials stay or go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RedirectTo {
    /// The same host, on the same port or moved from http to https on their own ports, and what the credentials are for.
    SameServer,
    /// Another server, or a part of the same one that the credentials are not for: none go there.
    OtherServer,
}

/// Returns the repository's URL after a redirect of the request for `tail` below it.
pub(crate) fn follow(
    from: &WebUrl,
    location: &str,
    tail: &str,
    bounds: &Bounds,
    other_server: OtherServer,
) -> Result<(WebUrl, RedirectTo), Failure> {
    let refused = |why: String| Failure::new(ErrorKind::Redirect, why);
    let target = from
        .redirected(tail, location)
        .map_err(|error| refused(format!("the server redirected, but where to cannot be used: {error}")))?;
    let Some(url) = target.without_service(tail) else {
        let why = format!(
            "the server redirected to '{target}', which is no Git repository; it may be a sign-in page"
        );
        return Err(Failure::new(ErrorKind::Unauthorized, why));
    };
    if from.scheme() == Scheme::Https && url.scheme() == Scheme::Http {
        return Err(refused(format!("the server redirected to '{url}', which is not encrypted")));
    }
    let stand_by_default = |url: &WebUrl| match url.scheme() {
        Scheme::Http => url.port() == 80,
        Scheme::Https => url.port() == 443,
    };
    let upgraded = from.host() == url.host() && stand_by_default(from) && stand_by_default(&url);
    let is_same = from.same_origin(&url) || upgraded;
    // A move to https leads to the same place, though its scheme is another.
    let there = from.at_root(url.path());
    let what = match (is_same && bounds.hold(&there), other_server) {
        (true, OtherServer::RefusedAsOtherNames(host)) if !is_same_name(from, &there, host) => {
            "another repository"
        }
        (true, _) => return Ok((url, RedirectTo::SameServer)),
        (false, OtherServer::Followed) => return Ok((url, RedirectTo::OtherServer)),
        (false, _) if is_same => "another organization or collection",
        (false, _) => "another server",
    };
    Err(refused(format!("the server redirected to '{url}', {what}, to which nothing is sent")))
}

/// Tells whether an address is another spelling of the same one.
fn is_same_name(one: &WebUrl, other: &WebUrl, host: Host) -> bool {
    RepositoryAddress::new(&one.clone().into(), Some(host)).is_at(&other.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hosts::azure_repos::Collection;

    const TAIL: &str = "info/refs?service=git-upload-pack";
    const PUSH: &str = "info/refs?service=git-receive-pack";

    fn outcome(from: &str, location: &str) -> Result<(String, RedirectTo), ErrorKind> {
        let (from, _) = WebUrl::parse(from).unwrap();
        follow(&from, location, TAIL, &Bounds::Server, OtherServer::Followed)
            .map(|(url, identity)| (url.to_string(), identity))
            .map_err(|failure| failure.kind)
    }

    #[test]
    fn a_redirect_on_the_same_server_keeps_the_credentials() {
        let same = Ok(("https://git.example.org/new".to_owned(), RedirectTo::SameServer));
        for location in [
            "https://git.example.org/new/info/refs?service=git-upload-pack",
            "/new/info/refs?service=git-upload-pack",
        ] {
            assert_eq!(outcome("https://git.example.org/old", location), same);
        }
        let upgraded = Ok(("https://git.example.org/a".to_owned(), RedirectTo::SameServer));
        let location = "https://git.example.org/a/info/refs?service=git-upload-pack";
        assert_eq!(outcome("http://git.example.org/a", location), upgraded);
    }

    #[test]
    fn another_host_or_port_gets_no_credentials() {
        for host in ["other.example.org", "git.example.org:8443", "git.example.org.evil.net"] {
            let location = format!("https://{host}/a/info/refs?service=git-upload-pack");
            let expected = Ok((format!("https://{host}/a"), RedirectTo::OtherServer));
            assert_eq!(outcome("https://git.example.org/a", &location), expected);
            assert_eq!(outcome("http://git.example.org/a", &location), expected);
        }
        let location = "https://git.example.org/a/info/refs?service=git-upload-pack";
        let expected = Ok(("https://git.example.org/a".to_owned(), RedirectTo::OtherServer));
        assert_eq!(outcome("http://git.example.org:8080/a", location), expected);
    }

    #[test]
    fn a_repository_that_is_written_stays_at_its_server() {
        let from = WebUrl::parse("https://git.example.org/a").unwrap().0;
        let outcome = |location: &str| {
            let location = format!("{location}/info/refs?service=git-receive-pack");
            follow(&from, &location, PUSH, &Bounds::Server, OtherServer::Refused)
        };
        for same in [
            "/b",
            "../../b",
            "https://GIT.Example.org:443/b",
            "//git.example.org/b",
            "https://u:p@git.example.org/b",
        ] {
            let (url, identity) = outcome(same).unwrap();
            assert_eq!(
                (url.to_string().as_str(), identity),
                ("https://git.example.org/b", RedirectTo::SameServer),
                "{same}"
            );
        }
        for other in [
            "https://git.example.org:8443/b",
            "https://git.example.org./b",
            "https://evil.net/b",
            "//evil.net/b",
            "https://git.example.org.evil.net/b",
            "https://git.example.org@evil.net/b",
            "https:\\\\evil.net\\b",
            "https://user:hunter2@evil.net/b",
        ] {
            let failure = outcome(other).unwrap_err();
            assert_eq!(failure.kind, ErrorKind::Redirect, "{other}");
            assert!(failure.message.contains("another server, to which nothing is sent"), "{failure}");
            assert!(!failure.message.contains("hunter2"), "{failure}");
        }
    }

    #[test]
    fn a_repository_of_a_computed_name_that_was_renamed_is_not_written() {
        let outcome = |to: &str| {
            let from = WebUrl::parse("http://github.com/o/a.git").unwrap().0;
            let location = format!("{to}/info/refs?service=git-receive-pack");
            let names = OtherServer::RefusedAsOtherNames(Host::GitHub);
            follow(&from, &location, PUSH, &Bounds::Server, names).map(|(_, to)| to)
        };
        for same in ["https://github.com/o/a", "/O/A.git", "/o/a.git/"] {
            assert_eq!(outcome(same), Ok(RedirectTo::SameServer), "{same}");
        }
        for (other, what) in [
            ("/o/b.git", "another repository"),
            ("https://github.com/p/a.git", "another repository"),
            ("https://evil.net/o/a.git", "another server"),
        ] {
            let failure = outcome(other).unwrap_err();
            assert_eq!(failure.kind, ErrorKind::Redirect, "{other}");
            assert!(failure.message.contains(&format!("{what}, to which nothing is sent")), "{failure}");
        }
    }

    #[test]
    fn a_repository_that_is_written_may_move_to_https() {
        let outcome = |from: &str, to: &str| {
            let (from, location) =
                (WebUrl::parse(from).unwrap().0, format!("{to}/info/refs?service=git-receive-pack"));
            follow(&from, &location, PUSH, &Bounds::Server, OtherServer::Refused)
                .map(|(url, identity)| (url.to_string(), identity))
                .map_err(|failure| failure.kind)
        };
        let upgraded = Ok(("https://git.example.org/a".to_owned(), RedirectTo::SameServer));
        assert_eq!(outcome("http://git.example.org/a", "https://git.example.org/a"), upgraded);
        for (from, to) in [
            ("https://git.example.org/a", "http://git.example.org/a"),
            ("http://git.example.org:8080/a", "https://git.example.org/a"),
            ("http://git.example.org/a", "https://www.git.example.org/a"),
        ] {
            assert_eq!(outcome(from, to), Err(ErrorKind::Redirect), "{from} {to}");
        }
    }

    #[test]
    fn another_collection_of_the_same_server_is_another_server() {
        const CLOUD: &str = "https://dev.azure.com/contoso";
        const SERVER: &str = "https://tfs.example.org/tfs/Main";
        for (collection, to, expected) in [
            (CLOUD, "/contoso/q/_git/r", RedirectTo::SameServer),
            (CLOUD, "/Contoso/p/_git/moved", RedirectTo::SameServer),
            (CLOUD, "/evilorg/p/_git/r", RedirectTo::OtherServer),
            (CLOUD, "/contoso2/p/_git/r", RedirectTo::OtherServer),
            (CLOUD, "/contoso/..%2Fevilorg/p/_git/r", RedirectTo::OtherServer),
            (CLOUD, "/contoso/../evilorg/p/_git/r", RedirectTo::OtherServer),
            (CLOUD, "https://contoso.visualstudio.com/p/_git/r", RedirectTo::OtherServer),
            (SERVER, "/tfs/main/q/_git/r", RedirectTo::SameServer),
            (SERVER, "/tfs/Other/p/_git/r", RedirectTo::OtherServer),
            (SERVER, "/tfs/Main/p", RedirectTo::OtherServer),
            (SERVER, "//tfs.example.org:8443/tfs/Main/p/_git/r", RedirectTo::OtherServer),
            (
                "http://tfs.example.org/tfs/Main",
                "https://tfs.example.org/tfs/Main/q/_git/r",
                RedirectTo::SameServer,
            ),
            (
                "http://tfs.example.org/tfs/Main",
                "https://tfs.example.org/tfs/Other/q/_git/r",
                RedirectTo::OtherServer,
            ),
        ] {
            let bounds = Bounds::Collection(Collection::parse(collection).unwrap());
            let (from, _) = WebUrl::parse(&format!("{collection}/p/_git/r")).unwrap();
            let follow = |tail: &str, other_server| {
                follow(&from, &format!("{to}/{tail}"), tail, &bounds, other_server).map(|(_, to)| to)
            };
            assert_eq!(follow(TAIL, OtherServer::Followed).unwrap(), expected, "{to}");
            let pushed = follow(PUSH, OtherServer::Refused).map_err(|failure| failure.kind);
            let refused = expected == RedirectTo::OtherServer;
            assert_eq!(pushed, if refused { Err(ErrorKind::Redirect) } else { Ok(expected) }, "{to}");
        }
    }

    #[test]
    fn user_info_in_a_redirect_is_dropped() {
        let location = "https://user:secret@git.example.org/a/info/refs?service=git-upload-pack";
        let expected = Ok(("https://git.example.org/a".to_owned(), RedirectTo::SameServer));
        assert_eq!(outcome("https://git.example.org/a", location), expected);
    }

    #[test]
    fn a_redirect_to_something_else_is_not_followed() {
        let from = "https://dev.azure.com/o/p/_git/r";
        for location in
            ["https://spsprodweu1.vssps.visualstudio.com/_signin?realm=dev", "/_signin", "/a/info/refs"]
        {
            assert_eq!(outcome(from, location), Err(ErrorKind::Unauthorized), "{location}");
        }
        for location in [
            "http://dev.azure.com/o/p/_git/r/info/refs?service=git-upload-pack",
            "ftp://x/info/refs",
            "https://",
        ] {
            assert_eq!(outcome(from, location), Err(ErrorKind::Redirect), "{location}");
        }
    }
}
