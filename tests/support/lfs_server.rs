//! Git and Git LFS at one origin: `git http-backend`, and beside it an LFS server that does what a test wants.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::git_server::{Config, GitServer, Protocol};
use super::http::{Body, Head};
use super::relay::pass;

/// The name of an object of this content.
pub(crate) fn oid_of(content: &[u8]) -> String {
    let mut text = [0; 64];
    hex::encode_to_slice(Sha256::digest(content), &mut text).unwrap();
    String::from_utf8(text.to_vec()).unwrap()
}

/// A request of LFS as it arrived. Of an upload only the head is here.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) head: Head,
    pub(crate) body: Vec<u8>,
    /// The number of such requests before: of batches, or of this method for this object.
    pub(crate) earlier: usize,
}

impl Asked {
    pub(crate) fn is_batch(&self) -> bool {
        self.head.target.ends_with("/objects/batch")
    }

    /// Tells whether it is this method on an object: `GET`, `PUT`, or the `POST` that verifies.
    pub(crate) fn is(&self, method: &str) -> bool {
        self.head.method == method && !self.is_batch()
    }

    /// The objects of a batch request.
    pub(crate) fn objects(&self) -> Vec<(String, u64)> {
        let body: Value = serde_json::from_slice(&self.body).unwrap();
        let object =
            |object: &Value| (object["oid"].as_str().unwrap().to_owned(), object["size"].as_u64().unwrap());
        body["objects"].as_array().unwrap().iter().map(object).collect()
    }

    /// The object of a request for one.
    pub(crate) fn oid(&self) -> &str {
        self.head.target.rsplit('/').next().unwrap().split('?').next().unwrap()
    }
}

/// The answer to a request, or what comes in its place.
pub(crate) enum Act {
    /// The answer of a good server.
    Serve,
    /// The same, later.
    ServeAfter(Duration),
    /// This answer, when all of the request is read.
    Answer(Answer),
    /// So many bytes of its body are read, and then the connection is closed.
    BreakOff(u64),
    /// So many bytes of its body are read, and then nothing happens.
    Stall(u64),
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    status: u16,
    fields: Vec<(String, String)>,
    body: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Whole(Vec<u8>),
    Chunked(Vec<u8>),
    /// The length of all, so many of the bytes, and then an end or nothing.
    Part(Vec<u8>, usize, Then),
    /// Blanks for ever.
    Endless,
}

/// The end of an answer that is not whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    Close,
    Stall,
}

impl Answer {
    pub(crate) fn of(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, fields: Vec::new(), body: Content::Whole(body.into()) }
    }

    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::of(status, body.to_string()).with("Content-Type", "application/vnd.git-lfs+json")
    }

    pub(crate) fn endless() -> Self {
        Self { body: Content::Endless, ..Self::of(200, "") }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn chunked(self) -> Self {
        let Content::Whole(bytes) = self.body else { panic!("a whole body") };
        Self { body: Content::Chunked(bytes), ..self }
    }

    /// Sends only so many bytes.
    pub(crate) fn cut(self, at: usize, then: Then) -> Self {
        let Content::Whole(bytes) = self.body else { panic!("a whole body") };
        Self { body: Content::Part(bytes, at, then), ..self }
    }
}

type Script = dyn Fn(&Asked, &Lfs) -> Act + Send + Sync;

/// A running server. Dropping it waits until Git is through with every request.
pub(crate) struct LfsServer {
    lfs: Arc<Lfs>,
    address: SocketAddr,
    /// Ends after the connections to it.
    _git: GitServer,
}

/// The LFS of a server.
pub(crate) struct Lfs {
    address: SocketAddr,
    git: SocketAddr,
    token: Option<String>,
    pub(crate) objects: Mutex<BTreeMap<String, Vec<u8>>>,
    asked: Mutex<Vec<Asked>>,
    /// The objects that were uploaded, in their order.
    landed: Mutex<Vec<String>>,
    script: Mutex<Arc<Script>>,
    connections: Mutex<Vec<TcpStream>>,
    stopped: AtomicBool,
}

