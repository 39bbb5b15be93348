//! Conversations with Git's own service, which a shell runs in place of `ssh`.

use std::ffi::OsString;
use std::fs;
use std::sync::{Arc, Mutex};

use git2::{Oid, Repository, Signature};
use tempfile::TempDir;

use super::SshTransport;
use crate::auth::testing::Told;
use crate::cancel::CancelToken;
use crate::error::{RemoteLabel, Side};
use crate::http::timeouts::Timeouts;
use crate::mirror::events::{Event, Events};
use crate::mirror::ports::Source as _;
use crate::mirror::testing::id;
use crate::protocol::fetch::{Depth, FetchRequest};
use crate::protocol::ls_refs::Peel;
use crate::protocol::object_id::ObjectId;
use crate::remote::url::RemoteUrl;
use crate::transport::ssh_program::{ChildEnvironment, SshProgram};
use crate::transport::{Context, UploadPack};

/// Keeps what servers say.
#[derive(Default)]
struct Heard(Mutex<String>);

impl Events for Heard {
    fn on(&self, event: Event<'_>) {
        if let Event::ServerText { text, .. } = event {
            self.0.lock().unwrap().push_str(&crate::text::of_bytes(text));
        }
    }
}

/// A repository whose pack is larger than a MiB, behind a program that keeps what the service answers.
struct Served {
    folder: TempDir,
    tip: ObjectId,
    /// A commit that no ref leads to.
    unlisted: ObjectId,
    heard: Arc<Heard>,
}

fn object_id(id: Oid) -> ObjectId {
    ObjectId::Sha1(id.as_bytes().try_into().unwrap())
}

impl Served {
    /// By a server that takes the variable that asks for v2, or not.
    fn new(before: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository::init_bare(folder.path().join("source")).unwrap();
        let noise = (0..1_u32 << 20).scan(1_u32, |state, _| {
            *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            Some(state.to_be_bytes()[0])
        });
        let blob = repository.blob(&noise.collect::<Vec<_>>()).unwrap();
        let mut tree = repository.treebuilder(None).unwrap();
        tree.insert("file", blob, 0o100_644).unwrap();
        let tree = repository.find_tree(tree.write().unwrap()).unwrap();
        let author = Signature::new("a", "a@example.org", &git2::Time::new(0, 0)).unwrap();
        let commit = |name, message| repository.commit(name, &author, &author, message, &tree, &[]).unwrap();
        let (tip, unlisted) = (commit(Some("refs/heads/main"), "new"), commit(None, "old"));
        repository.set_head("refs/heads/main").unwrap();
        let script = format!("{before}\nfor line; do :; done\nsh -c \"$line\" | tee -a \"$0.answers\"\n");
        fs::write(folder.path().join("ssh"), script).unwrap();
        Self { folder, tip: object_id(tip), unlisted: object_id(unlisted), heard: Arc::default() }
    }

    fn open(&self) -> UploadPack<SshTransport> {
        let moment = std::time::Duration::from_secs(20);
        let events: Arc<dyn Events> = self.heard.clone();
        let mut program = OsString::from("sh ");
        program.push(self.folder.path().join("ssh"));
        let context = Context {
            pauses: crate::http::pauses::Pauses::default(),
            known_servers: crate::transport::known_servers::KnownServers::default(),
            idle_clients: crate::http::idle_clients::IdleClients::default(),
            ssh: SshProgram::Command(program),
            environment: ChildEnvironment::new(vec![("PATH".into(), "/usr/local/bin:/usr/bin:/bin".into())]),
            events: Arc::clone(&events),
            masker: Arc::new(Told::default()),
            timeouts: Timeouts { connect: moment, stall: moment, report: moment },
            cancel: CancelToken::default(),
        };
        let address = format!("ssh://host{}", self.folder.path().join("source").display());
        let RemoteUrl::Ssh(url) = RemoteUrl::parse(&address).unwrap().0 else { panic!("{address}") };
        let transport = SshTransport::new(&url, &context, Side::Source);
        let label = RemoteLabel::new(Side::Source, address);
        UploadPack::open(transport, label, &["refs/".to_owned()], Peel::No, &events).unwrap()
    }

