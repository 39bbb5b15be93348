//! A host on loopback, over plain http: its REST interface, written from the hosts' documentation, and its repositories,
//! served by Git itself under the host's own addresses.
//!
//! Bitbucket Cloud is not among them: its interface is at one address, `api.bitbucket.org`, and at no other. Where a body or
//! a status could not be found in the documentation, a comment says so.

mod answer;
mod azure;
mod bitbucket;
mod gitea;
mod github;
mod gitlab;
mod serve;
pub(crate) mod world;

use std::net::TcpListener;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use super::git::Repository;
use super::listener::Listener;
pub(crate) use world::Kind;
use world::{Hosted, World};

/// A running host. It goes with all that it holds when it is dropped.
#[derive(Debug)]
pub(crate) struct HostDouble {
    listener: Listener,
    world: Arc<Mutex<World>>,
    seen: Arc<Mutex<Vec<Seen>>>,
    pushed: Arc<AtomicU64>,
    /// Removed last.
    _folder: tempfile::TempDir,
}

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) at: Instant,
    pub(crate) place: Place,
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) authorization: Option<String>,
    /// The body of a request to the interface.
    pub(crate) body: String,
    pub(crate) status: u16,
}

/// The part of a host that a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Interface,
    Git,
}

/// What is made of a request in its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is answered as usual.
    None,
    /// It is refused until so many seconds have passed.
    TooMany(u32),
    /// The server fails.
    Broken,
    /// Half of the answer's body arrives, if it is of a page that is not the first.
    CutNextPage,
    /// It is answered with this many bytes, JSON of no use.
    Flood(usize),
}

impl HostDouble {
    /// Starts a host of this kind with nothing in it, open to everybody.
    pub(crate) fn start(kind: Kind) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let origin = format!("http://{}", socket.local_addr().unwrap());
        let world = Arc::new(Mutex::new(World::new(kind, folder.path(), &origin)));
        let seen = Arc::<Mutex<Vec<Seen>>>::default();
        let pushed = Arc::<AtomicU64>::default();
        let server =
            serve::Server::new(folder.path(), Arc::clone(&world), Arc::clone(&seen), Arc::clone(&pushed));
        let listener = Listener::start_at(socket, move |stream| server.serve(stream)).unwrap();
        Self { listener, world, seen, pushed, _folder: folder }
    }

    /// Leaves Git to another server, at this origin and with this folder, which passes requests for the interface on.
    pub(crate) fn serve_behind(&self, origin: &str, root: &Path) {
        let mut world = self.world();
        *world = World::new(world.kind, root, origin);
    }

    pub(crate) fn kind(&self) -> Kind {
        self.world().kind
    }

    pub(crate) fn authority(&self) -> String {
        self.listener.address().to_string()
    }

    /// The address of a container, by its path: `ORGANIZATION`, `COLLECTION/PROJECT`, `GROUP/SUBGROUP`, `KEY`.
    pub(crate) fn url(&self, container: &str) -> String {
        self.world().container_url(container)
    }

    /// The address to push to of a repository in the first container that was made, also of one that is not there.
    pub(crate) fn clone_url(&self, name: &str) -> String {
        let world = self.world();
        let container = &world.homes.first().expect("a container").path;
        world.clone_url(container, name)
    }

    /// Makes an empty repository in its container, which is made, too.
    pub(crate) fn add(&self, path: &str) -> Repository {
        let (container, name) = path.rsplit_once('/').expect("a container");
        self.add_named(container, name)
    }

    /// Makes one whose name may be of any characters.
    pub(crate) fn add_named(&self, container: &str, name: &str) -> Repository {
        let mut world = self.world();
        world.add_container(container, "private");
        world.add(container, name, "private", "sha1").git.clone()
    }

    /// Takes a repository over that is there.
    pub(crate) fn adopt(&self, container: &str, name: &str, git: Repository) {
        let mut world = self.world();
        world.add_container(container, "private");
        world.adopt(container, name, "private", git);
    }

    /// Changes a repository.
    pub(crate) fn change(&self, path: &str, change: impl FnOnce(&mut Hosted)) {
        change(self.world().find_mut(path).unwrap_or_else(|| panic!("no {path} here")));
    }

    /// The repository at a path.
    #[track_caller]
    pub(crate) fn repository(&self, path: &str) -> Repository {
        self.find(path).unwrap_or_else(|| panic!("no {path} here: {:?}", self.paths())).git
    }

    /// All that is known of one, if it is there.
    pub(crate) fn find(&self, path: &str) -> Option<Hosted> {
        self.world().find(path).cloned()
    }

    /// The paths of all repositories, in the order in which they were made.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.world().hosted.iter().map(Hosted::path).collect()
    }

    /// The requests since the last call.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        std::mem::take(&mut *self.seen.lock().unwrap())
    }

    /// The bytes of all pushes since the last call, lists of commands and packs, of those that arrived whole.
    pub(crate) fn pushed(&self) -> u64 {
        self.pushed.swap(0, Ordering::SeqCst)
    }

    /// The host itself, to set what it does.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }
}

impl Seen {
    /// Tells whether something was to be changed by it: a push, or a request to create or to set something.
    pub(crate) fn writes(&self) -> bool {
        match self.place {
            Place::Git => self.method == "POST" && self.target.ends_with("/git-receive-pack"),
            Place::Interface => self.method != "GET",
        }
    }
}
