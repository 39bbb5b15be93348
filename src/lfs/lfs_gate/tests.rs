use std::sync::Arc;

use super::*;
use crate::cancel::CancelToken;
use crate::error::{Failure, Side};
use crate::lfs::copies::{CopyJob, Earlier, Ends};
use crate::lfs::policy::MissingObjects;
use crate::lfs::testing::memory::Memory;
use crate::lfs::testing::{pointer_to, text_of_pointer_to};
use crate::lfs::transfer::AtOnce;
use crate::mirror::mirror_with_gate;
use crate::mirror::ports::Mode;
use crate::mirror::report::Report;
use crate::mirror::testing::{MemoryDestination, MemorySource, Silent, id, job, label, policy};
use crate::protocol::object_id::ObjectFormat;
use crate::protocol::testing::entry;

const COMBINED: &str = "combine:blob:limit=1024+object:type=blob";
const LIMIT: &str = "blob:limit=1024";
const ROOT: &str = "tree:1";
const ALONE: &str = "tree:0";
const WHOLE: &str = "";

/// The tip of `main`, which moves, and the attributes and a file of its tree.
const TIP: u8 = 2;
const ATTRIBUTES: u8 = 21;
const FILE: u8 = 22;

fn tree() -> Vec<u8> {
    [b"100644 .gitattributes\0".as_slice(), &[ATTRIBUTES; 20], b"100644 a.psd\0", &[FILE; 20]].concat()
}

fn id_of_tree() -> ObjectId {
    let mut hash = ObjectFormat::Sha1.hasher();
    hash.update(format!("tree {}\0", tree().len()).as_bytes());
    hash.update(&tree());
    hash.finish()
}

fn packed(objects: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let count = u32::try_from(objects.len()).unwrap();
    let mut pack = [b"PACK\0\0\0\x02".as_slice(), &count.to_be_bytes()].concat();
    for (kind, content) in objects {
        pack.extend(entry(*kind, content.len() as u64, &[], content));
    }
    let mut hash = ObjectFormat::Sha1.hasher();
    hash.update(&pack);
    pack.extend_from_slice(hash.finish().as_bytes());
    pack
}

/// A source with LFS.
#[derive(Clone)]
struct Repository {
    /// The attributes at its root.
    attributes: &'static str,
    /// The filters that it refuses.
    refuses: &'static [&'static str],
    /// The objects that its history needs, of which the last is new.
    contents: Vec<Vec<u8>>,
}

impl Repository {
    fn new() -> Self {
        let contents = [b"old".to_vec(), b"new".to_vec()].to_vec();
        Self { attributes: "*.psd filter=lfs", refuses: &[], contents }
    }

    fn answer(&self, request: &FetchRequest) -> Result<Vec<u8>, Error> {
        let filter = request.filter.as_ref().map(ToString::to_string).unwrap_or_default();
        if self.refuses.contains(&filter.as_str()) {
            return Err(
                label(Side::Source).error(Phase::Fetch, Failure::new(ErrorKind::Refused, "no filter"))
            );
        }
        let commit = || (1, format!("tree {}\n", id_of_tree()).into_bytes());
        if filter == ROOT {
            return Ok(packed(&[commit(), (2, tree())]));
        }
        if filter == ALONE {
            let pointer = || text_of_pointer_to(&self.contents[0]).into_bytes();
            return Ok(match &request.wants[..] {
                [want] if *want == id_of_tree() => packed(&[(2, tree())]),
                [want] if *want == id(ATTRIBUTES) => packed(&[(3, self.attributes.into())]),
                [want] if *want == id(FILE) => packed(&[(3, pointer())]),
                _ => packed(&[commit()]),
            });
        }
        let needed = if request.haves.is_empty() { 0 } else { self.contents.len().saturating_sub(1) };
        let pointer = |content: &Vec<u8>| (3, text_of_pointer_to(content).into_bytes());
        Ok(packed(&self.contents[needed..].iter().map(pointer).collect::<Vec<_>>()))
    }
}

/// A mirror of a branch, which moves from one commit to another.
struct Run {
    repository: Repository,
    mode: Mode,
    extent: Extent,
    missing: MissingObjects,
    filters: Filters,
    hold: Duration,
    source: Arc<Memory>,
    destination: Arc<Memory>,
    /// The side that has no LFS.
    without: Option<Side>,
}

