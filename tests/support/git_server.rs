//! A small Git server on loopback: `git http-backend` behind HTTP/1.1, one thread a connection.
//!
//! It streams a request's body into Git as it arrives, so a push is applied, or not, just as on a real server.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rustix::process::{Pid, Signal, kill_process_group};

use super::http::{Body, Framing, Head};
use super::listener::Listener;

/// What the server serves, and to whom.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// The folder that holds the repositories.
    pub(crate) root: PathBuf,
    pub(crate) protocol: Protocol,
    /// The password asked for, under any user name; none: everybody may read and write.
    pub(crate) token: Option<String>,
}

/// The newest protocol that the server answers with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// As Azure Repos: the client's `Git-Protocol` is not passed on, so Git answers with v0.
    V0,
    V2,
}

/// A request as it arrived, recorded before the last byte of its answer goes out.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// The client's end of the connection, which tells connections apart.
    pub(crate) client: SocketAddr,
    pub(crate) head: Head,
    pub(crate) framing: Framing,
    /// The body's length without its framing.
    pub(crate) length: u64,
    /// The first bytes of the body, at most [`KEPT`].
    pub(crate) body: Vec<u8>,
    pub(crate) status: u16,
}

/// How much of a body is kept: enough for every list of commands or wants in the tests.
const KEPT: usize = 1 << 20;

type Observer<'a> = dyn Fn(&Request) + Send + Sync + 'a;

/// A running server. Dropping it waits until Git is through with every request, also with those broken off.
#[derive(Debug)]
pub(crate) struct GitServer(Listener);

impl GitServer {
    /// Serves on a free port of loopback and shows each request to `observer`.
    pub(crate) fn start(
        config: Config,
        observer: impl Fn(&Request) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        Listener::start(move |stream| serve(stream, &config, &observer)).map(Self)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.0.address()
    }

    /// The address of a repository in the served folder.
    pub(crate) fn url(&self, repository: &str) -> String {
        format!("http://{}/{repository}", self.address())
    }
}

fn serve(stream: &TcpStream, config: &Config, observer: &Observer<'_>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let client = stream.peer_addr()?;
    let mut reader = BufReader::new(stream);
    while let Some(mut head) = Head::read(&mut reader)? {
        // A server takes the whole URL as a target, too (RFC 9112, 3.2.2); clients of proxies send it.
        if let Some(rest) = head.target.strip_prefix("http://") {
            head.target = rest.split_at(rest.find('/').unwrap_or(rest.len())).1.into();
        }
        let mut request = Request::new(client, head);
        if config.token.as_deref().is_some_and(|token| password(&request.head).as_deref() != Some(token)) {
            request.copy_body(&mut reader, &mut io::sink())?;
            request.status = 401;
            observer(&request);
            (&*stream).write_all(UNAUTHORIZED)?;
        } else {
            run_backend(request, &mut reader, stream, config, observer)?;
        }
    }
    Ok(())
}

const UNAUTHORIZED: &[u8] = b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"git\"\r\n\
    Content-Type: text/plain\r\nContent-Length: 13\r\n\r\nUnauthorized\n";

/// The password of the request's Basic credentials.
pub(crate) fn password(head: &Head) -> Option<String> {
    let encoded = head.header("authorization")?.strip_prefix("Basic ")?;
    let pair = String::from_utf8(BASE64_STANDARD.decode(encoded).ok()?).ok()?;
    pair.split_once(':').map(|(_, password)| password.to_owned())
}