impl LfsServer {
    /// Serves the repositories of a folder, and no objects yet. With a token, it is the password that both ask for.
    pub(crate) fn start(root: &Path, token: Option<&str>) -> Self {
        let token = token.map(str::to_owned);
        let config = Config { root: root.to_owned(), protocol: Protocol::V2, token: token.clone() };
        let git = GitServer::start(config, |_| ()).unwrap();
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let lfs = Arc::new(Lfs {
            address,
            git: git.address(),
            token,
            objects: Mutex::default(),
            asked: Mutex::default(),
            landed: Mutex::default(),
            script: Mutex::new(Arc::new(|_, _| Act::Serve)),
            connections: Mutex::default(),
            stopped: AtomicBool::new(false),
        });
        let server = Arc::clone(&lfs);
        thread::spawn(move || server.accept(&listener));
        Self { lfs, address, _git: git }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Does from now on with requests of LFS what a script says.
    pub(crate) fn play(&self, script: impl Fn(&Asked, &Lfs) -> Act + Send + Sync + 'static) {
        *self.lfs.script.lock().unwrap() = Arc::new(script);
    }

    /// Changes each object of the answers to batch requests; none leaves it out.
    pub(crate) fn say(&self, change: impl Fn(Value) -> Option<Value> + Send + Sync + 'static) {
        self.play(move |asked, lfs| {
            if !asked.is_batch() {
                return Act::Serve;
            }
            let objects: Vec<_> = lfs.said(asked).into_iter().filter_map(&change).collect();
            Act::Answer(Answer::json(200, &json!({ "transfer": "basic", "objects": objects })))
        });
    }

    pub(crate) fn give(&self, content: &[u8]) {
        self.lfs.objects.lock().unwrap().insert(oid_of(content), content.to_vec());
    }

    pub(crate) fn remove(&self, oids: &[String]) {
        self.lfs.objects.lock().unwrap().retain(|oid, _| !oids.contains(oid));
    }

    pub(crate) fn objects(&self) -> BTreeMap<String, Vec<u8>> {
        self.lfs.objects.lock().unwrap().clone()
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.lfs.asked.lock().unwrap().clone()
    }

    pub(crate) fn count(&self, is: impl Fn(&Asked) -> bool) -> usize {
        self.lfs.asked.lock().unwrap().iter().filter(|asked| is(asked)).count()
    }

    pub(crate) fn landed(&self) -> Vec<String> {
        self.lfs.landed.lock().unwrap().clone()
    }
}

impl Drop for LfsServer {
    fn drop(&mut self) {
        self.lfs.stopped.store(true, Ordering::SeqCst);
        for stream in &*self.lfs.connections.lock().unwrap() {
            // It may have ended by itself.
            stream.shutdown(Shutdown::Both).ok();
        }
        // Wakes the accept call.
        TcpStream::connect(self.address).ok();
    }
}

impl Lfs {
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        for stream in listener.incoming().map_while(Result::ok) {
            if self.stopped.load(Ordering::SeqCst) {
                return;
            }
            self.connections.lock().unwrap().push(stream.try_clone().unwrap());
            let lfs = Arc::clone(self);
            // What the client makes of the connection's end is what is tested.
            thread::spawn(move || {
                lfs.serve(&stream).ok();
                stream.shutdown(Shutdown::Both)
            });
        }
    }

    fn serve(&self, stream: &TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut reader = BufReader::new(stream);
        while let Some(head) = Head::read(&mut reader)? {
            let target = &head.target;
            if !["/info/lfs/", "/objects/", "/verify/"].iter().any(|part| target.contains(part)) {
                return self.pass_to_git(&head, reader.buffer(), stream);
            }
            let mut body = Body::new(&mut reader, head.framing());
            let asked = self.note(head, &mut body)?;
            let script = Arc::clone(&*self.script.lock().unwrap());
            let answer = match script(&asked, self) {
                Act::Serve => self.good(&asked, &mut body)?,
                Act::ServeAfter(time) => {
                    self.stand_still(time);
                    self.good(&asked, &mut body)?
                }
                Act::Answer(answer) => {
                    io::copy(&mut body, &mut io::sink())?;
                    answer
                }
                Act::BreakOff(count) => {
                    return io::copy(&mut body.take(count), &mut io::sink()).map(|_| ());
                }
                Act::Stall(count) => {
                    io::copy(&mut body.take(count), &mut io::sink())?;
                    self.stand_still(Duration::MAX);
                    return Ok(());
                }
            };
            self.send(stream, &answer)?;
        }
        Ok(())
    }

    /// Leads a connection to Git, of which this is the first request. One connection of a client never serves both.
    fn pass_to_git(&self, head: &Head, read: &[u8], stream: &TcpStream) -> io::Result<()> {
        let mut server = TcpStream::connect(self.git)?;
        let fields: Vec<_> =
            head.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let fields = fields.concat();
        let request = format!("{} {} HTTP/1.1\r\n{fields}\r\n", head.method, head.target);
        server.write_all(&[request.as_bytes(), read].concat())?;
        pass(stream, &server)
    }