struct Ran {
    /// The filters of the requests to the source, in turn.
    filters: Vec<String>,
    thin: ThinPack,
    pushes: usize,
    error: Option<Error>,
    lfs: LfsReport,
}

impl Run {
    fn new() -> Self {
        let repository = Repository::new();
        Self {
            source: Arc::new(Memory::with(&repository.contents)),
            destination: Arc::new(Memory::with(&repository.contents[..1])),
            repository,
            mode: Mode::Mirror,
            extent: Extent::Auto,
            missing: MissingObjects::Fail,
            filters: Filters::Offered,
            hold: LONGEST_HOLD,
            without: None,
        }
    }

    fn source(&self) -> MemorySource {
        let mut source = MemorySource::new(&[("refs/heads/main", TIP)]);
        source.info.filters = self.filters;
        let repository = self.repository.clone();
        source.answers = Box::new(move |request| Some(repository.answer(request)));
        source
    }

    fn gate(&self) -> LfsGate {
        let ends = Ends {
            source: (self.source.clone(), label(Side::Source)),
            destination: (self.destination.clone(), label(Side::Destination)),
        };
        let without = self.without;
        let connect = move |_: Option<&[u8]>| {
            let Some(side) = without else { return Ok(ends.clone()) };
            let kind = ErrorKind::Lfs(LfsProblem::NoService);
            Err(label(side).error(Phase::Lfs, Failure::new(kind, "there is none")))
        };
        let job = CopyJob {
            at_once: AtOnce::shared_by(1),
            missing: self.missing,
            mode: self.mode,
            events: Arc::new(Silent),
            cancel: CancelToken::default(),
        };
        let copies = Copies::new(Box::new(connect), job);
        let gate = LfsGate::new(self.extent, label(Side::Source), vec![id(TIP)], copies);
        LfsGate { longest_hold: self.hold, ..gate }
    }

    fn run(&self) -> Ran {
        let (mut source, mut gate) = (self.source(), self.gate());
        let mut destination = MemoryDestination::new(&[("refs/heads/main", 1)]);
        let policy = policy();
        let job = job(&policy, self.mode);
        let mirrored = mirror_with_gate(&mut source, &mut destination, &job, &mut gate, &Silent);
        let error = mirrored.map_or_else(Some, |Report { interruption, .. }| interruption);
        let filter =
            |request: &FetchRequest| request.filter.as_ref().map(ToString::to_string).unwrap_or_default();
        Ran {
            filters: source.requests.iter().map(filter).collect(),
            thin: source.requests.last().map_or(ThinPack::Forbidden, |request| request.thin_pack),
            pushes: destination.pushes.len(),
            error,
            lfs: gate.into_report(),
        }
    }

    fn arrived(&self) -> bool {
        self.repository.contents.iter().all(|content| self.destination.has(content))
    }
}

fn is_of_lfs(error: Option<&Error>) -> bool {
    error.is_some_and(|error| error.phase == Phase::Lfs)
}

#[test]
fn objects_are_there_before_the_pack_is_asked_for() {
    let run = Run::new();
    let destination = run.destination.clone();
    let (mut source, mut gate) = (run.source(), run.gate());
    let repository = run.repository.clone();
    source.answers = Box::new(move |request| {
        assert!(request.filter.is_some() || destination.has(b"new"));
        Some(repository.answer(request))
    });
    let mut request = FetchRequest { haves: vec![id(1)], ..FetchRequest::new(vec![id(TIP)]) };
    gate.before_pack(&mut source, &mut request).unwrap();
    assert!(run.arrived());
    source.fetch(&request).unwrap();
}

#[test]
fn where_lfs_is_in_use_a_scan_finds_the_pointers() {
    let run = Run::new();
    let ran = run.run();
    assert_eq!(ran.filters, [ROOT, ALONE, COMBINED, COMBINED, WHOLE]);
    assert_eq!((ran.thin, ran.pushes, ran.error), (ThinPack::Allowed, 1, None));
    assert_eq!((ran.lfs.objects, ran.lfs.bytes), (1, 3));
    assert!(run.arrived());
}

