//! Outcomes of pushes, and the pushes that follow. Refs are letters: `ab` is a push of the branches `a` and `b`.

use std::time::Duration;

use super::super::PackProgress;
use super::super::chain::Cut;
use super::*;
use crate::error::{Failure, Indivisible, Side};
use crate::mirror::testing::{id, label, name, report};

pub(super) fn updates(refs: &str) -> Vec<RefUpdate> {
    let create =
        |ref_: char| RefUpdate::Create { name: name(&format!("refs/heads/{ref_}")), new: id(ref_ as u8) };
    refs.chars().map(create).collect()
}

fn queue_of(planned: &[Vec<RefUpdate>], max_updates: NonZeroUsize) -> PushQueue {
    PushQueue::new(planned, FirstMirror::TwoPacks, max_updates, PushSize::default())
}

fn queue(pushes: &[&str]) -> PushQueue {
    let pushes: Vec<_> = pushes.iter().map(|refs| updates(refs)).collect();
    queue_of(&pushes, NonZeroUsize::MAX)
}

/// Names the refs of a push, and what of its form is not that of a first try.
pub(super) fn shown(push: &Push) -> String {
    let base = (push.base != PackBase::ThinPack).then(|| format!(" {:?}", push.base));
    let delivery = (push.delivery != Delivery::Streamed).then(|| format!(" {:?}", push.delivery));
    [Some(refs(push)), base, delivery].into_iter().flatten().collect()
}

fn refs(push: &Push) -> String {
    push.updates.iter().map(|update| update.name().to_string().split_off("refs/heads/".len())).collect()
}

/// A thin pack of 100 bytes, all of which went out.
pub(super) const SENT: SentPack = SentPack {
    bytes: 100,
    objects: 10,
    took: Duration::from_secs(2),
    thin: ThinPack::Allowed,
    progress: PackProgress::Complete,
};

/// Reports on a push: `reason` refuses these of its refs, and the others are taken.
pub(super) fn refused(push: &Push, unpack: &str, refused: &str, reason: &str, said: &str) -> PushOutcome {
    let statuses: Vec<_> = refs(push)
        .chars()
        .map(|ref_| (format!("refs/heads/{ref_}"), if refused.contains(ref_) { reason } else { "" }))
        .collect();
    let statuses: Vec<_> = statuses.iter().map(|(ref_name, reason)| (ref_name.as_str(), *reason)).collect();
    let ended = PushEnd::Reported(report(unpack, &statuses).with_remote(said));
    PushOutcome { ended, pack: SENT }
}

pub(super) fn accepted(push: &Push) -> PushOutcome {
    refused(push, "ok", "", "", "")
}

fn error(side: Side, phase: Phase, kind: ErrorKind, said: &str) -> Error {
    label(side).error(phase, Failure::new(kind, "it broke off").or_in_words(said.into()))
}

pub(super) fn failed(kind: ErrorKind, progress: PackProgress, said: &str) -> PushOutcome {
    let ended = PushEnd::Failed(error(Side::Destination, Phase::Push, kind, said));
    PushOutcome { ended, pack: SentPack { progress, ..SENT } }
}

fn damaged() -> PushOutcome {
    let ended = PushEnd::Failed(error(Side::Source, Phase::Fetch, ErrorKind::Damaged, ""));
    PushOutcome { ended, pack: SentPack { progress: PackProgress::SourceFailed, ..SENT } }
}

/// Returns the push that is to be made.
#[track_caller]
fn made_now(task: Task) -> Push {
    match task {
        Task::Push(push) => push,
        other => panic!("{other:?}"),
    }
}

