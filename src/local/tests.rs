//! Source and destination on this machine, with repositories made by libgit2.

use std::fs;
use std::io::{self, Read};

use git2::{Oid, Repository, Signature, Time};
use tempfile::TempDir;

use super::hidden_refs::HiddenRefs;
use super::repository::{object_id, oid};
use super::site::Site;
use super::*;
use crate::error::{Error, ErrorKind, LocalProblem, Phase, RemoteLabel, RepositoryProblem, Side};
use std::time::Duration;

use crate::cancel::CancelReason;
use crate::error::RejectReason;
use crate::mirror;
use crate::mirror::policy::{DeletionLimit, EmptySource, Policy, Prune, Selection};
use crate::mirror::ports::{Destination, Job, MOST_ASKED, Mode, OutgoingPack, Source};
use crate::mirror::report::{Outcome, Reason, Refusal, RejectedRefs, Report, Verdict};
use crate::mirror::testing::{Silent, id, name, silent};
use crate::protocol::fetch::filter::Filter;
use crate::protocol::fetch::{FetchRequest, ThinPack};
use crate::protocol::ls_refs::Peel;
use crate::protocol::object_id::ObjectId;
use crate::protocol::receive_pack::RefUpdate;
use crate::protocol::ref_list::RefList;
use crate::protocol::report_status::{RefStatus, Unpack};

fn list(repository: &Repository) -> RefList {
    repository::list(repository, &HiddenRefs::default(), Peel::No).unwrap()
}

/// Two places, `source` with a repository and `destination` with nothing.
struct Pair {
    folder: TempDir,
    source: Repository,
    session: Session,
}

impl Pair {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let source = new_repository::create(&folder.path().join("source"), &[]).unwrap();
        source.set_head("refs/heads/main").unwrap();
        Self { folder, source, session: Session::default() }
    }

    /// One whose `main` has some commits.
    fn with_commits(count: usize) -> Self {
        let pair = Self::new();
        for number in 0..count {
            commit(&pair.source, "refs/heads/main", &format!("content {number}\n").repeat(200));
        }
        pair
    }

    fn open_source(&self) -> Result<LocalSource, Error> {
        let cancel = &self.session.cancel;
        LocalSource::open(self.source.path(), label(Side::Source), Peel::No, cancel, &silent())
    }

    fn open_destination(&self) -> Result<LocalDestination, Error> {
        LocalDestination::open(
            Site::Destination(self.folder.path().join("destination")),
            label(Side::Destination),
            &self.session,
            &silent(),
        )
    }

    fn destination(&self) -> Repository {
        Repository::open(self.folder.path().join("destination")).unwrap()
    }

    fn mirror(&self) -> Report {
        let (mut source, mut destination) = (self.open_source().unwrap(), self.open_destination().unwrap());
        let selection = Selection::new::<&str>(&[], &[]).unwrap();
        let deletions = DeletionLimit::percent(100).unwrap();
        let policy = Policy {
            selection,
            prune: Prune::Delete,
            empty_source: EmptySource::Allow,
            deletions,
            ..mirror::testing::policy()
        };
        let (lag, spool) = (Duration::ZERO, self.folder.path());
        let job =
            Job { spool, lag, cancel: &self.session.cancel, ..mirror::testing::job(&policy, Mode::Mirror) };
        mirror::mirror(&mut source, &mut destination, &job, &Silent).unwrap()
    }

    #[track_caller]
    fn expect_mirror(&self) {
        let report = self.mirror();
        assert_eq!(report.verdict(RejectedRefs::Fail), Verdict::Succeeded, "{report:?}");
        assert_eq!(list(&self.destination()).refs(), list(&self.source).refs());
    }

    /// The pack of everything that `main` reaches.
    fn pack(&self, haves: &[Oid]) -> Vec<u8> {
        let mut source = self.open_source().unwrap();
        let wants = vec![source.info().refs.get(&name("refs/heads/main")).unwrap()];
        let haves = haves.iter().filter_map(|id| object_id(*id)).collect();
        let request = request(wants, haves, ThinPack::Allowed);
        let mut pack = source.fetch(&request).unwrap().pack;
        let (mut bytes, mut buf) = (Vec::new(), [0; 1000]);
        loop {
            match pack.read(&mut buf).unwrap() {
                0 => return bytes,
                count => bytes.extend_from_slice(&buf[..count]),
            }
        }
    }

    fn create_main(&self) -> RefUpdate {
        let id = self.source.refname_to_id("refs/heads/main").unwrap();
        RefUpdate::Create { name: name("refs/heads/main"), new: object_id(id).unwrap() }
    }

    /// Everything below the destination's objects that is no folder.
    fn objects(&self) -> Vec<String> {
        let mut files = Vec::new();
        let mut folders = vec![self.folder.path().join("destination/objects")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.push(path.display().to_string());
                }
            }
        }
        files
    }
}

