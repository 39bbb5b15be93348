//! A source and a destination, and the ways to them: a mirror does the same on each.

use super::git::{BRANCHES_AND_TAGS, Repository};
use super::git_server::Protocol;
use super::nginx::{Nginx, Scheme};
use super::sshd::Sshd;
use super::task::{Outcome, Task};

/// How the task reaches a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Web(Scheme, Protocol),
    Ssh(Protocol),
    /// By its path on this machine.
    Path,
    /// By a `file://` URL.
    FileUrl,
}

impl Access {
    /// Whether libgit2 does the work, not a Git server.
    pub(crate) fn is_local(self) -> bool {
        matches!(self, Self::Path | Self::FileUrl)
    }
}

/// How the task reaches the two repositories.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way {
    pub(crate) source: Access,
    pub(crate) destination: Access,
}

impl Way {
    pub(crate) const fn web(scheme: Scheme, protocol: Protocol) -> Self {
        Self { source: Access::Web(scheme, protocol), destination: Access::Web(scheme, protocol) }
    }

    pub(crate) const fn ssh(protocol: Protocol) -> Self {
        Self { source: Access::Ssh(protocol), destination: Access::Ssh(protocol) }
    }

    /// What an SSH server on this way speaks.
    fn ssh_protocol(self) -> Option<Protocol> {
        [self.source, self.destination].into_iter().find_map(|access| match access {
            Access::Ssh(protocol) => Some(protocol),
            Access::Web(..) | Access::Path | Access::FileUrl => None,
        })
    }
}

/// A source and a destination in the folder of a web server, and the way to them.
pub(crate) struct Pair {
    pub(crate) nginx: Nginx,
    sshd: Option<Sshd>,
    pub(crate) way: Way,
    pub(crate) source: Repository,
    pub(crate) destination: Repository,
}

impl Pair {
    pub(crate) fn new(way: Way) -> Self {
        Self::with_formats(way, "sha1", "sha1")
    }

    pub(crate) fn with_formats(way: Way, source: &str, destination: &str) -> Self {
        Self::behind(Nginx::start(), way, source, destination)
    }

    /// One behind this server.
    pub(crate) fn behind(nginx: Nginx, way: Way, source: &str, destination: &str) -> Self {
        let source = Repository::init_format(nginx.path("source.git"), source);
        let destination = Repository::init_format(nginx.path("destination.git"), destination);
        let sshd = way.ssh_protocol().map(Sshd::start);
        Self { nginx, sshd, way, source, destination }
    }

    /// One whose destination is a mirror of the source already, with `main` and `old`.
    pub(crate) fn mirrored(way: Way) -> Self {
        let pair = Self::new(way);
        pair.source.commit("main", 30);
        pair.source.commit("old", 3);
        pair.mirror();
        pair
    }

    pub(crate) fn task(&self) -> Task {
        let url = |access, name| match access {
            Access::Web(scheme, protocol) => self.nginx.url(scheme, protocol, name),
            Access::Path => self.nginx.path(name).display().to_string(),
            Access::FileUrl => format!("file://{}", self.nginx.path(name).display()),
            Access::Ssh(_) => self.sshd.as_ref().expect("an SSH server").url(self.nginx.path(name)),
        };
        let task =
            Task::new(&url(self.way.source, "source.git"), &url(self.way.destination, "destination.git"));
        let is_https = |access| matches!(access, Access::Web(Scheme::Https, _));
        let task = if is_https(self.way.source) || is_https(self.way.destination) {
            task.trusting(&self.nginx.authority())
        } else {
            task
        };
        self.sshd.iter().fold(task, |task, sshd| sshd.admit(task))
    }

    /// Runs the task and expects that afterwards the two sides are equal and sound.
    #[track_caller]
    pub(crate) fn mirror(&self) -> Outcome {
        let outcome = self.task().run();
        outcome.succeeded();
        self.expect_equal();
        outcome
    }

    #[track_caller]
    pub(crate) fn expect_equal(&self) {
        assert_eq!(self.destination.refs(BRANCHES_AND_TAGS), self.source.refs(BRANCHES_AND_TAGS));
        self.destination.fsck();
    }
}