/// Makes the pushes with these outcomes; returns them, and what became of the queue.
fn drive(
    mut queue: PushQueue,
    mut outcome: impl FnMut(&Push) -> PushOutcome,
) -> (Vec<String>, Result<PushResults, GiveUp>) {
    let mut made = Vec::new();
    while let Some(task) = queue.next() {
        let push = match task {
            Task::Push(push) => push,
            // A source that tells nothing.
            Task::Measure(push) => {
                queue.measured(push, None);
                continue;
            }
            Task::Cut(push, _) => {
                queue.cut(push, Cut::Nowhere(Indivisible::NoCuts));
                continue;
            }
        };
        made.push(shown(&push));
        let outcome = outcome(&push);
        if let Err(give_up) = queue.record(&push, outcome) {
            return (made, Err(give_up));
        }
    }
    (made, Ok(queue.into_results(None)))
}

/// Expects these pushes of a plan of one push, all refs of which are told of once.
#[track_caller]
fn expect(plan: &str, outcome: impl FnMut(&Push) -> PushOutcome, pushes: &[&str]) -> PushResults {
    let (made, results) = drive(queue(&[plan]), outcome);
    assert_eq!(made, pushes);
    let results = results.unwrap();
    assert!(updates(plan).iter().all(|update| results.status(update.name()).is_some()));
    results
}

#[track_caller]
fn expect_give_up(plan: &str, outcome: impl FnMut(&Push) -> PushOutcome, pushes: usize) -> Failure {
    let (made, results) = drive(queue(&[plan]), outcome);
    assert_eq!(made.len(), pushes, "{made:?}");
    match results.unwrap_err() {
        GiveUp::Failed(error) => error.failure,
        GiveUp::Refused(failure) => failure,
    }
}

pub(super) fn is_ok(results: &PushResults, ref_: &str) -> bool {
    matches!(results.status(updates(ref_)[0].name()), Some((_, RefStatus::Ok)))
}

#[test]
fn planned_pushes_are_made_in_their_order() {
    let (made, results) = drive(queue(&["a", "bc"]), accepted);
    assert_eq!(made, ["a", "bc"]);
    let results = results.unwrap();
    assert_eq!((results.reports.len(), results.pack_bytes, results.interruption), (2, 200, None));
}

#[test]
fn what_arrived_is_known_to_later_pushes() {
    let mut queue = queue(&["ab"]);
    let push = made_now(queue.next().unwrap());
    assert_eq!(queue.record(&push, refused(&push, "ok", "b", "hook declined", "")), Ok(AfterPush::Continue));
    assert_eq!(queue.arrived(), [id(b'a')]);
    assert_eq!(queue.results.pack_bytes, 100);
    assert_eq!(queue.results.pack_time, SENT.took);
    assert_eq!(queue.next(), None);
}

#[test]
fn a_push_without_a_report_is_followed_by_the_next() {
    let (made, results) =
        drive(queue(&["a", "b"]), |_| PushOutcome { ended: PushEnd::Unreported, pack: SENT });
    assert_eq!((made.len(), results.unwrap().reports.len()), (2, 0));
}

#[test]
fn no_push_is_larger_than_the_destination_takes() {
    let pushes = [updates("abcde"), updates("f")];
    let limited = queue_of(&pushes, NonZeroUsize::new(2).unwrap());
    assert_eq!(drive(limited, accepted).0, ["ab", "cd", "e", "f"]);
}

#[test]
fn what_each_rejection_is_followed_by() {
    let declined = "pre-receive hook declined";
    for (unpack, reason, said, after) in [
        // A ref that is refused for itself.
        ("ok", "hook declined", "", &[][..]),
        ("ok", "deny updating a hidden ref", "", &[]),
        // A refusal of the whole push: by halves, or by the refs that the server names.
        ("ok", declined, "", &["ab", "cd"]),
        ("ok", declined, "no refs/heads/b", &["acd", "b"]),
        ("ok", declined, "Pushes can not update more than 3 branches", &["abc", "d"]),
        // A pack that does not hold together there.
        ("unresolved deltas left", "unpacker error", "", &["abcd SharedHistory"]),
        ("ok", "missing necessary objects", "", &["abcd SharedHistory"]),
        ("it went wrong", "unpacker error", "", &["abcd SharedHistory"]),
    ] {
        let mut first = true;
        let outcome = |push: &Push| {
            let refuses = std::mem::replace(&mut first, false);
            refused(
                push,
                if refuses { unpack } else { "ok" },
                if refuses { "abcd" } else { "" },
                reason,
                said,
            )
        };
        expect("abcd", outcome, &[&["abcd"], after].concat());
    }
}