    fn note(&self, head: Head, body: &mut impl Read) -> io::Result<Asked> {
        let mut asked = Asked { head, body: Vec::new(), earlier: 0 };
        if asked.head.method == "POST" {
            body.read_to_end(&mut asked.body)?;
        }
        let mut all = self.asked.lock().unwrap();
        let same = |other: &&Asked| {
            (&other.head.method, &other.head.target) == (&asked.head.method, &asked.head.target)
        };
        asked.earlier = all.iter().filter(same).count();
        all.push(asked.clone());
        Ok(asked)
    }

    fn stand_still(&self, mut time: Duration) {
        const LOOK: Duration = Duration::from_millis(10);
        while !time.is_zero() && !self.stopped.load(Ordering::SeqCst) {
            thread::sleep(LOOK);
            time = time.saturating_sub(LOOK);
        }
    }

    fn good(&self, asked: &Asked, body: &mut impl Read) -> io::Result<Answer> {
        let mut bytes = Vec::new();
        body.read_to_end(&mut bytes)?;
        let is_signed_in = self.token.is_none() || password(&asked.head) == self.token;
        Ok(match asked.head.method.as_str() {
            _ if !is_signed_in => Answer::of(401, "").with("WWW-Authenticate", "Basic realm=\"git\""),
            "POST" if asked.is_batch() => {
                Answer::json(200, &json!({ "transfer": "basic", "objects": self.said(asked) }))
            }
            "POST" => Answer::of(200, ""),
            "GET" => match self.objects.lock().unwrap().get(asked.oid()) {
                Some(content) => Answer::of(200, content.clone()),
                None => Answer::of(404, "no such object"),
            },
            "PUT" => {
                self.landed.lock().unwrap().push(asked.oid().to_owned());
                // It stores what it gets, right or not.
                self.objects.lock().unwrap().insert(asked.oid().to_owned(), bytes);
                Answer::of(200, "")
            }
            _ => Answer::of(405, ""),
        })
    }

    /// Says of each object of a batch request what a good server does.
    pub(crate) fn said(&self, asked: &Asked) -> Vec<Value> {
        let body: Value = serde_json::from_slice(&asked.body).unwrap();
        let operation = body["operation"].as_str().unwrap();
        let objects = self.objects.lock().unwrap();
        let say = |(oid, size): (String, u64)| {
            let href = self.url(&format!("objects/{oid}"));
            match (operation, objects.contains_key(&oid)) {
                ("download", false) => {
                    json!({ "oid": oid, "size": size, "error": { "code": 404, "message": "no such object" } })
                }
                ("upload", true) => json!({ "oid": oid, "size": size }),
                _ => json!({ "oid": oid, "size": size, "actions": { operation: { "href": href } } }),
            }
        };
        asked.objects().into_iter().map(say).collect()
    }

    fn send(&self, mut to: &TcpStream, answer: &Answer) -> io::Result<()> {
        let mut head = format!("HTTP/1.1 {} Said\r\n", answer.status);
        for (name, value) in &answer.fields {
            write!(head, "{name}: {value}\r\n").map_err(io::Error::other)?;
        }
        match &answer.body {
            Content::Whole(bytes) => {
                write!(head, "Content-Length: {}\r\n\r\n", bytes.len()).map_err(io::Error::other)?;
                to.write_all(&[head.as_bytes(), bytes].concat())
            }
            Content::Chunked(bytes) => {
                to.write_all((head + "Transfer-Encoding: chunked\r\n\r\n").as_bytes())?;
                for chunk in bytes.chunks(60_000) {
                    let frame = format!("{:x}\r\n", chunk.len());
                    to.write_all(&[frame.as_bytes(), chunk, b"\r\n"].concat())?;
                }
                to.write_all(b"0\r\n\r\n")
            }
            Content::Part(bytes, at, then) => {
                write!(head, "Content-Length: {}\r\n\r\n", bytes.len()).map_err(io::Error::other)?;
                to.write_all(&[head.as_bytes(), &bytes[..*at]].concat())?;
                if *then == Then::Stall {
                    self.stand_still(Duration::MAX);
                }
                to.shutdown(Shutdown::Both)
            }
            Content::Endless => {
                to.write_all((head + "Transfer-Encoding: chunked\r\n\r\n").as_bytes())?;
                let chunk = format!("{:x}\r\n{}\r\n", 1 << 16, " ".repeat(1 << 16));
                while !self.stopped.load(Ordering::SeqCst) {
                    to.write_all(chunk.as_bytes())?;
                }
                Ok(())
            }
        }
    }
}

/// The password of a request's Basic credentials.
fn password(head: &Head) -> Option<String> {
    let encoded = head.header("authorization")?.strip_prefix("Basic ")?;
    let pair = String::from_utf8(BASE64_STANDARD.decode(encoded).ok()?).ok()?;
    pair.split_once(':').map(|(_, password)| password.to_owned())
}
