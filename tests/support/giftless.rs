//! giftless, an LFS server on loopback. The objects of a repository lie in a folder of its own, each by its id.
//!
//! Its socket is bound here and handed over.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use super::git::scrub;
use super::lfs::Object;

/// Where scripts/test installs it.
const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/giftless/bin/python");

/// It and its configuration, which the benchmark uses, too.
const PROGRAM: &str = include_str!("serve_giftless.py");
const CONFIGURATION: &str = include_str!("giftless.yaml");

/// The owner of all repositories, as giftless sees it.
pub(crate) const OWNER: &str = "tests";

/// A running server; it ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Giftless {
    folder: tempfile::TempDir,
    program: Child,
    port: u16,
}

impl Giftless {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = folder.path().join("giftless.yaml");
        let objects = folder.path().join("objects");
        fs::write(&settings, CONFIGURATION.replace("OBJECTS", objects.to_str().unwrap())).unwrap();
        let socket = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = socket.local_addr().unwrap().port();
        let mut program = Command::new(PYTHON);
        scrub(&mut program);
        let program = program
            .args(["-c", PROGRAM])
            .env("GIFTLESS_CONFIG_FILE", settings)
            // Where it keeps a request's body until it is whole.
            .env("TMPDIR", folder.path())
            .current_dir(folder.path())
            .stdin(OwnedFd::from(socket))
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.path().join("giftless.stderr")).unwrap())
            .spawn()
            .unwrap_or_else(|error| panic!("{PYTHON}: {error}; scripts/test installs giftless there"));
        Self { folder, program, port }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Gives objects to a repository, past the server.
    pub(crate) fn store<'a>(&self, repository: &str, objects: impl IntoIterator<Item = &'a Object>) {
        let folder = self.objects(repository);
        fs::create_dir_all(&folder).unwrap();
        for object in objects {
            object.write(&folder.join(&object.oid));
        }
    }

    /// Takes an object away.
    pub(crate) fn remove(&self, repository: &str, object: &Object) {
        fs::remove_file(self.objects(repository).join(&object.oid)).unwrap();
    }

    /// The objects that a repository has: their ids and sizes.
    pub(crate) fn stored(&self, repository: &str) -> BTreeMap<String, u64> {
        let Ok(entries) = fs::read_dir(self.objects(repository)) else { return BTreeMap::new() };
        let entries = entries.map(Result::unwrap);
        entries
            .map(|entry| (entry.file_name().into_string().unwrap(), entry.metadata().unwrap().len()))
            .collect()
    }

    /// Where the objects of a repository lie, each by its id.
    pub(crate) fn objects(&self, repository: &str) -> PathBuf {
        let name = repository.strip_suffix(".git").expect("the name of a bare repository");
        self.folder.path().join("objects").join(OWNER).join(name)
    }
}

impl Drop for Giftless {
    fn drop(&mut self) {
        self.program.kill().ok();
        self.program.wait().ok();
        if std::thread::panicking() {
            let log = fs::read_to_string(self.folder.path().join("giftless.stderr")).unwrap_or_default();
            eprintln!("giftless.stderr:\n{log}");
        }
    }
}
