use super::*;
use crate::agent::recorder::Written;
use crate::mirror::report::{Outcome, Report};
use crate::report::outcome::MirrorOutcome;
use crate::report::testing::{ended, log_to, report, step};
use std::sync::Arc;
use std::time::Duration;

/// Ends a step of so many mirrors of one pair that ended so, and returns the result and what the agent reads.
fn close_all(reports: Vec<Report>) -> (TaskResult, String) {
    let (step, output) = (step("https://a.example/r", "https://b.example/r", &[]), Written::default());
    let mirror = &step.mirrors[0];
    let end = |report| Arc::new(MirrorOutcome { ..ended(mirror, Ok(report)) });
    let mirrors = reports.into_iter().map(end).collect();
    let outcome = StepOutcome { mirrors, cancelled: None, elapsed: Duration::from_secs(9) };
    (close(&log_to(&output), &step, &outcome), output.text())
}

#[test]
fn one_mirror_is_told_as_the_step() {
    let (result, output) = close_all(vec![report(&[Outcome::Done])]);
    assert_eq!(result, TaskResult::Succeeded);
    let end = "mirrored: 1 created, 0 updated, 0 deleted, 3 unchanged; 7 bytes of pack in 5.0 s\n";
    assert!(output.contains(&format!("\n{end}")), "{output}");
    assert!(output.ends_with(&format!("##vso[task.complete result=Succeeded]{end}")), "{output}");
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
