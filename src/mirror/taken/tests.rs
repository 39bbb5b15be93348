//! The fate of diverged refs and of the tips that a mirror takes away, between repositories in memory.

use std::collections::HashMap;
use std::sync::Mutex;

use super::*;
use crate::error::Side;
use crate::mirror::events::{Event, Events};
use crate::mirror::mirror;
use crate::mirror::plan::difference;
use crate::mirror::policy::DeletionLimit;
use crate::mirror::ports::{Destination, Mode};
use crate::mirror::report::{Outcome, RejectedRefs, Report, Verdict};
use crate::mirror::testing::{MemoryDestination, MemorySource, Silent, id, job, label, list, name, policy};
use crate::protocol::fetch::{FetchRequest, ProgressText};
use crate::protocol::object_id::ObjectId;

const MAIN: &str = "refs/heads/main";
const TOPIC: &str = "refs/heads/topic";
const V1: &str = "refs/tags/v1";
const TAGS: KeepReplaced = KeepReplaced::Tags { days: 90 };

fn with(diverged: DivergedRefs, replaced: KeepReplaced) -> Policy {
    Policy { diverged, replaced, ..policy() }
}

/// Makes a source with these commits and their parents, which answers how many objects a pack of commits has.
fn source(refs: &[(&str, u8)], parents: &'static [(u8, &'static [u8])]) -> MemorySource {
    let mut source = MemorySource::new(refs);
    source.unlisted = parents.iter().map(|(commit, _)| id(*commit)).collect();
    let of: HashMap<ObjectId, Vec<ObjectId>> = parents
        .iter()
        .map(|(commit, parents)| (id(*commit), parents.iter().copied().map(id).collect()))
        .collect();
    let reached = move |from: &[ObjectId]| {
        let (mut seen, mut open) = (HashSet::new(), from.to_vec());
        while let Some(commit) = open.pop() {
            if of.contains_key(&commit) && seen.insert(commit) {
                open.extend(&of[&commit]);
            }
        }
        seen
    };
    source.answers = Box::new(move |request: &FetchRequest| {
        // A push asks for its pack with progress.
        (request.progress == ProgressText::Unwanted).then(|| {
            let count = reached(&request.wants).difference(&reached(&request.haves)).count();
            Ok([b"PACK\0\0\0\x02\0\0\0", &[u8::try_from(count).unwrap()][..]].concat())
        })
    });
    source
}

fn run(source: &mut MemorySource, destination: &mut MemoryDestination, policy: &Policy) -> Report {
    mirror(source, destination, &job(policy, Mode::Mirror), &Silent).unwrap()
}

/// Lists the pushes that came, each as its updates in words.
fn pushed(destination: &MemoryDestination) -> Vec<Vec<String>> {
    destination.pushes.iter().map(|(updates, _)| updates.iter().map(ToString::to_string).collect()).collect()
}

fn kept_tag(of: &str) -> String {
    format!("refs/tags/mirror-replaced/20261118T110640Z/{of}")
}

/// 1 ← 2 ← 3, and 1 ← 4.
const LINE: &[(u8, &[u8])] = &[(1, &[]), (2, &[1]), (3, &[2]), (4, &[1])];

#[test]
fn nothing_is_asked_where_everything_is_overwritten_and_nothing_is_held() {
    let mut source = source(&[(MAIN, 1), (V1, 4)], LINE);
    let mut destination = MemoryDestination::new(&[(MAIN, 9), (TOPIC, 8), (V1, 2)]);
    let report = run(&mut source, &mut destination, &policy());
    assert_eq!((report.verdict(RejectedRefs::Fail), report.taken.len()), (Verdict::Succeeded, 0));
    assert_eq!((source.asked_about.len(), source.requests.len(), destination.pushes.len()), (0, 1, 1));
}

#[test]
fn nothing_is_asked_for_a_plan_that_only_creates() {
    let mut source = source(&[(MAIN, 3), (V1, 1)], LINE);
    let mut destination = MemoryDestination::new(&[(MAIN, 3)]);
    run(&mut source, &mut destination, &with(DivergedRefs::Fail, TAGS));
    assert_eq!((source.asked_about.len(), source.requests.len()), (0, 1));
}

