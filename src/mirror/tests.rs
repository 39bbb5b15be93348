//! Whole mirrors between repositories in memory.

use std::num::NonZeroUsize;

use super::policy::Prune;
use super::ports::*;
use super::report::{Outcome, RejectedRefs, Verdict};
use super::testing::{MemoryDestination, MemorySource, Silent, id, job, label, name, policy};
use super::*;
use crate::error::{ErrorKind, Phase, RepositoryProblem, Side};
use crate::mirror::ref_rule::RefRule;
use crate::protocol::advertisement::History;
use crate::protocol::fetch::ThinPack;
use crate::protocol::object_id::ObjectFormat;
use crate::protocol::object_id::ObjectId;
use crate::protocol::receive_pack::RefUpdate;
use crate::protocol::ref_list::AdvertisedRef;
use crate::protocol::ref_list::RefList;

fn run(source: &mut MemorySource, destination: &mut MemoryDestination) -> Result<Report, Error> {
    mirror(source, destination, &job(&policy(), Mode::Mirror), &Silent)
}

fn outcomes(report: &Report) -> Vec<(String, Outcome)> {
    report.outcomes.iter().map(|ref_| (ref_.update.name().to_string(), ref_.outcome.clone())).collect()
}

fn failure(side: Side, phase: Phase, message: &str) -> Error {
    label(side).error(phase, Failure::new(ErrorKind::Interrupted, message))
}

#[test]
fn only_what_the_destination_lacks_is_asked_for() {
    let mut source =
        MemorySource::new(&[("refs/heads/main", 2), ("refs/heads/same", 5), ("refs/tags/v1", 1)]);
    let mut destination =
        MemoryDestination::new(&[("refs/heads/main", 1), ("refs/heads/same", 5), ("refs/pull/7", 7)]);
    let report = run(&mut source, &mut destination).unwrap();
    assert_eq!(report.verdict(RejectedRefs::Fail), Verdict::Succeeded);
    let [request] = source.requests.as_slice() else { panic!("{:?}", source.requests) };
    assert_eq!(request.wants, [id(2)]);
    assert_eq!(request.haves, [id(1), id(5), id(7)]);
    assert_eq!(destination.info.refs.get(&name("refs/tags/v1")), Some(id(1)));
}

#[test]
fn nothing_to_do_means_no_request_and_no_push() {
    let mut source = MemorySource::new(&[("refs/heads/main", 1)]);
    let mut destination = MemoryDestination::new(&[("refs/heads/main", 1)]);
    let report = run(&mut source, &mut destination).unwrap();
    assert_eq!((report.unchanged, report.verdict(RejectedRefs::Fail)), (1, Verdict::Succeeded));
    assert!(source.requests.is_empty() && destination.pushes.is_empty());
}

#[test]
fn deletions_alone_send_no_pack() {
    let mut source = MemorySource::new(&[("refs/heads/main", 1)]);
    let mut destination = MemoryDestination::new(&[("refs/heads/main", 1), ("refs/heads/old", 2)]);
    run(&mut source, &mut destination).unwrap();
    let [(updates, pack)] = destination.pushes.as_slice() else { panic!() };
    assert_eq!((updates.len(), pack), (1, &None));
    assert!(source.requests.is_empty());
}

#[test]
fn objects_that_are_there_already_send_the_empty_pack() {
    let mut source = MemorySource::new(&[("refs/heads/main", 1), ("refs/heads/renamed", 1)]);
    let mut destination = MemoryDestination::new(&[("refs/heads/main", 1)]);
    run(&mut source, &mut destination).unwrap();
    let [(_, Some(pack))] = destination.pushes.as_slice() else { panic!() };
    assert_eq!(*pack, crate::protocol::receive_pack::empty_pack(ObjectFormat::Sha1));
    assert!(source.requests.is_empty());
}

#[test]
fn the_second_push_builds_on_what_the_first_brought() {
    let mut source = MemorySource::new(&[("refs/heads/a", 1), ("refs/heads/main", 2), ("refs/tags/v1", 2)]);
    source.info.refs = source.info.refs.with_head("refs/heads/main");
    let mut destination = MemoryDestination::new(&[]);
    run(&mut source, &mut destination).unwrap();
    let asked: Vec<_> =
        source.requests.iter().map(|request| (request.wants.clone(), request.haves.clone())).collect();
    assert_eq!(asked, [(vec![id(2)], vec![]), (vec![id(1)], vec![id(2)])]);
    assert_eq!(destination.pushes[0].0[0].name(), &name("refs/heads/main"));
}

