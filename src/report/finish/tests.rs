use super::*;
use crate::agent::recorder::Written;
use crate::cancel::CancelReason;
use crate::error::{ErrorKind, Failure, Phase, RemoteLabel, Side};
use crate::mirror::report::{Outcome, Refusal, Report};
use crate::mirror::testing::name;
use crate::report::connection_test::{Access, Connection, ConnectionTest, SignIn};
use crate::report::outcome::{DefaultBranchEnd, MirrorOutcome};
use crate::report::testing::{ended, log_to, of_mirrors, report, step};
use std::time::Duration;

/// Ends a step of so many mirrors of one pair that ended so, and returns the result and what the agent reads.
fn close_all(reports: Vec<Report>) -> (TaskResult, String) {
    let (end, output) = end_of_all(reports);
    (end.result(), output)
}

fn end_of_all(reports: Vec<Report>) -> (RunEnd, String) {
    let (step, output) = (step("https://a.example/r", "https://b.example/r", &[]), Written::default());
    let mirror = &step.given;
    let end = |report| Arc::new(MirrorOutcome { ..ended(mirror, Ok(report)) });
    let mirrors = reports.into_iter().map(end).collect();
    let outcome =
        StepOutcome { extent: Arc::default(), mirrors, cancelled: None, elapsed: Duration::from_secs(9) };
    (close(&log_to(&output), &step, &outcome, &OneEnd::default(), || ()), output.text())
}

#[test]
fn one_mirror_is_told_as_the_step() {
    let (result, output) = close_all(vec![report(&[Outcome::Done])]);
    assert_eq!(result, TaskResult::Succeeded);
    let end = "irrored: 1 created, 3 unchanged; 7 bytes sent in 5.0 s\n";
    assert!(output.contains(&format!("\nM{end}")), "{output}");
    assert!(output.ends_with(&format!("##vso[task.complete result=Succeeded]m{end}")), "{output}");
}

#[test]
fn the_last_is_done_when_all_else_is_written() {
    let (step, output) = (step("https://a.example/r", "https://b.example/r", &[]), Written::default());
    let outcome = of_mirrors(vec![ended(&step.given, Ok(report(&[Outcome::Done])))]);
    let log = log_to(&output);
    assert_eq!(close(&log, &step, &outcome, &OneEnd::default(), || log.line("the last")), RunEnd::Succeeded);
    let output = output.text();
    let (before, after) = output.split_once("the last\n").unwrap();
    assert!(before.contains("variable=changed;") && before.contains("\nMirrored: 1 created"), "{output}");
    assert!(after.starts_with("##vso[task.complete ") && after.lines().count() == 1, "{output}");
}

#[test]
fn a_default_branch_that_differs_leaves_a_plain_success() {
    let step = step("https://a.example/r", "https://b.example/r", &[]);
    let main = || name("refs/heads/main");
    let failure = Failure::new(ErrorKind::Forbidden, "no");
    let error =
        RemoteLabel::new(Side::Destination, "https://b.example/r").error(Phase::SetDefaultBranch, failure);
    for (default_branch, is_plain) in [
        (DefaultBranchEnd::Same, true),
        (DefaultBranchEnd::Differs { wanted: main(), there: name("refs/heads/x") }, true),
        (DefaultBranchEnd::NotSet(main(), Box::new(error)), false),
    ] {
        let end = MirrorOutcome { default_branch, ..ended(&step.given, Ok(report(&[]))) };
        let outcome = of_mirrors(vec![end]);
        assert_eq!(is_plain_success(&step, &outcome), is_plain, "{outcome:?}");
    }
}

#[test]
fn several_mirrors_end_as_the_worst_and_are_summed() {
    let done = || report(&[Outcome::Done]);
    let (result, output) = close_all(vec![done(), report(&[Outcome::NotPushed]), done()]);
    assert_eq!(result, TaskResult::Failed);
    for (variable, value) in
        [("refsCreated", "2"), ("refsUnchanged", "9"), ("packBytes", "21"), ("changed", "true")]
    {
        let set = format!("variable={variable};isOutput=true]{value}\n");
        assert_eq!(output.matches(&set).count(), 1, "{set}{output}");
    }
    assert!(output.ends_with("result=Failed]1 of 3 mirrors failed in 9.0 s\n"), "{output}");
    let (result, output) = close_all(vec![done(), done()]);
    assert_eq!(result, TaskResult::Succeeded);
    assert!(output.ends_with("result=Succeeded]2 mirrors in 9.0 s\n"), "{output}");
}