/// Returns the diverged refs of a plan.
fn diverged_refs(source: &mut MemorySource, destination: &[(&str, u8)]) -> Vec<String> {
    let policy = with(DivergedRefs::Keep, KeepReplaced::Nothing);
    let mut plan = difference(&source.info.refs, &list(destination), &policy);
    find(&mut plan, source, &job(&policy, Mode::Mirror)).unwrap();
    plan.diverged().map(|taken| taken.name.to_string()).collect()
}

#[test]
fn a_branch_that_moves_forward_has_not_diverged() {
    let mut source = source(&[(MAIN, 3), (TOPIC, 4)], LINE);
    assert_eq!(diverged_refs(&mut source, &[(MAIN, 1), (TOPIC, 1)]), [""; 0]);
    assert_eq!((source.asked_about.len(), source.requests.len()), (1, 2));
}

#[test]
fn a_branch_that_moves_back_or_aside_or_is_not_known_has_diverged() {
    for there in [3, 4, 9] {
        let mut source = source(&[(MAIN, 2)], LINE);
        assert_eq!(diverged_refs(&mut source, &[(MAIN, there)]), [MAIN], "{there}");
        // What the source does not know needs no second question.
        assert_eq!(source.requests.len(), usize::from(there != 9));
    }
}

#[test]
fn a_deleted_ref_has_diverged_if_the_source_does_not_know_its_tip() {
    let mut source = source(&[(MAIN, 3)], LINE);
    let there =
        [(MAIN, 3), ("refs/heads/foreign", 9), ("refs/heads/merged", 2), ("refs/tags/old", 1), (V1, 8)];
    assert_eq!(diverged_refs(&mut source, &there), ["refs/heads/foreign", V1]);
    assert!(source.requests.is_empty());
}

#[test]
fn a_tag_that_moves_has_diverged_in_any_case() {
    let mut source = source(&[(MAIN, 3), (V1, 3)], LINE);
    assert_eq!(diverged_refs(&mut source, &[(MAIN, 3), (V1, 2)]), [V1]);
    assert!(source.requests.is_empty());
}

#[test]
fn a_refused_answer_counts_as_diverged() {
    let mut source = source(&[(MAIN, 3)], LINE);
    let refusal = label(Side::Source).error(Phase::Fetch, Failure::new(ErrorKind::Stale, "not our ref"));
    source.answers = Box::new(move |_| Some(Err(refusal.clone())));
    assert_eq!(diverged_refs(&mut source, &[(MAIN, 2)]), [MAIN]);
    assert_eq!(source.requests.len(), 2);
}

#[test]
fn a_diverged_ref_is_kept_and_the_rest_is_mirrored() {
    let mut source = source(&[(MAIN, 2), ("refs/heads/new", 3), (V1, 1)], LINE);
    let mut destination = MemoryDestination::new(&[(MAIN, 9), (TOPIC, 8), ("refs/heads/merged", 2), (V1, 4)]);
    let policy = with(DivergedRefs::Keep, KeepReplaced::Nothing);
    let report = run(&mut source, &mut destination, &policy);
    assert_eq!(report.verdict(RejectedRefs::Fail), Verdict::SucceededWithIssues, "{report:?}");
    let kept: Vec<_> = report.kept.iter().map(|kept| (kept.name.to_string(), kept.reason.clone())).collect();
    let diverged = |ref_name: &str, tip| (ref_name.to_owned(), KeptReason::Diverged(id(tip)));
    assert_eq!(kept, [diverged(MAIN, 9), diverged(TOPIC, 8), diverged(V1, 4)]);
    assert!(report.outcomes.iter().all(|ref_| ref_.outcome == Outcome::Done), "{report:?}");
    assert_eq!(
        pushed(&destination),
        [["delete refs/heads/merged, which was 0202020202", "create refs/heads/new at 0303030303"]]
    );
    assert!(report.taken.iter().all(|taken| taken.holder == Holder::TheRef));
    // Asked again, nothing is left to do.
    let again = run(&mut source, &mut destination, &policy);
    assert_eq!((again.kept.len(), again.outcomes.len(), destination.pushes.len()), (3, 0, 1));
}

