//! Conversations with Git's own services, run one request at a time as a web server runs them.

use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use git2::{Oid, Repository, Signature, Time};
use tempfile::TempDir;

use super::connection::{Answer, Transport};
use super::known_servers::{KnownServer, KnownServers};
use super::receive_pack::DestinationServer;
use super::{ReceivePack, UploadPack};
use crate::cancel::CancelToken;
use crate::error::{ErrorKind, Failure, Side};
use crate::hosts::Host;
use crate::local::LocalSource;
use crate::mirror::ports::{DefaultBranchTime, Destination, OutgoingPack, Refresh, Source, Unreferenced};
use crate::mirror::push_started::PushStarted;
use crate::mirror::read_back::{Held, holds};
use crate::mirror::testing::{id, label, name, silent};
use crate::protocol::Service;
use crate::protocol::fetch::filter::Filter;
use crate::protocol::fetch::{Depth, FetchRequest};
use crate::protocol::ls_refs::Peel;
use crate::protocol::object_id::ObjectId;
use crate::protocol::receive_pack::{RefUpdate, empty_pack};
use crate::remote::web_url::WebUrl;

/// The version of the protocol that a server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Speaks {
    V0,
    V2,
}

const VERSIONS: [Speaks; 2] = [Speaks::V0, Speaks::V2];

/// A server that starts a program for each request, and notes which.
struct Programs {
    repository: PathBuf,
    speaks: Speaks,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Programs {
    fn run(&self, service: Service, how: &str, input: &[u8]) -> Answer {
        let mut command = Command::new("git");
        // "git-upload-pack" is "git upload-pack".
        command.arg(service.name().trim_start_matches("git-")).arg(how).arg(&self.repository);
        command.env_remove("GIT_PROTOCOL").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        if service == Service::UploadPack && self.speaks == Speaks::V2 {
            command.env("GIT_PROTOCOL", "version=2");
        }
        let mut program = command.spawn().unwrap();
        let mut stdin = program.stdin.take().unwrap();
        // A program that refuses the request may not read it to its end.
        let _written = stdin.write_all(input);
        drop(stdin);
        Box::new(Cursor::new(program.wait_with_output().unwrap().stdout))
    }

    fn note(&self, service: Service, what: &str) {
        self.asked.lock().unwrap().push(format!("{} {what}", service.name()));
    }
}

impl Transport for Programs {
    fn advertisement(&mut self, service: Service) -> Result<Answer, Failure> {
        self.note(service, "advertisement");
        Ok(self.run(service, "--http-backend-info-refs", b""))
    }

    fn request(&mut self, service: Service, body: &[u8]) -> Result<Answer, Failure> {
        self.note(service, "request");
        Ok(self.run(service, "--stateless-rpc", body))
    }

    fn push(&mut self, mut commands: Vec<u8>, pack: OutgoingPack<'_>) -> Result<Answer, Failure> {
        pack.bytes.read_to_end(&mut commands)?;
        self.request(Service::ReceivePack, &commands)
    }
}

/// A repository with ten commits of `main`, the eighth of which merges two others; they are a thousand seconds apart. A tag
/// is of the fifth.
struct History {
    folder: TempDir,
    commits: Vec<ObjectId>,
}

fn object_id(id: Oid) -> ObjectId {
    ObjectId::Sha1(id.as_bytes().try_into().unwrap())
}

impl History {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository::init_bare(folder.path()).unwrap();
        repository.set_head("refs/heads/main").unwrap();
        let mut main: Vec<Oid> = Vec::new();
        for number in 0..10 {
            let mut parents: Vec<Oid> = main.last().copied().into_iter().collect();
            if number == 7 {
                let first = commit(&repository, 100, 4500, &[main[3]]);
                parents.push(commit(&repository, 101, 5500, &[first]));
            }
            main.push(commit(&repository, number, 1000 * i64::from(number + 1), &parents));
        }
        repository.reference("refs/heads/main", main[9], true, "").unwrap();
        let tagged = repository.find_object(main[4], None).unwrap();
        repository.tag("v1", &tagged, &author(6000), "v1", false).unwrap();
        Self { folder, commits: main.into_iter().map(object_id).collect() }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn tip(&self) -> ObjectId {
        self.commits[9]
    }