fn request(wants: Vec<ObjectId>, haves: Vec<ObjectId>, thin_pack: ThinPack) -> FetchRequest {
    FetchRequest { haves, thin_pack, ..FetchRequest::new(wants) }
}

fn label(side: Side) -> RemoteLabel {
    RemoteLabel::new(side, "/srv/app.git")
}

fn commit(repository: &Repository, branch: &str, content: &str) -> Oid {
    let blob = repository.blob(content.as_bytes()).unwrap();
    let mut tree = repository.treebuilder(None).unwrap();
    tree.insert("file", blob, 0o100_644).unwrap();
    let tree = repository.find_tree(tree.write().unwrap()).unwrap();
    let author = Signature::new("A U Thor", "author@example.com", &Time::new(1_700_000_000, 0)).unwrap();
    let parent = repository.find_reference(branch).and_then(|tip| tip.peel_to_commit()).ok();
    let parents: Vec<_> = parent.iter().collect();
    repository.commit(Some(branch), &author, &author, "message\n", &tree, &parents).unwrap()
}

fn status(pair: &Pair, updates: &[RefUpdate], pack: &[u8]) -> (Unpack, Vec<RefStatus>) {
    let mut destination = pair.open_destination().unwrap();
    let report =
        destination.push(updates, Some(OutgoingPack::of_unknown_length(&mut &pack[..]))).unwrap().unwrap();
    let statuses = updates.iter().map(|update| report.get(update.name()).unwrap().clone()).collect();
    (report.unpack, statuses)
}

#[test]
fn a_mirror_is_made_where_nothing_was_and_kept_up() {
    let pair = Pair::with_commits(20);
    let tip = pair.source.find_reference("refs/heads/main").unwrap().peel_to_commit().unwrap();
    let author = tip.author().to_owned();
    let tag = pair.source.tag("v1", tip.as_object(), &author, "of a commit", false).unwrap();
    let tag = pair.source.find_object(tag, None).unwrap();
    pair.source.tag("nested", &tag, &author, "of a tag", false).unwrap();
    pair.source.tag("tree", tip.tree().unwrap().as_object(), &author, "of a tree", false).unwrap();
    let blob = pair.source.blob(b"no tree holds it").unwrap();
    pair.source.reference("refs/tags/blob", blob, false, "").unwrap();
    pair.expect_mirror();
    commit(&pair.source, "refs/heads/main", "new");
    commit(&pair.source, "refs/heads/other", "another root");
    pair.source.find_reference("refs/tags/v1").unwrap().delete().unwrap();
    pair.expect_mirror();
    assert_eq!(pair.mirror().unchanged, 5);
}

#[test]
fn the_pack_holds_what_the_haves_do_not_reach() {
    let pair = Pair::with_commits(20);
    let before = pair.source.refname_to_id("refs/heads/main").unwrap();
    let full = pair.pack(&[]);
    commit(&pair.source, "refs/heads/main", "new");
    let unknown = Oid::from_bytes(&[7; 20]).unwrap();
    let new = pair.pack(&[unknown, before]);
    assert_eq!((full[11], new[11]), (60, 3), "a commit, its tree and its blob");
}

