use std::time::Duration;

use super::*;
use crate::agent::recorder::Written;
use crate::cancel::CancelReason;
use crate::error::Error;
use crate::lfs::oid::Oid;
use crate::mirror::report::{Outcome, Report};
use crate::report::outcome::StepOutcome;
use crate::report::testing::{ended, log_to, report, step};

const LFS: &[(&str, &str)] = &[("INPUT_DRYRUN", "false")];

/// Makes so many objects, of a KiB each.
fn objects(count: u8) -> Vec<Pointer> {
    (0..count).map(|number| Pointer { oid: Oid::new([number; 32]), size: 1024 }).collect()
}

/// Returns what the agent reads of the end of a mirror, and of no other, and its page.
fn told(
    variables: &[(&str, &str)],
    lfs: LfsReport,
    result: Result<Report, Vec<Error>>,
    cancelled: Option<CancelReason>,
) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let temporary = [("AGENT_TEMPDIRECTORY", folder.path().to_str().unwrap())];
    let step = step("https://a.example/r", "https://gitlab.b.example/r", &[variables, &temporary].concat());
    let push_started = result.is_ok();
    let mirror = MirrorOutcome { push_started, cancelled, lfs, ..ended(&step.given, result) };
    let elapsed = Duration::from_secs(5);
    let outcome =
        StepOutcome { extent: std::sync::Arc::default(), mirrors: vec![mirror.into()], cancelled, elapsed };
    let output = Written::default();
    crate::report::finish::close(
        &log_to(&output),
        &step,
        &outcome,
        &crate::report::finish::OneEnd::default(),
        || (),
    );
    let page = std::fs::read_to_string(folder.path().join("Mirror to r.md")).unwrap();
    (output.text(), page)
}

fn failed(problem: LfsProblem) -> Error {
    let label = RemoteLabel::new(Side::Source, "https://a.example/r");
    label.error(Phase::Lfs, Failure::new(ErrorKind::Lfs(problem), "it is so"))
}

#[test]
fn copied_objects_are_counted_at_the_end_and_on_the_page() {
    let lfs = LfsReport { objects: 3, bytes: 5000, ..LfsReport::default() };
    let (output, page) = told(LFS, lfs.clone(), Ok(report(&[Outcome::Done])), None);
    assert!(output.contains("; 7 bytes and 3 LFS objects of 4.8 KiB sent in 5.0 s\n"), "{output}");
    assert!(page.contains("\n- Git LFS: 3 LFS objects of 4.8 KiB copied\n"), "{page}");
    let (output, page) = told(&[("INPUT_DRYRUN", "true")], lfs, Ok(report(&[Outcome::Planned])), None);
    assert!(output.contains("; 3 LFS objects of 4.8 KiB to copy; took 5.0 s\n"), "{output}");
    assert!(page.contains("\n- Git LFS: 3 LFS objects of 4.8 KiB to copy\n"), "{page}");
}

#[test]
fn objects_that_were_copied_alone_are_no_idle_run() {
    let lfs = LfsReport { objects: 1, bytes: 1, ..LfsReport::default() };
    let (output, _) = told(LFS, lfs, Ok(report(&[])), None);
    assert!(output.contains("result=Succeeded]mirrored: "), "{output}");
}

#[test]
fn many_missing_objects_are_one_issue_and_a_bounded_list() {
    let lfs = LfsReport { missing: objects(210), ..LfsReport::default() };
    let (output, page) = told(LFS, lfs, Ok(report(&[Outcome::Done])), None);
    assert_eq!(output.matches("task.logissue").count(), 1, "{output}");
    assert!(output.contains("it does not have 210 LFS objects. "), "{output}");
    assert_eq!(output.matches("  missing: ").count(), SHOWN);
    assert!(output.contains(", 1.0 KiB\n") && output.contains("  and 10 more objects\n"), "{output}");
    assert!(output.contains("result=SucceededWithIssues]mirrored, except for LFS objects: "), "{output}");
    assert!(page.contains("\n- Git LFS: 210 missing at the source\n"), "{page}");
    assert!(page.contains("### LFS objects that the source does not have: 210\n"), "{page}");
    assert_eq!(page.matches("` | 1.0 KiB |").count(), SHOWN);
    assert!(page.contains("and 10 more objects"), "{page}");
}

