//! Pushes that are larger than the destination takes, and those of a first mirror.

use std::num::{NonZeroU32, NonZeroU64};

use super::super::chain::{Cut, Step, Way};
use super::super::{Cuts, Extent, PackProgress};
use super::tests::{SENT, accepted, failed, is_ok, refused, shown, updates};
use super::*;
use crate::error::Indivisible;
use crate::mirror::push_size::LimitOrigin;
use crate::mirror::testing::{id, name};

const MIB: u64 = 1 << 20;

/// A limit of 40 MiB that was asked for: 480 commits, as long as nothing is known.
fn size() -> PushSize {
    let limit = Limit { bytes: NonZeroU64::new(40 * MIB).unwrap(), origin: LimitOrigin::Asked };
    PushSize { limit: Some(limit), broke_at: None }
}

fn queue(pushes: &[&[RefUpdate]], size: PushSize) -> PushQueue {
    let pushes: Vec<_> = pushes.iter().map(|updates| updates.to_vec()).collect();
    PushQueue::new(&pushes, FirstMirror::TwoPacks, NonZeroUsize::MAX, size)
}

/// A source of which each ref brings so many commits, and can be cut anywhere.
fn answer(queue: &mut PushQueue, task: Task, of_ref: u32) -> Option<Push> {
    match task {
        Task::Push(push) => return Some(push),
        Task::Measure(push) => {
            let refs = u32::try_from(push.new_ids().count()).unwrap();
            queue.measured(push, Some(refs * of_ref));
        }
        Task::Cut(push, Cuts::Oldest(parts)) => {
            let steps = vec![Step { commit: id(101), extent: Extent::Commits(of_ref / parts) }];
            queue.cut(push, Cut::At { steps, rest: Extent::Unknown, way: Way::Itself });
        }
        Task::Cut(push, Cuts::Each(parts)) => {
            let Extent::Commits(commits) = push.extent else { panic!("{push:?}") };
            let extent = Extent::Commits(commits / parts);
            let numbers = 102..102 + u8::try_from(parts.get() - 1).unwrap();
            let steps = numbers.map(|number| Step { commit: id(number), extent }).collect();
            queue.cut(push, Cut::At { steps, rest: extent, way: Way::Itself });
        }
    }
    None
}

/// Makes all pushes, each of which has so many bytes a commit.
fn made(
    mut queue: PushQueue,
    of_ref: u32,
    bytes: u64,
    mut outcome: impl FnMut(&Push) -> PushOutcome,
) -> (Vec<String>, PushResults) {
    let mut made = Vec::new();
    while let Some(task) = queue.next() {
        let Some(push) = answer(&mut queue, task, of_ref) else { continue };
        made.push(shown(&push));
        let commits = match push.extent {
            Extent::Commits(commits) => commits,
            _ => 100,
        };
        let pack = SentPack { bytes: u64::from(commits) * bytes, objects: commits * 3, ..SENT };
        let outcome = PushOutcome { pack, ..outcome(&push) };
        queue.record(&push, outcome).unwrap();
    }
    (made, queue.into_results(None))
}

#[test]
fn refs_go_in_parts_until_each_push_is_small_enough() {
    let (made, results) = made(queue(&[&updates("abcd")], size()), 300, 64 << 10, accepted);
    assert_eq!(made, ["a SharedHistory", "b SharedHistory", "c SharedHistory", "d SharedHistory"]);
    assert!("abcd".chars().all(|ref_| is_ok(&results, &ref_.to_string())));
}

#[test]
fn only_the_first_part_is_counted() {
    let (mut queue, mut counted, mut estimated) =
        (queue(&[&updates("abcd")], size()), Vec::new(), Vec::new());
    while let Some(task) = queue.next() {
        if let Task::Measure(push) = &task {
            counted.push(shown(push));
        }
        let Some(push) = answer(&mut queue, task, 300) else { continue };
        estimated.extend(matches!(push.extent, Extent::Estimated(300)).then(|| shown(&push)));
        let pack = SentPack { bytes: 300 * (64 << 10), objects: 900, ..SENT };
        queue.record(&push, PushOutcome { pack, ..accepted(&push) }).unwrap();
    }
    assert_eq!(counted, ["abcd", "a SharedHistory"]);
    assert_eq!(estimated, ["b SharedHistory", "c SharedHistory", "d SharedHistory"]);
}

