//! Mirrors of the repositories of an owner or a folder, whose names at the destination may be taken: a mirror is kept up,
//! and a stranger is left as it is.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::support::git::{BRANCHES_AND_TAGS, Repository, rpc};
use crate::support::nginx::{Nginx, make_certificates};
use crate::support::scripted::{Scripted, pkt};
use crate::support::task::Task;

/// Repositories in a folder, and a folder for their mirrors.
struct Folders {
    folder: tempfile::TempDir,
}

impl Folders {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["source", "destination"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Makes one with a branch of some commits.
    fn repository(&self, name: &str, branch: &str) -> Repository {
        let repository = Repository::init(self.path(name));
        repository.commit(branch, 3);
        repository
    }

    fn task(&self) -> Task {
        Task::new(text(&self.path("source")), text(&self.path("destination")))
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Gives a destination what the branch of a source leads to now.
fn push(source: &Repository, branch: &str, destination: &Repository) {
    source.git(&["push", "-q", text(&destination.path), branch]);
}

#[track_caller]
fn expect_equal(source: &Repository, destination: &Repository) {
    assert_eq!(destination.refs(BRANCHES_AND_TAGS), source.refs(BRANCHES_AND_TAGS));
    destination.fsck();
}

#[test]
fn a_stranger_of_the_same_name_is_left_as_it_is() {
    let folders = Folders::new();
    let source = folders.repository("source/a.git", "main");
    let other = folders.repository("source/b.git", "main");
    let stranger = folders.repository("destination/a.git", "own");
    let before = stranger.refs(&[]);
    for dry_run in ["true", "false"] {
        let error = folders.task().input("dryRun", dry_run).run().failed();
        for path in [&source.path, &stranger.path] {
            assert!(error.contains(text(path)), "{error}");
        }
        assert!(error.contains("'overwriteUnrelated'"), "{error}");
        assert_eq!(stranger.refs(&[]), before);
    }
    // It alone is refused.
    expect_equal(&other, &Repository { path: folders.path("destination/b.git") });
}

#[test]
fn a_stranger_is_overwritten_on_request_and_where_both_were_named() {
    let folders = Folders::new();
    let source = folders.repository("source/a.git", "main");
    let stranger = folders.repository("destination/a.git", "own");
    folders.task().input("overwriteUnrelated", "true").run().succeeded();
    expect_equal(&source, &stranger);
    let source = folders.repository("source/b.git", "main");
    let stranger = folders.repository("destination/b.git", "own");
    Task::new(text(&source.path), text(&stranger.path)).run().succeeded();
    expect_equal(&source, &stranger);
}

#[test]
fn a_branch_outside_the_selection_tells_a_mirror_and_a_stranger_too() {
    let folders = Folders::new();
    let source = folders.repository("source/a.git", "main");
    let stranger = folders.repository("destination/a.git", "own");
    let task = || folders.task().input("includeRefs", "refs/heads/main");
    task().run().failed();
    assert_eq!(stranger.refs(&["refs/heads/main"]).len(), 0);
    push(&source, "main:refs/heads/kept", &stranger);
    task().run().succeeded();
    assert_eq!(stranger.refs(&["refs/heads/main"]), source.refs(&["refs/heads/main"]));
}

#[test]
fn a_destination_that_is_empty_or_has_tags_alone_is_nobodys() {
    let folders = Folders::new();
    let source = folders.repository("source/a.git", "main");
    let empty = Repository::init(folders.path("destination/a.git"));
    folders.task().run().succeeded();
    expect_equal(&source, &empty);
    let source = folders.repository("source/b.git", "main");
    let tagged = folders.repository("destination/b.git", "own");
    tagged.git(&["tag", "v1", "own"]);
    tagged.delete("refs/heads/own");
    folders.task().input("prune", "false").run().succeeded();
    assert_eq!(tagged.refs(&["refs/heads"]), source.refs(&["refs/heads"]));
}

#[test]
fn a_mirror_whose_tips_are_old_or_listed_under_other_names_is_kept_up() {
    let folders = Folders::new();
    let source = folders.repository("source/a.git", "main");
    let mirror = Repository::init(folders.path("destination/a.git"));
    for (branch, here) in [("main", "main"), ("main", "main:renamed")] {
        source.commit(branch, 1);
        push(&source, here, &mirror);
        mirror.commit("own", 1);
        source.commit(branch, 1);
        folders.task().run().succeeded();
        expect_equal(&source, &mirror);
    }
    push(&source, "main:refs/heads/elsewhere", &mirror);
    mirror.delete("refs/heads/main");
    folders.task().run().succeeded();
    expect_equal(&source, &mirror);
}

#[test]
fn an_empty_repository_of_a_folder_is_up_to_date() {
    let folders = Folders::new();
    let source = folders.repository("source/a.git", "main");
    Repository::init(folders.path("source/b.git"));
    folders.task().run().succeeded();
    expect_equal(&source, &Repository { path: folders.path("destination/a.git") });
    // What a mirror of it holds is not emptied.
    let mirror = Repository::init(folders.path("destination/b.git"));
    source.git(&["push", "-q", text(&mirror.path), "main:refs/tags/kept"]);
    folders.task().run().failed();
    assert_eq!(mirror.refs(&[]).len(), 1);
}

/// A server whose interface lists one repository, `a`, for an owner whose repositories are served in v2, `newer`, and for
/// one whose repositories are served in v0, `older`; each request to the services of Git is noted.
struct Owners {
    nginx: Nginx,
    source: Repository,
    folder: tempfile::TempDir,
}

/// A request to upload-pack.
#[derive(Debug)]
struct Noted {
    connection: u64,
    is_post: bool,
    bytes_sent: u64,
}

const OWNERS: [&str; 2] = ["newer", "older"];

impl Owners {
    fn start() -> Self {
        let nginx = Nginx::start_with("", |folder| {
            make_certificates(folder);
            for (place, lines) in [("http", HTTP.to_owned()), ("server", locations(folder))] {
                fs::create_dir(folder.join(place)).unwrap();
                fs::write(folder.join(place).join("owners.conf"), lines).unwrap();
            }
        });
        let source = Repository::init(nginx.path("a.git"));
        source.commit("main", 3);
        Self { nginx, source, folder: tempfile::tempdir().unwrap() }
    }

    /// A mirror of another name for each owner.
    fn destination(&self, owner: &str) -> Repository {
        fs::create_dir(self.folder.path().join(owner)).unwrap();
        Repository::init(self.folder.path().join(owner).join("a.git"))
    }

    fn task(&self, owner: &str) -> Task {
        let source = format!("http://127.0.0.1:{}/{owner}", self.nginx.http_port());
        let task = Task::new(&source, text(&self.folder.path().join(owner)));
        task.input("sourceHostKind", "gitea").input("maxAttempts", "1")
    }

    /// The requests since the last call, which are so many; the server notes one when all of its answer was sent.
    #[track_caller]
    fn requests(&self, count: usize) -> Vec<Noted> {
        let log = self.nginx.file("requests.log");
        for _ in 0..100 {
            let lines = fs::read_to_string(&log).unwrap();
            if lines.lines().count() >= count {
                // The server goes on at the new end.
                fs::File::create(&log).unwrap();
                let requests: Vec<_> = lines.lines().map(Noted::parse).collect();
                assert_eq!(requests.len(), count, "{lines}");
                return requests;
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("{}", fs::read_to_string(&log).unwrap());
    }
}

impl Noted {
    fn parse(line: &str) -> Self {
        let words: Vec<_> = line.split(' ').collect();
        let [connection, method, sent] = words[..] else { panic!("{line}") };
        let (connection, bytes_sent) = (connection.parse().unwrap(), sent.parse().unwrap());
        Self { connection, is_post: method == "POST", bytes_sent }
    }
}

/// Number of requests by which the refs are listed: only v2 has one of its own for it.
fn to_list(owner: &str) -> usize {
    if owner == "newer" { 2 } else { 1 }
}

const HTTP: &str = "log_format requests '$connection $request_method $bytes_sent';\n";

/// The largest answer to a question that asks for no pack.
const SMALL: u64 = 64 << 10;

fn locations(folder: &Path) -> String {
    let location = |owner: &str, version: &str| {
        format!(
            "location = /api/v1/orgs/{owner}/repos {{
               default_type application/json;
               return 200 '[{{\"id\": 1, \"name\": \"a\", \"owner\": {{\"login\": \"{owner}\"}}}}]';
             }}
             location ~ ^/{owner}(?<repository>/.*)$ {{
               access_log requests.log requests;
               set $version {version};
               fastcgi_pass unix:{}/cgi.sock;
             }}\n",
            folder.display()
        )
    };
    location("newer", "$http_git_protocol") + &location("older", "\"\"")
}

#[test]
fn a_server_is_asked_once_for_an_old_tip_and_mirrored_on_the_same_connection() {
    let owners = Owners::start();
    owners.source.commit_noise("main", 3_000_000);
    for owner in OWNERS {
        let mirror = owners.destination(owner);
        push(&owners.source, "main~1:refs/heads/main", &mirror);
        owners.task(owner).run().succeeded();
        expect_equal(&owners.source, &mirror);
        let requests = owners.requests(to_list(owner) + 2);
        let (pack, questions) = requests.split_last().unwrap();
        assert!(pack.is_post && pack.bytes_sent > 1_000_000, "{owner}: {requests:?}");
        assert!(questions.iter().all(|asked| asked.bytes_sent < SMALL), "{owner}: {requests:?}");
        assert!(questions.iter().all(|asked| asked.connection == pack.connection), "{owner}: {requests:?}");
    }
}

#[test]
fn a_stranger_to_a_server_is_left_as_it_is_and_no_pack_is_sent() {
    let owners = Owners::start();
    owners.source.commit_noise("main", 3_000_000);
    for owner in OWNERS {
        let stranger = owners.destination(owner);
        stranger.commit("own", 3);
        let before = stranger.refs(&[]);
        let error = owners.task(owner).run().failed();
        assert!(error.contains("'overwriteUnrelated'"), "{error}");
        assert_eq!(stranger.refs(&[]), before);
        let requests = owners.requests(to_list(owner) + 1);
        assert!(requests.last().unwrap().is_post, "{owner}: {requests:?}");
        assert!(requests.iter().map(|asked| asked.bytes_sent).sum::<u64>() < SMALL, "{owner}: {requests:?}");
    }
}

#[test]
fn a_server_is_asked_nothing_where_the_lists_tell() {
    let owners = Owners::start();
    for owner in OWNERS {
        let mirror = owners.destination(owner);
        push(&owners.source, "main:refs/heads/renamed", &mirror);
        owners.task(owner).input("dryRun", "true").run().succeeded();
        owners.requests(to_list(owner));
    }
}

/// Serves a repository of the owner `team` without a word that its Git offers: another as long stands there.
fn serve_without(word: &'static str, version: u8, repository: &Repository) -> Scripted {
    let repository = repository.clone();
    Scripted::start(move |exchange| {
        if exchange.head.target.starts_with("/api/v1/orgs/team/repos") {
            let list = br#"[{"id": 1, "name": "a", "owner": {"login": "team"}}]"#;
            return exchange.answer("200 OK", &[("Content-Type", "application/json")], list);
        }
        if exchange.advertised_service().is_none() {
            return exchange.as_git(&repository, version, |_, answer| answer);
        }
        let mut offered = [pkt(b"# service=git-upload-pack\n"), b"0000".to_vec()].concat();
        offered.extend(rpc(&repository, "upload-pack", version, None));
        let at = offered.windows(word.len()).position(|bytes| bytes == word.as_bytes()).unwrap();
        offered[at..at + word.len()].fill(b'x');
        let fields = [("Content-Type", "application/x-git-upload-pack-advertisement")];
        exchange.answer("200 OK", &fields, &offered)
    })
}

#[test]
fn a_server_that_knows_less_of_the_protocol_tells_a_mirror_from_a_stranger() {
    for (word, version) in [("wait-for-done", 2), ("multi_ack_detailed", 0)] {
        let folders = Folders::new();
        let source = folders.repository("a.git", "main");
        source.commit_noise("main", 3_000_000);
        let server = serve_without(word, version, &source);
        let task = Task::new(&server.url("team"), text(&folders.path("destination")));
        let task = task.input("sourceHostKind", "gitea").input("maxAttempts", "1");
        let stranger = folders.repository("destination/a.git", "own");
        assert!(task.run().failed().contains("'overwriteUnrelated'"));
        push(&source, "main~1:refs/heads/main", &stranger);
        task.run().succeeded();
        expect_equal(&source, &stranger);
    }
}