#[test]
fn what_the_first_push_did_not_bring_is_no_base_of_the_second() {
    let mut source = MemorySource::new(&[("refs/heads/main", 2), ("refs/tags/v1", 3)]);
    source.info.refs = source.info.refs.with_head("refs/heads/main");
    let mut destination = MemoryDestination::new(&[]);
    destination.protected.push(name("refs/heads/main"));
    run(&mut source, &mut destination).unwrap();
    assert_eq!(source.requests[1].haves, []);
}

#[test]
fn a_shallow_destination_is_promised_nothing() {
    let mut source = MemorySource::new(&[("refs/heads/main", 2)]);
    let mut destination = MemoryDestination::new(&[("refs/heads/main", 1)]);
    destination.info.history = History::Shallow;
    run(&mut source, &mut destination).unwrap();
    assert_eq!((source.requests[0].haves.len(), source.requests[0].thin_pack), (0, ThinPack::Forbidden));
}

#[test]
fn a_refused_ref_leaves_the_others_in_place_and_fails_the_run() {
    let mut source = MemorySource::new(&[("refs/heads/main", 2), ("refs/heads/next", 3)]);
    let mut destination = MemoryDestination::new(&[("refs/heads/main", 1)]);
    destination.protected.push(name("refs/heads/main"));
    let report = run(&mut source, &mut destination).unwrap();
    let refused =
        Outcome::Rejected(report::Refusal { reason: "hook declined".into(), remote: "".into(), kind: None });
    assert_eq!(
        outcomes(&report),
        [("refs/heads/main".into(), refused), ("refs/heads/next".into(), Outcome::Done)]
    );
    assert_eq!(report.verdict(RejectedRefs::Fail), Verdict::Failed);
    assert_eq!(report.counts(), report::Counts { created: 1, rejected: 1, ..report::Counts::default() });
}

#[test]
fn an_error_of_the_source_aborts_the_push_and_is_reported() {
    let mut source = MemorySource::new(&[("refs/heads/main", 2)]);
    source.end = Err(failure(Side::Source, Phase::Fetch, "corrupt"));
    let mut destination = MemoryDestination::new(&[("refs/heads/main", 1)]);
    let report = run(&mut source, &mut destination).unwrap();
    assert!(destination.pushes.is_empty());
    assert_eq!(report.interruption, source.end.err());
    assert_eq!(outcomes(&report), [("refs/heads/main".into(), Outcome::NotPushed)]);
}

#[test]
fn a_push_that_was_applied_counts_although_its_answer_was_lost() {
    let mut source = MemorySource::new(&[("refs/heads/main", 2)]);
    let mut destination = MemoryDestination::new(&[("refs/heads/main", 1)]);
    destination.answer = Err(failure(Side::Destination, Phase::Push, "504"));
    let report = run(&mut source, &mut destination).unwrap();
    assert_eq!(
        (report.verdict(RejectedRefs::Fail), report.interruption.is_none()),
        (Verdict::Succeeded, true)
    );
}

#[test]
fn what_somebody_else_moved_meanwhile_is_said_and_left() {
    let mut source = MemorySource::new(&[("refs/heads/main", 2)]);
    let destination = MemoryDestination::new(&[("refs/heads/main", 1)]);
    let plan = guards::plan(&source.info.refs, &destination.info.refs, &policy()).unwrap();
    source.info.refs = testing::list(&[("refs/heads/main", 2)]);
    let after = testing::list(&[("refs/heads/main", 9), ("refs/heads/new", 9)]);
    let remaining = guards::plan(&source.info.refs, &after, &policy()).unwrap();
    let report = verify::report(plan, PushResults::default(), &remaining);
    let moved = Outcome::ChangedConcurrently;
    assert_eq!(
        outcomes(&report),
        [("refs/heads/main".into(), moved.clone()), ("refs/heads/new".into(), moved)]
    );
}