/// Mirrors into an empty destination a source of so many bytes, as its host has told. Returns also what was there when
/// each pack was asked for.
fn first_mirror(run: &Run, bytes: Option<u64>) -> (Vec<String>, usize, LfsReport) {
    let (mut source, gate) = (run.source(), run.gate());
    let mut gate = gate.at_source_of(bytes);
    let mut destination = MemoryDestination::new(&[]);
    let policy = policy();
    let job = job(&policy, run.mode);
    let mirrored = mirror_with_gate(&mut source, &mut destination, &job, &mut gate, &Silent).unwrap();
    assert_eq!(mirrored.interruption, None);
    let filter =
        |request: &FetchRequest| request.filter.as_ref().map(ToString::to_string).unwrap_or_default();
    (source.requests.iter().map(filter).collect(), destination.pushes.len(), gate.into_report())
}

#[test]
fn a_small_source_without_pointers_is_asked_for_its_pack_alone() {
    let mut run = Run::new();
    run.repository.contents = vec![];
    let (filters, pushes, lfs) = first_mirror(&run, Some(1 << 20));
    assert_eq!((filters, pushes, lfs), (vec![WHOLE.to_owned()], 1, LfsReport::default()));
}

#[test]
fn a_small_source_with_pointers_has_its_objects_copied_before_its_second_pack() {
    let run = Run::new();
    let (filters, pushes, lfs) = first_mirror(&run, Some(1 << 20));
    // The first pack ends without its trailer.
    assert_eq!(filters, [WHOLE, ROOT, ALONE, COMBINED, WHOLE]);
    assert_eq!((pushes, lfs.objects), (1, 1));
    assert!(run.arrived());
}

#[test]
fn a_source_of_a_size_that_is_large_or_not_known_is_looked_at_first() {
    for bytes in [None, Some(0), Some(8 << 20)] {
        let (filters, pushes, _) = first_mirror(&Run::new(), bytes);
        assert_eq!((filters, pushes), ([ROOT, ALONE, COMBINED, WHOLE].map(str::to_owned).to_vec(), 1));
    }
}

#[test]
fn refs_alone_behind_a_pack_without_pointers_need_no_look() {
    let mut run = Run::new();
    run.repository.contents = vec![];
    let (mut source, gate) = (run.source(), run.gate());
    let mut gate = gate.at_source_of(Some(1));
    let mut request = FetchRequest::new(vec![id(TIP)]);
    gate.before_pack(&mut source, &mut request).unwrap();
    let pack = packed(&[]);
    gate.on_bytes(&pack[..12]);
    assert_eq!(gate.before_trailer(PackSummary { bytes: 32 }), Gate::Release);
    gate.before_refs_alone(&mut source, id(TIP)).unwrap();
    assert!(source.requests.is_empty());
}

#[test]
fn where_lfs_is_not_seen_what_is_new_is_scanned() {
    let mut run = untold();
    run.repository.attributes = "*.psd -text";
    run.repository.contents = vec![];
    let ran = run.run();
    assert_eq!(ran.filters, [ROOT, ALONE, COMBINED, WHOLE]);
    assert_eq!(
        (ran.thin, ran.pushes, ran.error, ran.lfs),
        (ThinPack::Allowed, 1, None, LfsReport::default())
    );
}

#[test]
fn where_lfs_is_not_seen_all_of_a_history_is_looked_at_as_it_goes() {
    let run = unseen();
    let (mut source, mut gate) = (run.source(), run.gate());
    let mut request = FetchRequest { thin_pack: ThinPack::Allowed, ..FetchRequest::new(vec![id(TIP)]) };
    gate.before_pack(&mut source, &mut request).unwrap();
    let filters: Vec<_> =
        source.requests.iter().map(|request| request.filter.clone().unwrap().to_string()).collect();
    assert_eq!(filters, [ROOT, ALONE]);
}