#[test]
fn a_source_that_lacks_an_object_gives_no_pack() {
    let pair = Pair::with_commits(3);
    let tip = pair.source.find_reference("refs/heads/main").unwrap().peel_to_tree().unwrap();
    let blob = tip.get(0).unwrap().id().to_string();
    fs::remove_file(pair.source.path().join("objects").join(&blob[..2]).join(&blob[2..])).unwrap();
    let report = pair.mirror();
    let error = report.interruption.unwrap();
    assert_eq!(
        (error.label.side, error.phase, error.failure.kind),
        (Side::Source, Phase::Fetch, ErrorKind::Local(LocalProblem::Repository))
    );
    assert!(error.failure.message.contains(&blob[..7]), "{error}");
}

/// A source with an older commit under a tag of a tag, and a tag of a blob; the listing tells what tags are of.
fn with_tags() -> (Pair, LocalSource, [Oid; 3]) {
    let pair = Pair::with_commits(3);
    let older = pair.source.revparse_single("main~1").unwrap().id();
    let tag = |name: &str, id: Oid| {
        let object = pair.source.find_object(id, None).unwrap();
        let author = Signature::now("A", "a@example.org").unwrap();
        pair.source.tag(name, &object, &author, name, false).unwrap()
    };
    let outer = tag("outer", tag("inner", older));
    let key = tag("key", pair.source.blob(b"a key").unwrap());
    let source = LocalSource::open(
        pair.source.path(),
        label(Side::Source),
        Peel::Yes,
        &pair.session.cancel,
        &silent(),
    );
    (pair, source.unwrap(), [outer, key, older])
}

#[test]
fn tips_alone_name_the_commits_that_tags_are_of() {
    let (_pair, mut source, [outer, key, older]) = with_tags();
    let wants = [outer, key].map(|id| object_id(id).unwrap());
    let older = object_id(older).unwrap();
    assert_eq!(source.info().refs.peeled(wants[0]), older);
    let mut fetched = source.fetch(&FetchRequest::tips_alone(wants.to_vec())).unwrap();
    assert_eq!(fetched.head.shallow, [older]);
    let mut header = [0; 12];
    assert_eq!(fetched.pack.read(&mut header).unwrap(), 12);
    // Two tags and their commit, a tag and its blob.
    assert_eq!(header, *b"PACK\0\0\0\x02\0\0\0\x05");
}

#[test]
fn another_part_of_history_is_refused_locally() {
    let (_pair, mut source, [_, _, older]) = with_tags();
    let wants = vec![object_id(older).unwrap()];
    let request = FetchRequest { filter: Some(Filter::BlobNone), ..FetchRequest::new(wants) };
    let error = source.fetch(&request).err().unwrap();
    assert_eq!((error.phase, error.failure.kind), (Phase::Fetch, ErrorKind::Unsupported));
}

#[test]
fn a_reader_that_goes_away_ends_the_thread() {
    let pair = Pair::new();
    for number in 0..4_u64 {
        let noise = (0..60_000).map(|n| (number * 7919 + n).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let lines: Vec<_> = noise.map(|number| format!("{number:x}")).collect();
        commit(&pair.source, "refs/heads/main", &lines.join("\n"));
    }
    let mut source = pair.open_source().unwrap();
    let wants = vec![source.info().refs.refs()[0].id];
    let request = request(wants, Vec::new(), ThinPack::Forbidden);
    let mut pack = source.fetch(&request).unwrap().pack;
    assert_ne!(pack.read(&mut [0; 12]).unwrap(), 0);
    // It joins the thread: this test ends only if that does.
    drop(pack);
}

#[test]
fn a_pack_that_breaks_off_leaves_nothing() {
    struct Broken<'a>(&'a [u8]);
    impl Read for Broken<'_> {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() { Err(io::Error::other("cut")) } else { self.0.read(buf) }
        }
    }
    let pair = Pair::with_commits(20);
    let pack = pair.pack(&[]);
    for length in [0, 11, 100, pack.len() - 20, pack.len()] {
        let mut destination = pair.open_destination().unwrap();
        let error = destination
            .push(&[pair.create_main()], Some(OutgoingPack::of_unknown_length(&mut Broken(&pack[..length]))));
        assert_eq!(error.unwrap_err().failure.kind, ErrorKind::Interrupted);
        assert_eq!(pair.objects(), [""; 0], "cut at {length}");
        assert!(pair.open_destination().unwrap().info().refs.refs().is_empty());
    }
}