    /// Opens it by upload-pack in each version, and as a folder.
    fn sources(&self) -> Vec<(String, Box<dyn Source>)> {
        let mut sources: Vec<(String, Box<dyn Source>)> = Vec::new();
        for speaks in VERSIONS {
            let server = Programs { repository: self.path().to_owned(), speaks, asked: Arc::default() };
            let prefixes = ["refs/".to_owned()];
            let source =
                UploadPack::open(server, label(Side::Source), &prefixes, Peel::No, &silent()).unwrap();
            sources.push((format!("{speaks:?}"), Box::new(source)));
        }
        let cancel = CancelToken::default();
        let local =
            LocalSource::open(self.path(), label(Side::Source), Peel::No, &cancel, &silent()).unwrap();
        sources.push(("folder".to_owned(), Box::new(local)));
        sources
    }

    fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git").arg("-C").arg(self.path()).args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Returns the ids that git lists.
    fn listed(&self, arguments: &[&str]) -> Vec<String> {
        let mut ids: Vec<_> = self.git(arguments).lines().map(|line| line[..40].to_owned()).collect();
        ids.sort();
        ids
    }
}

fn author(time: i64) -> Signature<'static> {
    Signature::new("a", "a@example.org", &Time::new(time, 0)).unwrap()
}

fn commit(repository: &Repository, number: u32, time: i64, parents: &[Oid]) -> Oid {
    let blob = repository.blob(format!("content {number}").as_bytes()).unwrap();
    let mut tree = repository.treebuilder(None).unwrap();
    tree.insert("file", blob, 0o100_644).unwrap();
    let tree = repository.find_tree(tree.write().unwrap()).unwrap();
    let parents: Vec<_> = parents.iter().map(|id| repository.find_commit(*id).unwrap()).collect();
    let parents: Vec<_> = parents.iter().collect();
    repository.commit(None, &author(time), &author(time), "c", &tree, &parents).unwrap()
}

fn read(source: &mut dyn Source, request: &FetchRequest) -> usize {
    let mut fetched = source.fetch(request).unwrap();
    let (mut pack, mut buffer) = (Vec::new(), [0; 999]);
    loop {
        match fetched.pack.read(&mut buffer).unwrap() {
            0 => return pack.len(),
            count => pack.extend_from_slice(&buffer[..count]),
        }
    }
}

#[test]
fn a_pack_is_counted_as_git_counts_it_and_another_can_follow() {
    let history = History::new();
    history.git(&["config", "uploadpack.allowFilter", "true"]);
    let all = history.listed(&["rev-list", "--objects", "--all"]).len();
    for (kind, mut source) in history.sources() {
        let tips: Vec<_> = source.info().refs.refs().iter().map(|listed| listed.id).collect();
        let request = FetchRequest::new(tips);
        assert_eq!(usize::try_from(source.count(&request).unwrap()), Ok(all), "{kind}");
        let since =
            FetchRequest { haves: vec![history.commits[8]], ..FetchRequest::new(vec![history.tip()]) };
        // A commit, its tree and a file.
        assert_eq!(source.count(&since), Ok(3), "{kind}");
        let commits =
            FetchRequest { filter: Some(Filter::TreeDepth(0)), ..FetchRequest::new(vec![history.tip()]) };
        assert_eq!(source.count(&commits), Ok(12), "{kind}");
        assert!(read(source.as_mut(), &request) > 1000, "{kind}");
    }
}

#[test]
fn an_ancestor_is_an_empty_pack() {
    let history = History::new();
    for (kind, mut source) in history.sources() {
        for (want, have, is_ancestor) in [(2, 9, true), (9, 9, true), (9, 2, false)] {
            let request = FetchRequest {
                haves: vec![history.commits[have]],
                ..FetchRequest::new(vec![history.commits[want]])
            };
            assert_eq!(source.count(&request).unwrap() == 0, is_ancestor, "{kind} {want} {have}");
        }
        assert!(read(source.as_mut(), &FetchRequest::new(vec![history.tip()])) > 1000, "{kind}");
    }
}

fn boundary(source: &mut dyn Source, tip: ObjectId, depth: Depth) -> Result<Vec<String>, ErrorKind> {
    let request = FetchRequest { haves: vec![tip], depth: Some(depth), ..FetchRequest::new(vec![tip]) };
    let boundary = source.boundary(&request).map_err(|error| error.failure.kind)?;
    let mut ids: Vec<_> = boundary.iter().map(ToString::to_string).collect();
    ids.sort();
    Ok(ids)
}