#[test]
fn formats_must_be_equal() {
    let mut source = MemorySource::new(&[("refs/heads/main", 2)]);
    let mut destination = MemoryDestination::new(&[]);
    destination.info.format = ObjectFormat::Sha256;
    let error = run(&mut source, &mut destination).unwrap_err();
    let kind = ErrorKind::Repository(RepositoryProblem::FormatsDiffer);
    assert_eq!((error.label.side, error.phase, error.failure.kind), (Side::Destination, Phase::Plan, kind));
}

#[test]
fn formats_that_differ_are_named_in_words() {
    let mut source = MemorySource::new(&[("refs/heads/main", 2)]);
    let mut destination = MemoryDestination::new(&[]);
    destination.info.format = ObjectFormat::Sha256;
    let error = run(&mut source, &mut destination).unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot mirror to destination 'https://destination.example.org': its object format is sha256 and that of \
         source 'https://source.example.org' is sha1"
    );
}

#[test]
fn a_dry_run_sends_nothing() {
    let mut source = MemorySource::new(&[("refs/heads/main", 2)]);
    let mut destination = MemoryDestination::new(&[]);
    let report = mirror(&mut source, &mut destination, &job(&policy(), Mode::DryRun), &Silent).unwrap();
    assert_eq!(outcomes(&report), [("refs/heads/main".into(), Outcome::Planned)]);
    assert!(source.requests.is_empty() && destination.pushes.is_empty());
}

#[test]
fn symbolic_refs_are_asked_for_where_one_could_be_deleted() {
    let mut source = MemorySource::new(&[("refs/heads/main", 1)]);
    let mut destination = MemoryDestination::new(&[("refs/heads/alias", 1), ("refs/heads/main", 1)]);
    destination.symrefs = RefList::default().with_symref("refs/heads/alias", "refs/heads/main");
    let report = run(&mut source, &mut destination).unwrap();
    assert_eq!((report.kept.len(), destination.pushes.len()), (1, 0));
}

#[test]
fn a_symbolic_ref_is_an_issue_unless_it_follows() {
    for (alias, verdict) in [(3, Verdict::SucceededWithIssues), (2, Verdict::Succeeded)] {
        let mut source = MemorySource::new(&[("refs/heads/alias", alias), ("refs/heads/main", 2)]);
        let mut destination = MemoryDestination::new(&[("refs/heads/alias", 1), ("refs/heads/main", 1)]);
        destination.symrefs = RefList::default().with_symref("refs/heads/alias", "refs/heads/main");
        let report = run(&mut source, &mut destination).unwrap();
        assert_eq!((report.verdict(RejectedRefs::Fail), report.counts().updated), (verdict, 1));
        assert_eq!((report.kept.len(), report.unchanged), if alias == 2 { (0, 1) } else { (1, 0) });
    }
}

#[test]
fn a_contradicted_refusal_is_counted_and_decides_nothing() {
    let mut source = MemorySource::new(&[("refs/heads/main", 2)]);
    let mut destination = MemoryDestination::new(&[("refs/heads/main", 1)]);
    destination.lies = true;
    let report = run(&mut source, &mut destination).unwrap();
    assert_eq!((report.verdict(RejectedRefs::Fail), report.contradicted), (Verdict::Succeeded, 1));
}

#[test]
fn a_thousand_haves_too_many_are_left_out_but_never_wanted() {
    let wide = |number: u32| {
        let mut bytes = [0; 20];
        bytes[..4].copy_from_slice(&number.to_be_bytes());
        ObjectId::Sha1(bytes)
    };
    let many = |number| AdvertisedRef { name: name(&format!("refs/tags/t{number}")), id: wide(number) };
    let mut source = MemorySource::new(&[]);
    source.info.refs =
        (0..21_000).map(many).chain([AdvertisedRef { name: name("refs/heads/main"), id: id(9) }]).collect();
    let mut destination = MemoryDestination::new(&[]);
    destination.info.refs = (0..21_000).map(many).collect();
    run(&mut source, &mut destination).unwrap();
    assert_eq!((source.requests[0].wants.len(), source.requests[0].haves.len()), (1, 20_000));
}