#[test]
fn a_thin_pack_that_may_hide_a_pointer_is_asked_for_anew() {
    let run = Run { filters: Filters::NotOffered, ..Run::new() };
    let (mut source, mut gate) = (run.source(), run.gate());
    // 130 bytes of a base of 300 that is not in the pack.
    let delta = [0xac, 0x02, 0x82, 0x01, 0x90, 130];
    let mut thin = [b"PACK\0\0\0\x02\0\0\0\x01".as_slice(), &entry(7, 6, &[7; 20], &delta)].concat();
    thin.extend([0; 20]);
    let whole = packed(&[(3, text_of_pointer_to(b"new").into_bytes())]);
    for (pack, asked, gives) in
        [(thin, ThinPack::Allowed, Gate::Abort), (whole, ThinPack::Forbidden, Gate::Release)]
    {
        let wish = FetchRequest::new(vec![id(TIP)]);
        let mut request = FetchRequest { haves: vec![id(1)], thin_pack: ThinPack::Allowed, ..wish };
        gate.before_pack(&mut source, &mut request).unwrap();
        assert_eq!(request.thin_pack, asked);
        gate.on_bytes(&pack[..pack.len() - 20]);
        assert_eq!(gate.before_trailer(PackSummary { bytes: pack.len() as u64 }), gives);
    }
    assert!(run.arrived());
    assert_eq!(gate.into_report().unread, 0);
}

#[test]
fn without_filters_the_pack_is_looked_at() {
    let run = Run { filters: Filters::NotOffered, ..Run::new() };
    let ran = run.run();
    assert_eq!(ran.filters, [WHOLE]);
    assert_eq!((ran.thin, ran.pushes, ran.error), (ThinPack::Allowed, 1, None));
    assert!(run.arrived());
}

#[test]
fn without_a_pointer_no_server_of_lfs_is_asked() {
    let mut run = Run { without: Some(Side::Source), extent: Extent::Full, ..Run::new() };
    run.repository.attributes = "";
    run.repository.contents = vec![];
    let mut gate = run.gate();
    gate.check_all(&mut run.source()).unwrap();
    assert_eq!(gate.into_report(), LfsReport::default());
    assert_eq!(run.destination.asked(), 0);
}

#[test]
fn a_filter_that_is_refused_is_followed_by_the_next() {
    let both: &'static [&'static str] = &[COMBINED, LIMIT];
    for (refuses, expected) in [
        (&both[..1], vec![ROOT, ALONE, COMBINED, LIMIT, COMBINED, LIMIT, WHOLE]),
        (both, vec![ROOT, ALONE, COMBINED, LIMIT, ROOT, ALONE, WHOLE]),
    ] {
        let mut run = Run::new();
        run.repository.refuses = refuses;
        let ran = run.run();
        assert_eq!(
            (ran.filters, ran.pushes, ran.error),
            (expected.iter().map(|s| (*s).to_owned()).collect(), 1, None)
        );
        assert!(run.arrived());
    }
}

#[test]
fn a_source_that_refuses_the_first_look_is_mirrored() {
    let mut run = Run::new();
    run.repository.refuses = &[ROOT, ALONE];
    let ran = run.run();
    assert_eq!(ran.filters, [ROOT, ALONE, COMBINED, COMBINED, WHOLE]);
    assert_eq!((ran.pushes, ran.error), (1, None));
    assert!(run.arrived());
}

/// A mirror whose attributes do not tell that LFS is in use.
fn untold() -> Run {
    let mut run = Run::new();
    run.repository.attributes = "";
    run
}

/// One in which only the stream shows a pointer.
fn unseen() -> Run {
    let mut run = untold();
    run.repository.refuses = &[COMBINED, LIMIT];
    run
}

#[test]
fn a_push_that_is_held_too_long_ends_and_comes_again() {
    let mut slow = Memory::with(&[b"old".to_vec()]);
    slow.delay = Duration::from_millis(300);
    let run = Run { destination: Arc::new(slow), hold: Duration::from_millis(20), ..unseen() };
    let ran = run.run();
    assert_eq!(ran.filters, [ROOT, ALONE, COMBINED, LIMIT, WHOLE, WHOLE]);
    assert_eq!((ran.pushes, ran.error, ran.lfs.objects), (1, None, 1));
    assert!(run.arrived());
}