    fn bytes_answered(&self) -> u64 {
        fs::metadata(self.folder.path().join("ssh.answers")).unwrap().len()
    }
}

fn pack_length(source: &mut UploadPack<SshTransport>, want: ObjectId) -> usize {
    let mut pack = source.fetch(&FetchRequest::new(vec![want])).unwrap().pack;
    let (mut length, mut buf) = (0, vec![0; 65536]);
    loop {
        match pack.read(&mut buf).unwrap() {
            0 => return length,
            count => length += count,
        }
    }
}

/// By the version, what comes before the service is run.
const VERSIONS: [&str; 2] = ["", "unset GIT_PROTOCOL"];

#[test]
fn what_is_known_is_told_without_a_pack_which_can_follow() {
    for version in VERSIONS {
        let served = Served::new(version);
        let mut source = served.open();
        let known = source.knows(&[id(7), served.unlisted, id(8)]).unwrap();
        assert_eq!(known, [served.unlisted], "{version}");
        assert_eq!(source.knows(&[id(7), id(8)]).unwrap(), [], "{version}");
        assert!(served.bytes_answered() < 64 << 10, "{}", served.bytes_answered());
        assert!(pack_length(&mut source, served.tip) > 1 << 20, "{version}");
        assert_eq!(source.knows(&[served.tip]).unwrap(), [served.tip], "{version}");
        drop(source);
        // A service of v0 that is left takes that for a fault.
        assert!(!served.heard.0.lock().unwrap().contains("hung up"), "{:?}", served.heard.0.lock().unwrap());
    }
}

#[test]
fn a_pack_is_counted_by_its_head_and_another_can_follow() {
    for version in VERSIONS {
        let served = Served::new(version);
        let mut source = served.open();
        let request = FetchRequest::new(vec![served.tip]);
        assert_eq!(source.count(&request).unwrap(), 3, "{version}");
        assert_eq!(source.count(&FetchRequest { haves: vec![served.tip], ..request.clone() }).unwrap(), 0);
        assert_eq!(source.count(&request).unwrap(), 3, "{version}");
        assert!(pack_length(&mut source, served.tip) > 1 << 20, "{version}");
        drop(source);
        assert!(!served.heard.0.lock().unwrap().contains("hung up"), "{:?}", served.heard.0.lock().unwrap());
    }
}

#[test]
fn history_is_cut_without_a_pack_which_can_follow() {
    for version in VERSIONS {
        let served = Served::new(version);
        let mut source = served.open();
        let cut = |depth| FetchRequest {
            haves: vec![served.tip],
            depth: Some(depth),
            ..FetchRequest::new(vec![served.tip])
        };
        let one = cut(Depth::Commits(std::num::NonZeroU32::MIN));
        assert_eq!(source.boundary(&one).unwrap(), [served.tip], "{version}");
        // Git fails where no commit is as late.
        assert!(source.boundary(&cut(Depth::Since(4_000_000_000))).is_err(), "{version}");
        assert_eq!(source.boundary(&one).unwrap(), [served.tip], "{version}");
        assert!(served.bytes_answered() < 64 << 10, "{}", served.bytes_answered());
        assert!(pack_length(&mut source, served.tip) > 1 << 20, "{version}");
    }
}

#[test]
fn a_thousand_objects_are_asked_about_at_once_and_no_more() {
    for version in VERSIONS {
        let served = Served::new(version);
        let mut source = served.open();
        let mut ids: Vec<_> = (0..999_u16).map(strange).collect();
        ids.push(served.unlisted);
        assert_eq!(source.knows(&ids).unwrap(), [served.unlisted], "{version}");
        ids.insert(0, strange(1000));
        assert_eq!(source.knows(&ids).unwrap(), [], "{version}");
    }
}

fn strange(number: u16) -> ObjectId {
    let mut id = [0; 20];
    id[..2].copy_from_slice(&number.to_be_bytes());
    ObjectId::Sha1(id)
}