#[test]
fn a_part_whose_estimate_was_wrong_is_counted() {
    let mut queue = queue(&[&updates("abcd")], size());
    let mut made = Vec::new();
    while let Some(task) = queue.next() {
        let Some(push) = answer(&mut queue, task, 300) else { continue };
        made.push(shown(&push));
        if made.len() == 2 {
            // The header of its pack shows it, before anything is sent.
            assert!(matches!(push.extent, Extent::Estimated(_)), "{push:?}");
            let pack = SentPack { objects: 90_000, ..SentPack::NONE };
            queue.record(&push, PushOutcome { ended: PushEnd::TooManyObjects, pack }).unwrap();
            break;
        }
        let pack = SentPack { bytes: 300 * (64 << 10), objects: 900, ..SENT };
        queue.record(&push, PushOutcome { pack, ..accepted(&push) }).unwrap();
    }
    let Some(Task::Cut(push, _)) = queue.next() else { panic!() };
    assert_eq!((shown(&push).as_str(), push.extent), ("b SharedHistory", Extent::Unknown));
}

#[test]
fn what_the_first_part_weighs_decides_on_the_others() {
    // A commit brings a fourth of what was foreseen, so the rest needs no more halves.
    let (made, _) = made(queue(&[&updates("abcdefgh")], size()), 300, 16 << 10, accepted);
    assert_eq!(made, ["a SharedHistory", "bcdefgh SharedHistory"]);
}

#[test]
fn a_branch_goes_in_steps_of_which_the_first_teaches() {
    let (made, results) = made(queue(&[&updates("a")], size()), 2_000, 64 << 10, accepted);
    assert_eq!(made, ["a SharedHistory"; 6]);
    assert!(is_ok(&results, "a"));
    assert_eq!(results.landed.get(updates("a")[0].name()), updates("a")[0].new_id().as_ref());
}

#[test]
fn a_branch_waits_for_the_tags_on_its_way_once() {
    let tags = ["refs/tags/v1", "refs/tags/v2"].map(|tag| RefUpdate::Create { name: name(tag), new: id(7) });
    let mut queue = queue(&[&updates("a"), &tags], size());
    // The tags are taken for as large as the branch; the first, which is too large alone, waits for it in turn.
    for expected in [&updates("a"), &tags[..1], &updates("a")] {
        let Some(Task::Measure(push)) = queue.next() else { panic!() };
        assert_eq!(push.updates, expected);
        queue.measured(push, Some(2_000));
    }
    let Some(Task::Cut(push, Cuts::Oldest(_))) = queue.next() else { panic!() };
    assert_eq!(push.updates, updates("a"));
}

#[test]
fn a_step_that_is_refused_ends_the_steps_of_its_ref_alone() {
    let refuse = |push: &Push| {
        let is_second = matches!(push.updates.first(), Some(RefUpdate::Update { .. }));
        if is_second { refused(push, "ok", "a", "protected branch", "") } else { accepted(push) }
    };
    let (made, results) = made(queue(&[&updates("a"), &updates("b")], size()), 600, 10 << 10, refuse);
    assert_eq!(made.last().map(String::as_str), Some("b"), "{made:?}");
    assert!(!is_ok(&results, "a"));
}

const TEMPORARY: &str = "refs/heads/mirror-git-repository/1";

/// A branch that goes over a temporary one, in two pushes.
fn over_a_temporary_branch() -> PushQueue {
    let update = RefUpdate::Update { name: name("refs/heads/a"), old: id(1), new: id(9) };
    let mut queue = queue(&[&[update]], size());
    let Some(Task::Measure(push)) = queue.next() else { panic!() };
    queue.measured(push, Some(2_000));
    let Some(Task::Cut(push, _)) = queue.next() else { panic!() };
    let steps = vec![Step { commit: id(5), extent: Extent::Commits(300) }];
    queue.cut(push, Cut::At { steps, rest: Extent::Commits(300), way: Way::Temporary(name(TEMPORARY)) });
    queue
}

/// Makes the next push, of which perhaps one ref is refused.
fn push_next(queue: &mut PushQueue, refused: Option<&str>) -> Push {
    let Some(Task::Push(push)) = queue.next() else { panic!() };
    let status = |update: &RefUpdate| match refused {
        Some(refused) if *update.name() == name(refused) => RefStatus::Rejected("not here".into()),
        _ => RefStatus::Ok,
    };
    let statuses = push.updates.iter().map(|update| (update.name().clone(), status(update)));
    let report = ReportStatus::new(Unpack::Ok, statuses);
    let outcome = PushOutcome { ended: PushEnd::Reported(report), pack: SENT };
    queue.record(&push, outcome).unwrap();
    push
}

