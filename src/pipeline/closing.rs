//! The end of a run: what changed, what did not and why, and the one result.

use std::time::Duration;

use super::units::{Bytes, Count, Elapsed};
use super::{InputError, Log, Settings, TaskResult, hints, outputs};
use crate::error::{Error, Peer, Phase, Side};
use crate::mirror::Mode;
use crate::mirror::report::{Outcome, RefOutcome, Refusal, Report, Verdict};
use crate::stop::StopReason;

/// How many changed refs are named one by one.
const SHOWN: usize = 50;

/// How many refs that failed become issues of their own; the agent keeps ten issues a step.
const ISSUES: usize = 8;

/// How many characters of a server's words stand in an issue.
const WORDS: usize = 600;

/// Ends a run that got as far as its outcome.
pub fn close(
    log: &Log,
    settings: &Settings,
    outcome: &Result<Report, Vec<Error>>,
    stopped: Option<StopReason>,
    elapsed: Duration,
) -> Verdict {
    match (outcome, stopped) {
        (Ok(report), Some(reason)) if report.interruption.is_some() => {
            close_stopped(log, settings, Some(report), reason)
        }
        (Err(_), Some(reason)) => close_stopped(log, settings, None, reason),
        (Ok(report), _) => close_with_report(log, settings, report, elapsed),
        (Err(errors), None) => close_without_report(log, settings, errors),
    }
}

/// Ends a run that was stopped before it was done; a report tells what holds at the destination.
fn close_stopped(log: &Log, settings: &Settings, report: Option<&Report>, reason: StopReason) -> Verdict {
    log.section("Result");
    let why = match reason {
        StopReason::Cancelled => "the run was cancelled".to_owned(),
        StopReason::TimeLimit => {
            format!("the run took longer than {}, its time limit", Elapsed(settings.time_limit))
        }
    };
    let state = match report {
        Some(report) => {
            list_changes(log, report);
            outputs::set(log, report);
            changed(report)
        }
        None => "it had not sent anything, or could not see what it changed at the destination".to_owned(),
    };
    let text = format!("{why}; {state}");
    log.error(&text);
    log.complete(TaskResult::Failed, &text);
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
    log.section("Result");
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
    let totals = match settings.mode {
        Mode::Mirror => format!("{word}: {}", totals(report, elapsed)),
        Mode::DryRun => format!("{word}: {}", plan_totals(report)),
    };
    log.line(&totals);
    log.complete(result, &totals);
    verdict
}

/// Says what was done in the local clone.
pub fn note_clone(log: &Log, folder: &Peer, report: &Report, elapsed: Duration) {
    log.line(&format!("{folder}: {}", totals(report, elapsed)));
}

/// Ends a run that could not make a plan, or does not know what its push did.
fn close_without_report(log: &Log, settings: &Settings, errors: &[Error]) -> Verdict {
    for error in errors {
        let state = match error.phase {
            Phase::Verify => "what the push changed is not known",
            _ => "nothing was changed at the destination",
        };
        log.error(&format!("{}; {state}. {}", with_words(error), hints::for_error(error, settings)));
    }
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

fn plan_totals(report: &Report) -> String {
    let count = Count(report.outcomes.len() as u64, "ref");
    format!("{count} would change, {} equal already", report.unchanged)
}

fn totals(report: &Report, elapsed: Duration) -> String {
    let counts = report.counts();
    let rejected = match counts.rejected {
        0 => String::new(),
        count => format!(", {count} not done"),
    };
    let pack = match report.pack_bytes {
        0 => String::new(),
        bytes => format!("{} of pack ", Bytes(bytes)),
    };
    format!(
        "{} created, {} updated, {} deleted{rejected}, {} equal already; {pack}in {}",
        counts.created,
        counts.updated,
        counts.deleted,
        report.unchanged,
        Elapsed(elapsed)
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
        let changed = changed(report);
        raise(&format!("{}; {changed}. {}", with_words(error), hints::for_error(error, settings)));
    }
    let destination = Peer { side: Side::Destination, url: settings.destination.url.to_string() };
    let failed: Vec<_> =
        report.outcomes.iter().filter_map(|ref_| failure(settings, &destination, report, ref_)).collect();
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

/// Says what an interrupted run did change.
fn changed(report: &Report) -> String {
    let counts = report.counts();
    match counts.created + counts.updated + counts.deleted {
        0 => "no ref was changed".to_owned(),
        done => format!("{} of {} were changed", done, Count(report.outcomes.len() as u64, "ref")),
    }
}

/// Says why a ref does not stand as it should, unless the interruption says it already.
fn failure(settings: &Settings, destination: &Peer, report: &Report, ref_: &RefOutcome) -> Option<String> {
    let name = ref_.update.name();
    match &ref_.outcome {
        Outcome::Done | Outcome::Planned => None,
        Outcome::NotSent if report.interruption.is_some() => None,
        Outcome::Rejected(Refusal { reason, remote }) => {
            let words =
                if remote.is_empty() { reason.clone() } else { format!("{reason}: {}", one_line(remote)) };
            Some(format!(
                "{destination} rejected '{name}': {words}. {}",
                hints::for_refusal(&words, settings)
            ))
        }
        Outcome::MovedMeanwhile => Some(format!(
            "{destination} lists another value of '{name}' than before: somebody else changed it during this run, \
             and it was left as it is. Run the pipeline again."
        )),
        Outcome::Contradicted => Some(format!(
            "{destination} reported that '{name}' was changed, but lists it as before. Run the pipeline again; if \
             this repeats, ask the host's administrator."
        )),
        Outcome::NotSent => Some(format!(
            "{destination} did not say what became of '{name}', and lists it as before. Run the pipeline again."
        )),
    }
}

/// The error with the server's own words, if it said something.
fn with_words(error: &Error) -> String {
    match &error.failure.remote {
        Some(words) => format!("{error}: {}", one_line(words)),
        None => error.to_string(),
    }
}

/// Puts words of a server into a sentence, at most some hundred characters of them.
fn one_line(words: &str) -> String {
    // ssh frames its warnings with lines of '@'.
    let is_frame = |word: &&str| word.chars().all(|c| c == '@');
    let line = words.split_whitespace().filter(|word| !is_frame(word)).collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(WORDS) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line.trim_end_matches('.').to_owned(),
    }
}