#[test]
fn a_pack_without_its_objects_takes_less_for_granted_each_time() {
    let outcome = |push: &Push| refused(push, "ok", "ab", "missing necessary objects", "");
    let (first, second, last) = ("ab", "ab SharedHistory", "ab SelfContained");
    expect("ab", outcome, &[first, second, last, "a SelfContained", "b SelfContained"]);
}

#[test]
fn only_a_thin_pack_is_suspected_of_an_untold_failure() {
    let outcome = |push: &Push| {
        let outcome = refused(push, "it went wrong", "ab", "unpacker error", "");
        let thin = if push.base == PackBase::ThinPack { ThinPack::Allowed } else { ThinPack::Forbidden };
        PushOutcome { pack: SentPack { thin, ..SENT }, ..outcome }
    };
    expect("ab", outcome, &["ab", "ab SharedHistory", "a SharedHistory", "b SharedHistory"]);
}

#[test]
fn refs_that_are_refused_because_of_another_go_without_it() {
    let mut first = true;
    let outcome = |push: &Push| {
        if !std::mem::replace(&mut first, false) {
            return accepted(push);
        }
        let statuses = [("refs/heads/a", "TF402455: no"), ("refs/heads/b", "transaction aborted")];
        PushOutcome { ended: PushEnd::Reported(report("ok", &statuses)), pack: SENT }
    };
    let results = expect("ab", outcome, &["ab", "b"]);
    assert!(!is_ok(&results, "a") && is_ok(&results, "b"));
}

#[test]
fn refs_that_spoil_a_push_are_found_after_everything_else() {
    let outcome = |push: &Push| {
        let all = if refs(push).contains('b') { refs(push) } else { String::new() };
        refused(push, "ok", &all, "pre-receive hook declined", "")
    };
    let (made, results) = drive(queue(&["abcd", "e"]), outcome);
    assert_eq!(made, ["abcd", "e", "ab", "cd", "a", "b"]);
    let results = results.unwrap();
    assert!("acde".chars().all(|ref_| is_ok(&results, &ref_.to_string())) && !is_ok(&results, "b"));
}

#[test]
fn a_limit_that_the_server_tells_holds_for_all_later_pushes() {
    let said = "Pushes can not update more than 2 branches";
    let outcome = |push: &Push| match push.updates.len() {
        1 | 2 => accepted(push),
        _ => refused(push, "ok", &refs(push), "pre-receive hook declined", said),
    };
    assert_eq!(drive(queue(&["abc", "def"]), outcome).0, ["abc", "de", "f", "ab", "c"]);
}

#[test]
fn a_refusal_without_a_report_is_noted_for_a_single_ref() {
    let outcome = |push: &Push| {
        if refs(push).contains('b') {
            failed(ErrorKind::Refused, PackProgress::Complete, "no")
        } else {
            accepted(push)
        }
    };
    let results = expect("abc", outcome, &["abc", "a", "bc", "b", "c"]);
    let (report, status) = results.status(updates("b")[0].name()).unwrap();
    assert!(matches!(status, RefStatus::NoReport(_)));
    assert_eq!((&*report.remote, report.kind), ("no", Some(ErrorKind::Refused)));
}

#[test]
fn a_refusal_of_the_repository_ends_the_pushes() {
    let said = "You are not allowed to push code to this project.";
    for (said, kind) in [(said, ErrorKind::Forbidden), ("quota exceeded", ErrorKind::Storage)] {
        let in_report = |push: &Push| refused(push, "ok", "ab", "pre-receive hook declined", said);
        let in_words = |_: &Push| failed(ErrorKind::Refused, PackProgress::Complete, said);
        for failure in [expect_give_up("ab", in_report, 1), expect_give_up("ab", in_words, 1)] {
            assert_eq!((failure.kind, failure.remote.as_deref()), (kind, Some(said)));
        }
    }
    let full = |push: &Push| refused(push, "No space left on device", "ab", "unpacker error", "");
    let failure = expect_give_up("ab", full, 1);
    assert_eq!(
        (failure.kind, failure.remote.as_deref()),
        (ErrorKind::Storage, Some("No space left on device"))
    );
}

