//! The end of a run: what changed, what did not and why, and the one result.

use std::time::Duration;

use super::summary::{self, Page};
use super::trouble::{Trouble, with_words};
use super::units::{Bytes, Count, Elapsed};
use super::{InputError, Log, Settings, TaskResult, outputs};
use crate::error::{Error, Peer, Side};
use crate::mirror::Mode;
use crate::mirror::report::{Outcome, RefOutcome, Report, Verdict};
use crate::stop::{Push, Stop, StopReason};

/// What a run that failed before its first push came to.
const UNCHANGED: &str = "nothing was changed at the destination";

/// How many changed refs are named one by one.
const SHOWN: usize = 50;

/// How many refs that failed become issues of their own; the agent keeps ten issues a step.
const ISSUES: usize = 8;

/// Ends a run that got as far as its outcome.
pub fn close(
    log: &Log,
    settings: &Settings,
    outcome: &Result<Report, Vec<Error>>,
    stop: &Stop,
    elapsed: Duration,
) -> Verdict {
    log.section("Result");
    match (outcome, stop.reason()) {
        (Ok(report), Some(reason)) if report.interruption.is_some() => {
            let changed = changed_by(stop, report);
            close_stopped(log, settings, Some(report), reason, &changed, elapsed)
        }
        (Err(_), Some(reason)) => close_stopped(log, settings, None, reason, UNCHANGED, elapsed),
        (Ok(report), _) => close_with_report(log, settings, report, elapsed),
        (Err(errors), None) => close_without_report(log, settings, errors, elapsed),
    }
}

/// Ends a run that was stopped and does not end by itself, whatever keeps it.
pub fn close_overdue(log: &Log, settings: &Settings, stop: &Stop, elapsed: Duration) -> Verdict {
    let changed = match stop.push() {
        Push::NotBegun => UNCHANGED,
        Push::Begun => "what it changed at the destination is not known",
    };
    close_stopped(log, settings, None, stop.reason().unwrap_or(StopReason::Cancelled), changed, elapsed)
}

/// Ends a run that was stopped before it was done; a report tells what holds at the destination.
fn close_stopped(
    log: &Log,
    settings: &Settings,
    report: Option<&Report>,
    reason: StopReason,
    changed: &str,
    elapsed: Duration,
) -> Verdict {
    let why = match reason {
        StopReason::Cancelled => "the run was cancelled".to_owned(),
        StopReason::TimeLimit => {
            format!("the run took longer than {}, its time limit", Elapsed(settings.time_limit))
        }
    };
    if let Some(report) = report {
        list_changes(log, report);
        outputs::set(log, report);
    }
    let result = format!("{why}; {changed}");
    log.error(&result);
    summary::publish(log, &Page { settings, result: &result, troubles: &[], report, elapsed });
    log.complete(TaskResult::Failed, &result);
    Verdict::Failed
}

/// Says that a run begins again, and why.
pub fn announce_retry(log: &Log, errors: &[&Error], made: u32, wait: Duration) {
    for error in errors {
        log.line(&with_words(error));
    }
    log.line(&format!("attempt {made} failed; the next begins in {}", Elapsed(wait)));
}

fn close_with_report(log: &Log, settings: &Settings, report: &Report, elapsed: Duration) -> Verdict {
    list_changes(log, report);
    let verdict = report.verdict(settings.rejected_refs);
    raise_issues(log, settings, report, verdict);
    outputs::set(log, report);
    let (result, word) = match (verdict, settings.mode) {
        (Verdict::Succeeded, Mode::Mirror) if report.outcomes.is_empty() => {
            (TaskResult::Succeeded, "up to date, nothing was sent")
        }
        (Verdict::Succeeded, Mode::Mirror) => (TaskResult::Succeeded, "mirrored"),
        (Verdict::Succeeded, Mode::DryRun) => (TaskResult::Succeeded, "dry run, nothing was changed"),
        (Verdict::SucceededWithIssues, _) => {
            (TaskResult::SucceededWithIssues, "mirrored but for refused refs")
        }
        (Verdict::Failed, _) => (TaskResult::Failed, "not all was mirrored"),
    };
    let totals = format!("{word}: {}", totals(report, elapsed));
    log.line(&totals);
    let troubles: Vec<_> =
        report.interruption.iter().map(|error| Trouble::of_error(error, settings)).collect();
    let page = Page { settings, result: word, troubles: &troubles, report: Some(report), elapsed };
    summary::publish(log, &page);
    log.complete(result, &totals);
    verdict
}

/// Says what was done in the local clone.
pub fn note_clone(log: &Log, folder: &Peer, report: &Report, elapsed: Duration) {
    log.line(&format!("{folder}: {}", totals(report, elapsed)));
}

