//! Two repositories behind the small server, and everything that a client asked of it.

use std::io::Read;
use std::sync::{Arc, Mutex};

use super::git::Repository;
use super::git_server::{Config, GitServer, Protocol, Request};
use super::task::Task;

/// The token that the server of [`Recorded::with_token`] asks for.
pub(crate) const TOKEN: &str = "t0ken+with/odd=chars!";

/// A source and a destination, served and recorded.
#[derive(Debug)]
pub(crate) struct Recorded {
    pub(crate) source: Repository,
    pub(crate) destination: Repository,
    server: Option<GitServer>,
    requests: Arc<Mutex<Vec<Request>>>,
    /// Removed with the last of them.
    _folder: tempfile::TempDir,
}

impl Recorded {
    pub(crate) fn start(protocol: Protocol) -> Self {
        Self::serve(protocol, None)
    }

    /// As [`Self::start`], for those who know [`TOKEN`].
    pub(crate) fn with_token(protocol: Protocol) -> Self {
        Self::serve(protocol, Some(TOKEN.to_owned()))
    }

    fn serve(protocol: Protocol, token: Option<String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let requests = Arc::<Mutex<Vec<Request>>>::default();
        let seen = Arc::clone(&requests);
        let config = Config { root: folder.path().to_owned(), protocol, token };
        let server =
            GitServer::start(config, move |request| seen.lock().unwrap().push(request.clone())).unwrap();
        Self {
            source: Repository::init(folder.path().join("source.git")),
            destination: Repository::init(folder.path().join("destination.git")),
            server: Some(server),
            requests,
            _folder: folder,
        }
    }

    pub(crate) fn source_url(&self) -> String {
        self.url("source.git")
    }

    pub(crate) fn destination_url(&self) -> String {
        self.url("destination.git")
    }

    pub(crate) fn task(&self) -> Task {
        Task::new(&self.source_url(), &self.destination_url())
    }

    fn url(&self, repository: &str) -> String {
        self.server.as_ref().expect("a running server").url(repository)
    }

    /// Stops the server when Git is through with everything, so that what a broken push did can be seen.
    pub(crate) fn settle(&mut self) {
        self.server = None;
    }

    /// The requests since the last call.
    pub(crate) fn requests(&self) -> Vec<Request> {
        std::mem::take(&mut *self.requests.lock().unwrap())
    }
}

/// Runs a test in both protocols, where neither the web server nor the scheme matters.
pub(crate) fn in_both_protocols(test: impl Fn(Recorded)) {
    for protocol in [Protocol::V2, Protocol::V0] {
        test(Recorded::start(protocol));
    }
}

impl Request {
    /// Whether a pack was asked for: v0 has no other request, v2 names its command.
    pub(crate) fn asks_for_pack(&self) -> bool {
        self.is_post("git-upload-pack") && contains(&self.plain_body(), b"want ")
    }

    /// Whether this is a push, or the probe before one.
    pub(crate) fn is_push(&self) -> bool {
        self.is_post("git-receive-pack")
    }

    /// The names in a push's list of commands, which ends before the first flush packet.
    pub(crate) fn pushed_refs(&self) -> Vec<String> {
        let mut names = Vec::new();
        let mut rest = if self.is_push() { self.body.as_slice() } else { b"" };
        while let Some(length) = rest.get(..4).and_then(|digits| std::str::from_utf8(digits).ok()) {
            let length = usize::from_str_radix(length, 16).unwrap();
            if length == 0 {
                break;
            }
            let line = String::from_utf8_lossy(&rest[4..length]).into_owned();
            let name = line.split(['\0', '\n']).next().and_then(|command| command.splitn(3, ' ').nth(2));
            names.extend(name.map(str::to_owned));
            rest = &rest[length..];
        }
        names
    }

    /// The kept part of the body, decompressed.
    pub(crate) fn plain_body(&self) -> Vec<u8> {
        if self.head.header("content-encoding") != Some("gzip") {
            return self.body.clone();
        }
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(self.body.as_slice()).read_to_end(&mut plain).unwrap();
        plain
    }

    fn is_post(&self, service: &str) -> bool {
        self.head.method == "POST" && self.head.target.ends_with(service)
    }
}

/// Whether `part` occurs in `whole`.
pub(crate) fn contains(whole: &[u8], part: &[u8]) -> bool {
    whole.windows(part.len()).any(|window| window == part)
}