#[test]
fn a_depth_cuts_history_where_git_cuts_it() {
    let history = History::new();
    for (kind, mut source) in history.sources() {
        for depth in 1..=12_u32 {
            let shallow = history.folder.path().join("shallow-clone");
            let clone = Command::new("git")
                .args(["clone", "-q", "--bare", "--no-tags", "--depth", &depth.to_string()])
                .arg(format!("file://{}", history.path().display()))
                .arg(&shallow)
                .output()
                .unwrap();
            assert!(clone.status.success(), "{clone:?}");
            let file = std::fs::read_to_string(shallow.join("shallow")).unwrap_or_default();
            let mut expected: Vec<_> = file.lines().map(str::to_owned).collect();
            expected.sort();
            let depth = Depth::Commits(depth.try_into().unwrap());
            assert_eq!(boundary(source.as_mut(), history.tip(), depth), Ok(expected), "{kind} {depth}");
            std::fs::remove_dir_all(shallow).unwrap();
        }
    }
}

#[test]
fn a_time_cuts_history_at_the_same_commits_in_every_way() {
    let history = History::new();
    let mut sources = history.sources();
    for time in [0, 1000, 1001, 4000, 4400, 4600, 5000, 5600, 7001, 9000, 9999, 10_000] {
        let of = |source: &mut Box<dyn Source>| boundary(source.as_mut(), history.tip(), Depth::Since(time));
        let told: Vec<_> = sources.iter_mut().map(|(_, source)| of(source).unwrap()).collect();
        assert!(told.iter().all(|boundary| *boundary == told[0]), "{time} {told:?}");
        assert_eq!(told[0].is_empty(), time <= 1000, "{time}");
    }
}

#[test]
fn a_time_behind_every_commit_is_an_error_and_the_next_request_works() {
    let history = History::new();
    for (kind, mut source) in history.sources() {
        assert!(boundary(source.as_mut(), history.tip(), Depth::Since(10_001)).is_err(), "{kind}");
        assert!(read(source.as_mut(), &FetchRequest::new(vec![history.tip()])) > 1000, "{kind}");
        let one = Depth::Commits(1.try_into().unwrap());
        assert_eq!(boundary(source.as_mut(), history.tip(), one), Ok(vec![history.tip().to_string()]));
    }
}

/// Opens a destination, and returns with it what it is asked.
fn destination(
    path: &Path,
    speaks: Speaks,
    known: Option<KnownServer>,
) -> (ReceivePack<Programs>, Arc<Mutex<Vec<String>>>) {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let programs = Programs { repository: path.to_owned(), speaks, asked: Arc::clone(&asked) };
    let server = DestinationServer { host: Host::GitLab, name: "gitlab.com", known };
    let started = PushStarted::default();
    let opened = ReceivePack::open(programs, label(Side::Destination), server, &started, &silent());
    (opened.unwrap(), asked)
}

fn head(destination: &ReceivePack<Programs>) -> Option<String> {
    destination.info().refs.head().map(ToString::to_string)
}

#[test]
fn a_destination_is_known_by_its_agent_and_its_host() {
    let history = History::new();
    let info = destination(history.path(), Speaks::V2, None).0.info().clone();
    assert_eq!(info.unreferenced, Unreferenced::KeptAndChecked);
    assert_eq!(info.max_push.map(std::num::NonZeroU64::get), Some(5_000_000_000));
    assert_eq!(info.default_branch, DefaultBranchTime::Later);
}

#[test]
fn the_head_of_an_empty_destination_is_told_in_v2_alone_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    Repository::init_bare(folder.path()).unwrap().set_head("refs/heads/trunk").unwrap();
    let unborn = Some("refs/heads/trunk".to_owned());
    for (speaks, expected) in [(Speaks::V0, None), (Speaks::V2, unborn)] {
        let (mut destination, asked) = destination(folder.path(), speaks, None);
        destination.refresh(Refresh::Head).unwrap();
        assert_eq!(head(&destination), expected);
        destination.refresh(Refresh::Refs).unwrap();
        assert_eq!((head(&destination), destination.info().max_push.is_some()), (expected, true));
        // Its capabilities are asked for once where that spares something.
        destination.refresh(Refresh::Head).unwrap();
        let advertised =
            asked.lock().unwrap().iter().filter(|what| *what == "git-upload-pack advertisement").count();
        assert_eq!(advertised, if speaks == Speaks::V2 { 1 } else { 2 }, "{speaks:?}");
    }
}

