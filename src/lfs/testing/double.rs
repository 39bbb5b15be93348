//! A server of LFS on loopback. It keeps objects in memory and speaks the plain protocol; a script answers in its place
//! where a test wants something else. Each connection has a thread, and serves one request after the other.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::clock;
use crate::lfs::pointer::Pointer;
use crate::lfs::testing::pointer_to;

/// The most of a body that is kept.
const MOST_KEPT: usize = 1 << 20;

/// A request, as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// The path with the query.
    pub(crate) path: String,
    /// The fields, with names in lower case.
    pub(crate) fields: Vec<(String, String)>,
    /// The body's first MiB.
    pub(crate) body: Vec<u8>,
    /// The body's bytes.
    pub(crate) length: u64,
    /// The hash of all of it.
    pub(crate) hash: [u8; 32],
    /// False if the connection ended before the body did.
    pub(crate) is_whole: bool,
    /// The number of earlier requests of this method and path.
    pub(crate) earlier: usize,
}

impl Asked {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn is_batch(&self) -> bool {
        self.path.ends_with("/objects/batch")
    }

    /// Tells whether it is a request of this method for an object.
    pub(crate) fn moves(&self, method: &str) -> bool {
        self.method == method && self.path.starts_with("/objects/")
    }

    /// Returns the objects of a batch request, and what for.
    pub(crate) fn batch(&self) -> (String, Vec<(String, u64)>) {
        let body: Value = serde_json::from_slice(&self.body).unwrap();
        let object =
            |object: &Value| (object["oid"].as_str().unwrap().to_owned(), object["size"].as_u64().unwrap());
        let objects = body["objects"].as_array().unwrap().iter().map(object).collect();
        (body["operation"].as_str().unwrap().to_owned(), objects)
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    status: u16,
    fields: Vec<(String, String)>,
    body: Body,
}

#[derive(Clone, Debug)]
enum Body {
    Bytes(Vec<u8>),
    /// Only so many of the bytes, and then nothing more.
    Part(Vec<u8>, usize, Then),
    /// That many bytes of [`long_content`].
    Long(u64),
}

/// The end of an answer that is not whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    Close,
    Stall,
}

impl Answer {
    pub(crate) fn of(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, fields: Vec::new(), body: Body::Bytes(body.into()) }
    }

    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::of(status, body.to_string()).with("Content-Type", "application/vnd.git-lfs+json; charset=utf-8")
    }

    pub(crate) fn long(length: u64) -> Self {
        Self { body: Body::Long(length), ..Self::of(200, "") }
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.fields.push((name.to_owned(), value.into()));
        self
    }

    /// Sends only so many bytes.
    pub(crate) fn cut(mut self, at: usize, then: Then) -> Self {
        if let Body::Bytes(bytes) = self.body {
            self.body = Body::Part(bytes, at, then);
        }
        self
    }
}

/// Returns a piece of a content of any length, at this place.
pub(crate) fn long_content(at: u64, buf: &mut [u8]) {
    for (place, byte) in (at..).zip(buf) {
        *byte = place.wrapping_mul(0x9e37_79b9).to_le_bytes()[2];
    }
}

type Script = Box<dyn Fn(&Asked, &Double) -> Option<Answer> + Send + Sync>;

/// The server.
pub(crate) struct LfsDouble(Arc<Double>);

pub(crate) struct Double {
    address: String,
    pub(crate) objects: Mutex<BTreeMap<String, Vec<u8>>>,
    asked: Mutex<Vec<Asked>>,
    connections: Mutex<Vec<TcpStream>>,
    script: Script,
    stopped: AtomicBool,
    /// The bytes of bodies that went out, and that came in.
    pub(crate) sent: Mutex<u64>,
    pub(crate) received: Mutex<u64>,
}

impl LfsDouble {
    /// Starts a server with these objects.
    pub(crate) fn with(contents: &[Vec<u8>]) -> Self {
        Self::scripted(contents, |_, _| None)
    }