#[test]
fn a_stopped_run_builds_no_pack() {
    let pair = Pair::with_commits(20);
    let mut source = pair.open_source().unwrap();
    let request = request(vec![source.info().refs.refs()[0].id], Vec::new(), ThinPack::Forbidden);
    pair.session.cancel.now(CancelReason::Cancelled);
    let error = source.fetch(&request).err().unwrap();
    assert_eq!((error.phase, error.failure.kind), (Phase::Fetch, ErrorKind::Interrupted));
    assert_eq!(error.failure.message, "the run was stopped");
}

#[test]
fn a_stopped_run_takes_no_pack_in_and_changes_no_ref() {
    let pair = Pair::with_commits(20);
    pair.expect_mirror();
    let old = object_id(pair.source.refname_to_id("refs/heads/main").unwrap()).unwrap();
    commit(&pair.source, "refs/heads/main", "new");
    let pack = pair.pack(&[]);
    let before = pair.objects();
    let pair = Pair { session: Session::default(), ..pair };
    let mut destination = pair.open_destination().unwrap();
    pair.session.cancel.now(CancelReason::TimeLimit);
    let delete = RefUpdate::Delete { name: name("refs/heads/main"), old };
    for (update, pack) in [(pair.create_main(), Some(&mut &pack[..] as &mut dyn Read)), (delete, None)] {
        let error = destination.push(&[update], pack.map(OutgoingPack::of_unknown_length)).unwrap_err();
        assert_eq!((error.phase, error.failure.kind), (Phase::Push, ErrorKind::Interrupted));
    }
    assert_eq!(pair.objects(), before);
    assert!(!pair.session.push_started.get());
    assert_eq!(pair.destination().refname_to_id("refs/heads/main").unwrap(), oid(old).unwrap());
}

#[test]
fn a_push_that_changes_the_repository_is_noted() {
    let pair = Pair::with_commits(3);
    let pack = pair.pack(&[]);
    let mut destination = pair.open_destination().unwrap();
    assert!(!pair.session.push_started.get());
    destination.push(&[pair.create_main()], Some(OutgoingPack::of_unknown_length(&mut &pack[..]))).unwrap();
    assert!(pair.session.push_started.get());
}

#[test]
fn a_pack_that_is_cut_or_damaged_is_refused_and_leaves_nothing() {
    let pair = Pair::with_commits(20);
    let pack = pair.pack(&[]);
    let mut flipped = pack.clone();
    flipped[pack.len() / 2] ^= 1;
    for bad in [&b""[..], b"PACK", &pack[..pack.len() / 2], &pack[..pack.len() - 1], &flipped] {
        let (unpack, statuses) = status(&pair, &[pair.create_main()], bad);
        assert!(matches!(unpack, Unpack::Failed(_)), "{unpack:?}");
        let [RefStatus::Declined { reason: RejectReason::NotUnpacked, .. }] = &statuses[..] else {
            panic!("{statuses:?}")
        };
        assert_eq!(pair.objects(), [""; 0]);
    }
}

