//! The server of a host: which request is for the interface, which for Git, and who may ask.

use std::io::{self, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use super::answer::{Answer, Call, decoded};
use super::world::{Kind, Standing, World};
use super::{Fault, Place, Seen, azure, bitbucket, gitea, github, gitlab};
use crate::support::git_server::{Config, Protocol, Request, password, run_backend};
use crate::support::http::{Body, Head};

const SERVICES: [&str; 3] = ["/info/refs", "/git-upload-pack", "/git-receive-pack"];

#[derive(Debug)]
pub(super) struct Server {
    root: PathBuf,
    world: Arc<Mutex<World>>,
    seen: Arc<Mutex<Vec<Seen>>>,
    pushed: Arc<AtomicU64>,
}

/// Where a request for Git leads.
enum Target {
    /// To this path below the folder of all repositories.
    Folder(String),
    Refusal(u16, String),
    Elsewhere(String),
}

impl Server {
    pub(super) fn new(
        root: &Path,
        world: Arc<Mutex<World>>,
        seen: Arc<Mutex<Vec<Seen>>>,
        pushed: Arc<AtomicU64>,
    ) -> Self {
        Self { root: root.to_owned(), world, seen, pushed }
    }

    /// Answers the requests of a connection.
    pub(super) fn serve(&self, stream: &TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut reader = BufReader::new(stream);
        while let Some(mut head) = Head::read(&mut reader)? {
            // Clients of proxies send the whole URL.
            if let Some(rest) = head.target.strip_prefix("http://") {
                head.target = rest.split_at(rest.find('/').unwrap_or(rest.len())).1.into();
            }
            let path = head.target.split('?').next().unwrap_or_default();
            if SERVICES.iter().any(|service| path.ends_with(service)) {
                self.git(head, &mut reader, stream)?;
            } else {
                self.interface(&head, &mut reader, stream)?;
            }
        }
        Ok(())
    }

    fn interface(
        &self,
        head: &Head,
        reader: &mut BufReader<&TcpStream>,
        mut stream: &TcpStream,
    ) -> io::Result<()> {
        let mut body = Vec::new();
        Body::new(reader, head.framing()).read_to_end(&mut body)?;
        let (fault, answer) = {
            let mut world = self.world.lock().unwrap();
            let fault = world.fault(Place::Interface);
            (fault, interface_answer(&mut world, head, &body, fault))
        };
        self.note(Place::Interface, head, String::from_utf8_lossy(&body).into_owned(), answer.status);
        let body = match fault {
            Fault::Flood(length) => vec![b' '; length],
            _ => answer.body.to_string().into_bytes(),
        };
        let fields = answer.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
        let fields = fields.collect::<Vec<_>>().concat();
        let target = &head.target;
        let start = format!(
            "HTTP/1.1 {} Double\r\nContent-Type: application/json; charset=utf-8\r\n{fields}Content-Length: {}\r\n\r\n",
            answer.status,
            body.len()
        );
        let is_later = ["page=2", "start=2", "continuationToken=2"].iter().any(|next| target.ends_with(next));
        if fault == Fault::CutNextPage && is_later {
            let half = body.get(..body.len() / 2).unwrap_or_default();
            stream.write_all(&[start.as_bytes(), half].concat())?;
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        stream.write_all(&[start.as_bytes(), &body].concat())
    }

    fn git(
        &self,
        mut head: Head,
        reader: &mut BufReader<&TcpStream>,
        mut stream: &TcpStream,
    ) -> io::Result<()> {
        let target = git_target(&mut self.world.lock().unwrap(), &self.root, &head);
        let (status, field, words) = match target {
            Target::Folder(path) => {
                self.note(Place::Git, &head, String::new(), 200);
                let query = head.target.split_once('?').map(|(_, query)| format!("?{query}"));
                head.target = path + &query.unwrap_or_default();
                let config = Config { root: self.root.clone(), protocol: Protocol::V2, token: None };
                let request = Request::new(stream.peer_addr()?, head);
                return run_backend(request, reader, stream, &config, &|request| {
                    if request.head.target.ends_with("/git-receive-pack") {
                        self.pushed.fetch_add(request.length, Ordering::SeqCst);
                    }
                });
            }
            Target::Refusal(401, words) => (401, "WWW-Authenticate: Basic realm=\"git\"\r\n".into(), words),
            Target::Refusal(429, seconds) => (429, format!("Retry-After: {seconds}\r\n"), "slow down".into()),
            Target::Refusal(status, words) => (status, String::new(), words),
            Target::Elsewhere(url) => (301, format!("Location: {url}\r\n"), String::new()),
        };
        io::copy(&mut Body::new(reader, head.framing()), &mut io::sink())?;
        self.note(Place::Git, &head, String::new(), status);
        let length = words.len();
        let answer = format!(
            "HTTP/1.1 {status} Double\r\n{field}Content-Type: text/plain\r\nContent-Length: {length}\r\n\r\n{words}"
        );
        stream.write_all(answer.as_bytes())
    }

    fn note(&self, place: Place, head: &Head, body: String, status: u16) {
        self.seen.lock().unwrap().push(Seen {
            at: Instant::now(),
            place,
            method: head.method.clone(),
            target: head.target.clone(),
            authorization: head.header("authorization").map(str::to_owned),
            body,
            status,
        });
    }
}

fn interface_answer(world: &mut World, head: &Head, body: &[u8], fault: Fault) -> Answer {
    match fault {
        Fault::TooMany(seconds) => {
            let headers = vec![("Retry-After", seconds.to_string())];
            return Answer { headers, ..refusal(429, "API rate limit exceeded") };
        }
        Fault::Broken => return refusal(500, "Internal Server Error"),
        Fault::None | Fault::CutNextPage | Fault::Flood(_) => {}
    }
    if !may(world, head) {
        return refusal(401, "401 Unauthorized");
    }
    let call = Call::new(&head.method, &head.target, body);
    match world.kind {
        Kind::AzureServer => azure::answer(world, &call),
        Kind::GitHub => github::answer(world, &call),
        Kind::GitLab => gitlab::answer(world, &call),
        Kind::Gitea => gitea::answer(world, &call),
        Kind::Bitbucket => bitbucket::answer(world, &call),
    }
}

/// A refusal in words, in the form that each host has at least in part.
fn refusal(status: u16, words: &str) -> Answer {
    Answer::new(status, serde_json::json!({"message": words, "errors": [{"message": words}]}))
}

/// Tells whether the token came that is asked for.
fn may(world: &World, head: &Head) -> bool {
    let Some(token) = &world.token else { return true };
    let sent = head.header("authorization").unwrap_or_default();
    let bare = ["Bearer ", "token "].iter().find_map(|scheme| sent.strip_prefix(scheme));
    bare == Some(token) || password(head).as_ref() == Some(token)
}

fn git_target(world: &mut World, root: &Path, head: &Head) -> Target {
    match world.fault(Place::Git) {
        Fault::TooMany(seconds) => return Target::Refusal(429, seconds.to_string()),
        Fault::Broken => return Target::Refusal(500, "Internal Server Error".into()),
        Fault::None | Fault::CutNextPage | Fault::Flood(_) => {}
    }
    if !may(world, head) {
        return Target::Refusal(401, "Unauthorized".into());
    }
    let path = head.target.split('?').next().unwrap_or_default();
    let Some((path, service)) =
        SERVICES.iter().find_map(|service| Some((path.strip_suffix(service)?, *service)))
    else {
        return Target::Refusal(404, "no such service".into());
    };
    let path = decoded(path).replace("/_git/_full/", "/_git/").replace("/_git/_optimized/", "/_git/");
    let bare = |path: &str| path.trim_end_matches(".git").to_lowercase();
    let is_at = |clone: String| bare(&clone) == bare(&path);
    let Some(hosted) =
        world.hosted.iter().find(|hosted| is_at(world.clone_path(&hosted.container, &hosted.name)))
    else {
        let renamed = world.renamed.iter().find(|(old, _)| is_at(format!("/{old}")));
        return match renamed.and_then(|(_, new)| world.find(new)) {
            Some(hosted) => {
                let query = head.target.split_once('?').map(|(_, query)| format!("?{query}"));
                Target::Elsewhere(
                    world.clone_url(&hosted.container, &hosted.name) + service + &query.unwrap_or_default(),
                )
            }
            None => Target::Refusal(404, not_found(world.kind, &path)),
        };
    };
    let pushes = service.contains("receive") || head.target.contains("service=git-receive-pack");
    match hosted.standing {
        Standing::Disabled => Target::Refusal(403, "The repository is disabled.".into()),
        Standing::Archived if pushes => Target::Refusal(403, "The repository is archived.".into()),
        Standing::Archived | Standing::Active => {
            let folder = hosted.git.path.strip_prefix(root).expect("a repository of this host");
            Target::Folder(format!("/{}{service}", folder.display()))
        }
    }
}

/// What a host says where there is no repository.
fn not_found(kind: Kind, path: &str) -> String {
    match kind {
        Kind::AzureServer => format!(
            "TF401019: The Git repository with name or identifier {path} does not exist or you do not have \
             permissions for the operation you are attempting."
        ),
        Kind::GitLab => {
            "The project you were looking for could not be found or you don't have permission to view it."
                .into()
        }
        Kind::GitHub | Kind::Gitea | Kind::Bitbucket => "Repository not found.".into(),
    }
}
