//! Two repositories behind nginx, which takes no larger push than it is told to and tells what each request weighed and cost.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use super::git::Repository;
use super::git_server::Protocol;
use super::nginx::{Nginx, Scheme, make_certificates, programs_of_git};
use super::pair::{Access, Pair, Way};
use super::program;

/// The limit that keeps a large push out of the destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limit {
    None,
    /// `receive.maxInputSize`: behind a web server, the answer is a 502 without a report.
    OfGit(u64),
    /// nginx's own: a 413 that names no number.
    OfNginx(u64),
}

/// The time of processors, as far as it is known, that the servers' programs take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meter {
    Bytes,
    /// Of each request, too. A program more is started for each.
    BytesAndCpu,
}

/// The answers of a source.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SourceKind {
    pub(crate) protocol: Protocol,
    pub(crate) filter: Filter,
}

/// The consent of a source to leave objects out where it is asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filter {
    Allowed,
    Refused,
}

/// The servers, and a source and a destination at them.
pub(crate) struct Metered {
    pub(crate) pair: Pair,
    /// The size of the packs at the destination when it was last looked at.
    stored: u64,
}

/// A request that is over.
#[derive(Debug, Clone)]
pub(crate) struct Weighed {
    path: String,
    pub(crate) status: u16,
    /// Its bytes, header and framing included.
    pub(crate) received: u64,
    /// The bytes of its answer.
    pub(crate) sent: u64,
    /// The time of processors of all its programs, where it is metered.
    pub(crate) cpu: Duration,
}

/// The requests that came to the servers in a while.
#[derive(Debug, Clone)]
pub(crate) struct Traffic {
    pub(crate) requests: Vec<Weighed>,
    /// The bytes of packs that the destination has taken.
    pub(crate) landed: u64,
}

impl Metered {
    pub(crate) fn new(source: SourceKind, limit: Limit, meter: Meter) -> Self {
        let nginx = Nginx::start_with("", |folder| prepare(folder, limit, meter));
        let access = |protocol| Access::Web(Scheme::Http, protocol);
        let way = Way { source: access(source.protocol), destination: access(Protocol::V2) };
        let mut metered = Self { pair: Pair::behind(nginx, way, "sha1", "sha1"), stored: 0 };
        let allowed = if source.filter == Filter::Allowed { "true" } else { "false" };
        metered.pair.source.git(&["config", "uploadpack.allowFilter", allowed]);
        metered.prepare_destination(limit);
        metered
    }

    /// Puts an empty destination in the place of the one that is there.
    pub(crate) fn renew_destination(&mut self, limit: Limit) {
        fs::remove_dir_all(&self.pair.destination.path).unwrap();
        self.pair.destination = Repository::init(&self.pair.destination.path);
        self.prepare_destination(limit);
    }

    fn prepare_destination(&mut self, limit: Limit) {
        let destination = &self.pair.destination;
        // Each pack stays one, so that what landed can be weighed.
        destination.git(&["config", "transfer.unpackLimit", "1"]);
        if let Limit::OfGit(bytes) = limit {
            destination.git(&["config", "receive.maxInputSize", &bytes.to_string()]);
        }
        self.stored = self.stored();
    }

    /// The size of the destination's packs.
    fn stored(&self) -> u64 {
        let Ok(packs) = fs::read_dir(self.pair.destination.path.join("objects/pack")) else { return 0 };
        let packs = packs.map(|entry| entry.unwrap());
        let packs = packs.filter(|pack| pack.path().extension().is_some_and(|kind| kind == "pack"));
        packs.map(|pack| pack.metadata().unwrap().len()).sum()
    }

