//! LFS of repositories behind SSH: `git-lfs-authenticate`, run on a real OpenSSH server, says where the objects are.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::git::{BRANCHES_AND_TAGS, Refs, Repository};
use crate::support::git_server::Protocol;
use crate::support::scripted::{Exchange, Scripted};
use crate::support::sshd::Sshd;
use crate::support::task::Task;

/// The objects of each repository.
type Stores = Arc<Mutex<BTreeMap<(String, String), Vec<u8>>>>;

/// Two repositories behind an SSH server, whose objects are at a server of LFS.
struct Served {
    sshd: Sshd,
    lfs: Scripted,
    stores: Stores,
    source: Repository,
    destination: Repository,
}

/// The objects of the source, of which each has a pointer.
fn contents(count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|number| format!("object {number}").into_bytes()).collect()
}

fn oid(content: &[u8]) -> String {
    Sha256::digest(content).iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

impl Served {
    fn new(objects: usize) -> Self {
        let sshd = Sshd::start(Protocol::V2);
        let source = Repository::init(sshd.path("source.git"));
        let destination = Repository::init(sshd.path("destination.git"));
        let contents = contents(objects);
        commit_pointers(&source, &contents);
        let kept = contents.into_iter().map(|content| (("source.git".to_owned(), oid(&content)), content));
        let stores: Stores = Arc::new(Mutex::new(kept.collect()));
        let serve = Arc::clone(&stores);
        let lfs = Scripted::start(move |exchange| answer(exchange, &serve));
        Self { sshd, lfs, stores, source, destination }
    }

    /// Makes the account run this for `git-lfs-authenticate` of a repository (`$1`) and an operation (`$2`).
    fn authenticates_by(&self, script: &str) {
        let (shell, asked) = (self.sshd.path("shell"), self.sshd.path("asked"));
        self.sshd.script("lfs", &format!("echo \"$*\" >> '{}'\n{script}", asked.display()));
        let lfs = self.sshd.path("lfs").display().to_string();
        self.sshd.script(
            "shell",
            &format!(
                "case \"$SSH_ORIGINAL_COMMAND\" in\n\
                 git-lfs-authenticate*) eval \"'{lfs}' ${{SSH_ORIGINAL_COMMAND#git-lfs-authenticate}}\";;\n\
                 *) eval \"$SSH_ORIGINAL_COMMAND\";;\nesac"
            ),
        );
        self.sshd.run_instead(shell.to_str().unwrap());
    }

    /// Answers with an address below this one, a token of its own for each time, and more.
    fn names(&self, url: &str, more: &str) {
        self.authenticates_by(&format!(
            "echo '{{\"href\": \"{url}'$1'\", \"header\": {{\"Authorization\": \"Bearer lfs-token-'$$'\"}}{more}}}'"
        ));
    }

    /// The repositories and operations that the command was run for.
    fn asked(&self) -> Vec<String> {
        let asked = std::fs::read_to_string(self.sshd.path("asked")).unwrap_or_default();
        let name = |line: &str| line.rsplit('/').next().unwrap().to_owned();
        asked.lines().map(name).collect()
    }

    fn task(&self) -> Task {
        let task = Task::new(&self.sshd.url("source.git"), &self.sshd.url("destination.git"));
        self.sshd.admit(task).input("maxAttempts", "1").variable("SYSTEM_DEBUG", "true")
    }

    fn arrived(&self) -> Vec<Vec<u8>> {
        let stores = self.stores.lock().unwrap();
        let mut arrived: Vec<_> = stores
            .iter()
            .filter(|((of, _), _)| of == "destination.git")
            .map(|(_, kept)| kept.clone())
            .collect();
        arrived.sort();
        arrived
    }

    #[track_caller]
    fn expect_refs(&self) {
        assert_eq!(self.destination.refs(BRANCHES_AND_TAGS), self.source.refs(BRANCHES_AND_TAGS));
    }

    #[track_caller]
    fn expect_untouched(&self) {
        assert_eq!(self.destination.refs(&[]), Refs::new());
        assert_eq!(self.arrived(), Vec::<Vec<u8>>::new());
    }
}

/// Commits pointers to objects, and the attributes by which a client knows them.
fn commit_pointers(repository: &Repository, contents: &[Vec<u8>]) {
    let mut tree = String::new();
    for (number, content) in contents.iter().enumerate() {
        let pointer = format!(
            "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n",
            oid(content),
            content.len()
        );
        writeln!(tree, "100644 blob {}\tfile-{number}.bin", repository.blob(pointer.as_bytes())).unwrap();
    }
    let attributes = repository.blob(b"*.bin filter=lfs diff=lfs merge=lfs -text\n");
    writeln!(tree, "100644 blob {attributes}\t.gitattributes").unwrap();
    let tree = repository.git_with(&["mktree"], tree.as_bytes());
    let commit = repository.git_with(&["commit-tree", tree.trim(), "-m", "Pointers"], b"");
    repository.set("refs/heads/main", commit.trim());
}

/// Answers as a server of LFS that signs batch requests in by what the SSH server gave, and nothing else.
fn answer(exchange: &mut Exchange<'_>, stores: &Stores) -> io::Result<()> {
    let target = exchange.head.target.clone();
    let (of, rest) = target.split_once(".git/").map(|(path, rest)| (path.rsplit('/').next(), rest)).unwrap();
    let repository = format!("{}.git", of.unwrap());
    let token = exchange.head.header("authorization").map(str::to_owned);
    let json = ("Content-Type", "application/vnd.git-lfs+json");
    let body = exchange.body()?;
    if rest == "objects/batch" {
        if !token.is_some_and(|token| token.starts_with("Bearer lfs-token-")) {
            return exchange.answer("401 Unauthorized", &[json], b"{}");
        }
        let asked: Value = serde_json::from_slice(&body)?;
        let operation = asked["operation"].as_str().unwrap();
        let host = exchange.head.header("host").unwrap().to_owned();
        let said = asked["objects"].as_array().unwrap().iter().map(|object| {
            let oid = object["oid"].as_str().unwrap();
            let is_there = stores.lock().unwrap().contains_key(&(repository.clone(), oid.to_owned()));
            let action = json!({ operation: { "href": format!("http://{host}/{repository}/{oid}") } });
            if is_there == (operation == "download") {
                json!({ "oid": oid, "size": object["size"], "actions": action })
            } else {
                json!({ "oid": oid, "size": object["size"] })
            }
        });
        let answer = json!({ "objects": said.collect::<Vec<_>>() }).to_string();
        return exchange.answer("200 OK", &[json], answer.as_bytes());
    }
    // What signs in is for the batch interface alone.
    assert_eq!(token, None);
    let key = (repository, rest.to_owned());
    if exchange.head.method == "PUT" {
        stores.lock().unwrap().insert(key, body);
        return exchange.answer("200 OK", &[], b"");
    }
    let content = stores.lock().unwrap().get(&key).cloned();
    match content {
        Some(content) => exchange.answer("200 OK", &[], &content),
        None => exchange.answer("404 Not Found", &[], b""),
    }
}

#[test]
fn objects_arrive_where_the_ssh_servers_say() {
    let served = Served::new(3);
    served.names(&served.lfs.url("lfs"), ", \"expires_in\": 3600");
    let outcome = served.task().run();
    outcome.succeeded();
    served.expect_refs();
    assert_eq!(served.arrived(), contents(3));
    let mut asked = served.asked();
    asked.sort();
    assert_eq!(asked, ["destination.git upload", "source.git download"]);
    assert!(!outcome.visible().contains("lfs-token-"), "{}", outcome.visible());
}

#[test]
fn what_has_come_to_its_end_is_asked_for_again() {
    let served = Served::new(150);
    served.names(&served.lfs.url("lfs"), ", \"expires_in\": 1");
    served.task().run().succeeded();
    served.expect_refs();
    assert_eq!(served.arrived().len(), 150);
    // A batch is of at most a hundred.
    let asked = served.asked();
    for of in ["destination.git upload", "source.git download"] {
        assert!(asked.iter().filter(|asked| *asked == of).count() >= 2, "{asked:?}");
    }
}

#[test]
fn a_server_without_the_command_has_no_lfs() {
    let served = Served::new(2);
    let outcome = served.task().run();
    assert_eq!(outcome.result(), "SucceededWithIssues");
    assert!(outcome.text.contains("git-lfs-authenticate"), "{}", outcome.text);
    served.expect_refs();
    assert_eq!(served.arrived(), Vec::<Vec<u8>>::new());
}

#[test]
fn an_address_without_encryption_moves_no_ref() {
    let served = Served::new(2);
    served.names("http://lfs.example.org", "");
    let error = served.task().run().failed();
    assert!(error.contains("git-lfs-authenticate named an http:// URL"), "{error}");
    assert!(!error.contains("lfs-token-"), "{error}");
    served.expect_untouched();
}

#[test]
fn a_refusal_by_ssh_moves_no_ref() {
    let served = Served::new(2);
    served.authenticates_by("echo 'ERROR: This deploy key does not have write access' >&2; exit 1");
    let error = served.task().run().failed();
    assert!(error.contains("does not have write access"), "{error}");
    served.expect_untouched();
}