/// Remembers the plan that was refused.
#[derive(Default)]
struct Refused(Mutex<Vec<Plan>>);

impl Events for Refused {
    fn on(&self, event: Event<'_>) {
        if let Event::PlanRefused(plan) = event {
            self.0.lock().unwrap().push(plan.clone());
        }
    }
}

#[test]
fn a_diverged_ref_fails_the_mirror_before_anything_is_sent() {
    let mut source = source(&[(MAIN, 2), ("refs/tags/v2", 3)], LINE);
    let mut destination = MemoryDestination::new(&[(MAIN, 9)]);
    let (policy, events) = (with(DivergedRefs::Fail, TAGS), Refused::default());
    let error = mirror(&mut source, &mut destination, &job(&policy, Mode::Mirror), &events).unwrap_err();
    assert_eq!((error.failure.kind, error.phase), (ErrorKind::Diverged, Phase::Plan));
    assert_eq!((error.label.side, destination.pushes.len()), (Side::Destination, 0));
    let plans = events.0.into_inner().unwrap();
    assert_eq!((plans.len(), plans[0].updates().count(), plans[0].taken.len()), (1, 2, 1));
}

#[test]
fn an_error_names_ten_diverged_refs_and_counts_the_others_in_words() {
    let of = |count: usize| {
        let taken =
            (0..count).map(|number| tip::testing::taken(&format!("refs/heads/{number:02}"), 9)).collect();
        let plan = Plan { taken, ..Plan::default() };
        refusal::require_none(&plan, &label(Side::Destination)).unwrap_err().to_string()
    };
    assert!(of(1).contains("'refs/heads/00' at 0909090909090909090909090909090909090909"), "{}", of(1));
    let many = of(13);
    assert!(many.contains("'refs/heads/09'") && !many.contains("'refs/heads/10'"), "{many}");
    assert!(many.ends_with(", and 3 more"), "{many}");
}

#[test]
fn a_source_that_tells_one_object_at_a_time_is_asked_until_it_tells_none() {
    struct OneByOne(MemorySource);
    impl Source for OneByOne {
        fn info(&self) -> &crate::mirror::ports::SourceInfo {
            self.0.info()
        }
        fn fetch<'a>(
            &'a mut self,
            request: &FetchRequest,
        ) -> Result<crate::mirror::ports::Fetched<'a>, Error> {
            self.0.fetch(request)
        }
        fn knows(&mut self, ids: &[ObjectId]) -> Result<Vec<ObjectId>, Error> {
            Ok(self.0.knows(ids)?.into_iter().take(1).collect())
        }
    }
    let mut source = OneByOne(source(&[(MAIN, 3)], LINE));
    let known = ancestry::known(&mut source, &[1, 2, 3, 4, 8, 9, 2].map(id)).unwrap();
    assert_eq!(known, HashSet::from([1, 2, 3, 4].map(id)));
    let asked: Vec<_> = source.0.asked_about.iter().map(Vec::len).collect();
    assert_eq!(asked, [5, 4, 3, 2]);
}

#[test]
fn a_tip_that_is_taken_away_is_held_by_a_tag_that_was_pushed_before() {
    let mut source = source(&[(MAIN, 2), ("refs/heads/new", 3), (V1, 1)], LINE);
    let mut destination = MemoryDestination::new(&[(MAIN, 9), (TOPIC, 8), (V1, 7), ("refs/heads/same", 3)]);
    destination.info.refs = list(&[(MAIN, 9), (TOPIC, 8), (V1, 7)]);
    let report = run(&mut source, &mut destination, &with(DivergedRefs::Overwrite, TAGS));
    assert_eq!(report.verdict(RejectedRefs::Fail), Verdict::Succeeded, "{report:?}");
    let [main, topic, v1] = ["heads/main", "heads/topic", "tags/v1"].map(kept_tag);
    assert_eq!(
        pushed(&destination),
        [
            vec!["create refs/heads/new at 0303030303".to_owned()],
            vec![
                format!("create {main} at 0909090909"),
                format!("create {topic} at 0808080808"),
                format!("create {v1} at 0707070707"),
            ],
            vec![
                "delete refs/heads/topic, which was 0808080808".to_owned(),
                "update refs/heads/main from 0909090909 to 0202020202".to_owned(),
                "update refs/tags/v1 from 0707070707 to 0101010101".to_owned(),
            ],
        ]
    );
    assert_eq!(destination.pushes[1].1.as_deref().map(<[u8]>::len), Some(32));
    let holders: Vec<_> = report.taken.iter().map(|taken| taken.holder.clone()).collect();
    assert_eq!(holders, [main, topic, v1].map(|tag| Holder::NewTag(name(&tag))));
    // The tags are in no selection: nothing prunes them.
    let again = run(&mut source, &mut destination, &with(DivergedRefs::Overwrite, TAGS));
    assert_eq!((again.outcomes.len(), destination.info.refs.refs().len()), (0, 6));
}

