//! The web on this machine: a proxy that leads every host name here, ends TLS with a certificate for that name, and gives
//! each request to a closure, which tells the hosts apart by `Exchange::host`.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use rustls::crypto::ring;
use rustls::{ServerConfig, ServerConnection};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::git::output;
use super::http::Head;
use super::proxy::Proxy;
use super::scripted::{Exchange, Scripted};
use super::task::Task;

/// The names that the certificate is for.
const NAMES: &str = "subjectAltName=DNS:dev.azure.com,DNS:*.visualstudio.com,DNS:login.microsoftonline.com,\
                     DNS:login.microsoftonline.us,DNS:github.com,DNS:api.github.com,DNS:*.ghe.com,DNS:*.contoso.ghe.com,\
                     DNS:gitlab.com,DNS:bitbucket.org,DNS:*.example.org,DNS:*.example.net";

/// The hosts, running until this is dropped.
#[derive(Debug)]
pub(crate) struct Cloud {
    servers: Scripted,
    proxy: Proxy,
    _tls: Tls,
    folder: tempfile::TempDir,
}

impl Cloud {
    pub(crate) fn start(
        script: impl Fn(&mut Exchange<'_>) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let servers = Scripted::start(script);
        let tls = Tls::start(config(folder.path()), servers.address());
        let proxy = Proxy::start(tls.address, None);
        Self { servers, proxy, _tls: tls, folder }
    }

    /// The file of the authority that signed the certificate.
    pub(crate) fn authority(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// The URL of the proxy.
    pub(crate) fn proxy_url(&self) -> String {
        format!("http://{}", self.proxy.authority())
    }

    /// A task that reaches these hosts, and no others.
    pub(crate) fn reached_by(&self, task: Task) -> Task {
        task.variable("HTTPS_PROXY", &self.proxy_url()).trusting(&self.authority())
    }

    /// The requests so far.
    pub(crate) fn seen(&self) -> Vec<Head> {
        self.servers.seen()
    }

    /// The requests so far to this host, as `METHOD target`.
    pub(crate) fn asked_of(&self, host: &str) -> Vec<String> {
        let seen = self.seen().into_iter().filter(|head| head.header("host") == Some(host));
        seen.map(|head| format!("{} {}", head.method, head.target)).collect()
    }

    /// The servers that tunnels were asked for, as `host:port`.
    pub(crate) fn tunnels(&self) -> Vec<String> {
        self.proxy.asked()
    }
}

impl Exchange<'_> {
    /// The host that the request is for.
    pub(crate) fn host(&self) -> &str {
        self.head.header("host").unwrap_or_default()
    }
}

/// An end of TLS connections before a server that speaks none.
#[derive(Debug)]
struct Tls {
    address: SocketAddr,
    stopped: Arc<AtomicBool>,
}

impl Tls {
    fn start(config: ServerConfig, server: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let (address, config) = (listener.local_addr().unwrap(), Arc::new(config));
        let stopped = Arc::<AtomicBool>::default();
        let ended = Arc::clone(&stopped);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if ended.load(Ordering::SeqCst) {
                    return;
                }
                let config = Arc::clone(&config);
                // What the client makes of a connection's end is what is tested.
                thread::spawn(move || serve(&stream, config, server).ok());
            }
        });
        Self { address, stopped }
    }
}

impl Drop for Tls {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        TcpStream::connect(self.address).ok();
    }
}

/// Carries one connection in both directions at the same time.
fn serve(client: &TcpStream, config: Arc<ServerConfig>, server: SocketAddr) -> io::Result<()> {
    let tls = Mutex::new(ServerConnection::new(config).map_err(io::Error::other)?);
    let server = TcpStream::connect(server)?;
    thread::scope(|scope| {
        let answers = scope.spawn(|| {
            let result = encrypt(&server, client, &tls);
            client.shutdown(Shutdown::Write).ok();
            result
        });
        decrypt(client, &server, &tls).ok();
        server.shutdown(Shutdown::Write).ok();
        answers.join().expect("a copy does not panic")
    })
}

fn decrypt(mut client: &TcpStream, mut server: &TcpStream, tls: &Mutex<ServerConnection>) -> io::Result<()> {
    let mut encrypted = [0; 16 * 1024];
    loop {
        let count = client.read(&mut encrypted)?;
        let mut left = &encrypted[..count];
        let mut plain = Vec::new();
        let mut tls = tls.lock().unwrap();
        while !left.is_empty() {
            tls.read_tls(&mut left)?;
            let processed = tls.process_new_packets().map_err(io::Error::other);
            while tls.wants_write() {
                tls.write_tls(&mut client)?;
            }
            let ready = processed?.plaintext_bytes_to_read();
            let start = plain.len();
            plain.resize(start + ready, 0);
            tls.reader().read_exact(&mut plain[start..])?;
        }
        drop(tls);
        server.write_all(&plain)?;
        if count == 0 {
            return Ok(());
        }
    }
}

fn encrypt(mut server: &TcpStream, mut client: &TcpStream, tls: &Mutex<ServerConnection>) -> io::Result<()> {
    let mut plain = [0; 16 * 1024];
    loop {
        let count = server.read(&mut plain)?;
        let mut tls = tls.lock().unwrap();
        match count {
            0 => tls.send_close_notify(),
            _ => tls.writer().write_all(&plain[..count])?,
        }
        while tls.wants_write() {
            tls.write_tls(&mut client)?;
        }
        if count == 0 {
            return Ok(());
        }
    }
}

/// Makes an authority, and its certificate for all names.
fn config(folder: &Path) -> ServerConfig {
    const KEY: &str = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2";
    let authority = "-subj /CN=Test -keyout ca.key -out ca.pem -addext basicConstraints=critical,CA:TRUE \
                     -addext keyUsage=critical,keyCertSign,cRLSign";
    let server = format!(
        "-subj /CN=hosts -keyout server.key -out server.pem -CA ca.pem -CAkey ca.key -addext {NAMES} \
         -addext basicConstraints=critical,CA:FALSE"
    );
    for arguments in [format!("{KEY} {authority}"), format!("{KEY} {server}")] {
        output(Command::new("openssl").args(arguments.split_whitespace()).current_dir(folder), b"");
    }
    let read = |name: &str| fs::read(folder.join(name)).unwrap();
    let chain = vec![CertificateDer::from_pem_slice(&read("server.pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(&read("server.key")).unwrap();
    ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap()
}