    /// Starts a server that answers by a script, where that has an answer.
    pub(crate) fn scripted(
        contents: &[Vec<u8>],
        script: impl Fn(&Asked, &Double) -> Option<Answer> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let objects = contents.iter().map(|content| (pointer_to(content).oid.to_string(), content.clone()));
        let double = Arc::new(Double {
            address: listener.local_addr().unwrap().to_string(),
            objects: Mutex::new(objects.collect()),
            asked: Mutex::default(),
            connections: Mutex::default(),
            script: Box::new(script),
            stopped: AtomicBool::new(false),
            sent: Mutex::default(),
            received: Mutex::default(),
        });
        let server = Arc::clone(&double);
        thread::spawn(move || server.accept(&listener));
        Self(double)
    }

    /// Returns the URL of its repository.
    pub(crate) fn repository(&self) -> String {
        self.url("/r.git")
    }

    pub(crate) fn url(&self, path: &str) -> String {
        self.0.url(path)
    }

    /// Returns what it was asked for so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.0.asked.lock().unwrap().clone()
    }

    pub(crate) fn count(&self, is: impl Fn(&Asked) -> bool) -> usize {
        self.0.asked.lock().unwrap().iter().filter(|asked| is(asked)).count()
    }

    pub(crate) fn connections(&self) -> usize {
        self.0.connections.lock().unwrap().len()
    }

    pub(crate) fn has(&self, pointer: Pointer) -> bool {
        self.0.objects.lock().unwrap().contains_key(&pointer.oid.to_string())
    }

    pub(crate) fn state(&self) -> Arc<Double> {
        Arc::clone(&self.0)
    }
}

impl Drop for LfsDouble {
    fn drop(&mut self) {
        self.0.stopped.store(true, Ordering::SeqCst);
        self.0.connections.lock().unwrap().iter().for_each(|stream| drop(stream.shutdown(Shutdown::Both)));
        // Wakes whoever waits for the next connection.
        drop(TcpStream::connect(&self.0.address));
    }
}