#[test]
fn the_refs_that_spoil_a_push_are_found_and_the_others_go() {
    let refs: Vec<(String, u8)> =
        (0..16).map(|number| (format!("refs/heads/b{number:02}"), number + 1)).collect();
    let refs: Vec<(&str, u8)> = refs.iter().map(|(name, number)| (name.as_str(), *number)).collect();
    let mut source = MemorySource::new(&refs);
    let mut destination = MemoryDestination::new(&[("refs/heads/b00", 1)]);
    destination.poisoned = vec![name("refs/heads/b05"), name("refs/heads/b11")];
    let report = run(&mut source, &mut destination).unwrap();
    let refused: Vec<_> = outcomes(&report)
        .into_iter()
        .filter(|(_, outcome)| *outcome != Outcome::Done)
        .map(|(name, _)| name)
        .collect();
    assert_eq!(refused, ["refs/heads/b05", "refs/heads/b11"]);
    assert_eq!(destination.info.refs.refs().len(), 14);
    assert!(destination.pushes.len() < 20, "{}", destination.pushes.len());
}

#[test]
fn a_destination_that_refuses_everything_is_not_asked_for_ever() {
    let refs: Vec<String> = (0..500).map(|number| format!("refs/heads/b{number}")).collect();
    let refs: Vec<(&str, u8)> = refs.iter().map(|name| (name.as_str(), 1)).collect();
    let mut source = MemorySource::new(&refs);
    let mut destination = MemoryDestination::new(&[("refs/heads/other", 9)]);
    destination.poisoned = refs.iter().map(|(ref_name, _)| name(ref_name)).collect();
    let report = run(&mut source, &mut destination).unwrap();
    assert!(destination.pushes.len() < 100, "{}", destination.pushes.len());
    // It says so, and calls nothing refused that was not refused for itself.
    assert_eq!(report.interruption.as_ref().unwrap().failure.kind, ErrorKind::Refused);
    assert_eq!(report.verdict(RejectedRefs::Warn), Verdict::Failed);
    assert!(outcomes(&report).iter().any(|(_, outcome)| *outcome == Outcome::NotPushed));
}

#[test]
fn pushes_that_were_refused_in_a_row_are_counted_in_words() {
    let refs: Vec<String> = (0..500).map(|number| format!("refs/heads/b{number}")).collect();
    let refs: Vec<(&str, u8)> = refs.iter().map(|name| (name.as_str(), 1)).collect();
    let mut destination = MemoryDestination::new(&[("refs/heads/other", 9)]);
    destination.poisoned = refs.iter().map(|(ref_name, _)| name(ref_name)).collect();
    let report = run(&mut MemorySource::new(&refs), &mut destination).unwrap();
    assert!(report.interruption.unwrap().to_string().contains("refused 64 pushes in a row"));
}

#[test]
fn many_refs_that_spoil_pushes_are_all_found_among_thousands() {
    let refs: Vec<String> = (0..3000).map(|number| format!("refs/heads/b{number:04}")).collect();
    let refs: Vec<(&str, u8)> = refs.iter().map(|name| (name.as_str(), 1)).collect();
    let mut source = MemorySource::new(&refs);
    let mut destination = MemoryDestination::new(&[("refs/tags/other", 9)]);
    destination.poisoned =
        (0..30).map(|number| name(&format!("refs/heads/b{:04}", number * 97 + 5))).collect();
    let policy = Policy { prune: Prune::Keep, ..policy() };
    let report = mirror(&mut source, &mut destination, &job(&policy, Mode::Mirror), &Silent).unwrap();
    let refused = |outcome: &Outcome| matches!(outcome, Outcome::Rejected(_));
    assert_eq!(outcomes(&report).iter().filter(|(_, outcome)| refused(outcome)).count(), 30);
    assert_eq!(report.counts(), report::Counts { created: 2970, rejected: 30, ..report::Counts::default() });
    assert_eq!(report.interruption, None);
    assert!(destination.pushes.len() < 500, "{}", destination.pushes.len());
}

#[test]
fn the_refs_that_the_server_names_are_found_at_once() {
    let refs: Vec<String> = (0..1000).map(|number| format!("refs/heads/b{number:03}")).collect();
    let refs: Vec<(&str, u8)> = refs.iter().map(|name| (name.as_str(), 1)).collect();
    let mut source = MemorySource::new(&refs);
    let mut destination = MemoryDestination::new(&[]);
    destination.poisoned = vec![name("refs/heads/b123"), name("refs/heads/b777")];
    destination.words = "no refs/heads/b123\nno refs/heads/b777".into();
    let report = run(&mut source, &mut destination).unwrap();
    assert_eq!(report.counts(), report::Counts { created: 998, rejected: 2, ..report::Counts::default() });
    assert_eq!(destination.pushes.len(), 5);
}