#[test]
fn the_head_of_a_destination_with_branches_is_told_in_both_versions() {
    let history = History::new();
    for speaks in VERSIONS {
        let (mut destination, _) = destination(history.path(), speaks, None);
        assert_eq!(head(&destination), None);
        destination.refresh(Refresh::Head).unwrap();
        assert_eq!(head(&destination).as_deref(), Some("refs/heads/main"), "{speaks:?}");
    }
}

#[test]
fn what_a_server_has_told_for_another_repository_is_not_asked_again() {
    let history = History::new();
    let servers = KnownServers::default();
    let known = |path: &str| {
        let (url, _) = WebUrl::parse(&format!("https://gitlab.com/g/{path}")).unwrap();
        Some(KnownServer::new(&servers, &url))
    };
    for (path, requests) in [("a", 2), ("b", 1)] {
        let (mut destination, asked) = destination(history.path(), Speaks::V2, known(path));
        destination.refresh(Refresh::Head).unwrap();
        assert_eq!(head(&destination).as_deref(), Some("refs/heads/main"));
        let of_upload_pack = asked.lock().unwrap().iter().filter(|what| what.contains("upload-pack")).count();
        assert_eq!(of_upload_pack, requests, "{path}");
        // What may be left out of a pack is a setting of each repository.
        assert_eq!(holds(&mut destination, &[history.tip()]), Ok(Held::All));
    }
}

#[test]
fn tips_of_a_destination_are_read_back_with_and_without_filters() {
    for speaks in VERSIONS {
        let history = History::new();
        let (mut of_all, _) = destination(history.path(), speaks, None);
        let mut tips: Vec<_> = of_all.info().refs.refs().iter().map(|listed| listed.id).collect();
        assert_eq!(holds(&mut of_all, &tips), Ok(Held::All), "{speaks:?}");
        history.git(&["config", "uploadpack.allowFilter", "true"]);
        let (mut filtered, asked) = destination(history.path(), speaks, None);
        assert_eq!(holds(&mut filtered, &tips), Ok(Held::All), "{speaks:?}");
        assert_eq!(
            asked.lock().unwrap()[1..],
            ["git-upload-pack advertisement".to_owned(), "git-upload-pack request".to_owned()]
        );
        tips.push(id(7));
        for destination in [&mut of_all, &mut filtered] {
            assert_eq!(holds(destination, &tips), Ok(Held::NotAll), "{speaks:?}");
            assert_eq!(holds(destination, &[history.tip()]), Ok(Held::All), "{speaks:?}");
        }
    }
}

#[test]
fn a_ref_whose_object_is_gone_is_not_read_back() {
    for speaks in VERSIONS {
        let history = History::new();
        history.git(&["config", "uploadpack.allowFilter", "true"]);
        let lost = history.commits[5];
        history.git(&["update-ref", "refs/heads/lost", &lost.to_string()]);
        let (mut destination, _) = destination(history.path(), speaks, None);
        assert_eq!(holds(&mut destination, &[lost]), Ok(Held::All), "{speaks:?}");
        let digits = lost.to_string();
        std::fs::remove_file(history.path().join("objects").join(&digits[..2]).join(&digits[2..])).unwrap();
        assert_eq!(holds(&mut destination, &[lost]), Ok(Held::NotAll), "{speaks:?}");
    }
}

#[test]
fn refs_that_were_just_pushed_can_be_read_back() {
    for speaks in VERSIONS {
        let history = History::new();
        let (mut destination, _) = destination(history.path(), speaks, None);
        destination.refresh(Refresh::Head).unwrap();
        let new = history.commits[6];
        let update = RefUpdate::Create { name: name("refs/heads/new"), new };
        let empty = empty_pack(destination.info().format);
        let report = destination.push(&[update], Some(OutgoingPack::of_unknown_length(&mut &empty[..])));
        assert!(report.unwrap().is_some());
        assert_eq!(holds(&mut destination, &[new]), Ok(Held::All), "{speaks:?}");
    }
}