/// Ends a run that could not make a plan.
fn close_without_report(log: &Log, settings: &Settings, errors: &[Error], elapsed: Duration) -> Verdict {
    let troubles: Vec<_> = errors.iter().map(|error| Trouble::of_error(error, settings)).collect();
    for Trouble { what, advice } in &troubles {
        log.error(&format!("{what}; {UNCHANGED}. {advice}"));
    }
    let result = format!("not mirrored; {UNCHANGED}");
    summary::publish(log, &Page { settings, result: &result, troubles: &troubles, report: None, elapsed });
    log.complete(TaskResult::Failed, &errors.first().map(ToString::to_string).unwrap_or_default());
    Verdict::Failed
}

/// Ends a run whose inputs cannot be used.
pub fn bad_inputs(log: &Log, errors: &[InputError]) -> Verdict {
    for error in errors {
        log.error(&error.to_string());
    }
    let text = format!("{}; nothing was changed", Count(errors.len() as u64, "bad input"));
    log.line(&text);
    log.complete(TaskResult::Failed, &text);
    Verdict::Failed
}

/// Ends a run that was only asked for a text.
pub fn text(log: &Log, text: &str) -> Verdict {
    for line in text.lines() {
        log.line(line);
    }
    Verdict::Succeeded
}

/// Ends a run that met a bug, which was logged when it happened.
pub fn bug(log: &Log) -> Verdict {
    let text = "a bug of the task ended the run; what it changed at the destination is not known";
    log.line(text);
    log.complete(TaskResult::Failed, text);
    Verdict::Failed
}

fn totals(report: &Report, elapsed: Duration) -> String {
    let pack = match report.pack_bytes {
        0 => ",".to_owned(),
        bytes => format!("; {} of pack", Bytes(bytes)),
    };
    format!("{}{pack} in {}", counts(report), Elapsed(elapsed))
}

/// How many refs became what.
pub(super) fn counts(report: &Report) -> String {
    let counts = report.counts();
    let planned = report.outcomes.iter().filter(|ref_| ref_.outcome == Outcome::Planned).count();
    let rejected = match counts.rejected {
        0 => String::new(),
        count => format!(", {count} not done"),
    };
    if planned > 0 {
        return format!("{planned} to change, {} equal already", report.unchanged);
    }
    format!(
        "{} created, {} updated, {} deleted{rejected}, {} equal already",
        counts.created, counts.updated, counts.deleted, report.unchanged
    )
}

fn list_changes(log: &Log, report: &Report) {
    // A dry run is made to see this list, so it is whole.
    for RefOutcome { update, .. } in report.outcomes.iter().filter(|ref_| ref_.outcome == Outcome::Planned) {
        log.line(&format!("  would {update}"));
    }
    let done = || report.outcomes.iter().filter(|ref_| ref_.outcome == Outcome::Done);
    for RefOutcome { update, .. } in done().take(SHOWN) {
        log.line(&format!("  done: {update}"));
    }
    let rest = done().count().saturating_sub(SHOWN);
    if rest > 0 {
        log.line(&format!("  and {} more", Count(rest as u64, "ref")));
    }
}

fn raise_issues(log: &Log, settings: &Settings, report: &Report, verdict: Verdict) {
    let raise = |text: &str| match verdict {
        Verdict::Failed => log.error(text),
        Verdict::Succeeded | Verdict::SucceededWithIssues => log.warning(text),
    };
    if let Some(error) = &report.interruption {
        let Trouble { what, advice } = Trouble::of_error(error, settings);
        raise(&format!("{what}; {}. {advice}", changed(report)));
    }
    let destination = Peer { side: Side::Destination, url: settings.destination.url.to_string() };
    let failure = |ref_: &RefOutcome| {
        let Trouble { what, advice } = Trouble::of_ref(ref_, report, settings)?;
        let verb = if matches!(ref_.outcome, Outcome::Rejected(_)) { "rejected" } else { "did not take" };
        Some(format!("{destination} {verb} '{}': {what}. {advice}", ref_.update.name()))
    };
    let failed: Vec<_> = report.outcomes.iter().filter_map(failure).collect();
    for text in failed.iter().take(ISSUES) {
        raise(text);
    }
    if failed.len() > ISSUES {
        let rest = Count((failed.len() - ISSUES) as u64, "ref");
        raise(&format!("{destination} did not take {rest} more; see the log"));
    }
    for text in failed.iter().skip(ISSUES) {
        log.line(text);
    }
}

/// Says what a stopped run did change. Without a push it is nothing, even where that could not be seen.
fn changed_by(stop: &Stop, report: &Report) -> String {
    match stop.push() {
        Push::NotBegun => UNCHANGED.to_owned(),
        Push::Begun => changed(report),
    }
}

/// Says what an interrupted run did change.
fn changed(report: &Report) -> String {
    if report.outcomes.iter().any(|ref_| ref_.outcome == Outcome::Unknown) {
        return "what the push changed is not known".to_owned();
    }
    let counts = report.counts();
    match counts.created + counts.updated + counts.deleted {
        0 => "no ref was changed".to_owned(),
        done => format!("{} of {} were changed", done, Count(report.outcomes.len() as u64, "ref")),
    }
}