#[test]
fn a_host_that_says_how_many_refs_it_takes_gets_no_more() {
    let refs: Vec<String> = (0..60).map(|number| format!("refs/tags/t{number:02}")).collect();
    let refs: Vec<(&str, u8)> = refs.iter().map(|name| (name.as_str(), 1)).collect();
    let mut source = MemorySource::new(&refs);
    let mut destination = MemoryDestination::new(&[]);
    destination.takes = 5;
    destination.words = "GH013: Pushes can not update more than 5 branches or tags.".into();
    let report = run(&mut source, &mut destination).unwrap();
    assert_eq!((report.counts().created, destination.pushes.len()), (60, 13));
}

#[test]
fn what_goes_in_parts_comes_after_everything_else() {
    let mut source = MemorySource::new(&[("refs/heads/a", 1), ("refs/heads/b", 2), ("refs/heads/c", 3)]);
    let mut destination = MemoryDestination::new(&[]);
    destination.info.max_updates = NonZeroUsize::new(2).unwrap();
    destination.poisoned = vec![name("refs/heads/a")];
    run(&mut source, &mut destination).unwrap();
    let pushed = |(updates, _): &(Vec<RefUpdate>, _)| {
        updates.iter().map(|update| update.name().to_string().split_off(11)).collect::<String>()
    };
    assert_eq!(destination.pushes.iter().map(pushed).collect::<Vec<_>>(), ["ab", "c", "a", "b"]);
}

#[test]
fn missing_objects_are_sent_without_leaning_on_the_destination() {
    let mut source = MemorySource::new(&[("refs/heads/main", 2)]);
    let mut destination = MemoryDestination::new(&[("refs/heads/main", 1)]);
    let refusal =
        testing::report("unresolved deltas left after unpacking", &[("refs/heads/main", "unpacker error")]);
    destination.refusals = vec![refusal.clone(), refusal];
    let report = run(&mut source, &mut destination).unwrap();
    assert_eq!(report.verdict(RejectedRefs::Fail), Verdict::Succeeded);
    let asked: Vec<_> =
        source.requests.iter().map(|request| (request.thin_pack, request.haves.len())).collect();
    assert_eq!(asked, [(ThinPack::Allowed, 1), (ThinPack::Forbidden, 1), (ThinPack::Forbidden, 0)]);
}

#[test]
fn an_impatient_destination_gets_a_pack_from_a_file() {
    let mut source = MemorySource::new(&[("refs/heads/main", 2)]);
    let mut destination = MemoryDestination::new(&[("refs/heads/main", 1)]);
    destination.impatient = 1;
    let report = run(&mut source, &mut destination).unwrap();
    assert_eq!(report.verdict(RejectedRefs::Fail), Verdict::Succeeded);
    assert_eq!((source.requests.len(), destination.pushes.len()), (2, 1));
}

#[test]
fn one_that_never_has_any_is_not_asked_a_third_time() {
    let mut source = MemorySource::new(&[("refs/heads/main", 2)]);
    let mut destination = MemoryDestination::new(&[("refs/heads/main", 1)]);
    destination.impatient = 9;
    let report = run(&mut source, &mut destination).unwrap();
    assert_eq!(outcomes(&report), [("refs/heads/main".into(), Outcome::NotPushed)]);
    assert_eq!((source.requests.len(), report.interruption.is_some()), (2, true));
}

#[test]
fn a_destination_that_wants_a_length_is_told_it_from_then_on() {
    let mut source = MemorySource::new(&[("refs/heads/a", 2), ("refs/heads/b", 3), ("refs/heads/c", 4)]);
    let mut destination = MemoryDestination::new(&[]);
    destination.wants_length = true;
    destination.info.max_updates = NonZeroUsize::MIN;
    let report = run(&mut source, &mut destination).unwrap();
    assert_eq!(report.verdict(RejectedRefs::Fail), Verdict::Succeeded);
    assert_eq!((source.requests.len(), destination.pushes.len()), (4, 3));
}

