//! A source and a destination with their Git LFS objects: nginx before Git and before giftless, at one origin, as hosts
//! have it.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use std::path::Path;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::giftless::{Giftless, OWNER};
use super::git::Repository;
use super::git_server::Protocol;
use super::lfs::Object;
use super::nginx::{Nginx, Scheme, make_certificates};
use super::pair::{Pair, Way};
use super::task::Task;

/// The repositories' names at the servers.
pub(crate) const SOURCE: &str = "source.git";
pub(crate) const DESTINATION: &str = "destination.git";

/// The sides that have Git LFS. At the endpoint of another one is nothing (404).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Served {
    Both,
    SourceAlone,
    DestinationAlone,
}

/// Where the answers of the batch interface lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hrefs {
    /// To the origin of the repository.
    Here,
    /// To giftless itself, on a port of its own and by http.
    OtherPort,
}

/// The choices of a pair.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setup {
    pub(crate) way: Way,
    pub(crate) object_format: &'static str,
    pub(crate) served: Served,
    pub(crate) hrefs: Hrefs,
}

impl Default for Setup {
    fn default() -> Self {
        let way = Way::web(Scheme::Http, Protocol::V2);
        Self { way, object_format: "sha1", served: Served::Both, hrefs: Hrefs::Here }
    }
}

/// A source and a destination with their objects.
pub(crate) struct LfsPair {
    pub(crate) pair: Pair,
    pub(crate) giftless: Giftless,
}

/// A request for Git LFS, as nginx saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LfsRequest {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) status: u16,
    pub(crate) authorization: String,
    body: String,
}

impl LfsPair {
    pub(crate) fn new() -> Self {
        Self::with(Setup::default())
    }

    pub(crate) fn with(setup: Setup) -> Self {
        let giftless = Giftless::start();
        for repository in [SOURCE, DESTINATION] {
            // giftless makes the folder with the first upload, and fails where two come first.
            giftless.store(repository, []);
        }
        let nginx = Nginx::start_with("", |folder| {
            make_certificates(folder);
            configure(folder, &giftless, setup);
        });
        let pair = Pair::behind(nginx, setup.way, setup.object_format, setup.object_format);
        // As at GitHub and GitLab.
        pair.source.git(&["config", "uploadpack.allowFilter", "true"]);
        Self { pair, giftless }
    }

    pub(crate) fn source(&self) -> &Repository {
        &self.pair.source
    }

    pub(crate) fn destination(&self) -> &Repository {
        &self.pair.destination
    }

    pub(crate) fn task(&self) -> Task {
        self.pair.task()
    }

    /// Gives the source a commit with pointers, and their objects.
    pub(crate) fn commit(&self, branch: &str, objects: &[Object]) {
        self.giftless.store(SOURCE, objects);
        self.source().commit_objects(branch, objects);
    }

    /// The requests for Git LFS since the last call, but for those at giftless's own port.
    pub(crate) fn requests(&self) -> Vec<LfsRequest> {
        // nginx writes a request down when it is through with it, one after the other.
        let mut connection = TcpStream::connect(("127.0.0.1", self.pair.nginx.http_port())).unwrap();
        let last = format!("/{OWNER}/counted");
        write!(connection, "GET {last} HTTP/1.0\r\n\r\n").unwrap();
        let path = self.pair.nginx.file("lfs.log");
        loop {
            let log = fs::read_to_string(&path).unwrap();
            let requests: Vec<_> = log.split_inclusive('\n').filter_map(LfsRequest::parse).collect();
            if let Some(before) = requests.iter().position(|request| request.path == last) {
                fs::File::options().write(true).open(&path).unwrap().set_len(0).unwrap();
                return requests[..before].to_vec();
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl LfsRequest {
    /// Reads a line of the log; none if it is not whole yet.
    fn parse(line: &str) -> Option<Self> {
        let fields: Value = serde_json::from_str(line.strip_suffix('\n')?).expect("a line of the log");
        let field = |name: &str| fields[name].as_str().unwrap_or_default().to_owned();
        Some(Self {
            method: field("method"),
            path: field("path"),
            status: field("status").parse().unwrap(),
            authorization: field("authorization"),
            body: field("body"),
        })
    }

    /// Tells whether this is a request to a repository's batch interface.
    pub(crate) fn is_batch(&self, repository: &str) -> bool {
        self.path.ends_with(&format!("/{repository}/info/lfs/objects/batch"))
    }

    /// The objects that a batch request asks for.
    pub(crate) fn asked(&self) -> BTreeSet<String> {
        let body: Value = serde_json::from_str(&self.body).expect("the body of a batch request");
        let objects = body["objects"].as_array().expect("objects");
        objects.iter().map(|object| object["oid"].as_str().expect("an oid").to_owned()).collect()
    }

    /// The branch that a batch request names.
    pub(crate) fn ref_name(&self) -> Option<String> {
        let body: Value = serde_json::from_str(&self.body).expect("the body of a batch request");
        body["ref"]["name"].as_str().map(str::to_owned)
    }

    /// The object that is got or sent, of whichever repository.
    pub(crate) fn moved(&self, method: &str) -> Option<String> {
        let oid = self.path.rsplit_once("/objects/storage/")?.1;
        (self.method == method && oid.len() == 64).then(|| oid.to_owned())
    }
}

/// The objects that these requests asked of a repository's batch interface.
pub(crate) fn asked_of(repository: &str, requests: &[LfsRequest]) -> BTreeSet<String> {
    requests.iter().filter(|request| request.is_batch(repository)).flat_map(LfsRequest::asked).collect()
}

/// The objects that were got or sent, each time that they were, sorted.
pub(crate) fn moved(method: &str, requests: &[LfsRequest]) -> Vec<String> {
    let mut moved: Vec<_> = requests.iter().filter_map(|request| request.moved(method)).collect();
    moved.sort();
    moved
}

/// The objects' ids, sorted.
pub(crate) fn oids(objects: &[Object]) -> Vec<String> {
    let mut oids: Vec<_> = objects.iter().map(|object| object.oid.clone()).collect();
    oids.sort();
    oids
}

fn configure(folder: &Path, giftless: &Giftless, setup: Setup) {
    let port = giftless.port().to_string();
    let (host, scheme) = match setup.hrefs {
        Hrefs::Here => ("$http_host".to_owned(), "$scheme"),
        Hrefs::OtherPort => (format!("127.0.0.1:{port}"), "http"),
    };
    let repositories = match setup.served {
        Served::Both => "source|destination",
        Served::SourceAlone => "source",
        Served::DestinationAlone => "destination",
    };
    let text = include_str!("lfs.conf")
        .replace("@REPOSITORIES@", repositories)
        .replace("@GIFTLESS@", &port)
        .replace("@OWNER@", OWNER)
        .replace("@HOST@", &host)
        .replace("@SCHEME@", scheme);
    for (name, text) in [("http", include_str!("lfs_log.conf")), ("server", &text)] {
        fs::create_dir(folder.join(name)).unwrap();
        fs::write(folder.join(name).join("lfs.conf"), text).unwrap();
    }
}
