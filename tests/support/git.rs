//! Git itself, as the builder of the tests' repositories and as the judge of what a mirror made of them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::program;

/// The refs of a repository: name to object id.
pub(crate) type Refs = BTreeMap<String, String>;

/// The refs that a mirror takes when it is told nothing else.
pub(crate) const BRANCHES_AND_TAGS: &[&str] = &["refs/heads", "refs/tags"];

/// Git with nothing of this machine's configuration, and with a fixed clock and identity.
pub(crate) fn git() -> Command {
    let mut command = Command::new("git");
    scrub(&mut command);
    command
}

/// Replaces a command's environment by the one in which the tests' Git runs.
pub(crate) fn scrub(command: &mut Command) {
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", "/nonexistent")
        .env("LC_ALL", "C")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_TERMINAL_PROMPT", "0");
    for who in ["AUTHOR", "COMMITTER"] {
        command
            .env(format!("GIT_{who}_NAME"), "A U Thor")
            .env(format!("GIT_{who}_EMAIL"), "author@example.com")
            .env(format!("GIT_{who}_DATE"), "1700000000 +0000");
    }
}

/// Runs a command with `input` and returns its standard output; anything but success ends the test.
pub(crate) fn output(command: &mut Command, input: &[u8]) -> Vec<u8> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut stdin = child.stdin.take().expect("a piped input");
    let output = std::thread::scope(|scope| {
        // A program that fails early does not read all its input; its status tells.
        scope.spawn(move || stdin.write_all(input).ok());
        child.wait_with_output().expect("git's output")
    });
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// A bare repository.
#[derive(Debug, Clone)]
pub(crate) struct Repository {
    pub(crate) path: PathBuf,
}

impl Repository {
    /// Creates an empty one whose `HEAD` names `main`.
    pub(crate) fn init(path: impl AsRef<Path>) -> Self {
        Self::init_format(path, "sha1")
    }

    /// Creates an empty one with `sha1` or `sha256` object ids.
    pub(crate) fn init_format(path: impl AsRef<Path>, object_format: &str) -> Self {
        let path = path.as_ref().to_owned();
        output(
            git()
                .args(["init", "-q", "--bare", "-b", "main"])
                .arg(format!("--object-format={object_format}"))
                .arg(&path),
            b"",
        );
        let repository = Self { path };
        // A push must not start a collection that outlives the test.
        repository.git(&["config", "receive.autogc", "false"]);
        repository
    }

    /// Runs git in this repository and returns what it prints, without the last line end.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        self.git_with(arguments, b"")
    }

    pub(crate) fn git_with(&self, arguments: &[&str], input: &[u8]) -> String {
        let printed = output(git().arg("-C").arg(&self.path).args(arguments), input);
        String::from_utf8_lossy(&printed).trim_end().to_owned()
    }

    /// Adds commits to a branch, each changing one line of a file of 200 lines; creates it where it is missing.
    pub(crate) fn commit(&self, branch: &str, count: usize) -> String {
        let name = format!("refs/heads/{branch}");
        let start: usize = match self.refs(&[&name]).get(&name) {
            Some(_) => self.git(&["rev-list", "--count", &name]).parse().expect("a number"),
            None => 0,
        };
        let mut stream = String::new();
        for number in start..start + count {
            let mut text = String::new();
            for line in 0..200 {
                // The last commit that changed this line: every 200th changes the same one.
                let change = if line <= number { number - (number - line) % 200 } else { 0 };
                writeln!(text, "{branch} {line}: {:016x}", scramble((line * 1_000_003 + change) as u64))
                    .unwrap();
            }
            let message = format!("{branch} {number}\n");
            write!(
                stream,
                "commit {name}\ncommitter A U Thor <author@example.com> {} +0000\ndata {}\n{message}",
                1_700_000_000 + number,
                message.len()
            )
            .unwrap();
            if number == start && start > 0 {
                writeln!(stream, "from {name}^0").unwrap();
            }
            write!(stream, "M 100644 inline src/{branch}.txt\ndata {}\n{text}\n", text.len()).unwrap();
        }
        self.git_with(&["fast-import", "--quiet", "--force"], stream.as_bytes());
        self.git(&["rev-parse", &name])
    }

    /// Adds a commit with a file of this many bytes that do not compress, so that its pack is no small one.
    pub(crate) fn commit_noise(&self, branch: &str, count: u64) {
        let noise: Vec<u8> = (0..count / 8).flat_map(|number| scramble(number + 1).to_be_bytes()).collect();
        let blob = self.blob(&noise);
        let tree = self.git_with(&["mktree"], format!("100644 blob {blob}\tnoise\n").as_bytes());
        let commit = self.git(&["commit-tree", "-p", branch, "-m", "Noise", &tree]);
        self.set(&format!("refs/heads/{branch}"), &commit);
    }

    /// Points `count` branches below `prefix` at the commits of `main`, in turn.
    pub(crate) fn branch_many(&self, prefix: &str, count: usize) {
        let tips = self.git(&["rev-list", "main"]);
        let tips: Vec<_> = tips.lines().collect();
        let mut updates = String::new();
        for number in 0..count {
            writeln!(updates, "update refs/heads/{prefix}/{number:05} {}", tips[number % tips.len()])
                .unwrap();
        }
        self.git_with(&["update-ref", "--stdin"], updates.as_bytes());
    }

    /// Installs a hook, a script of the shell.
    pub(crate) fn hook(&self, name: &str, script: &str) {
        program::script(&self.path.join("hooks").join(name), script);
    }

    /// Sets a ref, whatever it was.
    pub(crate) fn set(&self, name: &str, value: &str) {
        self.git(&["update-ref", name, value]);
    }

    pub(crate) fn delete(&self, name: &str) {
        self.git(&["update-ref", "-d", name]);
    }

    /// Stores a blob and returns its id.
    pub(crate) fn blob(&self, content: &[u8]) -> String {
        self.git_with(&["hash-object", "-w", "--stdin"], content)
    }

    /// The refs below the given prefixes; all of them where none is given.
    pub(crate) fn refs(&self, prefixes: &[&str]) -> Refs {
        let format = ["for-each-ref", "--format=%(objectname) %(refname)"];
        let listing = self.git(&[&format, prefixes].concat());
        listing
            .lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(id, name)| (name.to_owned(), id.to_owned()))
            .collect()
    }

    /// Checks every object and that each is complete.
    pub(crate) fn fsck(&self) {
        self.git(&["fsck", "--full", "--no-dangling"]);
    }

    /// Repacks everything into one pack with delta chains, as a server's maintenance does.
    pub(crate) fn repack(&self) {
        self.git(&["repack", "-adfq"]);
    }
}

/// The answer of `git upload-pack` or `git receive-pack` to one request, or its advertisement (`request` absent).
pub(crate) fn rpc(repository: &Repository, service: &str, version: u8, request: Option<&[u8]>) -> Vec<u8> {
    let mut command = git();
    command.env("GIT_PROTOCOL", format!("version={version}")).arg(service).arg("--stateless-rpc");
    if request.is_none() {
        command.arg("--http-backend-info-refs");
    }
    output(command.arg(&repository.path), request.unwrap_or_default())
}

/// Text that does not compress well, the same in every run.
fn scramble(seed: u64) -> u64 {
    let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb)
}