#[test]
fn a_destination_that_may_not_be_read_is_pushed_to_all_the_same() {
    let refs = [("refs/heads/main", 1), ("refs/heads/gone", 1)];
    for (kind, goes_on) in [
        (ErrorKind::Unauthorized, true),
        (ErrorKind::Forbidden, true),
        (ErrorKind::NotFound, true),
        (ErrorKind::Interrupted, false),
        (ErrorKind::Protocol, false),
    ] {
        let mut source = MemorySource::new(&[("refs/heads/main", 2)]);
        let mut destination = MemoryDestination::new(&refs);
        destination.learning = Err(label(Side::Destination).error(Phase::List, Failure::new(kind, "no")));
        let report = run(&mut source, &mut destination);
        assert_eq!(report.is_ok(), goes_on, "{kind:?}");
        assert_eq!(destination.pushes.is_empty(), !goes_on, "{kind:?}");
    }
}

#[test]
fn no_push_holds_more_updates_than_the_destination_takes() {
    let refs: Vec<String> = (0..25).map(|number| format!("refs/tags/t{number:02}")).collect();
    let refs: Vec<(&str, u8)> = refs.iter().map(|name| (name.as_str(), 1)).collect();
    let mut source = MemorySource::new(&refs);
    let mut destination = MemoryDestination::new(&[("refs/heads/main", 9)]);
    destination.info.max_updates = NonZeroUsize::new(10).unwrap();
    let mut keep = policy();
    keep.prune = Prune::Keep;
    let report = mirror(&mut source, &mut destination, &job(&keep, Mode::Mirror), &Silent).unwrap();
    assert_eq!(report.counts().created, 25);
    assert_eq!(destination.pushes.iter().map(|(updates, _)| updates.len()).collect::<Vec<_>>(), [10, 10, 5]);
}

#[test]
fn a_run_that_is_stopped_sends_nothing_more() {
    let mut source = MemorySource::new(&[("refs/heads/main", 2)]);
    let mut destination = MemoryDestination::new(&[("refs/heads/main", 1)]);
    let policy = policy();
    let job = job(&policy, Mode::Mirror);
    job.cancel.now(crate::cancel::CancelReason::Cancelled);
    let report = mirror(&mut source, &mut destination, &job, &Silent).unwrap();
    assert_eq!(outcomes(&report), [("refs/heads/main".into(), Outcome::NotPushed)]);
    assert!(source.requests.is_empty() && destination.pushes.is_empty());
}

#[test]
fn a_push_that_cannot_be_verified_is_unknown_and_never_nothing() {
    let mut source = MemorySource::new(&[("refs/heads/main", 2)]);
    let mut destination = MemoryDestination::new(&[("refs/heads/main", 1)]);
    destination.listing = Err(failure(Side::Destination, Phase::Verify, "503"));
    let report = run(&mut source, &mut destination).unwrap();
    assert_eq!(outcomes(&report), [("refs/heads/main".into(), Outcome::Unknown)]);
    assert_eq!((report.interruption.unwrap().phase, destination.pushes.len()), (Phase::Verify, 1));
}

#[test]
fn a_single_ref_that_is_too_large_leaves_the_others_to_go() {
    let mut source = MemorySource::new(&[("refs/heads/a", 2), ("refs/heads/b", 3)]);
    let mut destination = MemoryDestination::new(&[("refs/heads/main", 1), ("refs/heads/b", 1)]);
    destination.too_large = vec![name("refs/heads/a")];
    let policy = Policy { prune: Prune::Keep, ..policy() };
    let report = mirror(&mut source, &mut destination, &job(&policy, Mode::Mirror), &Silent).unwrap();
    assert_eq!(report.counts(), report::Counts { updated: 1, rejected: 1, ..report::Counts::default() });
    assert_eq!(report.interruption, None);
}

