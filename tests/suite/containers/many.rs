//! Several hundred repositories between containers on nginx with `git http-backend`.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::support::git::{BRANCHES_AND_TAGS, Repository};
use crate::support::git_server::Protocol;
use crate::support::host_double::{HostDouble, Kind};
use crate::support::nginx::{Nginx, Scheme, make_certificates};
use crate::support::task::Task;

const COUNT: usize = 300;

const AT_ONCE: usize = 8;

/// It takes half a minute where nothing else runs.
const PATIENCE: Duration = Duration::from_secs(300);

/// The repositories of the source's owner, beside the interface that lists them.
const SERVER: &str = "location /api/v3/ { proxy_pass http://@INTERFACE@; }
location ~ ^(?<repository>/contoso/.*)$ { set $version $http_git_protocol; fastcgi_pass unix:@FOLDER@/cgi.sock; }
access_log connections.log connections;";

#[test]
fn three_hundred_repositories_are_mirrored_in_one_run() {
    let host = HostDouble::start(Kind::GitHub);
    let nginx = Nginx::start_with("", |folder| {
        make_certificates(folder);
        for place in ["http", "server"] {
            fs::create_dir(folder.join(place)).unwrap();
        }
        fs::write(folder.join("http/log.conf"), "log_format connections $connection;\n").unwrap();
        let settings =
            SERVER.replace("@INTERFACE@", &host.authority()).replace("@FOLDER@", folder.to_str().unwrap());
        fs::write(folder.join("server/host.conf"), settings).unwrap();
    });
    host.serve_behind(&format!("http://127.0.0.1:{}", nginx.http_port()), &nginx.path(""));
    let pairs = make(&host, &nginx);

    let destination = nginx.url(Scheme::Http, Protocol::V2, "mirrors");
    let task = Task::new(&host.url("contoso"), &destination)
        .input("sourceHostKind", "github")
        .input("destinationHostKind", "other")
        .input("parallelRepositories", &AT_ONCE.to_string());
    let outcome = task.start().end_within(PATIENCE);
    assert_eq!(outcome.succeeded().counts(), [2 * COUNT as u64, 0, 0, 0, 0]);
    assert_eq!(pairs.len(), COUNT);
    for Pair { own, mirror } in &pairs {
        let refs = mirror.refs(BRANCHES_AND_TAGS);
        let refs: Vec<_> = refs.iter().map(|(name, id)| (name.as_str(), id.as_str())).collect();
        assert_eq!(refs, [("refs/heads/main", &**own), ("refs/tags/v1", own)], "{}", mirror.path.display());
    }
    // A mirror goes on with what one before it left open. The rest is for the lists, and for what stood still too long.
    let requests = fs::read_to_string(nginx.file("connections.log")).unwrap();
    let connections: HashSet<_> = requests.lines().collect();
    assert!(requests.lines().count() > 4 * COUNT, "{} requests", requests.lines().count());
    assert!(connections.len() < 4 * AT_ONCE, "{} connections", connections.len());
    // One in ten: what is checked is the same for all.
    pairs.iter().step_by(10).for_each(|pair| pair.mirror.fsck());
}

/// A repository that was made, and the empty one for its mirror.
struct Pair {
    /// The commit that the source alone has, at its branch and its tag.
    own: String,
    mirror: Repository,
}

/// Makes copies of one repository, each at a commit of its own, and empty ones for their mirrors.
fn make(host: &HostDouble, nginx: &Nginx) -> Vec<Pair> {
    let folder = tempfile::tempdir().unwrap();
    let template = Repository::init(folder.path().join("template.git"));
    let empty = Repository::init(folder.path().join("empty.git"));
    fs::remove_dir_all(empty.path.join("hooks")).ok();
    // All is in packs, pushes too: so many loose objects take longer to remove than to make.
    empty.git(&["config", "receive.unpackLimit", "1"]);
    template.commit("main", 10);
    // All of them at once, since each process takes its time.
    let mut commits = String::new();
    for number in 0..COUNT {
        let name = format!("app-{number:03}");
        write!(
            commits,
            "commit refs/own/{name}\ncommitter A U Thor <author@example.com> 1700000100 +0000\ndata {length}\n{name}\n\
             from refs/heads/main^0\nM 100644 inline name\ndata {length}\n{name}\n\n",
            length = name.len() + 1,
        )
        .unwrap();
    }
    template.git_with(&["fast-import", "--quiet"], commits.as_bytes());
    template.repack();
    let pair = |(name, own): (String, String)| {
        let name = name.trim_start_matches("refs/own/");
        let [source, mirror] = ["contoso", "mirrors"].map(|owner| {
            let path = nginx.path(&format!("{owner}/{name}.git"));
            copy(&empty.path, &path);
            Repository { path }
        });
        copy(&template.path.join("objects"), &source.path.join("objects"));
        let refs = format!("{own} refs/heads/main\n{own} refs/tags/v1\n");
        fs::write(source.path.join("packed-refs"), refs).unwrap();
        host.adopt("contoso", name, source);
        Pair { own, mirror }
    };
    template.refs(&["refs/own"]).into_iter().map(pair).collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
