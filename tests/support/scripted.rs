//! A server that plays a script: each request is given to a closure that answers it as it likes, or badly.

use std::io::{self, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::git::{Repository, rpc};
use super::http::{Body, Head};

/// A running server; it stops accepting when it is dropped.
#[derive(Debug)]
pub(crate) struct Scripted {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Head>>>,
    stopped: Arc<AtomicBool>,
}

/// One request and the connection it came on. The connection is closed when the script is through with it.
#[derive(Debug)]
pub(crate) struct Exchange<'a> {
    pub(crate) head: Head,
    /// Header fields that go with every answer.
    pub(crate) fields: Vec<(&'static str, &'static str)>,
    reader: BufReader<&'a TcpStream>,
}

impl Scripted {
    pub(crate) fn start(
        script: impl Fn(&mut Exchange<'_>) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let (seen, stopped) = (Arc::<Mutex<Vec<Head>>>::default(), Arc::<AtomicBool>::default());
        let server = Self {
            address: listener.local_addr().unwrap(),
            seen: Arc::clone(&seen),
            stopped: Arc::clone(&stopped),
        };
        let script = Arc::new(script);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (script, seen) = (Arc::clone(&script), Arc::clone(&seen));
                thread::spawn(move || {
                    let mut reader = BufReader::new(&stream);
                    let Ok(Some(head)) = Head::read(&mut reader) else { return };
                    seen.lock().unwrap().push(head.clone());
                    // What the client makes of the connection's end is what is tested.
                    script(&mut Exchange { head, fields: Vec::new(), reader }).ok();
                });
            }
        });
        server
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The requests so far.
    pub(crate) fn seen(&self) -> Vec<Head> {
        self.seen.lock().unwrap().clone()
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        TcpStream::connect(self.address).ok();
    }
}

impl Exchange<'_> {
    /// Whether this is the given method on a path that ends so (`POST`, `/git-receive-pack`).
    pub(crate) fn is(&self, method: &str, end: &str) -> bool {
        self.head.method == method && self.head.target.ends_with(end)
    }

    /// The service of a ref advertisement that is asked for.
    pub(crate) fn advertised_service(&self) -> Option<&str> {
        self.head.target.split_once("/info/refs?service=").map(|(_, service)| service)
    }

    /// The version of the protocol that the client asks for.
    pub(crate) fn version(&self) -> u8 {
        if self.head.header("git-protocol").is_some_and(|value| value.contains("version=2")) { 2 } else { 0 }
    }

    /// The whole body, decompressed.
    pub(crate) fn body(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let framing = self.head.framing();
        Body::new(&mut self.reader, framing).read_to_end(&mut bytes)?;
        if self.head.header("content-encoding") == Some("gzip") {
            let mut plain = Vec::new();
            flate2::read::GzDecoder::new(bytes.as_slice()).read_to_end(&mut plain)?;
            return Ok(plain);
        }
        Ok(bytes)
    }

    /// Reads this many bytes of the body and leaves the rest where it is.
    pub(crate) fn skip_body(&mut self, count: u64) -> io::Result<u64> {
        let framing = self.head.framing();
        io::copy(&mut Body::new(&mut self.reader, framing).take(count), &mut io::sink())
    }

    /// Answers with a length; the status line's text comes with the status.
    pub(crate) fn answer(&mut self, status: &str, fields: &[(&str, &str)], body: &[u8]) -> io::Result<()> {
        // In one piece: whoever closes right after it may destroy what was not read by then.
        self.send(&[self.answer_head(status, fields, Some(body.len())).as_bytes(), body].concat())
    }

    /// Sends an answer's head; without a length the answer ends with the connection.
    pub(crate) fn begin(
        &mut self,
        status: &str,
        fields: &[(&str, &str)],
        length: Option<usize>,
    ) -> io::Result<()> {
        self.send(self.answer_head(status, fields, length).as_bytes())
    }

    fn answer_head(&self, status: &str, fields: &[(&str, &str)], length: Option<usize>) -> String {
        head(status, &[&self.fields, fields].concat(), length)
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut stream: &TcpStream = self.reader.get_ref();
        stream.write_all(bytes)
    }

    /// Waits, with the answer open, until the client has gone.
    pub(crate) fn wait_for_end(&mut self) -> io::Result<()> {
        io::copy(&mut self.reader, &mut io::sink()).map(drop)
    }

    /// Ends this side of the connection and reads what the client still sends, as nginx's lingering close.
    pub(crate) fn linger(&mut self) -> io::Result<()> {
        self.reader.get_ref().shutdown(Shutdown::Write)?;
        io::copy(&mut self.reader, &mut io::sink()).map(drop)
    }

    /// Lets the connection end in a reset.
    pub(crate) fn reset(&mut self) -> io::Result<()> {
        Ok(rustix::net::sockopt::set_socket_linger(self.reader.get_ref(), Some(Duration::ZERO))?)
    }

    /// Answers as Git would, from a repository; `change` may alter the answer to a POST.
    pub(crate) fn as_git(
        &mut self,
        repository: &Repository,
        newest: u8,
        change: impl FnOnce(&[u8], Vec<u8>) -> Vec<u8>,
    ) -> io::Result<()> {
        let version = self.version().min(newest);
        if let Some(service) = self.advertised_service().map(str::to_owned) {
            let refs = rpc(repository, service.trim_start_matches("git-"), version, None);
            let body = if version == 2 && service == "git-upload-pack" {
                refs
            } else {
                [announce(&service), refs].concat()
            };
            return self.answer(
                "200 OK",
                &[("Content-Type", &format!("application/x-{service}-advertisement"))],
                &body,
            );
        }
        let service = self.head.target.rsplit('/').next().unwrap_or_default().to_owned();
        let request = self.body()?;
        let answer = rpc(repository, service.trim_start_matches("git-"), version, Some(&request));
        let answer = change(&request, answer);
        self.answer("200 OK", &[("Content-Type", &format!("application/x-{service}-result"))], &answer)
    }
}

fn head(status: &str, fields: &[(&str, &str)], length: Option<usize>) -> String {
    let length = length.map(|length| ("Content-Length", length.to_string()));
    let fields = fields.iter().map(|&(name, value)| (name, value.to_owned())).chain(length);
    let fields: String = fields.map(|(name, value)| name.to_owned() + ": " + &value + "\r\n").collect();
    format!("HTTP/1.1 {status}\r\nConnection: close\r\n{fields}\r\n")
}

/// The first line of a v0 advertisement over HTTP.
fn announce(service: &str) -> Vec<u8> {
    [pkt(format!("# service={service}\n").as_bytes()), b"0000".to_vec()].concat()
}

/// One pkt-line.
pub(crate) fn pkt(data: &[u8]) -> Vec<u8> {
    [format!("{:04x}", data.len() + 4).as_bytes(), data].concat()
}

/// Splits an answer into its pkt-lines, their lengths included; special packets are lines of their own.
pub(crate) fn pkts(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut lines = Vec::new();
    while let Some(length) = bytes.get(..4) {
        let length = usize::from_str_radix(std::str::from_utf8(length).unwrap(), 16).unwrap().max(4);
        lines.push(bytes[..length].to_vec());
        bytes = &bytes[length..];
    }
    lines
}