#[test]
fn names_that_the_host_cannot_take_are_not_sent() {
    let mut source =
        MemorySource::new(&[("refs/heads/Main", 2), ("refs/heads/main", 3), ("refs/tags/v1", 3)]);
    let mut destination = MemoryDestination::new(&[("refs/heads/main", 1)]);
    destination.info.ref_rules = &[RefRule::CaseInsensitive];
    let report = run(&mut source, &mut destination).unwrap();
    assert_eq!(
        report.counts(),
        report::Counts { created: 1, updated: 1, rejected: 1, ..report::Counts::default() }
    );
    assert_eq!(report.verdict(RejectedRefs::Warn), Verdict::SucceededWithIssues);
    let sent =
        destination.pushes.iter().flat_map(|(updates, _)| updates).map(|update| update.name().to_string());
    assert!(sent.into_iter().all(|name| name != "refs/heads/Main"));

    // A second run has nothing to send, and still says what is missing.
    let pushes = destination.pushes.len();
    let again = run(&mut source, &mut destination).unwrap();
    assert_eq!((again.counts().rejected, destination.pushes.len()), (1, pushes));
}

#[test]
fn a_refusal_of_the_whole_repository_ends_the_run_at_once() {
    let refs: Vec<String> = (0..40).map(|number| format!("refs/heads/b{number:02}")).collect();
    let refs: Vec<(&str, u8)> = refs.iter().map(|name| (name.as_str(), 1)).collect();
    for (said, kind) in [
        ("You are not allowed to push code to this project.", ErrorKind::Forbidden),
        ("This repository was archived so it is read-only.", ErrorKind::Forbidden),
        ("quota exceeded", ErrorKind::Storage),
    ] {
        let mut source = MemorySource::new(&refs);
        let mut destination = MemoryDestination::new(&[]);
        destination.poisoned = refs.iter().map(|(ref_name, _)| name(ref_name)).collect();
        destination.words = said.into();
        let report = run(&mut source, &mut destination).unwrap();
        let failure = report.interruption.unwrap().failure;
        assert_eq!((failure.kind, failure.remote.as_deref()), (kind, Some(said)));
        assert_eq!(destination.pushes.len(), 1, "{said}");
    }
}

#[test]
fn words_about_one_branch_still_find_it() {
    let mut source = MemorySource::new(&[
        ("refs/heads/a", 1),
        ("refs/heads/b", 2),
        ("refs/heads/c", 3),
        ("refs/heads/d", 4),
    ]);
    let mut destination = MemoryDestination::new(&[("refs/heads/other", 9)]);
    destination.poisoned = vec![name("refs/heads/c")];
    destination.words = "You are not allowed to push to this branch".into();
    let policy = Policy { prune: Prune::Keep, ..policy() };
    let report = mirror(&mut source, &mut destination, &job(&policy, Mode::Mirror), &Silent).unwrap();
    assert_eq!(report.counts(), report::Counts { created: 3, rejected: 1, ..report::Counts::default() });
}

#[test]
fn storage_on_failed_unpack_ends_the_run_at_once() {
    let mut source = MemorySource::new(&[("refs/heads/a", 1), ("refs/heads/b", 2), ("refs/heads/c", 3)]);
    let mut destination = MemoryDestination::new(&[]);
    let refused = [("refs/heads/a", "unpacker error"), ("refs/heads/b", "unpacker error")];
    destination.refusals = vec![testing::report("No space left on device", &refused)];
    let report = run(&mut source, &mut destination).unwrap();
    assert_eq!(report.interruption.unwrap().failure.kind, ErrorKind::Storage);
    assert_eq!(destination.pushes.len(), 1);
}

/// Mirrors 32 branches, of which those are too large; returns what came of it, and the pushes refused for size.
fn with_too_large(large: impl Fn(usize) -> bool) -> (Report, usize) {
    let refs: Vec<String> = (0..32).map(|number| format!("refs/heads/b{number:02}")).collect();
    let refs: Vec<(&str, u8)> = refs.iter().map(|name| (name.as_str(), 1)).collect();
    let mut source = MemorySource::new(&refs);
    let mut destination = MemoryDestination::new(&[]);
    let chosen = refs.iter().enumerate().filter(|(number, _)| large(*number));
    destination.too_large = chosen.map(|(_, (ref_name, _))| name(ref_name)).collect();
    let report = run(&mut source, &mut destination).unwrap();
    (report, destination.refused_for_size)
}

#[test]
fn a_size_that_nothing_fits_in_ends_the_halving() {
    let (report, refused) = with_too_large(|_| true);
    let failure = report.interruption.unwrap().failure;
    assert_eq!((failure.kind, refused), (ErrorKind::TooLarge, 8));
    assert_eq!(report.outcomes.len(), 32);
    assert!(refused_refs(&report.outcomes) < 8);
}