#[test]
fn a_pack_that_lacks_history_is_refused_and_leaves_nothing() {
    let pair = Pair::with_commits(20);
    let before = pair.source.refname_to_id("refs/heads/main").unwrap();
    commit(&pair.source, "refs/heads/main", "new");
    let (unpack, statuses) = status(&pair, &[pair.create_main()], &pair.pack(&[before]));
    assert_eq!(unpack, Unpack::Ok);
    assert_eq!(statuses, [RejectReason::MissingObjects.into()]);
    assert_eq!(pair.objects(), [""; 0]);
}

#[test]
fn a_ref_whose_objects_are_missing_does_not_keep_others_out() {
    let pair = Pair::with_commits(3);
    let missing = RefUpdate::Create {
        name: name("refs/tags/v1"),
        new: object_id(Oid::from_bytes(&[7; 20]).unwrap()).unwrap(),
    };
    let (_, statuses) = status(&pair, &[missing, pair.create_main()], &pair.pack(&[]));
    assert_eq!(statuses, [RejectReason::MissingObjects.into(), RefStatus::Ok]);
}

#[test]
fn a_ref_that_is_not_as_it_was_listed_is_left() {
    let pair = Pair::with_commits(3);
    pair.expect_mirror();
    let listed = object_id(pair.source.refname_to_id("refs/heads/main").unwrap()).unwrap();
    let new = object_id(commit(&pair.source, "refs/heads/main", "new")).unwrap();
    let pack = pair.pack(&[]);
    // Somebody else is faster.
    let theirs = commit(&pair.destination(), "refs/heads/main", "theirs");
    commit(&pair.destination(), "refs/heads/other", "theirs");
    let updates = [
        RefUpdate::Update { name: name("refs/heads/main"), old: listed, new },
        RefUpdate::Create { name: name("refs/heads/other"), new },
        RefUpdate::Delete { name: name("refs/heads/gone"), old: listed },
    ];
    let reasons = [RejectReason::StaleOldValue, RejectReason::AlreadyExists, RejectReason::DoesNotExist];
    assert_eq!(status(&pair, &updates, &pack).1, reasons.map(RefStatus::from));
    let delete = [RefUpdate::Delete { name: name("refs/heads/main"), old: listed }];
    assert_eq!(status(&pair, &delete, &pack).1, [RejectReason::StaleOldValue.into()]);
    assert_eq!(pair.destination().refname_to_id("refs/heads/main").unwrap(), theirs);
}

#[test]
fn a_checked_out_branch_is_not_moved() {
    let pair = Pair::with_commits(3);
    let with_work_tree = Repository::init(pair.folder.path().join("destination")).unwrap();
    with_work_tree.set_head("refs/heads/main").unwrap();
    commit(&pair.source, "refs/heads/other", "other");
    let report = pair.mirror();
    let outcomes: Vec<_> = report.outcomes.iter().map(|ref_| &ref_.outcome).collect();
    let reason = Reason::Own { reason: RejectReason::CheckedOut, detail: String::new() };
    let refused = Outcome::Rejected(Refusal { reason, remote: "".into(), kind: None });
    assert_eq!(outcomes, [&refused, &Outcome::Done]);
}

#[test]
fn the_head_of_a_bare_repository_names_a_branch_that_exists() {
    let pair = Pair::with_commits(1);
    let head = || list(&pair.destination()).head().unwrap().to_string();
    commit(&pair.source, "refs/heads/first", "other");
    pair.source.set_head("refs/heads/main").unwrap();
    pair.expect_mirror();
    assert_eq!(head(), "refs/heads/main", "the source's default branch, though others come before it");
    pair.source.find_branch("main", git2::BranchType::Local).unwrap().rename("trunk", false).unwrap();
    pair.expect_mirror();
    assert_eq!(head(), "refs/heads/trunk");
}