#[test]
fn a_step_is_done_but_for_refused_refs_if_nothing_else_failed() {
    let refusal = || Refusal { reason: "no".into(), remote: "".into(), kind: None };
    let refused = || report(&[Outcome::Done, Outcome::Rejected(refusal())]);
    let interruption = RemoteLabel::new(Side::Destination, "https://b.example/r")
        .error(Phase::Push, Failure::new(ErrorKind::Interrupted, "gone"));
    let interrupted = Report { interruption: Some(interruption), ..refused() };
    for (reports, end) in [
        (vec![refused()], RunEnd::RefsRefused),
        (vec![report(&[Outcome::Done]), refused(), refused()], RunEnd::RefsRefused),
        (vec![refused(), report(&[Outcome::NotPushed])], RunEnd::Failed),
        (vec![report(&[Outcome::Rejected(refusal()), Outcome::Unknown])], RunEnd::Failed),
        (vec![interrupted], RunEnd::Failed),
        (vec![report(&[Outcome::Done])], RunEnd::Succeeded),
    ] {
        assert_eq!(end_of_all(reports).0, end);
    }
}

#[test]
fn a_step_that_was_cut_short_was_cancelled_or_failed() {
    let step = step("https://a.example/r", "https://b.example/r", &[]);
    for (reason, end) in
        [(CancelReason::Cancelled, RunEnd::Cancelled), (CancelReason::TimeLimit, RunEnd::Failed)]
    {
        let of = |cancelled, result| Arc::new(MirrorOutcome { cancelled, ..ended(&step.given, result) });
        for mirrors in [
            vec![],
            vec![of(Some(reason), Err(Vec::new()))],
            vec![of(None, Ok(report(&[Outcome::Done]))), of(Some(reason), Err(Vec::new()))],
        ] {
            let (extent, elapsed) = (Arc::default(), Duration::from_secs(9));
            let outcome = StepOutcome { extent, mirrors, cancelled: Some(reason), elapsed };
            assert_eq!(
                close(&log_to(&Written::default()), &step, &outcome, &OneEnd::default(), || ()),
                end,
                "{outcome:?}"
            );
        }
        // It was done when it was cancelled.
        let (extent, elapsed) = (Arc::default(), Duration::from_secs(9));
        let mirrors = vec![of(Some(reason), Ok(report(&[Outcome::Done])))];
        let outcome = StepOutcome { extent, mirrors, cancelled: Some(reason), elapsed };
        assert_eq!(
            close(&log_to(&Written::default()), &step, &outcome, &OneEnd::default(), || ()),
            RunEnd::Succeeded
        );
    }
}

#[test]
fn each_mirror_of_a_dry_run_has_its_verdict_in_words() {
    let given = step("https://a.example/r", "https://b.example/r", &[("INPUT_DRYRUN", "true")]);
    let connection = |access| Connection { sign_in: SignIn::Nobody, account: None, access };
    let test = |access| ConnectionTest { source: connection(Access::Reads), destination: connection(access) };
    let end = |access, cancelled: Option<CancelReason>| {
        let connection_test = Some(test(access));
        let result = if cancelled.is_none() { Ok(report(&[])) } else { Err(Vec::new()) };
        Arc::new(MirrorOutcome { cancelled, connection_test, ..ended(&given.given, result) })
    };
    let denied = Access::None(Failure::new(ErrorKind::Forbidden, "no"));
    let lines = |mirrors: Vec<_>| {
        let output = Written::default();
        let outcome =
            StepOutcome { extent: Arc::default(), mirrors, cancelled: None, elapsed: Duration::from_secs(9) };
        close(&log_to(&output), &given, &outcome, &OneEnd::default(), || ());
        let output = output.text();
        output.lines().filter(|line| line.contains("the connection ")).map(str::to_owned).collect::<Vec<_>>()
    };
    let works = "the connection works: the source may be read, and the destination lets a push begin";
    let fails = "the connection does not work: the source may be read; at the destination the right to write is missing";
    let [one, other] = [works, fails].map(|verdict| format!("https://a.example/r: {verdict}"));
    assert_eq!(lines(vec![end(Access::BeginsPush, None)]), [works]);
    assert_eq!(lines(vec![end(Access::BeginsPush, None), end(denied, None)]), [one, other]);
    assert!(lines(vec![end(Access::BeginsPush, Some(CancelReason::Cancelled))]).is_empty());
}

#[test]
fn an_end_that_two_threads_come_to_is_written_once() {
    let folder = tempfile::tempdir().unwrap();
    let temporary = ("AGENT_TEMPDIRECTORY", folder.path().to_str().unwrap());
    let step = step("https://a.example/r", "https://b.example/r", &[temporary]);
    let outcome = of_mirrors(vec![ended(&step.given, Ok(report(&[Outcome::Done])))]);
    let (written, output) = (OneEnd::default(), Written::default());
    let log = log_to(&output);
    // The last words come while the run itself is at its end.
    let end = close(&log, &step, &outcome, &written, || {
        assert_eq!(close_overdue(&log, &step, &outcome, &written), RunEnd::Succeeded);
    });
    assert_eq!(end, RunEnd::Succeeded);
    for once in ["task.complete", "task.uploadsummary", "task.addattachment", "variable=changed;"] {
        assert_eq!(output.text().matches(once).count(), 1, "{once}\n{}", output.text());
    }
}