#[test]
fn a_tip_whose_tag_is_refused_is_not_taken_away() {
    let mut source = source(&[(MAIN, 2), ("refs/heads/new", 3)], LINE);
    let mut destination = MemoryDestination::new(&[(MAIN, 9), (TOPIC, 8)]);
    destination.protected = vec![name(&kept_tag("heads/main"))];
    let report = run(&mut source, &mut destination, &with(DivergedRefs::Overwrite, TAGS));
    assert_eq!(destination.info.refs.get(&name(MAIN)), Some(id(9)));
    assert_eq!(destination.info.refs.get(&name(TOPIC)), None);
    let refused: Vec<_> =
        report.outcomes.iter().filter(|ref_| matches!(ref_.outcome, Outcome::Rejected(_))).collect();
    assert_eq!((refused.len(), refused[0].update.name()), (1, &name(MAIN)));
    let Outcome::Rejected(refusal) = &refused[0].outcome else { panic!() };
    assert!(refusal.reason.to_string().ends_with("hook declined"), "{}", refusal.reason);
    assert_eq!(report.verdict(RejectedRefs::Fail), Verdict::Failed);
}

#[test]
fn a_tip_that_another_ref_holds_needs_no_tag() {
    let mut source = source(&[(MAIN, 3), (V1, 1)], LINE);
    // The tag's old value is part of main's, which moves forward; another ref names what topic names.
    let mut destination = MemoryDestination::new(&[(MAIN, 1), (TOPIC, 9), (V1, 2), ("refs/backup/topic", 9)]);
    let report = run(&mut source, &mut destination, &with(DivergedRefs::Overwrite, TAGS));
    assert!(report.taken.iter().all(|taken| taken.holder == Holder::OtherRefs), "{report:?}");
    assert_eq!(
        pushed(&destination),
        [
            vec!["update refs/heads/main from 0101010101 to 0303030303"],
            vec![
                "delete refs/heads/topic, which was 0909090909",
                "update refs/tags/v1 from 0202020202 to 0101010101"
            ],
        ]
    );
}

#[test]
fn a_ref_that_should_have_come_first_and_did_not_holds_nothing() {
    let mut source = source(&[(MAIN, 3)], LINE);
    let mut destination = MemoryDestination::new(&[(MAIN, 1), (TOPIC, 2)]);
    destination.protected = vec![name(MAIN)];
    let report = run(&mut source, &mut destination, &with(DivergedRefs::Overwrite, TAGS));
    assert_eq!(report.taken[0].holder, Holder::NewTag(name(&kept_tag("heads/topic"))));
    assert_eq!(destination.info.refs.get(&name(&kept_tag("heads/topic"))), Some(id(2)));
    assert_eq!(destination.info.refs.get(&name(TOPIC)), None);
}

