//! A source and a destination on one real server, whichever way leads there.

use std::path::PathBuf;

use super::git::{BRANCHES_AND_TAGS, Repository};
use super::git_server::Protocol;
use super::nginx::{Nginx, Scheme};
use super::sshd::Sshd;
use super::task::{Outcome, Task};

/// How the task reaches the repositories.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Http,
    Https,
    Ssh,
}

#[derive(Debug)]
enum Server {
    Nginx(Nginx, Scheme, Protocol),
    Sshd(Sshd),
}

/// A source and a destination, and the way to them.
#[derive(Debug)]
pub(crate) struct Pair {
    server: Server,
    pub(crate) source: Repository,
    pub(crate) destination: Repository,
}

impl Pair {
    pub(crate) fn new(way: Way, protocol: Protocol) -> Self {
        Self::with_formats(way, protocol, "sha1", "sha1")
    }

    pub(crate) fn with_formats(way: Way, protocol: Protocol, source: &str, destination: &str) -> Self {
        let server = match way {
            Way::Http => Server::Nginx(Nginx::start(), Scheme::Http, protocol),
            Way::Https => Server::Nginx(Nginx::start(), Scheme::Https, protocol),
            Way::Ssh => Server::Sshd(Sshd::start(protocol)),
        };
        let source = Repository::init_format(server.path("source.git"), source);
        let destination = Repository::init_format(server.path("destination.git"), destination);
        Self { server, source, destination }
    }

    /// One whose destination is a mirror of the source already, with `main` and `old`.
    pub(crate) fn mirrored(way: Way, protocol: Protocol) -> Self {
        let pair = Self::new(way, protocol);
        pair.source.commit("main", 30);
        pair.source.commit("old", 3);
        pair.mirror();
        pair
    }

    /// A path beside the two repositories.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.server.path(name)
    }

    pub(crate) fn task(&self) -> Task {
        let task = Task::new(&self.server.url("source.git"), &self.server.url("destination.git"));
        match &self.server {
            Server::Nginx(nginx, Scheme::Https, _) => task.trusting(&nginx.authority()),
            Server::Nginx(..) => task,
            Server::Sshd(sshd) => sshd.admit(task),
        }
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

impl Server {
    fn path(&self, name: &str) -> PathBuf {
        match self {
            Self::Nginx(nginx, ..) => nginx.path(name),
            Self::Sshd(sshd) => sshd.path(name),
        }
    }

    fn url(&self, repository: &str) -> String {
        match self {
            Self::Nginx(nginx, scheme, protocol) => nginx.url(*scheme, *protocol, repository),
            Self::Sshd(sshd) => sshd.url(repository),
        }
    }
}