    /// Waits until nothing is under way, and tells what came since the last call.
    pub(crate) fn traffic(&mut self) -> Traffic {
        self.pair.nginx.wait_until_idle();
        // nginx writes a request down when it is through with it, one after the other.
        let mut connection = TcpStream::connect(("127.0.0.1", self.pair.nginx.http_port())).unwrap();
        write!(connection, "GET /counted HTTP/1.0\r\n\r\n").unwrap();
        let path = self.pair.nginx.file("traffic.log");
        let log = loop {
            let log = fs::read_to_string(&path).unwrap();
            if log.ends_with(" /counted\n") {
                break log;
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        fs::File::options().write(true).open(&path).unwrap().set_len(0).unwrap();
        let cpu = self.cpu_of_requests();
        let requests = log.lines().map(|line| Weighed::parse(line, &cpu));
        let requests = requests.filter(|request| request.path != "/counted").collect();
        let stored = self.stored();
        let landed = stored - self.stored;
        self.stored = stored;
        Traffic { requests, landed }
    }

    fn cpu_of_requests(&self) -> BTreeMap<String, Duration> {
        let notes = fs::read_to_string(self.pair.nginx.file("cpu.log")).unwrap_or_default();
        let parse = |line: &str| {
            let (id, micros) = line.split_once(' ')?;
            Some((id.to_owned(), Duration::from_micros(micros.parse().ok()?)))
        };
        notes.lines().filter_map(parse).collect()
    }
}

impl Weighed {
    /// Reads a line of the log, as [`LOG`] has it.
    fn parse(line: &str, cpu: &BTreeMap<String, Duration>) -> Self {
        let mut fields = line.split(' ');
        let mut next = || fields.next().unwrap_or_default().to_owned();
        let [id, status, received, sent, path] = [next(), next(), next(), next(), next()];
        let number = |text: &str| text.parse().unwrap_or_else(|_| panic!("no number in {line}"));
        Self {
            cpu: cpu.get(&id).copied().unwrap_or_default(),
            status: u16::try_from(number(&status)).unwrap(),
            received: number(&received),
            sent: number(&sent),
            path,
        }
    }

    /// Whether it asked a source for objects, commits or a listing.
    pub(crate) fn asks(&self) -> bool {
        self.path.ends_with("/source.git/git-upload-pack")
    }

    /// Whether it is a push.
    pub(crate) fn pushes(&self) -> bool {
        self.path.ends_with("/destination.git/git-receive-pack")
    }
}

impl Traffic {
    pub(crate) fn pushes(&self) -> impl Iterator<Item = &Weighed> {
        self.requests.iter().filter(|request| request.pushes())
    }

    /// The bytes of all pushes.
    pub(crate) fn pushed(&self) -> u64 {
        self.pushes().map(|push| push.received).sum()
    }

    /// The bytes of pushes that the destination has not taken, and what a push has beside its pack.
    pub(crate) fn in_vain(&self) -> u64 {
        self.pushed().saturating_sub(self.landed)
    }
}

/// One line a request.
const LOG: &str = "log_format traffic '$request_id $status $request_length $bytes_sent $uri';\n";

fn prepare(folder: &Path, limit: Limit, meter: Meter) {
    make_certificates(folder);
    // fcgiwrap keeps what is less than 8 KiB to itself, also what Git says while it counts for minutes.
    let at_once = "fastcgi_param NO_BUFFERING yes;\n";
    let log = format!("{at_once}access_log {} traffic;\n", folder.join("traffic.log").display());
    let size = match limit {
        Limit::OfNginx(bytes) => format!("client_max_body_size {bytes};\n"),
        Limit::None | Limit::OfGit(_) => String::new(),
    };
    for (name, text) in [("http", LOG), ("server", &(log + &size))] {
        fs::create_dir(folder.join(name)).unwrap();
        fs::write(folder.join(name).join("metered.conf"), text).unwrap();
    }
    if meter == Meter::BytesAndCpu {
        put_backend(&folder.join("programs"), &folder.join("cpu.log"));
    }
}

/// Puts a program in the place of git's that notes what each request takes.
fn put_backend(programs: &Path, notes: &Path) {
    let (backend, script) = (programs.join("git-http-backend"), programs.join("metered_backend.py"));
    let git = programs_of_git().join("git-http-backend");
    let command = format!("exec python3 {} {} {}", script.display(), git.display(), notes.display());
    program::script(&backend, &command);
    fs::write(&script, include_str!("metered_backend.py")).unwrap();
}
