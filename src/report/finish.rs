//! The end of a step: the end of each of its mirrors, the outputs, the page, and the one result.

use super::ending::{Ending, why};
use super::outcome::StepOutcome;
use super::page::Page;
use super::units::{Count, Elapsed};
use super::{advice, outputs, page};
use crate::agent::command::TaskResult;
use crate::agent::log::Log;
use crate::config::input_error::InputError;
use crate::config::step::Step;

/// Ends a step whose work has ended.
pub fn close(log: &Log, step: &Step, outcome: &StepOutcome) -> TaskResult {
    log.section("Result");
    close_overdue(log, step, outcome)
}

/// Ends a step that was cancelled and does not end by itself, whatever keeps it.
pub fn close_overdue(log: &Log, step: &Step, outcome: &StepOutcome) -> TaskResult {
    let endings: Vec<_> = outcome.mirrors.iter().map(|mirror| Ending::of(step, mirror)).collect();
    for ending in &endings {
        ending.tell_refs(log);
    }
    let reports: Vec<_> = endings.iter().filter_map(|ending| ending.outcome.report()).collect();
    if !reports.is_empty() {
        let lfs: Vec<_> = endings.iter().map(|ending| &ending.outcome.lfs).collect();
        outputs::set(log, &reports, &lfs);
    }
    let summary = match &endings[..] {
        [ending] => {
            ending.tell_end(log);
            ending.summary.clone()
        }
        endings => tell_ends(log, step, outcome, endings),
    };
    page::publish(log, &Page { step, endings: &endings });
    let result = endings.iter().map(|ending| ending.result).max().unwrap_or(TaskResult::Succeeded);
    log.complete(result, &summary);
    result
}

/// Says how several mirrors ended, and returns the sum of it.
fn tell_ends(log: &Log, step: &Step, outcome: &StepOutcome, endings: &[Ending<'_>]) -> String {
    for ending in endings {
        ending.tell_end_by_name(log);
    }
    let (count, time) = (endings.len(), Elapsed(outcome.elapsed));
    let failed = endings.iter().filter(|ending| ending.result == TaskResult::Failed).count();
    match outcome.cancelled {
        Some(reason) if failed > 0 => {
            let summary = format!("{}; {failed} of {count} mirrors were not done", why(reason, step));
            log.error(&summary);
            summary
        }
        _ => {
            let summary = match failed {
                0 => format!("{count} mirrors in {time}"),
                failed => format!("{failed} of {count} mirrors failed in {time}"),
            };
            log.line(&summary);
            summary
        }
    }
}

/// Ends a step whose inputs cannot be used.
pub fn close_with_bad_inputs(log: &Log, errors: &[InputError]) -> TaskResult {
    for error in errors {
        match advice::for_input(&error.problem) {
            None => log.error(&error.to_string()),
            Some(advice) => log.error(&format!("{error}. {advice}")),
        }
    }
    let text = format!("{}; nothing was changed", Count(errors.len() as u64, "bad input"));
    log.line(&text);
    log.complete(TaskResult::Failed, &text);
    TaskResult::Failed
}

/// Ends a run that was only asked for a text.
pub fn print(log: &Log, text: &str) -> TaskResult {
    for line in text.lines() {
        log.line(line);
    }
    TaskResult::Succeeded
}

/// Ends a step that met a bug, which was logged when it happened.
pub fn close_after_bug(log: &Log) -> TaskResult {
    let text = "an internal error ended the run; what it changed at the destination is not known";
    log.line(text);
    log.complete(TaskResult::Failed, text);
    TaskResult::Failed
}

#[cfg(test)]
mod tests;