#[test]
fn objects_whose_lack_ended_the_run_are_listed_without_another_issue() {
    for result in [
        Err(vec![failed(LfsProblem::Missing)]),
        Ok(Report { interruption: Some(failed(LfsProblem::Missing)), ..report(&[Outcome::NotPushed]) }),
    ] {
        let lfs = LfsReport { missing: objects(2), ..LfsReport::default() };
        let (output, page) = told(LFS, lfs, result, None);
        assert_eq!(output.matches("task.logissue").count(), 1, "{output}");
        assert_eq!(output.matches("  missing: ").count(), 2, "{output}");
        assert_eq!(page.matches("` | 1.0 KiB |").count(), 2, "{page}");
    }
}

#[test]
fn a_side_without_git_lfs_is_one_issue_with_its_setting() {
    let lfs = LfsReport { without_service: Some((Side::Destination, 7)), ..LfsReport::default() };
    let (output, page) = told(LFS, lfs, Ok(report(&[Outcome::Done])), None);
    assert_eq!(output.matches("task.logissue").count(), 1, "{output}");
    for text in [&output, &page] {
        assert!(text.contains("it has no Git LFS, so that 7 objects are not copied"), "{text}");
        assert!(
            text.contains("Settings > General > Visibility") || text.contains("Settings &#62;"),
            "{text}"
        );
    }
    assert!(page.contains("\n- Git LFS: the destination has none, 7 objects not copied\n"), "{page}");
}

#[test]
fn a_run_that_fails_tells_what_landed() {
    let lfs = || LfsReport { objects: 5, bytes: 2048, ..LfsReport::default() };
    let landed = "5 LFS objects of 2.0 KiB arrived there, and the next run goes on from them";
    let interrupted =
        Report { interruption: Some(failed(LfsProblem::Storage)), ..report(&[Outcome::NotPushed]) };
    for (result, cancelled) in [
        (Err(vec![failed(LfsProblem::Storage)]), None),
        (Ok(interrupted), None),
        (Err(vec![failed(LfsProblem::Storage)]), Some(CancelReason::TimeLimit)),
    ] {
        let (output, page) = told(LFS, lfs(), result, cancelled);
        assert!(output.contains(landed) && output.contains("no ref was changed"), "{output}");
        assert!(!output.contains("nothing was changed") && !page.contains("nothing was changed"), "{output}");
    }
    let nothing = LfsReport::default();
    let (output, _) = told(LFS, nothing, Err(vec![failed(LfsProblem::Storage)]), None);
    assert!(output.contains("nothing was changed at the destination"), "{output}");
    let dry = [("INPUT_DRYRUN", "true")];
    let (output, _) = told(&dry, lfs(), Err(vec![failed(LfsProblem::Storage)]), None);
    assert!(output.contains("nothing was changed at the destination"), "{output}");
}

#[test]
fn a_run_that_does_not_end_claims_nothing_of_objects() {
    let cancelled = Some(CancelReason::Cancelled);
    for (lfs, expected) in [
        ("auto", "cancelled: no ref was changed at the destination\n"),
        ("none", "cancelled: nothing was changed at the"),
    ] {
        let (output, _) = told(&[("INPUT_LFS", lfs)], LfsReport::default(), Err(Vec::new()), cancelled);
        assert!(output.contains(expected), "{lfs}: {output}");
    }
}

#[test]
fn what_was_not_looked_at_is_told() {
    let lfs = LfsReport { earlier: Earlier::NotChecked, ..LfsReport::default() };
    let (output, _) = told(LFS, lfs, Ok(report(&[Outcome::Done])), None);
    assert!(output.contains("'lfs: full' does that\n"), "{output}");
    assert!(output.contains("result=Succeeded]"), "{output}");
}

#[test]
fn pointers_that_may_have_been_missed_are_an_issue() {
    let lfs = LfsReport { unread: 2, ..LfsReport::default() };
    let (output, _) = told(LFS, lfs, Ok(report(&[Outcome::Done])), None);
    assert!(
        output.contains("type=warning]") && output.contains("2 deltas of its pack may be pointers"),
        "{output}"
    );
    assert!(output.contains("result=SucceededWithIssues]"), "{output}");
}