impl Double {
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        for stream in listener.incoming() {
            let Ok(stream) = stream else { return };
            if self.stopped.load(Ordering::SeqCst) {
                return;
            }
            self.connections.lock().unwrap().push(stream.try_clone().unwrap());
            let server = Arc::clone(self);
            // The client may be gone at any time.
            thread::spawn(move || server.serve(stream).ok());
        }
    }

    fn serve(&self, stream: TcpStream) -> io::Result<()> {
        let mut writer = stream.try_clone()?;
        let mut reader = BufReader::new(stream);
        while let Some(asked) = self.read(&mut reader)? {
            if !asked.is_whole {
                return Ok(());
            }
            let answer = (self.script)(&asked, self).unwrap_or_else(|| self.plain(&asked));
            self.write(&mut writer, &answer)?;
        }
        Ok(())
    }

    fn read(&self, reader: &mut BufReader<TcpStream>) -> io::Result<Option<Asked>> {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(None);
            }
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            lines.push(line.to_owned());
        }
        let mut words = lines[0].split(' ');
        let (method, path) = (words.next().unwrap().to_owned(), words.next().unwrap().to_owned());
        let field = |line: &String| {
            let (name, value) = line.split_once(':').unwrap();
            (name.to_lowercase(), value.trim().to_owned())
        };
        let fields = lines[1..].iter().map(field).collect();
        let mut asked = Asked {
            method,
            path,
            fields,
            body: Vec::new(),
            length: 0,
            hash: [0; 32],
            is_whole: true,
            earlier: 0,
        };
        asked.is_whole = self.read_body(reader, &mut asked).is_ok();
        let mut all = self.asked.lock().unwrap();
        let same = |other: &&Asked| (&other.method, &other.path) == (&asked.method, &asked.path);
        asked.earlier = all.iter().filter(same).count();
        let kept = if asked.method == "PUT" { Vec::new() } else { asked.body.clone() };
        all.push(Asked { body: kept, ..asked.clone() });
        Ok(Some(asked))
    }

    fn read_body(&self, reader: &mut BufReader<TcpStream>, asked: &mut Asked) -> io::Result<()> {
        let mut hash = Sha256::new();
        if asked.field("transfer-encoding") == Some("chunked") {
            loop {
                let mut line = String::new();
                reader.read_line(&mut line)?;
                let size = u64::from_str_radix(line.trim(), 16).map_err(io::Error::other)?;
                self.take(reader, size, asked, &mut hash)?;
                reader.read_exact(&mut [0; 2])?;
                if size == 0 {
                    break;
                }
            }
        } else {
            let length = asked.field("content-length").map_or(0, |length| length.parse().unwrap());
            self.take(reader, length, asked, &mut hash)?;
        }
        asked.hash = hash.finalize().into();
        Ok(())
    }

    fn take(
        &self,
        reader: &mut BufReader<TcpStream>,
        length: u64,
        asked: &mut Asked,
        hash: &mut Sha256,
    ) -> io::Result<()> {
        let (mut left, mut piece) = (length, vec![0; 64 << 10]);
        while left > 0 {
            let most = piece.len().min(usize::try_from(left).unwrap());
            let count = reader.read(&mut piece[..most])?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            hash.update(&piece[..count]);
            let room = MOST_KEPT.saturating_sub(asked.body.len()).min(count);
            asked.body.extend_from_slice(&piece[..room]);
            asked.length += count as u64;
            *self.received.lock().unwrap() += count as u64;
            left -= count as u64;
        }
        Ok(())
    }

    fn write(&self, writer: &mut TcpStream, answer: &Answer) -> io::Result<()> {
        let length = match &answer.body {
            Body::Bytes(bytes) | Body::Part(bytes, ..) => bytes.len() as u64,
            Body::Long(length) => *length,
        };
        let mut head = format!("HTTP/1.1 {} Said\r\n", answer.status);
        for (name, value) in &answer.fields {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        if !answer.fields.iter().any(|(name, _)| name == "Content-Length") {
            write!(head, "Content-Length: {length}\r\n").unwrap();
        }
        head.push_str("\r\n");
        match &answer.body {
            Body::Bytes(bytes) => writer.write_all(&[head.as_bytes(), bytes].concat()),
            Body::Part(bytes, at, then) => {
                writer.write_all(&[head.as_bytes(), &bytes[..*at]].concat())?;
                while *then == Then::Stall && !self.stopped.load(Ordering::SeqCst) {
                    clock::wait(Duration::from_millis(20));
                }
                writer.shutdown(Shutdown::Both)
            }
            Body::Long(length) => {
                writer.write_all(head.as_bytes())?;
                let (mut at, mut piece) = (0, vec![0; 64 << 10]);
                while at < *length {
                    let most = piece.len().min(usize::try_from(length - at).unwrap());
                    long_content(at, &mut piece[..most]);
                    *self.sent.lock().unwrap() += most as u64;
                    writer.write_all(&piece[..most])?;
                    at += most as u64;
                }
                Ok(())
            }
        }
    }

    /// Answers as a good server does.
    pub(crate) fn plain(&self, asked: &Asked) -> Answer {
        match asked.method.as_str() {
            "POST" if asked.is_batch() => self.batch(asked),
            "POST" => Answer::of(200, ""),
            "GET" => match self.objects.lock().unwrap().get(oid_in(&asked.path)) {
                Some(content) => Answer::of(200, content.clone()),
                None => Answer::of(404, "no such object"),
            },
            "PUT" => {
                self.objects.lock().unwrap().insert(oid_in(&asked.path).to_owned(), asked.body.clone());
                Answer::of(200, "")
            }
            _ => Answer::of(405, ""),
        }
    }

    fn batch(&self, asked: &Asked) -> Answer {
        let (operation, objects) = asked.batch();
        let said = objects.iter().map(|(oid, size)| self.object(&operation, oid, *size));
        Answer::json(200, &json!({ "transfer": "basic", "objects": said.collect::<Vec<_>>() }))
    }

    /// Says of one object what a good server does.
    pub(crate) fn object(&self, operation: &str, oid: &str, size: u64) -> Value {
        let is_there = self.objects.lock().unwrap().contains_key(oid);
        let action = json!({ operation: { "href": self.url(&format!("/objects/{oid}")) } });
        match (operation, is_there) {
            ("download", false) => {
                json!({ "oid": oid, "size": size, "error": { "code": 404, "message": "no" } })
            }
            ("upload", true) => json!({ "oid": oid, "size": size }),
            _ => json!({ "oid": oid, "size": size, "actions": action }),
        }
    }
}

fn oid_in(path: &str) -> &str {
    path.trim_start_matches("/objects/").split(['?', '/']).next().unwrap()
}