#[test]
fn when_a_pack_goes_through_a_file() {
    use PackProgress::{Complete, DestinationStalled, Partial, SourceFailed, SourceStalled};
    let unavailable = ErrorKind::Unavailable { retry_after: None };
    for (kind, progress, spools) in [
        (ErrorKind::RequestTimeout, Partial, true),
        (ErrorKind::RequestTimeout, SourceStalled, true),
        (ErrorKind::RequestTimeout, DestinationStalled, true),
        (ErrorKind::RequestTimeout, Complete, false),
        (ErrorKind::Interrupted, SourceStalled, true),
        (ErrorKind::Interrupted, DestinationStalled, true),
        (ErrorKind::Interrupted, Partial, false),
        (ErrorKind::Interrupted, SourceFailed, false),
        (ErrorKind::Interrupted, Complete, false),
        (ErrorKind::LengthRequired, Complete, true),
        (ErrorKind::LengthRequired, Partial, true),
        (unavailable, SourceStalled, false),
    ] {
        let outcome = |push: &Push| match push.delivery {
            Delivery::Streamed => failed(kind, progress, ""),
            Delivery::Spooled => accepted(push),
        };
        let (made, results) = drive(queue(&["ab"]), outcome);
        assert_eq!((made.len() == 2, results.is_ok()), (spools, spools), "{kind:?} {progress:?}: {made:?}");
        // Not a third time.
        let failure = expect_give_up("ab", |_| failed(kind, progress, ""), made.len());
        assert_eq!(failure.kind, kind);
    }
}

#[test]
fn a_destination_that_wants_a_length_gets_it_from_then_on() {
    let outcome = |push: &Push| match push.delivery {
        Delivery::Streamed => failed(ErrorKind::LengthRequired, PackProgress::Complete, ""),
        Delivery::Spooled => accepted(push),
    };
    assert_eq!(drive(queue(&["a", "b"]), outcome).0, ["a", "a Spooled", "b Spooled"]);
}

#[test]
fn a_patience_that_ended_once_does_not_slow_the_others() {
    let mut first = true;
    let outcome = |push: &Push| {
        let is_first = std::mem::replace(&mut first, false);
        if is_first { failed(ErrorKind::RequestTimeout, PackProgress::Partial, "") } else { accepted(push) }
    };
    assert_eq!(drive(queue(&["a", "b"]), outcome).0, ["a", "a Spooled", "b"]);
}

#[test]
fn an_error_of_either_side_ends_the_pushes() {
    let broken = error(Side::Source, Phase::Fetch, ErrorKind::Interrupted, "");
    let outcome = |_: &Push| PushOutcome { ended: PushEnd::Failed(broken.clone()), pack: SENT };
    let (made, results) = drive(queue(&["a", "b"]), outcome);
    assert_eq!((made.len(), results.unwrap_err()), (1, GiveUp::Failed(broken)));
    // A refusal of the source is none of the destination.
    let refused = error(Side::Source, Phase::Fetch, ErrorKind::Refused, "no");
    let outcome = |_: &Push| PushOutcome { ended: PushEnd::Failed(refused.clone()), pack: SENT };
    assert_eq!(drive(queue(&["ab"]), outcome).0, ["ab"]);
}