#[test]
fn a_ref_whose_temporary_branch_is_refused_has_its_reason() {
    let mut queue = over_a_temporary_branch();
    push_next(&mut queue, Some(TEMPORARY));
    assert_eq!(queue.next(), None);
    let results = queue.into_results(None);
    let (_, status) = results.status(&name("refs/heads/a")).unwrap();
    assert_eq!(*status, RefStatus::Rejected("not here".into()));
}

#[test]
fn what_a_merge_brings_is_cut_only_once_it_was_too_large() {
    let mut queue = over_a_temporary_branch();
    let Some(Task::Push(push)) = queue.next() else { panic!() };
    queue.cut(push, Cut::Nowhere(Indivisible::Merge));
    let Some(Task::Push(whole)) = queue.next() else { panic!() };
    assert_eq!(whole.extent, Extent::Indivisible(Indivisible::Merge));
    let pack = SentPack { bytes: 40 * MIB, objects: 900, ..SENT };
    queue.record(&whole, PushOutcome { ended: PushEnd::BoundReached, pack }).unwrap();
    let Some(Task::Cut(push, _)) = queue.next() else { panic!() };
    assert_eq!((push.updates, push.extent), (whole.updates, whole.extent));
}

#[test]
fn a_ref_that_has_moved_is_done_though_its_temporary_branch_stays() {
    let mut queue = over_a_temporary_branch();
    push_next(&mut queue, None);
    let last = push_next(&mut queue, Some(TEMPORARY));
    assert_eq!(last.updates.len(), 2);
    assert_eq!(queue.next(), None);
    assert!(is_ok(&queue.into_results(None), "a"));
}

#[test]
fn a_pack_that_its_header_shows_to_be_too_large_is_not_begun() {
    let host = Limit { bytes: NonZeroU64::new(10 * MIB).unwrap(), origin: LimitOrigin::Host };
    let mut queue = queue(&[&updates("ab")], PushSize { limit: Some(host), broke_at: None });
    let Some(Task::Push(push)) = queue.next() else { panic!() };
    assert!(push.bound.objects.unwrap() < 3_000);
    let pack = SentPack { objects: 9_000, ..SentPack::NONE };
    let outcome = PushOutcome { ended: PushEnd::TooManyObjects, pack };
    assert_eq!(queue.record(&push, outcome), Ok(AfterPush::Repeat));
    assert_eq!(queue.take_division(), Some(host));
    let Some(Task::Push(push)) = queue.next() else { panic!() };
    assert_eq!(push.updates, updates("a"));
}

#[test]
fn a_limit_that_a_refusal_tells_holds_at_once() {
    let said = "fatal: pack exceeds maximum allowed size (50.00 MiB)";
    let mut queue = queue(&[&updates("ab")], PushSize::default());
    let Some(Task::Push(push)) = queue.next() else { panic!() };
    let outcome = failed(ErrorKind::Interrupted, PackProgress::Partial, said);
    queue
        .record(&push, PushOutcome { pack: SentPack { bytes: 60 * MIB, objects: 10, ..SENT }, ..outcome })
        .unwrap();
    let limit = queue.take_division().unwrap();
    assert_eq!((limit.bytes.get(), limit.origin), (50 * MIB, LimitOrigin::Said));
    assert!(matches!(queue.next(), Some(Task::Measure(push)) if push.updates == updates("a")));
}

#[test]
fn what_cannot_be_cut_is_tried_and_then_refused_by_its_commit_in_words() {
    let mut queue = queue(&[&updates("a")], size());
    let Some(Task::Measure(push)) = queue.next() else { panic!() };
    queue.measured(push, Some(2_000));
    let Some(Task::Cut(push, _)) = queue.next() else { panic!() };
    queue.cut(push, Cut::Nowhere(Indivisible::OneCommit));
    let Some(Task::Push(push)) = queue.next() else { panic!() };
    assert_eq!((push.extent, push.bound.objects), (Extent::Indivisible(Indivisible::OneCommit), None));
    let pack = SentPack { bytes: 10 * MIB, objects: 5, ..SENT };
    queue.record(&push, PushOutcome { ended: PushEnd::BoundReached, pack }).unwrap();
    assert_eq!(queue.next(), None);
    let results = queue.into_results(None);
    let (report, status) = results.status(updates("a")[0].name()).unwrap();
    let RefStatus::NoReport(message) = status else { panic!("{status:?}") };
    assert_eq!(report.kind, Some(ErrorKind::Indivisible(Indivisible::OneCommit)));
    assert!(message.contains(&push.new_ids().next().unwrap().to_string()), "{message}");
}