#[test]
fn a_copy_that_fails_ends_the_pushes() {
    for run in [Run::new(), unseen()] {
        run.destination.fail(ErrorKind::Lfs(LfsProblem::Storage), 1);
        let ran = run.run();
        assert_eq!(ran.pushes, 0);
        assert!(is_of_lfs(ran.error.as_ref()), "{:?}", ran.error);
        assert_eq!(ran.error.unwrap().failure.kind, ErrorKind::Lfs(LfsProblem::Storage));
    }
}

#[test]
fn a_missing_object_holds_its_ref_back_unless_it_is_allowed() {
    for run in [Run::new(), unseen()] {
        let lost = Arc::new(Memory::default());
        let run = Run { source: lost.clone(), ..run };
        let ran = run.run();
        assert_eq!((ran.pushes, ran.lfs.missing), (0, vec![pointer_to(b"new")]));
        assert_eq!(ran.error.unwrap().failure.kind, ErrorKind::Lfs(LfsProblem::Missing));
        let ran = Run { missing: MissingObjects::Warn, ..run }.run();
        assert_eq!((ran.pushes, ran.error, ran.lfs.missing), (1, None, vec![pointer_to(b"new")]));
    }
}

#[test]
fn a_side_without_lfs_keeps_no_ref_back_in_auto() {
    for side in [Side::Source, Side::Destination] {
        for run in [Run::new(), unseen()] {
            let ran = Run { without: Some(side), ..run }.run();
            assert_eq!((ran.pushes, ran.error), (1, None));
            assert_eq!(ran.lfs.without_service, Some((side, 1)));
        }
        let ran = Run { without: Some(side), extent: Extent::Full, ..Run::new() }.run();
        assert_eq!((ran.pushes, ran.lfs.without_service), (0, None));
        let error = ran.error.unwrap();
        assert_eq!((error.label.side, error.failure.kind), (side, ErrorKind::Lfs(LfsProblem::NoService)));
    }
}

#[test]
fn where_a_side_has_no_lfs_the_objects_of_all_pushes_count() {
    for filters in [Filters::Offered, Filters::NotOffered] {
        let run = Run { without: Some(Side::Source), filters, ..Run::new() };
        let (mut source, mut gate) = (run.source(), run.gate());
        // The second one brings the first one's object again.
        for haves in [vec![id(1)], vec![]] {
            let mut request = FetchRequest { haves, ..FetchRequest::new(vec![id(TIP)]) };
            gate.before_pack(&mut source, &mut request).unwrap();
            let pack = run.repository.answer(&request).unwrap();
            gate.on_bytes(&pack[..pack.len() - 20]);
            assert_eq!(gate.before_trailer(PackSummary { bytes: pack.len() as u64 }), Gate::Release);
        }
        assert_eq!(gate.into_report().without_service, Some((Side::Source, 2)));
    }
}

#[test]
fn a_destination_that_was_mirrored_without_lfs_is_repaired() {
    let run = Run { destination: Arc::default(), ..Run::new() };
    let ran = run.run();
    assert_eq!(ran.filters, [ROOT, ALONE, COMBINED, COMBINED, COMBINED, WHOLE]);
    assert_eq!((ran.pushes, ran.error, ran.lfs.objects), (1, None, 2));
    assert!(run.arrived());
}

#[test]
fn what_is_new_at_the_tip_does_not_hide_what_is_lacking() {
    let run = Run { destination: Arc::default(), ..Run::new() };
    let (mut source, mut gate) = (run.source(), run.gate());
    let pointer = |content: &[u8]| (3, text_of_pointer_to(content).into_bytes());
    source.answers = Box::new(move |request| {
        let filter = request.filter.as_ref().map(ToString::to_string).unwrap_or_default();
        let commit = (1, format!("tree {}\n", id_of_tree()).into_bytes());
        Some(Ok(match (filter.as_str(), &request.wants[..]) {
            (ROOT, _) => packed(&[commit, (2, tree())]),
            (ALONE, _) => packed(&[(3, b"*.psd filter=lfs".to_vec())]),
            // Each commit has one file of its own.
            (_, [tip]) if *tip == id(TIP) && !request.haves.is_empty() => packed(&[pointer(b"new")]),
            (_, [_]) => packed(&[pointer(b"new"), pointer(b"old")]),
            _ => packed(&[pointer(b"old"), pointer(b"new")]),
        }))
    });
    let mut request = FetchRequest { haves: vec![id(1)], ..FetchRequest::new(vec![id(TIP)]) };
    gate.before_pack(&mut source, &mut request).unwrap();
    assert!(run.arrived());
}