#[test]
fn damage_keeps_its_own_ref_out_and_no_deletion_is_made() {
    let mut plan = updates("abcd");
    plan.insert(0, RefUpdate::Delete { name: name("refs/heads/x"), old: id(9) });
    let queue = queue_of(&[plan], NonZeroUsize::MAX);
    let (made, results) =
        drive(queue, |push| if refs(push).contains('c') { damaged() } else { accepted(push) });
    assert_eq!(made, ["xabcd", "ab", "cd", "c", "d"]);
    let results = results.unwrap();
    assert!(["a", "b", "d"].iter().all(|ref_| is_ok(&results, ref_)));
    let error = results.interruption.unwrap();
    assert_eq!((error.failure.kind, error.label.side), (ErrorKind::Damaged, Side::Source));
    assert!(error.failure.message.ends_with("it cannot give 'refs/heads/c'"), "{error}");
}

const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz";

#[test]
fn pushes_that_are_too_large_time_and_again_end_it() {
    let too_large = |_: &Push| failed(ErrorKind::TooLarge, PackProgress::Partial, "");
    let (made, results) = drive(queue(&[LETTERS]), too_large);
    assert_eq!(made[..3], [LETTERS, "abcdefghijklm SharedHistory", "abcdef SharedHistory"]);
    let GiveUp::Refused(failure) = results.unwrap_err() else { panic!() };
    assert_eq!((failure.kind, made.len()), (ErrorKind::TooLarge, 8));
}

#[test]
fn refs_that_are_too_large_alone_leave_the_others_to_go() {
    let outcome = |push: &Push| match refs(push) {
        refs if refs.contains('c') || refs.contains('y') => {
            failed(ErrorKind::TooLarge, PackProgress::Partial, "")
        }
        _ => accepted(push),
    };
    let results = drive(queue(&[LETTERS]), outcome).1.unwrap();
    let missing: String = LETTERS.chars().filter(|ref_| !is_ok(&results, &ref_.to_string())).collect();
    assert_eq!((missing.as_str(), results.interruption), ("cy", None));
}

#[test]
fn a_search_that_costs_too_much_ends_with_what_is_looked_for() {
    let large = SentPack { bytes: 1 << 30, ..SENT };
    let refusing = |push: &Push| {
        let outcome = refused(push, "ok", &refs(push), "pre-receive hook declined", "no");
        PushOutcome { pack: large, ..outcome }
    };
    let failure = expect_give_up(LETTERS, refusing, 6);
    assert_eq!((failure.kind, failure.remote.as_deref()), (ErrorKind::Refused, Some("no")));
    let damage = |_: &Push| PushOutcome { pack: large, ..damaged() };
    assert_eq!(expect_give_up(LETTERS, damage, 6).kind, ErrorKind::Damaged);
}

#[test]
fn a_push_that_the_gate_aborts_is_repeated_and_bounded() {
    let aborted = || PushOutcome { ended: PushEnd::Aborted, pack: SENT };
    let mut left = 2;
    let outcome = |push: &Push| {
        if left == 0 {
            return accepted(push);
        }
        left -= 1;
        aborted()
    };
    expect("ab", outcome, &["ab", "ab", "ab"]);
    assert_eq!(expect_give_up("ab", |_| aborted(), MAX_ABORTS).kind, ErrorKind::Interrupted);
    // Only in a row.
    let mut number = 0;
    let outcome = |push: &Push| {
        number += 1;
        if number % 3 == 0 { accepted(push) } else { aborted() }
    };
    assert_eq!(drive(queue(&["a", "b", "c"]), outcome).0.len(), 9);
}

#[test]
fn followers_hear_what_comes_next() {
    let mut queue = queue(&["abc"]);
    let push = made_now(queue.next().unwrap());
    let whole = refused(&push, "ok", "abc", "pre-receive hook declined", "");
    assert_eq!(queue.record(&push, whole), Ok(AfterPush::Split { cause: Side::Destination, updates: 3 }));
    let part = made_now(queue.next().unwrap());
    let aborted = PushOutcome { ended: PushEnd::Aborted, pack: SENT };
    assert_eq!(queue.record(&part, aborted), Ok(AfterPush::Repeat));
    assert_eq!(queue.next(), Some(Task::Push(part.clone())));
    let push = made_now(queue.next().unwrap());
    assert_eq!(queue.record(&push, damaged()), Ok(AfterPush::Split { cause: Side::Source, updates: 2 }));
}