#[test]
fn a_tip_is_held_by_one_tag_of_its_ref() {
    let old = "refs/tags/mirror-replaced/20261101T000000Z/heads/main";
    let of_other = "refs/tags/mirror-replaced/20261101T000000Z/heads/topic";
    let holder = |tag: &str| {
        let mut source = source(&[(MAIN, 2)], LINE);
        let mut destination = MemoryDestination::new(&[(MAIN, 9), (tag, 9)]);
        run(&mut source, &mut destination, &with(DivergedRefs::Overwrite, TAGS)).taken[0].holder.clone()
    };
    assert_eq!(holder(old), Holder::Tag(name(old)));
    assert_eq!(holder(of_other), Holder::NewTag(name(&kept_tag("heads/main"))));
    // One that is past its days goes in this run.
    let past = old.replace("2026", "2025");
    assert_eq!(holder(&past), Holder::NewTag(name(&kept_tag("heads/main"))));
}

#[test]
fn tags_past_their_days_go_the_oldest_first_and_no_more_than_a_share() {
    let policy = |percent| Policy {
        deletions: DeletionLimit::percent(percent).unwrap(),
        ..with(DivergedRefs::Overwrite, TAGS)
    };
    let tag = |day: u8| format!("refs/tags/mirror-replaced/202501{day:02}T000000Z/heads/a");
    let deleted = |count: u8, policy: &Policy| {
        let names: Vec<_> = (1..=count).map(tag).collect();
        let mut refs: Vec<_> = names.iter().map(|name| (name.as_str(), 9)).collect();
        refs.extend([(MAIN, 3), ("refs/tags/mirror-replaced/20261101T000000Z/heads/a", 9)]);
        let (mut source, mut destination) = (source(&[(MAIN, 3)], LINE), MemoryDestination::new(&refs));
        let report = run(&mut source, &mut destination, policy);
        assert_eq!(report.verdict(RejectedRefs::Fail), Verdict::Succeeded);
        let names = report.outcomes.iter().map(|ref_| ref_.update.name().to_string());
        (names.collect::<Vec<_>>(), destination.info.refs.refs().len())
    };
    assert_eq!(deleted(3, &policy(1)), ((1..=3).map(tag).collect(), 2));
    assert_eq!(deleted(25, &policy(50)), ((1..=13).map(tag).collect(), 14));
    assert_eq!(deleted(3, &policy(0)).0, [""; 0]);
    assert_eq!(deleted(3, &with(DivergedRefs::Overwrite, KeepReplaced::Nothing)).0, [""; 0]);
}

#[test]
fn a_tag_past_its_days_that_is_refused_is_told() {
    let tag = "refs/tags/mirror-replaced/20250101T000000Z/heads/a";
    let (mut source, mut destination) =
        (source(&[(MAIN, 3)], LINE), MemoryDestination::new(&[(MAIN, 3), (tag, 9)]));
    destination.protected = vec![name(tag)];
    let report = run(&mut source, &mut destination, &with(DivergedRefs::Overwrite, TAGS));
    assert_eq!((report.counts().rejected, report.outcomes.len()), (1, 1));
}

#[test]
fn a_dry_run_changes_nothing_and_tells_the_tags() {
    let mut source = source(&[(MAIN, 2)], LINE);
    let mut destination = MemoryDestination::new(&[(MAIN, 9)]);
    let policy = with(DivergedRefs::Overwrite, TAGS);
    let report = mirror(&mut source, &mut destination, &job(&policy, Mode::DryRun), &Silent).unwrap();
    assert_eq!(report.taken[0].holder, Holder::NewTag(name(&kept_tag("heads/main"))));
    assert_eq!((destination.pushes.len(), destination.info().refs.refs().len()), (0, 1));
}

#[test]
fn a_source_that_gives_only_what_it_lists_is_asked_by_depth() {
    for (reached, expected) in [(&[2][..], &[][..]), (&[], &[MAIN])] {
        let mut source = source(&[(MAIN, 3)], LINE);
        let refusal = label(Side::Source).error(Phase::Fetch, Failure::new(ErrorKind::Stale, "not our ref"));
        source.answers = Box::new(move |request| request.depth.is_none().then(|| Err(refusal.clone())));
        source.unshallow = reached.iter().copied().map(id).collect();
        assert_eq!(diverged_refs(&mut source, &[(MAIN, 2)]), expected);
        let by_depth = &source.requests[1];
        assert_eq!((&by_depth.wants, &by_depth.shallow), (&vec![id(3)], &vec![id(2)]));
    }
}