#[test]
fn without_filters_a_few_files_tell_that_a_repair_is_needed() {
    let mut run = Run { destination: Arc::default(), ..Run::new() };
    run.repository.refuses = &[COMBINED, LIMIT];
    let ran = run.run();
    assert_eq!(ran.filters, [ROOT, ALONE, COMBINED, LIMIT, ROOT, ALONE, WHOLE, WHOLE]);
    assert_eq!((ran.pushes, ran.error, ran.lfs.objects), (1, None, 2));
    assert!(run.arrived());
}

#[test]
fn what_cannot_be_looked_for_is_told() {
    let earlier = |run: Run| run.run().lfs.earlier;
    assert_eq!(earlier(Run::new()), Earlier::Settled);
    assert_eq!(earlier(unseen()), Earlier::NotChecked);
    let mut elsewhere = Run::new();
    elsewhere.repository.refuses = &[COMBINED, LIMIT];
    elsewhere.repository.attributes = "*.png filter=lfs";
    assert_eq!(earlier(elsewhere), Earlier::NotChecked);
}

#[test]
fn refs_that_move_without_a_pack_are_repaired_too() {
    let run = Run { destination: Arc::default(), ..Run::new() };
    let (mut source, mut gate) = (run.source(), run.gate());
    gate.before_refs_alone(&mut source, id(TIP)).unwrap();
    assert!(run.arrived());
    assert_eq!(gate.into_report().objects, 2);
}

#[test]
fn what_a_repair_misses_is_only_told() {
    let source = Arc::new(Memory::with(&[b"new".to_vec()]));
    let ran = Run { source, destination: Arc::default(), ..Run::new() }.run();
    assert_eq!((ran.pushes, ran.error, ran.lfs.objects), (1, None, 1));
    assert_eq!(ran.lfs.missing, [pointer_to(b"old")]);
}

#[test]
fn all_is_checked_though_no_filter_is_offered() {
    for filters in [Filters::Offered, Filters::NotOffered] {
        let run = Run { extent: Extent::Full, filters, destination: Arc::default(), ..Run::new() };
        let ran = run.run();
        let expected: &[&str] = match filters {
            Filters::Offered => &[ROOT, ALONE, COMBINED, WHOLE],
            Filters::NotOffered => &[WHOLE, WHOLE],
        };
        assert_eq!(ran.filters, expected);
        assert_eq!((ran.pushes, ran.error, ran.lfs.objects), (1, None, 2));
        assert!(run.arrived());
    }
}

#[test]
fn a_dry_run_counts_what_no_stream_shows() {
    let asked = |run: Run| {
        let run = Run { mode: Mode::DryRun, ..run };
        let ran = run.run();
        assert_eq!((ran.pushes, ran.error, run.arrived()), (0, None, false));
        (ran.filters, ran.lfs.objects)
    };
    let filters = [ROOT, ALONE, COMBINED, COMBINED].map(str::to_owned).to_vec();
    assert_eq!(asked(untold()), (filters, 1));
    let run = Run { filters: Filters::NotOffered, ..untold() };
    assert_eq!(asked(run).1, 1);
    // Where the look says no, no whole pack is read.
    let asked = asked(unseen());
    assert_eq!((asked.0.contains(&WHOLE.to_owned()), asked.1), (false, 0));
}

#[test]
fn of_sizes_that_disagree_the_right_one_is_found() {
    let run = Run::new();
    let (mut source, mut gate) = (run.source(), run.gate());
    let right = text_of_pointer_to(b"new");
    let lie = right.replace("size 3", "size 2");
    source.answers = Box::new(move |_| {
        Some(Ok(packed(&[(3, right.clone().into_bytes()), (3, lie.clone().into_bytes())])))
    });
    gate.finding = Some(Finding::InUse);
    gate.before_pack(&mut source, &mut FetchRequest::new(vec![id(TIP)])).unwrap();
    assert!(run.arrived());
}