fn refused_refs(outcomes: &[report::RefOutcome]) -> usize {
    outcomes.iter().filter(|ref_| matches!(ref_.outcome, Outcome::Rejected(_))).count()
}

#[test]
fn refs_that_are_too_large_in_both_halves_are_found() {
    let (report, _) = with_too_large(|number| number == 5 || number == 20);
    assert_eq!(report.counts(), report::Counts { created: 30, rejected: 2, ..report::Counts::default() });
    assert_eq!(report.interruption, None);
}

#[test]
fn damage_at_the_source_keeps_only_its_own_ref_out() {
    let refs: Vec<String> = (0..16).map(|number| format!("refs/heads/b{number:02}")).collect();
    let refs: Vec<(&str, u8)> = refs.iter().zip(1..).map(|(name, number)| (name.as_str(), number)).collect();
    let mut source = MemorySource::new(&refs);
    source.damaged = Some(id(6));
    let mut destination = MemoryDestination::new(&[]);
    let report = run(&mut source, &mut destination).unwrap();
    assert_eq!(report.counts(), report::Counts { created: 15, not_done: 1, ..report::Counts::default() });
    let error = report.interruption.clone().unwrap();
    assert_eq!(
        (error.failure.kind, error.phase, error.label.side),
        (ErrorKind::Damaged, Phase::Fetch, Side::Source)
    );
    assert!(error.to_string().contains("'refs/heads/b05'"), "{error}");
}

#[test]
fn an_unknown_failure_of_unpack_is_tried_without_a_thin_pack() {
    let mut source = MemorySource::new(&[("refs/heads/main", 2)]);
    let mut destination = MemoryDestination::new(&[("refs/heads/main", 1)]);
    destination.refusals = vec![testing::report("error", &[("refs/heads/main", "unpacker error")])];
    let report = run(&mut source, &mut destination).unwrap();
    assert_eq!(report.verdict(RejectedRefs::Fail), Verdict::Succeeded);
    let thin: Vec<_> = source.requests.iter().map(|request| request.thin_pack).collect();
    assert_eq!(thin, [ThinPack::Allowed, ThinPack::Forbidden]);
}

/// Aborts so many pushes, then lets them go.
struct Aborting(usize);

impl TrailerGate for Aborting {
    fn before_trailer(&mut self, _: gate::PackSummary) -> gate::Gate {
        match self.0.checked_sub(1) {
            None => gate::Gate::Release,
            Some(left) => {
                self.0 = left;
                gate::Gate::Abort
            }
        }
    }
}

#[test]
fn a_push_that_the_gate_aborts_is_made_again_from_the_source() {
    for (aborts, done) in [(2, true), (3, false)] {
        let mut source = MemorySource::new(&[("refs/heads/main", 2)]);
        let mut destination = MemoryDestination::new(&[("refs/heads/main", 1)]);
        let (policy, mut gate) = (policy(), Aborting(aborts));
        let job = job(&policy, Mode::Mirror);
        let report = mirror_with_gate(&mut source, &mut destination, &job, &mut gate, &Silent).unwrap();
        assert_eq!(report.counts().updated == 1, done);
        assert_eq!((source.requests.len(), destination.pushes.len()), (3, usize::from(done)));
        let failure = report.interruption.map(|error| (error.label.side, error.failure.kind));
        assert_eq!(failure, (!done).then_some((Side::Destination, ErrorKind::Interrupted)));
    }
}

#[test]
fn the_gate_stands_before_a_pack_from_a_file_too() {
    let mut source = MemorySource::new(&[("refs/heads/main", 2)]);
    let mut destination = MemoryDestination::new(&[("refs/heads/main", 1)]);
    destination.wants_length = true;
    let (policy, mut gate) = (policy(), Aborting(2));
    let job = job(&policy, Mode::Mirror);
    let report = mirror_with_gate(&mut source, &mut destination, &job, &mut gate, &Silent).unwrap();
    assert_eq!((report.counts().updated, gate.0), (1, 0));
    assert_eq!((source.requests.len(), destination.pushes.len()), (4, 1));
}
