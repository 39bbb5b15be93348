//! nginx and fcgiwrap in front of `git http-backend`, over http and over https with a private authority.
//!
//! Their sockets are bound here and handed over, so there is no port to guess and no start to wait for.

use std::fs;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::git::{git, output, scrub};
use super::git_server::Protocol;

/// How a client reaches the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
}

/// A running nginx with its programs; all end when it is dropped.
#[derive(Debug)]
pub(crate) struct Nginx {
    folder: tempfile::TempDir,
    programs: Vec<Child>,
    http: u16,
    https: u16,
}

/// The user and the password asked for below `/auth/`.
pub(crate) const USER: &str = "mirror";
pub(crate) const PASSWORD: &str = "pAss+w0rd/nginx==";

/// The time after which nothing is left of a request whose client has gone.
const PATIENCE: Duration = Duration::from_secs(120);

impl Nginx {
    pub(crate) fn start() -> Self {
        Self::start_with("", make_certificates)
    }

    /// Starts one with more settings for TLS, and with what is made in its folder: `server.pem` and `server.key`, beside a
    /// private authority; more settings in `http/*.conf` and `server/*.conf`; in `programs/` what is to run in place of
    /// `git-http-backend`.
    pub(crate) fn start_with(tls: &str, prepare: impl Fn(&Path)) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(folder.path().join("repositories")).unwrap();
        fs::create_dir(folder.path().join("temporary")).unwrap();
        fs::write(folder.path().join("users"), format!("{USER}:{{PLAIN}}{PASSWORD}\n")).unwrap();
        prepare(folder.path());

        let socket = UnixListener::bind(folder.path().join("cgi.sock")).unwrap();
        let mut fcgiwrap = Command::new("fcgiwrap");
        scrub(&mut fcgiwrap);
        fcgiwrap.args(["-c", "8"]).stdin(OwnedFd::from(socket)).stdout(Stdio::null()).stderr(Stdio::null());

        let (http, https) = (listener(), listener());
        let ports = [&http, &https].map(|socket| socket.local_addr().unwrap().port());
        fs::write(folder.path().join("nginx.conf"), configuration(folder.path(), ports, tls)).unwrap();
        let mut nginx = Command::new("nginx");
        nginx
            // The sockets that it takes over: its standard input and output.
            .env("NGINX", "0;1;")
            .arg("-p")
            .arg(folder.path())
            .args(["-e", "error.log", "-c", "nginx.conf"])
            .stdin(OwnedFd::from(http))
            .stdout(OwnedFd::from(https))
            .stderr(fs::File::create(folder.path().join("nginx.stderr")).unwrap());
        let mut server = Self { folder, programs: Vec::new(), http: ports[0], https: ports[1] };
        for (mut program, package) in [(fcgiwrap, "fcgiwrap"), (nginx, "nginx-light")] {
            let child = program.process_group(0).spawn();
            server.programs.push(child.unwrap_or_else(|error| {
                panic!("{error}; this test needs a package: apt-get install {package} (scripts/test does it)")
            }));
        }
        server
    }

    /// Where a repository lies on the disk.
    pub(crate) fn path(&self, repository: &str) -> PathBuf {
        self.folder.path().join("repositories").join(repository)
    }

    pub(crate) fn url(&self, scheme: Scheme, protocol: Protocol, repository: &str) -> String {
        let protocol = if protocol == Protocol::V0 { "v0" } else { "v2" };
        self.in_location(scheme, protocol, repository)
    }

    /// An https address that redirects to an http one.
    pub(crate) fn url_redirected_to_http(&self, repository: &str) -> String {
        self.in_location(Scheme::Https, "unencrypted", repository)
    }

    /// The address of a repository for which [`USER`] and [`PASSWORD`] are asked.
    pub(crate) fn url_with_sign_in(&self, scheme: Scheme, repository: &str) -> String {
        self.in_location(scheme, "auth", repository)
    }

    /// The address of a repository for which a certificate of the private authority is asked.
    pub(crate) fn url_with_client_certificate(&self, repository: &str) -> String {
        self.in_location(Scheme::Https, "certificate", repository)
    }

    fn in_location(&self, scheme: Scheme, location: &str, repository: &str) -> String {
        match scheme {
            Scheme::Http => format!("http://127.0.0.1:{}/{location}/{repository}", self.http),
            Scheme::Https => format!("https://localhost:{}/{location}/{repository}", self.https),
        }
    }

    /// The port of http.
    pub(crate) fn http_port(&self) -> u16 {
        self.http
    }

    /// Waits until no request is under way, also none whose client has gone.
    pub(crate) fn wait_until_idle(&self) {
        let workers = self.programs.first().expect("fcgiwrap").id();
        let started = Instant::now();
        while programs_in(workers) > 0 {
            assert!(started.elapsed() < PATIENCE, "a program of Git does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The certificate of the private authority.
    pub(crate) fn authority(&self) -> PathBuf {
        self.file("ca.pem")
    }

    /// A file of the private authority: its own `ca.pem`, `server.pem` that it signed, or a key of them.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        for program in &mut self.programs {
            // The whole group: fcgiwrap's workers, and what they run.
            let group = format!("-{}", program.id());
            Command::new("kill").args(["-KILL", "--", &group]).status().ok();
            program.wait().ok();
        }
        if std::thread::panicking() {
            for log in ["nginx.stderr", "error.log"] {
                eprintln!("{log}:\n{}", fs::read_to_string(self.folder.path().join(log)).unwrap_or_default());
            }
        }
    }
}