/// Answers one request by Git's own CGI program, body and answer at the same time.
pub(crate) fn run_backend(
    mut request: Request,
    reader: &mut BufReader<&TcpStream>,
    stream: &TcpStream,
    config: &Config,
    observer: &Observer<'_>,
) -> io::Result<()> {
    let mut backend = backend(&request.head, config).process_group(0).spawn()?;
    let group = Pid::from_child(&backend);
    let (stdin, stdout) = (backend.stdin.take(), backend.stdout.take());
    let (Some(mut stdin), Some(stdout)) = (stdin, stdout) else {
        return Err(io::ErrorKind::BrokenPipe.into());
    };
    let mut answer = BufReader::new(stdout);
    let outcome = thread::scope(|scope| {
        let body = scope.spawn(move || {
            let outcome = request.copy_body(reader, &mut stdin);
            if outcome.is_err() && matches!(request.framing, Framing::Length(_)) {
                // Git waits for the missing bytes for ever, and busily; a web server ends it too.
                kill_process_group(group, Signal::TERM).ok();
            }
            (request, outcome)
        });
        let (status, fields) = read_cgi_head(&mut answer)?;
        let mut out = stream;
        write!(out, "HTTP/1.1 {status} Git\r\n{fields}Transfer-Encoding: chunked\r\n\r\n")?;
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let count = answer.read(&mut buffer)?;
            if count == 0 {
                break;
            }
            write!(out, "{count:x}\r\n")?;
            out.write_all(buffer.get(..count).unwrap_or_default())?;
            out.write_all(b"\r\n")?;
        }
        let (mut request, outcome) = body.join().map_err(|_| io::ErrorKind::Other)?;
        request.status = status;
        observer(&request);
        outcome?;
        out.write_all(b"0\r\n\r\n")
    });
    // A client that has gone reads no more; neither may Git wait for it.
    drop(answer);
    backend.wait()?;
    outcome
}

fn backend(head: &Head, config: &Config) -> Command {
    let (path, query) = head.target.split_once('?').unwrap_or((&head.target, ""));
    let mut command = Command::new("git");
    command
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", &config.root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("REMOTE_USER", "mirror")
        .env("REMOTE_ADDR", "127.0.0.1")
        .env("REQUEST_METHOD", &head.method)
        .env("PATH_INFO", path)
        .env("QUERY_STRING", query)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    if let Framing::Length(length) = head.framing() {
        command.env("CONTENT_LENGTH", length.to_string());
    }
    let passed = [("content-type", "CONTENT_TYPE"), ("content-encoding", "HTTP_CONTENT_ENCODING")];
    let protocol = (config.protocol == Protocol::V2).then_some(("git-protocol", "HTTP_GIT_PROTOCOL"));
    for (field, variable) in passed.into_iter().chain(protocol) {
        if let Some(value) = head.header(field) {
            command.env(variable, value);
        }
    }
    command
}

/// The status and the other header fields of a CGI answer.
fn read_cgi_head(answer: &mut impl BufRead) -> io::Result<(u16, String)> {
    let (mut status, mut fields) = (200, String::new());
    loop {
        let mut line = String::new();
        if answer.read_line(&mut line)? == 0 {
            return Ok((502, fields));
        }
        if line.trim_end().is_empty() {
            return Ok((status, fields));
        }
        match line.strip_prefix("Status: ") {
            Some(text) => status = text.get(..3).and_then(|code| code.parse().ok()).unwrap_or(500),
            None => fields.push_str(&line),
        }
    }
}

impl Request {
    /// A request of which the head was read.
    pub(crate) fn new(client: SocketAddr, head: Head) -> Self {
        Self { client, framing: head.framing(), head, length: 0, body: Vec::new(), status: 0 }
    }

    /// Copies the whole body, also where `to` stops listening, so that the connection stays usable.
    fn copy_body(&mut self, from: &mut impl BufRead, to: &mut impl Write) -> io::Result<()> {
        let mut body = Body::new(from, self.framing);
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let count = body.read(&mut buffer)?;
            if count == 0 {
                return Ok(());
            }
            let bytes = buffer.get(..count).unwrap_or_default();
            self.length += count as u64;
            let kept = count.min(KEPT.saturating_sub(self.body.len()));
            self.body.extend_from_slice(bytes.get(..kept).unwrap_or_default());
            to.write_all(bytes).ok();
        }
    }
}