#[test]
fn pushes_that_break_after_as_many_bytes_are_noted_for_the_next_attempt() {
    let broken = |known| {
        let mut queue = queue(&[&updates("a")], known);
        let Some(Task::Push(push)) = queue.next() else { panic!() };
        let outcome = failed(ErrorKind::Interrupted, PackProgress::Partial, "");
        let outcome = PushOutcome { pack: SentPack { bytes: 100 * MIB, ..SENT }, ..outcome };
        let give_up = queue.record(&push, outcome).unwrap_err();
        queue
            .into_results(Some(give_up.into_error(&crate::mirror::testing::label(Side::Destination))))
            .push_size
    };
    let once = broken(PushSize::default());
    assert_eq!((once.limit, once.broke_at.map(NonZeroU64::get)), (None, Some(100 * MIB)));
    assert_eq!(broken(once).limit.map(|limit| limit.origin), Some(LimitOrigin::Learned));
}

/// A first mirror in one pack, whose first push comes to this.
fn first(outcome: impl Fn(&Push) -> PushOutcome) -> (PushQueue, Vec<Push>) {
    let planned = [updates("a"), updates("bc")];
    let mut queue = PushQueue::new(&planned, FirstMirror::OnePack, NonZeroUsize::MAX, PushSize::default());
    let mut made = Vec::new();
    while let Some(task) = queue.next() {
        let Task::Push(push) = task else { panic!("{task:?}") };
        let outcome = if made.is_empty() { outcome(&push) } else { accepted(&push) };
        queue.record(&push, outcome).unwrap();
        made.push(push);
    }
    (queue, made)
}

#[test]
fn the_refs_of_one_pack_are_relied_on() {
    let (queue, made) = first(accepted);
    let bases: Vec<_> = made.iter().map(|push| (push.base, push.for_later.len())).collect();
    assert_eq!(bases, [(PackBase::ThinPack, 2), (PackBase::EarlierPack, 0)]);
    assert_eq!(queue.into_results(None).relied_on, updates("bc"));
}

#[test]
fn a_first_pack_that_is_refused_is_made_for_the_default_branch_alone() {
    let by_report = |push: &Push| refused(push, "ok", "a", "pre-receive hook declined", "a secret was found");
    let by_size = |_: &Push| failed(ErrorKind::TooLarge, PackProgress::Partial, "");
    for (queue, made) in [first(by_report), first(by_size)] {
        let pushes: Vec<_> = made.iter().map(|push| (shown(push), push.for_later.len())).collect();
        let expected = [("a".to_owned(), 2), ("a".to_owned(), 0), ("bc".to_owned(), 0)];
        assert_eq!(pushes, expected);
        let results = queue.into_results(None);
        assert!(results.relied_on.is_empty() && "abc".chars().all(|ref_| is_ok(&results, &ref_.to_string())));
    }
}

#[test]
fn what_a_destination_did_not_keep_comes_with_a_pack_of_its_own() {
    let planned = [updates("a"), updates("bc")];
    let mut queue = PushQueue::new(&planned, FirstMirror::OnePack, NonZeroUsize::MAX, PushSize::default());
    let Some(Task::Push(push)) = queue.next() else { panic!() };
    queue.record(&push, accepted(&push)).unwrap();
    let Some(Task::Push(push)) = queue.next() else { panic!() };
    queue.record(&push, refused(&push, "ok", "bc", "missing necessary objects", "")).unwrap();
    let Some(Task::Push(push)) = queue.next() else { panic!() };
    assert_eq!((shown(&push), push.base), ("bc".to_owned(), PackBase::ThinPack));
    queue.record(&push, accepted(&push)).unwrap();
    assert!(queue.into_results(None).relied_on.is_empty());
}

#[test]
fn the_number_of_parts_is_at_least_two() {
    assert!(NonZeroU32::new(2).is_some_and(|two| Sizes::new(size()).parts_of_pack(SENT) >= two));
}
