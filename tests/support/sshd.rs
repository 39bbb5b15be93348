//! A real OpenSSH server on loopback, one `sshd` a connection, with keys that are made for the test.
//!
//! The port is bound here and each connection handed over, so there is no port to guess and no start to wait for.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use super::git::{output, scrub};
use super::git_server::Protocol;
use super::program;
use super::task::Task;

/// A running server; everything that it runs ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Sshd {
    folder: tempfile::TempDir,
    address: SocketAddr,
    user: String,
    stopped: Arc<AtomicBool>,
    connections: Arc<Mutex<Vec<Child>>>,
}

impl Sshd {
    /// Serves to one key; v2 is spoken only where the server takes the client's variable.
    pub(crate) fn start(protocol: Protocol) -> Self {
        Self::start_with(protocol, "")
    }

    /// As [`Self::start`], with more lines of configuration.
    pub(crate) fn start_with(protocol: Protocol, lines: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for key in ["host_key", "user_key", "other_key"] {
            make_key(&folder.path().join(key));
        }
        fs::copy(folder.path().join("user_key.pub"), folder.path().join("authorized_keys")).unwrap();
        let accepted = if protocol == Protocol::V2 { "AcceptEnv GIT_PROTOCOL\n" } else { "" };
        let configuration = include_str!("sshd.conf").replace("@FOLDER@", text(folder.path()));
        fs::write(folder.path().join("sshd.conf"), configuration + accepted + lines).unwrap();

        let user = String::from_utf8(output(Command::new("id").arg("-un"), b"")).unwrap();
        if user.trim() == "root" {
            // Started by root, sshd wants its system folder, which Debian's service makes at each start.
            fs::create_dir_all("/run/sshd").unwrap();
        }
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            user: user.trim().to_owned(),
            folder,
            stopped: Arc::default(),
            connections: Arc::default(),
        };
        let program = program();
        server.trust(&server.path("host_key.pub"));
        let (stopped, connections) = (Arc::clone(&server.stopped), Arc::clone(&server.connections));
        let folder = server.folder.path().to_owned();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                connections.lock().unwrap().push(serve(&program, &folder, stream));
            }
        });
        server
    }

    /// Where something lies in the server's folder.
    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The address of a repository in the server's folder, or anywhere.
    pub(crate) fn url(&self, repository: impl AsRef<Path>) -> String {
        format!("ssh://{}@{}{}", self.user, self.address, text(&self.path(repository)))
    }

    /// How many connections there have been.
    pub(crate) fn connections(&self) -> usize {
        self.connections.lock().unwrap().len()
    }

    /// The client's command, with a key of the server's folder.
    pub(crate) fn command(&self, key: &str) -> String {
        let (key, known) = (self.path(key), self.path("known_hosts"));
        format!(
            "ssh -F /dev/null -i '{}' -o IdentitiesOnly=yes -o IdentityAgent=none \
             -o GlobalKnownHostsFile=/dev/null -o UserKnownHostsFile='{}'",
            text(&key),
            text(&known)
        )
    }

    /// Gives a task what its `ssh` needs to get in.
    pub(crate) fn admit(&self, task: Task) -> Task {
        task.variable("PATH", &path_variable()).variable("GIT_SSH_COMMAND", &self.command("user_key"))
    }

    /// Makes this public key the one that the client knows the server by.
    pub(crate) fn trust(&self, key: &Path) {
        let key = fs::read_to_string(key).unwrap();
        let line = format!("[127.0.0.1]:{} {key}", self.address.port());
        fs::write(self.path("known_hosts"), line).unwrap();
    }

    /// Gives a key of the server's folder a passphrase.
    pub(crate) fn lock_key(&self, key: &str, passphrase: &str) {
        output(
            Command::new("ssh-keygen")
                .args(["-q", "-p", "-P", "", "-N", passphrase, "-f"])
                .arg(self.path(key)),
            b"",
        );
    }

    /// Runs this by the account's shell in place of what is asked for, which is then `$SSH_ORIGINAL_COMMAND`.
    pub(crate) fn run_instead(&self, command: &str) {
        let key = fs::read_to_string(self.path("user_key.pub")).unwrap();
        let line = format!("command=\"{}\" {key}", command.replace('"', "\\\""));
        fs::write(self.path("authorized_keys"), line).unwrap();
    }

    /// Makes the client know no server.
    pub(crate) fn forget(&self) {
        fs::write(self.path("known_hosts"), "").unwrap();
    }

    /// Writes an executable script into the server's folder.
    pub(crate) fn script(&self, name: &str, script: &str) -> PathBuf {
        let path = self.path(name);
        program::script(&path, script);
        path
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // Wakes the accept call.
        TcpStream::connect(self.address).ok();
        for connection in &mut *self.connections.lock().unwrap() {
            if matches!(connection.try_wait(), Ok(None)) {
                let group = format!("-{}", connection.id());
                Command::new("kill").args(["-KILL", "--", &group]).status().ok();
                connection.wait().ok();
            }
        }
        if thread::panicking() {
            let log = fs::read_to_string(self.path("sshd.log")).unwrap_or_default();
            eprintln!("sshd.log:\n{log}");
        }
    }
}

/// The search path of whoever runs the tests.
pub(crate) fn path_variable() -> String {
    std::env::var("PATH").unwrap()
}

/// Where the server's program is: it must be named in full, and an ordinary user's path lacks its folder.
fn program() -> PathBuf {
    let folders = path_variable() + ":/usr/sbin:/sbin";
    let found = std::env::split_paths(&folders).map(|folder| folder.join("sshd")).find(|path| path.is_file());
    found.expect("this test needs a package: apt-get install openssh-server (scripts/test does it)")
}

fn serve(program: &Path, folder: &Path, stream: TcpStream) -> Child {
    let mut sshd = Command::new(program);
    scrub(&mut sshd);
    sshd.arg("-i")
        .arg("-f")
        .arg(folder.join("sshd.conf"))
        .arg("-E")
        .arg(folder.join("sshd.log"))
        .stdout(OwnedFd::from(stream.try_clone().unwrap()))
        .stdin(OwnedFd::from(stream))
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .unwrap()
}

fn make_key(path: &Path) {
    output(Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(path), b"");
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}