#[test]
fn a_symbolic_branch_of_the_destination_stays() {
    let pair = Pair::with_commits(1);
    pair.expect_mirror();
    pair.destination().reference_symbolic("refs/heads/alias", "refs/heads/main", false, "").unwrap();
    let report = pair.mirror();
    assert_eq!((report.verdict(RejectedRefs::Fail), report.kept.len()), (Verdict::SucceededWithIssues, 1));
    assert!(pair.destination().refname_to_id("refs/heads/main").is_ok());
}

#[test]
fn only_a_repository_or_an_empty_place_is_a_destination() {
    let pair = Pair::with_commits(1);
    let at = |place: &str| {
        let opened = LocalDestination::open(
            Site::Destination(pair.folder.path().join(place)),
            RemoteLabel::clone_directory("/srv/app.git"),
            &pair.session,
            &silent(),
        );
        opened
            .map(|opened| opened.info().refs.refs().len())
            .map_err(|error| (error.failure.kind, error.to_string()))
    };
    fs::create_dir(pair.folder.path().join("empty")).unwrap();
    fs::create_dir(pair.folder.path().join("full")).unwrap();
    fs::write(pair.folder.path().join("full/file"), "precious").unwrap();
    assert_eq!((at("source"), at("empty"), at("nothing")), (Ok(1), Ok(0), Ok(0)));
    for (place, problem, reason) in [
        ("full", RepositoryProblem::NoRepository, "it is no Git repository"),
        ("full/file", RepositoryProblem::File, "it is a file, not the folder of a Git repository"),
        ("nothing/below", RepositoryProblem::NoParentFolder, "the folder above it does not exist"),
    ] {
        let error = format!("cannot list refs of clone directory '/srv/app.git': {reason}");
        assert_eq!(at(place), Err((ErrorKind::Repository(problem), error)), "{place}");
    }
    for (place, expected) in [
        ("nothing/member.git", Ok(())),
        ("nothing/below/member.git", Err(ErrorKind::Repository(RepositoryProblem::NoParentFolder))),
        ("full/file/member.git", Err(ErrorKind::Repository(RepositoryProblem::File))),
    ] {
        let path = pair.folder.path().join(place);
        let opened =
            LocalDestination::open(Site::Member(path), label(Side::Destination), &pair.session, &silent());
        assert_eq!(opened.map(|_| ()).map_err(|error| error.failure.kind), expected, "{place}");
    }
    assert!(!pair.folder.path().join("nothing").exists(), "opening changes nothing");
}

#[test]
fn a_repository_with_sha256_is_refused_on_both_sides() {
    let pair = Pair::with_commits(1);
    let config = pair.source.path().join("config");
    let sha256 =
        "[core]\n\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n\tobjectformat = sha256\n";
    fs::write(config, sha256).unwrap();
    let source = pair.open_source().unwrap_err();
    let destination = LocalDestination::open(
        Site::Destination(pair.source.path().to_owned()),
        label(Side::Destination),
        &pair.session,
        &silent(),
    )
    .unwrap_err();
    for error in [source, destination] {
        assert_eq!(error.failure.kind, ErrorKind::Unsupported);
        assert!(error.to_string().contains("must have the object format sha1"), "{error}");
    }
}

#[test]
fn a_feature_that_libgit2_lacks_is_named() {
    let pair = Pair::with_commits(1);
    let config = pair.source.path().join("config");
    for (version, extension, expected) in [
        (0, "partialclone = origin", Some("a partial clone")),
        (1, "partialclone = origin", Some("a partial clone")),
        (1, "refstorage = reftable", Some("as 'reftable'")),
        (1, "somethingnew = true", Some("the extension 'somethingnew'")),
        (2, "noop = true", Some("the version of its layout is 2")),
        (0, "somethingnew = true", None),
        (1, "preciousobjects = true", None),
        (1, "refstorage = files", Some("as 'files'")),
    ] {
        let text = format!(
            "[core]\n\trepositoryformatversion = {version}\n\tbare = true\n[extensions]\n\t{extension}\n"
        );
        fs::write(&config, text).unwrap();
        let opened = pair.open_source().map(drop).map_err(|error| (error.failure.kind, error.to_string()));
        match (opened, expected) {
            (Err((kind, message)), Some(expected)) => {
                assert_eq!(kind, ErrorKind::Unsupported, "{message}");
                assert!(message.contains(expected), "{message}");
            }
            (opened, expected) => assert_eq!((opened.err(), expected), (None, None), "{extension}"),
        }
    }
}