/// The number of programs in the process group of fcgiwrap that are not fcgiwrap itself.
fn programs_in(group: u32) -> usize {
    let group = group.to_string();
    let is_program = |stat: &String| {
        // Behind the name of the program, which may hold blanks: state, parent, group.
        let (name, rest) = stat.rsplit_once(')').unwrap_or_default();
        let mut fields = rest.split_whitespace();
        fields.next() != Some("Z") && fields.nth(1) == Some(&group) && !name.contains("(fcgiwrap")
    };
    let stats = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    stats.filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok()).filter(is_program).count()
}

/// A listening socket as nginx expects it from its predecessor.
fn listener() -> TcpListener {
    let socket = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    socket.set_nonblocking(true).unwrap();
    socket
}

/// The folder of git's own programs.
pub(crate) fn programs_of_git() -> PathBuf {
    String::from_utf8(output(git().arg("--exec-path"), b"")).unwrap().trim_end().into()
}

fn configuration(folder: &Path, [http, https]: [u16; 2], tls: &str) -> String {
    let own = folder.join("programs");
    let programs =
        if own.exists() { own.display().to_string() } else { programs_of_git().display().to_string() };
    let certificate = "ssl_certificate server.pem; ssl_certificate_key server.key; \
                       ssl_client_certificate ca.pem; ssl_verify_client optional;";
    include_str!("nginx.conf")
        .replace("@HTTPS@", &format!("listen 127.0.0.1:{https} ssl; {certificate} {tls}"))
        .replace("@HTTP@", &http.to_string())
        .replace("@PROGRAMS@", &programs)
        .replace("@FOLDER@", folder.to_str().expect("a plain path"))
}

/// A private authority, and its certificate for this machine.
pub(crate) fn make_certificates(folder: &Path) {
    let names = "subjectAltName=DNS:localhost,IP:127.0.0.1";
    let key =
        ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
    let authority = ["-subj", "/CN=Private test authority", "-keyout", "ca.key", "-out", "ca.pem"];
    let usage =
        ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign"];
    let server = ["-subj", "/CN=localhost", "-addext", names, "-keyout", "server.key", "-out", "server.pem"];
    let signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-addext", "basicConstraints=critical,CA:FALSE"];
    for arguments in
        [[key.as_slice(), &authority, &usage].concat(), [key.as_slice(), &server, &signed].concat()]
    {
        output(Command::new("openssl").args(arguments).current_dir(folder), b"");
    }
}