#[test]
fn a_shallow_source_is_refused() {
    let pair = Pair::with_commits(3);
    let tip = pair.source.refname_to_id("refs/heads/main").unwrap();
    fs::write(pair.source.path().join("shallow"), format!("{tip}\n")).unwrap();
    assert!(pair.open_source().unwrap_err().to_string().contains("shallow"));
}

#[test]
fn objects_that_are_listed_or_not_are_known() {
    let pair = Pair::with_commits(3);
    let tip = pair.source.refname_to_id("refs/heads/main").unwrap();
    let old = pair.source.find_commit(tip).unwrap().parent_id(0).unwrap();
    let unlisted = commit(&pair.source, "refs/heads/gone", "gone");
    pair.source.find_reference("refs/heads/gone").unwrap().delete().unwrap();
    let [tip, old, unlisted] = [tip, old, unlisted].map(|id| object_id(id).unwrap());
    let (strange, of_other_format) = (id(7), ObjectId::Sha256([7; 32]));
    let mut source = pair.open_source().unwrap();
    let known = source.knows(&[strange, tip, of_other_format, unlisted, old]).unwrap();
    assert_eq!(known, [tip, unlisted, old]);
    assert_eq!(source.knows(&[strange]).unwrap(), []);
}

#[test]
fn an_empty_repository_knows_nothing() {
    let mut source = Pair::new().open_source().unwrap();
    assert_eq!(source.knows(&[id(7)]).unwrap(), []);
}

#[test]
fn no_more_objects_than_the_most_are_looked_for() {
    let pair = Pair::with_commits(1);
    let tip = object_id(pair.source.refname_to_id("refs/heads/main").unwrap()).unwrap();
    let mut ids = vec![id(7); MOST_ASKED - 1];
    ids.push(tip);
    assert_eq!(pair.open_source().unwrap().knows(&ids).unwrap(), [tip]);
    ids.insert(0, id(8));
    assert_eq!(pair.open_source().unwrap().knows(&ids).unwrap(), []);
}

#[test]
fn commits_alone_are_counted_and_given_without_what_the_haves_reach() {
    let (pair, mut source, [outer, key, older]) = with_tags();
    let newest = pair.source.revparse_single("main").unwrap().id();
    let ids = |oids: &[Oid]| oids.iter().map(|id| object_id(*id).unwrap()).collect::<Vec<_>>();
    let of = |wants: &[Oid], haves: &[Oid]| FetchRequest {
        haves: ids(haves),
        filter: Some(Filter::TreeDepth(0)),
        ..FetchRequest::new(ids(wants))
    };
    for (wants, haves, objects) in [
        (&[newest][..], &[][..], 3),
        (&[newest], &[older], 1),
        // One that is older than what is there: nothing is taken away where it goes.
        (&[older], &[newest], 0),
        // A tag is not reached from the commit that it is of, nor is a blob.
        (&[outer], &[newest], 2),
        (&[key], &[newest], 2),
    ] {
        assert_eq!(source.count(&of(wants, haves)).unwrap(), objects, "{wants:?}");
        let mut header = [0; 12];
        assert_eq!(source.fetch(&of(wants, haves)).unwrap().pack.read(&mut header).unwrap(), 12);
        assert_eq!(u32::from_be_bytes(header[8..].try_into().unwrap()), objects, "{wants:?}");
    }
    let unknown = FetchRequest { wants: vec![id(7)], ..of(&[newest], &[newest]) };
    assert!(source.count(&unknown).is_err());
}
